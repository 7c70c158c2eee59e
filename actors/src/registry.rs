//! The registry: starts residents (one actor per key) when they are asked, and is their only supervisor.
//!
//! actix's own `Supervisor` is not used: it catches no panic, and it can't end an actor while an address to it lives, so taking an idle actor
//! out of a map leaves two live incarnations of one key (`tests/experiment_registry_race.rs` shows both designs). Here a resident is a plain
//! actor. It ends itself with `ctx.stop()` when idle, a panic ends its task, and either way the [`Lease`] inside it reports the end on drop.
//! A start is the only recovery: whoever asks next gets a new incarnation.
//!
//! It must not decide anything about a command, read a clock (time comes in as a closure), or hold a shard's lock across an await, while
//! messages or addresses are dropped, or while a resident is built.
//!
//! Invariants:
//! - One key has at most one incarnation that still handles messages: it is looked up, checked and started under its shard's lock, and its
//!   entry goes only when that very incarnation has reported its end, or when its mailbox is closed.
//! - Whatever is refused as [`AskFault::Busy`], [`AskFault::NeedsAttention`] or [`AskFault::Stopping`] before the first send has reached no resident.
//! - A [`Permit`] is given back exactly once, when its last clone is dropped: in the asker, the mailbox or the handler, whichever is last.

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

/// Milliseconds of a clock that never goes back; its zero is arbitrary. The registry's only source of time.
pub type MonotonicMs = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Builds the resident of a key; runs on the resident's arbiter, so it must be quick and do no I/O (that belongs before its first answer).
pub type Factory<R> =
    Arc<dyn Fn(<R as Resident>::Key, Lease<<R as Resident>::Key>) -> R + Send + Sync>;

/// How much may be under way at once, and how long one ask may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Commands under way for one key, waiting and running; more are refused, but as many again from inside.
    pub in_flight_per_key: usize,
    /// Commands under way for all keys together; more are refused.
    pub in_flight: u32,
    /// Incarnations one ask tries before it gives up with [`AskFault::Closed`]; at least 1.
    pub required_votes: u32,
    /// Longest wait for an answer over all tries, in milliseconds.
    pub answer_within_ms: u64,
}

impl Default for Limits {
    /// 32 per key, 4,096 in all, 3 asks, 10 s.
    fn default() -> Self {
        Self {
            in_flight_per_key: 32,
            in_flight: 4_096,
            required_votes: 3,
            answer_within_ms: 10_000,
        }
    }
}

/// Where a command comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From a person.
    Outside,
    /// From the runtime itself: as many places again are kept for it at each key, so that nobody takes them all.
    Inside,
}

/// What the registry has done since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Incarnations started.
    pub started: u64,
    /// Incarnations that ended by themselves.
    pub passivated: u64,
    /// Incarnations that ended by a panic.
    pub panicked: u64,
    /// Asks refused for want of a permit.
    pub refused: u64,
}

/// The supervisor of all residents of one kind. Cheap to clone; every clone is the same registry. Usable from any thread and any runtime.
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
    /// Makes an empty registry whose residents live on `arbiters`; one key always lives on the same one.
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

    /// Asks the resident of `key`, starting it when it isn't there, and returns its answer.
    ///
    /// `message` builds the message from the permit it travels with, once per try and equal each time (the same command id): a resident that
    /// was asked before answers a repeat from its memory. Keep the permit in the message, so that a command which outlives its caller is still
    /// counted. After a panic the ask waits out the back-off (50 ms, then 100 ms) instead of being refused: the caller is answered by the next
    /// incarnation. A message `Closed` by the end of an incarnation is sent to the next one, [`Limits::required_votes`] times at most.
    /// Dropping the future cancels a command that has not begun, and no other.
    ///
    /// # Errors
    /// Before anything is sent, in this order: [`AskFault::Stopping`], [`AskFault::NeedsAttention`], [`AskFault::Busy`] (the key, then the registry).
    /// Afterwards: [`AskFault::NeedsAttention`] when the key was quarantined meanwhile; [`AskFault::Closed`] and [`AskFault::Unanswered`], both
    /// of unknown outcome.
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
        for _ in 0..self.limits.required_votes.max(1) {
            let (address, mut ended) = self.live_incarnation(key).await?;
            if let Ok(answer) = address.send(message(permit.clone())).await {
                return Ok(answer);
            }
            // A panic closes the reply before the mailbox: without this wait the next try could meet the same dying incarnation.
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

    /// Says what the registry knows of `key` now.
    #[must_use]
    pub fn state(&self, key: R::Key) -> KeyState {
        self.shards.state(key)
    }

    /// Lists the keys in quarantine, in no order.
    #[must_use]
    pub fn quarantined(&self) -> Vec<Quarantined<R::Key>> {
        self.shards.quarantined()
    }

    /// Puts `key` in quarantine: a stream whose record can't be folded. A live incarnation is asked no more and goes when it is idle.
    pub fn quarantine(&self, key: R::Key) {
        self.shards.quarantine(key);
    }

    /// Ends the quarantine of `key` and forgets its panics. Answers whether it was in quarantine.
    pub fn release(&self, key: R::Key) -> bool {
        self.shards.release(key)
    }

    /// Counts the live residents.
    #[must_use]
    pub fn live_count(&self) -> usize {
        self.shards.live_count()
    }

    /// Lists the live residents, in no order, `limit` at most.
    #[must_use]
    pub fn live(&self, limit: usize) -> Vec<LiveResident<R::Key>> {
        self.shards.live(limit)
    }

    /// Counts the commands under way, waiting and running.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shards.in_flight()
    }

    /// Returns the counters since the start.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.shards.totals()
    }

    /// Refuses every new ask as [`AskFault::Stopping`] from now on, and returns once nothing is under way. The caller sets the deadline;
    /// a dropped future leaves the registry refusing.
    pub async fn drain(&self) {
        self.shards.drain().await;
    }
}

#[cfg(test)]
mod tests;
