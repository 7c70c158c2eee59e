//! What a resident is, and the lease that ties its life to its entry in the registry. It must not touch mailboxes.

use std::fmt::Display;
use std::hash::Hash;
use std::sync::Weak;

use actix::{Actor, Context};
use tokio::sync::watch;

/// Turns ready (with an error) when an incarnation has reported its end.
pub(super) type Ended = watch::Receiver<()>;

/// An actor of which at most one per key is alive, started and supervised by a [`super::Registry`].
///
/// The contract: it keeps its lease as its **last field** (fields are dropped in order, and the lease says "I am gone"); `stopping` answers
/// `Running::Stop`; `stopping` and `stopped` do nothing, since they also run during a panic; it ends itself with `ctx.stop()` only.
pub trait Resident: Actor<Context = Context<Self>> {
    /// What the residents are told apart by.
    type Key: Copy + Eq + Hash + Display + Send + Sync + 'static;

    /// Shows the lease it was built with. There so that a resident which doesn't keep its lease can't be written.
    fn lease(&self) -> &Lease<Self::Key>;
}

/// Learns of ended incarnations.
pub(super) trait Landlord<K>: Send + Sync {
    fn ended(&self, key: K, incarnation: u64, panicked: bool);
}

/// The right of one incarnation to its key. Its drop is the report to the registry: a panic when the thread is unwinding, else a passivation.
pub struct Lease<K: Copy> {
    key: K,
    incarnation: u64,
    landlord: Weak<dyn Landlord<K>>,
    // Dropped after the report: whoever waits for it finds the entry gone.
    _ended: watch::Sender<()>,
}

impl<K: Copy> Lease<K> {
    pub(super) fn new(
        key: K,
        incarnation: u64,
        landlord: Weak<dyn Landlord<K>>,
        ended: watch::Sender<()>,
    ) -> Self {
        Self {
            key,
            incarnation,
            landlord,
            _ended: ended,
        }
    }

    /// Returns the key the resident lives under.
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
        if let Some(landlord) = self.landlord.upgrade() {
            landlord.ended(self.key, self.incarnation, std::thread::panicking());
        }
    }
}
