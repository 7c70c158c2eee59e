//! Mended faults of a running server, each shown with its siblings and named after its kind. Where the program can't be told
//! what a test needs, such as a clock that is set, the server runs in the test's own process.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_actors::{
    port::{
        clock::{Clock as _, SystemClock},
        notifier::{NotDelivered, Notifier, Outgoing},
    },
    runtime::NewStore,
};
use campusg_client::{
    ApiRequest, Body, Deviation, Person, Wish, answer::Made, operation::desk, same,
};
use campusg_domain::{
    id::{Fingerprint, Principal},
    keys,
    notice::NoticeKind,
    stream::Meta,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
};
use campusg_robots::walkthrough::Launch;
use chrono::DateTime;
use common::{
    Options, Server,
    gateway::Gateway,
    in_process::{InProcess, SetClock},
    program, stop, text,
};
use futures_util::{StreamExt, future::BoxFuture, stream};
use serde_json::json;
use std::{fs, os::unix::fs::MetadataExt, path::Path, sync::Arc};
use tempfile::TempDir;

const ACCEPT: &str = "/api/admin/clock/accept";

/// Milliseconds from one time to another.
fn between(body: &Body, from: &str, to: &str) -> Result<i64, Deviation> {
    let time = |pointer: &str| {
        let time = DateTime::parse_from_rfc3339(body.text(pointer)?).unwrap();
        Ok::<_, Deviation>(time.timestamp_millis())
    };
    Ok(time(to)? - time(from)?)
}

fn is_about(found: i64, expected: i64) {
    assert!(
        found.abs_diff(expected) < 10_000,
        "{found} and not {expected}"
    );
}

#[tokio::test]
async fn b1_a_clock_that_jumps_is_not_ready_until_somebody_accepts_it() -> Result<(), Deviation> {
    let clock = SetClock::right();
    let server = InProcess::start(clock.clone(), None).await;
    let boss = server.operator().await;
    let (client, reason) = (boss.client(), json!({"reason": "It is summer."}));
    let ann = Person::customer(client, "Ann", "tok_visa").await?;
    client.send(&desk::ready()).await?.is(200)?;
    boss.post(ACCEPT, &reason)
        .await?
        .refuses(404, "not_found")?;

    let hour = i64::try_from(HOUR_MS).unwrap();
    clock.set(hour);
    let told = client.send(&desk::ready()).await?;
    let told = told.refuses(503, "clock_stepped")?;
    is_about(between(&told, "/now", "/clock_shows")?, hour);
    let alarm = boss.notice_of("clock_stepped").await?;
    same("which way", &alarm.data["back"], &json!(false))?;
    is_about(alarm.data["ms"].as_i64().unwrap(), hour);
    // Commands are taken all the same.
    ann.place_available(&Wish::lunch()).await?;
    ann.post(ACCEPT, &reason)
        .await?
        .refuses(403, "not_allowed")?;
    let accepted = boss.post(ACCEPT, &reason).await?.is(200)?;
    is_about(between(&accepted, "/from", "/now")?, hour);
    client.send(&desk::ready()).await?.is(200)?;
    boss.post(ACCEPT, &reason)
        .await?
        .refuses(404, "not_found")?;

    clock.set(0);
    let told = client.send(&desk::ready()).await?;
    let told = told.refuses(503, "clock_stepped")?;
    is_about(between(&told, "/now", "/clock_shows")?, -hour);
    boss.post(ACCEPT, &reason)
        .await?
        .refuses(409, "clock_set_back")?;
    clock.set(hour);
    client.send(&desk::ready()).await?.is(200)?;
    // What a time server corrects is followed without a word.
    clock.set(hour - 50_000);
    client.send(&desk::ready()).await?.is(200)?;
    server.stop().await;
    Ok(())
}

#[tokio::test]
async fn a2_the_key_after_the_last_that_is_kept_is_refused_until_the_oldest_is_over()
-> Result<(), Deviation> {
    let clock = SystemClock::new(true);
    let server = InProcess::start(Arc::new(clock.clone()), None).await;
    let boss = server.operator().await;
    let store = |n: u32| {
        let store = json!({"name": format!("Store {n}"), "place": "Hall 1"});
        ApiRequest::post("/api/stores", &store).with_key(format!("key-{n}"))
    };
    let first = boss.send(store(0)).await?.is(201)?;
    // All but the first and the last are given without HTTP, which is quicker.
    let given = stream::iter(2..keys::MOST).map(|n| {
        let meta = Meta::keyed(
            Principal::Operator(server.boss),
            "POST /api/stores",
            &format!("more-{n}"),
            Fingerprint(n.into()),
            "",
        );
        let store = NewStore {
            name: format!("Store {n}"),
            place: "Hall 2".into(),
            hours: None,
            paused: false,
        };
        let runtime = server.runtime.clone();
        async move { runtime.create_store(meta, store).await.unwrap() }
    });
    given.buffer_unordered(256).for_each(async |_| ()).await;
    boss.send(store(1)).await?.is(201)?;

    let refused = boss.send(store(2)).await?;
    let after: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    let refused = refused.refuses(429, "too_many_keys")?;
    same("the limit", refused.number("/limit")?, keys::MOST.into())?;
    assert!(
        after <= DAY_MS / 1_000 && after > (DAY_MS - 10 * MINUTE_MS) / 1_000,
        "{after}"
    );
    same("a repeat", boss.send(store(0)).await?.is(201)?, first)?;
    // Nobody else is concerned, and no command without a key.
    let ann = Person::customer(boss.client(), "Ann", "tok_visa").await?;
    ann.place(&Wish::lunch()).await?.is(201)?;
    let keyless = json!({"name": "Store", "place": "Hall 3"});
    boss.send(ApiRequest::post("/api/stores", &keyless))
        .await?
        .is(201)?;

    clock.advance(after * 1_000).unwrap();
    let boss = server.operator().await;
    boss.send(store(2)).await?.is(201)?;
    server.stop().await;
    Ok(())
}

/// Delivers all notices but those of accepted orders.
#[derive(Debug)]
struct Post;

impl Notifier for Post {
    fn deliver(&self, notice: Outgoing) -> BoxFuture<'static, Result<(), NotDelivered>> {
        let bounces = matches!(notice.kind, Some(NoticeKind::OrderAccepted) | None);
        Box::pin(async move {
            match bounces {
                true => Err(NotDelivered("no such address".into())),
                false => Ok(()),
            }
        })
    }
}

#[tokio::test]
async fn e3_a_notice_that_could_not_be_delivered_outside_says_so_and_no_other_does()
-> Result<(), Deviation> {
    let server = InProcess::start(SetClock::right(), Some(Arc::new(Post))).await;
    let boss = server.operator().await;
    let client = boss.client();
    let ann = Person::customer(client, "Ann", "tok_visa").await?;
    let ben = Person::runner(client, "Ben").await?;
    let (order, _) = ann.place_available(&Wish::lunch()).await?;
    ben.accept(&order).await?.is(200)?;
    let direct = json!({"user_id": ann.id, "title": "Hello", "message": "there"});
    let direct = boss
        .post("/api/notifications/send", &direct)
        .await?
        .is(201)?;

    let inbox = ApiRequest::get(format!("/api/notifications/user/{}?limit=100", ann.id));
    let failed = |notice: &Body| notice.says("/channels/1/status", "failed");
    let two_failed = |page: &Body| {
        let items = page.list("/items").unwrap_or_default();
        items.iter().filter(|it| failed(it)).count() == 2
    };
    let listed = ann.until(&inbox, "two failed", two_failed).await?;
    for notice in listed.list("/items")? {
        let bounces = notice.says("/kind", "order_accepted") || notice.0["id"] == direct.0["id"];
        let mut channels = vec![json!({"channel": "inbox", "status": "stored"})];
        if bounces {
            channels.push(json!({"channel": "outside", "status": "failed"}));
        }
        assert_eq!(notice.0["channels"], json!(channels), "{}", notice.0);
    }
    // Its reader has seen it all the same.
    let id = direct.read::<Made>()?.id;
    let read = format!("/api/notifications/{id}/read");
    ann.post(&read, &json!({})).await?.is(204)?;
    let listed: Body = ann.read(inbox).await?;
    let listed = listed.list("/items")?;
    let direct = listed.iter().find(|it| it.says("/id", &id)).unwrap();
    same("the inbox", direct.text("/channels/0/status")?, "delivered")?;
    assert!(failed(direct), "{}", direct.0);
    server.stop().await;
    Ok(())
}

#[tokio::test]
async fn e1_what_is_held_back_is_told_while_the_gateway_is_away() -> Result<(), Deviation> {
    let mut gateway = Gateway::start(&[]);
    let mut set = gateway.settings();
    set.push("gateway.breaker.failures=2".into());
    set.push("gateway.breaker.open_ms=200".into());
    set.push("runtime.placing_wait_ms=100".into());
    let server = Server::start(Options {
        set,
        ..Options::default()
    });
    let client = server.client();
    let boss = server.operator(&client).await;
    let ann = Person::customer(&client, "Ann", "tok_visa").await?;
    let held_back = |body: &Body| body.0["gateway"]["held_back"].clone();
    let none = json!([]);
    let ready = client.send(&desk::ready()).await?.is(200)?;
    same("what is held back", held_back(&ready), none.clone())?;

    gateway.kill();
    let order = ann.place(&Wish::lunch()).await?.is(201)?.read::<Made>()?.id;
    let authorisations = json!([{"calls": "authorize", "of": "gateway"}]);
    let open = |body: &Body| held_back(body) == authorisations;
    let ready: Body = ann
        .until(&desk::ready(), "authorisations held back", open)
        .await?;
    assert!(
        ready.says("/status", "ready") && !ready.has("/gateway/trouble"),
        "{}",
        ready.0
    );
    let actors = ApiRequest::get("/api/admin/actors");
    boss.until(&actors, "the same for operators", open).await?;

    gateway.start_again();
    let available = |order: &Body| order.says("/placement", "available");
    ann.order_until(&order, "available", available).await?;
    let closed = |body: &Body| held_back(body) == none;
    ann.until(&desk::ready(), "nothing held back", closed)
        .await?;
    // A card that nothing answers for is counted, and holds back nobody else.
    let bob = Person::customer(&client, "Bob", "tok_down").await?;
    bob.place(&Wish::lunch()).await?.is(201)?;
    let silent = |body: &Body| body.number("/gateway/silent_cards").is_ok_and(|n| n == 1);
    let ready: Body = ann.until(&desk::ready(), "a silent card", silent).await?;
    same("what is held back", held_back(&ready), none)
}

/// Starts a server at this address on a new folder, and stops it; what it logged.
fn started_and_stopped(listen: &str) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let arguments = ["serve", "--listen", listen, "--data", text(&data)];
    let launch = Launch {
        program: program(),
        arguments: arguments.map(Into::into).to_vec(),
        log: log.clone(),
    };
    stop(launch.start().unwrap());
    let said = fs::read_to_string(log).unwrap();
    (folder, said)
}

#[test]
fn e5_who_listens_on_all_addresses_is_warned() {
    for (listen, warned) in [("127.0.0.1:0", false), ("0.0.0.0:0", true)] {
        let (_, said) = started_and_stopped(listen);
        let mut lines = said.lines().filter(|line| line.contains("WARN"));
        let warns = lines.any(|line| line.contains("all addresses") && line.contains("plain HTTP"));
        assert_eq!(warns, warned, "{listen}: {said}");
        assert_eq!(said.contains("plain HTTP"), warned, "{listen}: {said}");
    }
}

/// What a folder takes on its disk, in bytes.
fn on_disk(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap();
    let of = |path: &Path| {
        let found = fs::symlink_metadata(path).unwrap();
        let own = found.blocks() * 512;
        own + if found.is_dir() { on_disk(path) } else { 0 }
    };
    entries.map(|entry| of(&entry.unwrap().path())).sum()
}

#[test]
fn e6_an_empty_data_folder_is_small() {
    const MIB: u64 = 1 << 20;
    let (folder, _) = started_and_stopped("127.0.0.1:0");
    let data = folder.path().join("data");
    let taken = on_disk(&data);
    assert!(taken <= 16 * MIB, "{taken}");
    let segments = fs::read_dir(data.join("journal")).unwrap();
    let segments = segments.map(|entry| entry.unwrap());
    let first = segments.min_by_key(fs::DirEntry::file_name).unwrap();
    let length = first.metadata().unwrap().len();
    assert!(length <= MIB, "{first:?}: {length}");
}
