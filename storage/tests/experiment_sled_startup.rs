//! Pins how sled 0.34.7 reacts to what a kill during its start leaves behind: an unfinished `snap.*.generating` bricks the store for good,
//! and deleting such files before the open is enough.
//!
//! A fact of sled 0.34.7 (B1; its fix was never released), and the reason why our stores are opened the way they are.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

const KEYS: u32 = 1_000;

/// Opens the store. sled's own threads may hold its file lock for a moment after the last handle was dropped; no signal tells when they let go.
fn open(folder: &Path) -> sled::Result<sled::Db> {
    loop {
        match sled::open(folder) {
            Err(sled::Error::Io(locked))
                if locked.to_string().contains("could not acquire lock") =>
            {
                std::thread::yield_now();
            }
            opened => return opened,
        }
    }
}

/// A closed store that was opened twice, so that its folder holds a snapshot of its own.
fn closed_store() -> TempDir {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).unwrap();
    for n in 0..KEYS {
        store.insert(n.to_be_bytes(), &n.to_le_bytes()).unwrap();
    }
    store.flush().unwrap();
    drop(store);
    drop(open(folder.path()).unwrap());
    folder
}

fn the_snapshot(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut snapshots = files.filter(|path| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("snap.")
    });
    snapshots
        .next()
        .expect("sled writes a snapshot at each open")
}

/// Leaves what a kill leaves: a file of the snapshot's name and `.generating`, with so many quarters of its bytes.
fn leave_generating(folder: &Path, quarters: usize) -> PathBuf {
    let snapshot = the_snapshot(folder);
    let bytes = fs::read(&snapshot).unwrap();
    let left_over = snapshot.with_extension(format!(
        "{}.generating",
        snapshot.extension().unwrap().to_string_lossy()
    ));
    fs::write(&left_over, &bytes[..bytes.len() * quarters / 4]).unwrap();
    left_over
}

fn keys_in(folder: &Path) -> usize {
    open(folder).unwrap().iter().map(Result::unwrap).count()
}

/// Pins B1: with an unfinished left-over, empty or half written, each open is refused as corruption, also the second one.
#[test]
fn an_unfinished_generating_file_bricks_the_store() {
    for quarters in 0..4 {
        let folder = closed_store();
        leave_generating(folder.path(), quarters);
        for attempt in 1..=2 {
            let opened = open(folder.path());
            assert!(
                matches!(opened, Err(sled::Error::Corruption { .. })),
                "attempt {attempt} with {quarters} quarters: {opened:?}"
            );
        }
    }
}

/// Pins B1's mitigation: the old snapshot is removed only after the rename, so without the left-over everything is there.
#[test]
fn deleting_the_generating_file_before_the_open_brings_everything_back() {
    for quarters in 0..=4 {
        let folder = closed_store();
        let left_over = leave_generating(folder.path(), quarters);
        fs::remove_file(left_over).unwrap();
        assert_eq!(keys_in(folder.path()), KEYS as usize, "{quarters} quarters");
    }
}

/// Pins that a left-over does no harm when it was written to the end and only not renamed.
#[test]
fn a_finished_generating_file_is_read_like_a_snapshot() {
    let folder = closed_store();
    leave_generating(folder.path(), 4);
    assert_eq!(keys_in(folder.path()), KEYS as usize);
}
