//! Timers: what they are for, where they stand, and the `timers` section of a record.
//!
//! Must not: wait. The timer owner does, from folded records.

use crate::time::At;
use serde::{Deserialize, Serialize};

/// What a timer is for. Keyed by (stream, kind, generation). Variants are only ever appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TimerKind {
    /// The customer's time to confirm with the bank.
    PaymentAction,
    /// When a waiting order goes on the board.
    BoardOpen,
    /// How long an order waits for a runner.
    OrderTimeout,
    /// How long a runner may take to reach the store.
    RunnerIdle,
    /// How long a runner may take at the store.
    StoreWait,
    /// When a delivery is late.
    DeliveryReminder,
    /// The customer's time to confirm or dispute.
    DisputeWindow,
    /// When the authorisation must be given up.
    PaymentAuthorizationExpiry,
    /// The daily look at an unfinished order.
    EscrowTimeout,
    /// Until when both sides may rate.
    RatingWindow,
    /// The next try of a step that failed for the moment.
    StepRetry,
    /// An event scheduled over the API.
    Scheduled,
    /// The customer's time to decide a proposal.
    ProposalExpiry,
    /// How long a cancellation waits for the runner at the till.
    CancelWait,
    /// How long a runner waits for a customer who can't be reached.
    NoShowWait,
    /// How long a dispute may wait for a decision.
    DisputeSla,
}

impl TimerKind {
    /// Upper snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaymentAction => "PAYMENT_ACTION",
            Self::BoardOpen => "BOARD_OPEN",
            Self::OrderTimeout => "ORDER_TIMEOUT",
            Self::RunnerIdle => "RUNNER_IDLE",
            Self::StoreWait => "STORE_WAIT",
            Self::DeliveryReminder => "DELIVERY_REMINDER",
            Self::DisputeWindow => "DISPUTE_WINDOW",
            Self::PaymentAuthorizationExpiry => "PAYMENT_AUTHORIZATION_EXPIRY",
            Self::EscrowTimeout => "ESCROW_TIMEOUT",
            Self::RatingWindow => "RATING_WINDOW",
            Self::StepRetry => "STEP_RETRY",
            Self::Scheduled => "SCHEDULED",
            Self::ProposalExpiry => "PROPOSAL_EXPIRY",
            Self::CancelWait => "CANCEL_WAIT",
            Self::NoShowWait => "NO_SHOW_WAIT",
            Self::DisputeSla => "DISPUTE_SLA",
        }
    }
}

/// How a timer ended, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TimerState {
    /// Armed.
    Pending,
    /// Fired, and its command took effect.
    Processed,
    /// Disarmed.
    Cancelled,
}

/// One of a stream's timers: the newest generation of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Counts the arms of this kind: 1, 2, 3 …
    pub generation: u32,
    /// When it fires.
    pub due: At,
    /// Whether it is armed.
    pub state: TimerState,
}

/// A change to a stream's timers: the `timers` section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimerChange {
    /// Timer `kind` will fire at `due`.
    Arm {
        /// What the timer is for.
        kind: TimerKind,
        /// Counts how often a timer of this kind was armed in this stream: 1, 2, 3 …
        generation: u32,
        /// When it is to fire.
        due: At,
    },
    /// Timer `kind` will not fire.
    Disarm {
        /// What the timer was for.
        kind: TimerKind,
        /// The generation that was armed.
        generation: u32,
    },
    /// Timer `kind` has fired, and this record is what came of it.
    Fire {
        /// What the timer was for.
        kind: TimerKind,
        /// The generation that was armed.
        generation: u32,
    },
}
