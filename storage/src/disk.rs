//! The file operations durable storage needs, behind a port, and the real disk.
//!
//! Owns: what "written", "synced" and "linked" mean. Must not know what the bytes are.
//!
//! Invariants: data counts as durable only after [`DiskFile::sync_data`], a name only after
//! [`Disk::sync_dir`]; no operation retries or hides an error. [`faulty::FaultyDisk`] keeps to
//! exactly these promises and to no kinder ones.

pub mod faulty;
mod power;

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Names, directories and locks of one disk.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Creates a directory with all its missing parents and makes their names durable.
    ///
    /// # Errors
    /// What the operating system answers.
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;

    /// Creates a file that did not exist, for reading and writing.
    ///
    /// # Errors
    /// `AlreadyExists`, or what the operating system answers.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens an existing file for reading and writing.
    ///
    /// # Errors
    /// `NotFound`, or what the operating system answers.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens an existing file for reading; writes to it fail.
    ///
    /// # Errors
    /// `NotFound`, or what the operating system answers.
    fn open_read_only(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Lists the names of the files in a directory, in no particular order.
    ///
    /// # Errors
    /// `NotFound`, or what the operating system answers.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Gives a file another name in one step, replacing a file that has it.
    ///
    /// # Errors
    /// What the operating system answers.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file's name.
    ///
    /// # Errors
    /// `NotFound`, or what the operating system answers.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes every name created, changed or removed in a directory durable.
    ///
    /// # Errors
    /// What the operating system answers.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Returns the bytes this process may still allocate on the disk that holds `dir`.
    ///
    /// # Errors
    /// What the operating system answers.
    fn free_bytes(&self, dir: &Path) -> io::Result<u64>;

    /// Takes the lock on `path`, creating the file if need be; held until the guard is dropped
    /// or the process ends.
    ///
    /// # Errors
    /// `WouldBlock` when another holder has it, or what the operating system answers.
    fn lock(&self, path: &Path) -> io::Result<DiskLock>;
}

/// One open file; every operation names its offset, so threads can share it.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Reads at `offset`; returns the number of bytes read, 0 only at the end of the file.
    ///
    /// # Errors
    /// What the operating system answers.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Writes at `offset`; returns the number of bytes written, which may be fewer than given.
    ///
    /// # Errors
    /// What the operating system answers.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<usize>;

    /// Makes all bytes written so far, and the length that reaches them, durable.
    ///
    /// # Errors
    /// What the operating system answers. After one, what was written may or may not be there.
    fn sync_data(&self) -> io::Result<()>;

    /// Returns the length in bytes.
    ///
    /// # Errors
    /// What the operating system answers.
    fn size(&self) -> io::Result<u64>;

    /// Fills `into` from `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` when the file ends before, or what [`Self::read_at`] answers.
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

    /// Writes all of `bytes` at `offset`, going on after a short write.
    ///
    /// # Errors
    /// `WriteZero` when the disk takes nothing more, or what [`Self::write_at`] answers.
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

/// A lock that is held as long as this value lives.
pub struct DiskLock {
    _held: Box<dyn Send + Sync>,
}

impl DiskLock {
    /// Wraps whatever releases the lock when it is dropped.
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
    /// Returns the disk as the shared port the stores take.
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
            match fs::create_dir(made) {
                Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(e),
                _ => self.sync_dir(parent_of(made))?,
            }
        }
        // A process killed between the two steps above left a name that was never synced.
        self.sync_dir(parent_of(dir))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
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
            .open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(DiskLock::new(file)),
            Err(TryLockError::WouldBlock) => Err(ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }
}

/// Whether an error means that the disk, or what we may use of it, has no room.
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
