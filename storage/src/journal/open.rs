//! Surveys a journal's directory and opens it for writing. Decides whether bytes at the end are a torn group or
//! damage.
//!
//! Must not: cut a group that was synced, as far as the bytes can tell.
//!
//! Invariants: no segment is changed before the whole last one was judged, and before the caller has agreed. What is
//! cut is less than one group, at the end of the last segment, followed only by zeros. What is kept is durable before
//! anyone can read it.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::fault::{Flaw, JournalFault};
use super::format::{ChainHead, GENESIS, GROUP_HEADER_BYTES, MAX_BODY_BYTES};
use super::index::SparseIndex;
use super::reader::{Active, Published, Shared};
use super::scan::{SegmentScan, Step, sweep};
use super::sealed::{SealedSegments, segment_path, sequence_in_name};
use super::space::{SpaceThread, spare_path, zero_filled};
use super::writer::{Journal, JournalOptions};
use crate::disk::{Disk, DiskFile, DiskLock, is_full_disk};

/// An open journal, and what was found when it was opened.
#[derive(Debug)]
pub struct Opened {
    /// Appends groups to the journal.
    pub journal: Journal,
    /// The chain head after the last group.
    pub head: ChainHead,
    /// The sequence number of the next record.
    pub next_seq: u64,
    /// The torn group that was cut off, if there was one.
    pub cut: Option<Cut>,
}

/// A torn last group. None of its records was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The file of the last segment.
    pub segment: PathBuf,
    /// The offset of the group in bytes.
    pub offset: u64,
    /// How many bytes were overwritten with zeros.
    pub bytes: u64,
    /// The sequence number of its first record.
    pub sequence: u64,
}

/// What a directory contains.
pub(super) struct Found {
    pub(super) shared: Shared,
    pub(super) path: PathBuf,
    pub(super) file: Arc<dyn DiskFile>,
    pub(super) capacity: u64,
    pub(super) at: u64,
    pub(super) written_ms: u64,
    pub(super) cut: Option<Cut>,
}

/// What a journal's directory contains. The lock is held and no segment has been changed yet, so it can still be
/// compared with what others know of the journal.
pub struct Looked {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    options: JournalOptions,
    lock: DiskLock,
    found: Option<Found>,
}

impl fmt::Debug for Looked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Looked")
            .field("dir", &self.dir)
            .field("last", &self.last().map(|(seq, _)| seq))
            .finish_non_exhaustive()
    }
}

/// Surveys a directory without changing a segment; see [`Journal::look`].
pub(super) fn look(
    disk: &Arc<dyn Disk>,
    dir: &Path,
    options: JournalOptions,
) -> Result<Looked, JournalFault> {
    options.check()?;
    disk.create_dir_all(dir)
        .map_err(JournalFault::io("create", dir))?;
    let lock_path = dir.join("lock");
    let lock = disk.lock(&lock_path).map_err(|error| match error.kind() {
        ErrorKind::WouldBlock => JournalFault::Locked {
            path: lock_path.clone(),
        },
        _ => JournalFault::io("lock", &lock_path)(error),
    })?;
    Ok(Looked {
        disk: Arc::clone(disk),
        dir: dir.to_path_buf(),
        options,
        lock,
        found: survey(disk, dir, true)?,
    })
}

impl Looked {
    /// Returns the last whole record and the chain head after it; 0 and [`GENESIS`] for a journal without records;
    /// `None` if there is no journal.
    #[must_use]
    pub fn last(&self) -> Option<(u64, ChainHead)> {
        let published = self.found.as_ref()?.shared.published();
        Some((published.last_seq, published.head))
    }

    /// Creates the first segment if there is no journal, and opens it.
    ///
    /// # Errors
    /// `StorageFull` if not even the first segment fits, then as [`Self::open`].
    pub fn open_or_create(mut self) -> Result<Opened, JournalFault> {
        if self.found.is_none() {
            create_first_segment(&*self.disk, &self.dir, self.options)?;
            self.found = survey(&self.disk, &self.dir, true)?;
        }
        self.open()
    }

    /// Cuts off a torn last group and opens the journal for writing.
    ///
    /// # Errors
    /// `NoJournal`, or `Io`.
    pub fn open(self) -> Result<Opened, JournalFault> {
        let (disk, dir) = (self.disk, self.dir);
        let found = self
            .found
            .ok_or_else(|| JournalFault::NoJournal { dir: dir.clone() })?;
        settle(&*disk, &dir, &found)?;
        let bytes = self.options.after(found.capacity);
        let spare = left_over_spare(&*disk, &dir, bytes)?;
        let sealed = Arc::clone(&found.shared.sealed);
        let space = SpaceThread::start(Arc::clone(&disk), dir.clone(), bytes, spare, sealed)
            .map_err(JournalFault::io("start the thread for", &dir))?;
        let cut = found.cut.clone();
        let journal = Journal::new(disk, self.lock, space, self.options, found);
        let (last_seq, head) = journal.reader().head();
        Ok(Opened {
            journal,
            head,
            next_seq: last_seq + 1,
            cut,
        })
    }
}

fn create_first_segment(
    disk: &dyn Disk,
    dir: &Path,
    options: JournalOptions,
) -> Result<(), JournalFault> {
    let bytes = options.first();
    zero_filled(disk, dir, bytes, &AtomicBool::new(false)).map_err(|error| {
        if is_full_disk(&error) {
            JournalFault::StorageFull {
                dir: dir.to_path_buf(),
                bytes,
            }
        } else {
            JournalFault::io("allocate a segment in", dir)(error)
        }
    })?;
    let path = segment_path(dir, 1);
    disk.rename(&spare_path(dir), &path)
        .map_err(JournalFault::io("create", &path))?;
    disk.sync_dir(dir).map_err(JournalFault::io("sync", dir))
}

/// Cuts off the torn group and makes everything else durable: a writer that was killed may have left a whole group,
/// or the name of a segment, that was never synced.
fn settle(disk: &dyn Disk, dir: &Path, found: &Found) -> Result<(), JournalFault> {
    if let Some(cut) = &found.cut {
        erase(&*found.file, cut).map_err(JournalFault::io("cut", &cut.segment))?;
    }
    found
        .file
        .sync_data()
        .map_err(JournalFault::io("sync", &found.path))?;
    disk.sync_dir(dir).map_err(JournalFault::io("sync", dir))
}

fn erase(file: &dyn DiskFile, cut: &Cut) -> io::Result<()> {
    let bytes = usize::try_from(cut.bytes).expect("what is cut is less than one group");
    file.write_all_at(cut.offset, &vec![0; bytes])
}

/// Returns the spare segment of an earlier run. If it has another size, it is removed instead.
fn left_over_spare(
    disk: &dyn Disk,
    dir: &Path,
    bytes: u64,
) -> Result<Option<Arc<dyn DiskFile>>, JournalFault> {
    let path = spare_path(dir);
    let file = match disk.open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(JournalFault::io("open", &path)(error)),
    };
    let size = file.size().map_err(JournalFault::io("measure", &path))?;
    if size == bytes {
        return Ok(Some(file));
    }
    disk.remove(&path)
        .map_err(JournalFault::io("remove", &path))?;
    Ok(None)
}

/// Surveys a journal's directory without changing a segment; `None` if there is none.
pub(super) fn survey(
    disk: &Arc<dyn Disk>,
    dir: &Path,
    may_write: bool,
) -> Result<Option<Found>, JournalFault> {
    let sealed = Arc::new(SealedSegments::new(Arc::clone(disk), dir, may_write));
    let starts = segment_starts(&**disk, dir, &sealed)?;
    let Some((&first_seq, before)) = starts.split_last() else {
        return Ok(None);
    };
    let path = segment_path(dir, first_seq);
    let opened = if may_write {
        disk.open(&path)
    } else {
        disk.open_read_only(&path)
    };
    let file = opened.map_err(JournalFault::io("open", &path))?;
    let capacity = file.size().map_err(JournalFault::io("measure", &path))?;

    let head_before = match before.last() {
        Some(start) => head_of(&sealed, *start, first_seq)?,
        None => GENESIS,
    };
    let mut scan = SegmentScan::new(
        Arc::clone(&file),
        &path,
        capacity,
        first_seq,
        Some(head_before),
    );
    let (index, cut) = judge(&mut scan, &*file, &path, capacity)?;
    let mut written_ms = scan.written_ms;
    if let (0, Some(start)) = (scan.at, before.last()) {
        // The newest segment has no group that names the hash of the one before, so all groups of that segment are
        // checked.
        written_ms = sealed.rebuild(*start, first_seq, None)?.1;
    }

    let head = scan.head.unwrap_or(head_before);
    let active = Active {
        first_seq,
        file: Arc::clone(&file),
        end: scan.at,
        index,
    };
    let published = Published {
        last_seq: scan.next_seq - 1,
        head,
        sealed: before.to_vec(),
        active,
    };
    let shared = Shared::new(dir, sealed, published);
    Ok(Some(Found {
        shared,
        path,
        file,
        capacity,
        at: scan.at,
        written_ms,
        cut,
    }))
}

/// Returns the first sequence numbers of all segments, in order. Checks by names and index files that none is
/// missing.
fn segment_starts(
    disk: &dyn Disk,
    dir: &Path,
    sealed: &SealedSegments,
) -> Result<Vec<u64>, JournalFault> {
    let names = match disk.list(dir) {
        Ok(names) => names,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(JournalFault::io("list", dir)(error)),
    };
    let with_ending = |ending| {
        let mut found: Vec<u64> = names
            .iter()
            .filter_map(|name| sequence_in_name(name, ending))
            .collect();
        found.sort_unstable();
        found
    };
    let (starts, indexed) = (with_ending(".seg"), with_ending(".idx"));
    let missing = |sequence| {
        Err(JournalFault::MissingSegment {
            dir: dir.to_path_buf(),
            sequence,
        })
    };
    let nothing = starts.is_empty() && indexed.is_empty();
    if !nothing && starts.first() != Some(&1) {
        return missing(1);
    }
    for start in indexed {
        let Some(summary) = sealed.summary(start) else {
            continue;
        };
        let after = starts.partition_point(|other| *other <= start);
        // An index file is written only after the next segment exists.
        if starts
            .get(after)
            .is_none_or(|next| *next > summary.last_seq + 1)
        {
            return missing(summary.last_seq + 1);
        }
    }
    Ok(starts)
}

fn head_of(
    sealed: &SealedSegments,
    first_seq: u64,
    next_start: u64,
) -> Result<ChainHead, JournalFault> {
    match sealed.summary(first_seq) {
        Some(summary) if summary.last_seq + 1 == next_start => Ok(summary.head),
        _ => Ok(sealed.get(first_seq, next_start)?.summary.head),
    }
}

/// Reads the last segment to its end, and decides whether what follows is a torn group or damage.
fn judge(
    scan: &mut SegmentScan,
    file: &dyn DiskFile,
    path: &Path,
    size: u64,
) -> Result<(SparseIndex, Option<Cut>), JournalFault> {
    let mut index = SparseIndex::default();
    let flaw = loop {
        match scan.step()? {
            Step::Group { header, at } => {
                let added = index.add_group(at, header.first_seq, scan.group());
                added.map_err(|flaw| scan.damaged(flaw))?;
            }
            Step::Flawed(flaw) => break flaw,
            Step::End => break Flaw::Trailing,
        }
    };
    if !flaw.can_be_torn() {
        return Err(scan.damaged(flaw));
    }
    let one_group = scan.at + (GROUP_HEADER_BYTES + MAX_BODY_BYTES) as u64;
    let (headers_from, limit) = match scan.claimed_end {
        Some(end) => (end, end),
        None => (scan.at + 1, one_group),
    };
    let tail = sweep(file, scan.at, size, headers_from, scan.next_seq)
        .map_err(JournalFault::io("read", path))?;
    if tail.later_group {
        return Err(scan.damaged(flaw));
    }
    if tail.used_until > limit {
        return Err(scan.damaged(Flaw::Trailing));
    }
    let bytes = tail.used_until - scan.at;
    let torn = Cut {
        segment: path.to_path_buf(),
        offset: scan.at,
        bytes,
        sequence: scan.next_seq,
    };
    Ok((index, (bytes > 0).then_some(torn)))
}
