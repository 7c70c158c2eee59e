//! A journal whose bytes were changed, cut or lost behind its back: a torn last group is cut,
//! anything else is refused or noticed; a wrong value is never read.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod journal_common;

use campusg_storage::disk::faulty::FaultyDisk;
use campusg_storage::journal::{Appended, Flaw, JournalFault, verify};
use journal_common::{SMALL, all, append, assert_goes_on, open, open_with, segment};

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
        append(&mut journal, &[250, 40]).unwrap();
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
fn a_wrong_length_never_makes_a_record_look_like_the_one_before_it() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    append(&mut journal, &[10, 20, 30]).unwrap();
    let reader = journal.reader();
    let mut bytes = disk.bytes_of(&segment(1)).unwrap();
    bytes[64] = 10 + 12 + 20;
    disk.overwrite(&segment(1), bytes);
    let refused = reader.read_at(2).unwrap_err();
    assert!(
        matches!(
            refused,
            JournalFault::Damaged {
                offset: 64,
                sequence: 1,
                flaw: Flaw::RecordChecksum,
                ..
            }
        ),
        "{refused}"
    );
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
