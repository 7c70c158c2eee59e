//! The projector: folds every record into the snapshots. It is the only writer of the snapshots.
//!
//! Must not: refuse a record, or decide anything.
//!
//! Invariants: records are folded in order of their sequence numbers and without a gap. The folded sequence number is
//! published once every change of a batch can be read. A full disk pauses the checkpoint without affecting readers:
//! what is folded stays in the overlay until there is room. An order whose fold panics or does not fit its snapshot
//! is rebuilt from its records, and quarantined if that fails too.

mod feeds;
mod fold;
mod thread;

pub use thread::{ProjectorHandle, SnapshotView};

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};

use campusg_domain::id::Seq;
use tokio::sync::watch;

use crate::journal::JournalReader;
use crate::snapshot::SnapshotFault;
use crate::snapshot::checkpoint::Checkpoint;
use crate::snapshot::live::LiveSets;
use crate::snapshot::shared::Shared;
use crate::snapshot::stores::Stores;

pub(crate) use thread::{Projector, ProjectorOptions};

/// The fold and the checkpoint, independent of a thread.
#[derive(Debug)]
pub(crate) struct Projection {
    pub(crate) shared: Arc<Shared>,
    publish: watch::Sender<u64>,
    folded: Seq,
    /// A call counts as stalled after this many unanswered tries.
    retry_tries: u16,
    checkpoint: Option<Checkpoint>,
    /// Whether a store met a full disk; nothing is written until [`Projection::resume_writing`] succeeds.
    paused: bool,
    /// The last record that the store's `applied` covers.
    applied: Seq,
}

impl Projection {
    pub(crate) fn new(
        stores: Stores,
        reader: JournalReader,
        applied: Seq,
        retry_tries: u16,
    ) -> Self {
        let (publish, folded) = watch::channel(applied.0);
        let shared = Arc::new(Shared {
            stores,
            reader,
            live: RwLock::default(),
            quarantined: RwLock::default(),
            folded,
            checkpoints: std::sync::atomic::AtomicU64::new(0),
            storage_full: Arc::default(),
        });
        Self {
            shared,
            publish,
            folded: applied,
            retry_tries,
            checkpoint: None,
            paused: false,
            applied,
        }
    }

    pub(crate) const fn folded(&self) -> Seq {
        self.folded
    }

    /// Publishes that everything up to the folded sequence number can be read.
    pub(crate) fn publish(&self) {
        self.publish.send_replace(self.folded.0);
    }

    /// Whether folded changes wait to be written to the stores.
    pub(crate) fn is_dirty(&self) -> bool {
        self.folded > self.applied
    }

    pub(crate) fn dirty_keys(&self) -> usize {
        self.shared.stores.overlay.dirty()
    }

    pub(crate) const fn is_draining(&self) -> bool {
        self.checkpoint.is_some()
    }

    /// Freezes the overlay; [`Self::drain_slice`] then moves it to the stores.
    pub(crate) fn begin_checkpoint(&mut self) {
        if self.checkpoint.is_none() && self.is_dirty() {
            let frozen = self.shared.stores.overlay.freeze(self.folded);
            self.applied = frozen.upto;
            self.checkpoint = Some(Checkpoint::new(frozen));
        }
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

    /// Reopens the stores that failed for want of room, and restarts the checkpoint.
    pub(crate) fn resume_writing(&mut self) -> Result<(), SnapshotFault> {
        self.shared.stores.reopen()?;
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

    /// Writes one slice of the frozen overlay, if there is one.
    pub(crate) fn drain_slice(&mut self) -> Result<(), SnapshotFault> {
        if let Some(checkpoint) = &mut self.checkpoint
            && checkpoint.step(&self.shared.stores)?
        {
            self.checkpoint = None;
            self.has_room();
            let count = &self.shared.checkpoints;
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        Ok(())
    }

    /// Completes the present checkpoint, then writes everything else. Reopens the stores first if writing is paused.
    pub(crate) fn checkpoint_all(&mut self) -> Result<(), SnapshotFault> {
        if self.paused {
            self.resume_writing()?;
        }
        while self.is_draining() {
            self.drain_slice()?;
        }
        self.begin_checkpoint();
        while self.is_draining() {
            self.drain_slice()?;
        }
        Ok(())
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
