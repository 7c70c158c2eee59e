//! A sled store: stores values of any size, and believes nothing that it reads.
//!
//! Puts a checksum before each value, splits large values into pieces, and knows what all checksums must add up to.
//! Must not: decide when to flush, or repair anything.
//!
//! After its first error sled answers every write with that error. So a store that met a full disk stays open for
//! reading, and [`SledStore::reopen`] reopens it once there is room. A store that was found damaged is not read any
//! more.
//!
//! Invariants: a store is read only after [`SledStore::check`] has compared all of it with what was written, or if it
//! is new; only `insert`, `remove` and the blocking `flush` are used; only the projector writes.

mod check;

use std::borrow::Cow;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use campusg_domain::id::Seq;

use super::fault::SnapshotFault;
use super::key::Key;
use super::sled_files::{self, FileId};
use super::stored::{Checksum, Header, Tally, stored};
use super::value::{Slot, Value};
use super::watched::CallWatch;
use crate::disk::{Disk, RealDisk};

/// How often reading a large value is retried if it is replaced meanwhile.
const READ_TRIES: u32 = 8;

/// The free space required to reopen a store: for what sled writes while opening, and for a checkpoint.
const ROOM_TO_REOPEN: u64 = 16 << 20;

/// Which of the two stores one is. A value of one does not fit the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Hot,
    Archive,
}

impl Role {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Hot => Self::Archive,
            Self::Archive => Self::Hot,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hot => "hot",
            Self::Archive => "archive",
        }
    }
}

/// What the values of a store add up to.
#[derive(Clone, Copy, Debug, Default)]
struct Content {
    tally: Tally,
    /// The last record that `applied` covers.
    applied: Seq,
}

/// A value that fits its checksum, with its header.
type Checked<'b> = (Header, Cow<'b, [u8]>);

#[derive(Debug)]
pub(crate) struct SledStore {
    role: Role,
    path: PathBuf,
    cache_bytes: u64,
    /// `None` only while the store is being reopened.
    db: RwLock<Option<sled::Db>>,
    file: RwLock<Option<FileId>>,
    content: Mutex<Content>,
    /// Whether it met a full disk and writes nothing more.
    full: AtomicBool,
    /// What is wrong with it, once something was found.
    damage: OnceLock<String>,
    writes: AtomicU64,
    calls: CallWatch,
}

impl SledStore {
    /// Opens the store in the folder `path`.
    pub(crate) fn open(role: Role, path: &Path, cache_bytes: u64) -> Result<Self, SnapshotFault> {
        Self::open_at(role, path, path, cache_bytes)
    }

    /// Opens the store in the folder `at`, which is going to be renamed to `path`.
    pub(crate) fn open_at(
        role: Role,
        at: &Path,
        path: &Path,
        cache_bytes: u64,
    ) -> Result<Self, SnapshotFault> {
        let db = sled_files::open(at, cache_bytes)?;
        Ok(Self {
            role,
            path: path.to_path_buf(),
            cache_bytes,
            db: RwLock::new(Some(db)),
            file: RwLock::new(FileId::in_folder(at)),
            content: Mutex::default(),
            full: AtomicBool::new(false),
            damage: OnceLock::new(),
            writes: AtomicU64::new(0),
            calls: CallWatch::default(),
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
        let _under_way = self.calls.begin();
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        drop(db.take());
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let fresh = Self::open(self.role, &self.path, self.cache_bytes)?;
            settle(&fresh).map(|()| fresh)
        }));
        let opened = opened.unwrap_or_else(|_| Err(self.found("sled panicked")));
        let fresh = opened.map_err(|fault| {
            tracing::error!(error = %fault.in_full(), path = %self.path.display(), "a store can't be opened again");
            match fault {
                SnapshotFault::Damaged { detail, .. } => self.found(detail),
                _ => self.no_room(),
            }
        })?;
        *self.content() = *fresh.content();
        let file = fresh
            .file
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        *self.file.write().unwrap_or_else(PoisonError::into_inner) = file;
        *db = fresh
            .db
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        self.full.store(false, Ordering::Release);
        Ok(())
    }

    /// Runs `work` on the store, unless it is damaged or being reopened. A panic is sled's, on damaged files.
    fn sled<T>(
        &self,
        work: impl FnOnce(&sled::Tree) -> sled::Result<T>,
    ) -> Result<T, SnapshotFault> {
        let tree = self.tree()?;
        let _under_way = self.calls.begin();
        match catch_unwind(AssertUnwindSafe(|| work(&tree))) {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(source)) => Err(self.fault(source)),
            Err(_) => Err(self.found("sled panicked")),
        }
    }

    /// The calls of sled that are under way.
    pub(crate) const fn calls(&self) -> &CallWatch {
        &self.calls
    }

    fn tree(&self) -> Result<sled::Tree, SnapshotFault> {
        if let Some(detail) = self.damage.get() {
            return Err(SnapshotFault::damaged(&self.path, detail));
        }
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let tree = db.as_ref().map(|db| sled::Tree::clone(db));
        tree.ok_or_else(|| self.no_room())
    }

    fn no_room(&self) -> SnapshotFault {
        let path = self.path.clone();
        SnapshotFault::Full { path }
    }

    fn fault(&self, source: sled::Error) -> SnapshotFault {
        match SnapshotFault::of_sled(&self.path, source) {
            SnapshotFault::Damaged { detail, .. } => self.found(detail),
            fault => {
                if fault.is_full() {
                    self.full.store(true, Ordering::Release);
                }
                fault
            }
        }
    }

    /// Notes that the store is damaged: nothing is read from it any more.
    pub(crate) fn found(&self, detail: impl Into<String>) -> SnapshotFault {
        let mut is_first = false;
        let detail = self.damage.get_or_init(|| {
            is_first = true;
            detail.into()
        });
        if is_first {
            tracing::error!(path = %self.path.display(), detail, "a snapshot store is damaged");
        }
        SnapshotFault::damaged(&self.path, detail)
    }

    fn not_as_written(&self, key: &Key) -> SnapshotFault {
        self.found(format!("a value under {} is not as written", key.kind()))
    }

    /// Notes that a value is missing which other values say is there.
    pub(crate) fn missing(&self, key: &Key) -> SnapshotFault {
        self.found(format!("a value under {} is missing", key.kind()))
    }

    /// Returns what is wrong with the store, if anything was found.
    pub(crate) fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what the values add up to.
    pub(crate) fn tally(&self) -> Tally {
        self.content().tally
    }

    /// Says that `applied` covers everything that is written now.
    pub(crate) fn set_applied(&self, seq: Seq) {
        self.content().applied = seq;
    }

    /// Returns the number of inserts and removals since the store was first opened.
    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    pub(crate) fn get(&self, key: &Key) -> Result<Option<Slot>, SnapshotFault> {
        for _ in 0..READ_TRIES {
            let Some(bytes) = self.raw(key)? else {
                return Ok(None);
            };
            if let Some(slot) = self.slot_of(key, &bytes)? {
                return Ok(Some(slot));
            }
        }
        Err(self.missing(key))
    }

    fn slot_of(&self, key: &Key, bytes: &[u8]) -> Result<Option<Slot>, SnapshotFault> {
        let Some((header, value)) = self.value_of(key, bytes)? else {
            return Ok(None);
        };
        let value = Value::decode(key, &value).map_err(|_| self.not_as_written(key))?;
        Ok(Some(Slot {
            seq: header.seq,
            value: Some(value),
        }))
    }

    /// Puts a value together and compares it with its checksum; `None` if a piece is gone because the value was
    /// replaced.
    fn value_of<'b>(
        &self,
        key: &Key,
        bytes: &'b [u8],
    ) -> Result<Option<Checked<'b>>, SnapshotFault> {
        let parsed = Header::parse(bytes);
        let (header, rest) = parsed.ok_or_else(|| self.not_as_written(key))?;
        let mut value = Cow::Borrowed(rest);
        if header.pieces.is_some() {
            let mut all = Vec::new();
            for piece in header.piece_keys(key) {
                match self.raw(&piece)? {
                    Some(part) => all.extend_from_slice(&part),
                    None => return Ok(None),
                }
            }
            value = Cow::Owned(all);
        }
        if header.fits(self.role.name(), key, &value) {
            Ok(Some((header, value)))
        } else {
            Err(self.not_as_written(key))
        }
    }

    fn raw(&self, key: &Key) -> Result<Option<sled::IVec>, SnapshotFault> {
        self.sled(|tree| tree.get(key.bytes()))
    }

    /// Returns the header of a key's value, without comparing the value.
    pub(crate) fn header(&self, key: &Key) -> Result<Option<Header>, SnapshotFault> {
        let Some(bytes) = self.raw(key)? else {
            return Ok(None);
        };
        match Header::parse(&bytes) {
            Some((header, _)) => Ok(Some(header)),
            None => Err(self.not_as_written(key)),
        }
    }

    pub(crate) fn contains(&self, key: &Key) -> Result<bool, SnapshotFault> {
        self.sled(|tree| tree.contains_key(key.bytes()))
    }

    fn entries<'a>(
        &'a self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> impl Iterator<Item = Result<(Key, sled::IVec), SnapshotFault>> + 'a {
        let (mut entries, mut fault) =
            match self.sled(|tree| Ok(tree.range::<&[u8], _>((from, to)))) {
                Ok(entries) => (Some(entries), None),
                Err(fault) => (None, Some(fault)),
            };
        std::iter::from_fn(move || {
            if let Some(fault) = fault.take() {
                return Some(Err(fault));
            }
            let open = entries.as_mut()?;
            let next = self.sled(|_| open.next().transpose());
            if next.is_err() {
                entries = None;
            }
            let next = next.transpose()?;
            Some(next.map(|(key, bytes)| (Key::from_bytes(&key), bytes)))
        })
    }

    /// Returns every value from `from` to `to`, in order of keys, with large values put together.
    pub(crate) fn between<'a>(
        &'a self,
        from: &Key,
        to: Bound<&Key>,
    ) -> impl Iterator<Item = Result<(Key, Slot), SnapshotFault>> + 'a {
        let entries = self.entries(Bound::Included(from.bytes()), to.map(Key::bytes));
        entries.filter_map(move |entry| {
            let (key, bytes) = match entry {
                Ok(entry) => entry,
                Err(fault) => return Some(Err(fault)),
            };
            match self.slot_of(&key, &bytes) {
                Ok(Some(slot)) => Some(Ok((key, slot))),
                // Replaced or removed since the iterator saw it.
                Ok(None) => self.get(&key).transpose().map(|s| s.map(|s| (key, s))),
                Err(fault) => Some(Err(fault)),
            }
        })
    }

    /// Returns up to `limit` keys under a prefix after a key.
    pub(crate) fn keys_after(
        &self,
        prefix: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Key>, SnapshotFault> {
        let (from, to) = Key::range_of(prefix);
        let from = after.map_or(Bound::Included(from.bytes()), |key| {
            Bound::Excluded(key.bytes())
        });
        let entries = self.entries(from, Bound::Excluded(to.bytes()));
        let keys = entries.map(|entry| entry.map(|(key, _)| key));
        keys.take(limit).collect()
    }

    /// Calls `each` with every key under a prefix.
    pub(crate) fn visit_keys(
        &self,
        prefix: &[u8],
        mut each: impl FnMut(Key),
    ) -> Result<(), SnapshotFault> {
        let (from, to) = Key::range_of(prefix);
        let (from, to) = (Bound::Included(from.bytes()), Bound::Excluded(to.bytes()));
        for entry in self.entries(from, to) {
            each(entry?.0);
        }
        Ok(())
    }

    /// Writes a value. Returns the pieces of the value that it replaces, which are to be removed once the new one is
    /// flushed.
    pub(crate) fn insert(
        &self,
        key: &Key,
        seq: Seq,
        value: &[u8],
    ) -> Result<Vec<Key>, SnapshotFault> {
        let old = self.header(key)?;
        if old.is_some_and(|old| old.seq == seq) {
            // Written before the store was reopened: the same records, folded into the same value.
            return Ok(vec![]);
        }
        let applied = self.content().applied;
        let before = old.map_or(Checksum::NONE, |old| {
            if old.seq > applied {
                old.before
            } else {
                old.checksum
            }
        });
        let new = stored(self.role.name(), key, before, seq, value);
        for (piece, part) in new.header.piece_keys(key).zip(&new.pieces) {
            self.put(&piece, part)?;
        }
        self.put(key, &new.bytes)?;
        let mut content = self.content();
        content.tally.add(new.header.checksum);
        let Some(old) = old else {
            return Ok(vec![]);
        };
        content.tally.subtract(old.checksum);
        Ok(old.piece_keys(key).collect())
    }

    /// Writes what the store keeps of itself, and no value.
    pub(crate) fn put_own(&self, key: &Key, seq: Seq, bytes: &[u8]) -> Result<(), SnapshotFault> {
        let new = stored(self.role.name(), key, Checksum::NONE, seq, bytes);
        debug_assert_eq!(
            new.header.pieces, None,
            "what a store keeps of itself is small"
        );
        self.put(key, &new.bytes)
    }

    /// Reads what the store keeps of itself.
    pub(crate) fn own(&self, key: &Key) -> Result<Option<Vec<u8>>, SnapshotFault> {
        let Some(bytes) = self.raw(key)? else {
            return Ok(None);
        };
        let value = self.value_of(key, &bytes)?;
        Ok(value.map(|(_, value)| value.into_owned()))
    }

    fn put(&self, key: &Key, bytes: &[u8]) -> Result<(), SnapshotFault> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.sled(|tree| tree.insert(key.bytes(), bytes)).map(drop)
    }

    /// Removes a value with its pieces, or a single piece.
    pub(crate) fn remove(&self, key: &Key) -> Result<(), SnapshotFault> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let old = self.sled(|tree| tree.remove(key.bytes()))?;
        // A piece has no header, whatever it begins with.
        let Some(bytes) = old.filter(|_| !key.is_piece()) else {
            return Ok(());
        };
        let parsed = Header::parse(&bytes);
        let (header, _) = parsed.ok_or_else(|| self.not_as_written(key))?;
        self.content().tally.subtract(header.checksum);
        for piece in header.piece_keys(key) {
            self.writes.fetch_add(1, Ordering::Relaxed);
            self.sled(|tree| tree.remove(piece.bytes()))?;
        }
        Ok(())
    }

    /// Passes everything written to the operating system.
    pub(crate) fn flush(&self) -> Result<(), SnapshotFault> {
        self.sled(|tree| tree.flush()).map(drop)
    }

    /// Makes every file of the store durable, which sled's flush does not.
    pub(crate) fn sync_files(&self) -> Result<(), SnapshotFault> {
        self.check_files()?;
        sled_files::sync_tree(&self.path).map_err(|source| SnapshotFault::Io {
            doing: "sync",
            path: self.path.clone(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    /// A value of three pieces, each of which begins with this byte.
    pub(super) fn large(byte: u8) -> Vec<u8> {
        vec![byte; 9_000]
    }

    pub(super) fn store() -> (tempfile::TempDir, SledStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(Role::Hot, folder.path(), 1 << 20).unwrap();
        (folder, store)
    }

    #[test]
    fn a_piece_is_no_header_whichever_byte_it_begins_with() {
        let (_folder, store) = store();
        let key = Key::meta("large");
        for byte in 0..=u8::MAX {
            let seq = u64::from(byte) * 2 + 1;
            let none = store.insert(&key, Seq(seq), &large(byte)).unwrap();
            assert_eq!(none, [], "nothing was there");
            let stale = store.insert(&key, Seq(seq + 1), &large(byte)).unwrap();
            assert_eq!(stale.len(), 3);
            for piece in &stale {
                store.remove(piece).unwrap();
            }
            store.remove(&key).unwrap();
        }
        let left = store.entries(Bound::Unbounded, Bound::Unbounded).count();
        assert_eq!(left, 0, "nothing is left behind");
        assert_eq!(store.tally(), Tally::default());
    }
}
