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
        /// Number of the capturing call.
        call: CallNumber,
        /// The amount charged.
        cents: Cents,
    },
    /// Transition 19: charging the card failed for good.
    CollectFailed {
        /// Number of the capturing call.
        call: CallNumber,
        /// The reason that the gateway gave; `None` if the last try had no answer.
        reason: Option<Decline>,
    },
    /// An authorisation was let go: nothing of it is charged.
    Voided {
        /// Number of the voiding call.
        call: CallNumber,
    },
    /// Money went back to the card.
    Refunded {
        /// Number of the refunding call.
        call: CallNumber,
        /// The amount that went back.
        cents: Cents,
    },
    /// The gateway declined the refund: the money stays in the customer's wallet.
    RefundKept {
        /// Number of the refunding call.
        call: CallNumber,
        /// The amount that stays.
        cents: Cents,
    },
    /// A call had no answer; it is made again when its retry timer fires.
    CallDeferred {
        /// Number of the call.
        call: CallNumber,
        /// Tries without an answer so far, with this one.
        failures: u16,
    },
    /// A deferred call is made again, under the same key.
    CallRetried {
        /// Number of the call.
        call: CallNumber,
    },
    /// A call was given up without an answer.
    CallGivenUp {
        /// Number of the call.
        call: CallNumber,
    },
    /// Transition 33: an authorisation came after it was given up.
    LateAuthorization {
        /// Number of the authorising call.
        call: CallNumber,
    },
    /// Transition 33: a charge came after it was given up, and is sent back.
    LateCharge {
        /// Number of the capturing or charging call.
        call: CallNumber,
        /// The amount charged; never more than was asked for.
        cents: Cents,
    },
    /// Transition 38: the gateway says that an authorisation ran out.
    AuthorizationLapsed {
        /// Number of the authorising call.
        call: CallNumber,
    },
}
