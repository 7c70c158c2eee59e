//! What cancelling costs, at every stage of an order: told to the cent before, done to the cent after; or the quote is
//! old, and nothing is done.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::answer::Order;
use campusg_client::{Deviation, Person, Reply, Wish};
use campusg_domain::order::{CancelReason, Status};
use campusg_domain::time::{HOUR_MS, MINUTE_MS, SECOND_MS};
use campusg_robots::walkthrough::{Errand, Scene};
use common::raw::AsWritten as _;
use common::{
    desk::{CHARGE, SHARE, UNKNOWN, quiet, settle},
    operator,
    wallet::{FEE, Till},
};
use serde_json::{Value, json};

/// H of lunch, X of it, and H once the customer has approved a total of 25.00.
const HOLD: i64 = 2_899;
const TRIP: i64 = 199;
const MORE: i64 = 3_099;

/// Longer than a cancellation is free after acceptance, and than a runner at the till is waited for.
const OVER_MS: u64 = 2 * MINUTE_MS + SECOND_MS;

/// How a cancellation ends the order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    AtOnce,
    /// When the runner, who may be at the till, has had time to object.
    Later,
}

/// A stage, what is held there in all, and what cancelling charges, gives the runner and the platform.
type Row = (&'static str, i64, (i64, i64, i64), Ends);

const FREE: (i64, i64, i64) = (0, 0, 0);
const LOST_TRIP: (i64, i64, i64) = (TRIP, TRIP, 0);
const BOUGHT: (i64, i64, i64) = (CHARGE, SHARE, FEE);

const STAGES: [Row; 17] = [
    ("the gateway is silent", HOLD, FREE, Ends::AtOnce),
    ("the bank asks", HOLD, FREE, Ends::AtOnce),
    ("waiting", HOLD, FREE, Ends::AtOnce),
    ("available", HOLD, FREE, Ends::AtOnce),
    ("accepted", HOLD, FREE, Ends::AtOnce),
    ("given back", HOLD, FREE, Ends::AtOnce),
    ("accepted for long", HOLD, LOST_TRIP, Ends::AtOnce),
    ("on-site", HOLD, LOST_TRIP, Ends::Later),
    ("a proposal is open", HOLD, LOST_TRIP, Ends::AtOnce),
    ("the store is closed", HOLD, LOST_TRIP, Ends::AtOnce),
    ("more is held", MORE, LOST_TRIP, Ends::Later),
    ("purchased", HOLD, BOUGHT, Ends::AtOnce),
    (
        "purchased for more",
        MORE,
        (MORE, MORE - FEE, FEE),
        Ends::AtOnce,
    ),
    ("collected", HOLD, BOUGHT, Ends::AtOnce),
    ("on-the-way", HOLD, BOUGHT, Ends::AtOnce),
    ("nobody opens", HOLD, BOUGHT, Ends::AtOnce),
    ("nobody opened", HOLD, BOUGHT, Ends::AtOnce),
];

/// Ann with this card has placed this, and Ben is ready to run.
async fn placed(scene: &Scene, card: &str, wish: &Wish) -> Result<Errand, Deviation> {
    let customer = Person::customer(&scene.client, "Ann", card).await?;
    let runner = Person::runner(&scene.client, "Ben").await?;
    let order: Order = customer.place(wish).await?.is(201)?.read()?;
    Ok(Errand {
        customer,
        runner,
        price: order.price.checked()?,
        order: order.id,
    })
}

/// An order at this stage.
async fn at(scene: &Scene, stage: &str) -> Result<Errand, Deviation> {
    let silent = |card| async move { placed(scene, card, &Wish::lunch()).await };
    match stage {
        "the gateway is silent" => silent("tok_down").await,
        "the bank asks" => silent("tok_action_required").await,
        "waiting" => {
            let mut wish = Wish::lunch();
            wish.deliver_after = Some(operator(scene).in_so_long(3 * HOUR_MS).await?);
            placed(scene, "tok_visa", &wish).await
        }
        "available" => Errand::available(&scene.client, "tok_visa").await,
        "given back" => {
            let errand = Errand::at(&scene.client, "accepted").await?;
            errand.runner.give_back(&errand.order).await?.is(200)?;
            Ok(errand)
        }
        "accepted for long" => {
            let errand = Errand::at(&scene.client, "accepted").await?;
            scene.pass(OVER_MS).await?;
            Ok(errand)
        }
        "a proposal is open" => asked(scene, json!({"kind": "price", "total_cents": 2_500})).await,
        "the store is closed" => asked(scene, json!({"kind": "store_closed"})).await,
        "more is held" | "purchased for more" => more_is_held(scene, stage).await,
        "nobody opens" | "nobody opened" => nobody(scene, stage).await,
        "cancelled" => {
            let errand = Errand::available(&scene.client, "tok_visa").await?;
            errand.customer.cancel(&errand.order, 0).await?.is(200)?;
            Ok(errand)
        }
        "delivered" => {
            let errand = Errand::at(&scene.client, "on-the-way").await?;
            errand.deliver().await?.is(200)?;
            Ok(errand)
        }
        status => {
            let errand = Errand::at(&scene.client, status).await?;
            if ["purchased", "collected", "on-the-way"].contains(&status) {
                errand.until_collection("collected").await?;
            }
            Ok(errand)
        }
    }
}

async fn asked(scene: &Scene, proposal: Value) -> Result<Errand, Deviation> {
    let errand = Errand::at(&scene.client, "on-site").await?;
    let ben = &errand.runner;
    ben.propose_raw(&errand.order, &proposal).await?.is(200)?;
    Ok(errand)
}

async fn more_is_held(scene: &Scene, stage: &str) -> Result<Errand, Deviation> {
    let errand = asked(scene, json!({"kind": "price", "total_cents": 2_500})).await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    ann.answer_raw(order, 1, "approve", &json!({}))
        .await?
        .is(202)?;
    errand
        .until("approved", |order: &Order| order.proposal.is_none())
        .await?;
    if stage == "purchased for more" {
        let photo = ben.upload().await?;
        ben.buy(order, 2_500, Some(&photo)).await?.is(200)?;
        errand.until_collection("collected").await?;
    }
    Ok(errand)
}

/// Ben is at the door, and Ann does not answer.
async fn nobody(scene: &Scene, stage: &str) -> Result<Errand, Deviation> {
    let errand = Errand::at(&scene.client, "on-the-way").await?;
    let (ben, order) = (&errand.runner, &errand.order);
    errand.until_collection("collected").await?;
    for text in ["I am at the door.", "Still here."] {
        ben.write(order, text).await?.is(201)?;
        scene.pass(2 * MINUTE_MS).await?;
    }
    let body = json!({"kind": "customer_unreachable"});
    ben.report_problem_raw(order, &body).await?.is(200)?;
    if stage == "nobody opened" {
        scene.pass(7 * MINUTE_MS + SECOND_MS).await?;
        ben.notice("no_show_over", order).await?;
    }
    Ok(errand)
}

fn quote_path(errand: &Errand) -> String {
    format!("/api/orders/{}/cancellation-quote", errand.order)
}

/// What the customer is told, which is what an operator is told.
async fn quote(scene: &Scene, errand: &Errand) -> Result<Value, Deviation> {
    let path = quote_path(errand);
    let told = errand.customer.get(&path).await?.is(200)?;
    assert_eq!(told, operator(scene).get(&path).await?.is(200)?);
    Ok(told.0)
}

/// A quote of these amounts.
fn quoted(hold: i64, (charge, to_runner, to_platform): (i64, i64, i64)) -> Value {
    json!({
        "charge_cents": charge, "to_runner_cents": to_runner, "to_platform_cents": to_platform,
        "let_go_cents": hold - charge,
    })
}

/// What the card has blocked at a stage: nothing before the bank has said yes, all that is held until it is captured.
fn blocked(stage: &str, hold: i64) -> i64 {
    let undecided = ["the gateway is silent", "the bank asks"];
    let bought = [
        "purchased",
        "purchased for more",
        "collected",
        "on-the-way",
        "nobody opens",
        "nobody opened",
    ];
    if undecided.contains(&stage) || bought.contains(&stage) {
        0
    } else {
        hold
    }
}

fn with_currency(mut quote: Value) -> Value {
    quote["currency"] = json!("USD");
    quote
}

/// Refused for what it costs now.
fn is_dearer(reply: Reply, now: &Value) -> Result<(), Deviation> {
    let refused = reply.refuses(409, "quote_changed")?;
    assert_eq!(refused.0["quote"], *now);
    Ok(())
}

/// The order is over, and each party has what the quote said: by the order, by the ledger, and by the gateway's book.
async fn done(
    till: &Till,
    scene: &Scene,
    errand: &Errand,
    (charge, to_runner, to_platform): (i64, i64, i64),
    fees_before: i64,
) -> Result<(), Deviation> {
    let ended = errand.until_status("cancelled").await?;
    assert_eq!(ended.cancel_reason, Some(CancelReason::Customer));
    quiet(scene, &errand.order).await?;
    let money = errand.money().await?;
    money.is(0, charge, to_runner, 0)?;
    assert_eq!(money.refunded, 0);
    let revenue = operator(scene).balance("revenue").await?;
    assert_eq!(revenue - fees_before, to_platform);
    let book = till.gateway.totals(Some(&errand.order)).await;
    assert_eq!((book.captured.0, book.refunded.0), (charge, 0), "{book:?}");
    assert_eq!((book.blocked.0, book.open_authorizations), (0, 0));
    Ok(())
}

#[tokio::test]
async fn at_every_stage_the_quote_is_what_cancelling_does() -> Result<(), Deviation> {
    let mut till = Till::open(&[]);
    let scene = till.scene().await;
    for (stage, hold, shares, ends) in STAGES {
        let errand = at(&scene, stage).await?;
        let expected = quoted(hold, shares);
        let told = quote(&scene, &errand).await?;
        assert_eq!(told, with_currency(expected.clone()), "{stage}");
        let (ann, charge) = (&errand.customer, shares.0);
        let book = till.gateway.totals(Some(&errand.order)).await;
        assert_eq!(book.blocked.0, blocked(stage, hold), "{stage}");
        let version = errand.seen().await?.version;
        if charge > 0 {
            let too_little = ann.cancel(&errand.order, charge - 1).await?;
            is_dearer(too_little, &expected)?;
            assert_eq!(errand.seen().await?.version, version);
        }
        let fees = operator(&scene).balance("revenue").await?;
        let reply = ann.cancel(&errand.order, charge).await?;
        match ends {
            Ends::AtOnce => drop(reply.is(200)?),
            Ends::Later => {
                reply.is(202)?;
                assert_eq!(quote(&scene, &errand).await?, told, "{stage}, waiting");
                scene.pass(OVER_MS).await?;
            }
        }
        let ended = done(&till, &scene, &errand, shares, fees).await;
        ended
            .map_err(|other| Deviation::new(format!("{stage}: {}", other.expected), other.found))?;
    }
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

/// What was free, or cheap, when it was quoted is dearer now: the cancellation is refused with the quote of now.
#[tokio::test]
async fn an_old_quote_cancels_nothing() -> Result<(), Deviation> {
    let till = Till::open(&[]);
    let scene = till.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let (ann, order) = (&errand.customer, &errand.order);
    let trip = quoted(HOLD, LOST_TRIP);
    let bought = quoted(HOLD, BOUGHT);
    assert_eq!(ann.cancellation_charge(order).await?, 0);
    errand.carry_to("accepted").await?;
    assert_eq!(ann.cancellation_charge(order).await?, 0);
    scene.pass(OVER_MS).await?;
    is_dearer(ann.cancel(order, 0).await?, &trip)?;
    errand.carry_to("on-site").await?;
    is_dearer(ann.cancel(order, 0).await?, &trip)?;
    errand.carry_to("purchased").await?;
    is_dearer(ann.cancel(order, TRIP).await?, &bought)?;
    errand.carry_to("on-the-way").await?;
    is_dearer(ann.cancel(order, CHARGE - 1).await?, &bought)?;
    assert_eq!(errand.seen().await?.status, Status::OnTheWay);
    errand.money().await?.is(CHARGE, CHARGE, 0, 0)?;
    // Cheaper than what was agreed to is done at its own price.
    ann.cancel(order, 2 * CHARGE).await?.is(200)?;
    errand.money().await?.is(0, CHARGE, SHARE, 0)
}

/// While the runner at the till is asked: they agree, or the food is bought and the cancellation has fallen.
#[tokio::test]
async fn at_the_till_the_quote_holds_if_the_runner_agrees() -> Result<(), Deviation> {
    let till = Till::open(&[]);
    let scene = till.scene().await;
    let agreed = Errand::at(&scene.client, "on-site").await?;
    agreed.customer.cancel(&agreed.order, TRIP).await?.is(202)?;
    let again = agreed.customer.cancel(&agreed.order, TRIP).await?;
    again.is_begun()?;
    let fees = operator(&scene).balance("revenue").await?;
    agreed.runner.give_back(&agreed.order).await?.is(200)?;
    done(&till, &scene, &agreed, LOST_TRIP, fees).await?;

    let fallen = Errand::at(&scene.client, "on-site").await?;
    fallen.customer.cancel(&fallen.order, TRIP).await?.is(202)?;
    fallen.buy().await?.is(200)?;
    let told = quote(&scene, &fallen).await?;
    assert_eq!(told, with_currency(quoted(HOLD, BOUGHT)));
    scene.pass(OVER_MS).await?;
    assert_eq!(fallen.seen().await?.status.as_str(), "purchased");
    fallen.until_collection("collected").await?;
    fallen.money().await?.is(CHARGE, CHARGE, 0, 0)
}

/// An operator's ending waits for the runner at the till: what the customer is told is what it will charge.
#[tokio::test]
async fn what_an_operator_has_begun_is_what_is_quoted() -> Result<(), Deviation> {
    let till = Till::open(&[]);
    let scene = till.scene().await;
    let errand = Errand::at(&scene.client, "on-site").await?;
    let how = json!({"to_runner_cents": 250});
    settle(&scene, &errand.order, how).await?.is(202)?;
    let told = quote(&scene, &errand).await?;
    assert_eq!(told, with_currency(quoted(HOLD, (250, 250, 0))));
    scene.pass(OVER_MS).await?;
    errand.until_status("cancelled").await?;
    errand.until_collection("collected").await?;
    errand.money().await?.is(0, 250, 250, 0)
}

#[tokio::test]
async fn what_is_over_is_not_quoted_and_what_is_foreign_not_shown() -> Result<(), Deviation> {
    let till = Till::open_with(&[], &["policy.dispute_window_ms=3600000"]);
    let scene = till.scene().await;
    let eve = Person::customer(&scene.client, "Eve", "tok_visa").await?;
    for (stage, status, fits) in [
        (
            "delivered",
            "delivered",
            json!(["confirm", "dispute", "message"]),
        ),
        (
            "completed",
            "completed",
            json!(["dispute", "message", "rate", "tip"]),
        ),
        ("cancelled", "cancelled", json!([])),
    ] {
        let errand = at(&scene, stage).await?;
        let path = quote_path(&errand);
        let refused = errand.customer.get(&path).await?;
        let refused = refused.refuses(409, "not_in_this_stage")?;
        assert_eq!(refused.text("/order_status")?, status);
        assert_eq!(refused.text("/order_id")?, errand.order);
        assert_eq!(refused.0["allowed_transitions"], fits, "{stage}");
        if stage != "cancelled" {
            let refused = errand.customer.cancel(&errand.order, CHARGE).await?;
            let refused = refused.refuses(409, "not_in_this_stage")?;
            assert_eq!(refused.0["allowed_transitions"], fits, "{stage}");
            errand
                .runner
                .get(&path)
                .await?
                .refuses(403, "not_allowed")?;
        }
        eve.get(&path).await?.refuses(404, "not_found")?;
        eve.cancel(&errand.order, 0)
            .await?
            .refuses(404, "not_found")?;
    }
    for nowhere in [UNKNOWN, "17"] {
        let path = format!("/api/orders/{nowhere}/cancellation-quote");
        eve.get(&path).await?.refuses(404, "not_found")?;
    }
    Ok(())
}

#[tokio::test]
async fn a_bad_field_of_a_cancellation_is_named_and_nothing_is_cancelled() -> Result<(), Deviation>
{
    let till = Till::open(&[]);
    let scene = till.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let path = format!("/api/orders/{}/cancel", errand.order);
    for (body, status, code, field) in [
        (
            json!({"accept_charge_cents": -1}),
            400,
            "wrong_type",
            "accept_charge_cents",
        ),
        (
            json!({"accept_charge_cents": "0"}),
            400,
            "wrong_type",
            "accept_charge_cents",
        ),
        (
            json!({"accept_charge_cents": 1.5}),
            400,
            "wrong_type",
            "accept_charge_cents",
        ),
        (json!({"reason": 1}), 400, "wrong_type", "reason"),
        (
            json!({"reason": "x".repeat(501)}),
            422,
            "invalid_field",
            "reason",
        ),
        (
            json!({"charge_cents": 1}),
            400,
            "unknown_field",
            "charge_cents",
        ),
    ] {
        let told = errand.customer.post(&path, &body).await?;
        let told = told.refuses(status, code)?;
        assert_eq!(told.text("/field")?, field, "{body}");
    }
    assert_eq!(errand.seen().await?.placement.as_deref(), Some("available"));
    Ok(())
}
