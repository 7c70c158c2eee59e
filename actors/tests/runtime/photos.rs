//! Photos through a whole runtime: what serves no order is swept in time, what a command refers to never.

use crate::common::{House, PATIENCE, Settings, picture, plain};
use campusg_actors::runtime::RuntimeConfig;
use campusg_domain::{
    id::{OrderId, PhotoId, Principal, UserId},
    money::Cents,
    order::{Command, Offer, Problem, ProposalKind},
    time::{HOUR_MS, MINUTE_MS},
};
use std::time::Duration;

async fn upload(house: &House, user: UserId, bytes: Vec<u8>) -> PhotoId {
    let stored = house.runtime.store_photo(plain(user), bytes).await;
    stored.unwrap()
}

async fn is_there(house: &House, photo: PhotoId) -> bool {
    house.runtime.photo(photo).await.unwrap().is_some()
}

/// Waits until a photo is gone, which no record tells of. The clock goes on meanwhile: a sweep that had begun before it was
/// moved looks again only in a while.
async fn until_gone(house: &House, photo: PhotoId) {
    let waiting = async {
        while is_there(house, photo).await {
            house.advance(1);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "{photo} was never swept");
}

/// An order at the store.
async fn on_site(house: &House) -> (UserId, OrderId) {
    let customer = house.customer("ada", "tok_visa").await;
    let runner = house.runner("rosa").await;
    let order = house.place(customer).await.id;
    let me = Principal::User(runner);
    for command in [Command::Accept { runner }, Command::ArriveOnSite] {
        house.give(me, order, command).await.unwrap();
    }
    (runner, order)
}

fn other(photo: PhotoId) -> Command {
    Command::ReportProblem {
        kind: Problem::Other,
        photo: Some(photo),
        note: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn photos_that_serve_no_order_are_swept_and_no_others_also_after_a_restart() {
    let house = House::with(Settings {
        runtime: RuntimeConfig {
            photo_sweep_ms: 1,
            ..RuntimeConfig::default()
        },
        ..Settings::default()
    })
    .await;
    let (runner, order) = on_site(&house).await;
    let me = Principal::User(runner);
    let [orphan, offered, noted, receipt] = {
        let mut photos = [PhotoId::from_bytes([0; 16]); 4];
        for (n, photo) in (0..).zip(&mut photos) {
            *photo = house.photo(runner, n).await;
        }
        photos
    };
    let offer = Offer {
        kind: ProposalKind::SoldOut,
        total: None,
        items: vec![],
        photo: offered,
    };
    for command in [
        Command::Propose { offer, note: None },
        Command::Withdraw { proposal: 1 },
        other(noted),
        Command::Purchase {
            total: Cents(2150),
            photo: Some(receipt),
        },
    ] {
        house.give(me, order, command).await.unwrap();
    }
    house.advance(23 * HOUR_MS);
    let late = house.photo(runner, 9).await;
    house.advance(2 * HOUR_MS);
    until_gone(&house, orphan).await;
    for kept in [offered, noted, receipt, late] {
        assert!(is_there(&house, kept).await, "{kept}");
    }
    let house = house.restart().await;
    let ready = || house.runtime.readiness();
    while !ready().archive {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    house.advance(24 * HOUR_MS);
    until_gone(&house, late).await;
    for kept in [offered, noted, receipt] {
        assert!(is_there(&house, kept).await, "{kept}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_photo_that_a_command_refers_to_outlives_every_sweep() {
    let house = House::with(Settings {
        runtime: RuntimeConfig {
            photo_sweep_ms: 1,
            photo_keep_ms: 1,
            ..RuntimeConfig::default()
        },
        ..Settings::default()
    })
    .await;
    let (runner, order) = on_site(&house).await;
    let me = Principal::User(runner);
    let (mut kept, mut swept) = (vec![], 0);
    for n in 0..250_u8 {
        let photo = upload(&house, runner, picture(n)).await;
        let sweep = async {
            for _ in 0..n % 8 {
                tokio::task::yield_now().await;
            }
            house.advance(2);
        };
        let (told, ()) = tokio::join!(house.give(me, order, other(photo)), sweep);
        match told {
            Ok(_) => kept.push(photo),
            Err(refusal) => {
                assert_eq!(refusal.code(), "invalid_field", "{refusal}");
                until_gone(&house, photo).await;
                swept += 1;
            }
        }
    }
    house.advance(MINUTE_MS);
    let last = upload(&house, runner, picture(255)).await;
    house.advance(MINUTE_MS);
    until_gone(&house, last).await;
    for photo in &kept {
        assert!(is_there(&house, *photo).await, "{photo} is referred to");
    }
    assert_eq!((kept.len() + swept, kept.is_empty()), (250, false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_begins_like_a_picture_is_refused() {
    let house = House::new().await;
    let user = house.register("ada").await;
    let whole = picture(1);
    let mut broken = whole.clone();
    let pixels = broken
        .windows(4)
        .position(|bytes| bytes == b"IDAT")
        .unwrap()
        + 6;
    broken[pixels] ^= 0xff;
    for bytes in [vec![], b"soup".to_vec(), whole[..40].to_vec(), broken] {
        let refused = house.runtime.store_photo(plain(user), bytes).await;
        assert_eq!(refused.unwrap_err().code(), "invalid_field");
    }
    upload(&house, user, whole).await;
}
