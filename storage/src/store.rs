//! The store of one data folder: opens, runs and closes all parts in the right order.
//!
//! Must not: fold, or decide anything.
//!
//! ```text
//! lock       held while the store is open       journal/   the truth
//! format     version of the folder              hot/ archive/ TRUST   snapshots, rebuilt from the journal if needed
//! vault/     keys of people and of the server   photos/    pictures, by hash
//! reserve    room for a start on a full disk
//! ```
//! Invariants: nothing is read before the lock is held and the format is known. A journal that lost acknowledged
//! records is refused, and so is a vault that lost a person's key. The first batch that the owners receive directly
//! follows their initial state.

mod check_snapshots;
mod fatal_signal;
mod folder;
mod keeper;
mod photo_check;
mod settle;
mod shelf;

pub use settle::Progress;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use campusg_domain::record::Record;

use crate::boot::BootState;
use crate::config::StorageConfig;
use crate::disk::DiskLock;
use crate::fault::StorageFault;
use crate::journal::{
    self, CommitQueue, Committer, CommitterOptions, Cut, Fold, Journal, JournalReader,
};
use crate::keys;
use crate::photo::{PhotoOptions, Photos};
use crate::projector::{Projection, Projector, ProjectorHandle, ProjectorOptions};
use crate::read::Reads;
use crate::reserve::Reserve;
use crate::snapshot::SnapshotFault;
pub use crate::snapshot::trust::Distrust;
use crate::snapshot::trust::Trust;
use crate::vault::Vault;
use check_snapshots::{Checked, open_journal};
use fatal_signal::FatalSignal;
use keeper::{Keeper, Kept};
use settle::{Settled, settle};
use shelf::Shelf;

/// What is needed to open a store besides the configuration.
pub struct OpenOptions {
    /// Returns the time in milliseconds since 1970, until [`Idle::run_by`] names another clock.
    pub now_ms: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// A call counts as stalled after this many unanswered tries; the policy's `retry_tries`.
    pub retry_tries: u16,
    /// Whether the snapshots are rebuilt even if they can be trusted.
    pub rebuild: bool,
    /// Whether to return only once the archive is known to be whole. Otherwise it is compared in the background, and
    /// rebuilt by the running store if it is damaged.
    pub whole: bool,
    /// Called from time to time while records are folded.
    pub progress: Box<dyn FnMut(Progress) + Send>,
}

impl OpenOptions {
    /// Returns options with this clock that ignore progress.
    #[must_use]
    pub fn new(now_ms: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self {
            now_ms: Arc::new(now_ms),
            retry_tries: 8,
            rebuild: false,
            whole: false,
            progress: Box::new(|_| {}),
        }
    }
}

impl std::fmt::Debug for OpenOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenOptions")
            .field("retry_tries", &self.retry_tries)
            .field("rebuild", &self.rebuild)
            .finish_non_exhaustive()
    }
}

/// What was found and done while opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReport {
    /// The torn last group that was cut off, if there was one; none of its records was acknowledged.
    pub cut: Option<Cut>,
    /// Why the snapshots were rebuilt, if they were.
    pub rebuilt: Option<Distrust>,
    /// How many records were folded: those since the last checkpoint, or all of them in a rebuild.
    pub folded: u64,
}

/// An open store to which nothing is written yet.
#[derive(Debug)]
pub struct Opened {
    /// The initial state of the owners.
    pub boot: BootState,
    /// The store, which has yet to be started.
    pub store: Idle,
    /// What was found and done while opening.
    pub report: OpenReport,
}

/// An open store without its writing threads.
pub struct Idle {
    dir: PathBuf,
    config: StorageConfig,
    now_ms: Arc<dyn Fn() -> u64 + Send + Sync>,
    retry_tries: u16,
    journal: Journal,
    projection: Projection,
    reads: Reads,
    vault: Vault,
    photos: Photos,
    trust: Trust,
    fatal_signal: FatalSignal,
    lock: DiskLock,
}

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Idle")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

/// What has to be there before anything can be read.
struct Parts {
    journal: journal::Opened,
    vault: Vault,
    settled: Settled,
}

/// The threads of a running store.
struct Running {
    committer: Committer<Record>,
    projector: Projector,
    keeper: Keeper,
}

impl Running {
    /// Ends the threads; `None` if one had given up.
    fn stop(self) -> Option<Projection> {
        let journal = self.committer.shutdown();
        self.keeper.stop();
        let projection = self.projector.stop();
        journal.and(projection)
    }
}

/// A running store. If it is dropped instead of shut down, the next start after a power loss has to rebuild the
/// snapshots.
pub struct Store {
    dir: PathBuf,
    queue: CommitQueue<Record>,
    reader: JournalReader,
    projector_handle: ProjectorHandle,
    reads: Reads,
    vault: Vault,
    photos: Photos,
    trust: Trust,
    // Dropped in this order, so that the lock is free only after every thread has ended.
    running: Option<Running>,
    _lock: DiskLock,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store in `dir`, creating it if there is none. The order is: lock, format, trust, comparison of
    /// journal and snapshots, journal, snapshots, the records since the last checkpoint, and the scan for the owners.
    ///
    /// # Errors
    /// `Config`, `Unwritable`, `InUse`, `Older`, `Newer`, `JournalLost`, `JournalBehind`, `Damaged`, `Full`, then any
    /// fault of a part. Damaged snapshots are no error: they are rebuilt.
    pub fn open(
        dir: &Path,
        config: &StorageConfig,
        mut options: OpenOptions,
    ) -> Result<Opened, StorageFault> {
        config.validate().map_err(StorageFault::Config)?;
        let lock = folder::take(dir)?;
        let trust = Trust::new(dir).map_err(|source| StorageFault::Io {
            doing: "read the kernel's boot id for",
            path: dir.to_path_buf(),
            source,
        })?;
        let reserve = Reserve::of(dir);
        match Self::open_parts(dir, config, &mut options, &trust) {
            Err(StorageFault::Full { path }) if reserve.give_up().unwrap_or_default() => {
                tracing::error!(path = %path.display(), "the disk is full: records are taken once there is room, everything can be read");
                // The archive needs some of the room too.
                options.whole = true;
                let parts = Self::open_parts(dir, config, &mut options, &trust)?;
                let mut opened = Self::opened(dir, config, options, parts, (trust, lock))?;
                opened.store.projection.wait_for(reserve);
                Ok(opened)
            }
            parts => {
                let opened = Self::opened(dir, config, options, parts?, (trust, lock))?;
                if let Err(fault) = reserve.keep() {
                    tracing::warn!(path = %reserve.path().display(), %fault, "no room can be kept for a start on a full disk");
                }
                Ok(opened)
            }
        }
    }

    fn open_parts(
        dir: &Path,
        config: &StorageConfig,
        options: &mut OpenOptions,
        trust: &Trust,
    ) -> Result<Parts, StorageFault> {
        let Checked { journal, hot } = open_journal(dir, config, trust)?;
        let vault = Vault::load(&dir.join("vault"), journal.next_seq == 1)?;
        let reader = journal.journal.reader();
        let mut settled = settle(dir, config, &reader, (trust, hot), options)?;
        settled.boot.keys =
            keys::read(&reader).map_err(|fault| StorageFault::snapshot(dir, fault))?;
        vault.check(settled.boot.directory.people().map(|(user, _)| user))?;
        Ok(Parts {
            journal,
            vault,
            settled,
        })
    }

    fn opened(
        dir: &Path,
        config: &StorageConfig,
        options: OpenOptions,
        parts: Parts,
        (trust, lock): (Trust, DiskLock),
    ) -> Result<Opened, StorageFault> {
        let Parts {
            journal,
            vault,
            settled,
        } = parts;
        let reads = Reads::new(Arc::clone(&settled.projection.shared));
        let photos = open_photos(dir, config, &options, &reads)?;
        Ok(Opened {
            boot: settled.boot,
            report: OpenReport {
                cut: journal.cut,
                rebuilt: settled.rebuilt,
                folded: settled.folded,
            },
            store: Idle {
                dir: dir.to_path_buf(),
                config: config.clone(),
                now_ms: options.now_ms,
                retry_tries: options.retry_tries,
                journal: journal.journal,
                projection: settled.projection,
                reads,
                vault,
                photos,
                trust,
                fatal_signal: FatalSignal::default(),
                lock,
            },
        })
    }

    /// Returns the queue to which records are submitted.
    #[must_use]
    pub const fn queue(&self) -> &CommitQueue<Record> {
        &self.queue
    }

    /// Returns the reader of the journal's durable records.
    #[must_use]
    pub const fn journal(&self) -> &JournalReader {
        &self.reader
    }

    /// Returns the read store.
    #[must_use]
    pub const fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Returns the handle that runs jobs on exact snapshots.
    #[must_use]
    pub const fn projector(&self) -> &ProjectorHandle {
        &self.projector_handle
    }

    /// Returns the vault with the keys of people and of the server.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Returns the stored photos.
    #[must_use]
    pub const fn photos(&self) -> &Photos {
        &self.photos
    }

    /// Closes the store in order: queued records are written and completed, the snapshots are brought up to date,
    /// their files are synced, and `TRUST` is marked clean.
    ///
    /// # Errors
    /// `Ended` if a thread had given up before; `Full` or `Snapshot` if the last checkpoint fails, which only makes
    /// the next start slower.
    pub fn shutdown(mut self) -> Result<(), StorageFault> {
        let ended = || StorageFault::Ended {
            path: self.dir.clone(),
        };
        let running = self.running.take().ok_or_else(ended)?;
        let projection = running.stop().ok_or_else(ended)?;
        close(projection, &self.trust).map_err(|fault| StorageFault::snapshot(&self.dir, fault))
    }
}

/// Writes and syncs the snapshots, once the journal is no longer written. The next start rebuilds damaged ones.
fn close(mut projection: Projection, trust: &Trust) -> Result<(), SnapshotFault> {
    let io_fault = |source| SnapshotFault::Io {
        doing: "write",
        path: trust.path(),
        source,
    };
    match sync(&mut projection) {
        Ok(()) => trust
            .mark_clean(projection.shared.reader.head())
            .map_err(io_fault),
        Err(fault) if fault.is_damage() => {
            tracing::warn!(error = %fault.in_full(), "the snapshots are damaged: the next start rebuilds them");
            trust.withdraw().map_err(io_fault)
        }
        Err(fault) => Err(fault),
    }
}

fn sync(projection: &mut Projection) -> Result<(), SnapshotFault> {
    projection.checkpoint_all()?;
    let stores = projection.shared.stores();
    for store in [stores.archive.wait()?, &stores.hot] {
        store.flush()?;
        store.sync_files()?;
    }
    Ok(())
}

/// Opens the photos. Photos that an order refers to do not count against their uploaders.
fn open_photos(
    dir: &Path,
    config: &StorageConfig,
    options: &OpenOptions,
    reads: &Reads,
) -> Result<Photos, StorageFault> {
    let reads = reads.clone();
    let options = PhotoOptions {
        reserve_bytes: config.reserve_mib << 20,
        now_ms: Arc::clone(&options.now_ms),
        is_used: Arc::new(move |photo| {
            reads.archive_is_open() && matches!(reads.photo_order(photo), Ok(Some(_)))
        }),
    };
    Ok(Photos::open(&dir.join("photos"), options)?)
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            drop(running.stop());
        }
    }
}

impl Idle {
    /// Returns the read store.
    #[must_use]
    pub const fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Returns the vault with the keys of people and of the server.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Returns the stored photos.
    #[must_use]
    pub const fn photos(&self) -> &Photos {
        &self.photos
    }

    /// Returns a reader of the journal's durable records.
    #[must_use]
    pub fn journal(&self) -> JournalReader {
        self.journal.reader()
    }

    /// Measures time by this clock from now on, whatever the folder was opened with: that of whoever writes records.
    #[must_use]
    pub fn run_by(mut self, now_ms: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.now_ms = Arc::new(now_ms);
        self.photos.run_by(Arc::clone(&self.now_ms));
        self
    }

    /// Starts the threads of the journal and the projector. Every batch goes to the projector first, then to `folds`
    /// in their order. `on_fatal` is called once, from any thread, if the store can't go on; the process must end
    /// then.
    ///
    /// # Errors
    /// `Io` if a thread can't be started.
    pub fn start(
        self,
        folds: Vec<Fold<Record>>,
        on_fatal: impl FnOnce(&str) + Send + 'static,
    ) -> Result<Store, StorageFault> {
        let thread_fault = |source| StorageFault::Io {
            doing: "start a thread for",
            path: self.dir.clone(),
            source,
        };
        let (for_projector, for_journal) = (self.fatal_signal.clone(), self.fatal_signal.clone());
        let shared = Arc::clone(&self.projection.shared);
        let full = Arc::clone(&shared.storage_full);
        let projector = Projector::start(
            self.projection,
            self.reads.clone(),
            ProjectorOptions {
                checkpoint_ms: self.config.checkpoint_ms,
                dirty_keys: self.config.dirty_keys,
                now_ms: Arc::clone(&self.now_ms),
                on_fatal: Box::new(move |why| for_projector.raise(why)),
            },
        )
        .map_err(thread_fault)?;
        let mut all: Vec<Fold<Record>> = vec![projector.handle().fold()];
        all.extend(folds);
        let for_keeper = self.fatal_signal.clone();
        let kept = Kept {
            shelf: Shelf::new(&self.dir, self.config.cache_bytes()),
            shared,
            projector: projector.handle().clone(),
            photos: self.photos.clone(),
            trust: self.trust.clone(),
            now_ms: Arc::clone(&self.now_ms),
            retry_tries: self.retry_tries,
            dirty_keys: self.config.dirty_keys,
        };
        let keeper = Keeper::start(kept, move |why| for_keeper.raise(why));
        let keeper = keeper.map_err(thread_fault)?;
        let reader = self.journal.reader();
        let now_ms = self.now_ms;
        let options = CommitterOptions {
            folds: all,
            now_ms: Box::new(move || now_ms()),
            on_fatal: Box::new(move |fatal| for_journal.raise(&fatal.to_string())),
        };
        let committer = Committer::start_unless_full(self.journal, options, full);
        let committer = committer.map_err(thread_fault)?;
        self.fatal_signal.listen(on_fatal);
        Ok(Store {
            dir: self.dir,
            queue: committer.queue(),
            reader,
            projector_handle: projector.handle().clone(),
            reads: self.reads,
            vault: self.vault,
            photos: self.photos,
            trust: self.trust,
            running: Some(Running {
                committer,
                projector,
                keeper,
            }),
            _lock: self.lock,
        })
    }

    /// Closes a store that was never started, in order.
    ///
    /// # Errors
    /// As [`Store::shutdown`].
    pub fn close(self) -> Result<(), StorageFault> {
        close(self.projection, &self.trust)
            .map_err(|fault| StorageFault::snapshot(&self.dir, fault))
    }
}
