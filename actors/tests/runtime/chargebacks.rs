//! What the gateway tells of its own accord, through a whole runtime: charges taken back, payouts decided late and sent
//! back; whichever way it is told, how often, in which order, and across a restart.

use crate::common::{
    House, Settings,
    between::{Between, Way},
    operator, plain, unkeyed, wish,
};
use campusg_actors::runtime::Refusal;
use campusg_domain::gateway::{EventCursor, GatewayEvent, News, PaymentGateway};
use campusg_domain::{
    call::{AccountToken, Answer, CardToken},
    id::{Principal, UserId},
    money::{Account, Cents},
    order::{Order, Stage},
    owner::{
        ledger::WalletBalance,
        wallet::{Chargeback, Event, PayoutState},
    },
    record::{Entry, Events},
    stream::Meta,
};
use campusg_sandbox::{Faults, Tuning};
use std::time::Duration;

const FEE: Cents = Cents(1_500);

/// Every event is told late, twice and in the wrong order.
fn troubled() -> Settings {
    Settings {
        faults: Faults {
            duplicate_events: true,
            reorder: true,
            delay_ms: 100,
        },
        ..Settings::default()
    }
}

/// The gateway is never asked for events: what comes, comes by messages.
fn unasked() -> Settings {
    Settings {
        gateway_poll: Duration::from_secs(3_600),
        ..Settings::default()
    }
}

async fn wallet_balance(house: &House, user: UserId) -> WalletBalance {
    house.runtime.wallet_balance(user).await.unwrap()
}

async fn chargebacks(house: &House, user: UserId) -> Vec<Chargeback> {
    let wallet = house.runtime.payouts(user).await.unwrap();
    wallet.chargebacks.clone()
}

/// Waits for an event of a wallet.
async fn until(house: &House, what: &str, wanted: impl Fn(&Event) -> bool) {
    let found = |entries: &[Entry]| {
        let mut events = entries.iter().flat_map(|entry| match &entry.record.events {
            Events::Wallet(events) => events.as_slice(),
            _ => &[],
        });
        events.any(&wanted).then_some(())
    };
    house.tap().until(what, found).await;
}

/// Time passes at the gateway, and then as much more as it holds its events back.
async fn pass(house: &House, ms: u64) {
    house.advance(ms);
    // Asked, the book settles what is due.
    house.sandbox.as_ref().unwrap().totals(None).await.unwrap();
    house.advance(house.settings.faults.delay_ms);
}

/// The ledger's cash is the book's, but for what operators brought and took.
async fn book_agrees(house: &House, brought: Cents) {
    let accounts = house.runtime.accounts().await.unwrap();
    let mut at_gateway = accounts
        .iter()
        .filter(|(account, _)| *account == Account::Gateway);
    let posted = at_gateway
        .next()
        .map_or(Cents::ZERO, |(_, balance)| balance.posted);
    let book = house.sandbox.as_ref().unwrap().totals(None).await.unwrap();
    assert_eq!(book.cash() + brought, -posted, "{book:?}");
}

/// Somebody with this card, whose order was delivered and collected; what it cost.
async fn charged(house: &House, card: &str) -> (UserId, UserId, Cents) {
    let customer = house.customer("ada", card).await;
    let runner = house.runner("rosa").await;
    let order = house.place(customer).await;
    house.carry_out(runner, order.id).await;
    house
        .until_actors("collected", |actors| actors.open_calls == 0)
        .await;
    let book = house.sandbox.as_ref().unwrap().totals(None).await.unwrap();
    (customer, runner, book.captured)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_taken_back_is_owed_over_a_restart_and_given_again_is_not() {
    let Tuning {
        chargeback_ms,
        verdict_ms,
        ..
    } = Tuning::default();
    let house = House::with(troubled()).await;
    let (customer, _, charge) = charged(&house, "tok_chargeback_won").await;
    pass(&house, chargeback_ms).await;
    until(&house, "taken back", |event| {
        matches!(event, Event::ChargedBack { .. })
    })
    .await;
    assert_eq!(wallet_balance(&house, customer).await.debt, charge);
    let refused = house.runtime.place_order(plain(customer), wish());
    assert_eq!(refused.await.unwrap_err().code(), "in_debt");
    book_agrees(&house, Cents::ZERO).await;
    let house = house.restart().await;
    assert_eq!(wallet_balance(&house, customer).await.debt, charge);
    pass(&house, verdict_ms).await;
    until(&house, "given again", |event| {
        matches!(event, Event::ChargebackWon { .. })
    })
    .await;
    let known = chargebacks(&house, customer).await;
    assert_eq!(known.len(), 1);
    assert_eq!(
        (known[0].cents, known[0].fee, known[0].won),
        (charge, FEE, Some(true))
    );
    assert_eq!(
        wallet_balance(&house, customer).await,
        WalletBalance::default()
    );
    house.place(customer).await;
    book_agrees(&house, Cents::ZERO).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_charge_stays_owed_until_another_card_pays_it() {
    let house = House::with(troubled()).await;
    let (customer, _, charge) = charged(&house, "tok_chargeback_lost").await;
    pass(&house, 20_000).await;
    until(&house, "taken back", |event| {
        matches!(event, Event::ChargedBack { .. })
    })
    .await;
    pass(&house, 20_000).await;
    until(&house, "lost", |event| {
        matches!(event, Event::ChargebackLost { .. })
    })
    .await;
    assert_eq!(wallet_balance(&house, customer).await.debt, charge);
    let boss = house.operator().await;
    let top_up = |cents| {
        house
            .runtime
            .top_up(operator(boss), cents, "the bank's fee")
    };
    let above = top_up(FEE + Cents(1)).await;
    assert_eq!(above.unwrap_err().code(), "above_losses");
    let moved = top_up(FEE).await;
    assert_eq!(moved.unwrap().cents, FEE);
    let card = CardToken("tok_visa".into());
    house.runtime.set_card(plain(customer), card).await.unwrap();
    until(&house, "paid", |event| {
        matches!(event, Event::DebtPaid { .. })
    })
    .await;
    assert_eq!(
        wallet_balance(&house, customer).await,
        WalletBalance::default()
    );
    book_agrees(&house, FEE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_that_paid_a_debt_is_taken_back_and_the_debt_is_there_again() {
    let house = House::with(troubled()).await;
    let (customer, _, charge) = charged(&house, "tok_capture_fails").await;
    assert_eq!(
        (wallet_balance(&house, customer).await.debt, charge),
        (Cents(2_749), Cents::ZERO)
    );
    let card = CardToken("tok_chargeback".into());
    house.runtime.set_card(plain(customer), card).await.unwrap();
    until(&house, "paid", |event| {
        matches!(event, Event::DebtPaid { .. })
    })
    .await;
    pass(&house, 20_000).await;
    until(&house, "taken back", |event| {
        matches!(event, Event::ChargedBack { order: None, .. })
    })
    .await;
    assert_eq!(wallet_balance(&house, customer).await.debt, Cents(2_749));
    let part = Some(Cents(700));
    house.runtime.pay_debt(plain(customer), part).await.unwrap();
    house
        .until_actors("charged", |actors| actors.open_calls == 0)
        .await;
    assert_eq!(wallet_balance(&house, customer).await.debt, Cents(2_049));
    book_agrees(&house, Cents::ZERO).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payouts_that_are_decided_late_or_sent_back_are_in_the_wallet_once() {
    for (account, state, left) in [
        ("acct_sends_back", PayoutState::SentBack, true),
        ("acct_late", PayoutState::Paid, false),
        (
            "acct_fails_late",
            PayoutState::Failed(campusg_domain::call::Decline::AccountInvalid),
            true,
        ),
    ] {
        let house = House::with(troubled()).await;
        let (_, runner, _) = charged(&house, "tok_visa").await;
        let method = AccountToken(account.into());
        house
            .runtime
            .set_payout_method(plain(runner), method)
            .await
            .unwrap();
        let cents = wallet_balance(&house, runner).await.available;
        house
            .runtime
            .request_payout(plain(runner), cents)
            .await
            .unwrap();
        until(&house, "answered", |event| {
            matches!(event, Event::PayoutPaid { .. } | Event::CallDeferred { .. })
        })
        .await;
        pass(&house, 20_000).await;
        until(&house, account, |event| match state {
            PayoutState::SentBack => matches!(event, Event::PayoutSentBack { .. }),
            PayoutState::Paid => matches!(event, Event::PayoutPaid { .. }),
            _ => matches!(event, Event::PayoutFailed { .. }),
        })
        .await;
        let wallet = house.runtime.payouts(runner).await.unwrap();
        assert_eq!((wallet.payouts.len(), wallet.payouts[0].state), (1, state));
        let available = if left { cents } else { Cents::ZERO };
        assert_eq!(
            wallet_balance(&house, runner).await.available,
            available,
            "{account}"
        );
        book_agrees(&house, Cents::ZERO).await;
    }
}

fn gateway() -> Meta {
    unkeyed(Principal::Gateway)
}

async fn tell(house: &House, event: &GatewayEvent) -> Result<(), Refusal> {
    house
        .runtime
        .take_gateway_event(gateway(), event.clone())
        .await
}

/// Every event that the book has told so far.
async fn told(house: &House) -> Vec<GatewayEvent> {
    let sandbox = house.sandbox.as_ref().unwrap();
    sandbox.events(EventCursor::default()).await.unwrap().events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_old_brings_in_what_is_so_now_and_is_taken_in_once() {
    let house = House::with(unasked()).await;
    let (customer, _, charge) = charged(&house, "tok_chargeback_won").await;
    let Tuning {
        chargeback_ms,
        verdict_ms,
        ..
    } = Tuning::default();
    house.advance(chargeback_ms);
    let open = told(&house).await.remove(0);
    assert!(matches!(open.news, News::Chargeback(_)));
    house.advance(verdict_ms);
    let won = told(&house).await.remove(1);
    tell(&house, &open).await.unwrap();
    let known = chargebacks(&house, customer).await;
    assert_eq!((known.len(), known[0].won), (1, Some(true)), "as fetched");
    assert_eq!(
        wallet_balance(&house, customer).await,
        WalletBalance::default()
    );
    let records = house.all_records().await.len();
    for event in [&won, &open, &open, &won] {
        tell(&house, event).await.unwrap();
    }
    assert_eq!(house.all_records().await.len(), records);
    let house = house.restart().await;
    let written = house.actors().await.written;
    for event in [&open, &won] {
        tell(&house, event).await.unwrap();
    }
    let after = house.actors().await.written;
    assert_eq!(after, written, "nor after a restart");
    assert_eq!(chargebacks(&house, customer).await[0].cents, charge);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_lies_changes_nothing() {
    let house = House::with(unasked()).await;
    let (customer, runner, _) = charged(&house, "tok_visa").await;
    let records = house.all_records().await.len();
    let mut id = 100;
    for key in [
        "order:018f0000-0000-7000-8000-000000000000/capture/1".to_owned(),
        format!("wallet:{runner}/payout/1"),
        format!("wallet:{customer}/charge/9"),
        "nonsense".into(),
        "system/void/1".into(),
    ] {
        id += 1;
        let event = GatewayEvent {
            id: id.to_string().parse().unwrap(),
            key: key.as_str().into(),
            news: News::Answer(Answer::SentBack { cents: Cents(5) }),
        };
        tell(&house, &event).await.unwrap();
    }
    assert_eq!(house.all_records().await.len(), records);
    let event = GatewayEvent {
        id: id.to_string().parse().unwrap(),
        key: "nonsense".into(),
        news: News::Answer(Answer::Voided),
    };
    let by_user = house.runtime.take_gateway_event(plain(customer), event);
    assert_eq!(by_user.await.unwrap_err().code(), "not_allowed");
}

/// A gateway that can't be asked what it knows of a call.
struct Unasking;

impl Way for Unasking {
    fn looks_up(&self) -> bool {
        false
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_can_t_be_asked_is_believed_as_its_events_come() {
    let (house, gateway) = Between::house(Settings::default(), Unasking).await;
    // Asked, the book settles what is due.
    let book = async || gateway.sandbox.totals(None).await.unwrap();
    let (late, taken_back) = (
        house.customer("ada", "tok_late").await,
        house.customer("ben", "tok_chargeback_lost").await,
    );
    let placed = house.place(late).await;
    assert_eq!(placed.stage, Stage::Authorizing);
    house.advance(house.settings.tuning.late_ms);
    book().await;
    let available = |order: &Order| matches!(order.stage, Stage::Available { .. });
    house.until_order("available", placed.id, available).await;

    let runner = house.runner("rosa").await;
    let order = house.place(taken_back).await;
    house.carry_out(runner, order.id).await;
    house
        .until_actors("collected", |actors| actors.open_calls == 0)
        .await;
    let charge = book().await.captured;
    house.advance(house.settings.tuning.chargeback_ms);
    book().await;
    until(&house, "taken back", |event| {
        matches!(event, Event::ChargedBack { .. })
    })
    .await;
    house.advance(house.settings.tuning.verdict_ms);
    book().await;
    until(&house, "decided", |event| {
        matches!(event, Event::ChargebackLost { .. })
    })
    .await;
    let known = chargebacks(&house, taken_back).await;
    assert_eq!((known.len(), known[0].cents), (1, charge));
}
