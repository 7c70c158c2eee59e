//! One sled store: opening it, and values of any size in it.
//!
//! Owns the settings sled is used with and the pieces of large values. Must not decide when
//! anything is flushed.
//!
//! Invariants: left-over `snap.*.generating` files are deleted before sled looks; only `insert`,
//! `remove` and the blocking `flush` are used; nothing but the projector writes.

use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{fs, io, thread};

use campusg_domain::id::Seq;

use super::fault::SnapshotFault;
use super::key::Key;
use super::value::{Head, Slot, Split, split};

/// How often a store whose lock is still held by the last handle's threads is tried again.
const LOCK_TRIES: u32 = 5_000;
/// How often a large value that is replaced while it is read is read again.
const READ_TRIES: u32 = 8;

/// An open store.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    db: sled::Db,
    writes: AtomicU64,
}

impl Place {
    pub(crate) fn open(path: &Path, cache_bytes: u64) -> Result<Self, SnapshotFault> {
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
                    // The last handle's own threads let go of the file a moment after it.
                    tries += 1;
                    thread::park_timeout(Duration::from_millis(1));
                }
                opened => break opened,
            }
        };
        let db = db.map_err(|source| SnapshotFault::Store {
            path: path.to_path_buf(),
            source,
        })?;
        Ok(Self {
            path: path.to_path_buf(),
            db,
            writes: AtomicU64::new(0),
        })
    }

    /// How many inserts and removes were done since it was opened.
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

    /// Makes a value of its stored bytes; `None` if a piece is gone because it was replaced.
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
        self.db.get(key).map_err(|source| self.fault(source))
    }

    pub(crate) fn contains(&self, key: &Key) -> Result<bool, SnapshotFault> {
        let found = self.db.contains_key(key.bytes());
        found.map_err(|source| self.fault(source))
    }

    /// Every value from `from` to `to`, in the order of keys; pieces of large values are put
    /// together.
    pub(crate) fn between<'a>(
        &'a self,
        from: &Key,
        to: Bound<&Key>,
    ) -> impl Iterator<Item = Result<(Key, Slot), SnapshotFault>> + 'a {
        let bounds = (Bound::Included(from.bytes()), to.map(Key::bytes));
        self.db.range::<&[u8], _>(bounds).filter_map(move |entry| {
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
        })
    }

    pub(crate) fn count(&self, prefix: &[u8]) -> Result<u64, SnapshotFault> {
        let keys = self.db.scan_prefix(prefix).keys();
        let counted = keys.map(|key| key.map(|_| 1)).sum::<sled::Result<u64>>();
        counted.map_err(|source| self.fault(source))
    }

    /// Writes a value. Returns the pieces of the value it replaces, to be removed once the new
    /// one is flushed.
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

    /// Writes bytes that are no value: the store's own.
    pub(crate) fn put(
        &self,
        key: &[u8],
        bytes: &[u8],
    ) -> Result<Option<sled::IVec>, SnapshotFault> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let old = self.db.insert(key, bytes);
        old.map_err(|source| self.fault(source))
    }

    /// Removes a value with its pieces.
    pub(crate) fn remove(&self, key: &Key) -> Result<(), SnapshotFault> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let old = self
            .db
            .remove(key.bytes())
            .map_err(|source| self.fault(source))?;
        let head = old.map(|old| Head::of(&old)).transpose();
        let head = head.map_err(|source| damaged(key, source))?.flatten();
        for piece in head.iter().flat_map(|head| head.keys(key)) {
            self.writes.fetch_add(1, Ordering::Relaxed);
            self.db
                .remove(piece.bytes())
                .map_err(|source| self.fault(source))?;
        }
        Ok(())
    }

    /// Hands everything written to the operating system.
    pub(crate) fn flush(&self) -> Result<(), SnapshotFault> {
        self.db
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
        SnapshotFault::Store {
            path: self.path.clone(),
            source,
        }
    }
}

fn damaged(key: &Key, source: crate::codec::CodecFault) -> SnapshotFault {
    let key = String::from_utf8_lossy(&key.bytes()[..key.bytes().len().min(2)]).into_owned();
    SnapshotFault::Value { key, source }
}

/// sled panics on some damaged files instead of saying so.
fn open_or_bug(config: &sled::Config) -> sled::Result<sled::Db> {
    let opened = catch_unwind(AssertUnwindSafe(|| config.open()));
    opened.unwrap_or_else(|_| Err(sled::Error::ReportableBug("it panicked".into())))
}

fn is_locked(error: &io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}

/// A process killed while sled wrote its snapshot leaves one that sled takes for the newest.
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
