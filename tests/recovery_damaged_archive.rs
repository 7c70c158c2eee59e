//! A damaged archive, seen over HTTP: what has ended is there or cannot be read right now, and never unknown; all heals
//! without a hand, and operators can see it.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Client, Deviation, Person};
use campusg_robots::walkthrough::Errand;
use common::{Options, Server};
use std::{fs, path::Path, thread, time::Duration};

fn flip_a_bit_at_a_third(data: &Path) {
    let db = data.join("archive/db");
    let mut bytes = fs::read(&db).unwrap();
    let third = bytes.len() / 3;
    bytes[third] ^= 1;
    fs::write(db, bytes).unwrap();
}

fn break_the_configuration(data: &Path) {
    let conf = data.join("archive/conf");
    let mut bytes = fs::read(&conf).unwrap();
    bytes[0] ^= 1;
    fs::write(conf, bytes).unwrap();
}

fn put_hot_in_its_place(data: &Path) {
    fs::remove_dir_all(data.join("archive")).unwrap();
    copy(&data.join("hot"), &data.join("archive"));
}

fn remove_its_files(data: &Path) {
    for entry in fs::read_dir(data.join("archive")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::remove_file(path).unwrap();
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &place);
        } else {
            fs::copy(path, place).unwrap();
        }
    }
}

/// Whether the server says that its snapshots are whole.
async fn is_whole(client: &Client) -> Result<bool, Deviation> {
    let ready = client.send(&ApiRequest::get("/health/ready")).await?;
    Ok(ready.is(200)?.text("/snapshots")? == "whole")
}

/// Asks for every order; returns whether all of them could be read.
async fn all_are_known(errands: &[Errand]) -> Result<bool, Deviation> {
    let mut all = true;
    for errand in errands {
        let path = format!("/api/orders/{}", errand.order);
        let reply = errand.customer.get(&path).await?;
        if reply.status == 200 {
            continue;
        }
        all = false;
        assert!(reply.header("retry-after").is_some());
        reply.refuses(503, "being_restored")?;
    }
    Ok(all)
}

/// Operators have heard of each incident once when it began and once when it was over. Not every flipped bit is one.
async fn operators_are_told(operator: &Person, most: usize) -> Result<(), Deviation> {
    let path = format!("/api/notifications/user/{}", operator.id);
    for _ in 0..600 {
        let inbox = operator.get(&path).await?.is(200)?;
        let items = inbox.0["items"].as_array().cloned().unwrap_or_default();
        let told = |kind: &str| items.iter().filter(|item| item["kind"] == kind).count();
        let (damaged, whole) = (told("snapshots_damaged"), told("snapshots_whole"));
        assert!(damaged <= most && whole <= damaged);
        if whole > 0 && whole == damaged {
            return Ok(());
        }
        thread::park_timeout(Duration::from_millis(50));
    }
    panic!("operators were not told that the snapshots were damaged and are whole again")
}

#[tokio::test]
async fn v2_a_damaged_archive_answers_nothing_wrong_and_heals() -> Result<(), Deviation> {
    let mut server = Server::start(Options::default());
    let client = server.client();
    let mut errands = vec![];
    for (customer, runner) in [("Ann", "Ben"), ("Cem", "Dana"), ("Eve", "Finn")] {
        let card = "tok_visa";
        let wish = campusg_client::Wish::lunch();
        let errand = Errand::between(&client, (customer, runner), card, &wish).await?;
        errand.carry_to("completed").await?;
        errands.push(errand);
    }
    let operator = server.operator(&client).await;
    for damage in [
        flip_a_bit_at_a_third,
        break_the_configuration,
        put_hot_in_its_place,
        remove_its_files,
    ] {
        server.stop();
        damage(&server.data());
        server.start_again();
        client.move_to(server.address());
        // 60 s at most.
        for look in 0.. {
            let known = all_are_known(&errands).await?;
            if is_whole(&client).await? && known {
                break;
            }
            assert!(look < 1_200, "not whole after a minute: {}", server.log());
            thread::park_timeout(Duration::from_millis(50));
        }
    }
    operators_are_told(&operator, 4).await?;
    let actors = operator.get("/api/admin/actors").await?.is(200)?;
    assert_eq!(actors.text("/snapshots/condition")?, "whole");
    assert_eq!(actors.number("/snapshots/rebuilds")?, 1);
    assert!(server.log().contains("rebuilt from the journal"));
    server.stop();
    server.verify();
    Ok(())
}
