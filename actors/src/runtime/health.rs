//! The state of the process: what is running and under way, and whether commands can be taken. Counters that only
//! actors know are requested from them.

use super::{Refusal, Runtime, Step};
use crate::{
    owner::{payment::CountCalls, timer::CountTimers},
    port::gateway::HeldBack,
};
use campusg_domain::id::{OrderId, Seq};
use campusg_storage::read::Condition;
use std::sync::atomic::Ordering;

/// What is running now, and counters since the process started.
#[derive(Clone, Debug)]
pub struct Actors {
    /// Orders with a live actor.
    pub orders: usize,
    /// Commands to orders under way, waiting and running.
    pub commands: usize,
    /// Orders whose actors panicked repeatedly, until an operator releases them.
    pub quarantined: Vec<OrderId>,
    /// Armed timers, and how many of them are in memory.
    pub timers: (u64, usize),
    /// Calls to the gateway that are undecided.
    pub open_calls: usize,
    /// Commands with reservations at an owner; 0 when nothing is under way.
    pub reservations: usize,
    /// The last record that the journal has written.
    pub written: Seq,
    /// The last record that the slowest fold has folded.
    pub folded: Seq,
    /// Counters since the process started.
    pub journal: JournalWork,
    /// Inserts and removes in the snapshot stores since the process started.
    pub snapshot_writes: u64,
    /// The condition of the snapshot stores.
    pub snapshots: Condition,
    /// Photos that orders refer to and that were found missing or damaged.
    pub lost_photos: usize,
}

/// What the journal has written since the process started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalWork {
    /// Groups of records; each is one write and one `fdatasync`.
    pub groups: u64,
    /// Records in all groups.
    pub records: u64,
    /// Bytes in total, including headers.
    pub bytes: u64,
}

/// Whether commands can be taken, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Whether commands can be taken: the runtime is not stopping, the disk is not full, and records are folded.
    pub journal: bool,
    /// Whether a record was refused in the last 30 s because the disk is full; reads still work.
    pub full: bool,
    /// Whether the archive store is open and checked, which may take a while after a start.
    pub archive: bool,
    /// The condition of the snapshot stores.
    pub snapshots: Condition,
    /// Photos that orders refer to and that were found missing or damaged.
    pub lost_photos: usize,
    /// How many written records are not folded yet.
    pub lag: u64,
    /// A jump of the system's clock that nobody has accepted; commands are taken all the same.
    pub clock: Option<Step>,
    /// Calls to the gateway that are held back because nothing answers them; commands are taken all the same.
    pub held_back: Vec<HeldBack>,
    /// What keeps the payment gateway from working, as far as it can be seen from here; orders wait for it.
    pub gateway_trouble: Option<String>,
    /// How many cards and bank accounts the gateway could not reach when they were last tried.
    pub silent_cards: usize,
}

/// How long one record that was refused for a full disk counts, in milliseconds: as long as its sender was asked to
/// wait.
const FULL_FOR_MS: u64 = 30_000;

impl Runtime {
    /// Returns what is running now, and what the process has done since it started.
    ///
    /// # Errors
    /// `Stopping` if an owner is gone.
    pub async fn actors(&self) -> Result<Actors, Refusal> {
        let timers = self.0.folds.timers.send(CountTimers).await;
        let timers = timers.map_err(|_| Refusal::Stopping)?;
        let open_calls = self.0.folds.calls.send(CountCalls).await;
        let open_calls = open_calls.map_err(|_| Refusal::Stopping)?;
        let reservations = self.owners().reservations().await;
        let reservations = reservations.ok_or(Refusal::Stopping)?;
        let registry = self.orders().registry();
        let quarantined: Vec<OrderId> = registry
            .quarantined()
            .into_iter()
            .map(|quarantined| quarantined.key)
            .collect();
        let stats = self.0.services.queue.stats();
        let journal = JournalWork {
            groups: stats.groups,
            records: stats.records,
            bytes: stats.bytes,
        };
        let (written, folded) = (self.reads().head().0, self.reads().folded());
        let writes = self.reads().writes();
        let snapshot_writes = writes.hot + writes.archive;
        Ok(Actors {
            orders: registry.live_count(),
            commands: registry.in_flight(),
            quarantined,
            timers,
            open_calls,
            reservations,
            written,
            folded,
            journal,
            snapshot_writes,
            snapshots: self.reads().condition(),
            lost_photos: self.reads().lost_photos(),
        })
    }

    /// Whether commands can be taken.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let stopping = self.0.stopping.load(Ordering::Acquire);
        let since_ms = self.clock().now().0.saturating_sub(FULL_FOR_MS);
        let full = self.0.services.queue.is_full(since_ms);
        let lag = self.reads().lag();
        let breakers = self.0.outside.breakers.lock();
        let breakers = breakers.expect("nothing panics while the breakers are asked");
        Readiness {
            journal: !stopping && !full && !self.reads().is_halted(),
            full,
            archive: self.reads().archive_is_open(),
            snapshots: self.reads().condition(),
            lost_photos: self.reads().lost_photos(),
            lag,
            clock: self.0.outside.clock.step(),
            held_back: breakers.held_back(),
            gateway_trouble: self.0.outside.gateway.trouble(),
            silent_cards: breakers.silent_cards(),
        }
    }
}
