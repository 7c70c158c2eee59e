//! Checks a whole journal from its first byte.
//!
//! Must not: trust an index file, or change anything.
//!
//! Invariant: `Ok` means that every record up to the returned head has the right checksum, sequence number and place
//! in one unbroken chain from the beginning.

use std::sync::Arc;

use super::fault::{Flaw, JournalFault};
use super::format::{ChainHead, GENESIS};
use super::reader::JournalReader;
use super::scan::{SegmentScan, Step};
use super::sealed::segment_path;

/// The interval at which progress is reported, in bytes.
const REPORT_EVERY_BYTES: u64 = 1 << 20;

/// The progress of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the groups checked so far.
    pub bytes: u64,
    /// The last sequence number checked so far.
    pub sequence: u64,
    /// The journal's last sequence number.
    pub last_sequence: u64,
}

/// The size and the head of a journal that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The number of groups.
    pub groups: u64,
    /// The number of records, which is also the last sequence number.
    pub records: u64,
    /// The size of all groups in bytes, including headers.
    pub bytes: u64,
    /// The chain head after the last group.
    pub head: ChainHead,
}

/// Checks everything that is durable at the time of the call. Calls `progress` after every MiB and at the end.
///
/// # Errors
/// The first `Damaged`, `UnknownVersion` or `Io`, in order of sequence numbers.
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
    walk.report(last_sequence);
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
    /// Checks the active segment exactly up to its durable end.
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
        if self.bytes - self.told_at >= REPORT_EVERY_BYTES {
            self.told_at = self.bytes;
            self.report(sequence);
        }
    }

    fn report(&mut self, sequence: u64) {
        (self.tell)(&Progress {
            bytes: self.bytes,
            sequence,
            last_sequence: self.last_sequence,
        });
    }
}
