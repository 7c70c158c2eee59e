//! Operators and each other: one who is suspended operates nothing from that moment, and nobody can shut everybody out.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{Deviation, Person};
use common::{Options, Server, operator, run, text};
use serde_json::json;
use std::fs;

const EMAIL: &str = "mallory@campus.example";
const PASSWORD: &str = "a second operator";

/// A server of its own, with a second operator: the shared ones know but one.
fn server() -> Server {
    let mut server = Server::start(Options::virtual_clock(&[]));
    server.stop();
    let data = server.data();
    let password = data.with_file_name("password");
    fs::write(&password, PASSWORD).unwrap();
    let create = [
        "operator",
        "create",
        "--email",
        EMAIL,
        "--data",
        text(&data),
    ];
    let made = run(&[create.as_slice(), &["--password-file", text(&password)]].concat());
    assert!(made.status.success(), "{made:?}");
    server.start_again();
    server
}

#[tokio::test]
async fn a_suspended_operator_operates_nothing_until_another_one_reinstates_them()
-> Result<(), Deviation> {
    let server = server();
    let scene = server.scene().await;
    let olivia = operator(&scene);
    let mallory = Person::sign_in(&scene.client, EMAIL, PASSWORD).await?;
    mallory.get("/api/admin/audit").await?.is(200)?;
    let reason = json!({"reason": "A holiday."});
    let of = |who: &Person, what: &str| format!("/api/admin/users/{}/{what}", who.id);
    olivia
        .post(&of(olivia, "suspend"), &reason)
        .await?
        .refuses(403, "not_allowed")?;
    olivia
        .post(&of(&mallory, "suspend"), &reason)
        .await?
        .is(200)?;
    mallory
        .get("/api/admin/audit")
        .await?
        .refuses(403, "not_allowed")?;
    for what in ["reinstate", "suspend"] {
        mallory
            .post(&of(&mallory, what), &reason)
            .await?
            .refuses(403, "not_allowed")?;
        mallory
            .post(&of(olivia, what), &reason)
            .await?
            .refuses(403, "not_allowed")?;
    }
    let other = mallory
        .get(&format!("/api/users/{}", olivia.id))
        .await?
        .is(200)?;
    assert!(
        !other.has("/email"),
        "no more than anybody sees: {}",
        other.0
    );
    let again = Person::sign_in(&scene.client, EMAIL, PASSWORD).await?;
    again
        .get("/api/ledger/accounts")
        .await?
        .refuses(403, "not_allowed")?;
    olivia
        .post(&of(&mallory, "reinstate"), &reason)
        .await?
        .is(200)?;
    mallory.get("/api/admin/audit").await?.is(200)?;
    Ok(())
}
