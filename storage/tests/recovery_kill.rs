//! Kills (SIGKILL) at random moments, in commits, checkpoints and recoveries.
//!
//! `CAMPUSG_RECOVERY_KILLS=400 cargo nextest run -p campusg-storage --test recovery_kill` makes more.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]
#![allow(
    clippy::disallowed_methods,
    reason = "the moment of the kill is a random time, not a signal"
)]

mod snapshot_common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{env, thread};

use campusg_storage::store::{Distrust, Store};
use campusg_storage::{OpenOptions, StorageConfig};
use snapshot_common::{NOW_MS, assert_reads, busy, calm, feed, folds, hash_of, open, town};
use tempfile::TempDir;

const KILLS_VAR: &str = "CAMPUSG_RECOVERY_KILLS";
const FOLDER_VAR: &str = "CAMPUSG_RECOVERY_FOLDER";
const KILLS: u64 = 40;
/// Orders of the town; the same in the child and here, so both know every record.
const ORDERS: usize = 120;
const BEGUN: &str = "records begin";
const KILL_WITHIN_US: u64 = 25_000;
const KILL_OPENING_WITHIN_US: u64 = 60_000;

/// The child's side: feeds what is missing until it is killed. As a test of its own it has nothing
/// to do.
#[test]
fn child() {
    let Some(folder) = env::var_os(FOLDER_VAR) else {
        return;
    };
    let (_, entries) = town(ORDERS);
    // A clock that goes on by itself, so that checkpoints are made by time and by number.
    let clock = AtomicU64::new(NOW_MS);
    let options = OpenOptions::new(move || clock.fetch_add(1, Ordering::Relaxed));
    let config = StorageConfig {
        dirty_keys: 100,
        ..busy()
    };
    writeln!(std::io::stdout(), "opens").unwrap();
    let opened = Store::open(folder.as_ref(), &config, options).unwrap();
    assert_eq!(
        opened.report.rebuilt.filter(|why| *why != Distrust::New),
        None
    );
    let done = usize::try_from(opened.boot.folded.0).unwrap();
    let store = opened.store.start(vec![], |why| panic!("{why}")).unwrap();
    writeln!(std::io::stdout(), "{BEGUN}").unwrap();
    for part in entries[done..].chunks(5) {
        feed(&store, part);
    }
    // Everything is there: wait for the kill.
    loop {
        thread::park();
    }
}

fn start_child(folder: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(FOLDER_VAR, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait_for(child: &mut Child, what: &str) {
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    let said = lines.any(|line| line.unwrap().ends_with(what));
    assert!(said, "the child ended before it said {what:?}");
}

fn kill(mut child: Child, what: &str, within_us: u64) {
    wait_for(&mut child, what);
    thread::sleep(Duration::from_micros(random() % within_us));
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), None, "it ended before the kill");
}

fn random() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes)
}

/// After each kill, also of a recovery, the snapshots go on from their last checkpoint, without a
/// rebuild, and say exactly what the records say.
#[test]
fn no_kill_changes_what_the_snapshots_say() {
    let kills = env::var(KILLS_VAR).map_or(KILLS, |text| text.parse().unwrap());
    let (_, entries) = town(ORDERS);
    let mut folder = TempDir::new().unwrap();
    let (mut last, mut folded_again) = (0, 0);
    for n in 1..=kills {
        if n % 5 == 0 {
            kill(start_child(folder.path()), "opens", KILL_OPENING_WITHIN_US);
        }
        kill(start_child(folder.path()), BEGUN, KILL_WITHIN_US);
        let opened = open(folder.path(), &calm());
        assert!(
            matches!(opened.report.rebuilt, None | Some(Distrust::New)),
            "{:?}",
            opened.report
        );
        let there = usize::try_from(opened.boot.folded.0).unwrap();
        assert!(there >= last, "{there} records after {last}");
        let known = &entries[..there];
        assert_reads(opened.store.reads(), known);
        assert_eq!(
            hash_of(opened.store.reads(), known),
            folds(known).state_hash()
        );
        folded_again += opened.report.folded;
        last = there;
        drop(opened);
        if there == entries.len() {
            folder = TempDir::new().unwrap();
            last = 0;
        }
    }
    assert!(
        folded_again > kills,
        "only {folded_again} records were folded again: nothing was interrupted"
    );
}
