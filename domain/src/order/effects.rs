//! What an order has under way: calls to the gateway, and where payment, charge and escrow stand.

use crate::{
    call::{CallChange, CallKind, CallNumber, CallState},
    money::{Cents, Phase, Transfer},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One of an order's calls to the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// What it asks.
    pub kind: CallKind,
    /// Where it stands.
    pub state: CallState,
    /// Tries that had no answer.
    pub failures: u16,
    /// What is known of it.
    pub outcome: Outcome,
}

/// Folds what a record does to the calls of its stream.
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

/// Folds what a record promises, or does with a promise of before.
pub(crate) fn absorb_promise(promises: &mut BTreeMap<CallNumber, Cents>, transfer: &Transfer) {
    match transfer.phase {
        Phase::Posted => {}
        Phase::Pending { n } => drop(promises.insert(n, transfer.cents)),
        Phase::Post { n, .. } | Phase::Void { n } | Phase::Expire { n } => {
            promises.remove(&n);
        }
    }
}

/// What is known of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Nothing yet; a closed call that is unknown was given up.
    Unknown,
    /// It was done as asked.
    Succeeded,
    /// It was refused for good.
    Refused,
}

/// Where the payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentStatus {
    /// The card is being asked.
    Initiating,
    /// Authorised, not held yet.
    Authorized,
    /// Held in escrow.
    InEscrow,
    /// Went to the runner.
    Released,
    /// Went back to the customer.
    Refunded,
    /// Went to both.
    PartiallyRefunded,
    /// Never authorised.
    Failed,
    /// Authorised and let go.
    Voided,
}

/// Where the charge of the card stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Collection {
    /// Nothing to charge.
    None,
    /// On its way.
    Collecting,
    /// Charged.
    Collected,
    /// The card failed; the customer owes.
    Owed,
}

/// Where the escrow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EscrowStatus {
    /// Nothing held yet.
    Pending,
    /// Held.
    Held,
    /// To the runner.
    Released,
    /// To the customer.
    Refunded,
    /// To both.
    Split,
    /// Never held.
    Failed,
}
