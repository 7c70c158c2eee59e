//! The accept-order saga over HTTP: verify available → bind runner → accepted → stop the timer → tell the customer,
//! taken back where the runner cancels; a loser's failure never touches the winner.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg::walkthrough::{Ask, Body, Errand, Person, Scene, Wish};
use campusg_domain::time::{MINUTE_MS, SECOND_MS};
use common::{Options, proven, turn::shared};
use serde_json::json;

fn options() -> Options {
    Options::virtual_clock(&[])
}

/// The order as operators see it.
async fn inside(scene: &Scene, order: &str) -> Body {
    scene.operator.as_ref().unwrap().order(order).await.unwrap()
}

#[tokio::test]
async fn success_binds_the_runner_and_stops_the_timer() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await.unwrap();
    let accepted = errand.runner.accept(&errand.order).await.unwrap();
    assert_eq!(accepted.header("etag").map(|tag| tag.trim_matches('"').to_owned()), Some(accepted.body.0["version"].to_string()));
    let accepted = accepted.is(200).unwrap();
    assert_eq!(accepted.text("/status").unwrap(), "accepted");
    assert_eq!(accepted.text("/view").unwrap(), "runner");
    assert_eq!(errand.timer("ORDER_TIMEOUT").await.unwrap().text("/status").unwrap(), "CANCELLED");
    assert_eq!(errand.timer("RUNNER_IDLE").await.unwrap().text("/status").unwrap(), "PENDING");
    let seen = errand.seen().await.unwrap();
    assert_eq!(seen.text("/runner/id").unwrap(), errand.runner.id);
    assert_eq!(errand.customer.pin(&errand.order).await.unwrap().len(), 4);
    errand.customer.notice("order_accepted", &errand.order).await.unwrap();
    let inside = inside(&scene, &errand.order).await;
    let saga = inside.list("/saga").unwrap();
    let done = |step: &str| saga.iter().any(|entry| entry.says("/step", step) && entry.says("/saga", "accept-order") && entry.says("/state", "done"));
    for step in ["verify-available", "bind-runner", "mark-accepted", "stop-timer", "notify-customer"] {
        assert!(done(step), "{step}: {saga:?}");
    }
    let board = errand.runner.finds(&errand.order).await.unwrap();
    assert!(board.is_none(), "{board:?}");
}

#[tokio::test]
async fn two_runners_race_and_the_loser_touches_nothing() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await.unwrap();
    let rival = Person::runner(&scene.client, "Cem").await.unwrap();
    let (a, b) = tokio::join!(errand.runner.accept(&errand.order), rival.accept(&errand.order));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a.status.min(b.status), 200, "{} {}", a.summary(), b.summary());
    let (winner, loser, lost) = if a.status == 200 { (&errand.runner, &rival, b) } else { (&rival, &errand.runner, a) };
    let told = lost.refuses(409, "taken_by_another_runner").unwrap();
    assert_eq!(told.list("/allowed_transitions").unwrap().len(), 0, "nothing for a stranger");
    assert!(!told.has("/order_status"), "where it stands is not the loser's to know");

    let before = inside(&scene, &errand.order).await;
    loser.give_back(&errand.order).await.unwrap().refuses(404, "not_found").unwrap();
    loser.report(&errand.order, "on-site").await.unwrap().refuses(404, "not_found").unwrap();
    loser.accept(&errand.order).await.unwrap().refuses(409, "taken_by_another_runner").unwrap();
    loser.get(&format!("/api/orders/{}", errand.order)).await.unwrap().refuses(404, "not_found").unwrap();
    let after = inside(&scene, &errand.order).await;
    assert_eq!(before.0["version"], after.0["version"], "nothing was written");
    assert_eq!(after.text("/runner/id").unwrap(), winner.id);

    winner.give_back(&errand.order).await.unwrap().is(200).unwrap();
    loser.accept(&errand.order).await.unwrap().is(200).unwrap();
    // Two slots each: the lost race took none, and giving back freed one.
    for (runner, slots) in [(winner, 2), (loser, 1)] {
        for left in (0..=slots).rev() {
            let other = Person::customer(&scene.client, "Eve", "tok_visa").await.unwrap();
            let (order, _) = other.place_available(&Wish::lunch()).await.unwrap();
            let reply = runner.accept(&order).await.unwrap();
            assert_eq!(reply.code(), if left == 0 { "too_many_runs" } else { "" }, "{}", reply.summary());
        }
    }
}

#[tokio::test]
async fn own_order_is_not_run() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let both = Person::customer(&scene.client, "Ann", "tok_visa").await.unwrap();
    both.put("/api/users/me/runner", &json!({"active": true, "online": true})).await.unwrap().is(200).unwrap();
    let (order, _) = both.place_available(&Wish::lunch()).await.unwrap();
    both.accept(&order).await.unwrap().refuses(403, "own_order").unwrap();
    assert_eq!(inside(&scene, &order).await.text("/placement").unwrap(), "available");
}

#[tokio::test]
async fn only_active_runners_who_are_not_suspended_accept() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await.unwrap();
    let nobody = Ask::post(format!("/api/orders/{}/accept", errand.order), &json!({})).with_key("k");
    scene.client.send(&nobody).await.unwrap().refuses(401, "not_signed_in").unwrap();
    let bystander = Person::register(&scene.client, "Cem").await.unwrap();
    bystander.accept(&errand.order).await.unwrap().refuses(403, "not_a_runner").unwrap();
    errand.runner.put("/api/users/me/runner", &json!({"active": false, "online": false})).await.unwrap().is(200).unwrap();
    errand.runner.accept(&errand.order).await.unwrap().refuses(403, "not_a_runner").unwrap();
    errand.runner.put("/api/users/me/runner", &json!({"active": true, "online": true})).await.unwrap().is(200).unwrap();
    let path = format!("/api/admin/users/{}/suspend", errand.runner.id);
    let reason = json!({"reason": "several complaints"});
    scene.operator.as_ref().unwrap().post(&path, &reason).await.unwrap().is(200).unwrap();
    errand.runner.accept(&errand.order).await.unwrap().refuses(403, "suspended").unwrap();
    assert_eq!(inside(&scene, &errand.order).await.text("/placement").unwrap(), "available");
}

#[tokio::test]
async fn runner_cancels_and_everything_is_as_before_the_acceptance() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await.unwrap();
    errand.runner.give_back(&errand.order).await.unwrap().is(200).unwrap();
    let inside = inside(&scene, &errand.order).await;
    assert_eq!(inside.text("/placement").unwrap(), "available");
    assert_eq!(inside.number("/runner_epoch").unwrap(), 2, "one up for the bond, one for its end");
    let saga = inside.list("/saga").unwrap();
    let of_accept: Vec<_> = saga.iter().filter(|step| step.says("/saga", "accept-order")).collect();
    assert!(!of_accept.is_empty() && of_accept.iter().all(|step| !step.says("/state", "started")), "{of_accept:?}");
    assert!(of_accept.iter().any(|step| step.says("/step", "bind-runner") && step.says("/state", "undone")), "{of_accept:?}");
    let timer = errand.timer("ORDER_TIMEOUT").await.unwrap();
    assert_eq!((timer.text("/status").unwrap(), timer.number("/generation").unwrap()), ("PENDING", 2));
    assert_eq!(errand.timer("RUNNER_IDLE").await.unwrap().text("/status").unwrap(), "CANCELLED");
    assert_eq!(errand.runner.profile().await.unwrap().number("/runner_cancellations").unwrap(), 1);
    errand.customer.notice("runner_cancelled", &errand.order).await.unwrap();
    errand.customer.get(&format!("/api/orders/{}/delivery-pin", errand.order)).await.unwrap().refuses(409, "not_in_this_stage").unwrap();
    errand.runner.give_back(&errand.order).await.unwrap().is(200).unwrap();
    let again = errand.timer("ORDER_TIMEOUT").await.unwrap();
    assert_eq!(again, timer, "already so: nothing is done twice");
    let board = errand.runner.finds(&errand.order).await.unwrap();
    assert!(board.is_some());
    proven(&scene).await;
}

#[tokio::test]
async fn accept_give_back_accept_leaves_no_old_timer_behind() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await.unwrap();
    scene.pass(10 * MINUTE_MS).await.unwrap();
    errand.runner.give_back(&errand.order).await.unwrap().is(200).unwrap();
    errand.runner.accept(&errand.order).await.unwrap().is(200).unwrap();
    assert_eq!(inside(&scene, &errand.order).await.number("/runner_epoch").unwrap(), 3);
    scene.pass(21 * MINUTE_MS).await.unwrap();
    errand.runner.notice("runner_reminder", &errand.order).await.unwrap();
    let seen = errand.seen().await.unwrap();
    assert_eq!(seen.text("/status").unwrap(), "accepted", "the first acceptance would be over by now, and so would the first time-out");
    scene.pass(15 * MINUTE_MS + SECOND_MS).await.unwrap();
    errand.until("available", |order| order.says("/placement", "available")).await.unwrap();
}

#[tokio::test]
async fn limit_of_runs_holds_and_a_finished_run_counts_no_more() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let first = Errand::at(&scene.client, "accepted").await.unwrap();
    let runner = &first.runner;
    let customer = Person::customer(&scene.client, "Eve", "tok_visa").await.unwrap();
    let (second, _) = customer.place_available(&Wish::lunch()).await.unwrap();
    let (third, _) = customer.place_available(&Wish::lunch()).await.unwrap();
    runner.accept(&second).await.unwrap().is(200).unwrap();
    let refused = runner.accept(&third).await.unwrap().refuses(409, "too_many_runs").unwrap();
    assert_eq!(refused.number("/limit").unwrap(), 2);
    first.carry_to("completed").await.unwrap();
    runner.accept(&third).await.unwrap().is(200).unwrap();
    assert_eq!(runner.profile().await.unwrap().number("/runs").unwrap(), 1, "runs brought to their end");
    runner.give_back(&second).await.unwrap().is(200).unwrap();
    let (fourth, _) = customer.place_available(&Wish::lunch()).await.unwrap();
    runner.accept(&fourth).await.unwrap().is(200).unwrap();
    runner.accept(&second).await.unwrap().refuses(409, "too_many_runs").unwrap();
}

#[tokio::test]
async fn an_order_that_is_not_available_is_not_accepted() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let runner = Person::runner(&scene.client, "Cem").await.unwrap();
    let silent = Person::customer(&scene.client, "Ann", "tok_down").await.unwrap();
    let pending = silent.place(&Wish::lunch()).await.unwrap().is(201).unwrap();
    let pending = pending.text("/id").unwrap();
    runner.accept(pending).await.unwrap().refuses(409, "not_in_this_stage").unwrap();
    runner.get(&format!("/api/orders/{pending}")).await.unwrap().refuses(404, "not_found").unwrap();
    silent.cancel(pending, 0).await.unwrap().is(200).unwrap();
    runner.accept(pending).await.unwrap().refuses(409, "not_in_this_stage").unwrap();
    for status in ["on-site", "purchased", "collected", "on-the-way"] {
        let errand = Errand::at(&scene.client, status).await.unwrap();
        runner.accept(&errand.order).await.unwrap().refuses(409, "taken_by_another_runner").unwrap();
    }
    let done = Errand::at(&scene.client, "completed").await.unwrap();
    runner.accept(&done.order).await.unwrap().refuses(409, "not_in_this_stage").unwrap();
    runner.accept("00000000-0000-7000-8000-000000000000").await.unwrap().refuses(404, "not_found").unwrap();
    runner.accept("soup").await.unwrap().refuses(404, "not_found").unwrap();
}

#[tokio::test]
async fn repeated_with_the_same_key_it_is_answered_as_the_first_time() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await.unwrap();
    let path = format!("/api/orders/{}/accept", errand.order);
    let without = Ask::post(&path, &json!({}));
    errand.runner.send(without.clone()).await.unwrap().refuses(400, "idempotency_key_required").unwrap();
    let ask = without.with_key("mine");
    let first = errand.runner.send(ask.clone()).await.unwrap();
    assert_eq!((first.status, first.header("idempotency-replayed")), (200, None));
    errand.carry_to("collected").await.unwrap();
    let again = errand.runner.send(ask.clone()).await.unwrap();
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, Some("true")));
    assert_eq!(again.body, first.body, "the order as of then");
    assert_eq!(again.header("etag"), first.header("etag"));

    let before = inside(&scene, &errand.order).await;
    let body = Ask::post(&path, &json!({"by": "bike"})).with_key("mine");
    errand.runner.send(body).await.unwrap().refuses(400, "unknown_field").unwrap();
    let rival = Person::runner(&scene.client, "Cem").await.unwrap();
    rival.send(ask).await.unwrap().refuses(409, "taken_by_another_runner").unwrap();
    assert_eq!(before.0["version"], inside(&scene, &errand.order).await.0["version"]);
}

#[tokio::test]
async fn after_the_time_out_it_is_too_late() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await.unwrap();
    scene.pass(30 * MINUTE_MS).await.unwrap();
    let reply = errand.runner.accept(&errand.order).await.unwrap();
    assert_eq!(reply.status, 409, "{}", reply.summary());
    assert!(["too_late", "not_in_this_stage"].contains(&reply.code()), "{}", reply.summary());
    let ended = errand.until_status("cancelled").await.unwrap();
    assert_eq!(ended.text("/cancel_reason").unwrap(), "no_runner_timeout");
    proven(&scene).await;
}
