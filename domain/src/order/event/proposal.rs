//! Events of what a runner at the store asks the customer.

use crate::{
    call::{CallNumber, Decline},
    money::Cents,
    order::attachments::{Closing, Number, Offer},
    text::Sealed,
    time::At,
};
use serde::{Deserialize, Serialize};

/// What a runner at the store asks, and what comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProposalEvent {
    /// Transitions 14, 15: the runner asks the customer.
    Proposed {
        /// Number of the proposal within the order: 1, 2, 3 …
        n: Number,
        /// What the runner asks the customer to decide.
        offer: Offer,
        /// The runner's words to the customer, sealed under the runner's key.
        note: Option<Sealed>,
    },
    /// Transition 16: the customer agreed to more than is held; a second authorisation is asked for.
    RaiseAsked {
        /// Number of the proposal.
        n: Number,
        /// The authorising call that this opens.
        call: CallNumber,
        /// The amount to authorise beside what is held.
        cents: Cents,
    },
    /// The second authorisation was given and is held (transition 16).
    Raised {
        /// Number of the authorising call.
        call: CallNumber,
        /// The amount held beside the first.
        cents: Cents,
        /// Time from which the gateway charges it no more.
        capture_before: At,
    },
    /// Transition 16: a second authorisation came to nothing; the proposal stays open.
    RaiseFailed {
        /// Number of the authorising call.
        call: CallNumber,
        /// Why it came to nothing.
        why: RaiseFailure,
    },
    /// Transitions 10, 16, 17: a proposal is not open any more and the order goes on.
    ProposalClosed {
        /// Number of the proposal.
        n: Number,
        /// What closed it.
        how: Closing,
    },
}

/// Why a second authorisation came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RaiseFailure {
    /// The card was refused.
    Declined(Decline),
    /// It was given, but with another amount, or the escrow did not take it: it is let go.
    NotHeld,
    /// There was no answer to the last try: it is taken back under its own key.
    GivenUp,
}
