//! Events from the customer's wish to an order on the board.

use crate::{
    call::{CallNumber, Decline},
    money::Cents,
    order::terms::Terms,
    time::At,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// From the customer's wish to an order on the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlacingEvent {
    /// The order was placed under these terms (transition 1).
    Placed(Arc<Terms>),
    /// The bank wants the customer to confirm the hold (transition 36).
    ActionRequired {
        /// Page of the bank on which the customer confirms.
        url: String,
    },
    /// The gateway authorised the card (transition 3).
    Authorized {
        /// Number of the authorising call.
        call: CallNumber,
        /// The authorised amount; the order goes on only if it equals the hold.
        cents: Cents,
        /// Time from which the gateway charges it no more.
        capture_before: At,
    },
    /// The card was refused (transition 2).
    Declined {
        /// Number of the authorising call.
        call: CallNumber,
        /// The reason that the gateway gave.
        reason: Decline,
    },
    /// Transition 4: the hold is promised to the escrow.
    Held {
        /// Number of the call that authorised the amount.
        authorization: CallNumber,
        /// The amount promised to the escrow: the hold.
        cents: Cents,
    },
    /// Everything is held and armed, and the order waits for its wished time (transition 6).
    Waiting {
        /// When the order goes on the board.
        opens_at: At,
    },
    /// The order is on the board, for the first time or again (transitions 6, 10, 11 and 37).
    Available {
        /// Runners may take the order until this time.
        accept_by: At,
    },
}
