//! The journal on a disk that fails, tears and forgets: what was acknowledged is there or the
//! journal refuses; a wrong value is never read.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod journal_common;

use campusg_storage::disk::faulty::FaultyDisk;
use campusg_storage::journal::{Journal, JournalFault, JournalOptions};
use journal_common::{
    Dice, SMALL, append, assert_all_right, assert_goes_on, dir, index, open, open_with, segment,
};

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
        let left_over = disk.bytes_of(&journal_common::dir().join("spare.tmp"));
        assert_eq!(left_over, None, "a failed attempt takes no room");

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
fn what_a_killed_process_left_unfinished_takes_no_room_from_the_next_segment() {
    let disk = FaultyDisk::new();
    let unfinished = journal_common::dir().join("spare.tmp");
    disk.overwrite(&unfinished, vec![0; 4000]);
    disk.set_capacity(Some(SMALL + 100));
    let mut journal = open(&disk).journal;
    append(&mut journal, &[10]).unwrap();
    assert_eq!(assert_all_right(&journal.reader()), 1);
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
fn live_through_crashes(seed: u64, options: JournalOptions) {
    let mut dice = Dice(seed);
    let disk = FaultyDisk::new();
    // What was told to someone: acknowledged, or shown by a reader after opening.
    let mut told = 0;
    let mut in_flight = 0;
    for _ in 0..6 {
        disk.cut_power_after(dice.below(120));
        if let Ok(opened) = Journal::open(disk.shared(), dir(), options) {
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
    let growing = JournalOptions {
        first_segment_bytes: SMALL,
        segment_bytes: 4 * SMALL,
    };
    for seed in 0..400 {
        live_through_crashes(seed, JournalOptions::of_one_size(SMALL));
    }
    for seed in 400..600 {
        live_through_crashes(seed, growing);
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
fn what_a_killed_process_created_is_made_durable_before_it_is_used() {
    for operations in 0..12 {
        let disk = FaultyDisk::new();
        disk.cut_power_after(operations);
        drop(open_with(&disk, SMALL));
        disk.process_kill();
        let mut journal = open(&disk).journal;
        append(&mut journal, &[10]).unwrap();
        for seed in 0..20 {
            let copy = disk.fork();
            copy.power_loss(seed);
            assert_eq!(
                assert_all_right(&open(&copy).journal.reader()),
                1,
                "killed after {operations}"
            );
        }
    }
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
