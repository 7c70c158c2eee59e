//! Checking a whole journal from its first byte.
//!
//! Owns the walk over every group of every segment. Must not trust an index file, and changes
//! nothing.
//!
//! Invariant: `Ok` means that every record up to the head it names has its right checksum,
//! sequence and place in one unbroken chain from the beginning.

use std::sync::Arc;

use super::fault::{Flaw, JournalFault};
use super::format::{ChainHead, GENESIS};
use super::reader::JournalReader;
use super::scan::{SegmentScan, Step};
use super::sealed::segment_path;

/// How much progress is worth telling, in bytes.
const TELL_EVERY_BYTES: u64 = 1 << 20;

/// How far a check has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of groups checked so far.
    pub bytes: u64,
    /// The last sequence checked so far.
    pub sequence: u64,
    /// The last sequence there is.
    pub last_sequence: u64,
}

/// What a whole journal amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Groups.
    pub groups: u64,
    /// Records; also the last sequence.
    pub records: u64,
    /// Bytes of all groups, headers included.
    pub bytes: u64,
    /// The head after the last group.
    pub head: ChainHead,
}

/// Checks everything that was durable when it was called, telling `progress` about every MiB and
/// at the end.
///
/// # Errors
/// The first `Damaged`, `UnknownVersion` or `Io`, in the order of sequences.
pub fn verify(
    reader: &JournalReader,
    progress: impl FnMut(&Progress),
) -> Result<Verified, JournalFault> {
    let (starts, active_file, active_end, last_sequence) = {
        let published = reader.shared.published();
        let active = &published.active;
        let mut starts = published.sealed.clone();
        starts.push(active.first_seq);
        (
            starts,
            Arc::clone(&active.file),
            active.end,
            published.last_seq,
        )
    };
    let mut walk = Walk {
        groups: 0,
        bytes: 0,
        told_at: 0,
        last_sequence,
        tell: progress,
    };
    let mut head = GENESIS;
    for pair in starts.windows(2) {
        let (_, scan) =
            reader
                .shared
                .sealed
                .check(pair[0], pair[1], Some(head), |_, seq, group| {
                    walk.count(seq, group.len() as u64);
                    Ok(())
                })?;
        head = scan.head.unwrap_or(head);
    }
    let first_seq = starts.last().copied().unwrap_or(1);
    let path = segment_path(&reader.shared.dir, first_seq);
    let scan = SegmentScan::new(active_file, &path, active_end, first_seq, Some(head));
    head = walk.finish(scan, active_end)?.unwrap_or(head);
    walk.tell(last_sequence);
    Ok(Verified {
        groups: walk.groups,
        records: last_sequence,
        bytes: walk.bytes,
        head,
    })
}

struct Walk<F> {
    groups: u64,
    bytes: u64,
    told_at: u64,
    last_sequence: u64,
    tell: F,
}

impl<F: FnMut(&Progress)> Walk<F> {
    /// Walks the active segment exactly to where it is durable.
    fn finish(
        &mut self,
        mut scan: SegmentScan,
        end: u64,
    ) -> Result<Option<ChainHead>, JournalFault> {
        while scan.at < end {
            match scan.step()? {
                Step::Group { header, at } => self.count(header.first_seq, scan.at - at),
                Step::Flawed(flaw) => return Err(scan.damaged(flaw)),
                Step::End => return Err(scan.damaged(Flaw::GroupHeader)),
            }
        }
        if scan.next_seq != self.last_sequence + 1 {
            return Err(scan.damaged(Flaw::Sequence));
        }
        Ok(scan.head)
    }

    fn count(&mut self, sequence: u64, bytes: u64) {
        self.groups += 1;
        self.bytes += bytes;
        if self.bytes - self.told_at >= TELL_EVERY_BYTES {
            self.told_at = self.bytes;
            self.tell(sequence);
        }
    }

    fn tell(&mut self, sequence: u64) {
        (self.tell)(&Progress {
            bytes: self.bytes,
            sequence,
            last_sequence: self.last_sequence,
        });
    }
}
