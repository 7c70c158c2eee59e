//! The calls of an order to the gateway, and the statuses of its payment, charge and escrow.

use crate::{
    call::{CallChange, CallKind, CallNumber, CallState},
    money::{Cents, Phase, Transfer},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One call of an order to the payment gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// What the gateway is asked to do.
    pub kind: CallKind,
    /// Whether the call is to be made, is deferred, or is closed.
    pub state: CallState,
    /// Number of tries that had no answer.
    pub failures: u16,
    /// What is known of the call's result.
    pub outcome: Outcome,
}

/// Folds one change into the calls of a stream.
pub(crate) fn absorb_call(calls: &mut BTreeMap<CallNumber, Call>, change: &CallChange) {
    let (n, state) = match *change {
        CallChange::Open { n, kind } => {
            let call = Call {
                kind,
                state: CallState::Open,
                failures: 0,
                outcome: Outcome::Unknown,
            };
            calls.insert(n, call);
            return;
        }
        CallChange::Defer { n } => (n, CallState::Deferred),
        CallChange::Retry { n } => (n, CallState::Open),
        CallChange::Close { n } => (n, CallState::Closed),
    };
    if let Some(call) = calls.get_mut(&n) {
        call.state = state;
        let rested = u16::from(state == CallState::Deferred);
        call.failures = call.failures.saturating_add(rested);
    }
}

/// Folds one transfer into the open promises of a stream: it opens one, settles one, or does neither.
pub(crate) fn absorb_promise(promises: &mut BTreeMap<CallNumber, Cents>, transfer: &Transfer) {
    match transfer.phase {
        Phase::Posted => {}
        Phase::Pending { n } => drop(promises.insert(n, transfer.cents)),
        Phase::Post { n, .. } | Phase::Void { n } | Phase::Expire { n } => {
            promises.remove(&n);
        }
    }
}

/// What is known of the result of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Nothing is known yet; where the call is closed, it was given up.
    Unknown,
    /// The gateway did what it was asked to do.
    Succeeded,
    /// The gateway refused for good, or it counts as refused: a charge was given up, or an authorisation ran out.
    Refused,
}

/// Status of an order's payment. Beside it stands [`Collection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentStatus {
    /// The gateway is asked to authorise the card.
    Initiating,
    /// The card is authorised, and nothing is held yet.
    Authorized,
    /// The money is held in escrow.
    InEscrow,
    /// All of the charge went to runner and platform.
    Released,
    /// All of the charge went back to the customer.
    Refunded,
    /// The charge went partly to the runner, partly back; also where only a lost trip was charged.
    PartiallyRefunded,
    /// The card was never authorised.
    Failed,
    /// The card was authorised, and the authorisation was let go of without a charge.
    Voided,
}

/// Status of charging the customer's card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Collection {
    /// There is nothing to charge yet.
    None,
    /// The card is being charged.
    Collecting,
    /// The card was charged.
    Collected,
    /// Charging the card failed for good, at least in part; the customer owes what failed.
    Owed,
}

/// Status of an order's escrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EscrowStatus {
    /// Nothing is held yet.
    Pending,
    /// H is held, or more after a second authorisation.
    Held,
    /// The money went to runner and platform.
    Released,
    /// The money went back to the customer.
    Refunded,
    /// The money went partly to the runner, partly back to the customer.
    Split,
    /// Nothing was ever held.
    Failed,
}
