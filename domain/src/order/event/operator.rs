//! Events that say what an operator did, and why.

use crate::text::Sealed;
use serde::{Deserialize, Serialize};

/// What an operator does with the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperatorEvent {
    /// An operator froze the order: no timer cancels or releases it meanwhile (transition 28).
    OperatorHeld {
        /// The operator's reason, sealed under their key.
        reason: Sealed,
    },
    /// An operator let the order go on (transition 28).
    OperatorReleased {
        /// The operator's reason, sealed under their key.
        reason: Sealed,
    },
    /// Transitions 11, 27, 30, 32b, 34, 40, and steps that keep failing: why an operator does what this record does.
    OperatorActed {
        /// What the operator does.
        action: OperatorAction,
        /// The operator's reason, sealed under their key.
        reason: Sealed,
    },
}

/// What an operator does with an order, where the events beside it do not say it. Variants are only ever appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorAction {
    /// Transition 11: takes the order from its runner.
    Reassign,
    /// Transition 27: gives the runner up.
    Abandon,
    /// Transition 40: settles the order.
    Settle,
    /// Transitions 30, 34: decides a dispute.
    Resolve,
    /// Transition 32b: refunds something after the end.
    Refund,
    /// Retries the step that keeps failing.
    Retry,
    /// Skips the step that keeps failing.
    Skip,
    /// Compensates the step that keeps failing.
    Compensate,
}

impl OperatorAction {
    /// Stable lower-snake-case code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reassign => "reassign",
            Self::Abandon => "abandon",
            Self::Settle => "settle",
            Self::Resolve => "resolve",
            Self::Refund => "refund",
            Self::Retry => "retry",
            Self::Skip => "skip",
            Self::Compensate => "compensate",
        }
    }
}
