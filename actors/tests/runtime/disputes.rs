//! Disputes through a whole runtime: what both sides said is read back, what is frozen can't be paid out, what a runner
//! has not left is owed and set off.

use crate::common::{House, plain};
use campusg_actors::runtime::{DisputeThread, FreeText, Refusal};
use campusg_domain::{
    call::AccountToken,
    id::{OrderId, PhotoId, Principal, Stream, UserId},
    money::Cents,
    order::{Command, Fault, Party},
    owner::wallet::Event,
    people::Side,
    record::{Entry, Events},
    rejection::Rejection,
    text::Sealed,
    time::DAY_MS,
};

/// What the runner gets of an errand.
const SHARE: Cents = Cents(2649);

fn sealed(house: &House, author: Principal, wording: FreeText, text: &str) -> Sealed {
    let sealed = house.runtime.seal_free_text(author, wording, text);
    sealed.unwrap()
}

/// An errand that was carried out: who, and which order.
struct Case {
    customer: UserId,
    runner: UserId,
    boss: UserId,
    order: OrderId,
}

impl Case {
    async fn new(house: &House) -> Self {
        let customer = house.customer("ada", "tok_visa").await;
        let (runner, boss) = (house.runner("rosa").await, house.operator().await);
        let order = house.place(customer).await.id;
        house.carry_out(runner, order).await;
        let method = AccountToken("acct_bank".into());
        house
            .runtime
            .set_payout_method(plain(runner), method)
            .await
            .unwrap();
        Self {
            customer,
            runner,
            boss,
            order,
        }
    }

    async fn claim(&self, house: &House, cents: i64, photos: Vec<PhotoId>) -> Result<(), Refusal> {
        let me = Principal::User(self.customer);
        let dispute = Command::Dispute {
            claim: Some(Cents(cents)),
            reason: sealed(house, me, FreeText::Claim, "It was cold."),
            photos,
        };
        house.give(me, self.order, dispute).await.map(drop)
    }

    async fn resolve(&self, house: &House, cents: i64, at_fault: Fault) {
        let boss = Principal::Operator(self.boss);
        let resolve = Command::Resolve {
            dispute: 1,
            refund: Cents(cents),
            at_fault,
            reason: sealed(house, boss, FreeText::Reason, "I believe her."),
        };
        house.give(boss, self.order, resolve).await.unwrap();
    }

    async fn threads(&self, house: &House) -> Vec<DisputeThread> {
        house.runtime.disputes(self.order).await.unwrap()
    }

    /// Waits until the bank has the runner's payout.
    async fn paid(&self, house: &House) {
        let wallet = Stream::Wallet(self.runner);
        let is_paid = |entry: &Entry| match &entry.record.events {
            Events::Wallet(events) => events
                .iter()
                .any(|event| matches!(event, Event::PayoutPaid { .. })),
            _ => false,
        };
        let found = |entries: &[Entry]| {
            let mut mine = entries.iter().filter(|entry| entry.record.stream == wallet);
            mine.find(|entry| is_paid(entry)).map(drop)
        };
        house.tap().until("the payout is paid", found).await;
    }

    /// Available, promised out of it, owed.
    async fn wallet(&self, house: &House) -> (Cents, Cents, Cents) {
        let user = self.runner;
        let wallet = house.runtime.wallet(user, 1).await;
        let wallet = wallet.unwrap();
        let wallet_balance = wallet.wallet_balance;
        let promised = wallet_balance.in_payout + wallet_balance.frozen + wallet_balance.to_card;
        (wallet_balance.available, promised, wallet_balance.debt)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_and_decided_is_read_back_also_after_a_restart() {
    let house = House::new().await;
    let case = Case::new(&house).await;
    assert_eq!(case.threads(&house).await, []);
    let [cold, warm] = [
        house.photo(case.customer, 1).await,
        house.photo(case.runner, 2).await,
    ];
    case.claim(&house, 1000, vec![cold]).await.unwrap();
    let runner = Principal::User(case.runner);
    let text = sealed(&house, runner, FreeText::Reply, "It was hot.");
    let reply = Command::Reply {
        dispute: 1,
        text,
        photos: vec![warm],
    };
    house.give(runner, case.order, reply).await.unwrap();
    case.resolve(&house, 400, Fault::Runner).await;

    let records = house.records(Stream::Order(case.order)).await;
    let written = format!("{records:?}");
    for said in ["It was", "believe"] {
        assert!(!written.contains(said), "words are recorded sealed");
    }
    let before = case.threads(&house).await;
    let house = house.restart().await;
    let threads = case.threads(&house).await;
    assert_eq!(threads, before);
    let thread = &threads[0];
    assert_eq!(
        (threads.len(), thread.n, thread.by),
        (1, 1, Party::Customer)
    );
    assert_eq!((thread.claim, thread.frozen), (Cents(1000), Cents(1000)));
    assert_eq!(thread.reason.as_deref(), Some("It was cold."));
    assert_eq!(thread.photos, [cold]);
    let reply = &thread.replies[0];
    assert_eq!(
        (reply.by, reply.text.as_deref()),
        (Side::Runner, Some("It was hot."))
    );
    assert_eq!(reply.photos, [warm]);
    let judgement = thread.judgement.unwrap();
    assert_eq!(
        (judgement.refund, judgement.at_fault),
        (Cents(400), Some(Fault::Runner))
    );
    assert_eq!(thread.decision.as_deref(), Some("I believe her."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_frozen_can_not_be_paid_out() {
    let house = House::new().await;
    let case = Case::new(&house).await;
    case.claim(&house, 1000, vec![]).await.unwrap();
    assert_eq!(
        case.wallet(&house).await,
        (SHARE - Cents(1000), Cents(1000), Cents(0))
    );
    let payout = |cents| house.runtime.request_payout(plain(case.runner), cents);
    assert_eq!(payout(SHARE).await.unwrap_err().code(), "above_available");
    payout(SHARE - Cents(1000)).await.unwrap();
    case.paid(&house).await;
    case.resolve(&house, 1000, Fault::Platform).await;
    assert_eq!(case.wallet(&house).await, (Cents(1000), Cents(0), Cents(0)));
    payout(Cents(1000)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_runner_was_paid_before_the_claim_is_owed_and_set_off_later() {
    let house = House::new().await;
    let case = Case::new(&house).await;
    let cents = SHARE - Cents(649);
    house
        .runtime
        .request_payout(plain(case.runner), cents)
        .await
        .unwrap();
    case.paid(&house).await;
    case.claim(&house, 1000, vec![]).await.unwrap();
    assert_eq!(case.threads(&house).await[0].frozen, Cents(649));
    case.resolve(&house, 1000, Fault::Runner).await;
    assert_eq!(case.wallet(&house).await, (Cents(0), Cents(0), Cents(351)));
    let next = house.place(case.customer).await.id;
    house.carry_out(case.runner, next).await;
    assert_eq!(
        case.wallet(&house).await,
        (SHARE - Cents(351), Cents(0), Cents(0))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_senders_own_photos_are_shown_and_each_bad_one_is_named() {
    let house = House::new().await;
    let case = Case::new(&house).await;
    let [mine, theirs] = [
        house.photo(case.customer, 1).await,
        house.photo(case.runner, 2).await,
    ];
    let refused = case.claim(&house, 1000, vec![mine, theirs]).await;
    let Err(Refusal::Rejected {
        rejection: Rejection::InvalidField { field, .. },
        ..
    }) = refused
    else {
        panic!("{refused:?}")
    };
    assert_eq!(field, "photo_ids[1]");
    assert_eq!(house.actors().await.reservations, 0);
    case.claim(&house, 1000, vec![mine]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_that_nobody_decides_ends_by_its_timer_over_a_restart() {
    let house = House::new().await;
    let case = Case::new(&house).await;
    case.claim(&house, 1000, vec![]).await.unwrap();
    let house = house.restart().await;
    house.advance(2 * DAY_MS);
    house
        .until_order("alarmed", case.order, |order| {
            order.open_dispute().is_some_and(|open| open.alarmed)
        })
        .await;
    house.advance(12 * DAY_MS);
    house
        .until_order("resolved", case.order, |order| {
            order.open_dispute().is_none()
        })
        .await;
    let thread = &case.threads(&house).await[0];
    let judgement = thread.judgement.unwrap();
    assert_eq!((judgement.refund, judgement.at_fault), (Cents(0), None));
    assert_eq!(thread.decision, None);
    assert_eq!(case.wallet(&house).await, (SHARE, Cents(0), Cents(0)));
}
