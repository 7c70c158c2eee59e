//! The overlay: what was folded and is not in the stores yet.
//!
//! Owns two ordered maps: the current one, which the projector fills, and the frozen one, which a
//! checkpoint drains. Must not read or write the stores.
//!
//! Invariant: a frozen map never changes; there is at most one.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use campusg_domain::id::Seq;

use super::key::Key;
use super::value::Slot;

pub(crate) type Slots = BTreeMap<Key, Slot>;

/// What a checkpoint drains.
#[derive(Debug)]
pub(crate) struct Frozen {
    pub(crate) slots: Slots,
    /// Every record up to here is folded into it.
    pub(crate) upto: Seq,
}

#[derive(Debug, Default)]
struct Layers {
    current: Slots,
    frozen: Option<Arc<Frozen>>,
}

/// Both maps, for one writer and many readers.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    layers: RwLock<Layers>,
}

impl Overlay {
    fn read(&self) -> RwLockReadGuard<'_, Layers> {
        self.layers.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Layers> {
        self.layers.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a key; `None` if the stores have to be asked.
    pub(crate) fn get(&self, key: &Key) -> Option<Slot> {
        let layers = self.read();
        let frozen = || layers.frozen.as_ref()?.slots.get(key);
        layers.current.get(key).or_else(frozen).cloned()
    }

    /// Everything known from `from` up to but without `to`, absences included.
    pub(crate) fn range(&self, from: &Key, to: Bound<&Key>) -> Slots {
        let layers = self.read();
        let bounds = (Bound::Included(from), to);
        let older = layers.frozen.iter().flat_map(|f| f.slots.range(bounds));
        let newer = layers.current.range(bounds);
        older
            .chain(newer)
            .map(|(key, slot)| (key.clone(), slot.clone()))
            .collect()
    }

    /// Puts what one record changes in place, at once.
    pub(crate) fn put(&self, changes: impl IntoIterator<Item = (Key, Slot)>) {
        self.write().current.extend(changes);
    }

    /// Keys that the next checkpoint will drain.
    pub(crate) fn dirty(&self) -> usize {
        self.read().current.len()
    }

    /// Starts a new current map; the old one is frozen until [`Self::thaw`].
    pub(crate) fn freeze(&self, upto: Seq) -> Arc<Frozen> {
        let mut layers = self.write();
        let slots = std::mem::take(&mut layers.current);
        let frozen = Arc::new(Frozen { slots, upto });
        layers.frozen = Some(Arc::clone(&frozen));
        frozen
    }

    /// Forgets the frozen map: the stores have it.
    pub(crate) fn thaw(&self) {
        let drained = self.write().frozen.take();
        drop(drained);
    }
}
