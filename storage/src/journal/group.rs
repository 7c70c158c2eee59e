//! The buffer one group is built in.
//!
//! Owns the bytes from the first record to the finished group, in one allocation that is reused.
//! Must not know where the group goes.
//!
//! Invariant: the buffer always holds room for the header and then whole records only.

use super::fault::{Flaw, JournalFault};
use super::format::{
    ChainHead, GROUP_HEADER_BYTES, GroupHeader, RECORD_HEADER_BYTES, RecordHeader, RecordTag,
    VERSION, next_head,
};

/// Records on their way into one group.
#[derive(Debug)]
pub struct GroupBuffer {
    // Invariant: at least `GROUP_HEADER_BYTES` long; what follows is `count` whole records.
    bytes: Vec<u8>,
    count: u16,
}

impl Default for GroupBuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl GroupBuffer {
    /// Creates an empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bytes: vec![0; GROUP_HEADER_BYTES],
            count: 0,
        }
    }

    /// Forgets the records and keeps the allocation.
    pub fn clear(&mut self) {
        self.bytes.truncate(GROUP_HEADER_BYTES);
        self.count = 0;
    }

    /// Returns the number of records.
    #[must_use]
    pub fn count(&self) -> u16 {
        self.count
    }

    /// Returns the bytes of all records, their headers included.
    #[must_use]
    pub fn body_bytes(&self) -> usize {
        self.bytes.len() - GROUP_HEADER_BYTES
    }

    /// Adds a record whose payload `encode` appends to the vector it is given; it must not touch
    /// what is there already.
    ///
    /// # Errors
    /// `GroupTooLarge` when the records would be more than `limit` bytes, `GroupCount` when there
    /// would be more than 65,535; the buffer is then as it was before.
    pub fn push_with(
        &mut self,
        limit: usize,
        encode: impl FnOnce(&mut Vec<u8>) -> RecordTag,
    ) -> Result<(), JournalFault> {
        let count = self
            .count
            .checked_add(1)
            .ok_or(JournalFault::GroupCount { count: 1 << 16 })?;
        let start = self.bytes.len();
        self.bytes.resize(start + RECORD_HEADER_BYTES, 0);
        let tag = encode(&mut self.bytes);
        let body = self.body_bytes();
        if body > limit {
            self.bytes.truncate(start);
            return Err(JournalFault::GroupTooLarge {
                bytes: body as u64,
                limit: limit as u64,
            });
        }
        let payload = start + RECORD_HEADER_BYTES;
        let header = RecordHeader::of(tag, &self.bytes[payload..]);
        self.bytes[start..payload].copy_from_slice(&header.encode());
        self.count = count;
        Ok(())
    }

    /// Writes the header; returns the head after this group.
    pub(super) fn finish(
        &mut self,
        first_seq: u64,
        written_ms: u64,
        prev_head: ChainHead,
    ) -> ChainHead {
        let body_len =
            u32::try_from(self.body_bytes()).expect("push_with keeps a group within 1 MiB");
        let count = self.count;
        let header = GroupHeader {
            version: VERSION,
            count,
            body_len,
            first_seq,
            written_ms,
            prev_head,
        };
        self.bytes[..GROUP_HEADER_BYTES].copy_from_slice(&header.encode());
        next_head(&prev_head, &self.bytes)
    }

    /// Returns header and records.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Calls `each` with the offset of every record within a group's bytes.
pub(super) fn each_record_offset(group: &[u8], mut each: impl FnMut(usize)) -> Result<(), Flaw> {
    let mut at = GROUP_HEADER_BYTES;
    while at < group.len() {
        let header = RecordHeader::decode(&group[at..])?;
        each(at);
        at += RECORD_HEADER_BYTES + header.payload_len as usize;
    }
    Ok(())
}
