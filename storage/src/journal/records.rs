//! Iterates over records, and finds single ones.
//!
//! Must not: read beyond the durable end that it was given.
//!
//! Invariant: a payload is returned only after its checksum and sequence number were checked.

use std::path::PathBuf;
use std::sync::Arc;

use super::fault::{Flaw, JournalFault};
use super::format::{
    GROUP_HEADER_BYTES, GroupHeader, MAGIC, RECORD_HEADER_BYTES, RecordHeader, RecordTag, VERSION,
    u32_at,
};
use super::index::IndexEntry;
use super::reader::Shared;
use super::scan::Window;

/// A record as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The sequence number, from 1.
    pub seq: u64,
    /// When its group was written, in milliseconds since 1970. Never decreases.
    pub written_ms: u64,
    /// What the payload is and how it is encoded.
    pub tag: RecordTag,
    /// The encoded record.
    pub payload: Vec<u8>,
}

/// Iterates over records in order; ends after the first error.
#[derive(Debug)]
pub struct Records {
    shared: Arc<Shared>,
    next: u64,
    last: u64,
    cursor: Option<Cursor>,
}

impl Records {
    pub(super) fn new(shared: Arc<Shared>, next: u64, last: u64) -> Self {
        Self {
            shared,
            next,
            last,
            cursor: None,
        }
    }

    fn read(&mut self) -> Result<Option<Stored>, JournalFault> {
        if let Some(cursor) = &mut self.cursor
            && let Some(found) = cursor.find(self.next)?
        {
            return Ok(Some(found));
        }
        self.cursor = self.shared.cursor(self.next)?;
        self.cursor
            .as_mut()
            .map(|cursor| cursor.find_durable(self.next))
            .transpose()
    }
}

impl Iterator for Records {
    type Item = Result<Stored, JournalFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next > self.last {
            return None;
        }
        let found = self.read();
        match &found {
            Ok(Some(_)) => self.next += 1,
            Ok(None) | Err(_) => self.next = u64::MAX,
        }
        found.transpose()
    }
}

/// A position at the start of a record in a segment.
#[derive(Debug)]
pub(super) struct Cursor {
    window: Window,
    path: PathBuf,
    at: u64,
    /// The sequence number of the record at `at`.
    seq: u64,
    group_at: u64,
    /// `None` until a group header has been passed.
    written_ms: Option<u64>,
}

impl Cursor {
    pub(super) fn new(window: Window, path: PathBuf, from: IndexEntry) -> Self {
        let (at, group_at) = (u64::from(from.record_at), u64::from(from.group_at));
        Self {
            window,
            path,
            at,
            seq: from.seq,
            group_at,
            written_ms: None,
        }
    }

    /// Moves forward to a record that is known to be durable and in this segment.
    pub(super) fn find_durable(&mut self, seq: u64) -> Result<Stored, JournalFault> {
        self.find(seq)?.ok_or_else(|| self.damaged(Flaw::Sequence))
    }

    /// Moves forward to the record with this sequence number; `None` if the view ends before it.
    ///
    /// Records that are passed are checked too: a wrong length could make another record look like the one that is
    /// sought.
    fn find(&mut self, seq: u64) -> Result<Option<Stored>, JournalFault> {
        while let Some(header) = self.header()? {
            let found = (self.seq == seq)
                .then(|| self.time_of_group())
                .transpose()?;
            let payload_at = self.at + RECORD_HEADER_BYTES as u64;
            let payload = match self.peek(payload_at, header.payload_len as usize)? {
                None => return Err(self.damaged(Flaw::RecordLength)),
                Some(payload) if !header.matches(payload) => {
                    return Err(self.damaged(Flaw::RecordChecksum));
                }
                Some(payload) => found.map(|written_ms| (written_ms, payload.to_vec())),
            };
            self.at += header.record_bytes();
            self.seq += 1;
            if let Some((written_ms, payload)) = payload {
                return Ok(Some(Stored {
                    seq,
                    written_ms,
                    tag: header.tag,
                    payload,
                }));
            }
        }
        Ok(None)
    }

    fn header(&mut self) -> Result<Option<RecordHeader>, JournalFault> {
        while let Some(bytes) = self.peek(self.at, RECORD_HEADER_BYTES)? {
            if u32_at(bytes, 0) != MAGIC {
                let header = RecordHeader::decode(bytes);
                return header.map(Some).map_err(|flaw| self.damaged(flaw));
            }
            let group = self.peek(self.at, GROUP_HEADER_BYTES)?;
            let group = group.map_or(Err(Flaw::GroupHeader), GroupHeader::decode);
            self.enter_group(self.at, group)?;
            self.at += GROUP_HEADER_BYTES as u64;
        }
        Ok(None)
    }

    fn enter_group(
        &mut self,
        at: u64,
        header: Result<GroupHeader, Flaw>,
    ) -> Result<u64, JournalFault> {
        let header = header.map_err(|flaw| self.damaged(flaw))?;
        if header.version != VERSION {
            let (segment, version) = (self.path.clone(), header.version);
            return Err(JournalFault::UnknownVersion {
                segment,
                offset: at,
                version,
            });
        }
        let after = header.first_seq.saturating_add(u64::from(header.count));
        if !(header.first_seq..after).contains(&self.seq) {
            return Err(self.damaged(Flaw::Sequence));
        }
        self.written_ms = Some(header.written_ms);
        Ok(header.written_ms)
    }

    /// Returns when the record's group was written. If no group header has been passed, it is read separately.
    fn time_of_group(&mut self) -> Result<u64, JournalFault> {
        if let Some(known) = self.written_ms {
            return Ok(known);
        }
        let mut bytes = [0; GROUP_HEADER_BYTES];
        let read = self.window.read_apart(self.group_at, &mut bytes);
        read.map_err(JournalFault::io("read", &self.path))?;
        self.enter_group(self.group_at, GroupHeader::decode(&bytes))
    }

    fn peek(&mut self, at: u64, len: usize) -> Result<Option<&[u8]>, JournalFault> {
        self.window
            .get(at, len)
            .map_err(JournalFault::io("read", &self.path))
    }

    fn damaged(&self, flaw: Flaw) -> JournalFault {
        let (segment, offset, sequence) = (self.path.clone(), self.at, self.seq);
        JournalFault::Damaged {
            segment,
            offset,
            sequence,
            flaw,
        }
    }
}
