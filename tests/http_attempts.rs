//! Attacks on sign-ins from an address that a whole campus shares: who has a right password gets in all the same.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Client, Deviation, Reply};
use common::{Options, Server};
use futures_util::future::join_all;
use serde_json::json;

const PASSWORD: &str = "right-password-2026";
const CAMPUS: &str = "10.0.0.1";
const AWAY: &str = "10.0.0.2";

/// A server that believes the tests where they say that they come from.
fn server() -> Server {
    Server::start(Options {
        virtual_clock: false,
        set: vec!["server.trusted_proxies=[\"127.0.0.1\"]".into()],
    })
}

async fn register(client: &Client, email: &str, from: &str) -> Result<Reply, Deviation> {
    let body = json!({"email": email, "password": PASSWORD, "first_name": "Ann", "last_name": "B"});
    let ask = ApiRequest::post("/api/users", &body).with_header("x-forwarded-for", from);
    client.send(&ask).await
}

async fn sign_in(
    client: &Client,
    email: &str,
    password: &str,
    device: Option<&str>,
    from: &str,
) -> Result<Reply, Deviation> {
    let body = json!({"email": email, "password": password, "device": device});
    let ask = ApiRequest::post("/api/sessions", &body).with_header("x-forwarded-for", from);
    client.send(&ask).await
}

#[tokio::test]
async fn c1_v6_a_campus_behind_one_address_is_not_locked_out() -> Result<(), Deviation> {
    let server = server();
    let client = server.client();
    let ann = register(&client, "ann@campus.example", CAMPUS)
        .await?
        .is(201)?;
    // Never signed in on the campus: unknown to its address.
    register(&client, "bob@campus.example", AWAY)
        .await?
        .is(201)?;
    let guess = |n: usize| {
        let client = client.clone();
        async move {
            let email = format!("nobody{n}@campus.example");
            sign_in(&client, &email, "wrong-password", None, CAMPUS).await
        }
    };
    for told in join_all((0..60).map(guess)).await {
        assert_eq!(told?.status, 401);
    }
    for email in ["ann@campus.example", "bob@campus.example"] {
        sign_in(&client, email, PASSWORD, None, CAMPUS)
            .await?
            .is(201)?;
    }
    register(&client, "new@campus.example", CAMPUS)
        .await?
        .is(201)?;
    let me = ApiRequest::get("/api/users/me").with_token(ann.text("/session/token")?);
    let me = me.with_header("x-forwarded-for", CAMPUS);
    client.send(&me).await?.is(200)?;
    Ok(())
}

#[tokio::test]
async fn c1_a_known_device_gets_in_where_its_account_is_attacked() -> Result<(), Deviation> {
    let server = server();
    let client = server.client();
    let email = "ann@campus.example";
    let ann = register(&client, email, CAMPUS).await?.is(201)?;
    let device = ann.text("/session/device")?;
    for _ in 0..5 {
        let wrong = sign_in(&client, email, "wrong-password", None, CAMPUS).await?;
        wrong.refuses(401, "wrong_credentials")?;
    }
    let strange = sign_in(&client, email, PASSWORD, None, CAMPUS).await?;
    strange.refuses(429, "too_many_attempts")?;
    let last = if device.ends_with('0') { '1' } else { '0' };
    let forged = format!("{}{last}", &device[..device.len() - 1]);
    let other = register(&client, "bob@campus.example", CAMPUS)
        .await?
        .is(201)?;
    for unknown in [forged.as_str(), "x", ".", other.text("/session/device")?] {
        let refused = sign_in(&client, email, PASSWORD, Some(unknown), CAMPUS).await?;
        refused.refuses(429, "too_many_attempts")?;
    }
    let spelled = sign_in(
        &client,
        " Ann@Campus.example",
        PASSWORD,
        Some(device),
        CAMPUS,
    )
    .await?;
    spelled.is(201)?;
    Ok(())
}

#[tokio::test]
async fn v7_sign_ins_do_not_wait_for_registrations() -> Result<(), Deviation> {
    let server = server();
    let client = server.client();
    register(&client, "ann@campus.example", AWAY)
        .await?
        .is(201)?;
    let new = (0..100).map(|n| {
        let client = client.clone();
        async move {
            let from = format!("10.0.1.{}", n % 5);
            let told = register(&client, &format!("new{n}@campus.example"), &from).await;
            told.map(|told| told.status)
        }
    });
    let new = tokio::spawn(join_all(new));
    for _ in 0..5 {
        let told = sign_in(&client, "ann@campus.example", PASSWORD, None, AWAY).await?;
        told.is(201)?;
    }
    assert!(!new.is_finished(), "they still wait");
    for told in new.await.unwrap() {
        assert!(matches!(told?, 201 | 503));
    }
    Ok(())
}

#[tokio::test]
async fn v7_registrations_of_one_address_are_bounded_though_they_succeed() -> Result<(), Deviation>
{
    let server = Server::start(Options {
        virtual_clock: false,
        set: vec![
            "server.trusted_proxies=[\"127.0.0.1\"]".into(),
            "server.registrations_per_ip=2".into(),
        ],
    });
    let client = server.client();
    for n in 0..2 {
        let email = format!("new{n}@campus.example");
        register(&client, &email, CAMPUS).await?.is(201)?;
    }
    let refused = register(&client, "one@campus.example", CAMPUS).await?;
    assert!(refused.header("retry-after").is_some());
    refused.refuses(429, "too_many_registrations")?;
    register(&client, "one@campus.example", AWAY)
        .await?
        .is(201)?;
    sign_in(&client, "new0@campus.example", PASSWORD, None, CAMPUS)
        .await?
        .is(201)?;
    Ok(())
}

#[tokio::test]
async fn d9_a_sign_up_and_a_sign_in_keep_no_key_and_a_sign_up_that_is_repeated_says_so()
-> Result<(), Deviation> {
    let server = server();
    let client = server.client();
    let names = json!({"first_name": "Ann", "last_name": "Example"});
    let login = json!({"email": "ann@campus.example", "password": PASSWORD});
    let mut person = login.clone();
    let fields = person.as_object_mut().unwrap();
    fields.extend(names.as_object().unwrap().clone());
    let sign_up = ApiRequest::post("/api/users", &person).with_key("sign-up");
    let first = client.send(&sign_up).await?.is(201)?;
    client.send(&sign_up).await?.refuses(409, "email_taken")?;
    let sign_in = ApiRequest::post("/api/sessions", &login).with_key("sign-in");
    let mut tokens = vec![first.text("/session/token")?.to_owned()];
    for _ in 0..2 {
        let session = client.send(&sign_in).await?.is(201)?;
        tokens.push(session.text("/token")?.to_owned());
    }
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 3, "no token is shown twice");
    Ok(())
}
