//! The operators' desk over HTTP: hold and unhold, settling at every stage, giving up and
//! giving back.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::Deviation;
use campusg_domain::order::{CancelReason, Status};
use campusg_domain::time::{MINUTE_MS, SECOND_MS};
use campusg_robots::walkthrough::{Errand, Scene};
use common::{
    desk::{CHARGE, SHARE, UNKNOWN, act, options, quiet, settle},
    operator, proven,
    turn::shared,
};
use serde_json::json;

#[tokio::test]
async fn a_hold_is_no_customers_to_end() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let held = act(&scene, &errand.order, "hold", "the store called")
        .await?
        .is(200)?;
    assert_eq!(held.0["operator_hold"], json!(true));
    let told = errand
        .customer
        .cancel(&errand.order, 0)
        .await?
        .refuses(409, "on_hold")?;
    assert_eq!(told.0["allowed_transitions"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_hold_lets_the_runner_go_on_and_keeps_the_money() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    act(&scene, &errand.order, "hold", "a look")
        .await?
        .is(200)?;
    let version = errand.seen().await?.version;
    act(&scene, &errand.order, "hold", "another look")
        .await?
        .is(200)?;
    assert_eq!(errand.seen().await?.version, version, "it is held already");
    errand.carry_to("on-the-way").await?;
    let delivered = errand.deliver().await?.is(200)?;
    assert_eq!(delivered.text("/status")?, "delivered");
    errand.until_collection("collected").await?;
    errand.money().await?.is(CHARGE, CHARGE, 0, 0)?;
    for confirms in [&errand.customer, operator(&scene)] {
        confirms
            .confirm(&errand.order)
            .await?
            .refuses(409, "on_hold")?;
    }
    let done = act(&scene, &errand.order, "unhold", "all is well")
        .await?
        .is(200)?;
    assert_eq!(done.text("/status")?, "completed");
    errand.money().await?.is(0, CHARGE, SHARE, 0)?;
    let told = act(&scene, &errand.order, "hold", "too late")
        .await?
        .refuses(409, "not_in_this_stage")?;
    assert_eq!(told.text("/order_status")?, "completed");
    assert_eq!(told.0["allowed_transitions"], json!(["dispute", "refund"]));
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn before_purchased_an_operator_settles_with_what_the_runner_gets() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    for (status, to_runner) in [
        ("pending", 0),
        ("accepted", 0),
        ("accepted", 399),
        ("on-site", 250),
    ] {
        let errand = Errand::available(&scene.client, "tok_visa").await?;
        if status != "pending" {
            errand.carry_to(status).await?;
        }
        for wrong in [400, 49] {
            let told = settle(&scene, &errand.order, json!({"to_runner_cents": wrong})).await?;
            assert_eq!(
                told.refuses(422, "invalid_field")?.text("/field")?,
                "to_runner_cents"
            );
        }
        let divide = json!({"refund_cents": 0, "at_fault": "store"});
        let told = settle(&scene, &errand.order, divide)
            .await?
            .refuses(422, "invalid_field")?;
        assert_eq!(
            told.text("/field")?,
            "to_runner_cents",
            "nothing is bought yet"
        );
        let how = json!({"to_runner_cents": to_runner});
        let begun = if status == "on-site" { 202 } else { 200 };
        settle(&scene, &errand.order, how).await?.is(begun)?;
        if status == "on-site" {
            assert_eq!(
                errand.seen().await?.status,
                Status::OnSite,
                "the runner may be at the till"
            );
            errand
                .runner
                .notice("cancel_waiting", &errand.order)
                .await?;
            scene.pass(2 * MINUTE_MS + SECOND_MS).await?;
        }
        let ended = errand.until_status("cancelled").await?;
        assert_eq!(ended.cancel_reason, Some(CancelReason::Operator));
        assert_eq!(ended.cancelled_by.as_deref(), Some("operator"));
        errand.money().await?.is(0, to_runner, to_runner, 0)?;
    }
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn from_purchased_on_an_operator_divides_the_charge() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ends = [
        (0, "platform", SHARE, 0),
        (1_000, "runner", SHARE - 1_000, 0),
        (1_000, "store", SHARE, 1_000),
        (CHARGE, "runner", 0, 0),
    ];
    for status in ["purchased", "collected", "on-the-way", "delivered"] {
        for (refund, at_fault, runner, lost) in ends {
            let before = operator(&scene).balance("goodwill").await?;
            let errand = Errand::at(&scene.client, "purchased").await?;
            go_to(&scene, &errand, status).await?;
            let told = settle(&scene, &errand.order, json!({"to_runner_cents": 0})).await?;
            assert_eq!(
                told.refuses(422, "invalid_field")?.text("/field")?,
                "refund_cents"
            );
            let how = json!({"refund_cents": refund, "at_fault": at_fault});
            let ended = settle(&scene, &errand.order, how).await?.is(200)?;
            let completed = status == "delivered" && runner > 0;
            assert_eq!(
                ended.text("/status")?,
                if completed { "completed" } else { "cancelled" }
            );
            errand.money().await?.is(0, CHARGE, runner, 0)?;
            assert_eq!(errand.money().await?.refunded, refund);
            assert_eq!(before - operator(&scene).balance("goodwill").await?, lost);
            let told = settle(
                &scene,
                &errand.order,
                json!({"refund_cents": 0, "at_fault": "store"}),
            )
            .await?;
            told.refuses(409, "not_in_this_stage")?;
        }
    }
    proven(&scene).await;
    Ok(())
}

/// From `purchased` on; `delivered` under a hold, since no window keeps it there.
async fn go_to(scene: &Scene, errand: &Errand, status: &str) -> Result<(), Deviation> {
    errand.until_collection("collected").await?;
    if status != "delivered" {
        return errand.carry_to(status).await.map(drop);
    }
    act(scene, &errand.order, "hold", "to look at it")
        .await?
        .is(200)?;
    errand.carry_to("on-the-way").await?;
    errand.deliver().await?.is(200).map(drop)
}

#[tokio::test]
async fn the_short_forms_of_settling_give_everything_to_one_side() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let boss = operator(&scene);
    let short = async |order: &str, form: &str| {
        let path = format!("/api/escrow/{order}/{form}");
        boss.post(&path, &json!({"reason": format!("a {form}")}))
            .await
    };
    for status in ["accepted", "purchased"] {
        for (form, runner, refunded) in [("release", SHARE, 0), ("refund", 0, CHARGE)] {
            let errand = Errand::at(&scene.client, status).await?;
            if status == "accepted" && form == "release" {
                let told = short(&errand.order, form)
                    .await?
                    .refuses(409, "not_in_this_stage")?;
                assert_eq!(
                    told.0["allowed_transitions"],
                    json!(["hold", "reassign", "settle"])
                );
                continue;
            }
            short(&errand.order, form).await?.is(200)?;
            let ended = errand.seen().await?;
            assert_eq!(
                (ended.status, ended.cancel_reason),
                (Status::Cancelled, Some(CancelReason::Operator))
            );
            if status == "accepted" {
                errand.money().await?.is(0, 0, 0, 0)?;
            } else {
                let money = errand.money().await?;
                money.is(0, CHARGE, runner, 0)?;
                assert_eq!(money.refunded, refunded);
            }
            errand
                .customer
                .post(
                    &format!("/api/escrow/{}/{form}", errand.order),
                    &json!({"reason": "me"}),
                )
                .await?
                .refuses(403, "not_allowed")?;
        }
    }
    short(UNKNOWN, "refund").await?.refuses(404, "not_found")?;
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn a_runner_is_given_up_only_with_the_food() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "on-site").await?;
    let told = act(&scene, &errand.order, "abandon", "gone")
        .await?
        .refuses(409, "not_in_this_stage")?;
    assert_eq!(told.0["allowed_transitions"], json!(["hold", "settle"]));
    for status in ["purchased", "collected", "on-the-way"] {
        errand.carry_to(status).await?;
        let other = Errand::at(&scene.client, status).await?;
        let ended = act(&scene, &other.order, "abandon", "gone")
            .await?
            .is(200)?;
        assert_eq!(ended.text("/cancel_reason")?, "runner_abandoned");
        other.money().await?.is(0, CHARGE, 0, 0)?;
        assert_eq!(other.money().await?.refunded, CHARGE);
        let version = quiet(&scene, &other.order).await?;
        act(&scene, &other.order, "abandon", "gone")
            .await?
            .is(200)?;
        assert_eq!(other.seen().await?.version, version, "it is so already");
    }
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn after_the_end_an_operator_gives_back_what_was_charged_and_no_more() -> Result<(), Deviation>
{
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let boss = operator(&scene);
    let before = boss.balance("goodwill").await?;
    let errand = Errand::at(&scene.client, "on-the-way").await?;
    let refund = async |cents: i64| {
        let path = format!("/api/orders/{}/refunds", errand.order);
        boss.post(
            &path,
            &json!({"amount_cents": cents, "reason": "a kind word"}),
        )
        .await
    };
    let told = refund(1).await?.refuses(409, "not_in_this_stage")?;
    assert_eq!(
        told.0["allowed_transitions"],
        json!(["abandon", "hold", "settle"])
    );
    errand.carry_to("completed").await?;
    for wrong in [0, CHARGE + 1] {
        let told = refund(wrong).await?.refuses(422, "invalid_field")?;
        assert_eq!(told.text("/field")?, "amount_cents");
    }
    refund(700).await?.is(200)?;
    refund(CHARGE - 700).await?.is(200)?;
    refund(1).await?.refuses(409, "not_in_this_stage")?;
    errand.customer.notice("goodwill", &errand.order).await?;
    errand.money().await?.is(0, CHARGE, SHARE, 0)?;
    assert_eq!(errand.money().await?.refunded, CHARGE);
    assert_eq!(before - boss.balance("goodwill").await?, CHARGE);
    let payment = errand
        .customer
        .get(&format!("/api/payments/{}", errand.order))
        .await?
        .is(200)?;
    assert_eq!(payment.text("/status")?, "refunded");
    proven(&scene).await;
    Ok(())
}
