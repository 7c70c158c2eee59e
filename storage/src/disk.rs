//! The file operations that durable storage needs, as a port, and its adapter for the real disk.
//!
//! Must not: know what the bytes mean.
//!
//! Invariants: data are durable only after [`DiskFile::sync_data`], and a name only after [`Disk::sync_dir`]; no
//! operation retries or hides an error. [`faulty::FaultyDisk`] makes exactly these promises and no stronger ones.

pub mod faulty;
mod power;

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

/// Names, directories and locks of one disk.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Creates a directory with all missing parents, and makes their names durable.
    ///
    /// # Errors
    /// Any error of the operating system.
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;

    /// Creates a file, which must not exist, for reading and writing.
    ///
    /// # Errors
    /// `AlreadyExists`, or another error of the operating system.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens an existing file for reading and writing.
    ///
    /// # Errors
    /// `NotFound`, or another error of the operating system.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens an existing file for reading; writes to it fail.
    ///
    /// # Errors
    /// `NotFound`, or another error of the operating system.
    fn open_read_only(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Returns the names of the files in a directory, unordered.
    ///
    /// # Errors
    /// `NotFound`, or another error of the operating system.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Renames a file atomically, replacing a file with the new name.
    ///
    /// # Errors
    /// Any error of the operating system.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// `NotFound`, or another error of the operating system.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes all created, changed and removed names of a directory durable.
    ///
    /// # Errors
    /// Any error of the operating system.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Returns how many bytes this process may still allocate on the disk that contains `dir`.
    ///
    /// # Errors
    /// Any error of the operating system.
    fn free_bytes(&self, dir: &Path) -> io::Result<u64>;

    /// Takes the lock on `path`, creating the file if it is missing. The lock is held until the guard is dropped or
    /// the process ends.
    ///
    /// # Errors
    /// `WouldBlock` if it is locked already, or another error of the operating system.
    fn lock(&self, path: &Path) -> io::Result<DiskLock>;
}

/// An open file. Every operation gives its offset, so threads can share the file.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Reads bytes at `offset`; returns how many were read, 0 only at the end of the file.
    ///
    /// # Errors
    /// Any error of the operating system.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Writes bytes at `offset`; returns how many were written, which may be fewer than given.
    ///
    /// # Errors
    /// Any error of the operating system.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<usize>;

    /// Makes everything written so far durable, with the file's length.
    ///
    /// # Errors
    /// Any error of the operating system. After one, earlier writes may or may not be on the disk.
    fn sync_data(&self) -> io::Result<()>;

    /// Returns the length in bytes.
    ///
    /// # Errors
    /// Any error of the operating system.
    fn size(&self) -> io::Result<u64>;

    /// Reads exactly as many bytes as `into` holds, from `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` if the file ends before, or an error of [`Self::read_at`].
    fn read_exact_at(&self, mut offset: u64, mut into: &mut [u8]) -> io::Result<()> {
        while !into.is_empty() {
            match self.read_at(offset, into) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(n) => {
                    into = &mut into[n..];
                    offset += n as u64;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Writes all of `bytes` at `offset`, continuing after a partial write.
    ///
    /// # Errors
    /// `WriteZero` if the disk accepts no more bytes, or an error of [`Self::write_at`].
    fn write_all_at(&self, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.write_at(offset, bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => {
                    bytes = &bytes[n..];
                    offset += n as u64;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

/// A lock that is held until this value is dropped.
pub struct DiskLock {
    _held: Box<dyn Send + Sync>,
}

impl DiskLock {
    /// `held` releases the lock when it is dropped.
    pub fn new(held: impl Send + Sync + 'static) -> Self {
        Self {
            _held: Box::new(held),
        }
    }
}

impl fmt::Debug for DiskLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DiskLock")
    }
}

/// The operating system's file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl RealDisk {
    /// Returns the disk as a trait object, as the stores take it.
    #[must_use]
    pub fn shared() -> Arc<dyn Disk> {
        Arc::new(Self)
    }
}

impl Disk for RealDisk {
    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        let mut missing: Vec<&Path> = Vec::new();
        for ancestor in dir.ancestors() {
            if ancestor.as_os_str().is_empty() || ancestor.is_dir() {
                break;
            }
            missing.push(ancestor);
        }
        for made in missing.into_iter().rev() {
            match fs::DirBuilder::new().mode(0o700).create(made) {
                Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(e),
                _ => self.sync_dir(parent_of(made))?,
            }
        }
        // A process that was killed between the two steps above may have left a name that was never synced.
        self.sync_dir(parent_of(dir))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        Ok(Arc::new(RealFile(file)))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Arc::new(RealFile(file)))
    }

    fn open_read_only(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(RealFile(File::open(path)?)))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        Ok(names)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        let space = rustix::fs::statvfs(dir)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }

    fn lock(&self, path: &Path) -> io::Result<DiskLock> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(DiskLock::new(file)),
            Err(TryLockError::WouldBlock) => Err(ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }
}

/// Whether an error means that the disk or the quota is full.
pub(crate) fn is_full_disk(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded
    )
}

fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[derive(Debug)]
struct RealFile(File);

impl DiskFile for RealFile {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(into, offset)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}
