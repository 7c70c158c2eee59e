//! The overlay: folded changes that are not in the stores yet.
//!
//! It has two ordered maps: the current one, which the projector fills, and the frozen one, which a checkpoint writes
//! to the stores. Must not: read or write the stores.
//!
//! Invariant: a frozen map never changes; there is at most one.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use campusg_domain::id::Seq;

use super::key::Key;
use super::value::Slot;

pub(crate) type Slots = BTreeMap<Key, Slot>;

/// The map that a checkpoint writes.
#[derive(Debug)]
pub(crate) struct Frozen {
    pub(crate) slots: Slots,
    /// Every record up to this one is folded into it.
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

    /// Returns what is known of a key; `None` if the stores have to be read.
    pub(crate) fn get(&self, key: &Key) -> Option<Slot> {
        let layers = self.read();
        let frozen = || layers.frozen.as_ref()?.slots.get(key);
        layers.current.get(key).or_else(frozen).cloned()
    }

    /// Returns everything known from `from` to before `to`, including absent values.
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

    /// Applies all changes of a record at once.
    pub(crate) fn put(&self, changes: impl IntoIterator<Item = (Key, Slot)>) {
        self.write().current.extend(changes);
    }

    /// Returns how many keys the next checkpoint will write.
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

    /// Drops the frozen map once the stores contain it.
    pub(crate) fn thaw(&self) {
        let drained = self.write().frozen.take();
        drop(drained);
    }
}
