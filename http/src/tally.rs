//! Counts how many things each key has under way, up to a limit.
//!
//! Invariant: memory is bounded by what is under way: a key without anything under way is removed.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counters by key; clones share them.
pub(crate) struct Tally<K>(Arc<Mutex<HashMap<K, usize>>>);

/// One counted place of a key; given back when dropped.
pub(crate) struct Place<K: Copy + Eq + Hash>(Tally<K>, K);

impl<K: Copy + Eq + Hash> Tally<K> {
    /// Takes a place for `key`; `None` if it already has `most`.
    pub(crate) fn enter(&self, key: K, most: usize) -> Option<Place<K>> {
        let mut counts = self.lock();
        let count = counts.get(&key).copied().unwrap_or_default();
        if count >= most {
            return None;
        }
        counts.insert(key, count + 1);
        Some(Place(self.clone(), key))
    }
}

impl<K> Tally<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K> Clone for Tally<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> fmt::Debug for Tally<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tally({} keys)", self.lock().len())
    }
}

impl<K: Copy + Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut counts = self.0.lock();
        match counts.get_mut(&self.1) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn a_place_is_free_again_when_it_is_left() {
        let tally = Tally::default();
        let (first, second) = (tally.enter('a', 2), tally.enter('a', 2));
        assert!(first.is_some() && second.is_some() && tally.enter('a', 2).is_none());
        assert!(tally.enter('b', 2).is_some(), "others have their own");
        drop(first);
        assert!(tally.enter('a', 2).is_some());
        drop(second);
        assert!(tally.lock().is_empty(), "nobody is remembered for nothing");
    }
}
