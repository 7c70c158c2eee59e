//! How the process is: what lives and is under way, and whether commands can be taken. The counts that only actors know
//! are asked of them.

use super::{Refusal, Runtime};
use crate::owner::{payment::CountCalls, timer::CountTimers};
use campusg_domain::id::{OrderId, Seq};
use std::sync::atomic::Ordering;

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

impl Runtime {
    /// The actors that live now, and what the process has done since it started.
    ///
    /// # Errors
    /// `Stopping`.
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
        })
    }

    /// Whether commands can be taken.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let stopping = self.0.stopping.load(Ordering::Acquire);
        let since_ms = self.clock().now().0.saturating_sub(FULL_FOR_MS);
        let full = self.0.services.queue.is_full(since_ms);
        let lag = self.reads().lag();
        Readiness {
            journal: !stopping && !full,
            full,
            archive: self.reads().archive_is_open(),
            lag,
        }
    }
}
