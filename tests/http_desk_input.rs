//! Disputes and the operators' desk over HTTP, used wrongly: every bad field is named by its path, every wrong state says
//! what fits, a repeat is answered and not executed, and none of it changes anything.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Deviation, Person, Wish};
use campusg_robots::walkthrough::Errand;
use common::{
    desk::{
        CHARGE, SHARE, UNKNOWN, claim, completed, dispute, path, reply, resolve, wallet,
        with_a_window,
    },
    operator, proven,
    turn::shared,
};
use serde_json::{Value, json};

#[tokio::test]
async fn where_a_dispute_does_not_fit_the_caller_learns_what_does() -> Result<(), Deviation> {
    let turn = shared(with_a_window).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "on-the-way").await?;
    let (ann, ben) = (&errand.customer, &errand.runner);
    let body = json!({"reason": "Too slow."});
    let told = dispute(ann, &errand, body.clone())
        .await?
        .refuses(409, "not_in_this_stage")?;
    assert_eq!(told.text("/order_status")?, "on-the-way");
    assert_eq!(
        told.0["allowed_transitions"],
        json!(["cancel", "confirm", "message"])
    );
    resolve(&scene, &errand, 0, "store")
        .await?
        .refuses(404, "not_found")?;
    reply(ann, &errand, json!({"text": "Hm."}))
        .await?
        .refuses(404, "not_found")?;
    ann.post(
        &path(&errand, "/disputes/one/reply"),
        &json!({"text": "Hm."}),
    )
    .await?
    .refuses(404, "not_found")?;

    errand.deliver().await?.is(200)?;
    errand.until_collection("collected").await?;
    dispute(ben, &errand, body.clone())
        .await?
        .refuses(409, "not_in_this_stage")?;
    claim(&errand, 1_000).await?;
    let told = dispute(ann, &errand, body.clone())
        .await?
        .refuses(409, "dispute_open")?;
    assert_eq!(told.0["allowed_transitions"], json!(["message", "reply"]));
    for person in [ann, ben] {
        let judge = json!({"refund_cents": 0, "at_fault": "store", "reason": "No."});
        let resolve = path(&errand, "/disputes/1/resolve");
        person
            .post(&resolve, &judge)
            .await?
            .refuses(403, "not_allowed")?;
        let refund = json!({"amount_cents": 1, "reason": "No."});
        person
            .post(&path(&errand, "/refunds"), &refund)
            .await?
            .refuses(403, "not_allowed")?;
    }
    reply(operator(&scene), &errand, json!({"text": "Well."}))
        .await?
        .refuses(403, "not_allowed")?;

    resolve(&scene, &errand, 1_000, "store").await?.is(200)?;
    resolve(&scene, &errand, 1_000, "store").await?.is(200)?;
    let told = resolve(&scene, &errand, 999, "store")
        .await?
        .refuses(409, "not_in_this_stage")?;
    assert_eq!(told.0["allowed_transitions"], json!(["dispute", "refund"]));
    reply(ben, &errand, json!({"text": "Late."}))
        .await?
        .refuses(409, "not_in_this_stage")?;
    let eve = Person::customer(&scene.client, "Eve", "tok_visa").await?;
    dispute(&eve, &errand, body)
        .await?
        .refuses(404, "not_found")?;
    reply(&eve, &errand, json!({"text": "Hm."}))
        .await?
        .refuses(404, "not_found")?;
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn a_repeat_under_the_same_key_is_answered_as_the_first_time() -> Result<(), Deviation> {
    let turn = shared(with_a_window).await;
    let scene = turn.server.scene().await;
    let errand = completed(&scene).await?;
    let key = scene.client.fresh();
    let ask = |reason: &str| {
        let body = json!({"reason": reason, "claim_cents": 1_000});
        ApiRequest::post(path(&errand, "/disputes"), &body).with_key(key.clone())
    };
    let first = errand.customer.send(ask("Cold.")).await?.is(200)?;
    let again = errand.customer.send(ask("Cold.")).await?;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(
        again.is(200)?.number("/version")?,
        first.number("/version")?
    );
    errand
        .customer
        .send(ask("Warm."))
        .await?
        .refuses(422, "key_reused")?;
    assert_eq!(
        wallet(&errand.runner).await?,
        (SHARE - 1_000, 1_000, 0),
        "frozen once"
    );
    Ok(())
}

#[tokio::test]
async fn money_is_moved_only_under_a_key() -> Result<(), Deviation> {
    let turn = shared(with_a_window).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "purchased").await?;
    let order = &errand.order;
    for (path, body) in [
        (
            format!("/api/admin/orders/{order}/settle"),
            json!({"refund_cents": 0, "at_fault": "store", "reason": "x"}),
        ),
        (
            format!("/api/escrow/{order}/release"),
            json!({"reason": "x"}),
        ),
        (
            format!("/api/escrow/{order}/refund"),
            json!({"reason": "x"}),
        ),
        (
            format!("/api/orders/{order}/refunds"),
            json!({"amount_cents": 1, "reason": "x"}),
        ),
    ] {
        let unkeyed = operator(&scene)
            .send(ApiRequest::post(&path, &body))
            .await?;
        unkeyed.refuses(400, "idempotency_key_required")?;
    }
    let ask = || {
        let body = json!({"reason": "all to the runner"});
        ApiRequest::post(format!("/api/escrow/{order}/release"), &body).with_key("once")
    };
    let first = operator(&scene).send(ask()).await?.is(200)?;
    let again = operator(&scene).send(ask()).await?;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(
        again.is(200)?.number("/version")?,
        first.number("/version")?
    );
    errand.money().await?.is(0, CHARGE, SHARE, 0)?;
    Ok(())
}
#[tokio::test]
async fn a_photo_of_a_dispute_serves_no_other_order() -> Result<(), Deviation> {
    let turn = shared(with_a_window).await;
    let scene = turn.server.scene().await;
    let errand = completed(&scene).await?;
    let photo = errand.customer.upload().await?;
    let body = json!({"reason": "Cold.", "claim_cents": 500, "photo_ids": [photo, photo]});
    dispute(&errand.customer, &errand, body.clone())
        .await?
        .is(200)?;
    let Errand {
        customer, runner, ..
    } = errand;
    let (order, price) = customer.place_available(&Wish::lunch()).await?;
    let second = Errand {
        customer,
        runner,
        order,
        price,
    };
    second.carry_to("on-the-way").await?;
    second.deliver().await?.is(200)?;
    dispute(&second.customer, &second, body)
        .await?
        .refuses(409, "photo_used")?;
    assert!(second.seen().await?.dispute.is_none());
    Ok(())
}

/// A path under `/api` where `{id}` is the order, a body, and the status, code and field of its refusal.
type Mistake = (&'static str, Value, u16, &'static str, &'static str);

fn of_the_desk() -> Vec<Mistake> {
    let mut mistakes = vec![];
    for path in [
        "admin/orders/{id}/hold",
        "admin/orders/{id}/unhold",
        "admin/orders/{id}/reassign",
        "admin/orders/{id}/abandon",
        "admin/sagas/{id}/retry",
        "admin/sagas/{id}/skip",
        "admin/sagas/{id}/compensate",
        "escrow/{id}/release",
        "escrow/{id}/refund",
    ] {
        mistakes.extend([
            (path, json!({}), 400, "missing_field", "reason"),
            (path, json!({"reason": null}), 400, "wrong_type", "reason"),
            (
                path,
                json!({"reason": "\t"}),
                422,
                "invalid_field",
                "reason",
            ),
            (
                path,
                json!({"reason": "x".repeat(501)}),
                422,
                "invalid_field",
                "reason",
            ),
            (
                path,
                json!({"reason": "x", "why": 1}),
                400,
                "unknown_field",
                "why",
            ),
        ]);
    }
    let settle = "admin/orders/{id}/settle";
    let refunds = "orders/{id}/refunds";
    mistakes.extend([
        (
            settle,
            json!({"reason": "x"}),
            422,
            "invalid_field",
            "to_runner_cents",
        ),
        (
            settle,
            json!({"reason": "x", "to_runner_cents": -1}),
            400,
            "wrong_type",
            "to_runner_cents",
        ),
        (
            settle,
            json!({"reason": "x", "to_runner_cents": 1, "refund_cents": 1}),
            422,
            "invalid_field",
            "refund_cents",
        ),
        (
            settle,
            json!({"reason": "x", "to_runner_cents": 1, "at_fault": "store"}),
            422,
            "invalid_field",
            "at_fault",
        ),
        (
            settle,
            json!({"reason": "x", "refund_cents": 1}),
            422,
            "invalid_field",
            "at_fault",
        ),
        (
            settle,
            json!({"reason": "x", "at_fault": "store"}),
            422,
            "invalid_field",
            "refund_cents",
        ),
        (
            settle,
            json!({"reason": "x", "refund_cents": "1", "at_fault": "store"}),
            400,
            "wrong_type",
            "refund_cents",
        ),
        (
            settle,
            json!({"reason": "x", "refund_cents": 1, "at_fault": "me"}),
            400,
            "wrong_type",
            "at_fault",
        ),
        (
            settle,
            json!({"to_runner_cents": 0}),
            400,
            "missing_field",
            "reason",
        ),
        (
            settle,
            json!({"reason": "", "to_runner_cents": 0}),
            422,
            "invalid_field",
            "reason",
        ),
        (
            refunds,
            json!({"reason": "x"}),
            400,
            "missing_field",
            "amount_cents",
        ),
        (
            refunds,
            json!({"reason": "x", "amount_cents": 1.5}),
            400,
            "wrong_type",
            "amount_cents",
        ),
        (
            refunds,
            json!({"amount_cents": 1}),
            400,
            "missing_field",
            "reason",
        ),
        (
            refunds,
            json!({"amount_cents": 1, "reason": "\u{200b}"}),
            422,
            "invalid_field",
            "reason",
        ),
    ]);
    mistakes
}

#[tokio::test]
async fn of_operators_every_bad_field_is_named_by_its_path_and_changes_nothing()
-> Result<(), Deviation> {
    let turn = shared(with_a_window).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    let version = errand.seen().await?.version;
    for (path, body, status, code, field) in of_the_desk() {
        let to = format!("/api/{}", path.replace("{id}", &errand.order));
        let reply = operator(&scene).post(&to, &body).await?;
        let told = reply.refuses(status, code).map_err(|other| {
            Deviation::new(format!("{path} {body}: {}", other.expected), other.found)
        })?;
        assert_eq!(told.text("/field")?, field, "{path} {body}");
    }
    for path in ["suspend", "reinstate"] {
        let to = format!("/api/admin/users/{}/{path}", errand.runner.id);
        let told = operator(&scene).post(&to, &json!({"reason": " "})).await?;
        assert_eq!(
            told.refuses(422, "invalid_field")?.text("/field")?,
            "reason"
        );
    }
    assert_eq!(errand.seen().await?.version, version);
    Ok(())
}

fn of_disputes(not_mine: &str) -> Vec<Mistake> {
    let long = "x".repeat(1_001);
    let (open, reply, resolve) = ("/disputes", "/disputes/1/reply", "/disputes/1/resolve");
    let many = vec![UNKNOWN; 11];
    let fault = |refund: Value, fault: Value, reason: Value| json!({"refund_cents": refund, "at_fault": fault, "reason": reason});
    vec![
        (open, json!({}), 400, "missing_field", "reason"),
        (open, json!({"reason": 1}), 400, "wrong_type", "reason"),
        (
            open,
            json!({"reason": " \n"}),
            422,
            "invalid_field",
            "reason",
        ),
        (
            open,
            json!({"reason": long}),
            422,
            "invalid_field",
            "reason",
        ),
        (
            open,
            json!({"reason": "a\u{0}"}),
            422,
            "invalid_field",
            "reason",
        ),
        (
            open,
            json!({"reason": "x", "total": 1}),
            400,
            "unknown_field",
            "total",
        ),
        (
            open,
            json!({"reason": "x", "claim_cents": -1}),
            400,
            "wrong_type",
            "claim_cents",
        ),
        (
            open,
            json!({"reason": "x", "claim_cents": "1"}),
            400,
            "wrong_type",
            "claim_cents",
        ),
        (
            open,
            json!({"reason": "x", "claim_cents": 0}),
            422,
            "invalid_field",
            "claim_cents",
        ),
        (
            open,
            json!({"reason": "x", "claim_cents": CHARGE + 1}),
            422,
            "invalid_field",
            "claim_cents",
        ),
        (
            open,
            json!({"reason": "x", "photo_ids": "p"}),
            400,
            "wrong_type",
            "photo_ids",
        ),
        (
            open,
            json!({"reason": "x", "photo_ids": ["p"]}),
            400,
            "wrong_type",
            "photo_ids[0]",
        ),
        (
            open,
            json!({"reason": "x", "photo_ids": [UNKNOWN]}),
            422,
            "invalid_field",
            "photo_ids[0]",
        ),
        (
            open,
            json!({"reason": "x", "photo_ids": [not_mine]}),
            422,
            "invalid_field",
            "photo_ids[0]",
        ),
        (
            open,
            json!({"reason": "x", "photo_ids": many}),
            422,
            "invalid_field",
            "photo_ids",
        ),
        (reply, json!({}), 400, "missing_field", "text"),
        (reply, json!({"text": ""}), 422, "invalid_field", "text"),
        (reply, json!({"text": long}), 422, "invalid_field", "text"),
        (
            reply,
            json!({"text": "x", "reason": "y"}),
            400,
            "unknown_field",
            "reason",
        ),
        (
            reply,
            json!({"text": "x", "photo_ids": [not_mine]}),
            422,
            "invalid_field",
            "photo_ids[0]",
        ),
        (
            resolve,
            fault(json!(-1), json!("store"), json!("x")),
            400,
            "wrong_type",
            "refund_cents",
        ),
        (
            resolve,
            fault(json!(1_001), json!("store"), json!("x")),
            422,
            "invalid_field",
            "refund_cents",
        ),
        (
            resolve,
            fault(json!(1), json!("nobody"), json!("x")),
            400,
            "wrong_type",
            "at_fault",
        ),
        (
            resolve,
            fault(json!(1), json!("store"), json!("")),
            422,
            "invalid_field",
            "reason",
        ),
        (
            resolve,
            json!({"refund_cents": 1, "at_fault": "store"}),
            400,
            "missing_field",
            "reason",
        ),
        (
            resolve,
            json!({"refund_cents": 1, "reason": "x"}),
            400,
            "missing_field",
            "at_fault",
        ),
        (
            resolve,
            json!({"at_fault": "store", "reason": "x"}),
            400,
            "missing_field",
            "refund_cents",
        ),
    ]
}

#[tokio::test]
async fn in_disputes_every_bad_field_is_named_by_its_path_and_changes_nothing()
-> Result<(), Deviation> {
    let turn = shared(with_a_window).await;
    let scene = turn.server.scene().await;
    let errand = completed(&scene).await?;
    let receipt = errand.receipt_photo().await?;
    let mistakes = of_disputes(&receipt);
    let refused = async |who: &Person, (rest, body, status, code, field): &Mistake| {
        let reply = who.post(&path(&errand, rest), body).await?;
        let told = reply.refuses(*status, code).map_err(|other| {
            Deviation::new(format!("{rest} {body}: {}", other.expected), other.found)
        })?;
        assert_eq!(told.text("/field")?, *field, "{rest} {body}");
        Ok::<(), Deviation>(())
    };
    for mistake in mistakes.iter().filter(|(rest, ..)| *rest == "/disputes") {
        refused(&errand.customer, mistake).await?;
    }
    assert!(errand.seen().await?.dispute.is_none());
    claim(&errand, 1_000).await?;
    let version = errand.seen().await?.version;
    for mistake in mistakes.iter().filter(|(rest, ..)| *rest != "/disputes") {
        let judges = mistake.0.ends_with("resolve");
        let who = if judges {
            operator(&scene)
        } else {
            &errand.customer
        };
        refused(who, mistake).await?;
    }
    assert_eq!(errand.seen().await?.version, version);
    Ok(())
}
