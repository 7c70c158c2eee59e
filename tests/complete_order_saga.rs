//! The complete-order saga over HTTP: on-site → purchased → collected → on-the-way → delivered → completed; delivery
//! verified, funds released, ratings and receipts; and an issue at every stage.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::answer::Order;
use campusg_client::operation::account;
use campusg_client::request::Progress;
use campusg_client::{Body, Deviation, Person, Wish};
use campusg_domain::order::{CancelReason, Status};
use campusg_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use campusg_robots::walkthrough::Errand;
use common::raw::AsWritten as _;
use common::{Options, Server, operator, pass_until, proven, transfers, turn::shared};
use serde_json::json;

fn options() -> Options {
    Options::virtual_clock(&[
        "sandbox.tuning.late_ms=400",
        "gateway.events_poll_ms=20",
        "gateway.breaker.failures=1000000",
    ])
}

/// Every status the runner can report, with a body that would be right in its stage.
fn reports(photo: &str) -> [(&'static str, serde_json::Value); 4] {
    [
        ("on-site", json!({"status": "on-site"})),
        (
            "purchased",
            json!({"status": "purchased", "receipt": {"total_cents": 2000, "photo_id": photo}}),
        ),
        ("collected", json!({"status": "collected"})),
        ("on-the-way", json!({"status": "on-the-way"})),
    ]
}

#[tokio::test]
async fn full_flow_moves_the_money_once() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "purchased").await?;
    errand.until_collection("collected").await?;
    errand.carry_to("on-the-way").await?;
    let done = errand.carry_to("completed").await?;
    assert_eq!(done.proof(), Some("pin"));
    let moved = transfers(&scene, &errand.order).await?;
    let expected = [
        "receivable→escrow 2899 pending",
        "receivable→escrow 2749 posted",
        "gateway→receivable 2749 pending",
        "gateway→receivable 2749 posted",
        "escrow→payable 2749 posted",
    ];
    assert_eq!(moved, expected);
    errand.money().await?.is(0, 2_749, 2_749, 0)?;

    for again in [
        errand.customer.confirm(&errand.order).await,
        errand.runner.deliver_by_pin(&errand.order, "0000").await,
    ] {
        assert_eq!(again?.is(200)?.text("/status")?, "completed");
    }
    assert_eq!(
        transfers(&scene, &errand.order).await?,
        expected,
        "exactly one release"
    );
    let history = errand.history().await?;
    let told: Vec<_> = history
        .iter()
        .filter(|event| *event != "saga_step")
        .map(String::as_str)
        .collect();
    assert_eq!(
        told,
        [
            "placed",
            "payment_authorized",
            "escrow_held",
            "available",
            "accepted",
            "on-site",
            "purchased",
            "payment_captured",
            "collected",
            "on-the-way",
            "delivered",
            "released",
            "completed",
        ]
    );
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn at_each_stage_only_the_next_step_fits() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let photo = errand.runner.upload().await?;
    let way = [
        "accepted",
        "on-site",
        "purchased",
        "collected",
        "on-the-way",
    ];
    for (stage, here) in way.iter().enumerate() {
        errand.carry_to(here).await?;
        errand
            .until("as before", |order: &Order| {
                order.payment.collection != "collecting"
            })
            .await?;
        let before = errand.seen().await?;
        for (report, body) in reports(&photo) {
            let place = way.iter().position(|step| *step == report).unwrap();
            if place == stage + 1 || place == stage {
                continue;
            }
            let refused = errand
                .runner
                .status_raw(&errand.order, &body)
                .await?
                .refuses(409, "not_in_this_stage")?;
            assert_eq!(refused.text("/order_status")?, *here);
            assert!(!refused.list("/allowed_transitions")?.is_empty());
        }
        if *here != "on-the-way" {
            errand
                .runner
                .deliver_by_pin(&errand.order, "0000")
                .await?
                .refuses(409, "not_in_this_stage")?;
            errand
                .customer
                .confirm(&errand.order)
                .await?
                .refuses(409, "not_in_this_stage")?;
        }
        errand
            .customer
            .report(&errand.order, &Progress::Collected)
            .await?
            .refuses(403, "not_allowed")?;
        errand
            .runner
            .rate(&errand.order, 5)
            .await?
            .refuses(409, "not_in_this_stage")?;
        assert_eq!(
            before.version,
            errand.seen().await?.version,
            "{here}: a refusal writes nothing"
        );
    }
    Ok(())
}

#[tokio::test]
async fn accepted_then_the_runner_never_starts() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    for _ in 0..2 {
        scene.pass(15 * MINUTE_MS + SECOND_MS).await?;
        errand
            .until("looked at", |order: &Body| {
                !order.says("/status", "accepted") || errand_reminded(order)
            })
            .await?;
    }
    errand
        .until("available", |order: &Order| {
            order.placement.as_deref() == Some("available")
        })
        .await
        .unwrap();
    errand.money().await?.is(2_899, 0, 0, 0)?;
    Ok(())
}

/// Whether the second timer of an idle runner is armed.
fn errand_reminded(order: &Body) -> bool {
    let timers = order.list("/timers").unwrap();
    timers.iter().any(|timer| {
        timer.says("/event_type", "RUNNER_IDLE") && timer.number("/generation") == Ok(2)
    })
}

#[tokio::test]
async fn on_site_then_the_receipt_does_not_fit() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "on-site").await?;
    let photo = errand.runner.upload().await?;
    let buy = async |total: i64, photo: Option<&str>| {
        errand.runner.buy(&errand.order, total, photo).await
    };
    buy(2_301, Some(&photo))
        .await?
        .refuses(422, "above_approved")?;
    buy(2_300, None).await?.refuses(422, "photo_needed")?;
    buy(0, Some(&photo)).await?.refuses(422, "invalid_field")?;
    buy(-1, Some(&photo)).await?.refuses(400, "wrong_type")?;
    errand.money().await?.is(2_899, 0, 0, 0)?;
    buy(2_300, Some(&photo)).await?.is(200)?;
    buy(2_300, Some(&photo)).await?.is(200)?;
    buy(2_299, Some(&photo))
        .await?
        .refuses(409, "not_in_this_stage")?;
    errand.until_collection("collected").await?;
    errand.money().await?.is(2_899, 2_899, 0, 0)?;
    Ok(())
}

#[tokio::test]
async fn purchased_then_the_charge_is_answered_at_the_third_retry() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_capture_down_3").await?;
    errand.carry_to("completed").await?;
    errand.money().await?.is(0, 2_749, 2_749, 0)?;
    let collected = |order: &Order| order.payment.collection == "collected";
    let seen = pass_until(&scene, &errand.order, (6, 10 * SECOND_MS), collected).await?;
    let calls = seen.calls.iter();
    let captures: Vec<_> = calls.filter(|call| call.purpose == "capture").collect();
    assert_eq!(captures.len(), 1, "one call, repeated under its key");
    assert_eq!(captures[0].failures, 3);
    assert_eq!(
        transfers(&scene, &errand.order)
            .await?
            .iter()
            .filter(|row| row.starts_with("gateway→") && row.ends_with("posted"))
            .count(),
        1
    );
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn purchased_then_the_charge_is_answered_late() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_capture_late").await?;
    errand.carry_to("collected").await?;
    scene.pass(SECOND_MS).await?;
    errand.until_collection("collected").await?;
    errand.carry_to("completed").await?;
    errand.money().await?.is(0, 2_749, 2_749, 0)?;
    Ok(())
}

#[tokio::test]
async fn purchased_then_the_charge_is_never_answered_and_an_operator_looks() -> Result<(), Deviation>
{
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let operator = operator(&scene);
    let errand = Errand::available(&scene.client, "tok_capture_down").await?;
    errand.carry_to("completed").await?;
    errand.money().await?.is(0, 2_749, 2_749, 0)?;
    let capture_failed = |times: i64| {
        move |order: &Order| {
            let mut calls = order.calls.iter();
            calls.any(|call| call.purpose == "capture" && call.failures >= times)
        }
    };
    pass_until(
        &scene,
        &errand.order,
        (10, 70 * SECOND_MS),
        capture_failed(8),
    )
    .await?;
    let is_listed = |stalled: &Body| {
        stalled
            .list("/items")
            .unwrap()
            .iter()
            .any(|order| order.says("/order_id", &errand.order))
    };
    let stalled = operator
        .until_raw(
            "/api/admin/sagas?state=stalled",
            "the order among the stalled",
            is_listed,
        )
        .await?;
    let mine = stalled
        .list("/items")
        .unwrap()
        .into_iter()
        .find(|order| order.says("/order_id", &errand.order))
        .unwrap();
    assert!(
        mine.list("/steps")
            .unwrap()
            .iter()
            .any(|step| step.says("/step", "capture-payment") && step.says("/state", "stalled")),
        "{mine:?}"
    );
    let path = format!("/api/admin/sagas/{}/retry", errand.order);
    operator
        .post(&path, &json!({"reason": "the gateway says it is up"}))
        .await?
        .is(200)?;
    operator
        .order_until(&errand.order, "tried once more", capture_failed(9))
        .await?;
    assert_eq!(
        errand.seen().await?.status,
        Status::Completed,
        "a delivery is never undone"
    );
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn purchased_then_the_card_fails_and_the_customer_owes() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_capture_fails").await?;
    errand.carry_to("purchased").await?;
    errand.until_collection("owed").await?;
    errand.carry_to("completed").await?;
    errand.money().await?.is(0, 2_749, 2_749, 2_749)?;
    errand.customer.notice("renew_card", &errand.order).await?;
    let moved = transfers(&scene, &errand.order).await?;
    assert!(
        moved.contains(&"gateway→receivable 2749 voided".to_owned()),
        "{moved:?}"
    );
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn cancelled_from_purchased_on_pays_the_runner_in_full() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    for stage in ["purchased", "collected", "on-the-way"] {
        let errand = Errand::at(&scene.client, stage).await?;
        errand
            .customer
            .cancel(&errand.order, 0)
            .await?
            .refuses(409, "quote_changed")?;
        errand
            .runner
            .give_back(&errand.order)
            .await?
            .refuses(409, "not_in_this_stage")?;
        let ended = errand
            .customer
            .cancel(&errand.order, 2_749)
            .await?
            .is(200)?;
        assert_eq!(ended.text("/cancel_reason")?, "customer", "{stage}");
        errand.until_collection("collected").await?;
        errand.money().await?.is(0, 2_749, 2_749, 0)?;
        let again = errand.customer.cancel(&errand.order, 0).await?.is(200)?;
        let version = errand.seen().await?.version;
        assert_eq!(again.number("/version")?, version);
        errand
            .runner
            .report(&errand.order, &Progress::Collected)
            .await?
            .refuses(409, "not_in_this_stage")?;
    }
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn on_the_way_then_the_pin_is_wrong_five_times() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "on-the-way").await?;
    let pin = errand.customer.pin(&errand.order).await?;
    let wrong = if pin == "1234" { "4321" } else { "1234" };
    for left in (0..5).rev() {
        let refused = errand
            .runner
            .deliver_by_pin(&errand.order, wrong)
            .await?
            .refuses(422, "wrong_pin")?;
        assert_eq!(refused.number("/tries_left")?, left);
    }
    errand
        .runner
        .deliver_by_pin(&errand.order, &pin)
        .await?
        .refuses(422, "photo_needed")?;
    let photo = errand.runner.upload().await?;
    let done = errand
        .runner
        .deliver_by_photo(&errand.order, &photo)
        .await?
        .is(200)?;
    assert_eq!(done.text("/delivery/proof")?, "photo");
    assert_eq!(done.text("/status")?, "delivered", "not paid on their word");
    let asked = errand.customer.notice("confirm_or_dispute", &errand.order);
    assert!(asked.await?.message.contains("in 24 hours"));
    errand.runner.notice("payment_waits", &errand.order).await?;
    let account = format!("/api/users/{}", errand.runner.id);
    let account = operator(&scene).get(&account).await?.is(200)?;
    assert_eq!(account.number("/photos_after_wrong_pins")?, 1);
    let confirmed = errand.customer.confirm(&errand.order).await?.is(200)?;
    assert_eq!(confirmed.text("/status")?, "completed");
    let receipt = done.text("/receipt/photo_id")?;
    let picture = errand
        .customer
        .get(&format!("/api/photos/{receipt}"))
        .await?;
    assert_eq!(
        (picture.status, picture.header("content-type")),
        (200, Some("image/png")),
        "the customer may see the receipt"
    );
    Ok(())
}

#[tokio::test]
async fn a_photo_that_nobody_uploaded_proves_no_delivery() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let wish = Wish::lunch_at_the_door();
    let errand = Errand::of(&scene.client, "tok_visa", &wish).await?;
    errand.carry_to("on-the-way").await?;
    let invented = "00000000-0000-7000-8000-000000000000";
    let delivered = errand
        .runner
        .deliver_by_photo(&errand.order, invented)
        .await?;
    let told = delivered.refuses(422, "invalid_field")?;
    assert_eq!(told.text("/field")?, "proof.photo_id");
    errand.money().await?.is(2_749, 2_749, 0, 0)
}

#[tokio::test]
async fn the_photo_of_a_delivery_is_shown_to_the_customer_and_proves_no_second_one()
-> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let wish = Wish::lunch_at_the_door();
    let errand = Errand::of(&scene.client, "tok_visa", &wish).await?;
    errand.carry_to("on-the-way").await?;
    let photo = errand.runner.upload().await?;
    let done = errand
        .runner
        .deliver_by_photo(&errand.order, &photo)
        .await?;
    done.is(200)?;
    let (second, price) = errand.customer.place_available(&wish).await?;
    let second = Errand {
        order: second,
        price,
        ..errand
    };
    second.carry_to("on-the-way").await?;
    let again = second
        .runner
        .deliver_by_photo(&second.order, &photo)
        .await?;
    again.refuses(409, "photo_used")?;
    let shown = second.customer.get(&format!("/api/photos/{photo}")).await?;
    shown.is(200).map(drop)
}

#[tokio::test]
async fn operators_are_told_of_a_card_that_fails() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_capture_fails").await?;
    errand.carry_to("purchased").await?;
    errand.until_collection("owed").await?;
    let told = operator(&scene).notice("renew_card", &errand.order).await;
    told.map(drop)
}

#[tokio::test]
async fn a_repeated_wrong_pin_under_one_key_counts_once() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "on-the-way").await?;
    let pin = errand.customer.pin(&errand.order).await?;
    let wrong = if pin == "1234" { "4321" } else { "1234" };
    let body = json!({"status": "delivered", "proof": {"pin": wrong}});
    let ask =
        campusg_client::ApiRequest::post(format!("/api/orders/{}/status", errand.order), &body)
            .with_key("door");
    for _ in 0..3 {
        let refused = errand
            .runner
            .send(ask.clone())
            .await?
            .refuses(422, "wrong_pin")?;
        assert_eq!(refused.number("/tries_left")?, 4);
    }
    let seen = errand.customer.order_raw(&errand.order).await?;
    assert_eq!(seen.number("/wrong_pins")?, 1);
    errand.carry_to("completed").await?;
    Ok(())
}

#[tokio::test]
async fn completed_then_both_rate_once() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "completed").await?;
    for stars in [0, 6] {
        errand
            .customer
            .rate(&errand.order, stars)
            .await?
            .refuses(422, "invalid_field")?;
    }
    errand.customer.rate(&errand.order, 5).await?.is(200)?;
    errand.customer.rate(&errand.order, 5).await?.is(200)?;
    errand
        .customer
        .rate(&errand.order, 1)
        .await?
        .refuses(409, "already_rated")?;
    let ratings = async |who: &Person, role: &str| {
        let profile: Body = who.read(account::profile()).await?;
        profile.number(&format!("/ratings/{role}/count"))
    };
    assert_eq!(
        ratings(&errand.runner, "as_runner").await?,
        0,
        "not shown before both are in"
    );
    errand.runner.rate(&errand.order, 3).await?.is(200)?;
    assert_eq!(ratings(&errand.runner, "as_runner").await?, 1);
    assert_eq!(ratings(&errand.customer, "as_customer").await?, 1);
    let page = campusg_client::ApiRequest::get(format!("/api/orders/{}/receipt", errand.order));
    let receipt = errand.customer.send(page).await?.is(200)?;
    assert_eq!(receipt.number("/total_cents")?, 2_749);
    Ok(())
}

#[tokio::test]
async fn with_a_window_the_release_waits_for_the_customer_or_the_time() -> Result<(), Deviation> {
    let server = Server::start(Options::virtual_clock(&[
        "policy.dispute_window_ms=3600000",
        "policy.platform_fee_cents=100",
    ]));
    let scene = server.scene().await;
    let operator = operator(&scene);
    let delivered = async || {
        let errand = Errand::at(&scene.client, "on-the-way").await?;
        let waiting = errand.deliver().await?.is(200)?;
        assert_eq!(waiting.text("/status")?, "delivered");
        errand.until_collection("collected").await?;
        errand.money().await?.is(2_749, 2_749, 0, 0)?;
        Ok(errand)
    };
    let confirmed = delivered().await?;
    confirmed
        .customer
        .confirm(&confirmed.order)
        .await?
        .is(200)?;
    confirmed.money().await?.is(0, 2_749, 2_649, 0)?;
    assert_eq!(operator.balance("revenue").await?, 100);

    let left = delivered().await?;
    left.customer
        .cancel(&left.order, 10_000)
        .await?
        .refuses(409, "not_in_this_stage")?;
    scene.pass(HOUR_MS + SECOND_MS).await?;
    left.until_status("completed").await?;
    left.money().await?.is(0, 2_749, 2_649, 0)?;
    assert_eq!(operator.balance("revenue").await?, 200);
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn a_release_that_fails_is_tried_again_and_undoes_no_delivery() -> Result<(), Deviation> {
    let server = Server::start(Options::virtual_clock(&[
        "policy.retry_tries=3",
        "policy.retry_first_ms=60000",
        "runtime.drill_refused_releases=4",
    ]));
    let scene = server.scene().await;
    let errand = Errand::at(&scene.client, "on-the-way").await?;
    let waits = errand.deliver().await?.is(200)?;
    assert_eq!(waits.text("/status")?, "delivered");
    assert_eq!(waits.text("/delivery/proof")?, "pin");
    for person in [&errand.runner, operator(&scene)] {
        person.notice("payment_delayed", &errand.order).await?;
    }
    errand.until_collection("collected").await?;
    let path = format!("/api/orders/{}", errand.order);
    for (failures, rest_ms) in [(2, 70 * SECOND_MS), (3, 140 * SECOND_MS)] {
        scene.pass(rest_ms).await?;
        let refused = |order: &Body| order.number("/release_failures") == Ok(failures);
        let seen = operator(&scene)
            .until_raw(&path, "refused again", refused)
            .await?;
        assert_eq!(seen.text("/status")?, "delivered");
        errand.money().await?.is(2_749, 2_749, 0, 0)?;
    }
    operator(&scene)
        .notice("step_stalled", &errand.order)
        .await?;
    let stalled = operator(&scene)
        .get("/api/admin/sagas?state=stalled")
        .await?;
    assert_eq!(stalled.is(200)?.text("/items/0/order_id")?, errand.order);

    errand.customer.confirm(&errand.order).await?.is(200)?;
    let seen = errand.seen().await?;
    assert_eq!(seen.status, Status::Delivered, "the drill goes on");
    scene.pass(11 * MINUTE_MS).await?;
    errand.until_status("completed").await?;
    errand.money().await?.is(0, 2_749, 2_749, 0)?;
    let released = transfers(&scene, &errand.order).await?;
    let released = released.iter().filter(|line| line.starts_with("escrow→"));
    assert_eq!(released.count(), 1, "paid once");
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn a_refund_that_the_card_refuses_stays_in_the_customers_wallet() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_refund_fails").await?;
    errand.carry_to("collected").await?;
    errand.until_collection("collected").await?;
    let overdue = |order: &Body| order.says("/status", "cancelled");
    let operator = operator(&scene);
    let path = format!("/api/orders/{}", errand.order);
    for day in 1..=14 {
        scene.pass(DAY_MS + SECOND_MS).await?;
        operator
            .until_raw(&path, "another day", |order| {
                overdue(order) || order.number("/overdue_days") == Ok(day)
            })
            .await?;
    }
    let ended = errand.until_status("cancelled").await?;
    assert_eq!(ended.cancel_reason, Some(CancelReason::RunnerAbandoned));
    errand
        .customer
        .notice("refund_kept_in_wallet", &errand.order)
        .await?;
    assert_eq!(errand.customer.wallet().await?.available_cents, 2_749);
    errand.money().await?.is(0, 2_749, 0, 0)?;
    proven(&scene).await;
    Ok(())
}
