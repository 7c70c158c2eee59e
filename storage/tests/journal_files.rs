//! The journal on a disk that works: writing, reading, segments, indexes, locks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod journal_common;

use campusg_storage::disk::RealDisk;
use campusg_storage::disk::faulty::FaultyDisk;
use campusg_storage::journal::{
    GENESIS, Journal, JournalFault, JournalOptions, JournalReader, RawRecord,
};
use journal_common::{
    SMALL, all, append, assert_all_right, dir, index, open, open_with, segment, tag_of,
};
use proptest::prelude::*;

#[test]
fn what_was_appended_is_read_back_after_opening_again() {
    let disk = FaultyDisk::new();
    let first = open(&disk);
    assert_eq!((first.head, first.next_seq, first.cut), (GENESIS, 1, None));
    let mut journal = first.journal;
    let one = append(&mut journal, &[3, 0, 100]).unwrap();
    let two = append(&mut journal, &[50]).unwrap();
    assert_eq!((one.first_seq, two.first_seq), (1, 4));
    assert_eq!(one.bytes, 64 + 3 * 12 + 103);
    assert_eq!(assert_all_right(&journal.reader()), 4);
    drop(journal);

    let again = open(&disk);
    assert_eq!((again.head, again.next_seq, again.cut), (two.head, 5, None));
    let records = all(&again.journal.reader());
    assert_eq!(
        records.iter().map(|r| r.written_ms).collect::<Vec<_>>(),
        [1001, 1001, 1001, 1004]
    );
    assert_eq!(assert_all_right(&again.journal.reader()), 4);
}

#[test]
fn another_segment_size_holds_from_the_next_segment_on() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    append(&mut journal, &[10]).unwrap();
    wait_for_spare(&disk);
    drop(journal);
    let mut journal = open_with(&disk, 4 * SMALL).unwrap().journal;
    while append(&mut journal, &[500]).unwrap().first_seq < 30 {}
    let lengths: Vec<usize> = sequences(&disk, ".seg")
        .into_iter()
        .map(|first| disk.bytes_of(&segment(first)).unwrap().len())
        .collect();
    assert_eq!(lengths, [4096, 16_384]);
    assert_eq!(assert_all_right(&journal.reader()), 30);
}

const GROWING: JournalOptions = JournalOptions {
    first_segment_bytes: SMALL,
    segment_bytes: 4 * SMALL,
};

fn open_growing(disk: &FaultyDisk) -> Journal {
    Journal::open(disk.shared(), dir(), GROWING)
        .unwrap()
        .journal
}

fn segment_lengths(disk: &FaultyDisk) -> Vec<u64> {
    let length = |first| disk.bytes_of(&segment(first)).unwrap().len() as u64;
    sequences(disk, ".seg").into_iter().map(length).collect()
}

#[test]
fn segments_grow_from_a_small_first_one_over_restarts_too() {
    let disk = FaultyDisk::new();
    let mut journal = open_growing(&disk);
    wait_for_spare(&disk);
    assert_eq!(segment_lengths(&disk), [SMALL]);
    for round in 0..100 {
        append(&mut journal, &[500]).unwrap();
        if round % 7 == 6 {
            drop(journal);
            journal = open_growing(&disk);
        }
    }
    let sizes = [1, 2, 4, 4, 4].map(|times| times * SMALL);
    assert_eq!(segment_lengths(&disk), sizes);
    assert_eq!(assert_all_right(&journal.reader()), 100);
}

#[test]
fn a_group_that_is_larger_than_the_first_segment_begins_the_second() {
    for before in [0, 1] {
        let disk = FaultyDisk::new();
        let mut journal = open_growing(&disk);
        for _ in 0..before {
            append(&mut journal, &[10]).unwrap();
        }
        let most = journal.max_body_bytes() - 12;
        assert!(most as u64 > SMALL);
        append(&mut journal, &[most]).unwrap();
        append(&mut journal, &[most]).unwrap();
        let refused = append(&mut journal, &[most + 1]).unwrap_err();
        assert!(
            matches!(refused, JournalFault::GroupTooLarge { .. }),
            "{refused}"
        );
        drop(journal);
        let again = open_growing(&disk);
        assert_eq!(assert_all_right(&again.reader()), before + 2);
        let sizes = [1, 2, 4].map(|times| times * SMALL);
        let skipped = usize::from(before == 0);
        assert_eq!(segment_lengths(&disk), sizes[skipped..]);
    }
}

#[test]
fn one_group_is_one_sync() {
    let disk = FaultyDisk::new();
    let mut journal = open_with(&disk, 1 << 16).unwrap().journal;
    append(&mut journal, &[10]).unwrap();
    wait_for_spare(&disk);
    let before = disk.syncs();
    for _ in 0..10 {
        append(&mut journal, &[10, 20, 30]).unwrap();
    }
    assert_eq!(disk.syncs(), (before.0 + 10, before.1));
}

/// The helper's own syncs are over once the finished spare has its name.
fn wait_for_spare(disk: &FaultyDisk) {
    while disk.bytes_of(&dir().join("spare.seg")).is_none() {
        std::thread::yield_now();
    }
}

#[test]
fn time_never_goes_back_even_over_a_restart() {
    let disk = FaultyDisk::new();
    let record = [RawRecord {
        tag: tag_of(0),
        payload: b"x",
    }];
    let mut journal = open(&disk).journal;
    assert_eq!(journal.append(&record, 500).unwrap().written_ms, 500);
    assert_eq!(journal.append(&record, 400).unwrap().written_ms, 500);
    drop(journal);
    let mut journal = open(&disk).journal;
    assert_eq!(journal.append(&record, 1).unwrap().written_ms, 500);
    assert_eq!(journal.append(&record, 501).unwrap().written_ms, 501);
}

#[test]
fn many_small_segments_read_as_one() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    let mut expected = 0;
    for round in 0..300_usize {
        let lens = vec![round % 97; 1 + round % 5];
        append(&mut journal, &lens).unwrap();
        expected += lens.len() as u64;
    }
    let reader = journal.reader();
    assert_eq!(assert_all_right(&reader), expected);
    let tail: Vec<u64> = reader
        .read_from(expected - 2)
        .map(|r| r.unwrap().seq)
        .collect();
    assert_eq!(tail, [expected - 2, expected - 1, expected]);
    assert_eq!(reader.read_from(expected + 1).count(), 0);
    drop(journal);
    assert!(
        disk.bytes_of(&index(1)).is_some(),
        "an index beside the sealed segment"
    );
    let again = open(&disk);
    assert_eq!(assert_all_right(&again.journal.reader()), expected);
}

#[test]
fn records_larger_than_a_block_and_up_to_the_limit() {
    let disk = FaultyDisk::new();
    let mut journal = open_with(&disk, 64 << 10).unwrap().journal;
    let most = journal.max_body_bytes() - 12;
    append(&mut journal, &[5000, 1, 9000]).unwrap();
    append(&mut journal, &[most]).unwrap();
    append(&mut journal, &[1]).unwrap();
    let refused = append(&mut journal, &[most + 1]).unwrap_err();
    assert!(
        matches!(refused, JournalFault::GroupTooLarge { .. }),
        "{refused}"
    );
    let refused = append(&mut journal, &[]).unwrap_err();
    assert!(
        matches!(refused, JournalFault::GroupCount { count: 0 }),
        "{refused}"
    );
    append(&mut journal, &[2]).unwrap();
    assert_eq!(assert_all_right(&journal.reader()), 6);
}

#[test]
fn a_lost_or_damaged_index_is_built_again() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    for _ in 0..100 {
        append(&mut journal, &[100, 10]).unwrap();
    }
    drop(journal);
    let good = disk.bytes_of(&index(1)).unwrap();
    let newest_index = sequences(&disk, ".idx").pop().unwrap();
    let of_another = disk.bytes_of(&index(sequences(&disk, ".idx")[1])).unwrap();
    let damages = [
        Vec::new(),
        good[..50].to_vec(),
        flipped(&good, 20),
        flipped(&good, good.len() - 1),
        of_another,
    ];
    for damage in damages {
        let copy = disk.fork();
        copy.overwrite(&index(1), damage);
        copy.overwrite(&index(newest_index), Vec::new());
        let again = open(&copy);
        assert_eq!(assert_all_right(&again.journal.reader()), 200);
        assert_eq!(copy.bytes_of(&index(1)).unwrap(), good, "written again");
    }
}

fn sequences(disk: &FaultyDisk, ending: &str) -> Vec<u64> {
    let names = disk.shared().list(dir()).unwrap();
    let mut found: Vec<u64> = names
        .iter()
        .filter_map(|name| name.strip_suffix(ending)?.parse().ok())
        .collect();
    found.sort_unstable();
    found
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 0x40;
    bytes
}

#[test]
fn a_missing_segment_is_refused() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    for _ in 0..100 {
        append(&mut journal, &[100, 10]).unwrap();
    }
    drop(journal);
    for lost in sequences(&disk, ".seg") {
        let copy = disk.fork();
        copy.shared().remove(&segment(lost)).unwrap();
        let refused = open_with(&copy, SMALL).unwrap_err();
        assert!(
            matches!(refused, JournalFault::MissingSegment { sequence, .. } if sequence == lost),
            "segment {lost}: {refused}"
        );
    }
}

#[test]
fn a_second_writer_is_kept_out_and_told_the_lock_file() {
    let folder = tempfile::tempdir().unwrap();
    let options = JournalOptions::of_one_size(SMALL);
    let place = folder.path().join("a/b/journal");
    let first = Journal::open(RealDisk::shared(), &place, options).unwrap();
    let refused = Journal::open(RealDisk::shared(), &place, options).unwrap_err();
    assert!(matches!(refused, JournalFault::Locked { .. }), "{refused}");
    assert!(
        refused
            .to_string()
            .contains(&place.join("lock").display().to_string()),
        "{refused}"
    );
    drop(first);
    Journal::open(RealDisk::shared(), &place, options).unwrap();
}

#[test]
fn the_real_disk_holds_a_journal_too() {
    let folder = tempfile::tempdir().unwrap();
    let options = JournalOptions::of_one_size(SMALL);
    let mut journal = Journal::open(RealDisk::shared(), folder.path(), options)
        .unwrap()
        .journal;
    for round in 0..200 {
        append(&mut journal, &[round, 30]).unwrap();
    }
    drop(journal);
    let copy = JournalReader::open(RealDisk::shared(), folder.path()).unwrap();
    assert_eq!(assert_all_right(&copy), 400);
    let again = Journal::open(RealDisk::shared(), folder.path(), options).unwrap();
    assert_eq!(again.next_seq, 401);
    assert_eq!(assert_all_right(&again.journal.reader()), 400);
}

#[test]
fn a_read_only_view_takes_no_lock_and_changes_nothing() {
    let disk = FaultyDisk::new();
    let nothing = JournalReader::open(disk.shared(), dir()).unwrap_err();
    assert!(
        matches!(nothing, JournalFault::NoJournal { .. }),
        "{nothing}"
    );
    let mut journal = open(&disk).journal;
    append(&mut journal, &[10, 20]).unwrap();
    append(&mut journal, &[30]).unwrap();
    let reader = JournalReader::open(disk.shared(), dir()).unwrap();
    assert_eq!(assert_all_right(&reader), 3);
    drop(journal);

    let mut torn = disk.bytes_of(&segment(1)).unwrap();
    let last = torn.iter().rposition(|byte| *byte != 0).unwrap();
    torn[last] ^= 1;
    disk.overwrite(&segment(1), torn.clone());
    let reader = JournalReader::open(disk.shared(), dir()).unwrap();
    assert_eq!(assert_all_right(&reader), 2);
    assert_eq!(disk.bytes_of(&segment(1)).unwrap(), torn);
}

#[test]
fn a_reader_beside_the_writer_sees_whole_records_only_and_all_of_them_in_the_end() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    let reader = journal.reader();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| follow(&reader, 2000)))
            .collect();
        for round in 0..1000 {
            append(&mut journal, &[round % 200, 40]).unwrap();
        }
        for handle in readers {
            handle.join().unwrap();
        }
    });
    assert_eq!(assert_all_right(&journal.reader()), 2000);
}

fn follow(reader: &JournalReader, until: u64) {
    let mut next = 1;
    while next <= until {
        for record in reader.read_from(next) {
            let record = record.unwrap();
            assert_eq!(record.seq, next);
            assert_eq!(
                record.payload,
                journal_common::payload_of(next, record.payload.len())
            );
            next += 1;
        }
        let (last, _) = reader.head();
        assert!(last + 1 >= next);
        if last > 0 {
            let seq = 1 + (next * 7919) % last;
            assert_eq!(reader.read_at(seq).unwrap().unwrap().seq, seq);
        }
        std::thread::yield_now();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_batches_in_any_segments_are_read_back(
        lives in prop::collection::vec(
            prop::collection::vec(prop::collection::vec(0_usize..600, 1..6), 0..20), 1..4),
        segment_bytes in 4096_u64..20_000,
        first_segment_bytes in 4096_u64..20_000,
    ) {
        let disk = FaultyDisk::new();
        let mut lens = Vec::new();
        let mut head = GENESIS;
        for batches in lives {
            let options = JournalOptions { first_segment_bytes, segment_bytes };
            let opened = Journal::open(disk.shared(), dir(), options).unwrap();
            prop_assert_eq!((opened.head, opened.next_seq), (head, lens.len() as u64 + 1));
            let mut journal = opened.journal;
            for batch in batches {
                head = append(&mut journal, &batch).unwrap().head;
                lens.extend(batch);
            }
            let reader = journal.reader();
            prop_assert_eq!(assert_all_right(&reader), lens.len() as u64);
            let found: Vec<usize> = all(&reader).iter().map(|record| record.payload.len()).collect();
            prop_assert_eq!(&found, &lens);
        }
    }
}
