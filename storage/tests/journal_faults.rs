//! The journal on a disk that fails, tears and forgets: what was acknowledged is there or the
//! journal refuses; a wrong value is never read.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod journal_common;

use campusg_storage::disk::faulty::FaultyDisk;
use campusg_storage::journal::{Appended, JournalFault, Opened, verify};
use journal_common::{Dice, SMALL, all, append, assert_all_right, index, open, open_with, segment};

/// A disk with a few small groups in one segment, and where each of them starts and ends.
fn few_groups() -> (FaultyDisk, Vec<Group>) {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    let mut at = 0;
    let mut groups = Vec::new();
    for lens in [&[10, 0, 5][..], &[20], &[0], &[7, 30], &[3, 3, 3]] {
        let Appended {
            first_seq, bytes, ..
        } = append(&mut journal, lens).unwrap();
        groups.push(Group {
            start: at,
            end: at + bytes,
            first_seq,
            records: lens.len() as u64,
        });
        at += bytes;
    }
    (disk, groups)
}

#[derive(Clone, Copy)]
struct Group {
    start: u64,
    end: u64,
    first_seq: u64,
    records: u64,
}

/// Checks that exactly the records before `next_seq` are there, and that the journal goes on.
fn assert_goes_on(disk: &FaultyDisk, opened: Opened, next_seq: u64) {
    assert_eq!(opened.next_seq, next_seq);
    let mut journal = opened.journal;
    assert_eq!(assert_all_right(&journal.reader()), next_seq - 1);
    append(&mut journal, &[40, 2]).unwrap();
    drop(journal);
    let again = open(disk);
    assert_eq!(again.cut, None, "a cut leaves nothing behind");
    assert_eq!(assert_all_right(&again.journal.reader()), next_seq + 1);
}

#[test]
fn cut_at_every_byte_the_whole_groups_before_are_kept() {
    let (disk, groups) = few_groups();
    let good = disk.bytes_of(&segment(1)).unwrap();
    let end = groups.last().unwrap().end;
    for cut in groups[1].start..=end {
        let at = usize::try_from(cut).unwrap();
        let mut zeroed = good.clone();
        zeroed[at..].fill(0);
        let whole = |bytes: &[u8]| {
            let same = |g: &&Group| {
                let range = usize::try_from(g.start).unwrap()..usize::try_from(g.end).unwrap();
                bytes.get(range.clone()) == Some(&good[range])
            };
            groups
                .iter()
                .take_while(same)
                .map(|g| g.records)
                .sum::<u64>()
        };
        for bytes in [good[..at].to_vec(), zeroed] {
            let next_seq = whole(&bytes) + 1;
            let copy = disk.fork();
            copy.overwrite(&segment(1), bytes);
            let opened = open(&copy);
            assert_goes_on(&copy, opened, next_seq);
        }
    }
}

#[test]
fn every_flipped_byte_is_cut_in_the_last_group_and_refused_before_it() {
    let (disk, groups) = few_groups();
    let good = disk.bytes_of(&segment(1)).unwrap();
    let last = *groups.last().unwrap();
    for group in &groups[1..] {
        for at in group.start..group.end {
            for mask in [0x01, 0x80, 0xFF] {
                let mut bytes = good.clone();
                bytes[usize::try_from(at).unwrap()] ^= mask;
                let copy = disk.fork();
                copy.overwrite(&segment(1), bytes);
                match open_with(&copy, SMALL) {
                    Ok(opened) => {
                        assert_eq!(group.start, last.start, "byte {at}");
                        let cut = opened.cut.clone().unwrap();
                        assert_eq!((cut.offset, cut.sequence), (last.start, last.first_seq));
                        assert_goes_on(&copy, opened, last.first_seq);
                    }
                    Err(JournalFault::Damaged {
                        segment: path,
                        offset,
                        sequence,
                        ..
                    }) => {
                        assert_ne!(group.start, last.start, "byte {at}");
                        let place = (path, offset, sequence);
                        assert_eq!(
                            place,
                            (segment(1), group.start, group.first_seq),
                            "byte {at}"
                        );
                    }
                    Err(other) => panic!("byte {at}: {other}"),
                }
            }
        }
    }
}

#[test]
fn bytes_far_behind_the_last_group_are_refused_and_near_ones_cut() {
    let disk = FaultyDisk::new();
    let mut journal = open_with(&disk, 4 << 20).unwrap().journal;
    let end = usize::try_from(append(&mut journal, &[10]).unwrap().bytes).unwrap();
    drop(journal);
    let good = disk.bytes_of(&segment(1)).unwrap();
    for (at, is_cut) in [
        (end + 5000, true),
        (end + (2 << 20), false),
        ((4 << 20) - 1, false),
    ] {
        let mut bytes = good.clone();
        bytes[at] = 1;
        let copy = disk.fork();
        copy.overwrite(&segment(1), bytes);
        match open_with(&copy, 4 << 20) {
            Ok(opened) => {
                assert!(is_cut);
                assert_eq!((opened.next_seq, opened.cut.unwrap().sequence), (2, 2));
                assert_eq!(copy.bytes_of(&segment(1)).unwrap(), good);
            }
            Err(refused) => assert!(
                !is_cut && matches!(refused, JournalFault::Damaged { .. }),
                "{refused}"
            ),
        }
    }
}

#[test]
fn every_flipped_byte_of_a_sealed_segment_is_noticed_by_readers_and_verify() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    for _ in 0..60 {
        append(&mut journal, &[60, 20]).unwrap();
    }
    let good_records = all(&journal.reader());
    drop(journal);
    let good = disk.bytes_of(&segment(1)).unwrap();
    for at in (0..good.len()).step_by(7) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        let copy = disk.fork();
        copy.overwrite(&segment(1), bytes);
        let reader = open(&copy).journal.reader();
        for (found, expected) in reader.read_from(1).zip(&good_records) {
            match found {
                Ok(found) => assert_eq!(found.payload, expected.payload),
                Err(fault) => assert!(matches!(fault, JournalFault::Damaged { .. }), "{fault}"),
            }
        }
        for expected in &good_records[..40] {
            if let Ok(found) = reader.read_at(expected.seq) {
                assert_eq!(found.unwrap().payload, expected.payload, "byte {at}");
            }
        }
        let refused = verify(&reader, |_| {}).unwrap_err();
        assert!(
            matches!(&refused, JournalFault::Damaged { segment: path, .. } if *path == segment(1))
        );
    }
}

#[test]
fn an_empty_newest_segment_lets_the_one_before_be_checked_whole() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    let mut second = 0;
    while second == 0 {
        let appended = append(&mut journal, &[300]).unwrap();
        let rotated = disk.bytes_of(&segment(appended.first_seq)).is_some();
        second = if rotated && appended.first_seq > 1 {
            appended.first_seq
        } else {
            0
        };
    }
    drop(journal);
    disk.overwrite(&segment(second), vec![0; 4096]);
    let opened = open(&disk);
    assert_eq!((opened.next_seq, opened.cut.clone()), (second, None));
    drop(opened);
    let mut bytes = disk.bytes_of(&segment(1)).unwrap();
    bytes[200] ^= 1;
    disk.overwrite(&segment(1), bytes);
    let refused = open_with(&disk, SMALL).unwrap_err();
    assert!(matches!(refused, JournalFault::Damaged { .. }), "{refused}");
}

#[test]
fn a_full_disk_refuses_appends_reads_go_on_and_room_is_found_again() {
    for hidden in [false, true] {
        let disk = FaultyDisk::new();
        disk.set_capacity(Some(3 * SMALL + 2000));
        disk.hide_free_space(hidden);
        let mut journal = open(&disk).journal;
        let reader = journal.reader();
        let mut acked = 0;
        let refused = loop {
            match append(&mut journal, &[200, 100]) {
                Ok(_) => acked += 2,
                Err(refused) => break refused,
            }
        };
        assert!(
            matches!(refused, JournalFault::StorageFull { .. }),
            "{refused}"
        );
        assert!(journal.space_is_short());
        assert!(acked > 20);
        assert_eq!(assert_all_right(&reader), acked);
        let refused = append(&mut journal, &[200, 100]).unwrap_err();
        assert!(
            matches!(refused, JournalFault::StorageFull { .. }),
            "still full: {refused}"
        );

        disk.set_capacity(None);
        append(&mut journal, &[200, 100]).unwrap();
        assert_eq!(assert_all_right(&reader), acked + 2);
        assert!(!journal.space_is_short());
        drop(journal);
        disk.power_loss(7);
        assert_eq!(assert_all_right(&open(&disk).journal.reader()), acked + 2);
    }
}

#[test]
fn a_disk_without_room_for_one_segment_is_refused_and_left_clean() {
    let disk = FaultyDisk::new();
    disk.set_capacity(Some(SMALL - 1));
    disk.hide_free_space(true);
    let refused = open_with(&disk, SMALL).unwrap_err();
    assert!(
        matches!(refused, JournalFault::StorageFull { .. }),
        "{refused}"
    );
    disk.set_capacity(None);
    assert_goes_on(&disk, open(&disk), 1);
}

#[test]
fn after_a_failed_sync_nothing_is_written_any_more() {
    for nth in 1..=40 {
        let disk = FaultyDisk::new();
        let mut journal = open(&disk).journal;
        disk.fail_sync(".seg", nth);
        let mut acked = 0;
        let broken = loop {
            match append(&mut journal, &[200]) {
                Ok(_) => acked += 1,
                Err(broken) => break broken,
            }
        };
        assert!(matches!(broken, JournalFault::Broken { .. }), "{broken}");
        assert_eq!(acked, nth - 1);
        assert_eq!(
            assert_all_right(&journal.reader()),
            acked,
            "the failed group is not shown"
        );
        for _ in 0..3 {
            let refused = append(&mut journal, &[1]).unwrap_err();
            assert!(matches!(refused, JournalFault::Broken { .. }), "{refused}");
        }
        drop(journal);
        disk.power_loss(nth);
        assert_goes_on(&disk, open(&disk), acked + 1);
    }
}

#[test]
fn after_a_failed_write_nothing_is_written_any_more_and_its_half_is_cut() {
    for nth in 1..=40 {
        let disk = FaultyDisk::new();
        let mut journal = open(&disk).journal;
        disk.fail_write(".seg", nth);
        let acked = (0..100)
            .take_while(|_| append(&mut journal, &[200]).is_ok())
            .count() as u64;
        assert_eq!(acked, nth - 1);
        let refused = append(&mut journal, &[1]).unwrap_err();
        assert!(matches!(refused, JournalFault::Broken { .. }), "{refused}");
        drop(journal);
        let opened = open(&disk);
        assert_eq!(opened.cut.as_ref().unwrap().sequence, nth);
        assert_goes_on(&disk, opened, nth);
    }
}

#[test]
fn a_failed_directory_sync_at_rotation_breaks_the_journal() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    disk.fail_dir_sync(1);
    let acked = (0..100)
        .take_while(|_| append(&mut journal, &[500]).is_ok())
        .count() as u64;
    assert_eq!(acked, 7, "the first segment holds seven groups");
    let refused = append(&mut journal, &[1]).unwrap_err();
    assert!(matches!(refused, JournalFault::Broken { .. }), "{refused}");
    drop(journal);
    disk.power_loss(1);
    assert_goes_on(&disk, open(&disk), acked + 1);
}

#[test]
fn short_writes_are_continued() {
    for longest in [1, 7, 511] {
        let disk = FaultyDisk::new();
        disk.short_writes(Some(longest));
        let mut journal = open(&disk).journal;
        for _ in 0..30 {
            append(&mut journal, &[100, 3]).unwrap();
        }
        drop(journal);
        disk.power_loss(longest as u64);
        assert_eq!(assert_all_right(&open(&disk).journal.reader()), 60);
    }
}

/// Runs a journal through several crashes: power losses and kills at random operations, while
/// opening as well as while writing.
fn live_through_crashes(seed: u64) {
    let mut dice = Dice(seed);
    let disk = FaultyDisk::new();
    // What was told to someone: acknowledged, or shown by a reader after opening.
    let mut told = 0;
    let mut in_flight = 0;
    for _ in 0..6 {
        disk.cut_power_after(dice.below(120));
        if let Ok(opened) = open_with(&disk, SMALL) {
            assert!(
                opened.next_seq > told,
                "seed {seed}: {told} told, next is {}",
                opened.next_seq
            );
            let mut journal = opened.journal;
            told = assert_all_right(&journal.reader());
            loop {
                let lens: Vec<usize> = (0..=dice.below(4))
                    .map(|_| usize::try_from(dice.below(700)).unwrap())
                    .collect();
                in_flight = lens.len() as u64;
                if append(&mut journal, &lens).is_err() {
                    break;
                }
                told += in_flight;
            }
        }
        if dice.below(3) == 0 {
            disk.process_kill();
        } else {
            disk.power_loss(dice.below(u64::MAX));
        }
        let copy = disk.fork();
        let last = assert_all_right(&open(&copy).journal.reader());
        assert!(
            last == told || last == told + in_flight,
            "seed {seed}: {told} told, {last} there"
        );
    }
}

#[test]
fn every_acknowledged_record_survives_power_losses_and_kills() {
    for seed in 0..400 {
        live_through_crashes(seed);
    }
}

#[test]
fn a_group_found_after_a_kill_survives_a_power_loss_once_it_was_shown() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    append(&mut journal, &[10]).unwrap();
    disk.fail_sync(".seg", 1);
    append(&mut journal, &[20]).unwrap_err();
    drop(journal);
    // The sync that failed lost the page's dirty mark; a kill before the sync does not.
    let group = disk.bytes_of(&segment(1)).unwrap();
    let copy = FaultyDisk::new();
    let mut journal = open(&copy).journal;
    append(&mut journal, &[10]).unwrap();
    drop(journal);
    copy.shared()
        .open(&segment(1))
        .unwrap()
        .write_all_at(0, &group)
        .unwrap();
    copy.process_kill();
    assert_eq!(open(&copy).next_seq, 3);
    copy.power_loss(0);
    assert_eq!(assert_all_right(&open(&copy).journal.reader()), 2);
}

#[test]
fn an_index_that_could_not_be_written_is_not_missed() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    disk.fail_write(".idx.tmp", 1);
    for _ in 0..40 {
        append(&mut journal, &[300]).unwrap();
    }
    drop(journal);
    assert!(disk.bytes_of(&index(1)).is_none());
    assert_eq!(assert_all_right(&open(&disk).journal.reader()), 40);
}
