//! How the process is: what lives and is under way, and whether commands can be taken. The counts that only actors know
//! are asked of them.

use super::{Query, Refusal, Runtime};
use crate::owner::{payment::CountCalls, timer::CountTimers};
use campusg_domain::id::{OrderId, Seq};
use std::sync::atomic::Ordering;

/// The actors that live now.
#[derive(Clone, Copy, Debug)]
pub struct GetActors;

/// What lives now.
#[derive(Clone, Debug)]
pub struct Actors {
    /// Orders with a live actor.
    pub orders: usize,
    /// Commands to orders under way, waiting and running.
    pub commands: usize,
    /// Orders that failed again and again.
    pub quarantined: Vec<OrderId>,
    /// Timers armed, and of them in memory.
    pub timers: (u64, usize),
    /// Calls to the gateway not decided.
    pub open_calls: usize,
    /// Commands that hold something back at an owner until their record is folded; 0 when nothing is under way.
    pub reservations: usize,
    /// Records written by the journal and folded by the slowest reader.
    pub written: Seq,
    /// See `written`.
    pub folded: Seq,
    /// What the journal has written since the process started.
    pub journal: JournalWork,
    /// Inserts and removes in the snapshot stores since the process started.
    pub snapshot_writes: u64,
}

/// What the journal has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalWork {
    /// Groups, each one `fdatasync`.
    pub groups: u64,
    /// Records.
    pub records: u64,
    /// Bytes, headers included.
    pub bytes: u64,
}

impl Query for GetActors {
    type Answer = Actors;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let timers = runtime
            .0
            .folds
            .timers
            .send(CountTimers)
            .await
            .map_err(|_| Refusal::Stopping)?;
        let open_calls = runtime
            .0
            .folds
            .calls
            .send(CountCalls)
            .await
            .map_err(|_| Refusal::Stopping)?;
        let reservations = runtime
            .owners()
            .reservations()
            .await
            .ok_or(Refusal::Stopping)?;
        let registry = runtime.orders().registry();
        let quarantined: Vec<OrderId> = registry
            .quarantined()
            .into_iter()
            .map(|quarantined| quarantined.key)
            .collect();
        let stats = runtime.0.services.queue.stats();
        let journal = JournalWork {
            groups: stats.groups,
            records: stats.records,
            bytes: stats.bytes,
        };
        let (written, folded) = (runtime.reads().head().0, runtime.reads().folded());
        let writes = runtime.reads().writes();
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
        })
    }
}

/// Whether commands can be taken.
#[derive(Clone, Copy, Debug)]
pub struct GetReadiness;

/// Whether commands can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The journal accepts writes.
    pub journal: bool,
    /// The disk had no room for the last record; reads go on.
    pub full: bool,
    /// The archive is open.
    pub archive: bool,
    /// Records written and not folded yet.
    pub lag: u64,
}

/// How long one record refused for want of room counts: as long as its sender was told to wait.
const FULL_FOR_MS: u64 = 30_000;

impl Query for GetReadiness {
    type Answer = Readiness;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let stopping = runtime.0.stopping.load(Ordering::Acquire);
        let since_ms = runtime.clock().now().0.saturating_sub(FULL_FOR_MS);
        let full = runtime.0.services.queue.is_full(since_ms);
        let lag = runtime.reads().lag();
        Ok(Readiness {
            journal: !stopping && !full,
            full,
            archive: runtime.reads().archive_is_open(),
            lag,
        })
    }
}
