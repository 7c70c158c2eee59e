//! The projector: folds every record into the snapshots. It is the only writer of the snapshots.
//!
//! Must not: refuse a record, or decide anything.
//!
//! Invariants: records are folded in order of their sequence numbers and without a gap. The folded sequence number is
//! published once every change of a batch can be read. A full disk pauses the checkpoint without affecting readers:
//! what is folded stays in the overlay until there is room. So does it while a store is damaged, until another
//! projection of the same records takes the place of this one's stores. An order whose fold panics or does not fit its
//! snapshot is rebuilt from its records, and quarantined if that fails too.

mod feeds;
mod fold;
mod thread;

pub use thread::{ProjectorHandle, SnapshotView};

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use campusg_domain::id::Seq;
use tokio::sync::watch;

use crate::journal::JournalReader;
use crate::replay::decode;
use crate::reserve::Reserve;
use crate::snapshot::SnapshotFault;
use crate::snapshot::checkpoint::{Checkpoint, Origin};
use crate::snapshot::live::LiveSets;
use crate::snapshot::shared::Shared;
use crate::snapshot::stores::Stores;
use crate::snapshot::watchers::Watched;

pub(crate) use thread::{Projector, ProjectorOptions};

/// The fold and the checkpoint, independent of a thread.
#[derive(Debug)]
pub(crate) struct Projection {
    pub(crate) shared: Arc<Shared>,
    publish: watch::Sender<u64>,
    folded: Seq,
    /// What has changed since this was last published, for whoever waits for it.
    changed: BTreeSet<Watched>,
    /// A call counts as stalled after this many unanswered tries.
    retry_tries: u16,
    checkpoint: Option<Checkpoint>,
    /// Whether a store met a full disk; nothing is written until [`Projection::resume_writing`] succeeds.
    paused: bool,
    /// The last record that the store's `applied` covers.
    applied: Seq,
    /// What has to be kept again before anything is written, after a start on a full disk.
    reserve: Option<Reserve>,
}

impl Projection {
    pub(crate) fn new(
        stores: Stores,
        reader: JournalReader,
        applied: Seq,
        retry_tries: u16,
    ) -> Self {
        let (publish, folded) = watch::channel(applied.0);
        let shared = Arc::new(Shared::new(stores, reader, folded));
        Self {
            shared,
            publish,
            folded: applied,
            changed: BTreeSet::new(),
            retry_tries,
            checkpoint: None,
            paused: false,
            applied,
            reserve: None,
        }
    }

    pub(crate) const fn folded(&self) -> Seq {
        self.folded
    }

    /// Publishes that everything up to the folded sequence number can be read, and wakes whoever waits for it.
    pub(crate) fn publish(&mut self) {
        self.publish.send_replace(self.folded.0);
        if !self.changed.is_empty() {
            self.shared.watchers.wake(&self.changed, self.folded);
            self.changed.clear();
        }
    }

    /// Whether folded changes wait to be written to the stores.
    pub(crate) fn is_dirty(&self) -> bool {
        self.folded > self.applied
    }

    pub(crate) fn dirty_keys(&self) -> usize {
        self.shared.stores().overlay.dirty()
    }

    pub(crate) const fn is_draining(&self) -> bool {
        self.checkpoint.is_some()
    }

    /// Freezes the overlay; [`Self::drain_slice`] then moves it to the stores. Does nothing while a store can't be
    /// written to.
    pub(crate) fn begin_checkpoint(&mut self) -> Result<(), SnapshotFault> {
        let stores = self.shared.stores();
        if self.checkpoint.is_none() && self.is_dirty() && stores.can_be_written() {
            let origin = Origin::of(&self.shared.reader, self.folded)?;
            let frozen = stores.overlay.freeze(self.folded);
            self.applied = frozen.upto;
            self.checkpoint = Some(Checkpoint::new(frozen, origin));
        }
        Ok(())
    }

    pub(crate) const fn is_paused(&self) -> bool {
        self.paused
    }

    /// Pauses writing because of a full disk, until a checkpoint succeeds.
    pub(crate) fn pause(&mut self, fault: &SnapshotFault) {
        self.paused = true;
        if !self.shared.storage_full.swap(true, Ordering::AcqRel) {
            tracing::error!(error = %fault.in_full(), "storage is full: the snapshots wait for room");
        }
    }

    /// Pauses writing until there is room for the reserve, which a start on a full disk gave up.
    pub(crate) fn wait_for(&mut self, reserve: Reserve) {
        let path = reserve.path().to_path_buf();
        // What is left of it is kept at once, for the next start.
        let _ = reserve.keep_again();
        self.reserve = Some(reserve);
        self.pause(&SnapshotFault::Full { path });
    }

    /// Reopens the stores that failed for want of room, and restarts the checkpoint.
    pub(crate) fn resume_writing(&mut self) -> Result<(), SnapshotFault> {
        if let Some(reserve) = &self.reserve {
            reserve.keep_again().map_err(|source| SnapshotFault::Io {
                doing: "write",
                path: reserve.path().to_path_buf(),
                source,
            })?;
            self.reserve = None;
        }
        self.shared.stores().reopen()?;
        self.paused = false;
        match &mut self.checkpoint {
            Some(checkpoint) => checkpoint.restart(),
            None => self.has_room(),
        }
        Ok(())
    }

    fn has_room(&self) {
        if self.shared.storage_full.swap(false, Ordering::AcqRel) {
            tracing::info!("storage has room again: the snapshots follow the journal");
        }
    }

    /// Writes one slice of the frozen overlay, if there is one. If a store turns out to be damaged, the overlay stays
    /// as it is: readers need it until the store is rebuilt.
    pub(crate) fn drain_slice(&mut self) -> Result<(), SnapshotFault> {
        let Some(checkpoint) = &mut self.checkpoint else {
            return Ok(());
        };
        match checkpoint.step(&self.shared.stores()) {
            Ok(false) => {}
            Ok(true) => {
                self.checkpoint = None;
                self.has_room();
                self.shared.checkpoints.fetch_add(1, Ordering::Relaxed);
            }
            Err(fault) if fault.is_damage() => self.checkpoint = None,
            Err(fault) => return Err(fault),
        }
        Ok(())
    }

    /// Waits until both stores are checked, completes the present checkpoint, then writes everything else. Reopens
    /// the stores first if writing is paused.
    ///
    /// # Errors
    /// Damage, and any other fault of a store.
    pub(crate) fn checkpoint_all(&mut self) -> Result<(), SnapshotFault> {
        if self.paused {
            self.resume_writing()?;
        }
        while self.is_draining() {
            self.drain_slice()?;
        }
        if self.is_dirty() {
            self.shared.stores().archive.wait()?;
            self.begin_checkpoint()?;
        }
        while self.is_draining() {
            self.drain_slice()?;
        }
        let damage = self.shared.stores().fault();
        damage.map_or(Ok(()), Err)
    }

    /// Folds records of the journal up to `upto`.
    pub(crate) fn fold_upto(&mut self, upto: Seq) -> Result<(), SnapshotFault> {
        let reader = self.shared.reader.clone();
        let left = upto.0.saturating_sub(self.folded.0);
        let left = usize::try_from(left).expect("a process can count its records");
        for stored in reader.read_from(self.folded.next().0).take(left) {
            let stored = stored?;
            self.fold(Seq(stored.seq), &decode(&stored)?)?;
        }
        Ok(())
    }

    /// Uses the stores that another projection has filled from the same records. Returns the old ones.
    pub(crate) fn take_over(&mut self, other: Self) -> Arc<Stores> {
        debug_assert_eq!(
            self.folded, other.folded,
            "both have folded the same records"
        );
        self.checkpoint = other.checkpoint;
        self.applied = other.applied;
        self.paused = other.paused;
        self.has_room();
        self.shared.take_over(&other.shared)
    }

    /// Empties the live sets; scanning the store fills them again.
    pub(crate) fn forget_live(&self) {
        *self.live() = LiveSets::default();
    }

    fn live(&self) -> std::sync::RwLockWriteGuard<'_, LiveSets> {
        self.shared
            .live
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
