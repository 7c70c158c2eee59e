//! Wallets through a whole runtime: payouts that are paid, refused, unanswered, repeated, and asked for twice at once.

use crate::common::{House, keyed, operator, plain};
use campusg_domain::{
    call::{AccountToken, Decline},
    id::{Fingerprint, Stream, UserId},
    money::Cents,
    owner::wallet::{Event, Payout, PayoutState},
    people::Side,
    record::Events,
    time::HOUR_MS,
};
use futures_util::future::join_all;

/// A runner with something in the wallet and a bank account on file.
async fn earner(house: &House, account: &str) -> (UserId, Cents) {
    let customer = house.customer("ada", "tok_visa").await;
    let runner = house.runner("rosa").await;
    let order = house.place(customer).await;
    house.carry_out(runner, order.id).await;
    let method = AccountToken(account.into());
    house
        .runtime
        .set_payout_method(plain(runner), method)
        .await
        .unwrap();
    let available = available(house, runner).await;
    assert!(available.is_positive());
    (runner, available)
}

async fn available(house: &House, user: UserId) -> Cents {
    house.runtime.wallet_balance(user).await.unwrap().available
}

async fn payouts(house: &House, user: UserId) -> Vec<Payout> {
    house.runtime.payouts(user).await.unwrap().payouts.clone()
}

async fn until(house: &House, user: UserId, wanted: impl Fn(&Event) -> bool) {
    let is_wanted =
        |events: &Events| matches!(events, Events::Wallet(events) if events.iter().any(&wanted));
    let of_user = Stream::Wallet(user);
    let found = |entries: &[campusg_domain::record::Entry]| {
        let mut mine = entries
            .iter()
            .filter(|entry| entry.record.stream == of_user);
        mine.find(|entry| is_wanted(&entry.record.events)).map(drop)
    };
    house.tap().until("the wallet's event", found).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payout_is_paid_once_and_its_repeat_is_answered_with_it() {
    let house = House::new().await;
    let (runner, cents) = earner(&house, "acct_bank").await;
    let caller = || keyed(runner, "one", Fingerprint(1));
    let first = house.runtime.request_payout(caller(), cents).await.unwrap();
    until(&house, runner, |event| {
        matches!(event, Event::PayoutPaid { .. })
    })
    .await;
    let again = house.runtime.request_payout(caller(), cents).await.unwrap();
    assert_eq!(first.state, PayoutState::Requested);
    assert_eq!(again, first, "the first answer again, as of then");
    let other = keyed(runner, "one", Fingerprint(2));
    let reused = house.runtime.request_payout(other, cents).await;
    assert_eq!(reused.unwrap_err().code(), "key_reused");
    let known = payouts(&house, runner).await;
    assert_eq!(
        (known.len(), known[0].state, known[0].paid),
        (1, PayoutState::Paid, cents)
    );
    assert_eq!(available(&house, runner).await, Cents::ZERO);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_statements_of_all_orders_add_up_to_what_the_wallets_hold() {
    let house = House::new().await;
    let customer = house.customer("ada", "tok_visa").await;
    let runner = house.runner("rosa").await;
    let mut orders = vec![];
    for _ in 0..3 {
        let order = house.place(customer).await;
        house.carry_out(runner, order.id).await;
        orders.insert(0, order.id);
    }
    house
        .until_actors("everything is collected", |actors| actors.open_calls == 0)
        .await;
    for (user, side) in [(customer, Side::Customer), (runner, Side::Runner)] {
        let (mut before, mut found, mut sum) = (None, vec![], Cents::ZERO);
        loop {
            let limit = 2;
            let page = house.runtime.statements(user, before, limit);
            let page = page.await.unwrap();
            for statement in page.orders {
                assert_eq!(statement.side, side);
                sum += statement.lines.iter().map(|line| line.cents).sum();
                found.push(statement.order);
            }
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(found, orders);
        assert_eq!(sum, available(&house, user).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_payout_leaves_the_money_in_the_wallet() {
    let house = House::new().await;
    let (runner, cents) = earner(&house, "acct_closed").await;
    house
        .runtime
        .request_payout(plain(runner), cents)
        .await
        .unwrap();
    until(&house, runner, |event| {
        matches!(event, Event::PayoutFailed { .. })
    })
    .await;
    assert_eq!(
        payouts(&house, runner).await[0].state,
        PayoutState::Failed(Decline::AccountInvalid)
    );
    assert_eq!(available(&house, runner).await, cents);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_rests_over_a_restart_until_its_retry_and_is_paid_once() {
    let house = House::new().await;
    let (runner, cents) = earner(&house, "acct_timeout_then_succeeds").await;
    house
        .runtime
        .request_payout(plain(runner), cents)
        .await
        .unwrap();
    until(&house, runner, |event| {
        matches!(event, Event::CallDeferred { .. })
    })
    .await;
    let house = house.restart().await;
    house.advance(HOUR_MS);
    until(&house, runner, |event| {
        matches!(event, Event::PayoutPaid { .. })
    })
    .await;
    let known = payouts(&house, runner).await;
    assert_eq!((known.len(), known[0].paid), (1, cents));
    assert_eq!(available(&house, runner).await, Cents::ZERO);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_payouts_of_everything_at_once_one_is_taken() {
    let house = House::new().await;
    let (runner, cents) = earner(&house, "acct_bank").await;
    let asked = (0..5).map(|_| house.runtime.request_payout(plain(runner), cents));
    let answers = join_all(asked).await;
    let refused: Vec<&str> = answers
        .iter()
        .filter_map(|answer| Some(answer.as_ref().err()?.code()))
        .collect();
    assert_eq!(refused, ["above_available"; 4]);
    until(&house, runner, |event| {
        matches!(event, Event::PayoutPaid { .. })
    })
    .await;
    let actors = house
        .until_actors("nothing is open", |actors| actors.open_calls == 0)
        .await;
    assert_eq!(actors.reservations, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_refused_and_writes_nothing() {
    let house = House::new().await;
    let (runner, cents) = earner(&house, "acct_bank").await;
    let boss = house.operator().await;
    let run = &house.runtime;
    let all = Cents(1_000_000);
    let reason = || "of the month".to_owned();
    let codes = [
        run.request_payout(plain(runner), all)
            .await
            .unwrap_err()
            .code(),
        run.top_up(operator(boss), all, &reason())
            .await
            .unwrap_err()
            .code(),
        run.withdraw(operator(boss), all, &reason())
            .await
            .unwrap_err()
            .code(),
        run.top_up(plain(runner), all, &reason())
            .await
            .unwrap_err()
            .code(),
        run.pay_debt(plain(runner), None).await.unwrap_err().code(),
    ];
    assert_eq!(
        codes,
        [
            "above_available",
            "above_losses",
            "above_available",
            "not_allowed",
            "no_payment_method"
        ]
    );
    run.remove_payout_method(plain(runner)).await.unwrap();
    let refused = run.request_payout(plain(runner), cents).await.unwrap_err();
    assert_eq!(refused.code(), "no_payout_method");
    assert!(payouts(&house, runner).await.is_empty());
    assert_eq!(house.actors().await.reservations, 0);
}
