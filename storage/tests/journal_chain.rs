//! The chain and the format: heads, versions, forgeries, and checking all of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod journal_common;

use campusg_storage::disk::faulty::FaultyDisk;
use campusg_storage::journal::{Flaw, GENESIS, JournalFault, RawRecord, RecordTag, verify};
use journal_common::{SMALL, all, append, open, open_with, segment};

#[test]
fn the_head_is_the_hash_of_the_head_before_and_the_group() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    let one = append(&mut journal, &[3, 0, 100]).unwrap();
    let two = append(&mut journal, &[50]).unwrap();
    let bytes = disk.bytes_of(&segment(1)).unwrap();
    let (first, rest) = bytes.split_at(usize::try_from(one.bytes).unwrap());
    let second = &rest[..usize::try_from(two.bytes).unwrap()];
    assert_eq!(
        one.head,
        *blake3::hash(&[&GENESIS, first].concat()).as_bytes()
    );
    assert_eq!(
        two.head,
        *blake3::hash(&[&one.head, second].concat()).as_bytes()
    );
    assert_eq!(second[32..64], one.head);
}

#[test]
fn an_unknown_version_is_refused_and_named() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    let one = append(&mut journal, &[10]).unwrap();
    append(&mut journal, &[20]).unwrap();
    drop(journal);
    let mut bytes = disk.bytes_of(&segment(1)).unwrap();
    let at = usize::try_from(one.bytes).unwrap();
    bytes[at + 4] = 2;
    set_header_crc(&mut bytes[at..]);
    disk.overwrite(&segment(1), bytes);
    let refused = open_with(&disk, SMALL).unwrap_err();
    assert!(
        matches!(&refused, JournalFault::UnknownVersion { version: 2, offset, segment: path }
            if *offset == one.bytes && *path == segment(1)),
        "{refused}"
    );
}

#[test]
fn a_forged_group_with_right_checksums_is_refused() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    let one = append(&mut journal, &[10]).unwrap();
    append(&mut journal, &[20, 5]).unwrap();
    drop(journal);
    let good = disk.bytes_of(&segment(1)).unwrap();
    let at = usize::try_from(one.bytes).unwrap();
    let forgeries = [
        (40, 0xAA, Flaw::Chain),
        (16, 3, Flaw::Sequence),
        (6, 1, Flaw::RecordCount),
        (6, 0, Flaw::GroupLength),
    ];
    for (byte, value, expected) in forgeries {
        let mut forged = good.clone();
        forged[at + byte] = value;
        set_header_crc(&mut forged[at..]);
        let copy = disk.fork();
        copy.overwrite(&segment(1), forged);
        let refused = open_with(&copy, SMALL).unwrap_err();
        assert!(
            matches!(refused, JournalFault::Damaged { offset, flaw, sequence: 2, .. }
                if offset == one.bytes && flaw == expected),
            "{expected}: {refused}"
        );
    }
}

#[test]
fn a_forged_sealed_segment_is_found_by_verify() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    for _ in 0..100 {
        append(&mut journal, &[100]).unwrap();
    }
    drop(journal);
    let mut bytes = disk.bytes_of(&segment(1)).unwrap();
    let payload_at = 64 + 12;
    bytes[payload_at] ^= 1;
    let crc = crc32c::crc32c_append(crc32c::crc32c(&bytes[64..72]), &bytes[76..176]);
    bytes[72..76].copy_from_slice(&crc.to_le_bytes());
    disk.overwrite(&segment(1), bytes);
    let opened = open(&disk);
    let refused = verify(&opened.journal.reader(), |_| {}).unwrap_err();
    assert!(
        matches!(
            refused,
            JournalFault::Damaged {
                flaw: Flaw::Chain,
                offset: 176,
                sequence: 2,
                ..
            }
        ),
        "{refused}"
    );
}

fn set_header_crc(header: &mut [u8]) {
    let crc = crc32c::crc32c_append(crc32c::crc32c(&header[..12]), &header[16..64]);
    header[12..16].copy_from_slice(&crc.to_le_bytes());
}

#[test]
fn verify_tells_its_progress_and_the_end() {
    let disk = FaultyDisk::new();
    let mut journal = open_with(&disk, 1 << 20).unwrap().journal;
    let mut bytes = 0;
    for _ in 0..40 {
        bytes += append(&mut journal, &[100_000]).unwrap().bytes;
    }
    let mut told = Vec::new();
    let verified = verify(&journal.reader(), |progress| told.push(*progress)).unwrap();
    assert_eq!(
        (verified.groups, verified.records, verified.bytes),
        (40, 40, bytes)
    );
    assert!(told.len() > 3, "{told:?}");
    assert!(told.is_sorted_by_key(|progress| progress.bytes));
    assert_eq!(
        (told.last().unwrap().sequence, told.last().unwrap().bytes),
        (40, bytes)
    );
}

#[test]
fn payloads_that_look_like_headers_are_only_payloads() {
    let disk = FaultyDisk::new();
    let mut journal = open(&disk).journal;
    append(&mut journal, &[10]).unwrap();
    let looks_like_a_group = disk.bytes_of(&segment(1)).unwrap()[..86].to_vec();
    let tag = RecordTag {
        kind: 1,
        codec: 1,
        schema: 1,
    };
    let zeros = [0; 200];
    let batch = [
        RawRecord {
            tag,
            payload: &looks_like_a_group,
        },
        RawRecord {
            tag,
            payload: &zeros,
        },
    ];
    journal.append(&batch, 0).unwrap();
    drop(journal);
    let again = open(&disk);
    assert_eq!((again.next_seq, again.cut), (4, None));
    let records = all(&again.journal.reader());
    assert_eq!(
        (&*records[1].payload, &*records[2].payload),
        (&*looks_like_a_group, &zeros[..])
    );
}
