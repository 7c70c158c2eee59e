//! The files of a sled store: opens them, makes them durable, and notices when they are replaced.
//!
//! Must not: know keys or values.
//!
//! Invariant: left-over `snap.*.generating` files are deleted before sled opens.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;
use std::{fs, io, thread};

use super::fault::SnapshotFault;

/// How often opening is retried while threads of the previous handle still hold the lock.
const LOCK_TRIES: u32 = 5_000;

/// Opens a store in the folder `at`.
pub(super) fn open(at: &Path, cache_bytes: u64) -> Result<sled::Db, SnapshotFault> {
    delete_left_overs(at).map_err(|source| SnapshotFault::of_sled(at, source.into()))?;
    let config = sled::Config::new()
        .path(at)
        .cache_capacity(cache_bytes)
        .flush_every_ms(None);
    let mut tries = 0;
    let db = loop {
        match config.open() {
            Err(sled::Error::Io(error)) if is_locked(&error) && tries < LOCK_TRIES => {
                // The previous handle's own threads release the file shortly after the handle is dropped.
                tries += 1;
                thread::park_timeout(Duration::from_millis(1));
            }
            opened => break opened,
        }
    };
    db.map_err(|source| SnapshotFault::of_sled(at, source))
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

/// Which file the content of a store is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// Returns the file that is in the folder now; `None` if a file is missing that sled needs.
    pub(super) fn in_folder(at: &Path) -> Option<Self> {
        let found = fs::metadata(at.join("db")).ok()?;
        at.join("conf").exists().then(|| Self {
            device: found.dev(),
            inode: found.ino(),
        })
    }
}

/// Makes every file below a folder durable.
pub(super) fn sync_tree(dir: &Path) -> io::Result<()> {
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
