//! Transition 41 through a whole runtime: what a new card promised to pay is paid once, whenever the process ends, however full
//! the wallet's line is, and however often the card is put on file.

use crate::common::{BEGINNING, House, Stopped, keyed, plain};
use campusg_domain::{
    call::{AccountToken, CardToken},
    id::{CommandId, Fingerprint, Principal, Seq, Stream, UserId},
    money::Cents,
    owner::{
        directory::{Card, UserEvent},
        wallet::{Event, Payment, PaymentState, PayoutState},
    },
    record::{Entry, Events, Record},
    stream::Meta,
};
use campusg_storage::{OpenOptions, Store};

const OWED: Cents = Cents(2_749);

/// A customer whose card did not pay an order.
pub(crate) async fn debtor(house: &House) -> UserId {
    let customer = house.customer("ada", "tok_capture_fails").await;
    let runner = house.runner("rosa").await;
    let order = house.place(customer).await;
    house.carry_out(runner, order.id).await;
    house
        .until_actors("the card refused", |actors| actors.open_calls == 0)
        .await;
    assert_eq!(debt(house, customer).await, OWED);
    customer
}

async fn debt(house: &House, user: UserId) -> Cents {
    house.runtime.wallet_balance(user).await.unwrap().debt
}

async fn payments(house: &House, user: UserId) -> Vec<Payment> {
    let known = house.runtime.payouts(user).await.unwrap();
    known.payments.clone()
}

async fn until_paid(house: &House, user: UserId) {
    let paid = |entry: &Entry| {
        let paid = |event: &Event| matches!(event, Event::DebtPaid { .. });
        entry.record.stream == Stream::Wallet(user)
            && matches!(&entry.record.events, Events::Wallet(events) if events.iter().any(paid))
    };
    let found = |entries: &[Entry]| entries.iter().any(paid).then_some(());
    house.tap().until("the debt is paid", found).await;
}

fn set(token: &str) -> CardToken {
    CardToken(token.into())
}

/// The record of a card as the process left it that ended before the wallet was told.
fn put_on_file(stopped: &Stopped, user: UserId, events: Vec<UserEvent>) -> Seq {
    let now = || BEGINNING.0;
    let (dir, config) = (stopped.dir.path().join("data"), &stopped.settings.storage);
    let opened = Store::open(&dir, config, OpenOptions::new(now)).unwrap();
    let prev = opened.boot.directory.person(user).unwrap().last_seq;
    let store = opened.store.start(vec![], |why| panic!("{why}")).unwrap();
    let record = Record::of_owner(
        Stream::User(user),
        prev,
        BEGINNING,
        &Meta {
            fingerprint: Fingerprint(7),
            ..Meta::own(Principal::User(user), CommandId(7_777), "test")
        },
        Events::User(events),
    );
    let (told, acked) = std::sync::mpsc::channel();
    store
        .queue()
        .submit(record, move |ack| told.send(ack).unwrap());
    let seq = acked.recv().unwrap().unwrap().seq;
    store.shutdown().unwrap();
    Seq(seq)
}

fn card() -> UserEvent {
    UserEvent::CardSet(Card {
        token: CardToken("tok_visa".into()),
        brand: "visa".into(),
        last4: "4242".into(),
        exp_month: 12,
        exp_year: 2030,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promise_that_a_dead_process_left_is_kept_once() {
    let house = House::new().await;
    let customer = debtor(&house).await;
    let stopped = house.stop().await;
    let promise = UserEvent::DebtPromised { cents: OWED };
    put_on_file(&stopped, customer, vec![card(), promise]);
    let mut house = stopped.start().await;
    until_paid(&house, customer).await;
    for _ in 0..2 {
        assert_eq!(debt(&house, customer).await, Cents::ZERO);
        let made = payments(&house, customer).await;
        let [payment] = made.as_slice() else {
            panic!("{made:#?}")
        };
        assert_eq!((payment.charge, payment.state), (OWED, PaymentState::Paid));
        house = house.restart().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_that_promised_nothing_is_not_charged_by_a_start() {
    let house = House::new().await;
    let customer = debtor(&house).await;
    let stopped = house.stop().await;
    put_on_file(&stopped, customer, vec![card()]);
    let house = stopped.start().await;
    // A promise that is kept in the same start: what is not paid by then never is.
    let other = house.customer("bob", "tok_capture_fails").await;
    let runner = house.runner("tim").await;
    let order = house.place(other).await;
    house.carry_out(runner, order.id).await;
    house
        .until_actors("the card refused", |actors| actors.open_calls == 0)
        .await;
    house
        .runtime
        .set_card(plain(other), set("tok_visa"))
        .await
        .unwrap();
    until_paid(&house, other).await;
    assert_eq!(debt(&house, customer).await, OWED);
    assert!(payments(&house, customer).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promise_that_was_kept_before_does_not_pay_a_later_debt() {
    let house = House::new().await;
    let customer = debtor(&house).await;
    house
        .runtime
        .set_card(plain(customer), set("tok_visa"))
        .await
        .unwrap();
    until_paid(&house, customer).await;
    house
        .runtime
        .set_card(plain(customer), set("tok_capture_fails"))
        .await
        .unwrap();
    let runner = house.runner("tim").await;
    let order = house.place(customer).await;
    house.carry_out(runner, order.id).await;
    house
        .until_actors("the card refused", |actors| actors.open_calls == 0)
        .await;
    let house = house.restart().await;
    let house = house.restart().await;
    assert_eq!(debt(&house, customer).await, OWED);
    assert_eq!(payments(&house, customer).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_key_repeats_what_the_card_was_to_pay() {
    let house = House::new().await;
    let customer = debtor(&house).await;
    let caller = || keyed(customer, "card", Fingerprint(1));
    let first = house
        .runtime
        .set_card(caller(), set("tok_visa"))
        .await
        .unwrap();
    assert_eq!(first.pays, OWED);
    until_paid(&house, customer).await;
    let again = house
        .runtime
        .set_card(caller(), set("tok_visa"))
        .await
        .unwrap();
    assert_eq!(again, first);
    let house = house.restart().await;
    let again = house
        .runtime
        .set_card(caller(), set("tok_visa"))
        .await
        .unwrap();
    assert_eq!(again, first);
    let other = house
        .runtime
        .set_card(plain(customer), set("tok_visa"))
        .await
        .unwrap();
    assert_eq!((other.pays, other.card), (Cents::ZERO, first.card));
    assert_eq!(payments(&house, customer).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promise_waits_for_a_place_among_the_payments_under_way() {
    for restarts in [false, true] {
        let mut house = House::new().await;
        let runner = house.runner("rosa").await;
        let earned_from = house.customer("ada", "tok_visa").await;
        let order = house.place(earned_from).await;
        house.carry_out(runner, order.id).await;
        let method = AccountToken("acct_late".into());
        house
            .runtime
            .set_payout_method(plain(runner), method)
            .await
            .unwrap();
        for _ in 0..16 {
            let payout = house.runtime.request_payout(plain(runner), Cents(100));
            payout.await.unwrap();
        }
        owes(&house, runner).await;
        let told = house
            .runtime
            .set_card(plain(runner), set("tok_visa"))
            .await
            .unwrap();
        assert!(told.pays.is_positive());
        if restarts {
            house = house.restart().await;
        }
        assert!(payments(&house, runner).await.is_empty());
        house.advance(60_000);
        // Asked, the book settles what is due.
        house.sandbox.as_ref().unwrap().totals(None).await.unwrap();
        until_paid(&house, runner).await;
        assert_eq!(debt(&house, runner).await, Cents::ZERO);
        assert_eq!(payments(&house, runner).await.len(), 1);
    }
}

/// Makes somebody owe an order's price.
async fn owes(house: &House, user: UserId) {
    let before = debt(house, user).await;
    house
        .runtime
        .set_card(plain(user), set("tok_capture_fails"))
        .await
        .unwrap();
    let runner = house.runner("tim").await;
    let order = house.place(user).await;
    house.carry_out(runner, order.id).await;
    let indebted = async {
        while debt(house, user).await <= before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::common::PATIENCE, indebted)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_bank_holds_back_neither_a_payout_nor_what_is_owed() {
    let house = House::new().await;
    let runner = house.runner("rosa").await;
    let ada = house.customer("ada", "tok_visa").await;
    let order = house.place(ada).await;
    house.carry_out(runner, order.id).await;
    let payout = async |token: &str, cents| {
        let account = AccountToken(token.into());
        house
            .runtime
            .set_payout_method(plain(runner), account)
            .await
            .unwrap();
        let asked = house.runtime.request_payout(plain(runner), cents).await;
        asked.unwrap()
    };
    let dead = payout("acct_down", Cents(500)).await;
    let good = payout("acct_bank", Cents(600)).await;
    let paid = |entries: &[Entry]| {
        let mut events = entries.iter().flat_map(|entry| match &entry.record.events {
            Events::Wallet(events) => events.as_slice(),
            _ => &[],
        });
        let paid =
            |event: &Event| matches!(event, Event::PayoutPaid { call, .. } if *call == good.call);
        events.any(paid).then_some(())
    };
    house.tap().until("the good account is paid", paid).await;
    owes(&house, runner).await;
    house
        .runtime
        .set_card(plain(runner), set("tok_visa"))
        .await
        .unwrap();
    until_paid(&house, runner).await;
    let known = house.runtime.payouts(runner).await.unwrap();
    assert_eq!(
        known.payout(dead.call).unwrap().state,
        PayoutState::Requested
    );
}
