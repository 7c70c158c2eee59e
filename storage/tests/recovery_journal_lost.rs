//! A journal that ends before what was acknowledged, and a vault that lost keys: refused by every
//! way of opening, with nothing touched, and fine again once the backup is back.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod snapshot_common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use campusg_domain::record::Entry;
use campusg_storage::store::{Distrust, Store};
use campusg_storage::vault::VaultFault;
use campusg_storage::{StorageFault, rebuild, verify};
use snapshot_common::{assert_reads, busy, feed, open, options, start, town};
use tempfile::TempDir;

/// How the process that filled the folder ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Clean,
    Killed,
}

fn filled(dir: &Path, entries: &[Entry], end: End) {
    let store = start(dir, &busy());
    feed(&store, entries);
    match end {
        End::Clean => store.shutdown().unwrap(),
        End::Killed => {
            assert!(store.projector().checkpoint());
            drop(store);
        }
    }
}

fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

/// Every way of opening; each must refuse alike.
fn refusals(dir: &Path) -> Vec<StorageFault> {
    vec![
        Store::open(dir, &busy(), options()).unwrap_err(),
        rebuild::rebuild(dir, &busy(), options()).unwrap_err(),
        verify::verify(dir, &busy(), options(), |_| {}).unwrap_err(),
    ]
}

/// What must be the same after a refusal: the journal to the byte, and the snapshots' being there.
fn assert_untouched(before: &BTreeMap<PathBuf, Vec<u8>>, dir: &Path, what: &str) {
    let after = files(dir);
    let journal = |all: &BTreeMap<PathBuf, Vec<u8>>| -> BTreeMap<PathBuf, Vec<u8>> {
        let mine = all.iter().filter(|(path, _)| {
            path.starts_with(dir.join("journal")) && path.extension().is_some_and(|e| e == "seg")
        });
        mine.map(|(path, bytes)| (path.clone(), bytes.clone()))
            .collect()
    };
    assert!(journal(before) == journal(&after), "{what}: the journal");
    for name in ["hot/db", "archive/db", "TRUST"] {
        let path = dir.join(name);
        assert_eq!(
            before.contains_key(&path),
            after.contains_key(&path),
            "{what}: {name}"
        );
    }
}

fn assert_behind(dir: &Path, last: u64, known: u64, what: &str) {
    let before = files(dir);
    for fault in refusals(dir) {
        assert!(
            matches!(&fault, StorageFault::JournalBehind { path, last: l, known: k }
                if *path == dir.join("journal") && (*l, *k) == (last, known)),
            "{what}: {fault:?}"
        );
        let text = fault.to_string();
        assert!(text.contains("restore the journal from a backup"), "{text}");
    }
    assert_untouched(&before, dir, what);
}

#[test]
fn a_lost_journal_tail_is_refused_and_nothing_is_deleted() {
    let (_, entries) = town(20);
    let (half, all) = (entries.len() / 2, entries.len() as u64);
    for end in [End::Clean, End::Killed] {
        let (dir, older) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        filled(dir.path(), &entries, end);
        filled(older.path(), &entries[..half], End::Clean);
        let (journal, aside) = (dir.path().join("journal"), dir.path().join("aside"));
        fs::rename(&journal, &aside).unwrap();
        fs::rename(older.path().join("journal"), &journal).unwrap();
        assert_behind(dir.path(), half as u64, all, &format!("{end:?}"));

        fs::remove_dir_all(&journal).unwrap();
        fs::rename(&aside, &journal).unwrap();
        let opened = open(dir.path(), &busy());
        assert_eq!(opened.report.rebuilt, None, "{end:?}");
        assert_reads(opened.store.reads(), &entries);
    }
}

#[test]
fn a_lost_journal_tail_is_refused_even_if_only_the_mark_or_only_the_snapshots_know() {
    let (_, entries) = town(20);
    let (half, all) = (entries.len() / 2, entries.len() as u64);
    for gone in ["hot", "archive", "TRUST"] {
        let (dir, older) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        filled(dir.path(), &entries, End::Clean);
        filled(older.path(), &entries[..half], End::Clean);
        let path = dir.path().join(gone);
        let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
        fs::remove_dir_all(dir.path().join("journal")).unwrap();
        fs::rename(older.path().join("journal"), dir.path().join("journal")).unwrap();
        assert_behind(dir.path(), half as u64, all, gone);
    }
}

#[test]
fn a_lost_journal_is_refused_and_no_new_one_is_begun() {
    let (_, entries) = town(5);
    let dir = TempDir::new().unwrap();
    filled(dir.path(), &entries, End::Clean);
    let segments: Vec<PathBuf> = files(&dir.path().join("journal")).into_keys().collect();
    segments
        .iter()
        .for_each(|path| fs::remove_file(path).unwrap());
    assert_behind(dir.path(), 0, entries.len() as u64, "without segments");
    fs::remove_dir_all(dir.path().join("journal")).unwrap();
    assert_behind(dir.path(), 0, entries.len() as u64, "without its folder");

    // Nothing left that knows a number: the folder was in use all the same.
    for name in ["hot", "archive", "vault"] {
        fs::remove_dir_all(dir.path().join(name)).unwrap();
    }
    fs::remove_file(dir.path().join("TRUST")).unwrap();
    for fault in refusals(dir.path()) {
        assert!(
            matches!(fault, StorageFault::JournalLost { .. }),
            "{fault:?}"
        );
    }
    assert!(!dir.path().join("journal").exists(), "nothing is made up");
}

#[test]
fn a_journal_of_another_history_is_refused() {
    let (_, entries) = town(5);
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    filled(dir.path(), &entries, End::Clean);
    // The same records in other groups: another chain.
    let store = start(other.path(), &busy());
    entries
        .iter()
        .for_each(|entry| feed(&store, std::slice::from_ref(entry)));
    store.shutdown().unwrap();
    fs::remove_dir_all(dir.path().join("journal")).unwrap();
    fs::rename(other.path().join("journal"), dir.path().join("journal")).unwrap();
    for fault in refusals(dir.path()) {
        assert!(
            matches!(&fault, StorageFault::Damaged { path, .. } if *path == dir.path().join("journal")),
            "{fault:?}"
        );
    }
}

#[test]
fn a_bit_flip_in_an_acknowledged_last_group_is_not_cut_as_a_torn_one() {
    let (_, entries) = town(5);
    let all = entries.len() as u64;
    for end in [End::Clean, End::Killed] {
        let dir = TempDir::new().unwrap();
        filled(dir.path(), &entries[..entries.len() - 1], End::Clean);
        filled(dir.path(), &entries[entries.len() - 1..], end);
        let segment = dir.path().join("journal").join(first_segment(dir.path()));
        let whole = fs::read(&segment).unwrap();
        let mut flipped = whole.clone();
        let last = flipped.iter().rposition(|byte| *byte != 0).unwrap();
        flipped[last] ^= 0x40;
        fs::write(&segment, flipped).unwrap();
        assert_behind(dir.path(), all - 1, all, &format!("{end:?}"));
        fs::write(&segment, whole).unwrap();
        assert_reads(open(dir.path(), &busy()).store.reads(), &entries);
    }
}

fn first_segment(dir: &Path) -> String {
    let names = fs::read_dir(dir.join("journal")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| name.ends_with(".seg") && !name.starts_with("spare"))
        .min()
        .unwrap()
}

#[test]
fn a_first_start_that_was_killed_at_any_point_is_begun_again() {
    let whole = TempDir::new().unwrap();
    open(whole.path(), &busy());
    let steps: [&[&str]; 3] = [
        &[
            "format",
            "vault/server.key",
            "vault/keys",
            "hot",
            "archive",
            "TRUST",
        ],
        &["vault/server.key", "vault/keys", "hot", "archive", "TRUST"],
        &["vault/keys", "hot", "archive", "TRUST"],
    ];
    let first = first_segment(whole.path());
    for gone in &steps {
        let dir = TempDir::new().unwrap();
        open(dir.path(), &busy());
        assert!(dir.path().join("journal").join(&first).exists());
        for name in *gone {
            let path = dir.path().join(name);
            let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
        }
        assert_eq!(
            open(dir.path(), &busy()).report.rebuilt,
            Some(Distrust::New),
            "without {gone:?}"
        );
    }
}

#[test]
fn lost_keys_of_registered_people_are_refused_by_number() {
    let (_, entries) = town(5);
    let dir = TempDir::new().unwrap();
    filled(dir.path(), &entries, End::Clean);
    let path = dir.path().join("vault/keys");
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    let last = flipped.len() - 30;
    flipped[last] ^= 1;
    let people = whole.len() / 64;
    for (bytes, lost) in [
        (&flipped[..], 1),
        (&whole[..whole.len() - 64], 1),
        (&whole[..whole.len() - 10], 1),
        (&whole[..64], people - 1),
        (&[][..], people),
    ] {
        fs::write(&path, bytes).unwrap();
        for fault in refusals(dir.path()) {
            assert!(
                matches!(&fault, StorageFault::Vault(VaultFault::Incomplete { path: p, missing })
                    if *p == path && *missing == lost),
                "{fault:?}"
            );
            assert!(fault.to_string().contains("restore vault/keys"), "{fault}");
        }
        assert_eq!(fs::read(&path).unwrap(), bytes, "nothing is written");
    }
    fs::remove_file(&path).unwrap();
    for fault in refusals(dir.path()) {
        assert!(
            matches!(fault, StorageFault::Vault(VaultFault::Gone { .. })),
            "{fault:?}"
        );
    }
    fs::write(&path, whole).unwrap();
    assert_reads(open(dir.path(), &busy()).store.reads(), &entries);
}
