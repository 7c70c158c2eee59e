//! Both stores and the overlay: determines where a value is looked up, in the order overlay, hot, archive.
//!
//! Must not: write; checkpoints do.
//!
//! Invariants: an order that leaves hot is already in the archive; one that returns is in hot before anything else is
//! read from there, and hot is read first. Nothing is read from a store before all of it was checked, or once it was
//! found damaged: such a read is a fault, and never says that something is not there.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use super::checkpoint::Applied;
use super::fault::SnapshotFault;
use super::key::Key;
use super::overlay::Overlay;
use super::sled_store::{Role, SledStore};
use super::value::{Slot, Value};
use super::watched::{Pulse, watched};

/// How long a read waits for the archive to open.
pub(crate) const ARCHIVE_WAIT: Duration = Duration::from_secs(2);

/// The archive, which is opened and checked in the background.
#[derive(Debug)]
pub(crate) struct Archive {
    path: PathBuf,
    ready: OnceLock<Result<Arc<SledStore>, SnapshotFault>>,
    opening: Mutex<bool>,
    done: Condvar,
    /// How large a cache it has, and what it has to be.
    expected: (u64, Applied),
    /// Whether there was no room on the disk to open it.
    waits_for_room: AtomicBool,
}

impl Archive {
    /// Starts opening in the background, and compares what is there with what `applied` says.
    pub(crate) fn open_behind(
        path: &Path,
        cache_bytes: u64,
        applied: Applied,
    ) -> std::io::Result<Arc<Self>> {
        let archive = Arc::new(Self {
            path: path.to_path_buf(),
            ready: OnceLock::new(),
            opening: Mutex::new(true),
            done: Condvar::new(),
            expected: (cache_bytes, applied),
            waits_for_room: AtomicBool::new(false),
        });
        let theirs = Arc::clone(&archive);
        let thread = thread::Builder::new().name("archive".into());
        thread.spawn(move || theirs.try_to_open())?;
        Ok(archive)
    }

    /// Opens it and compares all of it. On a full disk it can be tried again.
    pub(crate) fn try_to_open(&self) {
        let (path, (cache_bytes, applied)) = (self.path.clone(), self.expected);
        let opened = watched(&self.path, move |pulse| {
            let store = SledStore::open(Role::Archive, &path, cache_bytes)?;
            store.check(applied.archive, applied.seq, pulse)?;
            Ok(Arc::new(store))
        });
        let full = opened.as_ref().is_err_and(SnapshotFault::is_full);
        if let Err(fault) = &opened {
            tracing::error!(error = %fault.in_full(), "the archive can't be used");
        }
        self.waits_for_room.store(full, Ordering::Release);
        if !full {
            // Tries follow each other, and only the last is no failure for want of room.
            let _ = self.ready.set(opened);
        }
        *self.opening.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.done.notify_all();
    }

    /// Whether there was no room on the disk to open it. Whoever calls [`Self::try_to_open`] then is the only one.
    pub(crate) fn waits_for_room(&self) -> bool {
        self.waits_for_room.load(Ordering::Acquire)
    }

    /// Returns an archive that was just made.
    pub(crate) fn new(store: SledStore, path: &Path) -> Arc<Self> {
        Arc::new(Self {
            path: path.to_path_buf(),
            ready: OnceLock::from(Ok(Arc::new(store))),
            opening: Mutex::new(false),
            done: Condvar::new(),
            expected: (0, Applied::default()),
            waits_for_room: AtomicBool::new(false),
        })
    }

    /// Returns the archive, waiting at most `patience` for it.
    pub(crate) fn get(&self, patience: Duration) -> Result<&Arc<SledStore>, SnapshotFault> {
        if self.ready.get().is_none() {
            let opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = self
                .done
                .wait_timeout_while(opening, patience, |opening| *opening);
            drop(waited);
        }
        let path = self.path.clone();
        match self.ready.get() {
            None if self.waits_for_room() => Err(SnapshotFault::Full { path }),
            None => Err(SnapshotFault::Opening { path }),
            Some(Ok(store)) => Ok(store),
            Some(Err(fault)) if fault.is_full() => Err(SnapshotFault::Full { path }),
            Some(Err(SnapshotFault::Damaged { detail, .. })) => {
                Err(SnapshotFault::damaged(&path, detail))
            }
            Some(Err(fault)) => Err(SnapshotFault::damaged(&path, fault.in_full())),
        }
    }

    /// Returns the archive, however long it takes to open.
    pub(crate) fn wait(&self) -> Result<&Arc<SledStore>, SnapshotFault> {
        self.get(Duration::MAX)
    }

    /// Whether it was checked and is undamaged.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.ready.get(), Some(Ok(store)) if store.damage().is_none())
    }

    /// Returns why it can't be used, if it can't.
    fn damage(&self) -> Option<String> {
        match self.ready.get()? {
            Ok(store) => store.damage().map(str::to_owned),
            Err(SnapshotFault::Damaged { detail, .. }) => Some(detail.clone()),
            Err(fault) => Some(fault.in_full()),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Stores {
    pub(crate) overlay: Overlay,
    pub(crate) hot: Arc<SledStore>,
    pub(crate) archive: Arc<Archive>,
}

impl Stores {
    pub(crate) fn new(hot: Arc<SledStore>, archive: Arc<Archive>) -> Self {
        Self {
            overlay: Overlay::default(),
            hot,
            archive,
        }
    }

    /// Returns the store that is damaged, and what is wrong with it.
    pub(crate) fn damage(&self) -> Option<(Role, String)> {
        let hot = self
            .hot
            .damage()
            .map(|detail| (Role::Hot, detail.to_owned()));
        hot.or_else(|| Some((Role::Archive, self.archive.damage()?)))
    }

    /// Returns the damage as a fault, if there is any.
    pub(crate) fn fault(&self) -> Option<SnapshotFault> {
        match self.damage()? {
            (Role::Hot, detail) => Some(SnapshotFault::damaged(self.hot.path(), detail)),
            (Role::Archive, detail) => Some(SnapshotFault::damaged(&self.archive.path, detail)),
        }
    }

    /// Whether a checkpoint may write to both.
    pub(crate) fn can_be_written(&self) -> bool {
        self.hot.damage().is_none() && self.archive.is_open()
    }

    /// Reopens the stores that failed for want of room, since sled writes nothing more after an error.
    ///
    /// A reopened store contains what a killed process would leave: everything that `applied` covers, with its
    /// removals.
    pub(crate) fn reopen(&self) -> Result<(), SnapshotFault> {
        let pulse = Pulse::default();
        self.hot.reopen(|hot| {
            let applied = Applied::read(hot)?;
            applied.finish_removals(hot)?;
            hot.check(applied.hot, applied.seq, &pulse)
        })?;
        if let Some(Ok(archive)) = self.archive.ready.get() {
            archive.reopen(|archive| {
                let applied = Applied::read(&self.hot)?;
                archive.check(applied.archive, applied.seq, &pulse)
            })?;
        }
        Ok(())
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

    /// Notes that the archive lacks a value which others say is there.
    pub(crate) fn missing(&self, key: &Key) -> SnapshotFault {
        match self.archive.get(Duration::ZERO) {
            Ok(archive) => archive.missing(key),
            Err(fault) => fault,
        }
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

    /// Calls `each` with every value in hot under a prefix, in no order.
    pub(crate) fn visit(
        &self,
        prefix: &[u8],
        mut each: impl FnMut(&Key, Value),
    ) -> Result<(), SnapshotFault> {
        let (from, to) = Key::range_of(prefix);
        let newer = self.overlay.range(&from, Bound::Excluded(&to));
        for entry in self.hot.between(&from, Bound::Excluded(&to)) {
            let (key, slot) = entry?;
            if let Some(value) = slot.value.filter(|_| !newer.contains_key(&key)) {
                each(&key, value);
            }
        }
        for (key, slot) in newer {
            if let Some(value) = slot.value {
                each(&key, value);
            }
        }
        Ok(())
    }

    /// Returns how many keys in hot have a prefix.
    pub(crate) fn count(&self, prefix: &[u8]) -> Result<u64, SnapshotFault> {
        let (from, to) = Key::range_of(prefix);
        let newer = self.overlay.range(&from, Bound::Excluded(&to));
        let mut count = newer.values().filter(|slot| slot.value.is_some()).count() as u64;
        self.hot.visit_keys(prefix, |key| {
            count += u64::from(!newer.contains_key(&key));
        })?;
        Ok(count)
    }
}
