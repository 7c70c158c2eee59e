//! Both stores and the overlay: determines where a value is looked up, in the order overlay, hot, archive.
//!
//! Must not: write; checkpoints do.
//!
//! Invariant: an order that leaves hot is already in the archive; one that returns is in hot before anything else is
//! read from there, and hot is read first.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use super::checkpoint::Applied;
use super::fault::SnapshotFault;
use super::key::Key;
use super::overlay::Overlay;
use super::sled_store::SledStore;
use super::value::{Slot, Value};

/// How long a read waits for the archive to open.
pub(crate) const ARCHIVE_WAIT: Duration = Duration::from_secs(2);

/// The archive, which is opened in the background.
#[derive(Debug)]
pub(crate) struct Archive {
    path: PathBuf,
    ready: OnceLock<Result<SledStore, SnapshotFault>>,
    opening: Mutex<bool>,
    done: Condvar,
}

impl Archive {
    /// Starts opening in the background; `on_fault` is called if it fails.
    pub(crate) fn open_behind(
        path: &Path,
        cache_bytes: u64,
        on_fault: impl FnOnce(&SnapshotFault) + Send + 'static,
    ) -> std::io::Result<Arc<Self>> {
        let archive = Arc::new(Self {
            path: path.to_path_buf(),
            ready: OnceLock::new(),
            opening: Mutex::new(true),
            done: Condvar::new(),
        });
        let theirs = Arc::clone(&archive);
        let open = move || {
            let opened = SledStore::open(&theirs.path, cache_bytes);
            if let Err(fault) = theirs.ready.get_or_init(|| opened) {
                on_fault(fault);
            }
            *theirs
                .opening
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = false;
            theirs.done.notify_all();
        };
        thread::Builder::new().name("archive".into()).spawn(open)?;
        Ok(archive)
    }

    /// Returns the archive, waiting at most `patience` for it.
    pub(crate) fn get(&self, patience: Duration) -> Result<&SledStore, SnapshotFault> {
        if self.ready.get().is_none() {
            let opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = self
                .done
                .wait_timeout_while(opening, patience, |opening| *opening);
            drop(waited);
        }
        match self.ready.get() {
            None => Err(SnapshotFault::ArchiveOpening),
            Some(Ok(place)) => Ok(place),
            Some(Err(fault)) if fault.is_full() => Err(SnapshotFault::Full {
                path: self.path.clone(),
            }),
            Some(Err(fault)) => Err(SnapshotFault::ArchiveDamaged {
                path: self.path.clone(),
                detail: fault.in_full(),
            }),
        }
    }

    /// Returns the archive, however long it takes to open.
    pub(crate) fn wait(&self) -> Result<&SledStore, SnapshotFault> {
        self.get(Duration::MAX)
    }

    /// Whether it is open and undamaged.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.ready.get(), Some(Ok(_)))
    }
}

#[derive(Debug)]
pub(crate) struct Stores {
    pub(crate) overlay: Overlay,
    pub(crate) hot: SledStore,
    pub(crate) archive: Arc<Archive>,
}

impl Stores {
    pub(crate) fn new(hot: SledStore, archive: Arc<Archive>) -> Self {
        Self {
            overlay: Overlay::default(),
            hot,
            archive,
        }
    }

    /// Reopens the stores that failed for want of room, since sled writes nothing more after an error.
    ///
    /// A reopened store contains what a killed process would leave: everything that `applied` covers, with its
    /// removals.
    pub(crate) fn reopen(&self) -> Result<(), SnapshotFault> {
        if let Some(Ok(archive)) = self.archive.ready.get() {
            archive.reopen(|_| Ok(()))?;
        }
        self.hot.reopen(|hot| {
            let applied = Applied::read(hot)?.unwrap_or_default();
            applied.finish_removals(hot)
        })
    }

    /// Returns a value that is in hot or nowhere.
    pub(crate) fn hot(&self, key: &Key) -> Result<Slot, SnapshotFault> {
        if let Some(slot) = self.overlay.get(key) {
            return Ok(slot);
        }
        Ok(self.hot.get(key)?.unwrap_or(Slot::ABSENT))
    }

    /// Returns a value that may be in the archive.
    pub(crate) fn anywhere(&self, key: &Key, patience: Duration) -> Result<Slot, SnapshotFault> {
        let near = self.hot(key)?;
        if near.value.is_some() {
            return Ok(near);
        }
        let found = self.archive.get(patience)?.get(key)?;
        Ok(found.unwrap_or(Slot::ABSENT))
    }

    /// Returns the first `limit` values in hot from `from` to before `to`, in order of keys.
    pub(crate) fn range(
        &self,
        from: &Key,
        to: Bound<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Value)>, SnapshotFault> {
        let mut found: BTreeMap<Key, Slot> = self.overlay.range(from, to);
        let mut from_hot = 0;
        for entry in self.hot.between(from, to) {
            let (key, slot) = entry?;
            if from_hot == limit {
                break;
            }
            if let std::collections::btree_map::Entry::Vacant(free) = found.entry(key) {
                free.insert(slot);
                from_hot += 1;
            }
        }
        let there = found
            .into_iter()
            .filter_map(|(key, slot)| Some((key, slot.value?)));
        Ok(there.take(limit).collect())
    }

    /// Returns every value in hot under a prefix.
    pub(crate) fn under(&self, prefix: &[u8]) -> Result<Vec<(Key, Value)>, SnapshotFault> {
        let (from, to) = Key::range_of(prefix);
        self.range(&from, Bound::Excluded(&to), usize::MAX)
    }

    /// Calls `each` with every value in hot under a prefix. The overlay is not considered, so it must be empty.
    pub(crate) fn visit(
        &self,
        prefix: &[u8],
        mut each: impl FnMut(&Key, Value),
    ) -> Result<(), SnapshotFault> {
        debug_assert_eq!(self.overlay.dirty(), 0, "a visit reads hot alone");
        let (from, to) = Key::range_of(prefix);
        for entry in self.hot.between(&from, Bound::Excluded(&to)) {
            let (key, slot) = entry?;
            if let Some(value) = slot.value {
                each(&key, value);
            }
        }
        Ok(())
    }

    /// Returns how many keys in hot have a prefix. The overlay is not considered, so it must be empty.
    pub(crate) fn count(&self, prefix: &[u8]) -> Result<u64, SnapshotFault> {
        self.hot.count(prefix)
    }
}
