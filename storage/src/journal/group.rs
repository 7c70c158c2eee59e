//! The buffer in which a group is built, in one allocation that is reused.
//!
//! Must not: know where the group is written.
//!
//! Invariant: the buffer always has room for the header, followed by whole records only.

use super::fault::{Flaw, JournalFault};
use super::format::{
    ChainHead, GROUP_HEADER_BYTES, GroupHeader, RECORD_HEADER_BYTES, RecordHeader, RecordTag,
    VERSION, next_head,
};

/// The records of a group that is being built.
#[derive(Debug)]
pub struct GroupBuffer {
    // Invariant: at least `GROUP_HEADER_BYTES` long; the rest is `count` whole records.
    bytes: Vec<u8>,
    count: u16,
}

impl Default for GroupBuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl GroupBuffer {
    /// Starts without records.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bytes: vec![0; GROUP_HEADER_BYTES],
            count: 0,
        }
    }

    /// Removes all records and keeps the allocation.
    pub fn clear(&mut self) {
        self.bytes.truncate(GROUP_HEADER_BYTES);
        self.count = 0;
    }

    /// Returns the number of records.
    #[must_use]
    pub fn count(&self) -> u16 {
        self.count
    }

    /// Returns the size of all records in bytes, including their headers.
    #[must_use]
    pub fn body_bytes(&self) -> usize {
        self.bytes.len() - GROUP_HEADER_BYTES
    }

    /// Adds a record. `encode` appends the payload to the vector that it is given, and must not change what is there
    /// already.
    ///
    /// # Errors
    /// `GroupTooLarge` if the records would exceed `limit` bytes, `GroupCount` if there would be more than 65,535.
    /// The buffer is then unchanged.
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

    /// Writes the group's header; returns the chain head after this group.
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

    /// Returns the header and the records.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Calls `each` with the offset of every record in a group's bytes.
pub(super) fn each_record_offset(group: &[u8], mut each: impl FnMut(usize)) -> Result<(), Flaw> {
    let mut at = GROUP_HEADER_BYTES;
    while at < group.len() {
        let header = RecordHeader::decode(&group[at..])?;
        each(at);
        at += RECORD_HEADER_BYTES + header.payload_len as usize;
    }
    Ok(())
}
