//! The idempotency keys that a start reads from the journal's end.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod snapshot_common;

use campusg_domain::{
    id::{Fingerprint, Principal, Seq, Stream, UserId},
    keys::{KEPT_MS, Keys},
    record::{Entry, Events, Record},
    stream::Meta,
    time::At,
};
use campusg_storage::{OpenOptions, store::Store};
use snapshot_common::{NOW_MS, calm, feed, open, options, start};
use std::{collections::BTreeSet, path::Path};

/// More than two strides of the search for the beginning.
const RECORDS: u64 = 12_000;

/// Records of two and a half days; a third of them have no key.
fn entries() -> Vec<Entry> {
    let step = KEPT_MS * 5 / 2 / RECORDS;
    let entry = |n: u64| {
        let user = UserId::from_bytes([u8::try_from(n % 7).unwrap(); 16]);
        let meta = Meta {
            keyed: !n.is_multiple_of(3),
            ..Meta::keyed(
                Principal::User(user),
                "test",
                &n.to_string(),
                Fingerprint(n),
                "test",
            )
        };
        // Streams are written at once, so times are a little out of order.
        let at = At(NOW_MS + n * step - n % 5 * 1_000);
        let events = Events::Inbox(vec![]);
        let record = Record::of_owner(
            Stream::Inbox(user),
            Seq(n.saturating_sub(7)),
            at,
            &meta,
            events,
        );
        Entry {
            seq: Seq(n),
            record,
        }
    };
    (1..=RECORDS).map(entry).collect()
}

fn folded(entries: &[Entry]) -> Known {
    let mut keys = Keys::default();
    let records = entries.iter();
    records.for_each(|entry| keys.fold(entry.seq, &entry.record));
    known(&keys)
}

/// Every key that is known, with its caller, its record, and its age.
type Known = BTreeSet<(Option<UserId>, u64, Seq, u64)>;

fn known(keys: &Keys) -> Known {
    let known = keys.known();
    known
        .map(|(caller, command, seq, age)| (caller, command.0, seq, age))
        .collect()
}

fn read(dir: &Path, options: OpenOptions) -> Known {
    let opened = Store::open(dir, &calm(), options).unwrap();
    opened.store.close().unwrap();
    known(&opened.boot.keys)
}

#[test]
fn a2_a_start_finds_the_keys_of_a_day_with_snapshots_without_them_and_after_a_kill() {
    let (dir, entries) = (tempfile::tempdir().unwrap(), entries());
    assert!(open(dir.path(), &calm()).boot.keys.is_empty());
    let expected = folded(&entries);
    let day = entries.len() * 2 / 5 * 2 / 3;
    assert!(expected.len().abs_diff(day) < 50, "{}", expected.len());
    let store = start(dir.path(), &calm());
    feed(&store, &entries);
    drop(store);
    assert_eq!(read(dir.path(), options()), expected, "after a kill");
    assert_eq!(read(dir.path(), options()), expected, "after a stop");
    let rebuild = OpenOptions {
        rebuild: true,
        ..options()
    };
    assert_eq!(read(dir.path(), rebuild), expected, "rebuilt");
}

#[test]
fn a_journal_of_less_than_a_day_is_read_from_its_first_record() {
    let (dir, entries) = (tempfile::tempdir().unwrap(), entries());
    let few = &entries[..10];
    let store = start(dir.path(), &calm());
    feed(&store, few);
    drop(store);
    assert_eq!(read(dir.path(), options()), folded(few));
    assert_eq!(folded(few).len(), 7);
}

/// The clock was two days ahead for some records, and was put right: the times of the journal go forward and back.
#[test]
fn a2_a_start_finds_the_keys_of_a_day_though_the_clock_was_wrong() {
    let mut entries = entries();
    let jump = |entries: &mut [Entry], n: usize, ms: i64| {
        let of_system = Events::System(vec![]);
        entries[n].record.stream = Stream::System;
        entries[n].record.events = of_system;
        for entry in &mut entries[n..] {
            entry.record.at = At(entry.record.at.0.checked_add_signed(ms).unwrap());
        }
    };
    let days = i64::try_from(2 * KEPT_MS).unwrap();
    let last = entries.len();
    jump(&mut entries, last - 3_000, days);
    jump(&mut entries, last - 1_000, -days);
    jump(&mut entries, last - 500, -days);
    let dir = tempfile::tempdir().unwrap();
    let store = start(dir.path(), &calm());
    feed(&store, &entries);
    drop(store);
    let expected = folded(&entries);
    let day = entries.len() * 2 / 5 * 2 / 3;
    assert!(expected.len().abs_diff(day) < 50, "{}", expected.len());
    assert_eq!(read(dir.path(), options()), expected);
}
