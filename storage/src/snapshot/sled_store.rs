//! A sled store: opens it, and stores values of any size.
//!
//! Configures sled, and splits large values into pieces. Must not: decide when to flush.
//!
//! After its first error sled answers every write with that error. So a store that met a full disk stays open for
//! reading, and [`SledStore::reopen`] reopens it once there is room.
//!
//! Invariants: left-over `snap.*.generating` files are deleted before sled opens; only `insert`, `remove` and the
//! blocking `flush` are used; only the projector writes.

use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use std::{fs, io, thread};

use campusg_domain::id::Seq;

use super::fault::SnapshotFault;
use super::key::Key;
use super::value::{Head, Slot, Split, split};
use crate::disk::{Disk, RealDisk};

/// How often opening is retried while threads of the previous handle still hold the lock.
const LOCK_TRIES: u32 = 5_000;
/// How often reading a large value is retried if it is replaced meanwhile.
const READ_TRIES: u32 = 8;

/// The free space required to reopen a store: for what sled writes while opening, and for a checkpoint.
const ROOM_TO_REOPEN: u64 = 16 << 20;

#[derive(Debug)]
pub(crate) struct SledStore {
    path: PathBuf,
    cache_bytes: u64,
    /// `None` only while the store is being reopened.
    db: RwLock<Option<sled::Db>>,
    /// Whether it met a full disk and writes nothing more.
    full: AtomicBool,
    writes: AtomicU64,
}

impl SledStore {
    pub(crate) fn open(path: &Path, cache_bytes: u64) -> Result<Self, SnapshotFault> {
        Ok(Self {
            path: path.to_path_buf(),
            cache_bytes,
            db: RwLock::new(Some(open(path, cache_bytes)?)),
            full: AtomicBool::new(false),
            writes: AtomicU64::new(0),
        })
    }

    /// Reopens a store that met a full disk, and calls `settle` to put it in order before it is read. Does nothing
    /// for any other store.
    ///
    /// # Errors
    /// `Full` while there is no room or reads are still under way; damage; or an error of `settle`.
    pub(crate) fn reopen(
        &self,
        settle: impl FnOnce(&Self) -> Result<(), SnapshotFault>,
    ) -> Result<(), SnapshotFault> {
        if !self.full.load(Ordering::Acquire) {
            return Ok(());
        }
        let room = RealDisk.free_bytes(&self.path);
        if room.is_ok_and(|bytes| bytes < ROOM_TO_REOPEN) {
            return Err(self.no_room());
        }
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        drop(db.take());
        let fresh = Self::open(&self.path, self.cache_bytes)
            .and_then(|fresh| settle(&fresh).map(|()| fresh));
        let fresh = fresh.map_err(|fault| {
            tracing::error!(error = %fault.in_full(), path = %self.path.display(),
                "a store can't be opened again: restart after freeing space");
            if fault.is_damage() {
                fault
            } else {
                self.no_room()
            }
        })?;
        *db = fresh
            .db
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        self.full.store(false, Ordering::Release);
        Ok(())
    }

    /// Returns the store, or `Full` while it is being reopened.
    fn tree(&self) -> Result<sled::Tree, SnapshotFault> {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let tree = db.as_ref().map(|db| sled::Tree::clone(db));
        tree.ok_or_else(|| self.no_room())
    }

    fn no_room(&self) -> SnapshotFault {
        let path = self.path.clone();
        SnapshotFault::Full { path }
    }

    /// Returns the number of inserts and removals since the store was first opened.
    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    pub(crate) fn get(&self, key: &Key) -> Result<Option<Slot>, SnapshotFault> {
        for _ in 0..READ_TRIES {
            let Some(bytes) = self.raw(key.bytes())? else {
                return Ok(None);
            };
            if let Some(slot) = self.resolve(key, &bytes)? {
                return Ok(Some(slot));
            }
        }
        let missing = crate::codec::CodecFault::Trailing(0);
        Err(damaged(key, missing))
    }

    /// Builds a value from its stored bytes; `None` if a piece is gone because the value was replaced.
    fn resolve(&self, key: &Key, bytes: &[u8]) -> Result<Option<Slot>, SnapshotFault> {
        let fault = |source| damaged(key, source);
        let Some(head) = Head::of(bytes).map_err(fault)? else {
            return Slot::decode(key, bytes).map(Some).map_err(fault);
        };
        let mut all = Vec::new();
        for piece in head.keys(key) {
            match self.raw(piece.bytes())? {
                Some(part) => all.extend_from_slice(&part),
                None => return Ok(None),
            }
        }
        Slot::decode(key, &all).map(Some).map_err(fault)
    }

    pub(crate) fn raw(&self, key: &[u8]) -> Result<Option<sled::IVec>, SnapshotFault> {
        self.tree()?.get(key).map_err(|source| self.fault(source))
    }

    pub(crate) fn contains(&self, key: &Key) -> Result<bool, SnapshotFault> {
        let found = self.tree()?.contains_key(key.bytes());
        found.map_err(|source| self.fault(source))
    }

    /// Returns every value from `from` to `to`, in order of keys, with large values put together.
    pub(crate) fn between<'a>(
        &'a self,
        from: &Key,
        to: Bound<&Key>,
    ) -> impl Iterator<Item = Result<(Key, Slot), SnapshotFault>> + 'a {
        let bounds = (Bound::Included(from.bytes()), to.map(Key::bytes));
        let (entries, fault) = match self.tree() {
            Ok(tree) => (Some(tree.range::<&[u8], _>(bounds)), None),
            Err(fault) => (None, Some(Err(fault))),
        };
        let slots = entries.into_iter().flatten().filter_map(move |entry| {
            let (key, bytes) = match entry {
                Ok(entry) => entry,
                Err(source) => return Some(Err(self.fault(source))),
            };
            let key = Key::from_bytes(&key);
            match self.resolve(&key, &bytes) {
                Ok(Some(slot)) => Some(Ok((key, slot))),
                // Replaced or removed since the iterator saw it.
                Ok(None) => self.get(&key).transpose().map(|s| s.map(|s| (key, s))),
                Err(fault) => Some(Err(fault)),
            }
        });
        fault.into_iter().chain(slots)
    }

    pub(crate) fn count(&self, prefix: &[u8]) -> Result<u64, SnapshotFault> {
        let keys = self.tree()?.scan_prefix(prefix).keys();
        let counted = keys.map(|key| key.map(|_| 1)).sum::<sled::Result<u64>>();
        counted.map_err(|source| self.fault(source))
    }

    /// Writes a value. Returns the pieces of the value that it replaces, which are to be removed once the new one is
    /// flushed.
    pub(crate) fn insert(
        &self,
        key: &Key,
        seq: Seq,
        bytes: &[u8],
    ) -> Result<Vec<Key>, SnapshotFault> {
        let mut new = None;
        let old = match split(seq, bytes) {
            None => self.put(key.bytes(), bytes)?,
            Some(Split {
                head,
                bytes,
                pieces,
            }) => {
                for (piece, part) in head.keys(key).zip(pieces) {
                    self.put(piece.bytes(), part)?;
                }
                new = Some(head);
                self.put(key.bytes(), &bytes)?
            }
        };
        let replaced = old.map(|old| Head::of(&old)).transpose();
        let replaced = replaced.map_err(|source| damaged(key, source))?.flatten();
        let stale = replaced.filter(|old| new.is_none_or(|new| new.seq != old.seq));
        Ok(stale.map_or_else(Vec::new, |head| head.keys(key).collect()))
    }

    /// Writes bytes that belong to the store itself and are no value.
    pub(crate) fn put(
        &self,
        key: &[u8],
        bytes: &[u8],
    ) -> Result<Option<sled::IVec>, SnapshotFault> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let old = self.tree()?.insert(key, bytes);
        old.map_err(|source| self.fault(source))
    }

    /// Removes a value with its pieces, or a single piece.
    pub(crate) fn remove(&self, key: &Key) -> Result<(), SnapshotFault> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let tree = self.tree()?;
        let old = tree
            .remove(key.bytes())
            .map_err(|source| self.fault(source))?;
        // A piece may begin with any byte, so it is never interpreted as a head.
        let value = old.filter(|_| !key.is_piece());
        let head = value.map(|old| Head::of(&old)).transpose();
        let head = head.map_err(|source| damaged(key, source))?.flatten();
        for piece in head.iter().flat_map(|head| head.keys(key)) {
            self.writes.fetch_add(1, Ordering::Relaxed);
            tree.remove(piece.bytes())
                .map_err(|source| self.fault(source))?;
        }
        Ok(())
    }

    /// Passes everything written to the operating system.
    pub(crate) fn flush(&self) -> Result<(), SnapshotFault> {
        self.tree()?
            .flush()
            .map(drop)
            .map_err(|source| self.fault(source))
    }

    /// Makes every file of the store durable, which sled's flush does not.
    pub(crate) fn sync_files(&self) -> Result<(), SnapshotFault> {
        sync_tree(&self.path).map_err(|source| SnapshotFault::Io {
            doing: "sync",
            path: self.path.clone(),
            source,
        })
    }

    fn fault(&self, source: sled::Error) -> SnapshotFault {
        let fault = SnapshotFault::of_sled(&self.path, source);
        if fault.is_full() {
            self.full.store(true, Ordering::Release);
        }
        fault
    }
}

fn open(path: &Path, cache_bytes: u64) -> Result<sled::Db, SnapshotFault> {
    delete_left_overs(path).map_err(|source| SnapshotFault::Io {
        doing: "delete left-overs in",
        path: path.to_path_buf(),
        source,
    })?;
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(cache_bytes)
        .flush_every_ms(None);
    let mut tries = 0;
    let db = loop {
        match open_or_bug(&config) {
            Err(sled::Error::Io(error)) if is_locked(&error) && tries < LOCK_TRIES => {
                // The previous handle's own threads release the file shortly after the handle is dropped.
                tries += 1;
                thread::park_timeout(Duration::from_millis(1));
            }
            opened => break opened,
        }
    };
    db.map_err(|source| SnapshotFault::of_sled(path, source))
}

fn damaged(key: &Key, source: crate::codec::CodecFault) -> SnapshotFault {
    let key = String::from_utf8_lossy(&key.bytes()[..key.bytes().len().min(2)]).into_owned();
    SnapshotFault::Value { key, source }
}

/// Opens a store. sled panics on some damaged files instead of returning an error.
fn open_or_bug(config: &sled::Config) -> sled::Result<sled::Db> {
    let opened = catch_unwind(AssertUnwindSafe(|| config.open()));
    opened.unwrap_or_else(|_| Err(sled::Error::ReportableBug("it panicked".into())))
}

fn is_locked(error: &io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}

/// Deletes incomplete snapshots: if a process is killed while sled writes one, sled would take it for the newest.
fn delete_left_overs(store: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(store) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "generating") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn sync_tree(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(&entry.path())?;
        } else {
            fs::File::open(entry.path())?.sync_all()?;
        }
    }
    fs::File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    /// A value of three pieces, each of which begins with this byte.
    fn large(byte: u8) -> Vec<u8> {
        let mut bytes = vec![byte; 9_000];
        bytes[0] = 0;
        bytes
    }

    #[test]
    fn a_piece_is_no_head_whichever_byte_it_begins_with() {
        let folder = tempfile::tempdir().unwrap();
        let place = SledStore::open(folder.path(), 1 << 20).unwrap();
        let key = Key::meta("large");
        for byte in 0..=u8::MAX {
            let seq = u64::from(byte) * 2 + 1;
            let none = place.insert(&key, Seq(seq), &large(byte)).unwrap();
            assert_eq!(none, [], "nothing was there");
            let stale = place.insert(&key, Seq(seq + 1), &large(byte)).unwrap();
            assert_eq!(stale.len(), 3);
            for piece in &stale {
                place.remove(piece).unwrap();
            }
            place.remove(&key).unwrap();
        }
        assert_eq!(place.count(b"").unwrap(), 0, "nothing is left behind");
    }
}
