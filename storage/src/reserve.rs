//! Room on the disk that is kept for a start: sled and `TRUST` have to write a little before anything can be read. A start
//! that finds the disk full gives the room up, is there for reads, and takes records only once the room is kept again.
//!
//! Must not: be given up for anything else.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::disk::{Disk, RealDisk};

/// sled writes up to half a MiB, and its snapshot, for each store that it opens.
const RESERVE_BYTES: u64 = 3 << 20;
const CHUNK_BYTES: usize = 64 << 10;

/// The file that keeps the room.
#[derive(Clone, Debug)]
pub(crate) struct Reserve {
    path: PathBuf,
}

impl Reserve {
    pub(crate) fn of(dir: &Path) -> Self {
        let path = dir.join("reserve");
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the room up; returns whether there was any.
    pub(crate) fn give_up(&self) -> io::Result<bool> {
        let kept = match fs::metadata(&self.path) {
            Ok(found) => found.len() > 0,
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if kept {
            fs::remove_file(&self.path)?;
        }
        Ok(kept)
    }

    /// Keeps the room, on a disk that has as much again.
    pub(crate) fn keep(&self) -> io::Result<()> {
        let kept = fs::metadata(&self.path).map_or(0, |found| found.len());
        if kept < RESERVE_BYTES {
            self.require(2 * RESERVE_BYTES - kept)?;
        }
        self.fill()
    }

    /// Keeps the room again after it was given up. Takes what there is at once, and succeeds when the disk has as much
    /// again.
    pub(crate) fn keep_again(&self) -> io::Result<()> {
        self.fill()?;
        self.require(RESERVE_BYTES)
    }

    fn require(&self, bytes: u64) -> io::Result<()> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        if RealDisk.free_bytes(dir)? < bytes {
            return Err(ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn fill(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&self.path)?;
        let mut at = file.metadata()?.len();
        // Written, since a hole keeps nothing.
        let zeros = vec![0; CHUNK_BYTES];
        while at < RESERVE_BYTES {
            file.write_all_at(&zeros, at)?;
            at += zeros.len() as u64;
        }
        file.sync_all()
    }
}
