//! What the journal's tests share: payloads that say which sequence they belong to, and short
//! ways to open, fill and read a journal on a disk in memory.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "every test program uses its own part")]

use std::path::{Path, PathBuf};

use campusg_storage::disk::faulty::FaultyDisk;
use campusg_storage::journal::{
    Appended, Journal, JournalFault, JournalOptions, JournalReader, Opened, RawRecord, RecordTag,
    Stored, verify,
};

pub const SMALL: u64 = 4096;

pub fn dir() -> &'static Path {
    Path::new("/journal")
}

pub fn segment(first_seq: u64) -> PathBuf {
    dir().join(format!("{first_seq:020}.seg"))
}

pub fn index(first_seq: u64) -> PathBuf {
    dir().join(format!("{first_seq:020}.idx"))
}

pub fn open_with(disk: &FaultyDisk, segment_bytes: u64) -> Result<Opened, JournalFault> {
    let options = JournalOptions::of_one_size(segment_bytes);
    Journal::open(disk.shared(), dir(), options)
}

pub fn open(disk: &FaultyDisk) -> Opened {
    open_with(disk, SMALL).unwrap()
}

pub fn tag_of(seq: u64) -> RecordTag {
    RecordTag {
        kind: (seq % 7) as u8,
        codec: (seq % 3) as u8,
        schema: (seq % 11) as u16,
    }
}

/// Bytes that no other sequence and no other length has.
pub fn payload_of(seq: u64, len: usize) -> Vec<u8> {
    (0..len as u64)
        .map(|i| (seq * 31 + i * 7 + len as u64) as u8 | 1)
        .collect()
}

/// Appends one group of payloads with these lengths.
pub fn append(journal: &mut Journal, lens: &[usize]) -> Result<Appended, JournalFault> {
    let first = journal.next_seq();
    let payloads: Vec<(u64, Vec<u8>)> = (first..)
        .zip(lens)
        .map(|(seq, len)| (seq, payload_of(seq, *len)))
        .collect();
    let batch: Vec<RawRecord<'_>> = payloads
        .iter()
        .map(|(seq, payload)| RawRecord {
            tag: tag_of(*seq),
            payload,
        })
        .collect();
    journal.append(&batch, 1000 + first)
}

pub fn all(reader: &JournalReader) -> Vec<Stored> {
    reader.read_from(1).map(Result::unwrap).collect()
}

/// Checks that everything the reader shows is what [`append`] wrote under that sequence, in every
/// way of reading, and that the chain is whole; returns the last sequence.
pub fn assert_all_right(reader: &JournalReader) -> u64 {
    let records = all(reader);
    for (seq, record) in (1..).zip(&records) {
        assert_eq!(record.seq, seq);
        assert_eq!(record.tag, tag_of(seq));
        assert_eq!(
            record.payload,
            payload_of(seq, record.payload.len()),
            "payload of {seq}"
        );
        assert_eq!(reader.read_at(seq).unwrap().as_ref(), Some(record));
    }
    let (last, head) = reader.head();
    assert_eq!(records.len() as u64, last);
    assert_eq!(reader.read_at(last + 1).unwrap(), None);
    assert_eq!(reader.read_at(0).unwrap(), None);
    let verified = verify(reader, |_| {}).unwrap();
    assert_eq!((verified.records, verified.head), (last, head));
    last
}

/// Checks that exactly the records before `next_seq` are there, and that the journal goes on.
pub fn assert_goes_on(disk: &FaultyDisk, opened: Opened, next_seq: u64) {
    assert_eq!(opened.next_seq, next_seq);
    let mut journal = opened.journal;
    assert_eq!(assert_all_right(&journal.reader()), next_seq - 1);
    append(&mut journal, &[40, 2]).unwrap();
    drop(journal);
    let again = open(disk);
    assert_eq!(again.cut, None, "a cut leaves nothing behind");
    assert_eq!(assert_all_right(&again.journal.reader()), next_seq + 1);
}

/// A small generator of numbers, so that a seed means the same everywhere.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}
