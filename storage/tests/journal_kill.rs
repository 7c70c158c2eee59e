//! `kill -9` while the journal is being written: every acknowledged record is there afterwards.
//!
//! The test starts its own program again as a child that appends and prints what was
//! acknowledged; the parent reads some of it and kills the child at that moment.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod journal_common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use campusg_storage::disk::RealDisk;
use campusg_storage::journal::{Journal, JournalOptions};
use journal_common::{Dice, append, assert_all_right};

const FOLDER: &str = "CAMPUSG_TEST_JOURNAL_FOLDER";
/// Segments that grow, so that a kill falls into each size.
const OPTIONS: JournalOptions = JournalOptions {
    first_segment_bytes: 4 << 10,
    segment_bytes: 32 << 10,
};
const KILLS: u64 = 30;

/// Not a test by itself: the program the other test starts and kills.
#[test]
fn child_that_appends_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let mut journal = Journal::open(RealDisk::shared(), Path::new(&folder), OPTIONS)
        .unwrap()
        .journal;
    let mut out = std::io::stdout();
    writeln!(out, "opened {}", journal.next_seq() - 1).unwrap();
    for round in 0_usize..100_000 {
        append(&mut journal, &[round % 400, 50]).unwrap();
        writeln!(out, "acknowledged {}", journal.next_seq() - 1).unwrap();
    }
}

fn start_child(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "child_that_appends_until_it_is_killed",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Reads `lines` lines, kills, and returns the highest sequence that was printed at all.
fn kill_after(mut child: Child, lines: u64) -> u64 {
    let mut told = 0;
    let mut read = 0;
    let out = BufReader::new(child.stdout.take().unwrap());
    for line in out.lines() {
        let line = line.unwrap();
        if let Some((_, seq)) = line
            .split_once("opened ")
            .or_else(|| line.split_once("acknowledged "))
        {
            told = seq.parse().unwrap();
        }
        read += 1;
        if read == lines {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    told
}

#[test]
fn every_acknowledged_record_survives_kills() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice(4);
    let mut before = 0;
    for round in 0..KILLS {
        let told = kill_after(start_child(folder.path()), 1 + dice.below(150));
        let opened = Journal::open(RealDisk::shared(), folder.path(), OPTIONS).unwrap();
        let there = opened.next_seq - 1;
        assert!(
            there >= told && there <= told.max(before) + 2,
            "round {round}: {told} told, {there} there"
        );
        assert_eq!(assert_all_right(&opened.journal.reader()), there);
        before = there;
    }
    assert!(
        before > KILLS * 50,
        "the kills must hit a writer at work, not only its start: {before}"
    );
}
