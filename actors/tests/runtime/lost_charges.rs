//! Transition 33 all the way: a charge is done, its answer is lost, an operator gives it up, and the gateway's book says in the
//! end what the ledger says.

use crate::common::{
    House, Settings,
    between::{Between, Try, Way},
};
use campusg_actors::runtime::FreeText;
use campusg_domain::gateway::{Operation, PaymentGateway, Request, Subject, Unanswered};
use campusg_domain::{
    id::{OrderId, Principal},
    money::Cents,
    order::{Call, Collection, Command, Order, Outcome, Stage, TipState},
};
use campusg_sandbox::{SandboxGateway, Totals};
use std::sync::Arc;

const K: Cents = Cents(2749);
const TIP: Cents = Cents(300);

/// Loses the answer of every call that charges.
struct Lossy;

impl Way for Lossy {
    fn call<'a>(&'a self, sandbox: &'a SandboxGateway, request: Request) -> Try<'a> {
        let charges = matches!(
            request.operation,
            Operation::Capture { .. } | Operation::Charge { .. }
        );
        Box::pin(async move {
            let answer = sandbox.call(request).await;
            if charges {
                Err(Unanswered(Subject::Card))
            } else {
                answer
            }
        })
    }
}

async fn totals_of(gateway: &Between<Lossy>, order: OrderId) -> Totals {
    let stream = Some(format!("order:{order}"));
    gateway.sandbox.totals(stream).await.unwrap()
}

async fn lossy() -> (House, Arc<Between<Lossy>>) {
    let mut settings = Settings::default();
    settings.policy.retry_tries = 1;
    Between::house(settings, Lossy).await
}

/// A call of this purpose is done and unknown: an operator takes it back, and everything is decided.
async fn given_up(house: &House, boss: Principal, order: OrderId, purpose: &str) -> Arc<Order> {
    let rests = |it: &Order| {
        let mut calls = it.calls.values();
        calls.any(|call| call.kind.purpose() == purpose && call.failures > 0)
    };
    house.until_order("it rests", order, rests).await;
    let reason = "the gateway is silent";
    let reason = house.runtime.seal_free_text(boss, FreeText::Reason, reason);
    let reason = reason.unwrap();
    let compensate = Command::CompensateStalled { reason };
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
    let totals = totals_of(&gateway, order).await;
    assert_eq!((totals.captured, totals.refunded), (K, K));
    assert_eq!(totals.blocked, Cents::ZERO);

    let tip = Command::Tip { cents: TIP };
    let me = Principal::User(customer);
    house.give(me, order, tip).await.unwrap();
    let ended = given_up(&house, boss, order, "charge").await;
    let tips: Vec<(Cents, TipState)> = ended.later_tips().collect();
    assert_eq!(tips, [(TIP, TipState::Failed)]);
    let totals = totals_of(&gateway, order).await;
    assert_eq!((totals.captured, totals.refunded), (K + TIP, K + TIP));
    let refused = |event: &&Call| event.outcome == Outcome::Refused;
    let refused = ended.calls.values().filter(refused);
    assert_eq!(refused.count(), 0, "all of it went to the card");
    house.stop().await;
}
