//! Events of calls to the payment gateway.

use crate::{
    call::{CallNumber, Decline},
    money::Cents,
};
use serde::{Deserialize, Serialize};

/// What became of a call to the payment gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallEvent {
    /// The card was charged.
    Captured {
        /// The capturing call.
        call: CallNumber,
        /// How much.
        cents: Cents,
    },
    /// Transition 19: charging the card failed for good.
    CollectFailed {
        /// The capturing call.
        call: CallNumber,
        /// Why, where the gateway said so; `None` after the last try.
        reason: Option<Decline>,
    },
    /// An authorisation is let go.
    Voided {
        /// The voiding call.
        call: CallNumber,
    },
    /// Money went back to the card.
    Refunded {
        /// The refunding call.
        call: CallNumber,
        /// How much.
        cents: Cents,
    },
    /// The card could not be reached: the money stays in the customer's wallet.
    RefundKept {
        /// The refunding call.
        call: CallNumber,
        /// How much.
        cents: Cents,
    },
    /// A call had no answer and rests until its retry.
    CallDeferred {
        /// The call.
        call: CallNumber,
        /// How often so far.
        failures: u16,
    },
    /// A resting call is made again.
    CallRetried {
        /// The call.
        call: CallNumber,
    },
    /// A call was given up without an answer.
    CallGivenUp {
        /// The call.
        call: CallNumber,
    },
    /// Transition 33: an authorisation came after it was given up.
    LateAuthorization {
        /// The authorising call.
        call: CallNumber,
    },
    /// Transition 33: a charge came after it was given up, and is sent back.
    LateCharge {
        /// The capturing call.
        call: CallNumber,
        /// How much.
        cents: Cents,
    },
    /// Transition 38: the gateway says that an authorisation ran out.
    AuthorizationLapsed {
        /// The authorising call.
        call: CallNumber,
    },
}
