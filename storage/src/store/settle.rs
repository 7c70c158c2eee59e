//! Brings the snapshots up to the journal: from the last checkpoint, or from the beginning.
//!
//! Must not: change the journal, or be called before `check_snapshots` has found that the journal lost nothing.
//!
//! Invariant: there is no `TRUST` file during a rebuild, so an interrupted one starts over.

use std::path::Path;
use std::sync::Arc;

use campusg_domain::id::Seq;

use super::OpenOptions;
use super::shelf::{Shelf, io_fault};
use crate::boot::BootState;
use crate::config::StorageConfig;
use crate::fault::StorageFault;
use crate::journal::JournalReader;
use crate::projector::Projection;
use crate::replay::decode;
use crate::snapshot::SnapshotFault;
use crate::snapshot::checkpoint::{Applied, Origin};
use crate::snapshot::sled_store::{Role, SledStore};
use crate::snapshot::stores::{Archive, Stores};
use crate::snapshot::trust::{Distrust, Trust};
use crate::snapshot::watched::watched;

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
    shelf: Shelf,
    config: &'a StorageConfig,
    reader: &'a JournalReader,
    trust: &'a Trust,
    options: &'a mut OpenOptions,
}

pub(super) fn settle(
    dir: &Path,
    config: &StorageConfig,
    reader: &JournalReader,
    (trust, hot): (&Trust, Result<(SledStore, Applied), Distrust>),
    options: &mut OpenOptions,
) -> Result<Settled, StorageFault> {
    let mut settling = Settling {
        shelf: Shelf::new(dir, config.cache_bytes()),
        config,
        reader,
        trust,
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

    /// Continues from the last checkpoint, if hot is what was written then. The archive is compared in the background.
    fn resume(&mut self, hot: SledStore, applied: Applied) -> Result<Settled, SnapshotFault> {
        if applied.origin != Origin::of(self.reader, applied.seq)? {
            return Err(hot.found("it was folded from another journal"));
        }
        let (hot, path) = (Arc::new(hot), self.shelf.path(Role::Hot));
        let checked = Arc::clone(&hot);
        watched(&path, move |pulse| {
            applied.finish_removals(&checked)?;
            checked.check(applied.hot, applied.seq, pulse)
        })?;
        let path = self.shelf.path(Role::Archive);
        let archive = Archive::open_behind(&path, self.config.cache_bytes(), applied);
        let archive = archive.map_err(io_fault("start a thread for", &path))?;
        let stores = Stores::new(hot, Arc::clone(&archive));
        let settled = self.fold_tail(stores, applied.seq);
        if settled.is_err() || self.options.whole {
            // The archive's thread may hold the folder that a rebuild moves aside.
            let whole = archive.wait().map(drop);
            return settled.and_then(|settled| whole.map(|()| settled));
        }
        settled
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
        let aside = matches!(why, Distrust::Damaged(_)).then(|| (self.options.now_ms)());
        self.shelf.clear(&[Role::Hot, Role::Archive], aside)?;
        let mut settled = self.fold_tail(self.shelf.new_stores()?, Seq::NONE)?;
        settled.projection.checkpoint_all()?;
        trust
            .mark_open(self.reader.head())
            .map_err(io_fault("write", &trust.path()))?;
        settled.rebuilt = Some(why);
        Ok(settled)
    }
}
