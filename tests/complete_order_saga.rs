//! The complete-order saga over HTTP: on-site → purchased → collected → on-the-way → delivered → completed; delivery
//! verified, funds released, ratings and receipts; and an issue at every stage.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg::walkthrough::{Body, Errand, Scene};
use campusg_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use common::{Options, Server, pass_until, proven, turn::shared};
use serde_json::json;

fn options() -> Options {
    Options::virtual_clock(&[
        "gateway.tuning.late_ms=400",
        "gateway.events_poll_ms=20",
        "gateway.breaker.failures=1000000",
    ])
}

/// The transfers of an order as `debit→credit cents phase`, with kinds of accounts instead of names.
async fn transfers(scene: &Scene, order: &str) -> Vec<String> {
    let operator = scene.operator.as_ref().unwrap();
    let path = format!("/api/ledger/transfers?order_id={order}");
    let transfers = operator.get(&path).await.unwrap().is(200).unwrap().list("/items").unwrap();
    let kind = |account: &str| account.split(':').next().unwrap().to_owned();
    let row = |transfer: &Body| {
        let (debit, credit) = (kind(transfer.text("/debit").unwrap()), kind(transfer.text("/credit").unwrap()));
        format!("{debit}→{credit} {} {}", transfer.number("/amount_cents").unwrap(), transfer.text("/phase").unwrap())
    };
    transfers.iter().map(row).collect()
}

/// Every status the runner can report, with a body that would be right in its stage.
fn reports(photo: &str) -> [(&'static str, serde_json::Value); 4] {
    [
        ("on-site", json!({"status": "on-site"})),
        ("purchased", json!({"status": "purchased", "receipt": {"total_cents": 2000, "photo_id": photo}})),
        ("collected", json!({"status": "collected"})),
        ("on-the-way", json!({"status": "on-the-way"})),
    ]
}

#[tokio::test]
async fn full_flow_moves_the_money_once() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "purchased").await.unwrap();
    errand.until_collection("collected").await.unwrap();
    errand.carry_to("on-the-way").await.unwrap();
    let done = errand.carry_to("completed").await.unwrap();
    assert_eq!(done.text("/delivery/proof").unwrap(), "pin");
    let moved = transfers(&scene, &errand.order).await;
    let expected = [
        "receivable→escrow 2899 pending",
        "receivable→escrow 2749 posted",
        "gateway→receivable 2749 pending",
        "gateway→receivable 2749 posted",
        "escrow→payable 2749 posted",
    ];
    assert_eq!(moved, expected);
    errand.money().await.unwrap().is(0, 2_749, 2_749, 0).unwrap();

    for again in [errand.customer.confirm(&errand.order).await, errand.runner.deliver_by_pin(&errand.order, "0000").await] {
        assert_eq!(again.unwrap().is(200).unwrap().text("/status").unwrap(), "completed");
    }
    assert_eq!(transfers(&scene, &errand.order).await, expected, "exactly one release");
    let history = errand.history().await.unwrap();
    let told: Vec<_> = history.iter().filter(|event| *event != "saga_step").map(String::as_str).collect();
    assert_eq!(told, [
        "placed", "payment_authorized", "escrow_held", "available", "accepted", "on_site", "purchased",
        "payment_captured", "collected", "on_the_way", "delivered", "released", "completed",
    ]);
    proven(&scene).await;
}

#[tokio::test]
async fn at_each_stage_only_the_next_step_fits() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await.unwrap();
    let photo = errand.runner.upload().await.unwrap();
    let way = ["accepted", "on-site", "purchased", "collected", "on-the-way"];
    for (stage, here) in way.iter().enumerate() {
        errand.carry_to(here).await.unwrap();
        errand.until("as before", |order| !order.says("/payment/collection", "collecting")).await.unwrap();
        let before = errand.seen().await.unwrap();
        for (report, body) in reports(&photo) {
            let place = way.iter().position(|step| *step == report).unwrap();
            if place == stage + 1 || place == stage {
                continue;
            }
            let refused = errand.runner.status(&errand.order, &body).await.unwrap().refuses(409, "not_in_this_stage").unwrap();
            assert_eq!(refused.text("/order_status").unwrap(), *here);
            assert!(!refused.list("/allowed_transitions").unwrap().is_empty());
        }
        if *here != "on-the-way" {
            errand.runner.deliver_by_pin(&errand.order, "0000").await.unwrap().refuses(409, "not_in_this_stage").unwrap();
            errand.customer.confirm(&errand.order).await.unwrap().refuses(409, "not_in_this_stage").unwrap();
        }
        errand.customer.report(&errand.order, "collected").await.unwrap().refuses(403, "not_allowed").unwrap();
        errand.runner.rate(&errand.order, 5).await.unwrap().refuses(409, "not_in_this_stage").unwrap();
        assert_eq!(before.0["version"], errand.seen().await.unwrap().0["version"], "{here}: a refusal writes nothing");
    }
}

#[tokio::test]
async fn accepted_then_the_runner_never_starts() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await.unwrap();
    for _ in 0..2 {
        scene.pass(15 * MINUTE_MS + SECOND_MS).await.unwrap();
        errand.until("looked at", |order| !order.says("/status", "accepted") || errand_reminded(order)).await.unwrap();
    }
    errand.until("available", |order| order.says("/placement", "available")).await.unwrap();
    errand.money().await.unwrap().is(2_899, 0, 0, 0).unwrap();
}

/// Whether the second timer of an idle runner is armed.
fn errand_reminded(order: &Body) -> bool {
    let timers = order.list("/timers").unwrap();
    timers.iter().any(|timer| timer.says("/event_type", "RUNNER_IDLE") && timer.number("/generation") == Ok(2))
}

#[tokio::test]
async fn on_site_then_the_receipt_does_not_fit() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "on-site").await.unwrap();
    let photo = errand.runner.upload().await.unwrap();
    let buy = async |total: i64, photo: Option<&str>| errand.runner.buy(&errand.order, total, photo).await.unwrap();
    buy(2_301, Some(&photo)).await.refuses(422, "above_approved").unwrap();
    buy(2_300, None).await.refuses(422, "photo_needed").unwrap();
    buy(0, Some(&photo)).await.refuses(422, "invalid_field").unwrap();
    buy(-1, Some(&photo)).await.refuses(400, "wrong_type").unwrap();
    errand.money().await.unwrap().is(2_899, 0, 0, 0).unwrap();
    buy(2_300, Some(&photo)).await.is(200).unwrap();
    buy(2_300, Some(&photo)).await.is(200).unwrap();
    buy(2_299, Some(&photo)).await.refuses(409, "not_in_this_stage").unwrap();
    errand.until_collection("collected").await.unwrap();
    errand.money().await.unwrap().is(2_899, 2_899, 0, 0).unwrap();
}

#[tokio::test]
async fn purchased_then_the_charge_is_answered_at_the_third_retry() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_capture_down_3").await.unwrap();
    errand.carry_to("completed").await.unwrap();
    errand.money().await.unwrap().is(0, 2_749, 2_749, 0).unwrap();
    let collected = |order: &Body| order.says("/payment/collection", "collected");
    let seen = pass_until(&scene, &errand.order, (6, 10 * SECOND_MS), collected).await.unwrap();
    let captures: Vec<_> = seen.list("/calls").unwrap().into_iter().filter(|call| call.says("/purpose", "capture")).collect();
    assert_eq!(captures.len(), 1, "one call, repeated under its key");
    assert_eq!(captures[0].number("/failures").unwrap(), 3);
    assert_eq!(transfers(&scene, &errand.order).await.iter().filter(|row| row.starts_with("gateway→") && row.ends_with("posted")).count(), 1);
    proven(&scene).await;
}

#[tokio::test]
async fn purchased_then_the_charge_is_answered_late() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_capture_late").await.unwrap();
    errand.carry_to("collected").await.unwrap();
    scene.pass(SECOND_MS).await.unwrap();
    errand.until_collection("collected").await.unwrap();
    errand.carry_to("completed").await.unwrap();
    errand.money().await.unwrap().is(0, 2_749, 2_749, 0).unwrap();
}

#[tokio::test]
async fn purchased_then_the_charge_is_never_answered_and_an_operator_looks() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let operator = scene.operator.as_ref().unwrap();
    let errand = Errand::available(&scene.client, "tok_capture_down").await.unwrap();
    errand.carry_to("completed").await.unwrap();
    errand.money().await.unwrap().is(0, 2_749, 2_749, 0).unwrap();
    let capture_failed = |times: i64| {
        move |order: &Body| {
            let calls = order.list("/calls").unwrap();
            calls.iter().any(|call| call.says("/purpose", "capture") && call.number("/failures").is_ok_and(|failures| failures >= times))
        }
    };
    pass_until(&scene, &errand.order, (10, 70 * SECOND_MS), capture_failed(8)).await.unwrap();
    let is_listed = |stuck: &Body| stuck.list("/items").unwrap().iter().any(|order| order.says("/order_id", &errand.order));
    let stuck = operator.until("/api/admin/sagas?state=stuck", "the order among the stuck", is_listed).await.unwrap();
    let mine = stuck.list("/items").unwrap().into_iter().find(|order| order.says("/order_id", &errand.order)).unwrap();
    assert!(mine.list("/steps").unwrap().iter().any(|step| step.says("/step", "capture-payment") && step.says("/state", "stuck")), "{mine:?}");
    let path = format!("/api/admin/sagas/{}/retry", errand.order);
    operator.post(&path, &json!({"reason": "the gateway says it is up"})).await.unwrap().is(200).unwrap();
    operator.order_until(&errand.order, "tried once more", capture_failed(9)).await.unwrap();
    assert_eq!(errand.seen().await.unwrap().text("/status").unwrap(), "completed", "a delivery is never undone");
    proven(&scene).await;
}

#[tokio::test]
async fn purchased_then_the_card_fails_and_the_customer_owes() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_capture_fails").await.unwrap();
    errand.carry_to("purchased").await.unwrap();
    errand.until_collection("owed").await.unwrap();
    errand.carry_to("completed").await.unwrap();
    errand.money().await.unwrap().is(0, 2_749, 2_749, 2_749).unwrap();
    errand.customer.notice("renew_card", &errand.order).await.unwrap();
    let moved = transfers(&scene, &errand.order).await;
    assert!(moved.contains(&"gateway→receivable 2749 voided".to_owned()), "{moved:?}");
    proven(&scene).await;
}

#[tokio::test]
async fn cancelled_from_purchased_on_pays_the_runner_in_full() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    for stage in ["purchased", "collected", "on-the-way"] {
        let errand = Errand::at(&scene.client, stage).await.unwrap();
        errand.customer.cancel(&errand.order, 0).await.unwrap().refuses(409, "quote_changed").unwrap();
        errand.runner.give_back(&errand.order).await.unwrap().refuses(409, "not_in_this_stage").unwrap();
        let ended = errand.customer.cancel(&errand.order, 2_749).await.unwrap().is(200).unwrap();
        assert_eq!(ended.text("/cancel_reason").unwrap(), "customer", "{stage}");
        errand.until_collection("collected").await.unwrap();
        errand.money().await.unwrap().is(0, 2_749, 2_749, 0).unwrap();
        let again = errand.customer.cancel(&errand.order, 0).await.unwrap().is(200).unwrap();
        assert_eq!(again.0["version"], errand.seen().await.unwrap().0["version"]);
        errand.runner.report(&errand.order, "collected").await.unwrap().refuses(409, "not_in_this_stage").unwrap();
    }
    proven(&scene).await;
}

#[tokio::test]
async fn on_the_way_then_the_pin_is_wrong_five_times() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "on-the-way").await.unwrap();
    let pin = errand.customer.pin(&errand.order).await.unwrap();
    let wrong = if pin == "1234" { "4321" } else { "1234" };
    for left in (0..5).rev() {
        let refused = errand.runner.deliver_by_pin(&errand.order, wrong).await.unwrap().refuses(422, "wrong_pin").unwrap();
        assert_eq!(refused.number("/tries_left").unwrap(), left);
    }
    errand.runner.deliver_by_pin(&errand.order, &pin).await.unwrap().refuses(422, "photo_needed").unwrap();
    let photo = errand.runner.upload().await.unwrap();
    let done = errand.runner.deliver_by_photo(&errand.order, &photo).await.unwrap().is(200).unwrap();
    assert_eq!(done.text("/delivery/proof").unwrap(), "photo");
    let receipt = done.text("/receipt/photo_id").unwrap();
    let picture = errand.customer.get(&format!("/api/photos/{receipt}")).await.unwrap();
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/png")), "the customer may see the receipt");
}

#[tokio::test]
async fn a_repeated_wrong_pin_under_one_key_counts_once() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "on-the-way").await.unwrap();
    let pin = errand.customer.pin(&errand.order).await.unwrap();
    let wrong = if pin == "1234" { "4321" } else { "1234" };
    let body = json!({"status": "delivered", "proof": {"pin": wrong}});
    let ask = campusg::walkthrough::Ask::post(format!("/api/orders/{}/status", errand.order), &body).with_key("door");
    for _ in 0..3 {
        let refused = errand.runner.send(ask.clone()).await.unwrap().refuses(422, "wrong_pin").unwrap();
        assert_eq!(refused.number("/tries_left").unwrap(), 4);
    }
    assert_eq!(errand.seen().await.unwrap().number("/wrong_pins").unwrap(), 1);
    errand.carry_to("completed").await.unwrap();
}

#[tokio::test]
async fn completed_then_both_rate_once() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "completed").await.unwrap();
    for stars in [0, 6] {
        errand.customer.rate(&errand.order, stars).await.unwrap().refuses(422, "invalid_field").unwrap();
    }
    errand.customer.rate(&errand.order, 5).await.unwrap().is(200).unwrap();
    errand.customer.rate(&errand.order, 5).await.unwrap().is(200).unwrap();
    errand.customer.rate(&errand.order, 1).await.unwrap().refuses(409, "already_rated").unwrap();
    let runner = |profile: &Body| profile.number("/ratings/as_runner/count").unwrap();
    assert_eq!(runner(&errand.runner.profile().await.unwrap()), 0, "not shown before both are in");
    errand.runner.rate(&errand.order, 3).await.unwrap().is(200).unwrap();
    assert_eq!(runner(&errand.runner.profile().await.unwrap()), 1);
    assert_eq!(errand.customer.profile().await.unwrap().number("/ratings/as_customer/count").unwrap(), 1);
    let page = campusg::walkthrough::Ask::get(format!("/api/orders/{}/receipt", errand.order));
    let receipt = errand.customer.send(page).await.unwrap().is(200).unwrap();
    assert_eq!(receipt.number("/total_cents").unwrap(), 2_749);
}

#[tokio::test]
async fn with_a_window_the_release_waits_for_the_customer_or_the_time() {
    let server = Server::start(Options::virtual_clock(&[
        "policy.dispute_window_ms=3600000",
        "policy.platform_fee_cents=100",
    ]));
    let scene = server.scene().await;
    let operator = scene.operator.as_ref().unwrap();
    let delivered = async || {
        let errand = Errand::at(&scene.client, "on-the-way").await.unwrap();
        let waiting = errand.deliver().await.unwrap().is(200).unwrap();
        assert_eq!(waiting.text("/status").unwrap(), "delivered");
        errand.until_collection("collected").await.unwrap();
        errand.money().await.unwrap().is(2_749, 2_749, 0, 0).unwrap();
        errand
    };
    let confirmed = delivered().await;
    confirmed.customer.confirm(&confirmed.order).await.unwrap().is(200).unwrap();
    confirmed.money().await.unwrap().is(0, 2_749, 2_649, 0).unwrap();
    assert_eq!(operator.balance("revenue").await.unwrap(), 100);

    let left = delivered().await;
    left.customer.cancel(&left.order, 10_000).await.unwrap().refuses(409, "not_in_this_stage").unwrap();
    scene.pass(HOUR_MS + SECOND_MS).await.unwrap();
    left.until_status("completed").await.unwrap();
    left.money().await.unwrap().is(0, 2_749, 2_649, 0).unwrap();
    assert_eq!(operator.balance("revenue").await.unwrap(), 200);
    proven(&scene).await;
}

#[tokio::test]
async fn a_refund_that_the_card_refuses_stays_in_the_customers_wallet() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_refund_fails").await.unwrap();
    errand.carry_to("collected").await.unwrap();
    errand.until_collection("collected").await.unwrap();
    let overdue = |order: &Body| order.says("/status", "cancelled");
    let operator = scene.operator.as_ref().unwrap();
    let path = format!("/api/orders/{}", errand.order);
    for day in 1..=14 {
        scene.pass(DAY_MS + SECOND_MS).await.unwrap();
        operator.until(&path, "another day", |order| overdue(order) || order.number("/overdue_days") == Ok(day)).await.unwrap();
    }
    let ended = errand.until_status("cancelled").await.unwrap();
    assert_eq!(ended.text("/cancel_reason").unwrap(), "runner_abandoned");
    errand.customer.notice("refund_kept_in_wallet", &errand.order).await.unwrap();
    let wallet = errand.customer.wallet().await.unwrap();
    assert_eq!(wallet.number("/available_cents").unwrap(), 2_749);
    errand.money().await.unwrap().is(0, 2_749, 0, 0).unwrap();
    proven(&scene).await;
}
