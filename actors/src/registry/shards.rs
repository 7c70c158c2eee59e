//! The sharded map from key to slot, and everything that happens under a shard's lock.
//!
//! Must not: await under the lock, or drop an address or a permit under it, since either may give back a permit,
//! which locks the shard again.
//! Invariants: a slot exists as long as a permit of its key does; no foreign code runs under the lock, so a poisoned
//! lock never hides a half-done change.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use actix::Addr;
use actix_rt::ArbiterHandle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, watch};

use super::lease::{EndObserver, Ended};
use super::slot::{Incarnation, Pause, Slot};
use super::{
    AskFault, Congestion, Factory, KeyState, Lease, Limits, LiveResident, MonotonicMs, Permit,
    Quarantined, Resident, RestartPolicy, Totals,
};

/// Enough that two of some hundred concurrent callers seldom wait for the same lock.
const SHARDS: usize = 64;

/// The result of a look-up.
pub(super) enum Found<R: Resident> {
    /// The live incarnation, and the signal of its end.
    Live(Addr<R>, Ended),
    /// The resident panicked and must not be started yet.
    BackingOff(Pause),
}

/// The address of an incarnation, and the signal of its end.
struct Handle<R: Resident> {
    address: Addr<R>,
    ended: Ended,
}

impl<R: Resident> Handle<R> {
    fn found(&self) -> Found<R> {
        Found::Live(self.address.clone(), self.ended.clone())
    }
}

type Slots<R> = HashMap<<R as Resident>::Key, Slot<Handle<R>>>;

/// The map, and what is needed to start residents.
pub(super) struct Shards<R: Resident> {
    shards: Vec<Mutex<Slots<R>>>,
    hasher: RandomState,
    arbiters: Vec<ArbiterHandle>,
    factory: Factory<R>,
    clock: MonotonicMs,
    limits: Limits,
    policy: RestartPolicy,
    permits: Arc<Semaphore>,
    draining: AtomicBool,
    incarnations: AtomicU64,
    passivated: AtomicU64,
    panicked: AtomicU64,
    refused: AtomicU64,
}

/// One place at a key and one in the registry, both given back on drop.
struct Place<R: Resident> {
    shards: Arc<Shards<R>>,
    key: R::Key,
    _in_registry: OwnedSemaphorePermit,
}

impl<R: Resident> Drop for Place<R> {
    fn drop(&mut self) {
        self.shards.leave(self.key);
    }
}

impl<R: Resident> Shards<R> {
    pub(super) fn new(
        arbiters: Vec<ArbiterHandle>,
        factory: Factory<R>,
        clock: MonotonicMs,
        limits: Limits,
        policy: RestartPolicy,
    ) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            arbiters,
            factory,
            clock,
            limits,
            policy,
            permits: Arc::new(Semaphore::new(limits.in_flight as usize)),
            draining: AtomicBool::new(false),
            incarnations: AtomicU64::new(0),
            passivated: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    fn hash(&self, key: R::Key) -> usize {
        // Truncation keeps the low bits, which are as random as the others.
        self.hasher.hash_one(key) as usize
    }

    fn lock(&self, key: R::Key) -> MutexGuard<'_, Slots<R>> {
        Self::lock_shard(&self.shards[self.hash(key) % SHARDS])
    }

    fn lock_shard(shard: &Mutex<Slots<R>>) -> MutexGuard<'_, Slots<R>> {
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        (self.clock)()
    }

    /// Takes a place for one command; `kept` is the number of additional reserved places that it may use at its key.
    pub(super) fn admit(self: &Arc<Self>, key: R::Key, kept: usize) -> Result<Permit, AskFault> {
        if self.draining.load(Ordering::SeqCst) {
            return Err(AskFault::Stopping);
        }
        let in_registry = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(TryAcquireError::Closed) => return Err(AskFault::Stopping),
            Err(TryAcquireError::NoPermits) => None,
        };
        let counted = self.count_in(key, kept, in_registry.is_some());
        if matches!(counted, Err(AskFault::Busy(_))) {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        counted?;
        let in_registry = in_registry.ok_or(AskFault::Busy(Congestion::Registry))?;
        Ok(Permit::new(Place {
            shards: Arc::clone(self),
            key,
            _in_registry: in_registry,
        }))
    }

    fn count_in(&self, key: R::Key, kept: usize, room_in_registry: bool) -> Result<(), AskFault> {
        let mut slots = self.lock(key);
        let (quarantine, in_flight) = slots.get(&key).map_or((None, 0), |slot| {
            (slot.quarantined_since_ms, slot.in_flight)
        });
        if let Some(since_ms) = quarantine {
            return Err(AskFault::NeedsAttention { since_ms });
        }
        if in_flight >= self.limits.in_flight_per_key.saturating_add(kept) {
            return Err(AskFault::Busy(Congestion::Key));
        }
        if !room_in_registry {
            return Err(AskFault::Busy(Congestion::Registry));
        }
        slots.entry(key).or_default().in_flight += 1;
        Ok(())
    }

    fn leave(&self, key: R::Key) {
        let now_ms = self.now_ms();
        let mut slots = self.lock(key);
        if let Some(slot) = slots.get_mut(&key) {
            slot.in_flight -= 1;
            if slot.is_forgettable(now_ms, &self.policy) {
                slots.remove(&key);
            }
        }
    }

    /// Returns the live incarnation, starting one if there is none. The caller holds a permit of the key.
    pub(super) fn find_or_start(
        self: &Arc<Self>,
        key: R::Key,
        waited_out: u64,
    ) -> Result<Found<R>, AskFault> {
        let now_ms = self.now_ms();
        let arbiter = &self.arbiters[self.hash(key) / SHARDS % self.arbiters.len()];
        let mut slots = self.lock(key);
        let slot = slots.entry(key).or_default();
        if let Some(since_ms) = slot.quarantined_since_ms {
            return Err(AskFault::NeedsAttention { since_ms });
        }
        if let Some(live) = slot
            .incarnation
            .as_ref()
            .filter(|live| live.handle.address.connected())
        {
            return Ok(live.handle.found());
        }
        if let Some(pause) = slot.pause(now_ms, waited_out) {
            return Ok(Found::BackingOff(pause));
        }
        if !arbiter.alive() {
            return Err(AskFault::Stopping);
        }
        let number = self.incarnations.fetch_add(1, Ordering::Relaxed) + 1;
        let handle = self.start(arbiter, key, number);
        let found = handle.found();
        let dead = slot.incarnation.replace(Incarnation { number, handle });
        drop(slots);
        drop(dead);
        Ok(found)
    }

    fn start(self: &Arc<Self>, arbiter: &ArbiterHandle, key: R::Key, number: u64) -> Handle<R> {
        let (sender, ended) = watch::channel(());
        let factory = Arc::clone(&self.factory);
        let observer: Weak<dyn EndObserver<R::Key>> = Arc::<Self>::downgrade(self);
        // The lease is made inside the closure: if the arbiter drops the closure without running it, a lease made
        // outside would report an end and try to take the lock that this thread holds.
        let address = R::start_in_arbiter(arbiter, move |_| {
            factory(key, Lease::new(key, number, observer, sender))
        });
        Handle { address, ended }
    }

    pub(super) fn state(&self, key: R::Key) -> KeyState {
        let now_ms = self.now_ms();
        self.lock(key)
            .get(&key)
            .map_or(KeyState::Absent, |slot| slot.state(now_ms))
    }

    pub(super) fn quarantine(&self, key: R::Key) {
        let now_ms = self.now_ms();
        self.lock(key)
            .entry(key)
            .or_default()
            .quarantined_since_ms
            .get_or_insert(now_ms);
    }

    pub(super) fn release(&self, key: R::Key) -> bool {
        let now_ms = self.now_ms();
        let mut slots = self.lock(key);
        let Some(slot) = slots.get_mut(&key) else {
            return false;
        };
        let released = slot.release();
        if slot.is_forgettable(now_ms, &self.policy) {
            slots.remove(&key);
        }
        released
    }

    pub(super) fn quarantined(&self) -> Vec<Quarantined<R::Key>> {
        self.collect(usize::MAX, |key, slot| {
            slot.quarantined_since_ms.map(|since_ms| Quarantined {
                key,
                since_ms,
                panics: slot.panics(),
            })
        })
    }

    pub(super) fn live(&self, limit: usize) -> Vec<LiveResident<R::Key>> {
        self.collect(limit, |key, slot| {
            let incarnation = slot.incarnation.as_ref()?.number;
            Some(LiveResident {
                key,
                incarnation,
                in_flight: slot.in_flight,
            })
        })
    }

    fn collect<T>(
        &self,
        limit: usize,
        pick: impl Fn(R::Key, &Slot<Handle<R>>) -> Option<T>,
    ) -> Vec<T> {
        let mut picked = Vec::new();
        for shard in &self.shards {
            let slots = Self::lock_shard(shard);
            let room = limit - picked.len();
            picked.extend(
                slots
                    .iter()
                    .filter_map(|(key, slot)| pick(*key, slot))
                    .take(room),
            );
        }
        picked
    }

    pub(super) fn live_count(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| {
                Self::lock_shard(shard)
                    .values()
                    .filter(|slot| slot.incarnation.is_some())
                    .count()
            })
            .sum()
    }

    pub(super) fn in_flight(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| {
                Self::lock_shard(shard)
                    .values()
                    .map(|slot| slot.in_flight)
                    .sum::<usize>()
            })
            .sum()
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.shards
            .iter()
            .all(|shard| Self::lock_shard(shard).is_empty())
    }

    pub(super) fn totals(&self) -> Totals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Totals {
            started: read(&self.incarnations),
            passivated: read(&self.passivated),
            panicked: read(&self.panicked),
            refused: read(&self.refused),
        }
    }

    pub(super) async fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
        if let Ok(all) = self.permits.acquire_many(self.limits.in_flight).await {
            // Closed before they are given back, so that an ask that has just passed the flag does not get one
            // either.
            self.permits.close();
            drop(all);
        }
    }
}

impl<R: Resident> EndObserver<R::Key> for Shards<R> {
    fn ended(&self, key: R::Key, incarnation: u64, panicked: bool) {
        let now_ms = self.now_ms();
        let mut slots = self.lock(key);
        let dead = slots.get_mut(&key).and_then(|slot| slot.take(incarnation));
        let mut quarantined = false;
        if panicked {
            quarantined = slots.entry(key).or_default().panicked(now_ms, &self.policy);
            // Panics are rare, so this is the time to remove all slots that have been calm since theirs.
            slots.retain(|_, slot| !slot.is_forgettable(now_ms, &self.policy));
        } else if slots
            .get(&key)
            .is_some_and(|slot| slot.is_forgettable(now_ms, &self.policy))
        {
            slots.remove(&key);
        }
        drop(slots);
        drop(dead);
        if panicked {
            self.panicked.fetch_add(1, Ordering::Relaxed);
            tracing::error!(resident.key = %key, resident.incarnation = incarnation, quarantined, "a resident panicked");
        } else {
            self.passivated.fetch_add(1, Ordering::Relaxed);
        }
    }
}
