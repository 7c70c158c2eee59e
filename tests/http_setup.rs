//! Cards and bank accounts that people enter on the payment gateway's own page: begun over the API, picked on the page,
//! on file once the gateway has told.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Deviation, Person};
use common::{Options, turn::shared};
use serde_json::json;
use std::time::Duration;

const SETUP: &str = "/api/users/me/payment-method/setup";

fn options() -> Options {
    Options::virtual_clock(&[
        "gateway.events_poll_ms=20",
        "server.public_url=https://campus.example",
    ])
}

/// Begins a setup; the path of its page.
async fn begun(person: &Person, kind: &str, return_url: &str) -> Result<String, Deviation> {
    let body = json!({"kind": kind, "return_url": return_url});
    let begun = person.post(SETUP, &body).await?.is(200)?;
    Ok(begun.text("/url")?.to_owned())
}

/// Picks on a page, as a browser does that does not go on: status, and where it is sent.
async fn pick(address: &str, path: &str, token: &str) -> (u16, Option<String>) {
    let browser = reqwest::Client::builder().no_proxy();
    let browser = browser.redirect(reqwest::redirect::Policy::none());
    let url = format!("{address}{path}?token={token}");
    let answer = browser.build().unwrap().post(url).send().await.unwrap();
    let to = answer.headers().get("location");
    let to = to.map(|to| to.to_str().unwrap().to_owned());
    (answer.status().as_u16(), to)
}

/// Waits until what is under this path is there.
async fn until_on_file(person: &Person, path: &str) -> Result<(), Deviation> {
    let looking = async {
        while person.get(path).await?.status == 404 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), looking).await;
    waited.expect("what was picked is put on file")
}

#[tokio::test]
async fn what_is_picked_on_the_gateways_page_is_put_on_file() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let person = Person::register(&scene.client, "Ann").await?;
    for (kind, path, token, shown) in [
        (
            "card",
            "/api/users/me/payment-method",
            "tok_visa",
            "Pick a card",
        ),
        (
            "bank_account",
            "/api/users/me/payout-method",
            "acct_bank",
            "Pick a bank account",
        ),
    ] {
        assert_eq!(person.get(path).await?.status, 404);
        let page = begun(&person, kind, "/me?from=bank").await?;
        let offered = scene.client.send(&ApiRequest::get(&page)).await?;
        let text = String::from_utf8(offered.bytes).unwrap();
        assert_eq!(offered.status, 200);
        assert!(text.contains(shown) && text.contains(token), "{text}");
        let address = scene.client.address();
        assert_eq!(pick(&address, &page, "tok_nobody").await, (404, None));
        assert_eq!(person.get(path).await?.status, 404, "nothing was picked");
        let sent_to = (303, Some("/me?from=bank".to_owned()));
        assert_eq!(pick(&address, &page, token).await, sent_to);
        until_on_file(&person, path).await?;
        assert_eq!(pick(&address, &page, token).await, sent_to, "picked twice");
        let again = scene.client.send(&ApiRequest::get(&page)).await?;
        assert_eq!(again.status, 404, "it is done");
    }
    Ok(())
}

#[tokio::test]
async fn a_page_leads_back_to_this_server_only() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let person = Person::register(&scene.client, "Ben").await?;
    for ours in [
        "/",
        "/me/wallet?tab=1#card",
        "https://campus.example",
        "https://campus.example/me",
        "https://campus.example?a=b",
    ] {
        begun(&person, "card", ours).await?;
    }
    let long = format!("/{}", "x".repeat(500));
    for theirs in [
        "",
        "me",
        "//evil.example",
        "/\\evil.example",
        "/two words",
        "javascript:alert(1)",
        "http://campus.example/",
        "https://campus.example.evil.example/",
        "https://campus.example@evil.example/",
        "https://evil.example/",
        &long,
    ] {
        let body = json!({"kind": "card", "return_url": theirs});
        let refused = person.post(SETUP, &body).await?;
        let refused = refused.refuses(422, "invalid_field")?;
        assert_eq!(refused.text("/field")?, "return_url", "{theirs}");
    }
    Ok(())
}

#[tokio::test]
async fn without_a_public_address_a_page_leads_back_to_paths() -> Result<(), Deviation> {
    let server = common::Server::start(Options::virtual_clock(&[]));
    let scene = server.scene().await;
    let person = Person::register(&scene.client, "Cem").await?;
    begun(&person, "bank_account", "/me").await?;
    let body = json!({"kind": "card", "return_url": format!("{}/me", scene.client.address())});
    let refused = person.post(SETUP, &body).await?;
    refused.refuses(422, "invalid_field")?;
    let body = json!({"kind": "cash", "return_url": "/"});
    person
        .post(SETUP, &body)
        .await?
        .refuses(400, "wrong_type")?;
    let nobody = ApiRequest::post(SETUP, &json!({"kind": "card", "return_url": "/"}));
    let refused = scene.client.send(&nobody).await?;
    assert_eq!(refused.status, 401);
    let unknown = scene
        .client
        .send(&ApiRequest::get("/sandbox/setup/nobody"))
        .await?;
    assert_eq!(unknown.status, 404);
    Ok(())
}
