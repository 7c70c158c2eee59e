//! What does not fit where an order stands, over HTTP: at every status, every command of every side that is not among
//! its allowed transitions is refused with 409, and the refusal names exactly those that are.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{Body, Deviation, Person};
use campusg_robots::walkthrough::Errand;
use common::raw::AsWritten as _;
use common::{Options, turn::shared};
use serde_json::{Value, json};

fn options() -> Options {
    Options::virtual_clock(&[])
}

/// A command that a side can give: its name among the transitions, the route under the order, a sound body.
type Act = (&'static str, &'static str, Value);

fn customers() -> Vec<Act> {
    vec![
        ("approve", "proposals/1/approve", json!({})),
        ("drop_item", "proposals/1/drop-item", json!({"items": [0]})),
        (
            "other_store",
            "proposals/1/other-store",
            json!({"store": {"name": "Bakery", "place": "Library"}}),
        ),
        ("reject", "proposals/1/reject", json!({})),
        ("cancel", "cancel", json!({"accept_charge_cents": 10_000})),
        ("confirm", "confirm", json!({})),
        ("no_show_answer", "no-show-answer", json!({})),
        ("message", "messages", json!({"text": "Hello"})),
        ("tip", "tip", json!({"tip_cents": 300})),
        ("rate", "ratings", json!({"stars": 5})),
    ]
}

fn runners(photo: &str) -> Vec<Act> {
    let status = |status: &str| json!({ "status": status });
    let problem = |kind: &str| json!({"kind": kind, "photo_id": photo});
    let receipt = json!({"total_cents": 2_000, "photo_id": photo});
    vec![
        ("on-site", "status", status("on-site")),
        ("collected", "status", status("collected")),
        ("on-the-way", "status", status("on-the-way")),
        (
            "purchased",
            "status",
            json!({"status": "purchased", "receipt": receipt}),
        ),
        (
            "delivered",
            "status",
            json!({"status": "delivered", "proof": {"pin": "0000"}}),
        ),
        ("cancel_acceptance", "cancel-acceptance", json!({})),
        (
            "propose",
            "proposals",
            json!({"kind": "sold_out", "photo_id": photo}),
        ),
        ("withdraw", "proposals/1/withdraw", json!({})),
        (
            "customer_unreachable",
            "problems",
            json!({"kind": "customer_unreachable"}),
        ),
        ("returned", "problems", problem("returned")),
        ("problem", "problems", problem("other")),
        ("message", "messages", json!({"text": "Hello"})),
        ("rate", "ratings", json!({"stars": 5})),
    ]
}

/// What was done already is answered again, and changes nothing: status, name.
const ALREADY_SO: [(&str, &str); 7] = [
    ("on-site", "on-site"),
    ("collected", "collected"),
    ("on-the-way", "on-the-way"),
    ("completed", "confirm"),
    ("completed", "delivered"),
    ("on-site", "cancel"),
    ("cancelled", "cancel"),
];

/// Codes that say more than that the stage is another one.
const SAYS_MORE: [&str; 4] = ["too_late", "not_found", "contact_first", "proposal_open"];

/// Gives every command that is not allowed; each is refused with what is, and nothing changes.
async fn refuses_the_rest(
    errand: &Errand,
    person: &Person,
    acts: &[Act],
) -> Result<usize, Deviation> {
    let seen = person.order_raw(&errand.order).await?;
    let status = seen.text("/status")?;
    let allowed = seen.0["allowed_transitions"].clone();
    let names = allowed.as_array().unwrap();
    let mut refused = 0;
    for (name, route, body) in acts {
        let fits = names.iter().any(|allowed| allowed == name);
        if fits {
            continue;
        }
        let path = format!("/api/orders/{}/{route}", errand.order);
        let reply = person.post(&path, body).await?;
        let place = format!("{name} at {status}: {}", reply.summary());
        if ALREADY_SO.contains(&(status, *name)) {
            assert!((200..300).contains(&reply.status), "{place}");
            continue;
        }
        if reply.code() == "not_found" {
            assert!(route.contains("proposals/1"), "{place}");
            continue;
        }
        assert_eq!(reply.status, 409, "{place}");
        let code = reply.code();
        assert!(
            code == "not_in_this_stage" || SAYS_MORE.contains(&code),
            "{place}"
        );
        assert_eq!(reply.body.0["allowed_transitions"], allowed, "{place}");
        assert_eq!(reply.body.0["order_status"], seen.0["status"], "{place}");
        refused += 1;
    }
    let after = person.order_raw(&errand.order).await?;
    assert_eq!(
        after.number("/version")?,
        seen.number("/version")?,
        "at {status}"
    );
    Ok(refused)
}

async fn both_sides(errand: &Errand) -> Result<usize, Deviation> {
    // The gateway's answer is a change of its own, and must not come between two looks.
    let answered = |order: &Body| !order.says("/payment/collection", "collecting");
    errand
        .until("told what became of its charge", answered)
        .await?;
    let photo = errand.runner.upload().await?;
    let (ann, ben) = (&errand.customer, &errand.runner);
    let mut refused = refuses_the_rest(errand, ann, &customers()).await?;
    if errand.seen().await?.runner.is_some() {
        refused += refuses_the_rest(errand, ben, &runners(&photo)).await?;
    }
    Ok(refused)
}

#[tokio::test]
async fn at_every_status_what_does_not_fit_is_refused_with_what_does() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let mut refused = both_sides(&errand).await?;
    for status in [
        "accepted",
        "on-site",
        "purchased",
        "collected",
        "on-the-way",
        "completed",
    ] {
        errand.carry_to(status).await?;
        refused += both_sides(&errand).await?;
    }
    assert!(refused > 60, "{refused} commands were refused");
    Ok(())
}

#[tokio::test]
async fn with_a_proposal_open_or_a_cancellation_waiting_the_rest_is_refused()
-> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let asked = Errand::at(&scene.client, "on-site").await?;
    let sold_out = json!({"kind": "sold_out"});
    asked
        .runner
        .propose_raw(&asked.order, &sold_out)
        .await?
        .is(200)?;
    let refused = both_sides(&asked).await?;
    assert!(refused > 10, "{refused}");
    let waiting = Errand::at(&scene.client, "on-site").await?;
    waiting
        .customer
        .cancel(&waiting.order, 10_000)
        .await?
        .is(202)?;
    let refused = both_sides(&waiting).await?;
    assert!(refused > 10, "{refused}");
    waiting.runner.give_back(&waiting.order).await?.is(200)?;
    let refused = both_sides(&waiting).await?;
    assert!(refused > 12, "{refused}");
    Ok(())
}
