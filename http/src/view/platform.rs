//! Views of the server itself: whether it is ready, what runs in it, and its clock.

use crate::{time::Time, wire};
use campusg_actors::runtime::{Actors, Condition, Readiness};
use campusg_domain::id::OrderId;
use serde::Serialize;
use utoipa::ToSchema;

/// The process runs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiveView {
    status: Live,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Live {
    Live,
}

impl LiveView {
    pub(crate) const LIVE: Self = Self { status: Live::Live };
}

/// The server takes commands, in a time that can be trusted, and payments go on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadyView {
    status: Ready,
    /// Whether the archive is open and checked, which may take a while after a start.
    archive: bool,
    snapshots: ConditionName,
    /// Photos of orders whose files are missing or damaged.
    lost_photos: usize,
    /// Records that are written and not folded yet.
    lag_records: u64,
    gateway: GatewayView,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Ready {
    Ready,
}

impl From<&Readiness> for ReadyView {
    fn from(found: &Readiness) -> Self {
        Self {
            status: Ready::Ready,
            archive: found.archive,
            snapshots: (&found.snapshots).into(),
            lost_photos: found.lost_photos,
            lag_records: found.lag,
            gateway: found.into(),
        }
    }
}

/// The condition of the snapshot stores. Until it is `whole`, what has ended may be answered with 503 `being_restored`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConditionName {
    Whole,
    Opening,
    Rebuilding,
}

impl From<&Condition> for ConditionName {
    fn from(found: &Condition) -> Self {
        match found {
            Condition::Whole { .. } => Self::Whole,
            Condition::Opening => Self::Opening,
            Condition::Rebuilding { .. } => Self::Rebuilding,
        }
    }
}

/// What is held back at the payment gateway.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GatewayView {
    /// Kinds of calls that wait because nothing answers them.
    held_back: Vec<HeldBackView>,
    /// Cards and bank accounts that the gateway could not reach when they were last tried.
    silent_cards: usize,
    /// Why the gateway can't work; null if it can.
    trouble: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct HeldBackView {
    /// What the calls are for, as `capture`.
    calls: &'static str,
    /// `gateway`, or a brand of cards.
    of: String,
}

impl From<&Readiness> for GatewayView {
    fn from(found: &Readiness) -> Self {
        let held_back = found.held_back.iter().map(|calls| HeldBackView {
            calls: calls.purpose,
            of: calls.brand.as_deref().unwrap_or("gateway").into(),
        });
        Self {
            held_back: held_back.collect(),
            silent_cards: found.silent_cards,
            trouble: found.gateway_trouble.clone(),
        }
    }
}

/// What is running now, and what the process has done since it started.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActorsView {
    /// Orders with an actor.
    orders: usize,
    /// Commands under way.
    commands: usize,
    /// Orders whose actor panicked repeatedly, until an operator releases them.
    #[schema(value_type = Vec<wire::OrderId>)]
    quarantined: Vec<OrderId>,
    timers_armed: u64,
    timers_in_memory: usize,
    /// Calls to the gateway that are not decided.
    open_calls: usize,
    gateway: GatewayView,
    /// The last record that is written.
    written_seq: u64,
    /// The last record that is folded.
    folded_seq: u64,
    journal: JournalView,
    snapshot_writes: u64,
    snapshots: ConditionView,
    lost_photos: usize,
}

/// What was written to the journal.
#[derive(Debug, Serialize, ToSchema)]
struct JournalView {
    groups: u64,
    records: u64,
    bytes: u64,
}

impl ActorsView {
    pub(crate) fn of(found: Actors, readiness: &Readiness) -> Self {
        Self {
            orders: found.orders,
            commands: found.commands,
            quarantined: found.quarantined,
            timers_armed: found.timers.0,
            timers_in_memory: found.timers.1,
            open_calls: found.open_calls,
            gateway: readiness.into(),
            written_seq: found.written.0,
            folded_seq: found.folded.0,
            journal: JournalView {
                groups: found.journal.groups,
                records: found.journal.records,
                bytes: found.journal.bytes,
            },
            snapshot_writes: found.snapshot_writes,
            snapshots: found.snapshots.into(),
            lost_photos: found.lost_photos,
        }
    }
}

/// The condition of the snapshot stores, and what is wrong with them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "condition", rename_all = "snake_case")]
enum ConditionView {
    Whole {
        /// Rebuilds since the start.
        rebuilds: u64,
    },
    Opening {},
    Rebuilding {
        store: StoreName,
        /// What is wrong with it.
        why: String,
        /// The last record that is in the new stores.
        rebuilt_upto_seq: u64,
        /// Whether no new record is folded meanwhile.
        halted: bool,
    },
}

/// One of the two snapshot stores.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoreName {
    Hot,
    Archive,
}

impl StoreName {
    pub(crate) const fn of(archive: bool) -> Self {
        if archive { Self::Archive } else { Self::Hot }
    }
}

impl From<Condition> for ConditionView {
    fn from(found: Condition) -> Self {
        match found {
            Condition::Whole { rebuilds } => Self::Whole { rebuilds },
            Condition::Opening => Self::Opening {},
            Condition::Rebuilding {
                archive,
                why,
                upto,
                halted,
            } => Self::Rebuilding {
                store: StoreName::of(archive),
                why,
                rebuilt_upto_seq: upto.0,
                halted,
            },
        }
    }
}

/// The time of a virtual clock.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClockView {
    pub(crate) now: Time,
}

/// A jump of the clock that was accepted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AcceptedClockView {
    /// The time that had gone on as if the clock had not jumped.
    pub(crate) from: Time,
    pub(crate) now: Time,
}
