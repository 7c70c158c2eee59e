//! The state of [`super::faulty::FaultyDisk`], and what remains of it after a power loss.
//!
//! Holds written and synced bytes, linked and synced names, and the armed faults. Must not: be more reliable than a
//! real disk.
//!
//! Invariant: a synced byte under a synced name survives; of everything else any part may.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

const SECTOR: usize = 512;

#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) epoch: u64,
    pub(super) inodes: BTreeMap<u64, Inode>,
    pub(super) names: BTreeMap<PathBuf, u64>,
    pub(super) durable_names: BTreeMap<PathBuf, u64>,
    pub(super) unsynced_names: Vec<NameChange>,
    pub(super) locks: BTreeSet<PathBuf>,
    pub(super) next_inode: u64,
    pub(super) faults: Faults,
    pub(super) syncs: u64,
    pub(super) dir_syncs: u64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    pub(super) capacity: Option<u64>,
    pub(super) hide_free_space: bool,
    pub(super) longest_write: Option<usize>,
    pub(super) sync: Option<Countdown>,
    pub(super) write: Option<Countdown>,
    pub(super) dir_sync: Option<u64>,
    pub(super) operations_left: Option<u64>,
}

#[derive(Debug, Clone)]
pub(super) struct Countdown {
    pub(super) name_ends: String,
    pub(super) left: u64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Inode {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    pub(super) durable: Vec<u8>,
    pub(super) unsynced: Vec<(usize, Vec<u8>)>,
}

#[derive(Debug, Clone)]
pub(super) enum NameChange {
    Linked(PathBuf, u64),
    Renamed(PathBuf, PathBuf),
    Removed(PathBuf),
}

impl State {
    /// Counts an operation that changes the disk; fails if the power is cut.
    pub(super) fn spend(&mut self) -> io::Result<()> {
        match &mut self.faults.operations_left {
            None => Ok(()),
            Some(0) => Err(io::Error::other("the power is out")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    pub(super) fn link(&mut self, path: &Path) -> u64 {
        self.next_inode += 1;
        let id = self.next_inode;
        self.inodes.insert(
            id,
            Inode {
                path: path.to_path_buf(),
                ..Inode::default()
            },
        );
        self.names.insert(path.to_path_buf(), id);
        self.unsynced_names
            .push(NameChange::Linked(path.to_path_buf(), id));
        id
    }

    pub(super) fn find(&self, path: &Path) -> io::Result<u64> {
        self.names
            .get(path)
            .copied()
            .ok_or_else(|| ErrorKind::NotFound.into())
    }

    pub(super) fn used(&self) -> u64 {
        self.names
            .values()
            .map(|id| self.inodes[id].bytes.len() as u64)
            .sum()
    }

    /// Returns how many of `wanted` bytes at `offset` still fit on the disk.
    pub(super) fn room(&self, inode: u64, offset: usize, wanted: usize) -> usize {
        let Some(capacity) = self.faults.capacity else {
            return wanted;
        };
        let free = usize::try_from(capacity.saturating_sub(self.used())).unwrap_or(usize::MAX);
        let inside = self.inodes[&inode].bytes.len().saturating_sub(offset);
        wanted.min(inside.saturating_add(free))
    }

    pub(super) fn write(&mut self, id: u64, offset: usize, bytes: &[u8]) -> io::Result<usize> {
        self.spend()?;
        let path = self.inodes[&id].path.clone();
        if strikes(&mut self.faults.write, &path) {
            self.store(id, offset, &bytes[..bytes.len() / 2]);
            return Err(io::Error::other("injected write error"));
        }
        let longest = self.faults.longest_write.unwrap_or(usize::MAX);
        let taken = self.room(id, offset, bytes.len().min(longest));
        if taken == 0 && !bytes.is_empty() {
            return Err(ErrorKind::StorageFull.into());
        }
        self.store(id, offset, &bytes[..taken]);
        Ok(taken)
    }

    pub(super) fn store(&mut self, id: u64, offset: usize, bytes: &[u8]) {
        let inode = self
            .inodes
            .get_mut(&id)
            .expect("a handle points to an inode");
        put(&mut inode.bytes, offset, bytes);
        inode.unsynced.push((offset, bytes.to_vec()));
    }

    pub(super) fn sync(&mut self, id: u64) -> io::Result<()> {
        self.spend()?;
        let path = self.inodes[&id].path.clone();
        let fails = strikes(&mut self.faults.sync, &path);
        let inode = self
            .inodes
            .get_mut(&id)
            .expect("a handle points to an inode");
        let written = std::mem::take(&mut inode.unsynced);
        if fails {
            return Err(io::Error::other("injected sync error"));
        }
        for (offset, bytes) in written {
            put(&mut inode.durable, offset, &bytes);
        }
        self.syncs += 1;
        Ok(())
    }

    pub(super) fn sync_names(&mut self) -> io::Result<()> {
        self.spend()?;
        if let Some(left) = &mut self.faults.dir_sync {
            *left -= 1;
            if *left == 0 {
                self.faults.dir_sync = None;
                return Err(io::Error::other("injected directory sync error"));
            }
        }
        for change in std::mem::take(&mut self.unsynced_names) {
            change.apply(&mut self.durable_names);
        }
        self.dir_syncs += 1;
        Ok(())
    }

    pub(super) fn lose_power(&mut self, seed: u64) {
        let mut dice = Dice(seed);
        let changes = std::mem::take(&mut self.unsynced_names);
        let kept = dice.below(changes.len() as u64 + 1);
        for change in changes
            .into_iter()
            .take(usize::try_from(kept).unwrap_or(usize::MAX))
        {
            change.apply(&mut self.durable_names);
        }
        self.names = self.durable_names.clone();
        let linked: BTreeSet<u64> = self.names.values().copied().collect();
        self.inodes.retain(|id, _| linked.contains(id));
        for (path, id) in &self.names {
            let inode = self
                .inodes
                .get_mut(id)
                .expect("a durable name points to an inode");
            inode.path.clone_from(path);
            inode.tear(&mut dice);
        }
        self.start_anew();
    }

    /// Invalidates handles and locks, and removes the faults.
    pub(super) fn start_anew(&mut self) {
        self.epoch += 1;
        self.locks.clear();
        self.faults = Faults::default();
    }
}

impl NameChange {
    pub(super) fn apply(self, names: &mut BTreeMap<PathBuf, u64>) {
        match self {
            Self::Linked(path, inode) => {
                names.insert(path, inode);
            }
            Self::Renamed(from, to) => {
                if let Some(inode) = names.remove(&from) {
                    names.insert(to, inode);
                }
            }
            Self::Removed(path) => {
                names.remove(&path);
            }
        }
    }
}

impl Inode {
    fn tear(&mut self, dice: &mut Dice) {
        for (offset, bytes) in std::mem::take(&mut self.unsynced) {
            match dice.below(4) {
                0 => {}
                1 => {
                    let kept = dice.below(bytes.len() as u64 + 1);
                    let kept = usize::try_from(kept).unwrap_or(bytes.len());
                    put(&mut self.durable, offset, &bytes[..kept]);
                }
                2 => self.keep_some_sectors(offset, &bytes, dice),
                _ => put(&mut self.durable, offset, &bytes),
            }
        }
        self.bytes.clone_from(&self.durable);
    }

    fn keep_some_sectors(&mut self, offset: usize, bytes: &[u8], dice: &mut Dice) {
        let mut at = 0;
        while at < bytes.len() {
            let to_boundary = SECTOR - (offset + at) % SECTOR;
            let end = bytes.len().min(at + to_boundary);
            if dice.below(2) == 0 {
                put(&mut self.durable, offset + at, &bytes[at..end]);
            }
            at = end;
        }
    }
}

fn put(into: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if into.len() < end {
        into.resize(end, 0);
    }
    into[offset..end].copy_from_slice(bytes);
}

/// Returns whether an armed fault applies to this operation; if so, the fault is used up.
fn strikes(fault: &mut Option<Countdown>, path: &Path) -> bool {
    let Some(armed) = fault else { return false };
    if !path.to_string_lossy().ends_with(&armed.name_ends) {
        return false;
    }
    armed.left -= 1;
    let now = armed.left == 0;
    if now {
        *fault = None;
    }
    now
}

/// A splitmix64 generator, so that a seed has the same effect everywhere.
struct Dice(u64);

impl Dice {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}
