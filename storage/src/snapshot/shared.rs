//! The part of the projector that readers share.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use campusg_domain::id::OrderId;
use tokio::sync::watch;

use super::WriteStats;
use super::live::LiveSets;
use super::sled_store::SledStore;
use super::stores::Stores;
use crate::journal::JournalReader;

/// Written by the projector, read by everybody.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) stores: Stores,
    pub(crate) reader: JournalReader,
    pub(crate) live: RwLock<LiveSets>,
    /// Orders that can't be folded; their snapshots are no longer updated.
    pub(crate) quarantined: RwLock<BTreeSet<OrderId>>,
    pub(crate) folded: watch::Receiver<u64>,
    pub(crate) checkpoints: AtomicU64,
    /// Whether the stores have no room for what was folded; checked by whoever submits records.
    pub(crate) storage_full: Arc<AtomicBool>,
}

impl Shared {
    pub(crate) fn writes(&self) -> WriteStats {
        let archive = self.stores.archive.get(Duration::ZERO);
        WriteStats {
            hot: self.stores.hot.writes(),
            archive: archive.map_or(0, SledStore::writes),
            checkpoints: self.checkpoints.load(Ordering::Relaxed),
        }
    }
}
