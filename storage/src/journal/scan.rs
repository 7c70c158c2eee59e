//! Reads a segment group by group, and tells its end from damage.
//!
//! Must not: write, or decide whether a flaw may be cut off.
//!
//! Invariant: a step returns a group only if its header, every record, its sequence number, and (if the head before
//! it is known) its place in the chain are correct.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fault::{Flaw, JournalFault};
use super::format::{
    ChainHead, GROUP_HEADER_BYTES, GroupHeader, MAGIC, MAX_BODY_BYTES, VERSION, check_body,
    next_head,
};
use crate::disk::DiskFile;

const LARGEST_READ: usize = 256 * 1024;
const SWEEP_BYTES: usize = 64 * 1024;
static ZEROS: [u8; SWEEP_BYTES + GROUP_HEADER_BYTES] = [0; SWEEP_BYTES + GROUP_HEADER_BYTES];

/// A window over a file's bytes up to `end` that only moves forward.
#[derive(Debug)]
pub(super) struct Window {
    file: Arc<dyn DiskFile>,
    end: u64,
    at: u64,
    bytes: Vec<u8>,
    next_read: usize,
}

impl Window {
    /// `end` limits what can be read. The first read is of 4 KiB, later ones are larger.
    pub(super) fn new(file: Arc<dyn DiskFile>, end: u64) -> Self {
        Self {
            file,
            end,
            at: 0,
            bytes: Vec::new(),
            next_read: 4096,
        }
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Returns `len` bytes at `at`; `None` if the view ends before.
    pub(super) fn get(&mut self, at: u64, len: usize) -> io::Result<Option<&[u8]>> {
        if at.saturating_add(len as u64) > self.end {
            return Ok(None);
        }
        let held = self.at..self.at + self.bytes.len() as u64;
        if at < held.start || at + len as u64 > held.end {
            self.refill(at, len)?;
        }
        let from = usize::try_from(at - self.at).expect("what is held is in memory");
        Ok(Some(&self.bytes[from..from + len]))
    }

    /// Reads bytes without moving the window.
    pub(super) fn read_apart(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(at, into)
    }

    fn refill(&mut self, at: u64, len: usize) -> io::Result<()> {
        let left = usize::try_from(self.end - at).unwrap_or(usize::MAX);
        let wanted = len.max(self.next_read).min(left);
        self.next_read = (self.next_read * 2).min(LARGEST_READ);
        self.bytes.clear();
        self.bytes.resize(wanted, 0);
        self.at = at;
        self.file
            .read_exact_at(at, &mut self.bytes)
            .inspect_err(|_| self.bytes.clear())
    }
}

/// The next item in a segment.
pub(super) enum Step {
    /// A correct group at this offset; [`SegmentScan::group`] returns its bytes until the next step.
    Group { header: GroupHeader, at: u64 },
    /// There are only zeros where a header would be.
    End,
    /// There is something else, with this flaw.
    Flawed(Flaw),
}

/// Iterates over the groups of a segment.
#[derive(Debug)]
pub(super) struct SegmentScan {
    window: Window,
    path: PathBuf,
    last: (u64, usize),
    /// The offset of the next group.
    pub(super) at: u64,
    /// The sequence number with which the next group must start.
    pub(super) next_seq: u64,
    /// The chain head before the next group, if it is known.
    pub(super) head: Option<ChainHead>,
    /// When the last group was written, in milliseconds since 1970; 0 before the first.
    pub(super) written_ms: u64,
    /// The end of a flawed group according to its own, undamaged header.
    pub(super) claimed_end: Option<u64>,
}

impl SegmentScan {
    pub(super) fn new(
        file: Arc<dyn DiskFile>,
        path: &Path,
        end: u64,
        first_seq: u64,
        head: Option<ChainHead>,
    ) -> Self {
        Self {
            window: Window::new(file, end),
            path: path.to_path_buf(),
            last: (0, 0),
            at: 0,
            next_seq: first_seq,
            head,
            written_ms: 0,
            claimed_end: None,
        }
    }

    /// Advances by one group.
    ///
    /// # Errors
    /// `UnknownVersion`; `Io` if reading fails.
    pub(super) fn step(&mut self) -> Result<Step, JournalFault> {
        let at = self.at;
        let left = self.window.end() - at;
        if left < GROUP_HEADER_BYTES as u64 {
            let rest = usize::try_from(left).expect("less than a header");
            return Ok(if is_zero(self.read(at, rest)?) {
                Step::End
            } else {
                Step::Flawed(Flaw::Trailing)
            });
        }
        let bytes = self.read(at, GROUP_HEADER_BYTES)?;
        if is_zero(bytes) {
            return Ok(Step::End);
        }
        let header = match GroupHeader::decode(bytes) {
            Ok(header) => header,
            Err(flaw) => return Ok(Step::Flawed(flaw)),
        };
        if header.version != VERSION {
            let segment = self.path.clone();
            return Err(JournalFault::UnknownVersion {
                segment,
                offset: at,
                version: header.version,
            });
        }
        self.claimed_end = Some(at + header.group_bytes());
        match self.check(&header)? {
            Err(flaw) => Ok(Step::Flawed(flaw)),
            Ok(()) => Ok(self.accept(header)),
        }
    }

    fn check(&mut self, header: &GroupHeader) -> Result<Result<(), Flaw>, JournalFault> {
        let (at, end) = (self.at, self.window.end());
        if header.body_len as usize > MAX_BODY_BYTES || header.count == 0 {
            return Ok(Err(Flaw::GroupLength));
        }
        if at + header.group_bytes() > end {
            return Ok(Err(Flaw::Truncated));
        }
        let body = self.read(at + GROUP_HEADER_BYTES as u64, header.body_len as usize)?;
        if let Err(flaw) = check_body(body, header.count) {
            return Ok(Err(flaw));
        }
        if header.first_seq != self.next_seq {
            return Ok(Err(Flaw::Sequence));
        }
        Ok(match self.head {
            Some(head) if head != header.prev_head => Err(Flaw::Chain),
            _ => Ok(()),
        })
    }

    fn accept(&mut self, header: GroupHeader) -> Step {
        let at = self.at;
        let bytes = usize::try_from(header.group_bytes()).expect("a group is about 1 MiB at most");
        self.last = (at, bytes);
        self.head = Some(next_head(&header.prev_head, self.group()));
        self.at += bytes as u64;
        self.next_seq += u64::from(header.count);
        self.written_ms = header.written_ms;
        self.claimed_end = None;
        Step::Group { header, at }
    }

    /// Returns the bytes of the group that the last step found.
    pub(super) fn group(&mut self) -> &[u8] {
        let (at, len) = self.last;
        let bytes = self.window.get(at, len).expect("the group was just read");
        bytes.expect("the group was just read")
    }

    fn read(&mut self, at: u64, len: usize) -> Result<&[u8], JournalFault> {
        let bytes = self
            .window
            .get(at, len)
            .map_err(JournalFault::io("read", &self.path))?;
        Ok(bytes.expect("the caller stays before the end"))
    }

    /// Builds the fault for the present position.
    pub(super) fn damaged(&self, flaw: Flaw) -> JournalFault {
        JournalFault::Damaged {
            segment: self.path.clone(),
            offset: self.at,
            sequence: self.next_seq,
            flaw,
        }
    }
}

/// The rest of a segment after its last group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tail {
    /// The end of the last byte that is not zero; the start of the sweep if there is none.
    pub(super) used_until: u64,
    /// Whether there is a group header with a later sequence number.
    pub(super) later_group: bool,
}

/// Reads every byte from `from` to the end of the file.
pub(super) fn sweep(
    file: &dyn DiskFile,
    from: u64,
    size: u64,
    headers_from: u64,
    after_seq: u64,
) -> io::Result<Tail> {
    let mut tail = Tail {
        used_until: from,
        later_group: false,
    };
    let mut buffer = vec![0; SWEEP_BYTES + GROUP_HEADER_BYTES];
    let mut at = from;
    while at < size {
        let wanted = usize::try_from(size - at)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let bytes = &mut buffer[..wanted];
        file.read_exact_at(at, bytes)?;
        if !is_zero(bytes) {
            let used = bytes
                .iter()
                .rposition(|byte| *byte != 0)
                .map_or(0, |last| last + 1);
            tail.used_until = at + used as u64;
            let skip = usize::try_from(headers_from.saturating_sub(at)).unwrap_or(usize::MAX);
            tail.later_group |= bytes
                .get(skip..)
                .is_some_and(|rest| has_header_after(rest, after_seq));
        }
        at += SWEEP_BYTES as u64;
    }
    Ok(tail)
}

fn has_header_after(bytes: &[u8], seq: u64) -> bool {
    let starts = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, four)| *four == MAGIC.to_le_bytes());
    starts
        .map(|(at, _)| GroupHeader::decode(&bytes[at..]))
        .any(|found| found.is_ok_and(|h| h.first_seq > seq))
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes
        .chunks(ZEROS.len())
        .all(|chunk| chunk == &ZEROS[..chunk.len()])
}
