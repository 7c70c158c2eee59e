//! Pins the order of a checkpoint over two sleds: archive, flush, hot, `applied`, flush. Killed (SIGKILL) at random moments, also while it
//! opens, no key that `applied` promises is missing, and no store refuses to open once left-over `snap.*.generating` files are deleted.
//!
//! A fact of sled 0.34.7 against the death of the process; it says nothing of a power loss (its flush is no fsync).
//! 60 kills and some by default; `CAMPUSG_CHECKPOINT_KILLS=400 cargo nextest run -p campusg-storage --test experiment_checkpoint_kill` makes 400.
//! A folder sees 12 kills in turn: one while the stores are made, the others in checkpoints, and every fourth time the recovery is killed too.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]
#![allow(
    clippy::disallowed_methods,
    reason = "the moment of the kill is a random time, not a signal: that is the experiment"
)]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use tempfile::TempDir;

const KILLS_VAR: &str = "CAMPUSG_CHECKPOINT_KILLS";
const FOLDER_VAR: &str = "CAMPUSG_CHECKPOINT_FOLDER";
const KILLS: u64 = 60;
/// A new folder after so many kills, so that the making of the stores is killed too.
const KILLS_PER_FOLDER: u64 = 12;
/// Orders that are live at once: record n places order n and ends order n - LIVE.
const LIVE: u64 = 500;
/// Records of one checkpoint.
const CHECKPOINT: u64 = 200;
/// Longest time from the first checkpoint to the kill.
const KILL_WITHIN_US: u64 = 60_000;
/// Longest time from the start of the process to the kill, when its opening is killed.
const KILL_OPENING_WITHIN_US: u64 = 20_000;
const BEGUN: &str = "checkpoints begin";
const APPLIED: &[u8] = b"m/applied";

struct Stores {
    hot: sled::Db,
    archive: sled::Db,
}

impl Stores {
    /// Opens both as production does: left-overs of a killed start are deleted first, and nothing flushes but the checkpoint.
    fn open(folder: &Path) -> Self {
        Self {
            hot: open(&folder.join("hot")),
            archive: open(&folder.join("archive")),
        }
    }

    fn applied(&self) -> u64 {
        let value = self.hot.get(APPLIED).unwrap();
        value.map_or(0, |bytes| {
            u64::from_be_bytes(bytes.as_ref().try_into().unwrap())
        })
    }

    /// The order of the acts is what the experiment is about.
    fn checkpoint(&self, records: RangeInclusive<u64>) {
        let ended = records
            .clone()
            .filter_map(|n| n.checked_sub(LIVE).filter(|order| *order > 0));
        for order in ended.clone() {
            self.archive.insert(key(order), value(order)).unwrap();
        }
        self.archive.flush().unwrap();
        for order in records.clone() {
            self.hot.insert(key(order), value(order)).unwrap();
        }
        for order in ended {
            self.hot.remove(key(order)).unwrap();
        }
        self.hot
            .insert(APPLIED, &records.end().to_be_bytes())
            .unwrap();
        self.hot.flush().unwrap();
    }

    /// Every order that `applied` promises is where a reader looks for it, whole. What lies beyond is repeated from the journal.
    fn verify(&self) {
        let applied = self.applied();
        let (hot, archive) = (orders_in(&self.hot), orders_in(&self.archive));
        for order in 1..=applied {
            let ended = order + LIVE <= applied;
            let there = archive.contains(&order) || !ended && hot.contains(&order);
            assert!(there, "order {order} is missing below applied = {applied}");
        }
    }
}

fn open(store: &Path) -> sled::Db {
    delete_left_overs(store);
    let config = sled::Config::new()
        .path(store)
        .cache_capacity(64 << 20)
        .flush_every_ms(None);
    loop {
        match config.open() {
            Ok(opened) => return opened,
            // sled's own threads may hold the file lock for a moment after the last handle was dropped; no signal tells when they let go.
            Err(sled::Error::Io(locked))
                if locked.to_string().contains("could not acquire lock") =>
            {
                thread::yield_now();
            }
            Err(refused) => panic!("{} refuses to open: {refused}", store.display()),
        }
    }
}

fn delete_left_overs(store: &Path) {
    let Ok(files) = fs::read_dir(store) else {
        return;
    };
    for path in files.map(|entry| entry.unwrap().path()) {
        if path
            .extension()
            .is_some_and(|extension| extension == "generating")
        {
            fs::remove_file(path).unwrap();
        }
    }
}

fn key(order: u64) -> Vec<u8> {
    [b"o/", order.to_be_bytes().as_slice()].concat()
}

/// 256 bytes that tell whether they belong to the order.
fn value(order: u64) -> Vec<u8> {
    order.to_be_bytes().repeat(32)
}

fn orders_in(store: &sled::Db) -> HashSet<u64> {
    let entries = store.scan_prefix(b"o/").map(Result::unwrap);
    let orders = entries.map(|(found, bytes)| {
        let order = u64::from_be_bytes(found[2..].try_into().unwrap());
        assert_eq!(bytes, value(order), "order {order} has a wrong value");
        order
    });
    orders.collect()
}

/// The child's side: checkpoints until it is killed. As a test of its own it has nothing to do.
#[test]
fn child() {
    let Some(folder) = env::var_os(FOLDER_VAR) else {
        return;
    };
    let stores = Stores::open(folder.as_ref());
    writeln!(std::io::stdout(), "{BEGUN}").unwrap();
    loop {
        let applied = stores.applied();
        stores.checkpoint(applied + 1..=applied + CHECKPOINT);
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

fn wait_for_checkpoints(child: &mut Child) {
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    let begun = lines.any(|line| line.unwrap().ends_with(BEGUN));
    assert!(begun, "the child ended before its first checkpoint");
}

/// Kills it with SIGKILL; fails if it had ended before, as it does when a store refuses to open.
fn kill(mut child: Child, within_us: u64) {
    thread::sleep(Duration::from_micros(random() % within_us));
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), None, "it ended before the kill");
}

fn kill_in_a_checkpoint(folder: &Path) {
    let mut child = start_child(folder);
    wait_for_checkpoints(&mut child);
    kill(child, KILL_WITHIN_US);
}

fn kill_while_opening(folder: &Path) {
    kill(start_child(folder), KILL_OPENING_WITHIN_US);
}

fn random() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes)
}

/// Pins B3: after each kill both stores open and hold everything up to `applied`; over all kills the checkpoints went on.
#[test]
fn no_kill_loses_what_applied_promises() {
    let folders = env::var(KILLS_VAR)
        .map_or(KILLS, |text| text.parse().unwrap())
        .div_ceil(KILLS_PER_FOLDER);
    for _ in 0..folders {
        let folder = TempDir::new().unwrap();
        kill_while_opening(folder.path());
        for kill in 2..=KILLS_PER_FOLDER {
            kill_in_a_checkpoint(folder.path());
            if kill % 4 == 0 {
                // The recovery from that kill is killed too; the stores were not opened in between.
                kill_while_opening(folder.path());
            }
            Stores::open(folder.path()).verify();
        }
        let applied = Stores::open(folder.path()).applied();
        assert!(
            applied > KILLS_PER_FOLDER * CHECKPOINT,
            "applied = {applied}: nothing was interrupted"
        );
    }
}
