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
    /// Transition 1.
    Placed(Arc<Terms>),
    /// Transition 36: the bank asks the customer.
    ActionRequired {
        /// Where the customer confirms.
        url: String,
    },
    /// Transition 3.
    Authorized {
        /// The authorising call.
        call: CallNumber,
        /// How much; equal to the hold.
        cents: Cents,
        /// Until when it can be captured.
        capture_before: At,
    },
    /// Transition 2: the card was refused.
    Declined {
        /// The authorising call.
        call: CallNumber,
        /// Why.
        reason: Decline,
    },
    /// Transition 4: the hold is promised to the escrow.
    Held {
        /// The authorising call.
        authorization: CallNumber,
        /// How much.
        cents: Cents,
    },
    /// Transition 6, for later.
    Waiting {
        /// When it goes on the board.
        opens_at: At,
    },
    /// Transitions 6, 10, 11, 37: on the board.
    Available {
        /// Until when a runner may take it.
        accept_by: At,
    },
}
