//! What the payment gateway sends, over HTTP: believed only where it is signed with its key and of now, taken in once
//! however often it comes, and never believed for what it says but for what the gateway answers when it is asked.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::answer::Account;
use campusg_client::{Deviation, Person, Reply, Wish};
use campusg_domain::time::{HOUR_MS, SECOND_MS};
use campusg_robots::walkthrough::{Errand, Scene};
use common::raw::AsWritten as _;
use common::{
    Options,
    desk::{CHARGE, SHARE, UNKNOWN, wallet},
    events::{KEY, KEY_BEFORE, Message, STRANGE_KEY, event, now_s},
    operator, proven,
    turn::shared,
    wallet::{BANKS_FEE, FEE, may_order, owes, pay_all, until_paid, write_off},
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// Longer than the bank takes to object to a charge, and again to decide.
const BANK_MS: u64 = 6 * SECOND_MS;

/// The gateway inside the server, on its clock; what it decides later is never asked for, only sent.
fn options() -> Options {
    let fee = format!("policy.platform_fee_cents={FEE}");
    let (key, before) = (
        format!("gateway.signing_secret={KEY}"),
        format!("gateway.previous_signing_secret={KEY_BEFORE}"),
    );
    Options::virtual_clock(&[&fee, &key, &before, "gateway.events_poll_ms=3600000"])
}

/// The number of an event that was not sent before.
fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// News that are wrong in every way: what counts is what the gateway says of the call.
fn lies() -> Value {
    json!({"answer": {"captured": {"cents": 1}}})
}

/// Sends news of a call, signed.
async fn tell(scene: &Scene, id: u64, key: &str) -> Result<Reply, Deviation> {
    let message = Message::signed(&event(id, key, &lies()));
    message.send(&scene.client).await
}

/// The key of an order's capture.
async fn capture(scene: &Scene, order: &str) -> Result<String, Deviation> {
    let seen = operator(scene).order(order).await?;
    let mut calls = seen.calls.iter();
    let capture = calls.find(|call| call.purpose == "capture");
    let capture = capture.ok_or_else(|| Deviation::new("a capture", format!("{seen:?}")))?;
    Ok(format!("order:{order}/capture/{}", capture.call))
}

/// What every account holds, and what is promised.
async fn books(scene: &Scene) -> Result<Vec<Account>, Deviation> {
    operator(scene).accounts().await
}

#[tokio::test]
async fn a_message_is_believed_where_a_key_in_force_signed_it_just_now() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let body = || {
        let key = format!("order:{UNKNOWN}/capture/3");
        event(fresh(), &key, &lies()).to_string().into_bytes()
    };
    let now = now_s();
    let right = Message::by(KEY, now, body());
    let signature = right.headers[2].1.clone();
    let strange = Message::by(STRANGE_KEY, now, right.body.clone());
    let both = format!("{} v1a,later {signature}", strange.headers[2].1);
    for believed in [
        right.clone(),
        right.clone().with("webhook-signature", &both),
        Message::by(KEY_BEFORE, now, body()),
        Message::by(KEY, now - 290, body()),
        Message::by(KEY, now + 290, body()),
    ] {
        believed.send(&scene.client).await?.is(204)?;
    }
    let mut changed = right.clone();
    changed.body.push(b' ');
    let mut wrong = vec![strange, changed];
    for header in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        wrong.push(right.clone().without(header));
    }
    let later = (now + 1).to_string();
    let (unnamed, hex) = (&signature[3..], format!("v1,{}", "0".repeat(64)));
    for (header, text) in [
        ("webhook-id", "evt_other"),
        ("webhook-timestamp", later.as_str()),
        ("webhook-timestamp", "now"),
        ("webhook-signature", ""),
        ("webhook-signature", unnamed),
        ("webhook-signature", &hex),
    ] {
        wrong.push(right.clone().with(header, text));
    }
    for message in &wrong {
        let refused = message.send(&scene.client).await?;
        refused.refuses(401, "wrong_signature")?;
    }
    for sent in [0, now - 310, now + 310, u64::MAX / 1_000] {
        let refused = Message::by(KEY, sent, body()).send(&scene.client).await?;
        refused.refuses(401, "signature_out_of_time")?;
    }
    Ok(())
}

#[tokio::test]
async fn a_moved_clock_makes_no_message_old() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    scene.pass(HOUR_MS).await?;
    let key = format!("order:{UNKNOWN}/capture/3");
    tell(&scene, fresh(), &key).await?.is(204)?;
    let moved = now_s() + HOUR_MS / 1_000;
    let body = event(fresh(), &key, &lies()).to_string().into_bytes();
    let refused = Message::by(KEY, moved, body).send(&scene.client).await?;
    refused.refuses(401, "signature_out_of_time").map(drop)
}

#[tokio::test]
async fn without_a_key_nothing_is_believed() -> Result<(), Deviation> {
    let server = common::Server::start(Options::virtual_clock(&[]));
    let scene = server.scene().await;
    let key = format!("order:{UNKNOWN}/capture/3");
    let refused = tell(&scene, fresh(), &key).await?;
    refused.refuses(401, "wrong_signature").map(drop)
}

fn mistakes() -> Vec<(Value, &'static str, &'static str)> {
    let chargeback = |field: &str, value: Value| {
        let mut chargeback = json!({"id": "c", "cents": 1, "fee": 0, "stage": "open"});
        match value {
            Value::Null => drop(chargeback.as_object_mut().unwrap().remove(field)),
            value => chargeback[field] = value,
        }
        json!({"id": "e", "key": "k", "news": {"chargeback": chargeback}})
    };
    let told = |id: Value, key: Value, news: Value| json!({"id": id, "key": key, "news": news});
    vec![
        (json!({}), "missing_field", "id"),
        (json!({"id": "e"}), "missing_field", "key"),
        (json!({"id": "e", "key": "k"}), "missing_field", "news"),
        (told(json!(1), json!("k"), lies()), "wrong_type", "id"),
        (told(json!(""), json!("k"), lies()), "wrong_type", "id"),
        (told(json!("a b"), json!("k"), lies()), "wrong_type", "id"),
        (told(json!("e"), json!(7), lies()), "wrong_type", "key"),
        (
            told(json!("e"), json!("k"), json!(null)),
            "wrong_type",
            "news",
        ),
        (
            told(json!("e"), json!("k"), json!({})),
            "wrong_type",
            "news",
        ),
        (
            told(json!("e"), json!("k"), json!({"rumour": 1})),
            "wrong_type",
            "news",
        ),
        (
            told(json!("e"), json!("k"), json!({"answer": {"captured": {}}})),
            "missing_field",
            "news.answer.captured.cents",
        ),
        (
            chargeback("id", json!(null)),
            "missing_field",
            "news.chargeback.id",
        ),
        (
            chargeback("cents", json!("1")),
            "wrong_type",
            "news.chargeback.cents",
        ),
        (
            chargeback("fee", json!(null)),
            "missing_field",
            "news.chargeback.fee",
        ),
        (
            chargeback("stage", json!("lots")),
            "wrong_type",
            "news.chargeback.stage",
        ),
        (
            chargeback("why", json!("x")),
            "unknown_field",
            "news.chargeback.why",
        ),
        (
            json!({"id": "e", "key": "k", "news": lies(), "sent_at": 1}),
            "unknown_field",
            "sent_at",
        ),
    ]
}

#[tokio::test]
async fn a_signed_message_of_the_wrong_shape_is_told_where_it_is_wrong() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    for (body, code, field) in mistakes() {
        let reply = Message::signed(&body).send(&scene.client).await?;
        let told = reply
            .refuses(400, code)
            .map_err(|other| Deviation::new(format!("{body}: {}", other.expected), other.found))?;
        assert_eq!(told.text("/field")?, field, "{body}");
    }
    let cut = Message::by(KEY, now_s(), b"{\"id\": \"e\"".to_vec());
    cut.send(&scene.client)
        .await?
        .refuses(400, "malformed_json")?;
    for key in ["", "nonsense", "order:17/capture/3", "user:1/x/y"] {
        let before = books(&scene).await?;
        tell(&scene, fresh(), key).await?.is(204)?;
        assert_eq!(books(&scene).await?, before, "{key} is no call of ours");
    }
    Ok(())
}

#[tokio::test]
async fn a_signed_in_operator_is_no_gateway() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let key = format!("order:{UNKNOWN}/capture/3");
    let body = event(fresh(), &key, &lies());
    let refused = operator(&scene).post("/api/gateway/events", &body).await?;
    refused.refuses(401, "wrong_signature").map(drop)
}

/// Delivered, and charged to a card whose bank has taken the charge back since; and the key of that charge.
async fn taken_back(scene: &Scene, card: &str) -> Result<(Errand, String), Deviation> {
    let errand = common::wallet::collected(scene, card).await?;
    let key = capture(scene, &errand.order).await?;
    scene.pass(BANK_MS).await?;
    let wallet = errand.customer.wallet().await?;
    assert_eq!(wallet.debt_cents, 0, "nobody has told yet");
    Ok((errand, key))
}

/// The only chargeback of somebody.
async fn chargeback(who: &Person) -> Result<(i64, String), Deviation> {
    let mut chargebacks = who.wallet().await?.chargebacks;
    assert_eq!(chargebacks.len(), 1);
    let only = chargebacks.remove(0);
    Ok((only.amount_cents, only.state))
}

/// Whatever is told of this call now, nothing changes.
async fn changes_nothing(scene: &Scene, key: &str, known: u64) -> Result<(), Deviation> {
    let before = books(scene).await?;
    for id in [known, known, fresh(), fresh()] {
        tell(scene, id, key).await?.is(204)?;
    }
    assert_eq!(books(scene).await?, before);
    Ok(())
}

#[tokio::test]
async fn a_charge_that_is_taken_back_is_owed_until_the_bank_gives_it_again() -> Result<(), Deviation>
{
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let boss = operator(&scene);
    let (lost, cash) = (
        boss.balance("goodwill").await?,
        boss.balance("gateway").await?,
    );
    let (errand, key) = taken_back(&scene, "tok_chargeback_won").await?;
    let (ann, ben) = (&errand.customer, &errand.runner);
    let first = fresh();
    let told = join_all((0..8).map(|_| tell(&scene, first, &key))).await;
    for reply in told {
        reply?.is(204)?;
    }
    owes(ann, CHARGE).await?;
    assert_eq!(chargeback(ann).await?, (CHARGE, "open".into()));
    assert_eq!(boss.balance("goodwill").await?, lost - BANKS_FEE);
    assert_eq!(boss.balance("gateway").await?, cash + BANKS_FEE);
    assert_eq!(wallet(ben).await?, (SHARE, 0, 0), "the runner keeps theirs");
    for person in [ann, boss] {
        person.notice_of("charged_back").await?;
    }
    let refused = ann.place(&Wish::lunch()).await?.refuses(409, "in_debt")?;
    assert_eq!(refused.number("/owed_cents")?, CHARGE);
    changes_nothing(&scene, &key, first).await?;

    scene.pass(BANK_MS).await?;
    let second = fresh();
    tell(&scene, second, &key).await?.is(204)?;
    owes(ann, 0).await?;
    assert_eq!(chargeback(ann).await?, (CHARGE, "won".into()));
    assert_eq!(wallet(ann).await?, (0, 0, 0));
    assert_eq!(boss.balance("gateway").await?, cash + BANKS_FEE - CHARGE);
    assert_eq!(boss.balance("goodwill").await?, lost - BANKS_FEE);
    ann.notice_of("chargeback_won").await?;
    changes_nothing(&scene, &key, second).await?;
    may_order(ann).await?;
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn what_was_paid_meanwhile_is_in_the_wallet_when_the_charge_is_given_again()
-> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let (errand, key) = taken_back(&scene, "tok_chargeback_won").await?;
    let ann = &errand.customer;
    tell(&scene, fresh(), &key).await?.is(204)?;
    owes(ann, CHARGE).await?;
    write_off(&scene, ann, Some(1_000)).await?.is(200)?;
    scene.pass(BANK_MS).await?;
    tell(&scene, fresh(), &key).await?.is(204)?;
    owes(ann, 0).await?;
    assert_eq!(wallet(ann).await?, (1_000, 0, 0));
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn a_charge_that_the_bank_keeps_stays_owed_until_another_card_pays() -> Result<(), Deviation>
{
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let (errand, key) = taken_back(&scene, "tok_chargeback_lost").await?;
    let (ann, ben) = (&errand.customer, &errand.runner);
    // The gateway looks at its book for somebody else, and then the bank decides: both are heard of at once.
    let elsewhere = format!("order:{UNKNOWN}/capture/3");
    tell(&scene, fresh(), &elsewhere).await?.is(204)?;
    scene.pass(BANK_MS).await?;
    let id = fresh();
    tell(&scene, id, &key).await?.is(204)?;
    owes(ann, CHARGE).await?;
    assert_eq!(chargeback(ann).await?, (CHARGE, "lost".into()));
    for kind in ["charged_back", "chargeback_lost"] {
        ann.notice_of(kind).await?;
    }
    changes_nothing(&scene, &key, id).await?;
    let told = ann.set_card("tok_visa").await?;
    assert_eq!(told.number("/pays_debt_cents")?, CHARGE);
    until_paid(ann).await?;
    changes_nothing(&scene, &key, id).await?;
    assert_eq!(wallet(ben).await?, (SHARE, 0, 0));
    may_order(ann).await?;
    proven(&scene).await;
    Ok(())
}

/// A charge that paid a debt belongs to no order.
#[tokio::test]
async fn a_paid_debt_that_is_taken_back_is_owed_again() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = common::wallet::owing(&scene).await?;
    let ann = &errand.customer;
    ann.set_card("tok_chargeback_lost").await?;
    until_paid(ann).await?;
    let payment = ann.wallet_raw().await?.number("/debt_payments/0/id")?;
    let key = format!("wallet:{}/charge/{payment}", ann.id);
    scene.pass(BANK_MS).await?;
    let id = fresh();
    tell(&scene, id, &key).await?.is(204)?;
    owes(ann, CHARGE).await?;
    assert_eq!(chargeback(ann).await?, (CHARGE, "open".into()));
    assert!(!ann.wallet_raw().await?.has("/chargebacks/0/order_id"));
    scene.pass(BANK_MS).await?;
    tell(&scene, fresh(), &key).await?.is(204)?;
    assert_eq!(chargeback(ann).await?, (CHARGE, "lost".into()));
    changes_nothing(&scene, &key, id).await?;
    ann.set_card("tok_visa").await?;
    until_paid(ann).await?;
    pay_all(ann).await?.refuses(422, "above_debt")?;
    proven(&scene).await;
    Ok(())
}
