//! What a lost power supply, a damaged file and a strange folder do to the
//! snapshots: nothing that can be read, or a refusal that names its path.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod snapshot_common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use campusg_storage::store::{Distrust, Store};
use campusg_storage::{StorageConfig, StorageFault};
use snapshot_common::{NOW_MS, assert_reads, busy, feed, open, options, sled_at, start, town};
use tempfile::TempDir;

fn filled(dir: &Path) -> Vec<campusg_domain::record::Entry> {
    let (_, entries) = town(20);
    let store = start(dir, &busy());
    feed(&store, &entries);
    store.shutdown().unwrap();
    entries
}

/// Writes a mark with its checksum.
fn write_trust(dir: &Path, mark: &str) {
    let mark = mark.trim_end();
    let checksum = crc32c::crc32c(mark.as_bytes());
    fs::write(dir.join("TRUST"), format!("{mark} {checksum:08x}\n")).unwrap();
}

fn trust(dir: &Path) -> String {
    fs::read_to_string(dir.join("TRUST")).unwrap()
}

#[test]
fn a_clean_stop_is_believed_after_a_restart_of_the_machine() {
    let dir = TempDir::new().unwrap();
    let entries = filled(dir.path());
    let text = trust(dir.path());
    assert!(text.contains(" clean "), "{text}");
    write_trust(dir.path(), "7 another-boot clean");
    let opened = open(dir.path(), &busy());
    assert_eq!(opened.report.rebuilt, None);
    assert_eq!(opened.report.folded, 0);
    assert!(trust(dir.path()).contains(" open "));
    assert_reads(opened.store.reads(), &entries);
}

#[test]
fn after_a_power_loss_both_stores_are_rebuilt() {
    for text in ["7 another-boot open\n", "8 another-boot clean\n", "", "7\n"] {
        let dir = TempDir::new().unwrap();
        let entries = filled(dir.path());
        write_trust(dir.path(), text);
        let told = Arc::new(AtomicU64::new(0));
        let mut options = options();
        let teller = Arc::clone(&told);
        options.progress =
            Box::new(move |progress| teller.store(progress.folded.0, Ordering::Relaxed));
        let opened = Store::open(dir.path(), &busy(), options).unwrap();
        let why = opened.report.rebuilt.unwrap();
        let expected = match text {
            "7 another-boot open\n" => Distrust::OtherBoot,
            "8 another-boot clean\n" => Distrust::OtherVersion,
            _ => Distrust::NoMark,
        };
        assert_eq!(why, expected, "{text:?}");
        assert_eq!(opened.report.folded, entries.len() as u64);
        assert_eq!(told.load(Ordering::Relaxed), entries.len() as u64);
        assert_reads(opened.store.reads(), &entries);
    }
}

#[test]
fn a_missing_mark_or_store_means_a_rebuild() {
    for gone in ["TRUST", "hot", "archive"] {
        let dir = TempDir::new().unwrap();
        let entries = filled(dir.path());
        let path = dir.path().join(gone);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        let opened = open(dir.path(), &busy());
        assert!(opened.report.rebuilt.is_some(), "without {gone}");
        assert_reads(opened.store.reads(), &entries);
    }
}

#[test]
fn damaged_hot_files_are_moved_aside_and_rebuilt() {
    let dir = TempDir::new().unwrap();
    let entries = filled(dir.path());
    let hot = dir.path().join("hot");
    fs::write(hot.join("conf"), b"this is no configuration of sled").unwrap();
    let opened = open(dir.path(), &busy());
    assert!(
        matches!(opened.report.rebuilt, Some(Distrust::Damaged(_))),
        "{:?}",
        opened.report
    );
    assert_reads(opened.store.reads(), &entries);
    assert!(dir.path().join(format!("hot.damaged-{NOW_MS}")).is_dir());
}

#[test]
fn a_damaged_value_is_noticed_and_everything_rebuilt() {
    let dir = TempDir::new().unwrap();
    let entries = filled(dir.path());
    let hot = sled_at(&dir.path().join("hot"));
    let (key, _) = hot.scan_prefix("u/").next().unwrap().unwrap();
    hot.insert(key, b"\x00nonsense").unwrap();
    hot.flush().unwrap();
    drop(hot);
    let opened = open(dir.path(), &busy());
    assert!(
        matches!(opened.report.rebuilt, Some(Distrust::Damaged(_))),
        "{:?}",
        opened.report
    );
    assert_reads(opened.store.reads(), &entries);
}

#[test]
fn left_over_snapshots_of_sled_do_not_stop_a_start() {
    let dir = TempDir::new().unwrap();
    let entries = filled(dir.path());
    for name in ["hot", "archive"] {
        fs::write(dir.path().join(name).join("snap.zzzz.generating"), b"torn").unwrap();
    }
    let opened = open(dir.path(), &busy());
    assert_eq!(opened.report.rebuilt, None);
    assert_reads(opened.store.reads(), &entries);
}

#[test]
fn a_folder_in_use_is_refused_by_name() {
    let dir = TempDir::new().unwrap();
    let _first = open(dir.path(), &busy());
    let second = Store::open(dir.path(), &busy(), options());
    let Err(StorageFault::InUse { path }) = second else {
        panic!("{second:?}")
    };
    assert_eq!(path, dir.path().join("lock"));
}

#[test]
fn a_newer_folder_is_refused_by_name() {
    let dir = TempDir::new().unwrap();
    filled(dir.path());
    fs::write(dir.path().join("format"), "campusg data 7\n").unwrap();
    let fault = Store::open(dir.path(), &busy(), options()).unwrap_err();
    assert!(
        matches!(&fault, StorageFault::Newer { path, found: 7, known: 6 } if *path == dir.path().join("format"))
    );
    assert!(fault.to_string().contains("format 7"), "{fault}");
}

#[test]
fn an_older_folder_is_refused_with_both_formats_and_left_as_it_is() {
    let dir = TempDir::new().unwrap();
    filled(dir.path());
    let format = dir.path().join("format");
    let kept = fs::read_to_string(&format).unwrap();
    assert!(kept.starts_with("campusg data 6 "), "{kept}");
    fs::write(&format, "campusg data 1\n").unwrap();
    let before = everything(dir.path());
    let fault = Store::open(dir.path(), &busy(), options()).unwrap_err();
    assert!(matches!(&fault, StorageFault::Older { path, found: 1, known: 6 } if *path == format));
    let said = fault.to_string();
    assert!(
        said.contains("format 1") && said.contains("format 6"),
        "{said}"
    );
    assert_eq!(everything(dir.path()), before);
    fs::write(&format, kept).unwrap();
    Store::open(dir.path(), &busy(), options()).unwrap();
}

#[test]
fn a_new_folder_takes_little_room() {
    let dir = TempDir::new().unwrap();
    let store = start(dir.path(), &StorageConfig::default());
    while !dir.path().join("journal/spare.seg").exists() {
        std::thread::yield_now();
    }
    store.shutdown().unwrap();
    let bytes: usize = everything(dir.path()).values().map(Vec::len).sum();
    assert!((3 << 20..=8 << 20).contains(&bytes), "{bytes}");
}

/// Every file below a folder, with its bytes.
fn everything(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(everything(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn a_folder_that_can_not_be_made_is_refused_by_name() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, b"").unwrap();
    let fault = Store::open(&file.join("data"), &busy(), options()).unwrap_err();
    assert!(
        matches!(&fault, StorageFault::Unwritable { .. }),
        "{fault:?}"
    );
    assert!(
        fault.to_string().contains(file.to_str().unwrap()),
        "{fault}"
    );
}

#[test]
fn a_journal_without_its_format_or_secrets_is_refused_by_name() {
    for gone in ["format", "vault/server.key"] {
        let dir = TempDir::new().unwrap();
        filled(dir.path());
        let path = dir.path().join(gone);
        fs::remove_file(&path).unwrap();
        let fault = Store::open(dir.path(), &busy(), options()).unwrap_err();
        assert!(
            fault.to_string().contains(path.to_str().unwrap()),
            "{fault}"
        );
        assert!(!path.exists(), "nothing is made up");
    }
}

#[test]
fn a_damaged_journal_is_refused_by_name() {
    let dir = TempDir::new().unwrap();
    filled(dir.path());
    let segment = fs::read_dir(dir.path().join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension().is_some_and(|end| end == "seg") && !path.ends_with("spare.seg")
        })
        .max()
        .unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    bytes[200] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let fault = Store::open(dir.path(), &busy(), options()).unwrap_err();
    assert!(
        matches!(&fault, StorageFault::Damaged { path, .. } if *path == segment),
        "{fault:?}"
    );
}

#[test]
fn settings_out_of_range_are_refused_before_anything_is_touched() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let config = StorageConfig {
        segment_mib: 0,
        ..busy()
    };
    let fault = Store::open(&data, &config, options()).unwrap_err();
    assert!(fault.to_string().contains("storage.segment_mib"), "{fault}");
    assert!(!data.exists());
}

#[test]
fn a_first_start_that_was_cut_short_before_its_mark_begins_again() {
    let folder = TempDir::new().unwrap();
    drop(open(folder.path(), &busy()));
    fs::remove_file(folder.path().join("TRUST")).unwrap();
    let opened = open(folder.path(), &busy());
    assert_eq!(opened.report.rebuilt, Some(Distrust::New));
}
