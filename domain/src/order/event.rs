//! What happened to an order. Past tense; variants are only ever appended, since their order is the format.

use super::{effects::TimerKind, rejection::CancelReason, stage::Proof, terms::Terms};
use crate::{
    call::{CallNumber, Decline},
    id::{PhotoId, Principal, UserId},
    money::Cents,
    saga::{Mark, Saga},
    time::At,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Why a runner was unbound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unbinding {
    /// The runner gave the order back.
    RunnerCancelled,
    /// The runner did not start in time.
    Idle,
    /// An operator took the order from the runner.
    Reassigned,
}

/// What the money does when an order ends without delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// Nothing is charged.
    Free,
    /// The runner's lost trip is paid.
    Trip {
        /// X: what is charged and goes to the runner.
        to_runner: Cents,
        /// What of it pays the runner's own debt.
        set_off: Cents,
    },
    /// What was charged is divided.
    Release(Release),
}

/// How the charge K is divided at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// To the runner: K − r − q.
    pub to_runner: Cents,
    /// To the platform: q = min(p, K − r).
    pub to_platform: Cents,
    /// Back to the customer: r.
    pub to_customer: Cents,
    /// What of the runner's part pays the runner's own debt.
    pub set_off: Cents,
}

/// Who rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The customer, about the runner.
    Customer,
    /// The runner, about the customer.
    Runner,
}

/// A fact about one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// Row 1.
    Placed(Arc<Terms>),
    /// Row 36: the bank asks the customer.
    ActionRequired {
        /// Where the customer confirms.
        url: String,
    },
    /// Row 3.
    Authorized {
        /// The authorising call.
        call: CallNumber,
        /// How much; equal to the hold.
        cents: Cents,
        /// Until when it can be captured.
        capture_before: At,
    },
    /// Row 2: the card was refused.
    Declined {
        /// The authorising call.
        call: CallNumber,
        /// Why.
        reason: Decline,
    },
    /// Row 4: the hold is promised to the escrow.
    Held {
        /// The authorising call.
        authorization: CallNumber,
        /// How much.
        cents: Cents,
    },
    /// Row 6, for later.
    Waiting {
        /// When it goes on the board.
        opens_at: At,
    },
    /// Rows 6, 10, 11, 37: on the board.
    Available {
        /// Until when a runner may take it.
        accept_by: At,
    },
    /// Row 8.
    Accepted {
        /// Who took it.
        runner: UserId,
        /// The runner epoch from here on.
        epoch: u32,
    },
    /// Rows 10, 11; `Available` follows.
    Unbound {
        /// Who is not bound any more.
        runner: UserId,
        /// The runner epoch from here on.
        epoch: u32,
        /// Why.
        cause: Unbinding,
    },
    /// Row 13.
    ArrivedOnSite,
    /// Row 18.
    Purchased {
        /// F.
        food: Cents,
        /// The receipt's photo.
        photo: Option<PhotoId>,
    },
    /// Row 20.
    Collected,
    /// Row 20.
    Departed,
    /// Row 21: a wrong PIN; the answer is a refusal that is remembered.
    WrongPinShown {
        /// How many so far.
        tries: u8,
    },
    /// Row 21.
    Delivered {
        /// What proves it.
        proof: Proof,
    },
    /// Row 22: the escrow is emptied.
    Released(Release),
    /// Row 23: the release was refused and is tried again.
    ReleaseRefused {
        /// How often so far.
        failures: u16,
    },
    /// Row 22.
    Completed,
    /// Rows 2, 5, 7, 9, 12, 38–39.
    Cancelled {
        /// Why.
        reason: CancelReason,
        /// Who.
        by: Principal,
        /// What the money does.
        settlement: Settlement,
    },
    /// The card was charged.
    Captured {
        /// The capturing call.
        call: CallNumber,
        /// How much.
        cents: Cents,
    },
    /// Row 19: charging the card failed for good.
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
    CallRested {
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
    /// Row 33: an authorisation came after it was given up.
    LateAuthorization {
        /// The authorising call.
        call: CallNumber,
    },
    /// Row 33: a charge came after it was given up, and is sent back.
    LateCharge {
        /// The capturing call.
        call: CallNumber,
        /// How much.
        cents: Cents,
    },
    /// A timer of this order fired.
    TimerFired {
        /// Which.
        kind: TimerKind,
        /// Its generation.
        generation: u32,
    },
    /// A reminder was given, or an alarm raised, by a timer of two steps.
    Reminded {
        /// Which.
        kind: TimerKind,
        /// 1 or 2.
        step: u8,
    },
    /// Row 39: unfinished for another day.
    Overdue {
        /// How many days.
        days: u16,
    },
    /// Row 32c.
    Rated {
        /// Who rates.
        by: Side,
        /// 1–5.
        stars: u8,
    },
    /// Both sides see the ratings.
    RatingsPublished,
    /// A saga's step moved on; one log line each.
    Step {
        /// Which saga.
        saga: Saga,
        /// Index of the step in its plan.
        step: u8,
        /// What happened to it.
        mark: Mark,
    },
}
