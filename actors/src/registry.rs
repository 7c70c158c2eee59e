//! The registry: starts residents (actors, one per key) on demand, and is their only supervisor.
//!
//! actix's own `Supervisor` is not used: it does not catch panics, and it can't end an actor while an address to it
//! exists. So removing an idle actor from a map would leave two live incarnations of one key
//! (`tests/experiment_registry_race.rs` shows both designs). Here a resident is a plain actor. It ends itself with
//! `ctx.stop()` when idle, a panic ends its task, and in both cases the [`Lease`] inside it reports the end when it
//! is dropped. A restart is the only recovery: the next ask starts a new incarnation.
//!
//! Must not: decide anything about a command, read a clock (the time comes in as a closure), or hold a shard's lock
//! across an await, while messages or addresses are dropped, or while a resident is built.
//!
//! Invariants:
//!
//! - A key has at most one incarnation that still handles messages. It is looked up, checked and started under its
//!   shard's lock, and its entry is removed only when this incarnation has reported its end, or when its mailbox is
//!   closed.
//! - A command refused as [`AskFault::Busy`], [`AskFault::NeedsAttention`] or [`AskFault::Stopping`] before the first
//!   send has reached no resident.
//! - A [`Permit`] is given back exactly once, when its last clone is dropped, by the caller, the mailbox or the
//!   handler.

mod fault;
mod lease;
mod permit;
mod shards;
mod slot;

use std::sync::Arc;
use std::time::Duration;

use actix::Handler;
use actix::dev::ToEnvelope;
use actix_rt::ArbiterHandle;

pub use fault::{AskFault, Congestion};
pub use lease::{Lease, Resident};
pub use permit::Permit;
pub use slot::{KeyState, LiveResident, Quarantined, RestartPolicy};

use shards::{Found, Shards};

/// Returns milliseconds of a clock that never goes back, since an arbitrary point. The registry's only source of
/// time.
pub type MonotonicMs = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Builds the resident of a key. It runs on the resident's arbiter, so it must be quick and do no I/O; I/O belongs
/// before the resident's first answer.
pub type Factory<R> =
    Arc<dyn Fn(<R as Resident>::Key, Lease<<R as Resident>::Key>) -> R + Send + Sync>;

/// Limits on commands under way, and on the time that one ask may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Commands under way for one key, waiting and running. More are refused; as many again are reserved for
    /// [`Origin::Inside`].
    pub in_flight_per_key: usize,
    /// Commands under way for all keys together; more are refused.
    pub in_flight: u32,
    /// How many incarnations one ask tries before it fails with [`AskFault::Closed`]; at least 1.
    pub tries: u32,
    /// Longest wait for an answer over all tries, in milliseconds.
    pub answer_within_ms: u64,
}

impl Default for Limits {
    /// 32 commands per key, 4,096 in total, 3 tries, 10 s.
    fn default() -> Self {
        Self {
            in_flight_per_key: 32,
            in_flight: 4_096,
            tries: 3,
            answer_within_ms: 10_000,
        }
    }
}

/// The origin of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From a person.
    Outside,
    /// From the runtime itself. It has reserved places at each key, so that people's commands can't take them all.
    Inside,
}

/// Counters since the registry was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Incarnations that were started.
    pub started: u64,
    /// Incarnations that ended because they were idle.
    pub passivated: u64,
    /// Incarnations that ended by a panic.
    pub panicked: u64,
    /// Asks that were refused because no permit was left.
    pub refused: u64,
}

/// The supervisor of all residents of one kind. Cheap to clone; all clones share the same residents. Usable from any
/// thread and any runtime.
pub struct Registry<R: Resident> {
    shards: Arc<Shards<R>>,
    limits: Limits,
}

impl<R: Resident> Clone for Registry<R> {
    fn clone(&self) -> Self {
        Self {
            shards: Arc::clone(&self.shards),
            limits: self.limits,
        }
    }
}

impl<R: Resident> Registry<R> {
    /// `arbiters` are the threads on which residents live; a key always lives on the same one.
    ///
    /// # Panics
    /// If `arbiters` is empty.
    #[must_use]
    pub fn new(
        arbiters: Vec<ArbiterHandle>,
        factory: Factory<R>,
        clock: MonotonicMs,
        limits: Limits,
        policy: RestartPolicy,
    ) -> Self {
        assert!(
            !arbiters.is_empty(),
            "a registry needs an arbiter for its residents"
        );
        Self {
            shards: Arc::new(Shards::new(arbiters, factory, clock, limits, policy)),
            limits,
        }
    }

    /// Sends a message to the resident of `key`, starting it if necessary, and returns its answer.
    ///
    /// `message` builds the message from the permit that travels with it. It is called once per try and must build an
    /// equal message each time (the same command id), since a resident answers a repeat from its memory. The permit
    /// must be kept in the message, so that a command that outlives its caller is still counted. After a panic the
    /// ask waits for the end of the back-off (50 ms, then 100 ms) instead of being refused, and the next incarnation
    /// answers. A message that is not answered because its incarnation ended is sent to the next one,
    /// [`Limits::tries`] times at most. Dropping the future cancels a command that has not begun, and no other.
    ///
    /// # Errors
    /// Before anything is sent, in this order: [`AskFault::Stopping`], [`AskFault::NeedsAttention`],
    /// [`AskFault::Busy`] (the key's limit, then the total). Afterwards: [`AskFault::NeedsAttention`] if the key was
    /// quarantined meanwhile; [`AskFault::Closed`] and [`AskFault::Unanswered`], both with unknown outcome.
    pub async fn ask<M, F>(
        &self,
        key: R::Key,
        from: Origin,
        message: F,
    ) -> Result<M::Result, AskFault>
    where
        R: Handler<M>,
        R::Context: ToEnvelope<R, M>,
        M: actix::Message + Send + 'static,
        M::Result: Send,
        F: Fn(Permit) -> M,
    {
        let kept = match from {
            Origin::Outside => 0,
            Origin::Inside => self.limits.in_flight_per_key,
        };
        let permit = self.shards.admit(key, kept)?;
        let answer_within = Duration::from_millis(self.limits.answer_within_ms);
        match tokio::time::timeout(answer_within, self.ask_incarnations(key, &permit, message))
            .await
        {
            Ok(answer) => answer,
            Err(_) => Err(AskFault::Unanswered),
        }
    }

    async fn ask_incarnations<M, F>(
        &self,
        key: R::Key,
        permit: &Permit,
        message: F,
    ) -> Result<M::Result, AskFault>
    where
        R: Handler<M>,
        R::Context: ToEnvelope<R, M>,
        M: actix::Message + Send + 'static,
        M::Result: Send,
        F: Fn(Permit) -> M,
    {
        for _ in 0..self.limits.tries.max(1) {
            let (address, mut ended) = self.live_incarnation(key).await?;
            if let Ok(answer) = address.send(message(permit.clone())).await {
                return Ok(answer);
            }
            // A panic closes the reply before the mailbox: without this wait the next try could reach the same dying
            // incarnation.
            let _ = ended.changed().await;
        }
        Err(AskFault::Closed)
    }

    async fn live_incarnation(
        &self,
        key: R::Key,
    ) -> Result<(actix::Addr<R>, lease::Ended), AskFault> {
        let mut waited_out = 0;
        loop {
            match self.shards.find_or_start(key, waited_out)? {
                Found::Live(address, ended) => return Ok((address, ended)),
                Found::BackingOff(pause) => {
                    tokio::time::sleep(Duration::from_millis(pause.ms)).await;
                    waited_out = pause.panic;
                }
            }
        }
    }

    /// Returns whether `key` is absent, live, backing off or quarantined.
    #[must_use]
    pub fn state(&self, key: R::Key) -> KeyState {
        self.shards.state(key)
    }

    /// Returns the quarantined keys, unordered.
    #[must_use]
    pub fn quarantined(&self) -> Vec<Quarantined<R::Key>> {
        self.shards.quarantined()
    }

    /// Quarantines `key`, as for a stream whose record can't be folded. A live incarnation gets no more messages, and
    /// ends once it is idle.
    pub fn quarantine(&self, key: R::Key) {
        self.shards.quarantine(key);
    }

    /// Ends the quarantine of `key` and forgets its panics. Returns whether it was quarantined.
    pub fn release(&self, key: R::Key) -> bool {
        self.shards.release(key)
    }

    /// Returns the number of live residents.
    #[must_use]
    pub fn live_count(&self) -> usize {
        self.shards.live_count()
    }

    /// Returns at most `limit` live residents, unordered.
    #[must_use]
    pub fn live(&self, limit: usize) -> Vec<LiveResident<R::Key>> {
        self.shards.live(limit)
    }

    /// Returns the number of commands under way, waiting and running.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shards.in_flight()
    }

    /// Returns the counters since the start.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.shards.totals()
    }

    /// Refuses every new ask with [`AskFault::Stopping`] from now on, and returns once no command is under way. The
    /// caller sets the deadline; if the future is dropped, the registry still refuses.
    pub async fn drain(&self) {
        self.shards.drain().await;
    }
}

#[cfg(test)]
mod tests;
