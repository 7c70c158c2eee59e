//! Pages for people, against the real program: the front page, and the bank's where a customer confirms.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Body, Client, Deviation, Person, Wish};
use campusg_domain::time::HOUR_MS;
use campusg_robots::walkthrough::{Errand, Scene};
use common::{Options, turn::shared};
use reqwest::Method;

fn options() -> Options {
    Options::virtual_clock(&["policy.order_timeout_ms=7200000"])
}

/// A page as it comes, its status and its text.
async fn page(client: &Client, asked: ApiRequest) -> Result<(u16, String), Deviation> {
    let reply = client.send(&asked).await?;
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert!(reply.header("x-request-id").is_some());
    Ok((reply.status, String::from_utf8(reply.bytes).unwrap()))
}

fn words(cents: i64) -> String {
    format!("{}.{:02} USD", cents / 100, cents % 100)
}

fn shows(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
}

#[tokio::test]
async fn the_front_page_says_where_the_money_is() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let done = Errand::at(&scene.client, "completed").await?;
    done.until_collection("collected").await?;
    Errand::available(&scene.client, "tok_visa").await?;
    // The proof is renewed hourly.
    scene.pass(HOUR_MS).await?;
    let proof = ApiRequest::get("/api/ledger/proof");
    let proof = scene.client.send(&proof).await?.is(200)?;
    let held = proof.number("/held_cents")?;
    assert!(held > 0);
    let (status, text) = page(&scene.client, ApiRequest::get("/")).await?;
    assert_eq!(status, 200);
    let orders = proof.number("/open_escrows")?;
    let held = format!("Open orders: {orders}, for which {} is held", words(held));
    shows(
        &text,
        &[
            "<h1>CampusG</h1>",
            &held,
            "<td>With the payment gateway</td><td>27.49 USD</td>",
            "<td>In wallets</td><td>27.49 USD</td>",
            "by the server's own books, what came in is where it belongs.",
            proof.text("/head")?,
        ],
    );
    Ok(())
}

/// An order that the bank has a question about: its customer, its id, the link, and what would be blocked.
async fn asked(scene: &Scene) -> Result<(Person, String, String, i64), Deviation> {
    let ann = Person::customer(&scene.client, "Ann", "tok_action_required").await?;
    let placed = ann.place(&Wish::lunch()).await?.is(201)?;
    let order = placed.text("/id")?.to_owned();
    let has_link = |order: &Body| order.has("/payment/action_url");
    let seen = ann.order_until(&order, "asked", has_link).await?;
    let url = seen.text("/payment/action_url")?.to_owned();
    let hold = seen.number("/price/hold_cents")?;
    Ok((ann, order, url, hold))
}

/// The answer given on the bank's page.
async fn say(scene: &Scene, url: &str, query: &str) -> Result<(u16, String), Deviation> {
    let said = ApiRequest::new(Method::POST, format!("{url}{query}"));
    page(&scene.client, said).await
}

#[tokio::test]
async fn the_bank_says_what_it_asks_and_asks_once() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let (_, _, url, hold) = asked(&scene).await?;
    let (status, text) = page(&scene.client, ApiRequest::get(&url)).await?;
    assert_eq!(status, 200);
    shows(&text, &["Confirm your payment", &words(hold), "Refuse"]);
    for query in ["", "?approve=perhaps", "?approve=true&twice=true"] {
        let (status, text) = say(&scene, &url, query).await?;
        assert_eq!(status, 400);
        shows(&text, &["Nothing was said", "?approve=true confirms"]);
    }

    let (status, text) = say(&scene, &url, "?approve=true").await?;
    assert_eq!(status, 200);
    shows(&text, &["<h1>Confirmed</h1>"]);
    let (status, text) = page(&scene.client, ApiRequest::get(&url)).await?;
    assert_eq!(status, 404);
    shows(&text, &["Nothing to confirm", "already decided"]);
    let (status, _) = page(&scene.client, ApiRequest::get("/sandbox/confirm/order:1")).await?;
    assert_eq!(status, 404);
    let other = ApiRequest::new(Method::DELETE, &url);
    let refused = scene.client.send(&other).await?;
    refused.refuses(405, "method_not_allowed")?;
    Ok(())
}

#[tokio::test]
async fn what_is_refused_at_the_bank_blocks_nothing() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let (ann, order, url, _) = asked(&scene).await?;
    let (status, text) = say(&scene, &url, "?approve=false").await?;
    assert_eq!(status, 200);
    shows(&text, &["<h1>Refused</h1>", "Nothing was blocked"]);
    let failed = |order: &Body| order.says("/cancel_reason", "payment_failed");
    ann.order_until(&order, "cancelled", failed).await?;
    Ok(())
}
