//! Brings the snapshots up to the journal: from the last checkpoint, or from the beginning.
//!
//! Must not: change the journal, or be called before `check_snapshots` has found that the journal lost nothing.
//!
//! Invariant: there is no `TRUST` file during a rebuild, so an interrupted one starts over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use campusg_domain::id::Seq;

use super::OpenOptions;
use super::fatal_signal::FatalSignal;
use crate::boot::BootState;
use crate::config::StorageConfig;
use crate::fault::StorageFault;
use crate::journal::JournalReader;
use crate::projector::Projection;
use crate::replay::decode;
use crate::snapshot::SnapshotFault;
use crate::snapshot::checkpoint::Applied;
use crate::snapshot::sled_store::SledStore;
use crate::snapshot::stores::{Archive, Stores};
use crate::snapshot::trust::{Distrust, Trust};

/// The interval at which progress is reported, in records.
const REPORT_EVERY: u64 = 8192;

/// The progress of folding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The last record that is folded.
    pub folded: Seq,
    /// The last record of the journal.
    pub last: Seq,
}

pub(super) struct Settled {
    pub(super) projection: Projection,
    pub(super) boot: BootState,
    pub(super) rebuilt: Option<Distrust>,
    pub(super) folded: u64,
}

struct Settling<'a> {
    dir: &'a Path,
    config: &'a StorageConfig,
    reader: &'a JournalReader,
    trust: &'a Trust,
    fatal_signal: &'a FatalSignal,
    options: &'a mut OpenOptions,
}

pub(super) fn settle(
    dir: &Path,
    config: &StorageConfig,
    reader: &JournalReader,
    (trust, hot): (&Trust, Result<(SledStore, Applied), Distrust>),
    fatal_signal: &FatalSignal,
    options: &mut OpenOptions,
) -> Result<Settled, StorageFault> {
    let mut settling = Settling {
        dir,
        config,
        reader,
        trust,
        fatal_signal,
        options,
    };
    let settled = settling.settle(hot);
    settled.map_err(|fault| StorageFault::snapshot(dir, fault))
}

impl Settling<'_> {
    fn settle(
        &mut self,
        hot: Result<(SledStore, Applied), Distrust>,
    ) -> Result<Settled, SnapshotFault> {
        let why = match hot {
            // An interrupted first start: the stores exist and never contained anything.
            Err(Distrust::NoMark) if self.reader.head().0 == 0 => Distrust::New,
            Err(why) => why,
            Ok((hot, _)) if self.options.rebuild => {
                drop(hot);
                Distrust::Asked
            }
            Ok((hot, applied)) => match self.resume(hot, applied) {
                Err(fault) if fault.is_damage() => Distrust::Damaged(fault.in_full()),
                settled => return settled,
            },
        };
        self.rebuild(why)
    }

    fn hot(&self) -> PathBuf {
        self.dir.join("hot")
    }

    fn archive(&self) -> PathBuf {
        self.dir.join("archive")
    }

    /// Continues from the last checkpoint. A panic is sled's, on damaged files.
    fn resume(&mut self, hot: SledStore, applied: Applied) -> Result<Settled, SnapshotFault> {
        let path = self.hot();
        let resumed = catch_unwind(AssertUnwindSafe(|| {
            applied.finish_removals(&hot)?;
            let stores = self.with_archive(hot)?;
            let archive = Arc::clone(&stores.archive);
            let settled = self.fold_tail(stores, applied.seq);
            if settled.is_err() {
                // The archive's thread holds the folder that a rebuild moves aside.
                let _ = archive.wait();
            }
            settled
        }));
        resumed.unwrap_or_else(|_| Err(SnapshotFault::panicked(&path)))
    }

    fn with_archive(&self, hot: SledStore) -> Result<Stores, SnapshotFault> {
        let (trust, fatal_signal) = (self.trust.clone(), self.fatal_signal.clone());
        let cache = self.config.cache_bytes();
        let archive = Archive::open_behind(&self.archive(), cache, move |fault| {
            if fault.is_damage()
                && let Err(error) = trust.withdraw()
            {
                tracing::error!(%error, "can't withdraw trust in a damaged archive");
            }
            fatal_signal.raise(&format!("the archive can't be opened: {}", fault.in_full()));
        });
        let archive = archive.map_err(io_fault("start a thread for", &self.archive()))?;
        Ok(Stores::new(hot, archive))
    }

    fn fold_tail(&mut self, stores: Stores, applied: Seq) -> Result<Settled, SnapshotFault> {
        let tries = self.options.retry_tries;
        let mut projection = Projection::new(stores, self.reader.clone(), applied, tries);
        let last = Seq(self.reader.head().0);
        let tell = |folded| Progress { folded, last };
        for stored in self.reader.read_from(applied.next().0) {
            let stored = stored?;
            projection.fold(Seq(stored.seq), &decode(&stored)?)?;
            if projection.dirty_keys() >= self.config.dirty_keys {
                projection.checkpoint_all()?;
            }
            if stored.seq % REPORT_EVERY == 0 {
                (self.options.progress)(tell(Seq(stored.seq)));
            }
        }
        projection.checkpoint_all()?;
        projection.forget_live();
        let boot = BootState::scan(&projection)?;
        projection.publish();
        (self.options.progress)(tell(last));
        Ok(Settled {
            folded: last.0 - applied.0,
            projection,
            boot,
            rebuilt: None,
        })
    }

    fn rebuild(&mut self, why: Distrust) -> Result<Settled, SnapshotFault> {
        if why != Distrust::New {
            tracing::warn!(reason = %why, "the snapshots are rebuilt from the journal");
        }
        let trust = self.trust;
        trust
            .withdraw()
            .map_err(io_fault("remove", &trust.path()))?;
        let keep = matches!(why, Distrust::Damaged(_));
        for store in [self.hot(), self.archive()] {
            let cleared = if keep {
                self.move_aside(&store)
            } else {
                remove(&store)
            };
            cleared.map_err(io_fault("clear", &store))?;
        }
        let hot = SledStore::open(&self.hot(), self.config.cache_bytes())?;
        let stores = self.with_archive(hot)?;
        let mut settled = self.fold_tail(stores, Seq::NONE)?;
        trust
            .mark_open(self.reader.head())
            .map_err(io_fault("write", &trust.path()))?;
        settled.rebuilt = Some(why);
        Ok(settled)
    }

    fn move_aside(&self, store: &Path) -> io::Result<()> {
        if !store.exists() {
            return Ok(());
        }
        let aside = store.with_extension(format!("damaged-{}", (self.options.now_ms)()));
        tracing::warn!(from = %store.display(), to = %aside.display(), "a damaged store is moved aside");
        fs::rename(store, aside)
    }
}

fn remove(store: &Path) -> io::Result<()> {
    match fs::remove_dir_all(store) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn io_fault(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SnapshotFault {
    let path = path.to_path_buf();
    move |source| SnapshotFault::Io {
        doing,
        path,
        source,
    }
}
