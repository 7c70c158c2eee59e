//! The audit log over HTTP: every act of an operator with its reason, nothing else, and no reason in the clear on disk.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{Body, Deviation};
use campusg_robots::walkthrough::Errand;
use common::{
    Options, Server,
    desk::{act, audit, settle},
    operator,
    turn::shared,
};
use serde_json::json;

fn options() -> Options {
    Options::virtual_clock(&[])
}

fn named(acts: &[Body]) -> Vec<(String, Option<String>)> {
    let text = |act: &Body, pointer: &str| act.text(pointer).ok().map(str::to_owned);
    acts.iter()
        .map(|act| (text(act, "/action").unwrap(), text(act, "/reason")))
        .collect()
}

#[tokio::test]
async fn the_audit_log_tells_every_act_with_its_reason_and_nothing_else() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let boss = operator(&scene);
    let before = audit(&scene, 100).await?.len();
    let errand = Errand::at(&scene.client, "accepted").await?;
    let order = errand.order.clone();
    act(&scene, &order, "hold", "one").await?.is(200)?;
    act(&scene, &order, "unhold", "two").await?.is(200)?;
    act(&scene, &order, "reassign", "three").await?.is(200)?;
    errand.carry_to("completed").await?;
    let refund = json!({"amount_cents": 10, "reason": "four"});
    boss.post(&format!("/api/orders/{order}/refunds"), &refund)
        .await?
        .is(200)?;
    let claim = json!({"reason": "five", "claim_cents": 100});
    boss.post(&format!("/api/orders/{order}/disputes"), &claim)
        .await?
        .is(200)?;
    let judge = json!({"refund_cents": 100, "at_fault": "runner", "reason": "six"});
    boss.post(&format!("/api/orders/{order}/disputes/1/resolve"), &judge)
        .await?
        .is(200)?;
    for (what, why) in [("suspend", "seven"), ("reinstate", "eight")] {
        let path = format!("/api/admin/users/{}/{what}", errand.runner.id);
        boss.post(&path, &json!({"reason": why})).await?.is(200)?;
    }
    let other = Errand::at(&scene.client, "purchased").await?;
    act(&scene, &other.order, "abandon", "nine")
        .await?
        .is(200)?;
    let third = Errand::available(&scene.client, "tok_visa").await?;
    settle(&scene, &third.order, json!({"to_runner_cents": 0}))
        .await?
        .is(200)?;
    let notice = json!({"user_id": errand.customer.id, "title": "Hello", "message": "there"});
    boss.post("/api/notifications/send", &notice)
        .await?
        .is(201)?;
    let made = boss
        .post("/api/stores", &json!({"name": "Deli", "place": "Hall 1"}))
        .await?;
    made.is(201)?;

    let acts = audit(&scene, 5).await?;
    let fresh = &acts[..acts.len() - before];
    let why = |reason: &str| Some(reason.to_owned());
    let expected: Vec<(String, Option<String>)> = [
        ("create_store", None),
        ("send_notice", None),
        ("settle", why("it has to end")),
        ("abandon", why("nine")),
        ("reinstate", why("eight")),
        ("suspend", why("seven")),
        ("resolve", why("six")),
        ("dispute", why("five")),
        ("refund", why("four")),
        ("reassign", why("three")),
        ("unhold", why("two")),
        ("hold", why("one")),
    ]
    .map(|(name, reason)| (name.to_owned(), reason))
    .into();
    assert_eq!(named(fresh), expected);
    assert!(fresh.iter().all(|act| act.says("/operator_id", &boss.id)));
    let hold = fresh.last().unwrap();
    assert_eq!(
        (hold.text("/target/type")?, hold.text("/target/id")?),
        ("order", order.as_str())
    );
    assert_eq!(
        hold.0["details"]["events"],
        json!([{"type": "held", "data": {}}])
    );
    let suspended = &fresh[5];
    assert_eq!(
        (
            suspended.text("/target/type")?,
            suspended.text("/target/id")?
        ),
        ("user", errand.runner.id.as_str())
    );
    let seqs: Vec<i64> = acts.iter().map(|act| act.number("/seq").unwrap()).collect();
    assert!(seqs.is_sorted_by(|newer, older| newer > older));
    errand
        .customer
        .get("/api/admin/audit")
        .await?
        .refuses(403, "not_allowed")?;
    boss.get("/api/admin/audit?limit=0")
        .await?
        .refuses(400, "invalid_query")?;
    boss.get("/api/admin/audit?cursor=x")
        .await?
        .refuses(400, "invalid_cursor")?;
    Ok(())
}

#[tokio::test]
async fn reasons_are_sealed_and_the_audit_log_outlives_a_kill() -> Result<(), Deviation> {
    let mut server = Server::start(options());
    let scene = server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    act(&scene, &errand.order, "hold", "canary-of-the-desk")
        .await?
        .is(200)?;
    server.kill();
    server.start_again();
    let scene = server.scene().await;
    let acts = audit(&scene, 100).await?;
    assert_eq!(
        named(&acts),
        [("hold".to_owned(), Some("canary-of-the-desk".to_owned()))]
    );
    server.stop();
    let said = server.verify();
    assert!(said.lines().last().unwrap().starts_with("head "), "{said}");
    assert!(
        !contains(&server.data(), "canary-of-the-desk"),
        "on disk only sealed"
    );
    assert!(
        !server.log().contains("canary-of-the-desk"),
        "nor in the log"
    );
    Ok(())
}

#[tokio::test]
async fn v11_the_payload_of_a_scheduled_event_is_sealed_on_disk_and_read_after_a_restart()
-> Result<(), Deviation> {
    let mut server = Server::start(options());
    let scene = server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let payload = json!({"note": "canary-of-the-timer", "exact": [1.50, "ü"]});
    let event = json!({
        "event_type": "ORDER_TIMEOUT", "entity_id": errand.order,
        "scheduled_time": "2099-01-01T00:00:00Z", "payload": payload,
    });
    let boss = operator(&scene);
    let made = boss.post("/api/scheduled-events", &event).await?.is(201)?;
    assert_eq!(made.0["payload"], payload);
    for _ in 0..2 {
        server.stop();
        server.verify();
        assert!(
            !contains(&server.data(), "canary-of-the-timer"),
            "on disk only sealed"
        );
        server.start_again();
        let scene = server.scene().await;
        let listed = operator(&scene).get("/api/scheduled-events").await?;
        assert_eq!(listed.is(200)?.0["items"][0]["payload"], payload);
    }
    let scene = server.scene().await;
    let path = format!("/api/scheduled-events/{}/cancel", made.text("/id")?);
    let boss = operator(&scene);
    boss.post(&path, &json!({})).await?.is(204)?;
    boss.post(&path, &json!({}))
        .await?
        .refuses(409, "not_cancellable")?;
    assert!(!server.log().contains("canary-of-the-timer"));
    Ok(())
}

/// Whether any file of a folder has these words.
fn contains(folder: &std::path::Path, wanted: &str) -> bool {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.into_iter().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return contains(&path, wanted);
        }
        let bytes = std::fs::read(path).unwrap();
        String::from_utf8_lossy(&bytes).contains(wanted)
    })
}
