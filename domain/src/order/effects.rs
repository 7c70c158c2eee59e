//! What an order has under way: timers, calls to the gateway, and where payment, charge and escrow stand.

use crate::{
    call::{CallChange, CallKind, CallNumber, CallState},
    money::{Cents, Phase, Transfer},
    time::At,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a timer is for. Keyed by (order, kind, generation). Variants are only ever appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TimerKind {
    /// The customer's time to confirm with the bank.
    PaymentAction,
    /// When a waiting order goes on the board.
    BoardOpen,
    /// How long an order waits for a runner.
    OrderTimeout,
    /// How long a runner may take to reach the store.
    RunnerIdle,
    /// How long a runner may take at the store.
    StoreWait,
    /// When a delivery is late.
    DeliveryReminder,
    /// The customer's time to confirm or dispute.
    DisputeWindow,
    /// When the authorisation must be given up.
    PaymentAuthorizationExpiry,
    /// The daily look at an unfinished order.
    EscrowTimeout,
    /// Until when both sides may rate.
    RatingWindow,
    /// The next try of a step that failed for the moment.
    StepRetry,
    /// An event scheduled over the API.
    Scheduled,
    /// The customer's time to decide a proposal.
    ProposalExpiry,
    /// How long a cancellation waits for the runner at the till.
    CancelWait,
    /// How long a runner waits for a customer who can't be reached.
    NoShowWait,
    /// How long a dispute may wait for a decision.
    DisputeSla,
}

impl TimerKind {
    /// Upper snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaymentAction => "PAYMENT_ACTION",
            Self::BoardOpen => "BOARD_OPEN",
            Self::OrderTimeout => "ORDER_TIMEOUT",
            Self::RunnerIdle => "RUNNER_IDLE",
            Self::StoreWait => "STORE_WAIT",
            Self::DeliveryReminder => "DELIVERY_REMINDER",
            Self::DisputeWindow => "DISPUTE_WINDOW",
            Self::PaymentAuthorizationExpiry => "PAYMENT_AUTHORIZATION_EXPIRY",
            Self::EscrowTimeout => "ESCROW_TIMEOUT",
            Self::RatingWindow => "RATING_WINDOW",
            Self::StepRetry => "STEP_RETRY",
            Self::Scheduled => "SCHEDULED",
            Self::ProposalExpiry => "PROPOSAL_EXPIRY",
            Self::CancelWait => "CANCEL_WAIT",
            Self::NoShowWait => "NO_SHOW_WAIT",
            Self::DisputeSla => "DISPUTE_SLA",
        }
    }
}

/// How a timer ended, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TimerState {
    /// Armed.
    Pending,
    /// Fired, and its command took effect.
    Processed,
    /// Disarmed.
    Cancelled,
}

/// One of an order's timers: the newest generation of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Counts the arms of this kind: 1, 2, 3 …
    pub generation: u32,
    /// When it fires.
    pub due: At,
    /// Whether it is armed.
    pub state: TimerState,
}

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
