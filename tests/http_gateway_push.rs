//! The stand-alone sandbox gateway sends its events to a server, signed: late, twice and out of order, over its own
//! restarts and the server's; and where none arrives, the server asks for them.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::Deviation;
use campusg_client::answer::Account;
use campusg_domain::time::DAY_MS;
use campusg_robots::walkthrough::Scene;
use common::{
    Options, Server,
    desk::{CHARGE, SHARE},
    events::{KEY, STRANGE_KEY},
    gateway::{Gateway, free_address, settings},
    operator,
    wallet::{AT_ONCE, FEE, Till, available, collected, earner, owes, payout_until},
};
use std::{fs, time::Duration};

/// A server, and a gateway that sends it what it decides, signed with this key.
fn open(key: &str, server: &[&str]) -> Till {
    let address = free_address();
    let mut options = Options::virtual_clock(&[]);
    options.set = settings(address);
    options.set.extend([
        format!("policy.platform_fee_cents={FEE}"),
        format!("gateway.signing_secret={KEY}"),
    ]);
    options.set.extend(server.iter().map(ToString::to_string));
    let server = Server::start(options);
    let to = server.address().trim_start_matches("http://");
    let (key, to) = (
        format!("gateway.signing_secret={key}"),
        format!("sandbox.push_to={to}"),
    );
    let mut keys = AT_ONCE.to_vec();
    keys.extend([
        &*key,
        &*to,
        "sandbox.faults.duplicate_events=true",
        "sandbox.faults.reorder=true",
    ]);
    let gateway = Gateway::start_at(address, &keys);
    Till { gateway, server }
}

/// The server never asks for events but when it starts.
const UNASKED: &[&str] = &["gateway.events_poll_ms=3600000"];

/// Something of everything that a gateway decides later.
async fn decided_later(scene: &Scene) -> Result<(), Deviation> {
    for (account, state, left) in [
        ("acct_late", "paid", 0),
        ("acct_fails_late", "failed", SHARE),
        ("acct_sends_back", "sent_back", SHARE),
    ] {
        let ben = earner(scene, account).await?;
        ben.pay_out(SHARE).await?.is(201)?;
        payout_until(&ben, state).await?;
        assert_eq!(available(&ben).await?, left, "{account}");
    }
    for (card, kind, owed) in [
        ("tok_chargeback", "charged_back", CHARGE),
        ("tok_chargeback_won", "chargeback_won", 0),
        ("tok_chargeback_lost", "chargeback_lost", CHARGE),
    ] {
        let errand = collected(scene, card).await?;
        errand.customer.notice_of(kind).await?;
        owes(&errand.customer, owed).await?;
        assert_eq!(available(&errand.runner).await?, SHARE);
    }
    Ok(())
}

/// Waits until the gateway has sent as much as `last`.
async fn until_sent(till: &Till, last: u64) {
    let looking = async {
        while till.gateway.sent() < last {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), looking).await;
    waited.expect("the gateway sends its events");
}

async fn books(scene: &Scene) -> Result<Vec<Account>, Deviation> {
    operator(scene).accounts().await
}

#[tokio::test]
async fn what_the_gateway_decides_later_it_sends_and_sent_again_it_changes_nothing()
-> Result<(), Deviation> {
    let mut till = open(KEY, UNASKED);
    let scene = till.scene().await;
    decided_later(&scene).await?;
    scene.pass(DAY_MS).await?;
    decided_later(&scene).await?;
    till.agrees(&scene, 0).await?;

    let (before, last) = (books(&scene).await?, till.gateway.sent());
    assert!(last > 0, "the gateway knows what it has sent");
    till.gateway.kill();
    till.gateway.forget_what_was_sent();
    till.gateway.start_again();
    until_sent(&till, last).await;
    assert_eq!(books(&scene).await?, before);
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

/// A server that has lost its place in the events, and its memory of them, hears them all again when it starts.
#[tokio::test]
async fn a_lost_place_in_the_events_changes_nothing() -> Result<(), Deviation> {
    let mut till = open(KEY, UNASKED);
    let scene = till.scene().await;
    decided_later(&scene).await?;
    let before = books(&scene).await?;
    till.server.kill();
    let place = till.server.data().join("gateway.cursor");
    if place.exists() {
        fs::remove_file(&place).unwrap();
    }
    till.server.start_again();
    let scene = till.scene().await;
    assert_eq!(books(&scene).await?, before);
    let asked = fs::read_to_string(&place).unwrap();
    assert_ne!(asked, "0", "it has heard them again");
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

#[tokio::test]
async fn what_a_server_does_not_believe_it_asks_for() -> Result<(), Deviation> {
    let mut till = open(STRANGE_KEY, &["gateway.events_poll_ms=20"]);
    let scene = till.scene().await;
    decided_later(&scene).await?;
    assert_eq!(till.gateway.sent(), 0, "nothing that was sent was taken");
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}
