//! The thread that prepares the next segment before it is needed, and writes index files of sealed segments.
//!
//! Must not: touch a segment that has a sequence number.
//!
//! Invariant: a file is called `spare.seg` only once all of it is zeros and synced. So the writer notices a full disk
//! here, before any byte of a group is written.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use super::sealed::{SealedSegment, SealedSegments};
use crate::disk::{Disk, DiskFile, is_full_disk};

const CHUNK_BYTES: usize = 1 << 20;
/// Frequent syncs keep the writer's own syncs from waiting for 64 MiB of zeros.
const SYNC_EVERY_BYTES: u64 = 4 << 20;

/// Returns the path of a finished spare segment.
pub(super) fn spare_path(dir: &Path) -> PathBuf {
    dir.join("spare.seg")
}

pub(super) fn unfinished_path(dir: &Path) -> PathBuf {
    dir.join("spare.tmp")
}

#[derive(Debug)]
enum Spare {
    None,
    Preparing,
    Ready(Arc<dyn DiskFile>),
    Failed(io::Error),
    ThreadEnded,
}

enum Job {
    Prepare { bytes: u64 },
    WriteIndex(Arc<SealedSegment>),
}

#[derive(Debug)]
struct Shared {
    spare: Mutex<Spare>,
    changed: Condvar,
    full: AtomicBool,
    stop: AtomicBool,
}

impl Shared {
    fn spare(&self) -> MutexGuard<'_, Spare> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, spare: Spare) {
        *self.spare() = spare;
        self.changed.notify_all();
    }
}

/// The writer's handle to the thread. Dropping it ends and joins the thread.
#[derive(Debug)]
pub(super) struct SpaceThread {
    shared: Arc<Shared>,
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl SpaceThread {
    /// Starts the thread. Without a spare segment of an earlier run, it begins to prepare one of `bytes` bytes.
    ///
    /// # Errors
    /// The operating system's error if no thread can be started.
    pub(super) fn start(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        bytes: u64,
        left_over: Option<Arc<dyn DiskFile>>,
        sealed: Arc<SealedSegments>,
    ) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let shared = Arc::new(Shared {
            spare: Mutex::new(left_over.map_or(Spare::None, Spare::Ready)),
            changed: Condvar::new(),
            full: AtomicBool::new(false),
            stop: AtomicBool::new(false),
        });
        let worker = Worker {
            disk,
            dir,
            sealed,
            shared: Arc::clone(&shared),
        };
        let thread = thread::Builder::new()
            .name("journal-space".into())
            .spawn(move || worker.run(&queue))?;
        let this = Self {
            shared,
            jobs: Some(jobs),
            thread: Some(thread),
        };
        this.prepare(bytes);
        Ok(this)
    }

    /// Requests a spare segment of `bytes` bytes, unless there is one.
    pub(super) fn prepare(&self, bytes: u64) {
        let mut spare = self.shared.spare();
        self.ask_for_one(&mut spare, bytes);
    }

    fn ask_for_one(&self, spare: &mut Spare, bytes: u64) {
        if matches!(spare, Spare::None | Spare::Failed(_)) {
            *spare = Spare::Preparing;
            self.send(Job::Prepare { bytes });
        }
    }

    /// Takes the spare segment, waiting until it is ready; it has the requested size, `bytes`. After a failure it is
    /// prepared once more immediately, so that the next call notices when there is room again.
    ///
    /// # Errors
    /// Why there is none; `StorageFull` if the disk has no room.
    pub(super) fn take(&self, bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        let mut spare = self.shared.spare();
        self.ask_for_one(&mut spare, bytes);
        while matches!(*spare, Spare::Preparing) {
            spare = self
                .shared
                .changed
                .wait(spare)
                .unwrap_or_else(PoisonError::into_inner);
        }
        match std::mem::replace(&mut *spare, Spare::None) {
            Spare::Ready(file) => Ok(file),
            Spare::Failed(error) => Err(error),
            Spare::None | Spare::Preparing | Spare::ThreadEnded => {
                *spare = Spare::ThreadEnded;
                Err(io::Error::other(
                    "the thread that prepares segments has ended",
                ))
            }
        }
    }

    /// Requests the index file of a sealed segment.
    pub(super) fn write_index(&self, segment: Arc<SealedSegment>) {
        self.send(Job::WriteIndex(segment));
    }

    /// Whether the last attempt to prepare a segment found the disk full.
    pub(super) fn is_full(&self) -> bool {
        self.shared.full.load(Ordering::Relaxed)
    }

    /// An error means that the thread has ended; it leaves `ThreadEnded`, which `take` reports.
    fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }
}

impl Drop for SpaceThread {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Worker {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    sealed: Arc<SealedSegments>,
    shared: Arc<Shared>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shared.set(Spare::ThreadEnded);
    }
}

impl Worker {
    fn run(self, queue: &mpsc::Receiver<Job>) {
        while let Ok(job) = queue.recv() {
            match job {
                Job::Prepare { bytes } => self.prepare(bytes),
                Job::WriteIndex(segment) => self.sealed.write_index(&segment),
            }
        }
    }

    fn prepare(&self, bytes: u64) {
        let made = zero_filled(&*self.disk, &self.dir, bytes, &self.shared.stop);
        let full = made.as_ref().is_err_and(is_full_disk);
        self.shared.full.store(full, Ordering::Relaxed);
        self.shared.set(match made {
            Ok(file) => Spare::Ready(file),
            Err(error) => Spare::Failed(error),
        });
    }
}

/// Creates a file of `bytes` zeros, synced, at [`spare_path`]. If it fails, no file is left behind.
///
/// # Errors
/// `StorageFull` if there is no room, `Interrupted` if `stop` was set, or another error of the disk.
pub(super) fn zero_filled(
    disk: &dyn Disk,
    dir: &Path,
    bytes: u64,
    stop: &AtomicBool,
) -> io::Result<Arc<dyn DiskFile>> {
    let unfinished = unfinished_path(dir);
    match disk.remove(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if disk.free_bytes(dir)? < bytes {
        return Err(ErrorKind::StorageFull.into());
    }
    let file = disk.create(&unfinished)?;
    if let Err(error) = fill(&*file, bytes, stop) {
        disk.remove(&unfinished)?;
        return Err(error);
    }
    disk.rename(&unfinished, &spare_path(dir))?;
    Ok(file)
}

fn fill(file: &dyn DiskFile, bytes: u64, stop: &AtomicBool) -> io::Result<()> {
    let zeros = vec![0; CHUNK_BYTES.min(usize::try_from(bytes).unwrap_or(CHUNK_BYTES))];
    let mut at = 0;
    while at < bytes {
        if stop.load(Ordering::Relaxed) {
            return Err(ErrorKind::Interrupted.into());
        }
        let left = usize::try_from(bytes - at).unwrap_or(usize::MAX);
        let chunk = &zeros[..zeros.len().min(left)];
        file.write_all_at(at, chunk)?;
        at += chunk.len() as u64;
        if at % SYNC_EVERY_BYTES == 0 {
            file.sync_data()?;
        }
    }
    file.sync_data()
}
