//! A disk in memory for tests: it loses what was not synced, and can be made to fail.
//!
//! It models power loss and failing writes and syncs. Must not: be used by the product; it is public so that other
//! crates' tests can use it.
//!
//! Invariants: after [`FaultyDisk::power_loss`] every synced byte under a synced name is there; of everything else
//! any part may be. Handles and locks from before fail. After a failed sync the bytes are readable, but no later sync
//! makes them durable.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::power::{Countdown, NameChange, State};
use super::{Disk, DiskFile, DiskLock};

/// A disk in memory with injectable faults. Clones share the same disk.
#[derive(Debug, Clone, Default)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

impl FaultyDisk {
    /// Creates an empty disk with unlimited capacity and no faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the disk as a trait object, as the stores take it.
    #[must_use]
    pub fn shared(&self) -> Arc<dyn Disk> {
        Arc::new(self.clone())
    }

    /// Returns an independent copy of the present disk, without its locks.
    #[must_use]
    pub fn fork(&self) -> Self {
        let mut state = self.lock_state().clone();
        state.locks.clear();
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Limits the total size of all files in bytes; `None` removes the limit.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.lock_state().faults.capacity = bytes;
    }

    /// Makes [`Disk::free_bytes`] report unlimited space, so that a full disk is noticed only by writes.
    pub fn hide_free_space(&self, hide: bool) {
        self.lock_state().faults.hide_free_space = hide;
    }

    /// Limits every write to at most `bytes` bytes; `None` removes the limit.
    pub fn short_writes(&self, bytes: Option<usize>) {
        self.lock_state().faults.longest_write = bytes;
    }

    /// Makes the `nth` (1 = next) sync of a file whose name ends in `name_ends` fail, once.
    pub fn fail_sync(&self, name_ends: &str, nth: u64) {
        self.lock_state().faults.sync = Some(Countdown {
            name_ends: name_ends.into(),
            left: nth,
        });
    }

    /// Makes the `nth` (1 = next) write to a file whose name ends in `name_ends` store half of its bytes and fail,
    /// once.
    pub fn fail_write(&self, name_ends: &str, nth: u64) {
        self.lock_state().faults.write = Some(Countdown {
            name_ends: name_ends.into(),
            left: nth,
        });
    }

    /// Makes the `nth` (1 = next) sync of a directory fail, once.
    pub fn fail_dir_sync(&self, nth: u64) {
        self.lock_state().faults.dir_sync = Some(nth);
    }

    /// Cuts the power after this number of further writes, syncs and name changes. Everything fails from then on,
    /// until [`Self::power_loss`] restarts the disk.
    pub fn cut_power_after(&self, operations: u64) {
        self.lock_state().faults.operations_left = Some(operations);
    }

    /// Loses unsynced data, of which `seed` decides what remains; invalidates all handles and locks, and removes all
    /// faults.
    pub fn power_loss(&self, seed: u64) {
        self.lock_state().lose_power(seed);
    }

    /// Invalidates all handles and locks and removes all faults, as if only the process had died: what was written
    /// remains readable and unsynced.
    pub fn process_kill(&self) {
        self.lock_state().start_anew();
    }

    /// Returns how many file syncs and how many directory syncs have succeeded.
    #[must_use]
    pub fn syncs(&self) -> (u64, u64) {
        let state = self.lock_state();
        (state.syncs, state.dir_syncs)
    }

    /// Returns the present content of a file; `None` if it does not exist.
    #[must_use]
    pub fn bytes_of(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.lock_state();
        let inode = state.names.get(path)?;
        Some(state.inodes[inode].bytes.clone())
    }

    /// Replaces a file's content durably, without going through a handle; creates the file if it is missing.
    pub fn overwrite(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.lock_state();
        let id = match state.names.get(path) {
            Some(id) => *id,
            None => state.link(path),
        };
        state.durable_names.insert(path.to_path_buf(), id);
        let inode = state
            .inodes
            .get_mut(&id)
            .expect("a name points to an inode");
        inode.durable.clone_from(&bytes);
        inode.bytes = bytes;
        inode.unsynced.clear();
    }

    fn lock_state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no code panics while it holds the disk's state")
    }

    fn handle(&self, state: &State, inode: u64) -> Arc<dyn DiskFile> {
        Arc::new(FaultyFile {
            disk: self.clone(),
            inode,
            epoch: state.epoch,
        })
    }
}

impl Disk for FaultyDisk {
    fn create_dir_all(&self, _dir: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.lock_state();
        state.spend()?;
        if state.names.contains_key(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let inode = state.link(path);
        Ok(self.handle(&state, inode))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let state = self.lock_state();
        let inode = state.find(path)?;
        Ok(self.handle(&state, inode))
    }

    fn open_read_only(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.open(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.lock_state();
        let inside = state.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock_state();
        state.spend()?;
        let id = state.find(from)?;
        let change = NameChange::Renamed(from.to_path_buf(), to.to_path_buf());
        change.clone().apply(&mut state.names);
        state.unsynced_names.push(change);
        state
            .inodes
            .get_mut(&id)
            .expect("a name points to an inode")
            .path = to.to_path_buf();
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock_state();
        state.spend()?;
        state.find(path)?;
        state.names.remove(path);
        state
            .unsynced_names
            .push(NameChange::Removed(path.to_path_buf()));
        Ok(())
    }

    fn sync_dir(&self, _dir: &Path) -> io::Result<()> {
        self.lock_state().sync_names()
    }

    fn free_bytes(&self, _dir: &Path) -> io::Result<u64> {
        let state = self.lock_state();
        Ok(match state.faults.capacity {
            Some(capacity) if !state.faults.hide_free_space => {
                capacity.saturating_sub(state.used())
            }
            _ => u64::MAX,
        })
    }

    fn lock(&self, path: &Path) -> io::Result<DiskLock> {
        let mut state = self.lock_state();
        if !state.locks.insert(path.to_path_buf()) {
            return Err(ErrorKind::WouldBlock.into());
        }
        let held = HeldLock {
            disk: self.clone(),
            path: path.to_path_buf(),
            epoch: state.epoch,
        };
        Ok(DiskLock::new(held))
    }
}

struct HeldLock {
    disk: FaultyDisk,
    path: PathBuf,
    epoch: u64,
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        let mut state = self.disk.lock_state();
        if state.epoch == self.epoch {
            state.locks.remove(&self.path);
        }
    }
}

#[derive(Debug)]
struct FaultyFile {
    disk: FaultyDisk,
    inode: u64,
    epoch: u64,
}

impl FaultyFile {
    fn living(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.disk.lock_state();
        if state.epoch == self.epoch && state.inodes.contains_key(&self.inode) {
            Ok(state)
        } else {
            Err(io::Error::other("the handle is from before the power loss"))
        }
    }
}

impl DiskFile for FaultyFile {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let state = self.living()?;
        let bytes = &state.inodes[&self.inode].bytes;
        let from = place(offset).min(bytes.len());
        let taken = into.len().min(bytes.len() - from);
        into[..taken].copy_from_slice(&bytes[from..from + taken]);
        Ok(taken)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        self.living()?.write(self.inode, place(offset), bytes)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.living()?.sync(self.inode)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.living()?.inodes[&self.inode].bytes.len() as u64)
    }
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).expect("offsets of a disk in memory fit its address space")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn path() -> &'static Path {
        Path::new("/dir/file")
    }

    #[test]
    fn a_name_or_byte_that_was_not_synced_can_be_lost_and_a_synced_one_can_not() {
        let disk = FaultyDisk::new();
        let file = disk.create(path()).unwrap();
        file.write_all_at(0, b"kept").unwrap();
        file.sync_data().unwrap();
        let (mut with_name, mut without) = (0, 0);
        for seed in 0..50 {
            let copy = disk.fork();
            copy.power_loss(seed);
            let there = copy.bytes_of(path());
            if there.is_some() {
                with_name += 1
            } else {
                without += 1
            }
        }
        assert!(with_name > 0 && without > 0);

        disk.sync_dir(Path::new("/dir")).unwrap();
        file.write_all_at(4, &[b'?'; 2000]).unwrap();
        let mut lengths = std::collections::BTreeSet::new();
        for seed in 0..50 {
            let copy = disk.fork();
            copy.power_loss(seed);
            let there = copy.bytes_of(path()).unwrap();
            assert_eq!(&there[..4], b"kept");
            lengths.insert(there.len());
        }
        assert!(lengths.len() > 10, "torn at many places: {lengths:?}");
    }

    #[test]
    fn after_a_failed_sync_the_bytes_are_readable_and_never_durable() {
        let disk = FaultyDisk::new();
        let file = disk.create(path()).unwrap();
        disk.sync_dir(Path::new("/dir")).unwrap();
        file.write_all_at(0, b"lost").unwrap();
        disk.fail_sync("file", 1);
        file.sync_data().unwrap_err();
        file.sync_data().unwrap();
        assert_eq!(disk.bytes_of(path()).unwrap(), b"lost");
        disk.power_loss(1);
        assert_eq!(disk.bytes_of(path()).unwrap(), b"");
        file.read_at(0, &mut [0]).unwrap_err();
    }

    #[test]
    fn a_full_disk_takes_what_fits_and_overwrites_for_nothing() {
        let disk = FaultyDisk::new();
        disk.set_capacity(Some(10));
        let file = disk.create(path()).unwrap();
        assert_eq!(file.write_at(0, &[1; 8]).unwrap(), 8);
        assert_eq!(file.write_at(6, &[2; 8]).unwrap(), 4);
        assert_eq!(file.write_at(0, &[3; 10]).unwrap(), 10);
        assert_eq!(
            file.write_at(10, &[4; 1]).unwrap_err().kind(),
            ErrorKind::StorageFull
        );
    }

    #[test]
    fn a_lock_is_held_once_and_dies_with_the_process() {
        let disk = FaultyDisk::new();
        let lock = disk.lock(path()).unwrap();
        assert_eq!(disk.lock(path()).unwrap_err().kind(), ErrorKind::WouldBlock);
        disk.process_kill();
        let second = disk.lock(path()).unwrap();
        drop(lock);
        assert_eq!(disk.lock(path()).unwrap_err().kind(), ErrorKind::WouldBlock);
        drop(second);
        disk.lock(path()).unwrap();
    }
}
