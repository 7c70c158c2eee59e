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
        /// Refused releases of this order so far, with this one.
        failures: u16,
    },
    /// The order is delivered and paid out: its regular end (transition 22).
    Completed,
    /// The order ended, and the runner was not paid for a delivery.
    Cancelled {
        /// The reason that people are told.
        reason: CancelReason,
        /// The principal whose command ended it; the system where a timer did.
        by: Principal,
        /// Where the order's money goes.
        settlement: Settlement,
    },
    /// The order is unfinished for another day (transition 39).
    Overdue {
        /// Days since the escrow's time-out first fired.
        days: u16,
    },
}
