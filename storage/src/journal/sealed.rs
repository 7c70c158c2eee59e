//! Sealed segments, which are complete and never written again: their files, indexes and summaries, with a bounded
//! cache.
//!
//! Must not: write a segment. Index files are written only to save time; none is needed.
//!
//! Invariant: a summary or index was either read from an index file with correct checksums that fits the neighbouring
//! segments, or built by checking every group of the segment.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::fault::{Flaw, JournalFault};
use super::format::ChainHead;
use super::index::{self, SUMMARY_BYTES, SparseIndex, Summary};
use super::scan::{SegmentScan, Step, sweep};
use crate::disk::{Disk, DiskFile};

/// How many sealed segments stay open. Each costs at most 256 KiB of index and one file handle.
const KEPT_OPEN: usize = 32;

#[derive(Debug)]
pub(super) struct SealedSegment {
    pub(super) summary: Summary,
    pub(super) index: SparseIndex,
    pub(super) file: Arc<dyn DiskFile>,
}

#[derive(Debug)]
pub(super) struct SealedSegments {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    may_write: bool,
    cache: Mutex<VecDeque<Arc<SealedSegment>>>,
    writing: Mutex<()>,
}

pub(super) fn segment_path(dir: &Path, first_seq: u64) -> PathBuf {
    dir.join(format!("{first_seq:020}.seg"))
}

pub(super) fn index_path(dir: &Path, first_seq: u64) -> PathBuf {
    dir.join(format!("{first_seq:020}.idx"))
}

/// Parses the first sequence number from a file name with this ending.
pub(super) fn sequence_in_name(name: &str, ending: &str) -> Option<u64> {
    let digits = name.strip_suffix(ending)?;
    (digits.len() == 20).then(|| digits.parse().ok())?
}

impl SealedSegments {
    pub(super) fn new(disk: Arc<dyn Disk>, dir: &Path, may_write: bool) -> Self {
        let cache = Mutex::new(VecDeque::new());
        Self {
            disk,
            dir: dir.to_path_buf(),
            may_write,
            cache,
            writing: Mutex::new(()),
        }
    }

    /// Caches a segment that was just sealed.
    pub(super) fn insert(&self, segment: Arc<SealedSegment>) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.retain(|held| held.summary.first_seq != segment.summary.first_seq);
        cache.push_front(segment);
        cache.truncate(KEPT_OPEN);
    }

    /// Returns the sealed segment that starts at `first_seq` and is followed by one that starts at `next_start`.
    ///
    /// # Errors
    /// `Io`, or the segment's fault if its index had to be rebuilt.
    pub(super) fn get(
        &self,
        first_seq: u64,
        next_start: u64,
    ) -> Result<Arc<SealedSegment>, JournalFault> {
        if let Some(held) = self.cached(first_seq) {
            return Ok(held);
        }
        let segment = match self.load(first_seq, next_start)? {
            Some(segment) => Arc::new(segment),
            None => {
                let rebuilt = Arc::new(self.rebuild(first_seq, next_start, None)?.0);
                self.write_index(&rebuilt);
                rebuilt
            }
        };
        self.insert(Arc::clone(&segment));
        Ok(segment)
    }

    fn cached(&self, first_seq: u64) -> Option<Arc<SealedSegment>> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let place = cache
            .iter()
            .position(|held| held.summary.first_seq == first_seq)?;
        let segment = cache.remove(place)?;
        cache.push_front(Arc::clone(&segment));
        Some(segment)
    }

    fn load(&self, first_seq: u64, next_start: u64) -> Result<Option<SealedSegment>, JournalFault> {
        let file = self.open_segment(first_seq)?;
        let Some(bytes) = self.index_bytes(first_seq, usize::MAX) else {
            return Ok(None);
        };
        let Some((summary, index)) = index::decode(&bytes) else {
            return Ok(None);
        };
        let path = segment_path(&self.dir, first_seq);
        let size = file.size().map_err(JournalFault::io("measure", &path))?;
        let fits = summary.first_seq == first_seq
            && summary.last_seq + 1 == next_start
            && summary.end <= size;
        Ok(fits.then_some(SealedSegment {
            summary,
            index,
            file,
        }))
    }

    /// Returns the summary from the segment's index file; `None` if it has no readable one.
    pub(super) fn summary(&self, first_seq: u64) -> Option<Summary> {
        let summary = index::decode_summary(&self.index_bytes(first_seq, SUMMARY_BYTES)?)?;
        (summary.first_seq == first_seq).then_some(summary)
    }

    fn index_bytes(&self, first_seq: u64, most: usize) -> Option<Vec<u8>> {
        let file = self
            .disk
            .open_read_only(&index_path(&self.dir, first_seq))
            .ok()?;
        let mut bytes = vec![0; usize::try_from(file.size().ok()?).ok()?.min(most)];
        file.read_exact_at(0, &mut bytes).ok()?;
        Some(bytes)
    }

    /// Checks every group of a sealed segment and builds its index. Also returns when its last group was written.
    ///
    /// # Errors
    /// `Damaged`, `MissingSegment`, `UnknownVersion` or `Io`.
    pub(super) fn rebuild(
        &self,
        first_seq: u64,
        next_start: u64,
        head: Option<ChainHead>,
    ) -> Result<(SealedSegment, u64), JournalFault> {
        let mut index = SparseIndex::default();
        let (file, scan) = self.check(first_seq, next_start, head, |at, seq, group| {
            index.add_group(at, seq, group)
        })?;
        let head = scan.head.ok_or_else(|| scan.damaged(Flaw::GroupHeader))?;
        let summary = Summary {
            first_seq,
            last_seq: next_start - 1,
            end: scan.at,
            head,
        };
        Ok((
            SealedSegment {
                summary,
                index,
                file,
            },
            scan.written_ms,
        ))
    }

    /// Checks every group of a sealed segment up to its end, and calls `each` with each group.
    ///
    /// # Errors
    /// As [`Self::rebuild`].
    pub(super) fn check(
        &self,
        first_seq: u64,
        next_start: u64,
        head: Option<ChainHead>,
        mut each: impl FnMut(u64, u64, &[u8]) -> Result<(), Flaw>,
    ) -> Result<(Arc<dyn DiskFile>, SegmentScan), JournalFault> {
        let path = segment_path(&self.dir, first_seq);
        let file = self.open_segment(first_seq)?;
        let size = file.size().map_err(JournalFault::io("measure", &path))?;
        let mut scan = SegmentScan::new(Arc::clone(&file), &path, size, first_seq, head);
        loop {
            match scan.step()? {
                Step::Group { header, at } => {
                    each(at, header.first_seq, scan.group()).map_err(|flaw| scan.damaged(flaw))?;
                }
                Step::Flawed(flaw) => return Err(scan.damaged(flaw)),
                Step::End => break,
            }
        }
        let tail =
            sweep(&*file, scan.at, size, size, 0).map_err(JournalFault::io("read", &path))?;
        if tail.used_until > scan.at {
            return Err(scan.damaged(Flaw::Trailing));
        }
        if scan.next_seq != next_start {
            return Err(scan.damaged(Flaw::Sequence));
        }
        Ok((file, scan))
    }

    fn open_segment(&self, first_seq: u64) -> Result<Arc<dyn DiskFile>, JournalFault> {
        let path = segment_path(&self.dir, first_seq);
        self.disk
            .open_read_only(&path)
            .map_err(JournalFault::io("open", &path))
    }

    /// Writes the index file. A failure is logged; the index is then rebuilt when it is needed.
    pub(super) fn write_index(&self, segment: &SealedSegment) {
        if !self.may_write {
            return;
        }
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let path = index_path(&self.dir, segment.summary.first_seq);
        if let Err(error) =
            self.replace_file(&path, &index::encode(&segment.summary, &segment.index))
        {
            tracing::warn!(%error, path = %path.display(), "journal index not written");
        }
    }

    fn replace_file(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let unfinished = path.with_extension("idx.tmp");
        let _ = self.disk.remove(&unfinished);
        let file = self.disk.create(&unfinished)?;
        file.write_all_at(0, bytes)?;
        file.sync_data()?;
        self.disk.rename(&unfinished, path)?;
        self.disk.sync_dir(&self.dir)
    }
}
