//! Row 33 all the way: a charge is done, its answer is lost, an operator gives it up, and the gateway's book says in the
//! end what the ledger says.

use crate::common::{House, Settings};
use campusg_actors::{
    port::gateway::{
        AccountFace, AccountToken, CallKey, CardFace, EventCursor, EventPage, Operation,
        PaymentGateway, Payout, PayoutAnswer, Request, Standing, TokenFault, Unreachable,
    },
    runtime::{SealWords, Wording},
    sandbox::{Book, SandboxGateway, Totals},
};
use campusg_domain::{
    call::{Answer, CardToken},
    id::{OrderId, Principal},
    money::Cents,
    order::{Call, Collection, Command, Order, Outcome, Stage, TipState},
};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use tempfile::TempDir;

const K: Cents = Cents(2749);
const TIP: Cents = Cents(300);

/// The sandbox gateway, with the answers lost of every call that charges.
struct Lossy {
    sandbox: SandboxGateway,
    _dir: TempDir,
}

impl Lossy {
    fn new(settings: &Settings) -> Self {
        let dir = TempDir::new().unwrap();
        let book = Book::open(&dir.path().join("book.jsonl"), settings.tuning).unwrap();
        let clock = Arc::clone(&settings.clock);
        let now = Arc::new(move || clock.now());
        let sandbox = SandboxGateway::new(Arc::new(book), settings.faults, 10_000, now);
        Self { sandbox, _dir: dir }
    }

    async fn totals(&self, order: OrderId) -> Totals {
        let stream = Some(format!("order:{order}"));
        self.sandbox.totals(stream).await.unwrap()
    }
}

impl PaymentGateway for Lossy {
    fn call(&self, request: Request) -> BoxFuture<'_, Answer> {
        let charges = matches!(
            request.operation,
            Operation::Capture { .. } | Operation::Charge { .. }
        );
        Box::pin(async move {
            let answer = self.sandbox.call(request).await;
            if charges { Answer::Unavailable } else { answer }
        })
    }

    fn pay_out(&self, payout: Payout) -> BoxFuture<'_, PayoutAnswer> {
        self.sandbox.pay_out(payout)
    }

    fn describe_card(&self, card: CardToken) -> BoxFuture<'_, Result<CardFace, TokenFault>> {
        self.sandbox.describe_card(card)
    }

    fn describe_account(
        &self,
        account: AccountToken,
    ) -> BoxFuture<'_, Result<AccountFace, TokenFault>> {
        self.sandbox.describe_account(account)
    }

    fn look_up(&self, key: CallKey) -> BoxFuture<'_, Result<Option<Standing>, Unreachable>> {
        self.sandbox.look_up(key)
    }

    fn events(&self, after: EventCursor) -> BoxFuture<'_, Result<EventPage, Unreachable>> {
        self.sandbox.events(after)
    }
}

async fn lossy() -> (House, Arc<Lossy>) {
    let mut settings = Settings::default();
    settings.policy.retry_tries = 1;
    let gateway = Arc::new(Lossy::new(&settings));
    let shared = Arc::clone(&gateway) as Arc<dyn PaymentGateway>;
    let settings = Settings {
        gateway: Some(shared),
        ..settings
    };
    (House::with(settings).await, gateway)
}

/// A call of this purpose is done and unknown: an operator takes it back, and everything is decided.
async fn given_up(house: &House, boss: Principal, order: OrderId, purpose: &str) -> Arc<Order> {
    let rests = |it: &Order| {
        let mut calls = it.calls.values();
        calls.any(|call| call.kind.purpose() == purpose && call.failures > 0)
    };
    house.until_order("it rests", order, rests).await;
    let words = SealWords {
        author: boss,
        wording: Wording::Reason,
        text: "the gateway is silent".into(),
    };
    let reason = house.runtime.query(words).await.unwrap();
    let compensate = Command::CompensateStuck { reason };
    house.give(boss, order, compensate).await.unwrap();
    house
        .until_order("all is decided", order, |it| !it.has_open_call())
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_charged_and_given_up_goes_back_to_the_card() {
    let (house, gateway) = lossy().await;
    let customer = house.customer("ada", "tok_visa").await;
    let runner = house.runner("rosa").await;
    let boss = Principal::Operator(house.operator().await);
    let order = house.place(customer).await.id;
    house
        .until_order("available", order, |order| {
            matches!(order.stage, Stage::Available { .. })
        })
        .await;
    house.carry_out(runner, order).await;
    let ended = given_up(&house, boss, order, "capture").await;
    assert_eq!(ended.collection, Collection::Owed);
    let totals = gateway.totals(order).await;
    assert_eq!((totals.captured, totals.refunded), (K, K));
    assert_eq!(totals.blocked, Cents::ZERO);

    let tip = Command::Tip { cents: TIP };
    let me = Principal::User(customer);
    house.give(me, order, tip).await.unwrap();
    let ended = given_up(&house, boss, order, "charge").await;
    let tips: Vec<(Cents, TipState)> = ended.later_tips().collect();
    assert_eq!(tips, [(TIP, TipState::Failed)]);
    let totals = gateway.totals(order).await;
    assert_eq!((totals.captured, totals.refunded), (K + TIP, K + TIP));
    let refused = |event: &&Call| event.outcome == Outcome::Refused;
    let refused = ended.calls.values().filter(refused);
    assert_eq!(refused.count(), 0, "all of it went to the card");
    house.stop().await;
}
