//! Wallets, debts and the platform's money over HTTP, used wrongly: every bad field is named by its path, whoever may not
//! is told so, what is not there is not there, and none of it moves a cent.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::answer::Account;
use campusg_client::{ApiRequest, Deviation, Person};
use campusg_robots::walkthrough::Scene;
use common::raw::AsWritten as _;
use common::{
    desk::{SHARE, UNKNOWN, options},
    operator, proven,
    turn::shared,
    wallet::{collected, owing},
};
use reqwest::Method;
use serde_json::{Value, json};

const PAYOUTS: &str = "/api/users/me/payouts";
const PAY_DEBT: &str = "/api/users/me/wallet/pay-debt";
const ACCOUNT: &str = "/api/users/me/payout-method";

/// A body, and the status, code and field of its refusal.
type Mistake = (Value, u16, &'static str, &'static str);

/// What no amount may be, on a route that needs `beside` it.
fn amounts(beside: &Value) -> Vec<Mistake> {
    let with = |amount: Value| {
        let mut body = beside.clone();
        body["amount_cents"] = amount;
        body
    };
    let shapes = [
        json!("50"),
        json!(1.5),
        json!(-50),
        json!(true),
        json!([50]),
        json!(1_000_000_000_001_u64),
    ];
    let shapes = shapes
        .into_iter()
        .map(|amount| (with(amount), 400, "wrong_type", "amount_cents"));
    let zero = (with(json!(0)), 422, "invalid_field", "amount_cents");
    let mut more = with(json!(50));
    more["currency"] = json!("EUR");
    let more = (more, 400, "unknown_field", "currency");
    shapes.chain([zero, more]).collect()
}

/// What no reason may be, on a route that needs `beside` it.
fn reasons(beside: &Value) -> Vec<Mistake> {
    let with = |reason: Value| {
        let mut body = beside.clone();
        body["reason"] = reason;
        body
    };
    let long = "x".repeat(501);
    vec![
        (beside.clone(), 400, "missing_field", "reason"),
        (with(json!(null)), 400, "wrong_type", "reason"),
        (with(json!(1)), 400, "wrong_type", "reason"),
        (with(json!("")), 422, "invalid_field", "reason"),
        (with(json!(" \t")), 422, "invalid_field", "reason"),
        (with(json!("\u{200b}")), 422, "invalid_field", "reason"),
        (with(json!("a\u{0}")), 422, "invalid_field", "reason"),
        (with(json!(long)), 422, "invalid_field", "reason"),
    ]
}

/// Sends each mistake; none is taken.
async fn refused(who: &Person, path: &str, mistakes: Vec<Mistake>) -> Result<(), Deviation> {
    for (body, status, code, field) in mistakes {
        let told = who.post(path, &body).await?.refuses(status, code);
        let told = told.map_err(|other| {
            Deviation::new(format!("{path} {body}: {}", other.expected), other.found)
        })?;
        assert_eq!(told.text("/field")?, field, "{path} {body}");
    }
    Ok(())
}

async fn books(scene: &Scene) -> Result<Vec<Account>, Deviation> {
    operator(scene).accounts().await
}

#[tokio::test]
async fn of_payouts_and_debts_every_bad_field_is_named() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = owing(&scene).await?;
    let (ann, ben) = (&errand.customer, &errand.runner);
    ben.set_account("acct_bank").await?;
    let before = books(&scene).await?;

    refused(ben, PAYOUTS, amounts(&json!({}))).await?;
    refused(ann, PAY_DEBT, amounts(&json!({}))).await?;
    for (who, path) in [(ben, PAYOUTS), (ann, PAY_DEBT)] {
        let least = json!({"amount_cents": 49});
        let told = who.post(path, &least).await?;
        let told = told.refuses(422, "invalid_field")?;
        assert_eq!(told.text("/field")?, "amount_cents");
        assert!(told.text("/detail")?.contains("50"), "{}", told.0);
        let null = who.post(path, &json!({"amount_cents": null})).await?;
        if path == PAYOUTS {
            let told = null.refuses(400, "wrong_type")?;
            assert_eq!(told.text("/field")?, "amount_cents");
        }
        let cut = ApiRequest::new(Method::POST, path)
            .with_bytes("application/json", "{\"amount_cents\": 50")
            .with_key("cut");
        who.send(cut).await?.refuses(400, "malformed_json")?;
        let form = ApiRequest::new(Method::POST, path)
            .with_bytes("application/x-www-form-urlencoded", "amount_cents=50")
            .with_key("form");
        who.send(form)
            .await?
            .refuses(415, "unsupported_media_type")?;
    }
    let told = ben.post(PAYOUTS, &json!({})).await?;
    let told = told.refuses(400, "missing_field")?;
    assert_eq!(told.text("/field")?, "amount_cents");
    ann.notice_of("debt_payment_failed").await?;
    assert_eq!(books(&scene).await?, before);
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn money_leaves_and_pays_only_under_a_sound_key() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = owing(&scene).await?;
    let (ann, ben, boss) = (&errand.customer, &errand.runner, operator(&scene));
    ben.set_account("acct_bank").await?;
    let before = books(&scene).await?;
    let with_reason = json!({"amount_cents": 50, "reason": "x"});
    let write_off = format!("/api/admin/users/{}/write-off", ann.id);
    for (who, path, body) in [
        (ben, PAYOUTS, json!({"amount_cents": 50})),
        (ann, PAY_DEBT, json!({})),
        (boss, &write_off, with_reason.clone()),
        (boss, "/api/ledger/top-ups", with_reason.clone()),
        (boss, "/api/ledger/withdrawals", with_reason),
    ] {
        let unkeyed = who.send(ApiRequest::post(path, &body)).await?;
        unkeyed.refuses(400, "idempotency_key_required")?;
        for key in [String::new(), "a b".into(), "x".repeat(256)] {
            let keyed = who
                .send(ApiRequest::post(path, &body).with_key(key))
                .await?;
            keyed.refuses(400, "invalid_idempotency_key")?;
        }
        let stranger = ApiRequest::post(path, &body).with_key("k");
        let stranger = scene.client.send(&stranger).await?;
        stranger.refuses(401, "not_signed_in")?;
    }
    assert_eq!(books(&scene).await?, before);
    Ok(())
}

#[tokio::test]
async fn a_bank_account_is_taken_only_as_the_gateways_token() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ben = Person::runner(&scene.client, "Ben").await?;
    let long = "x".repeat(300);
    for (body, status, code, field) in [
        (json!({}), 400, "missing_field", "token"),
        (json!({"token": null}), 400, "wrong_type", "token"),
        (json!({"token": 7}), 400, "wrong_type", "token"),
        (json!({"token": ""}), 422, "invalid_field", "token"),
        (
            json!({"token": "acct_nowhere"}),
            422,
            "invalid_field",
            "token",
        ),
        (json!({"token": "tok_visa"}), 422, "invalid_field", "token"),
        (json!({"token": long}), 422, "invalid_field", "token"),
        (
            json!({"token": "acct_bank", "iban": "DE02"}),
            400,
            "unknown_field",
            "iban",
        ),
    ] {
        let told = ben.put(ACCOUNT, &body).await?.refuses(status, code)?;
        assert_eq!(told.text("/field")?, field, "{body}");
    }
    ben.get(ACCOUNT).await?.refuses(404, "not_found")?;
    ben.set_account("acct_bank").await?;
    ben.set_account("acct_late").await?;
    let delete = || ApiRequest::new(Method::DELETE, ACCOUNT);
    ben.send(delete()).await?.is(204)?;
    ben.get(ACCOUNT).await?.refuses(404, "not_found")?;
    let gone = ben.send(delete()).await?;
    gone.refuses(409, "no_payout_method")?;
    let more = delete().with_bytes("application/json", "{\"all\": 1}");
    let told = ben.send(more).await?.refuses(400, "unknown_field")?;
    assert_eq!(told.text("/field")?, "all");
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let stranger = scene.client.send(&ApiRequest::new(method, ACCOUNT)).await?;
        stranger.refuses(401, "not_signed_in")?;
    }
    Ok(())
}

#[tokio::test]
async fn of_operators_moves_every_bad_field_is_named() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = owing(&scene).await?;
    let boss = operator(&scene);
    let before = books(&scene).await?;
    let (amount, reason) = (json!({"amount_cents": 50}), json!({"reason": "x"}));
    for path in ["/api/ledger/top-ups", "/api/ledger/withdrawals"] {
        refused(boss, path, amounts(&reason)).await?;
        refused(boss, path, reasons(&amount)).await?;
        let missing = (reason.clone(), 400, "missing_field", "amount_cents");
        refused(boss, path, vec![missing]).await?;
    }
    let write_off = format!("/api/admin/users/{}/write-off", errand.customer.id);
    refused(boss, &write_off, amounts(&reason)).await?;
    refused(boss, &write_off, reasons(&amount)).await?;
    refused(boss, &write_off, reasons(&json!({}))).await?;
    assert_eq!(books(&scene).await?, before);
    Ok(())
}

#[tokio::test]
async fn whose_it_is_not_is_not_let_in() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = collected(&scene, "tok_visa").await?;
    let (ann, ben) = (&errand.customer, &errand.runner);
    let before = books(&scene).await?;
    let body = json!({"amount_cents": 50, "reason": "x"});
    let write_off = format!("/api/admin/users/{}/write-off", ann.id);
    for path in ["/api/ledger/top-ups", "/api/ledger/withdrawals", &write_off] {
        for person in [ann, ben] {
            let told = person.post(path, &body).await?;
            told.refuses(403, "not_allowed")?;
        }
    }
    for path in [PAYOUTS, "/api/users/me/wallet"] {
        let stranger = scene.client.send(&ApiRequest::get(path)).await?;
        stranger.refuses(401, "not_signed_in")?;
    }
    ann.pay_out(50).await?.refuses(409, "no_payout_method")?;
    ann.set_account("acct_bank").await?;
    ann.pay_out(50).await?.refuses(422, "above_available")?;
    let theirs = ann.wallet_raw().await?;
    let other = theirs.list("/statement/items")?;
    assert!(other.iter().all(|entry| entry.says("/side", "customer")));
    assert_eq!(ben.wallet().await?.available_cents, SHARE);
    for id in [UNKNOWN, "me", "17"] {
        let nowhere = format!("/api/admin/users/{id}/write-off");
        let told = operator(&scene)
            .post(&nowhere, &json!({"reason": "x"}))
            .await?;
        told.refuses(404, "not_found")?;
    }
    assert_eq!(books(&scene).await?, before);
    Ok(())
}

#[tokio::test]
async fn a_bad_page_is_refused_and_every_good_one_is_shown_once() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = collected(&scene, "tok_visa").await?;
    let ann = &errand.customer;
    for path in [PAYOUTS, "/api/users/me/wallet"] {
        for (query, code) in [
            ("limit=0", "invalid_query"),
            ("limit=101", "invalid_query"),
            ("limit=-1", "invalid_query"),
            ("limit=ten", "invalid_query"),
            ("page=2", "invalid_query"),
            ("cursor=soup", "invalid_cursor"),
        ] {
            let told = ann.get(&format!("{path}?{query}")).await?;
            told.refuses(400, code)?;
        }
    }
    let mut placed = vec![errand.order.clone()];
    for _ in 0..3 {
        let (order, _) = ann.place_available(&campusg_client::Wish::lunch()).await?;
        ann.cancel(&order, 0).await?.is(200)?;
        placed.insert(0, order);
    }
    let (mut path, mut told) = ("/api/users/me/wallet?limit=2".to_owned(), vec![]);
    loop {
        let page = ann.get(&path).await?.is(200)?;
        for entry in page.list("/statement/items")? {
            told.push(entry.text("/order_id")?.to_owned());
        }
        let Ok(next) = page.text("/statement/next_cursor") else {
            break;
        };
        path = format!("/api/users/me/wallet?limit=2&cursor={next}");
    }
    assert_eq!(told, placed, "newest first");
    Ok(())
}
