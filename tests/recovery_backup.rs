//! A backup made as the README says is enough: what was kept is copied, the rest is left behind, and an order that was
//! open goes on to its end.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::Deviation;
use campusg_robots::walkthrough::Errand;
use common::{Options, Server};
use std::{fs, path::Path};

/// What the README says to keep.
fn kept() -> Vec<&'static str> {
    let readme = include_str!("../README.md");
    let (_, after) = readme
        .split_once("keep copies of the stopped server's")
        .unwrap();
    let (named, _) = after.split_once("; the rest is rebuilt").unwrap();
    named
        .split('`')
        .skip(1)
        .step_by(2)
        .map(|name| name.trim_end_matches('/'))
        .collect()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

#[tokio::test]
async fn an_open_order_goes_on_from_a_backup() -> Result<(), Deviation> {
    let mut server = Server::start(Options::default());
    let client = server.client();
    let errand = Errand::at(&client, "on-site").await?;
    server.stop();

    let (data, old) = (server.data(), server.data().with_extension("old"));
    fs::rename(&data, &old).unwrap();
    fs::create_dir(&data).unwrap();
    let optional = ["gateway", "campusg.toml", "demo-logins.json"];
    for name in kept() {
        let from = old.join(name);
        assert!(
            from.exists() || optional.contains(&name),
            "{name} is not there"
        );
        if from.exists() {
            copy(&from, &data.join(name));
        }
    }
    server.verify();
    server.start_again();
    client.move_to(server.address());
    errand.carry_to("completed").await?;
    errand.until_collection("collected").await?;
    server.stop();
    server.verify();
    Ok(())
}
