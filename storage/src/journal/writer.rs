//! Appends groups to the journal.
//!
//! Must not: retry a failed write or sync, or publish a group before its sync has returned.
//!
//! Invariants: a group is one write and one `fdatasync`; once `broken` is set it stays set; `StorageFull` is returned
//! before any byte of the group is written.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fault::JournalFault;
use super::format::{ChainHead, GROUP_HEADER_BYTES, MAX_BODY_BYTES, RecordTag};
use super::group::GroupBuffer;
use super::index::{SparseIndex, Summary};
use super::open::{self, Found, Looked, Opened};
use super::reader::{Active, JournalReader, Shared};
use super::sealed::{SealedSegment, segment_path};
use super::space::{SpaceThread, spare_path};
use crate::disk::{Disk, DiskFile, DiskLock, is_full_disk};

/// The sizes of a journal's segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalOptions {
    /// The size of the first segment in bytes, 4 KiB to 1 GiB. Each next segment is twice as large, up to
    /// `segment_bytes`. A larger value counts as `segment_bytes`.
    pub first_segment_bytes: u64,
    /// The size of the segments of a large journal, in bytes, 4 KiB to 1 GiB.
    pub segment_bytes: u64,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            first_segment_bytes: 1 << 20,
            segment_bytes: 64 << 20,
        }
    }
}

impl JournalOptions {
    /// All segments have this size in bytes.
    #[must_use]
    pub const fn of_one_size(bytes: u64) -> Self {
        Self {
            first_segment_bytes: bytes,
            segment_bytes: bytes,
        }
    }

    pub(super) fn check(self) -> Result<(), JournalFault> {
        let sizes = [self.first_segment_bytes, self.segment_bytes];
        let wrong = sizes
            .into_iter()
            .find(|bytes| !(4 << 10..=1 << 30).contains(bytes));
        wrong.map_or(Ok(()), |bytes| Err(JournalFault::SegmentSize { bytes }))
    }

    pub(super) fn first(self) -> u64 {
        self.first_segment_bytes.min(self.segment_bytes)
    }

    fn second(self) -> u64 {
        (2 * self.first_segment_bytes).min(self.segment_bytes)
    }

    /// Returns the size of the segment after one of `bytes` bytes; any group fits into it.
    pub(super) fn after(self, bytes: u64) -> u64 {
        (2 * bytes).clamp(self.second(), self.segment_bytes)
    }

    /// Any group fits into the second segment; one that does not fit into the first starts the second.
    fn max_body_bytes(self) -> usize {
        let in_segment = usize::try_from(self.second()).unwrap_or(usize::MAX) - GROUP_HEADER_BYTES;
        in_segment.min(MAX_BODY_BYTES)
    }
}

/// A record to be appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawRecord<'a> {
    /// What the payload is and how it is encoded.
    pub tag: RecordTag,
    /// The encoded record, at most [`MAX_PAYLOAD_BYTES`](super::format::MAX_PAYLOAD_BYTES) long.
    pub payload: &'a [u8],
}

/// A group that has become durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The sequence number of its first record.
    pub first_seq: u64,
    /// The chain head after it.
    pub head: ChainHead,
    /// Its size in bytes, including headers.
    pub bytes: u64,
    /// The time in its header, in milliseconds since 1970.
    pub written_ms: u64,
}

/// The only writer of a journal.
pub struct Journal {
    shared: Arc<Shared>,
    disk: Arc<dyn Disk>,
    options: JournalOptions,
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    capacity: u64,
    at: u64,
    next_seq: u64,
    head: ChainHead,
    written_ms: u64,
    buffer: GroupBuffer,
    // Invariant: never reset once set.
    broken: Option<Breakage>,
    // Dropped in this order, so that no thread of this journal runs any more when the lock is free.
    space: SpaceThread,
    _lock: DiskLock,
}

struct Breakage {
    doing: &'static str,
    path: PathBuf,
    source: Arc<io::Error>,
}

impl Breakage {
    fn fault(&self) -> JournalFault {
        let (path, source) = (self.path.clone(), Arc::clone(&self.source));
        JournalFault::Broken {
            doing: self.doing,
            path,
            source,
        }
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("path", &self.path)
            .field("next_seq", &self.next_seq)
            .finish()
    }
}

impl Journal {
    /// Opens the journal in `dir`, creating it if there is none, and cuts off a torn last group.
    ///
    /// # Errors
    /// `SegmentSize`, `Locked`, `Damaged`, `MissingSegment`, `UnknownVersion`, `StorageFull` if not even the first
    /// segment fits, or `Io`.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: &Path,
        options: JournalOptions,
    ) -> Result<Opened, JournalFault> {
        Self::look(disk, dir, options)?.open_or_create()
    }

    /// Takes the lock of the journal in `dir` and surveys it, before anything is cut off or created.
    ///
    /// # Errors
    /// `SegmentSize`, `Locked`, `Damaged`, `MissingSegment`, `UnknownVersion` or `Io`.
    pub fn look(
        disk: Arc<dyn Disk>,
        dir: &Path,
        options: JournalOptions,
    ) -> Result<Looked, JournalFault> {
        open::look(&disk, dir, options)
    }

    pub(super) fn new(
        disk: Arc<dyn Disk>,
        lock: DiskLock,
        space: SpaceThread,
        options: JournalOptions,
        found: Found,
    ) -> Self {
        let (next_seq, head) = {
            let published = found.shared.published();
            (published.last_seq + 1, published.head)
        };
        Self {
            shared: Arc::new(found.shared),
            disk,
            options,
            path: found.path,
            file: found.file,
            capacity: found.capacity,
            at: found.at,
            next_seq,
            head,
            written_ms: found.written_ms,
            buffer: GroupBuffer::new(),
            broken: None,
            space,
            _lock: lock,
        }
    }

    /// Returns a view of the durable records, for any thread.
    #[must_use]
    pub fn reader(&self) -> JournalReader {
        JournalReader {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Returns the sequence number of the next record.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Returns the largest size of one group's records in bytes, including their headers.
    #[must_use]
    pub fn max_body_bytes(&self) -> usize {
        self.options.max_body_bytes()
    }

    /// Whether the disk had no room for the next segment. Appending works until the present segment is full.
    #[must_use]
    pub fn space_is_short(&self) -> bool {
        self.space.is_full()
    }

    /// Appends a batch as one group and returns once it is durable. The group's time is `written_ms`, but not before
    /// that of the last group.
    ///
    /// # Errors
    /// `Broken` for ever after a failed write or sync; `GroupCount`, `GroupTooLarge` and `StorageFull` with nothing
    /// written.
    pub fn append(
        &mut self,
        batch: &[RawRecord<'_>],
        written_ms: u64,
    ) -> Result<Appended, JournalFault> {
        let mut group = std::mem::take(&mut self.buffer);
        group.clear();
        let result = self
            .fill(&mut group, batch)
            .and_then(|()| self.append_group(&mut group, written_ms));
        self.buffer = group;
        result
    }

    fn fill(&self, group: &mut GroupBuffer, batch: &[RawRecord<'_>]) -> Result<(), JournalFault> {
        let limit = self.max_body_bytes();
        batch.iter().try_for_each(|record| {
            group.push_with(limit, |out| {
                out.extend_from_slice(record.payload);
                record.tag
            })
        })
    }

    /// Appends the records in `group`, like [`Self::append`]; the caller clears it afterwards.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn append_group(
        &mut self,
        group: &mut GroupBuffer,
        written_ms: u64,
    ) -> Result<Appended, JournalFault> {
        if let Some(broken) = &self.broken {
            return Err(broken.fault());
        }
        if group.count() == 0 {
            return Err(JournalFault::GroupCount { count: 0 });
        }
        let (body, limit) = (group.body_bytes(), self.max_body_bytes());
        if body > limit {
            return Err(JournalFault::GroupTooLarge {
                bytes: body as u64,
                limit: limit as u64,
            });
        }
        if self.at + (GROUP_HEADER_BYTES + body) as u64 > self.capacity {
            self.rotate()?;
        }
        self.written_ms = self.written_ms.max(written_ms);
        let head = group.finish(self.next_seq, self.written_ms, self.head);
        self.write(group.bytes())?;
        Ok(self.publish(group, head))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), JournalFault> {
        let file = Arc::clone(&self.file);
        file.write_all_at(self.at, bytes)
            .map_err(|e| self.break_at("write", e))?;
        file.sync_data().map_err(|e| self.break_at("sync", e))
    }

    fn publish(&mut self, group: &GroupBuffer, head: ChainHead) -> Appended {
        let (at, first_seq, bytes) = (self.at, self.next_seq, group.bytes().len() as u64);
        self.at += bytes;
        self.next_seq += u64::from(group.count());
        self.head = head;
        let mut published = self.shared.publish();
        let added = published
            .active
            .index
            .add_group(at, first_seq, group.bytes());
        added.expect("a finished group is whole records");
        published.active.end = self.at;
        published.last_seq = self.next_seq - 1;
        published.head = head;
        Appended {
            first_seq,
            head,
            bytes,
            written_ms: self.written_ms,
        }
    }

    /// Switches to the spare segment. Its name is durable before anything is written to it.
    fn rotate(&mut self) -> Result<(), JournalFault> {
        let bytes = self.options.after(self.capacity);
        let file = match self.space.take(bytes) {
            Ok(file) => file,
            Err(error) if is_full_disk(&error) => {
                let dir = self.shared.dir.clone();
                return Err(JournalFault::StorageFull { dir, bytes });
            }
            Err(error) => return Err(self.break_at("allocate the segment after", error)),
        };
        let dir = self.shared.dir.clone();
        let path = segment_path(&dir, self.next_seq);
        let named = self
            .disk
            .rename(&spare_path(&dir), &path)
            .and_then(|()| self.disk.sync_dir(&dir));
        named.map_err(|e| self.break_at("add a segment after", e))?;
        self.seal(Arc::clone(&file));
        self.path = path;
        self.file = file;
        self.capacity = bytes;
        self.at = 0;
        self.space.prepare(self.options.after(bytes));
        Ok(())
    }

    fn seal(&mut self, next: Arc<dyn DiskFile>) {
        let first_seq = self.next_seq;
        let mut published = self.shared.publish();
        let active = Active {
            first_seq,
            file: next,
            end: 0,
            index: SparseIndex::default(),
        };
        let old = std::mem::replace(&mut published.active, active);
        if old.end == 0 {
            // An empty segment is renamed to the one that replaces it.
            return;
        }
        let (last_seq, head) = (first_seq - 1, self.head);
        let summary = Summary {
            first_seq: old.first_seq,
            last_seq,
            end: old.end,
            head,
        };
        let segment = Arc::new(SealedSegment {
            summary,
            index: old.index,
            file: old.file,
        });
        self.shared.sealed.insert(Arc::clone(&segment));
        published.sealed.push(old.first_seq);
        drop(published);
        self.space.write_index(segment);
    }

    fn break_at(&mut self, doing: &'static str, error: io::Error) -> JournalFault {
        let breakage = Breakage {
            doing,
            path: self.path.clone(),
            source: Arc::new(error),
        };
        self.broken.insert(breakage).fault()
    }
}
