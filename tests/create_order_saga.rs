//! The create-order saga over HTTP: user checked → recorded → payment authorised → funds held → timer armed → available,
//! and what is taken back where a step fails.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::answer::Order;
use campusg_client::{ApiRequest, Body, Deviation, Person, Wish};
use campusg_domain::gateway::CallKey;
use campusg_domain::order::Status;
use campusg_domain::time::{MINUTE_MS, SECOND_MS};
use campusg_robots::walkthrough::{Errand, Money, Scene};
use common::raw::AsWritten as _;
use common::{
    Options, Server, gateway::Gateway, operator, pass_until, proven, transfers, turn::shared,
};
use serde_json::json;

/// Late calls come quickly; the breaker stays out of the way, since one card's silence is no other's.
fn options() -> Options {
    Options::virtual_clock(&[
        "sandbox.tuning.late_ms=400",
        "gateway.events_poll_ms=20",
        "gateway.breaker.failures=1000000",
        "policy.open_orders_per_customer=3",
    ])
}

/// Places lunch with this card; answers the customer and the order as it was answered.
async fn placed(scene: &Scene, card: &str) -> (Person, String, Body) {
    let customer = Person::customer(&scene.client, "Ann", card).await.unwrap();
    let order = customer
        .place(&Wish::lunch())
        .await
        .unwrap()
        .is(201)
        .unwrap();
    (customer, order.text("/id").unwrap().into(), order)
}

/// The order ended without a charge and for this reason, and what was begun is taken back.
async fn ended_free(customer: &Person, order: &str, reason: &str, escrow: &str) -> Body {
    let is_ended = |order: &Body| order.says("/status", "cancelled");
    let ended = customer
        .order_until(order, "cancelled", is_ended)
        .await
        .unwrap();
    assert_eq!(ended.text("/cancel_reason").unwrap(), reason);
    assert_eq!(ended.text("/settlement").unwrap(), "free");
    assert_eq!(ended.text("/escrow/status").unwrap(), escrow);
    assert_eq!(
        ended
            .list("/timers")
            .unwrap()
            .iter()
            .filter(|timer| timer.says("/status", "PENDING"))
            .count(),
        0,
        "{ended:?}"
    );
    Money::of(order, customer, None)
        .await
        .unwrap()
        .is(0, 0, 0, 0)
        .unwrap();
    ended
}

/// The steps of a saga in the order in which they were begun, done, failed or taken back, as operators see them.
async fn steps(scene: &Scene, order: &str) -> Vec<String> {
    let operator = operator(scene);
    let path = format!("/api/orders/{order}/events");
    let events = operator
        .get(&path)
        .await
        .unwrap()
        .is(200)
        .unwrap()
        .list("/items")
        .unwrap();
    let steps = events.iter().filter(|event| {
        event.says("/type", "saga_step") && event.says("/data/saga", "create-order")
    });
    steps
        .map(|step| {
            format!(
                "{} {}",
                step.text("/data/step").unwrap(),
                step.0["data"]["state"].as_str().unwrap()
            )
        })
        .collect()
}

#[tokio::test]
async fn success_the_money_is_held_and_the_timers_run() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let order = errand.customer.order_raw(&errand.order).await?;
    assert_eq!(order.text("/payment/status")?, "in-escrow");
    assert_eq!(order.text("/escrow/status")?, "held");
    assert!(order.has("/accept_by") && order.has("/payment/capture_before"));
    assert_eq!(
        errand.price.hold, 2_899,
        "2000 food, 300 buffer, 399 fee, 200 tip"
    );
    errand.money().await?.is(2_899, 0, 0, 0)?;
    assert_eq!(
        transfers(&scene, &errand.order).await?,
        ["receivable→escrow 2899 pending"]
    );
    for kind in [
        "ORDER_TIMEOUT",
        "ESCROW_TIMEOUT",
        "PAYMENT_AUTHORIZATION_EXPIRY",
    ] {
        assert_eq!(errand.timer(kind).await?.status, "PENDING", "{kind}");
    }
    let done = steps(&scene, &errand.order).await;
    let expected = [
        "record-order",
        "authorize-payment",
        "hold-funds",
        "arm-timer",
        "make-available",
    ];
    let last = |name: &&str| {
        done.iter()
            .rfind(|step| step.starts_with(*name))
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(
        expected.iter().map(last).collect::<Vec<_>>(),
        expected.map(|name| format!("{name} done")),
        "{done:?}"
    );
    for kind in [
        "payment_pending",
        "payment_authorized",
        "escrow_placed",
        "order_created",
    ] {
        errand.customer.notice(kind, &errand.order).await?;
    }
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn user_nobody_signed_in_and_a_suspended_one_place_nothing() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ask = ApiRequest::post("/api/orders", &Wish::lunch()).with_key("k");
    scene
        .client
        .send(&ask)
        .await?
        .refuses(401, "not_signed_in")?;
    let forged = scene.client.send(&ask.with_token("0".repeat(64))).await?;
    forged.refuses(401, "not_signed_in")?;

    let customer = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let operator = operator(&scene);
    let reason = json!({"reason": "orders and never comes to the door"});
    operator
        .post(
            &format!("/api/admin/users/{}/suspend", customer.id),
            &reason,
        )
        .await?
        .is(200)?;
    customer
        .place(&Wish::lunch())
        .await?
        .refuses(403, "suspended")?;
    operator
        .post(
            &format!("/api/admin/users/{}/reinstate", customer.id),
            &reason,
        )
        .await?
        .is(200)?;
    customer.place(&Wish::lunch()).await?.is(201)?;
    Ok(())
}

#[tokio::test]
async fn no_payment_method_places_nothing() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let customer = Person::register(&scene.client, "Ann").await?;
    customer
        .place(&Wish::lunch())
        .await?
        .refuses(409, "no_payment_method")?;
    let mine = customer.get("/api/orders").await?.is(200)?;
    assert_eq!(mine.list("/items")?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn payment_declined_or_without_funds_cancels() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    for (card, reason) in [
        ("tok_declined", "declined"),
        ("tok_insufficient_funds", "insufficient_funds"),
    ] {
        let (customer, order, _) = placed(&scene, card).await;
        let ended = ended_free(&customer, &order, "payment_failed", "failed").await;
        assert_eq!(ended.text("/payment/declined")?, reason);
        assert_eq!(transfers(&scene, &order).await?, Vec::<String>::new());
        let steps = steps(&scene, &order).await;
        assert!(
            steps.contains(&"authorize-payment failed".to_owned()),
            "{steps:?}"
        );
        customer.notice("payment_failed", &order).await?;
    }
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn gateway_down_then_up_goes_on() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let (customer, order, first) = placed(&scene, "tok_down_3").await;
    assert_eq!(first.text("/placement")?, "authorizing");
    assert_eq!(first.text("/payment/status")?, "initiating");
    let available = |order: &Order| order.placement.as_deref() == Some("available");
    let seen = pass_until(&scene, &order, (6, 10 * SECOND_MS), available).await?;
    assert_eq!(seen.calls[0].failures, 3);
    Money::of(&order, &customer, None)
        .await?
        .is(2_899, 0, 0, 0)?;
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn gateway_that_never_answers_cancels_after_the_last_try() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let (customer, order, _) = placed(&scene, "tok_down").await;
    let cancelled = |order: &Order| order.status == Status::Cancelled;
    pass_until(&scene, &order, (10, 70 * SECOND_MS), cancelled).await?;
    let ended = ended_free(&customer, &order, "payment_failed", "failed").await;
    assert!(!ended.has("/payment/declined"), "nobody declined it");
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn gateway_that_answers_late_goes_on() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let (customer, order, _) = placed(&scene, "tok_late").await;
    scene.pass(SECOND_MS).await?;
    let available = |order: &Body| order.says("/placement", "available");
    customer.order_until(&order, "available", available).await?;
    Money::of(&order, &customer, None)
        .await?
        .is(2_899, 0, 0, 0)?;
    assert_eq!(
        transfers(&scene, &order).await?,
        ["receivable→escrow 2899 pending"]
    );
    Ok(())
}

#[tokio::test]
async fn gateway_whose_first_answer_is_lost_authorises_once() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let (customer, order, _) = placed(&scene, "tok_timeout_then_succeeds").await;
    let available = |order: &Order| order.placement.as_deref() == Some("available");
    let seen = pass_until(&scene, &order, (3, 10 * SECOND_MS), available).await?;
    assert_eq!(seen.calls[0].failures, 1);
    assert_eq!(
        seen.calls.len(),
        1,
        "asked again under the same key, not anew"
    );
    Money::of(&order, &customer, None)
        .await?
        .is(2_899, 0, 0, 0)?;
    Ok(())
}

#[tokio::test]
async fn customer_cancels_while_the_gateway_is_silent_and_a_late_yes_is_let_go()
-> Result<(), Deviation> {
    let gateway = Gateway::start(&["sandbox.tuning.late_ms=600"]);
    let server = Server::start(Options {
        set: [gateway.settings(), vec!["gateway.events_poll_ms=20".into()]].concat(),
        ..Options::default()
    });
    let scene = server.scene().await;
    let customer = Person::customer(&scene.client, "Ann", "tok_down").await?;
    let silent = customer.place(&Wish::lunch()).await?.is(201)?;
    let order = silent.text("/id")?.to_owned();
    customer.cancel(&order, 0).await?.is(200)?;
    ended_free(&customer, &order, "customer", "failed").await;

    let late = Person::customer(&scene.client, "Ann", "tok_late").await?;
    let body = Wish::lunch();
    let placing = late.post("/api/orders", &body);
    let cancelling = async {
        let mine = late
            .until_raw("/api/orders?as=customer", "an order", |mine| {
                !mine.list("/items").unwrap().is_empty()
            })
            .await;
        let order = mine?.text("/items/0/id")?.to_owned();
        late.cancel(&order, 0).await?.is(200)?;
        Ok(order)
    };
    let (placed, order) = tokio::try_join!(placing, cancelling)?;
    placed.is(201)?;
    ended_free(&late, &order, "customer", "failed").await;
    common::desk::quiet(&scene, &order).await?;
    let totals = gateway.totals(None).await;
    assert_eq!(
        (
            totals.captured.0,
            totals.blocked.0,
            totals.open_authorizations
        ),
        (0, 0, 0)
    );
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn bank_asks_the_customer_to_confirm() -> Result<(), Deviation> {
    let gateway = Gateway::start(&[]);
    let server = Server::start(Options {
        virtual_clock: true,
        set: [gateway.settings(), vec!["gateway.events_poll_ms=20".into()]].concat(),
    });
    let scene = server.scene().await;
    let confirm = |asked: &Body| {
        let url = asked.text("/payment/action_url").unwrap();
        CallKey::from(url.split_once("/confirm/").unwrap().1)
    };

    let (customer, order, asked) = placed(&scene, "tok_action_required").await;
    assert_eq!(asked.text("/placement")?, "authorizing");
    customer.notice("payment_action_required", &order).await?;
    gateway
        .connect()
        .confirm(confirm(&asked), true)
        .await
        .unwrap();
    let available = |order: &Body| order.says("/placement", "available");
    let seen = customer.order_until(&order, "available", available).await?;
    assert!(!seen.has("/payment/action_url"));
    Money::of(&order, &customer, None)
        .await?
        .is(2_899, 0, 0, 0)?;

    let (customer, order, asked) = placed(&scene, "tok_action_required").await;
    gateway
        .connect()
        .confirm(confirm(&asked), false)
        .await
        .unwrap();
    let ended = ended_free(&customer, &order, "payment_failed", "failed").await;
    assert_eq!(ended.text("/payment/declined")?, "not_confirmed");

    let (customer, order, _) = placed(&scene, "tok_action_required").await;
    scene.pass(15 * MINUTE_MS + SECOND_MS).await?;
    ended_free(&customer, &order, "payment_failed", "failed").await;
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn escrow_refuses_and_the_authorisation_is_let_go() -> Result<(), Deviation> {
    let server = Server::start(Options::virtual_clock(&[
        "policy.hold_limit_cents=5000",
        "policy.total_hold_limit_cents=5000",
    ]));
    let scene = server.scene().await;
    let (customer, first) = {
        let errand = Errand::available(&scene.client, "tok_visa").await?;
        (errand.customer, errand.order)
    };
    let (other, order, _) = placed(&scene, "tok_visa").await;
    let ended = ended_free(&other, &order, "escrow_failed", "failed").await;
    assert_eq!(ended.text("/payment/status")?, "voided");
    let steps = steps(&scene, &order).await;
    assert!(steps.contains(&"hold-funds failed".to_owned()), "{steps:?}");
    assert_eq!(transfers(&scene, &order).await?, Vec::<String>::new());

    customer.cancel(&first, 0).await?.is(200)?;
    other.place_available(&Wish::lunch()).await?;
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn timers_are_full_and_hold_and_authorisation_are_let_go() -> Result<(), Deviation> {
    let server = Server::start(Options::virtual_clock(&["policy.armed_timers=0"]));
    let scene = server.scene().await;
    let (customer, order, _) = placed(&scene, "tok_visa").await;
    let ended = ended_free(&customer, &order, "scheduling_failed", "refunded").await;
    assert_eq!(ended.text("/payment/status")?, "voided");
    let steps = steps(&scene, &order).await;
    assert!(steps.contains(&"arm-timer failed".to_owned()), "{steps:?}");
    assert!(steps.contains(&"hold-funds undone".to_owned()), "{steps:?}");
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn repeated_with_the_same_key_it_is_one_order() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let customer = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let ask = ApiRequest::post("/api/orders", &Wish::lunch()).with_key("lunch-1");
    let first = customer.send(ask.clone()).await?;
    let again = customer.send(ask.clone()).await?;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.body, again.body, "the first answer again");

    let mut other = Wish::lunch();
    other.tip_cents = 300;
    let reused = customer
        .send(ApiRequest::post("/api/orders", &other).with_key("lunch-1"))
        .await?;
    reused.refuses(422, "key_reused")?;
    let without = ApiRequest::post("/api/orders", &Wish::lunch());
    customer
        .send(without)
        .await?
        .refuses(400, "idempotency_key_required")?;

    let mine = customer.get("/api/orders?as=customer").await?.is(200)?;
    assert_eq!(mine.list("/items")?.len(), 1);
    let another = Person::customer(&scene.client, "Eve", "tok_visa").await?;
    let hers = another.send(ask).await?.is(201)?;
    assert_ne!(
        hers.text("/id")?,
        first.body.text("/id")?,
        "keys are the caller's own"
    );
    Ok(())
}

#[tokio::test]
async fn many_repeats_at_once_are_one_order() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let customer = Person::customer(&scene.client, "Ann", "tok_slow").await?;
    let ask = || customer.send(ApiRequest::post("/api/orders", &Wish::lunch()).with_key("lunch-2"));
    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
    let mut orders = vec![];
    for reply in [a?, b?, c?, d?] {
        match reply.status {
            201 => orders.push(reply.body.text("/id")?.to_owned()),
            _ => drop(reply.refuses(409, "still_running")?),
        }
    }
    orders.sort();
    orders.dedup();
    assert_eq!(orders.len(), 1, "{orders:?}");
    let mine = customer.get("/api/orders?as=customer").await?.is(200)?;
    assert_eq!(mine.list("/items")?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn limits_hold_and_count_only_open_orders() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let customer = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let mut orders = vec![];
    for _ in 0..3 {
        orders.push(customer.place_available(&Wish::lunch()).await?.0);
    }
    let refused = customer
        .place(&Wish::lunch())
        .await?
        .refuses(409, "too_many_open_orders")?;
    assert_eq!(refused.number("/limit")?, 3);
    customer.cancel(&orders[0], 0).await?.is(200)?;
    ended_free(&customer, &orders[0], "customer", "refunded").await;
    customer.place_available(&Wish::lunch()).await?;
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn an_order_for_later_waits_for_its_time() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let customer = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let runner = Person::runner(&scene.client, "Ben").await?;
    let now = operator(&scene).move_clock(0).await?.is(200)?;
    let now = chrono_ms(now.text("/now")?);
    let mut wish = Wish::lunch();
    wish.deliver_after = Some(rfc3339(now + 120 * MINUTE_MS));
    let waiting = customer.place(&wish).await?.is(201)?;
    let order = waiting.text("/id")?;
    assert_eq!(waiting.text("/placement")?, "waiting");
    assert_eq!(waiting.text("/escrow/status")?, "held");
    assert!(runner.finds(order).await?.is_none());
    runner
        .accept(order)
        .await?
        .refuses(409, "not_in_this_stage")?;
    scene.pass(76 * MINUTE_MS).await?;
    customer
        .order_until(order, "available", |order: &Order| {
            order.placement.as_deref() == Some("available")
        })
        .await?;
    runner.accept(order).await?.is(200)?;
    Ok(())
}

fn chrono_ms(text: &str) -> u64 {
    let time = chrono::DateTime::parse_from_rfc3339(text).unwrap();
    u64::try_from(time.timestamp_millis()).unwrap()
}

fn rfc3339(ms: u64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(i64::try_from(ms).unwrap()).unwrap();
    time.to_rfc3339()
}
