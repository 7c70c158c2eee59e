//! The part of the projector that readers share.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use campusg_domain::id::{OrderId, PhotoId};
use tokio::sync::watch;

use super::WriteStats;
use super::live::LiveSets;
use super::stores::Stores;
use super::watchers::Watchers;
use crate::journal::JournalReader;

/// Written by the projector, read by everybody.
#[derive(Debug)]
pub(crate) struct Shared {
    stores: RwLock<Arc<Stores>>,
    pub(crate) reader: JournalReader,
    pub(crate) live: RwLock<LiveSets>,
    /// Orders that can't be folded; their snapshots are no longer updated.
    pub(crate) quarantined: RwLock<BTreeSet<OrderId>>,
    pub(crate) folded: watch::Receiver<u64>,
    pub(crate) watchers: Watchers,
    pub(crate) checkpoints: AtomicU64,
    /// Whether the stores have no room for what was folded; checked by whoever submits records.
    pub(crate) storage_full: Arc<AtomicBool>,
    /// Whether nothing is folded until a damaged store is rebuilt.
    pub(crate) halted: AtomicBool,
    /// The progress of a rebuild, and how many have been completed.
    pub(crate) rebuilt_upto: AtomicU64,
    pub(crate) rebuilds: AtomicU64,
    /// Photos that orders refer to and that are not what was stored.
    lost_photos: RwLock<BTreeSet<PhotoId>>,
}

impl Shared {
    pub(crate) fn new(stores: Stores, reader: JournalReader, folded: watch::Receiver<u64>) -> Self {
        Self {
            stores: RwLock::new(Arc::new(stores)),
            reader,
            live: RwLock::default(),
            quarantined: RwLock::default(),
            folded,
            watchers: Watchers::default(),
            checkpoints: AtomicU64::new(0),
            storage_full: Arc::default(),
            halted: AtomicBool::new(false),
            rebuilt_upto: AtomicU64::new(0),
            rebuilds: AtomicU64::new(0),
            lost_photos: RwLock::default(),
        }
    }

    /// Notes that a photo is not what was stored, and logs it once.
    pub(crate) fn photo_is_lost(&self, photo: PhotoId, why: &str) {
        let lost = self.lost_photos.write();
        if lost.unwrap_or_else(PoisonError::into_inner).insert(photo) {
            tracing::error!(%photo, why, "a photo that an order refers to is lost: restore it from a backup");
        }
    }

    /// Returns how many photos are known to be lost.
    pub(crate) fn lost_photos(&self) -> usize {
        let lost = self.lost_photos.read();
        lost.unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns the stores that are in use now.
    pub(crate) fn stores(&self) -> Arc<Stores> {
        Arc::clone(&self.stores.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over what another fold of the same records has made. Returns the stores that were in use before.
    pub(crate) fn take_over(&self, other: &Self) -> Arc<Stores> {
        let stores = other.stores();
        let live = std::mem::take(&mut *other.live.write().unwrap_or_else(PoisonError::into_inner));
        let quarantined = std::mem::take(
            &mut *other
                .quarantined
                .write()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let mut mine = self.stores.write().unwrap_or_else(PoisonError::into_inner);
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = live;
        *self
            .quarantined
            .write()
            .unwrap_or_else(PoisonError::into_inner) = quarantined;
        self.rebuilds.fetch_add(1, Ordering::Relaxed);
        std::mem::replace(&mut *mine, stores)
    }

    pub(crate) fn writes(&self) -> WriteStats {
        let stores = self.stores();
        let archive = stores.archive.get(Duration::ZERO);
        WriteStats {
            hot: stores.hot.writes(),
            archive: archive.map_or(0, |archive| archive.writes()),
            checkpoints: self.checkpoints.load(Ordering::Relaxed),
        }
    }
}
