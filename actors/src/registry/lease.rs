//! The contract of a resident, and the lease that ties its life to its entry in the registry. Must not: touch
//! mailboxes.

use std::fmt::Display;
use std::hash::Hash;
use std::sync::Weak;

use actix::{Actor, Context};
use tokio::sync::watch;

/// Becomes ready (with an error) when an incarnation has reported its end.
pub(super) type Ended = watch::Receiver<()>;

/// An actor that is started and supervised by a [`super::Registry`]; at most one per key is alive.
///
/// The contract: a resident keeps its lease as its **last field**, because fields are dropped in order and the lease
/// reports the end. `stopping` returns `Running::Stop`. `stopping` and `stopped` have no effects, since they also run
/// during a panic. The resident ends itself only with `ctx.stop()`.
pub trait Resident: Actor<Context = Context<Self>> {
    /// Identifies a resident.
    type Key: Copy + Eq + Hash + Display + Send + Sync + 'static;

    /// Returns the lease that the resident was built with. Required so that a resident that drops its lease early
    /// does not compile.
    fn lease(&self) -> &Lease<Self::Key>;
}

/// Is notified of ended incarnations.
pub(super) trait EndObserver<K>: Send + Sync {
    fn ended(&self, key: K, incarnation: u64, panicked: bool);
}

/// The right of one incarnation to its key. Dropping it reports the end to the registry: as a panic if the thread is
/// unwinding, otherwise as a normal end.
pub struct Lease<K: Copy> {
    key: K,
    incarnation: u64,
    observer: Weak<dyn EndObserver<K>>,
    // Dropped after the report: whoever waits for it finds the registry's entry gone.
    _ended: watch::Sender<()>,
}

impl<K: Copy> Lease<K> {
    pub(super) fn new(
        key: K,
        incarnation: u64,
        observer: Weak<dyn EndObserver<K>>,
        ended: watch::Sender<()>,
    ) -> Self {
        Self {
            key,
            incarnation,
            observer,
            _ended: ended,
        }
    }

    /// Returns the key of the resident.
    #[must_use]
    pub fn key(&self) -> K {
        self.key
    }

    /// Returns the number of this incarnation; later ones, of any key, have higher numbers.
    #[must_use]
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }
}

impl<K: Copy> Drop for Lease<K> {
    fn drop(&mut self) {
        if let Some(observer) = self.observer.upgrade() {
            observer.ended(self.key, self.incarnation, std::thread::panicking());
        }
    }
}
