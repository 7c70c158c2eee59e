//! Reads durable records from any thread while the writer continues.
//!
//! Must not: show a record before the sync that makes it durable has returned.
//!
//! Invariant: the published end only grows, group by group, and only the writer moves it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::fault::JournalFault;
use super::format::ChainHead;
use super::index::{IndexEntry, SparseIndex};
use super::open::survey;
use super::records::{Cursor, Records, Stored};
use super::scan::Window;
use super::sealed::{SealedSegments, segment_path};
use crate::disk::{Disk, DiskFile};

/// The segment that the writer appends to.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) first_seq: u64,
    pub(super) file: Arc<dyn DiskFile>,
    pub(super) end: u64,
    pub(super) index: SparseIndex,
}

#[derive(Debug)]
pub(super) struct Published {
    pub(super) last_seq: u64,
    pub(super) head: ChainHead,
    /// The first sequence numbers of the sealed segments, in order.
    pub(super) sealed: Vec<u64>,
    pub(super) active: Active,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) dir: PathBuf,
    pub(super) sealed: Arc<SealedSegments>,
    published: RwLock<Published>,
}

impl Shared {
    pub(super) fn new(dir: &Path, sealed: Arc<SealedSegments>, published: Published) -> Self {
        Self {
            dir: dir.to_path_buf(),
            sealed,
            published: RwLock::new(published),
        }
    }

    pub(super) fn published(&self) -> RwLockReadGuard<'_, Published> {
        self.published
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn publish(&self) -> RwLockWriteGuard<'_, Published> {
        self.published
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Places a cursor at or shortly before a durable record; `None` if there is no such record.
    pub(super) fn cursor(&self, seq: u64) -> Result<Option<Cursor>, JournalFault> {
        let (first_seq, next_start) = {
            let published = self.published();
            if seq == 0 || seq > published.last_seq {
                return Ok(None);
            }
            let active = &published.active;
            if seq >= active.first_seq {
                let window = Window::new(Arc::clone(&active.file), active.end);
                return Ok(self.at_floor(active.first_seq, window, active.index.floor(seq)));
            }
            let after = published.sealed.partition_point(|start| *start <= seq);
            let next_start = published
                .sealed
                .get(after)
                .copied()
                .unwrap_or(active.first_seq);
            let Some(place) = after.checked_sub(1) else {
                return Ok(None);
            };
            (published.sealed[place], next_start)
        };
        let segment = self.sealed.get(first_seq, next_start)?;
        let window = Window::new(Arc::clone(&segment.file), segment.summary.end);
        Ok(self.at_floor(first_seq, window, segment.index.floor(seq)))
    }

    fn at_floor(
        &self,
        first_seq: u64,
        window: Window,
        floor: Option<IndexEntry>,
    ) -> Option<Cursor> {
        Some(Cursor::new(
            window,
            segment_path(&self.dir, first_seq),
            floor?,
        ))
    }
}

/// A view of the durable part of a journal. Clones share the same view.
#[derive(Debug, Clone)]
pub struct JournalReader {
    pub(super) shared: Arc<Shared>,
}

impl JournalReader {
    /// Opens a journal for reading only: takes no lock, changes nothing, and ignores a torn last group. Meant for a
    /// stopped journal or a copy. Records that a running writer adds later are not seen, and its present group may
    /// look damaged.
    ///
    /// # Errors
    /// `NoJournal`, `Damaged`, `MissingSegment`, `UnknownVersion` or `Io`.
    pub fn open(disk: Arc<dyn Disk>, dir: &Path) -> Result<Self, JournalFault> {
        let found = survey(&disk, dir, false)?;
        let found = found.ok_or_else(|| JournalFault::NoJournal {
            dir: dir.to_path_buf(),
        })?;
        Ok(Self {
            shared: Arc::new(found.shared),
        })
    }

    /// Returns the last durable sequence number (0 = none) and the chain head after it.
    #[must_use]
    pub fn head(&self) -> (u64, ChainHead) {
        let published = self.shared.published();
        (published.last_seq, published.head)
    }

    /// Returns the records from `seq` on (0 counts as 1), up to the last one that is durable now.
    #[must_use]
    pub fn read_from(&self, seq: u64) -> Records {
        let last = self.shared.published().last_seq;
        Records::new(Arc::clone(&self.shared), seq.max(1), last)
    }

    /// Returns one record; `None` if it is not durable yet.
    ///
    /// # Errors
    /// `Damaged`, `UnknownVersion` or `Io`.
    pub fn read_at(&self, seq: u64) -> Result<Option<Stored>, JournalFault> {
        self.shared
            .cursor(seq)?
            .map(|mut cursor| cursor.find_durable(seq))
            .transpose()
    }
}
