//! The clock, against the real program: what a start refuses and how it says so, and that all parts go by one clock.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Body, Deviation, Person, operation::order, photo::picture};
use campusg_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use campusg_robots::walkthrough::Errand;
use common::{Options, Server, operator, run, text};
use std::process::Output;

/// Starts a server that refuses before it does anything; returns what it says.
fn refused(server: &Server, more: &[&str]) -> String {
    let data = server.data();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", text(&data)];
    let Output { status, stderr, .. } = run(&[&serve, more].concat());
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// The time by which a refused start is accepted, as it says itself.
fn newest(said: &str) -> &str {
    let (_, rest) = said.split_once("--accept-clock ").unwrap();
    rest.split(' ').next().unwrap()
}

async fn now(operator: &Person) -> Result<Body, Deviation> {
    let advance = ApiRequest::post(
        "/api/admin/clock/advance",
        &serde_json::json!({"advance_ms": 0}),
    );
    operator.perform(advance).await?.is(200)
}

#[tokio::test]
async fn b1_b2_a_clock_that_was_a_month_ahead_is_refused_then_accepted_and_nothing_waits_a_month()
-> Result<(), Deviation> {
    let mut server = Server::start(Options::virtual_clock(&[]));
    let scene = server.scene().await;
    scene.pass(30 * DAY_MS).await?;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    server.stop();

    let said = refused(&server, &[]);
    let newest = newest(&said).to_owned();
    let day = &newest[.."2026-01-01".len()];
    assert!(
        said.matches(day).count() >= 2 && said.contains("the clock shows"),
        "{said}"
    );
    assert!(
        said.contains("29 days earlier") || said.contains("30 days earlier"),
        "{said}"
    );
    let other = [
        "--accept-clock",
        "2026-01-01T00:00:00Z",
        "--accepted-by",
        "Ada",
    ];
    assert!(refused(&server, &other).contains(&newest));
    refused(&server, &["--accept-clock", &newest]);
    refused(
        &server,
        &["--accept-clock", "tomorrow", "--accepted-by", "Ada"],
    );

    server.start_by(false, &["--accept-clock", &newest, "--accepted-by", "Ada"]);
    let client = server.client();
    let ready = client.send(&ApiRequest::get("/health/ready")).await?;
    ready.is(200)?;
    let ada = Person::register(&client, "Ada").await?;
    let photo = ada.upload().await?;
    server.stop();
    server.start_by(false, &[]);
    ada.client().move_to(server.address());
    ada.get(&format!("/api/photos/{photo}")).await?.is(200)?;
    server.stop();

    server.start_by(true, &[]);
    let scene = server.scene().await;
    errand.customer.client().move_to(server.address());
    scene.pass(31 * MINUTE_MS).await?;
    errand.until_status("cancelled").await?;
    server.stop();
    server.verify();
    Ok(())
}

#[tokio::test]
async fn b3_a_virtual_clock_goes_on_from_where_the_journal_ends() -> Result<(), Deviation> {
    let mut server = Server::start(Options::virtual_clock(&[]));
    let scene = server.scene().await;
    scene.pass(DAY_MS).await?;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let placed_at = now(operator(&scene)).await?.text("/now")?.to_owned();
    server.stop();
    server.start_again();
    let scene = server.scene().await;
    let again = now(operator(&scene)).await?;
    assert!(
        again.text("/now")? >= placed_at.as_str(),
        "{placed_at} {errand:?}"
    );
    Ok(())
}

#[tokio::test]
async fn b4_the_quota_of_photos_goes_by_the_clock_that_is_advanced() -> Result<(), Deviation> {
    let server = Server::start(Options::virtual_clock(&[]));
    let scene = server.scene().await;
    let ada = Person::register(&scene.client, "Ada").await?;
    for day in 0..3_u8 {
        for _ in 0..20 {
            ada.upload().await?;
        }
        let more = order::upload(picture(&format!("{day} more")));
        let more = ada.perform(more).await?;
        more.refuses(429, "too_many_photos")?;
        scene.pass(25 * HOUR_MS).await?;
    }
    Ok(())
}
