//! The sparse index of a segment: for every 4 KiB block the first record that starts in it.
//!
//! Must not: be needed; everything in it can be rebuilt from the segment.
//!
//! Invariant: entries are ordered by sequence number. A record starts in the same block as the last entry at or
//! before it, so reading one block finds it.

use super::fault::Flaw;
use super::format::{ChainHead, u32_at, u64_at};
use super::group::each_record_offset;

pub(super) const BLOCK_BYTES: u64 = 4096;
const ENTRY_BYTES: usize = 16;
const MAGIC: u32 = u32::from_le_bytes(*b"CGJI");
const VERSION: u16 = 1;
pub(super) const SUMMARY_BYTES: usize = 80;

/// The first record that starts in a block, and the group that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IndexEntry {
    pub(super) seq: u64,
    pub(super) record_at: u32,
    pub(super) group_at: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SparseIndex {
    entries: Vec<IndexEntry>,
}

impl SparseIndex {
    /// Adds a whole, checked group that starts at `group_at`.
    pub(super) fn add_group(
        &mut self,
        group_at: u64,
        first_seq: u64,
        group: &[u8],
    ) -> Result<(), Flaw> {
        let last_block = (group_at + group.len() as u64 - 1) / BLOCK_BYTES;
        if self.newest_block() == Some(last_block) {
            return Ok(());
        }
        let mut seq = first_seq;
        each_record_offset(group, |within| {
            self.add_record(group_at, group_at + within as u64, seq);
            seq += 1;
        })
    }

    fn add_record(&mut self, group_at: u64, record_at: u64, seq: u64) {
        if self.newest_block() == Some(record_at / BLOCK_BYTES) {
            return;
        }
        let place = |offset: u64| u32::try_from(offset).expect("a segment is at most 1 GiB");
        self.entries.push(IndexEntry {
            seq,
            record_at: place(record_at),
            group_at: place(group_at),
        });
    }

    fn newest_block(&self) -> Option<u64> {
        self.entries
            .last()
            .map(|entry| u64::from(entry.record_at) / BLOCK_BYTES)
    }

    /// Returns the last entry at or before `seq`, where the search for it starts.
    pub(super) fn floor(&self, seq: u64) -> Option<IndexEntry> {
        let after = self.entries.partition_point(|entry| entry.seq <= seq);
        Some(self.entries[after.checked_sub(1)?])
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

/// A summary of a segment that is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) first_seq: u64,
    pub(super) last_seq: u64,
    /// The offset of the end of the last group, in bytes.
    pub(super) end: u64,
    pub(super) head: ChainHead,
}

/// Encodes an index file.
pub(super) fn encode(summary: &Summary, index: &SparseIndex) -> Vec<u8> {
    let mut bytes = vec![0; SUMMARY_BYTES];
    for entry in &index.entries {
        bytes.extend_from_slice(&entry.seq.to_le_bytes());
        bytes.extend_from_slice(&entry.record_at.to_le_bytes());
        bytes.extend_from_slice(&entry.group_at.to_le_bytes());
    }
    let count = u32::try_from(index.entries.len()).expect("a segment is at most 1 GiB");
    let entries_crc = crc32c::crc32c(&bytes[SUMMARY_BYTES..]);
    bytes[0..4].copy_from_slice(&MAGIC.to_le_bytes());
    bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
    bytes[8..12].copy_from_slice(&count.to_le_bytes());
    bytes[16..24].copy_from_slice(&summary.first_seq.to_le_bytes());
    bytes[24..32].copy_from_slice(&summary.last_seq.to_le_bytes());
    bytes[32..40].copy_from_slice(&summary.end.to_le_bytes());
    bytes[40..72].copy_from_slice(&summary.head);
    bytes[72..76].copy_from_slice(&entries_crc.to_le_bytes());
    let crc = summary_crc(&bytes);
    bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// Decodes the first [`SUMMARY_BYTES`] of an index file; `None` if they are damaged or of an unknown version.
pub(super) fn decode_summary(bytes: &[u8]) -> Option<Summary> {
    let bytes = bytes.get(..SUMMARY_BYTES)?;
    let known = u32_at(bytes, 0) == MAGIC && bytes[4..6] == VERSION.to_le_bytes();
    if !known || u32_at(bytes, 12) != summary_crc(bytes) {
        return None;
    }
    Some(Summary {
        first_seq: u64_at(bytes, 16),
        last_seq: u64_at(bytes, 24),
        end: u64_at(bytes, 32),
        head: *bytes[40..72].first_chunk()?,
    })
}

/// Decodes a whole index file; `None` if any part is damaged or of an unknown version.
pub(super) fn decode(bytes: &[u8]) -> Option<(Summary, SparseIndex)> {
    let summary = decode_summary(bytes)?;
    let body = &bytes[SUMMARY_BYTES..];
    let count = u32_at(bytes, 8) as usize;
    if body.len() != count * ENTRY_BYTES || crc32c::crc32c(body) != u32_at(bytes, 72) {
        return None;
    }
    let entry = |at: &[u8]| IndexEntry {
        seq: u64_at(at, 0),
        record_at: u32_at(at, 8),
        group_at: u32_at(at, 12),
    };
    let entries = body.chunks_exact(ENTRY_BYTES).map(entry).collect();
    Some((summary, SparseIndex { entries }))
}

fn summary_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&bytes[..12]), &bytes[16..SUMMARY_BYTES])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::journal::{GENESIS, GroupBuffer, RecordTag};

    fn group_of(count: usize, payload: usize) -> GroupBuffer {
        let mut group = GroupBuffer::new();
        for _ in 0..count {
            let tag = RecordTag {
                kind: 1,
                codec: 1,
                schema: 1,
            };
            let fill = |out: &mut Vec<u8>| {
                out.resize(out.len() + payload, 7);
                tag
            };
            group.push_with(1 << 20, fill).unwrap();
        }
        group.finish(1, 0, GENESIS);
        group
    }

    #[test]
    fn the_record_looked_for_starts_in_the_block_of_its_floor() {
        let group = group_of(300, 100);
        let mut index = SparseIndex::default();
        index.add_group(0, 1, group.bytes()).unwrap();
        assert_eq!(index.len(), group.bytes().len().div_ceil(4096));
        for seq in 1..=300_u64 {
            let at = 64 + (seq - 1) * 112;
            let floor = index.floor(seq).unwrap();
            assert!(floor.seq <= seq);
            assert_eq!(
                u64::from(floor.record_at) / BLOCK_BYTES,
                at / BLOCK_BYTES,
                "seq {seq}"
            );
        }
        assert_eq!(index.floor(0), None);
    }

    #[test]
    fn an_index_file_with_any_flipped_byte_is_not_believed() {
        let mut index = SparseIndex::default();
        index.add_group(0, 1, group_of(100, 100).bytes()).unwrap();
        let summary = Summary {
            first_seq: 1,
            last_seq: 100,
            end: 11_264,
            head: [9; 32],
        };
        let good = encode(&summary, &index);
        assert_eq!(decode(&good), Some((summary, index)));
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(decode(&bad), None, "byte {at}");
            assert_eq!(decode(&good[..at]), None, "cut at {at}");
        }
    }
}
