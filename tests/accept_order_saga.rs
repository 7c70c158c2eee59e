//! The accept-order saga over HTTP: verify available → bind runner → accepted → stop the timer → tell the customer,
//! taken back where the runner cancels; a loser's failure never touches the winner.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::answer::Order;
use campusg_client::request::Progress;
use campusg_client::{ApiRequest, Body, Deviation, Person, Wish};
use campusg_domain::order::{CancelReason, Status};
use campusg_domain::time::{MINUTE_MS, SECOND_MS};
use campusg_robots::walkthrough::{Errand, Scene};
use common::raw::AsWritten as _;
use common::{Options, operator, proven, turn::shared};
use serde_json::json;

fn options() -> Options {
    Options::virtual_clock(&[])
}

/// The order as operators see it.
async fn inside(scene: &Scene, order: &str) -> Body {
    operator(scene).order_raw(order).await.unwrap()
}

#[tokio::test]
async fn success_binds_the_runner_and_stops_the_timer() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let accepted = errand.runner.accept(&errand.order).await?;
    assert_eq!(
        accepted
            .header("etag")
            .and_then(|tag| tag.trim_matches('"').split('-').next()),
        Some(accepted.body.0["version"].to_string().as_str())
    );
    let accepted = accepted.is(200)?;
    assert_eq!(accepted.text("/status")?, "accepted");
    assert_eq!(accepted.text("/view")?, "runner");
    assert_eq!(errand.timer("ORDER_TIMEOUT").await?.status, "CANCELLED");
    assert_eq!(errand.timer("RUNNER_IDLE").await?.status, "PENDING");
    let bound = errand.seen().await?.runner.map(|runner| runner.id);
    assert_eq!(bound.as_ref(), Some(&errand.runner.id));
    assert_eq!(errand.customer.pin(&errand.order).await?.len(), 4);
    errand
        .customer
        .notice("order_accepted", &errand.order)
        .await?;
    let inside = inside(&scene, &errand.order).await;
    let saga = inside.list("/saga")?;
    let done = |step: &str| {
        saga.iter().any(|entry| {
            entry.says("/step", step)
                && entry.says("/saga", "accept-order")
                && entry.says("/state", "done")
        })
    };
    for step in [
        "verify-available",
        "bind-runner",
        "mark-accepted",
        "stop-timer",
        "notify-customer",
    ] {
        assert!(done(step), "{step}: {saga:?}");
    }
    let board = errand.runner.finds(&errand.order).await?;
    assert!(board.is_none(), "{board:?}");
    Ok(())
}

#[tokio::test]
async fn two_runners_race_and_the_loser_touches_nothing() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let rival = Person::runner(&scene.client, "Cem").await?;
    let (a, b) = tokio::join!(
        errand.runner.accept(&errand.order),
        rival.accept(&errand.order)
    );
    let (a, b) = (a?, b?);
    assert_eq!(
        a.status.min(b.status),
        200,
        "{} {}",
        a.summary(),
        b.summary()
    );
    let (winner, loser, lost) = if a.status == 200 {
        (&errand.runner, &rival, b)
    } else {
        (&rival, &errand.runner, a)
    };
    let told = lost.refuses(409, "taken_by_another_runner")?;
    assert_eq!(
        told.list("/allowed_transitions")?.len(),
        0,
        "nothing for a stranger"
    );
    assert!(
        !told.has("/order_status"),
        "where it stands is not the loser's to know"
    );

    let before = inside(&scene, &errand.order).await;
    loser
        .give_back(&errand.order)
        .await?
        .refuses(404, "not_found")?;
    loser
        .report(&errand.order, &Progress::OnSite)
        .await?
        .refuses(404, "not_found")?;
    loser
        .accept(&errand.order)
        .await?
        .refuses(409, "taken_by_another_runner")?;
    loser
        .get(&format!("/api/orders/{}", errand.order))
        .await?
        .refuses(404, "not_found")?;
    let after = inside(&scene, &errand.order).await;
    assert_eq!(
        before.0["version"], after.0["version"],
        "nothing was written"
    );
    assert_eq!(after.text("/runner/id")?, winner.id);

    winner.give_back(&errand.order).await?.is(200)?;
    loser.accept(&errand.order).await?.is(200)?;
    // Two slots each: the lost race took none, and giving back freed one.
    for (runner, slots) in [(winner, 2), (loser, 1)] {
        for left in (0..=slots).rev() {
            let other = Person::customer(&scene.client, "Eve", "tok_visa").await?;
            let (order, _) = other.place_available(&Wish::lunch()).await?;
            let reply = runner.accept(&order).await?;
            assert_eq!(
                reply.code(),
                if left == 0 { "too_many_runs" } else { "" },
                "{}",
                reply.summary()
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn own_order_is_not_run() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let both = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    both.put(
        "/api/users/me/runner",
        &json!({"active": true, "online": true}),
    )
    .await?
    .is(200)?;
    let (order, _) = both.place_available(&Wish::lunch()).await?;
    both.accept(&order).await?.refuses(403, "own_order")?;
    assert_eq!(
        inside(&scene, &order).await.text("/placement")?,
        "available"
    );
    Ok(())
}

#[tokio::test]
async fn only_active_runners_who_are_not_suspended_accept() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let nobody =
        ApiRequest::post(format!("/api/orders/{}/accept", errand.order), &json!({})).with_key("k");
    scene
        .client
        .send(&nobody)
        .await?
        .refuses(401, "not_signed_in")?;
    let bystander = Person::register(&scene.client, "Cem").await?;
    bystander
        .accept(&errand.order)
        .await?
        .refuses(403, "not_a_runner")?;
    errand
        .runner
        .put(
            "/api/users/me/runner",
            &json!({"active": false, "online": false}),
        )
        .await?
        .is(200)?;
    errand
        .runner
        .accept(&errand.order)
        .await?
        .refuses(403, "not_a_runner")?;
    errand
        .runner
        .put(
            "/api/users/me/runner",
            &json!({"active": true, "online": true}),
        )
        .await?
        .is(200)?;
    let path = format!("/api/admin/users/{}/suspend", errand.runner.id);
    let reason = json!({"reason": "several complaints"});
    operator(&scene).post(&path, &reason).await?.is(200)?;
    errand
        .runner
        .accept(&errand.order)
        .await?
        .refuses(403, "suspended")?;
    assert_eq!(
        inside(&scene, &errand.order).await.text("/placement")?,
        "available"
    );
    Ok(())
}

#[tokio::test]
async fn runner_cancels_and_everything_is_as_before_the_acceptance() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    errand.runner.give_back(&errand.order).await?.is(200)?;
    let inside = inside(&scene, &errand.order).await;
    assert_eq!(inside.text("/placement")?, "available");
    assert_eq!(
        inside.number("/runner_epoch")?,
        2,
        "one up for the bond, one for its end"
    );
    let saga = inside.list("/saga")?;
    let of_accept: Vec<_> = saga
        .iter()
        .filter(|step| step.says("/saga", "accept-order"))
        .collect();
    assert!(
        !of_accept.is_empty() && of_accept.iter().all(|step| !step.says("/state", "started")),
        "{of_accept:?}"
    );
    assert!(
        of_accept
            .iter()
            .any(|step| step.says("/step", "bind-runner") && step.says("/state", "undone")),
        "{of_accept:?}"
    );
    let timer = errand.timer("ORDER_TIMEOUT").await?;
    assert_eq!((timer.status.as_str(), timer.generation), ("PENDING", 2));
    assert_eq!(errand.timer("RUNNER_IDLE").await?.status, "CANCELLED");
    assert_eq!(errand.runner.profile().await?.runner_cancellations, 1);
    errand
        .customer
        .notice("runner_cancelled", &errand.order)
        .await?;
    errand
        .customer
        .get(&format!("/api/orders/{}/delivery-pin", errand.order))
        .await?
        .refuses(409, "not_in_this_stage")?;
    errand.runner.give_back(&errand.order).await?.is(200)?;
    let again = errand.timer("ORDER_TIMEOUT").await?;
    assert_eq!(again, timer, "already so: nothing is done twice");
    let board = errand.runner.finds(&errand.order).await?;
    assert!(board.is_some());
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn accept_give_back_accept_leaves_no_old_timer_behind() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    scene.pass(10 * MINUTE_MS).await?;
    errand.runner.give_back(&errand.order).await?.is(200)?;
    errand.runner.accept(&errand.order).await?.is(200)?;
    assert_eq!(
        inside(&scene, &errand.order)
            .await
            .number("/runner_epoch")?,
        3
    );
    scene.pass(21 * MINUTE_MS).await?;
    errand
        .runner
        .notice("runner_reminder", &errand.order)
        .await?;
    assert_eq!(
        errand.seen().await?.status,
        Status::Accepted,
        "the first acceptance would be over by now, and so would the first time-out"
    );
    scene.pass(15 * MINUTE_MS + SECOND_MS).await?;
    errand
        .until("available", |order: &Order| {
            order.placement.as_deref() == Some("available")
        })
        .await
        .unwrap();
    Ok(())
}

#[tokio::test]
async fn limit_of_runs_holds_and_a_finished_run_counts_no_more() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let first = Errand::at(&scene.client, "accepted").await?;
    let runner = &first.runner;
    let customer = Person::customer(&scene.client, "Eve", "tok_visa").await?;
    let (second, _) = customer.place_available(&Wish::lunch()).await?;
    let (third, _) = customer.place_available(&Wish::lunch()).await?;
    runner.accept(&second).await?.is(200)?;
    let refused = runner.accept(&third).await?.refuses(409, "too_many_runs")?;
    assert_eq!(refused.number("/limit")?, 2);
    first.carry_to("completed").await?;
    runner.accept(&third).await?.is(200)?;
    assert_eq!(runner.profile().await?.runs, 1, "runs brought to their end");
    runner.give_back(&second).await?.is(200)?;
    let (fourth, _) = customer.place_available(&Wish::lunch()).await?;
    runner.accept(&fourth).await?.is(200)?;
    runner
        .accept(&second)
        .await?
        .refuses(409, "too_many_runs")?;
    Ok(())
}

#[tokio::test]
async fn an_order_that_is_not_available_is_not_accepted() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let runner = Person::runner(&scene.client, "Cem").await?;
    let silent = Person::customer(&scene.client, "Ann", "tok_down").await?;
    let pending = silent.place(&Wish::lunch()).await?.is(201)?;
    let pending = pending.text("/id")?;
    runner
        .accept(pending)
        .await?
        .refuses(409, "not_in_this_stage")?;
    runner
        .get(&format!("/api/orders/{pending}"))
        .await?
        .refuses(404, "not_found")?;
    silent.cancel(pending, 0).await?.is(200)?;
    runner
        .accept(pending)
        .await?
        .refuses(409, "not_in_this_stage")?;
    for status in ["on-site", "purchased", "collected", "on-the-way"] {
        let errand = Errand::at(&scene.client, status).await?;
        runner
            .accept(&errand.order)
            .await?
            .refuses(409, "taken_by_another_runner")?;
    }
    let done = Errand::at(&scene.client, "completed").await?;
    runner
        .accept(&done.order)
        .await?
        .refuses(409, "not_in_this_stage")?;
    runner
        .accept("00000000-0000-7000-8000-000000000000")
        .await?
        .refuses(404, "not_found")?;
    runner.accept("soup").await?.refuses(404, "not_found")?;
    Ok(())
}

#[tokio::test]
async fn repeated_with_the_same_key_it_is_answered_as_the_first_time() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let path = format!("/api/orders/{}/accept", errand.order);
    let without = ApiRequest::post(&path, &json!({}));
    errand
        .runner
        .send(without.clone())
        .await?
        .refuses(400, "idempotency_key_required")?;
    let version = errand.seen().await?.version;
    let ask = without.with_key("mine").of_version(version);
    let first = errand.runner.send(ask.clone()).await?;
    assert_eq!(
        (first.status, first.header("idempotency-replayed")),
        (200, None)
    );
    errand.carry_to("collected").await?;
    errand.until_collection("collected").await?;
    let again = errand.runner.send(ask.clone()).await?;
    assert_eq!(
        (again.status, again.header("idempotency-replayed")),
        (200, Some("true"))
    );
    assert_eq!(again.body, first.body, "the order as of then");
    assert_eq!(again.header("etag"), first.header("etag"));

    let other = ApiRequest::post(&path, &json!({})).with_key("other");
    let refused = errand.runner.send(other.of_version(version)).await?;
    refused.refuses(412, "version_changed")?;

    let before = inside(&scene, &errand.order).await;
    let body = ApiRequest::post(&path, &json!({"by": "bike"})).with_key("mine");
    errand
        .runner
        .send(body)
        .await?
        .refuses(400, "unknown_field")?;
    let rival = Person::runner(&scene.client, "Cem").await?;
    rival
        .send(ask)
        .await?
        .refuses(409, "taken_by_another_runner")?;
    assert_eq!(
        before.0["version"],
        inside(&scene, &errand.order).await.0["version"]
    );
    Ok(())
}

#[tokio::test]
async fn after_the_time_out_it_is_too_late() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    scene.pass(30 * MINUTE_MS).await?;
    let reply = errand.runner.accept(&errand.order).await?;
    assert_eq!(reply.status, 409, "{}", reply.summary());
    assert!(
        ["too_late", "not_in_this_stage"].contains(&reply.code()),
        "{}",
        reply.summary()
    );
    let ended = errand.until_status("cancelled").await?;
    assert_eq!(ended.cancel_reason, Some(CancelReason::NoRunnerTimeout));
    proven(&scene).await;
    Ok(())
}
