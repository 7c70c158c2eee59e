//! Events that end an order, or let it end later.

use crate::{
    id::Principal,
    order::{
        attachments::CancelWait,
        cancel_reason::CancelReason,
        settlement::{Release, Settlement},
    },
};
use serde::{Deserialize, Serialize};

/// How the order ends, and where its money goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndEvent {
    /// Transition 35: a cancellation waits for the runner at the till.
    CancelWaiting(CancelWait),
    /// Transition 22: the escrow is emptied.
    Released(Release),
    /// Transition 23: the release was refused and is tried again.
    ReleaseRefused {
        /// How often so far.
        failures: u16,
    },
    /// Transition 22.
    Completed,
    /// Transitions 2, 5, 7, 9, 12, 38–39.
    Cancelled {
        /// Why.
        reason: CancelReason,
        /// Who.
        by: Principal,
        /// What the money does.
        settlement: Settlement,
    },
    /// Transition 39: unfinished for another day.
    Overdue {
        /// How many days.
        days: u16,
    },
}
