//! What happened to an order. Past tense; variants are only ever appended, since their order is the format.

use super::{
    attachments::{CancelWait, Closing, Fault, Number, Offer, Party},
    cancel_reason::CancelReason,
    settlement::{Release, Settlement},
    stage::Proof,
    terms::Terms,
};
use crate::{
    call::{CallNumber, CardToken, Decline},
    id::{PhotoId, Principal, UserId},
    money::Cents,
    people::Side,
    saga::{Mark, Step},
    text::Sealed,
    time::At,
    timer::TimerKind,
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

/// What a runner on the way reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The customer does not answer.
    CustomerUnreachable,
    /// The food was taken back after the wait.
    Returned,
    /// Anything else: operators look at it.
    Other,
}

/// What an operator does with an order, where the events beside it do not say it. Variants are only ever appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorAction {
    /// Transition 11: takes it from its runner.
    Reassign,
    /// Transition 27: gives the runner up.
    Abandon,
    /// Transition 40: ends it.
    Settle,
    /// Transitions 30, 34: decides a dispute.
    Resolve,
    /// Transition 32b: gives something back.
    Refund,
    /// Has what keeps failing tried again.
    Retry,
    /// Goes on without what keeps failing.
    Skip,
    /// Takes back what keeps failing.
    Compensate,
}

impl OperatorAction {
    /// Stable lower-snake-case code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reassign => "reassign",
            Self::Abandon => "abandon",
            Self::Settle => "settle",
            Self::Resolve => "resolve",
            Self::Refund => "refund",
            Self::Retry => "retry",
            Self::Skip => "skip",
            Self::Compensate => "compensate",
        }
    }
}

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

/// What a runner does, from taking the order to handing it over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunEvent {
    /// Transition 8.
    Accepted {
        /// Who took it.
        runner: UserId,
        /// The runner epoch from here on.
        epoch: u32,
    },
    /// Transitions 10, 11; `Available` follows.
    Unbound {
        /// Who is not bound any more.
        runner: UserId,
        /// The runner epoch from here on.
        epoch: u32,
        /// Why.
        cause: Unbinding,
    },
    /// Transition 13.
    ArrivedOnSite,
    /// Transition 18.
    Purchased {
        /// F.
        food: Cents,
        /// The receipt's photo.
        photo: Option<PhotoId>,
    },
    /// Transition 20.
    Collected,
    /// Transition 20.
    Departed,
    /// Transition 21: a wrong PIN; the answer is a refusal that is remembered.
    WrongPinShown {
        /// How many so far.
        tries: u8,
    },
    /// Transition 21.
    Delivered {
        /// What proves it.
        proof: Proof,
    },
}

/// How the order ends, and where its money goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndEvent {
    /// Transition 35: a cancellation waits for the runner at the till.
    CancelWaiting(CancelWait),
    /// Transition 22: the escrow is emptied.
    Released(Release),
    /// Transition 23: the release was refused and is tried again.
    ReleaseRefused {
        /// How often so far.
        failures: u16,
    },
    /// Transition 22.
    Completed,
    /// Transitions 2, 5, 7, 9, 12, 38–39.
    Cancelled {
        /// Why.
        reason: CancelReason,
        /// Who.
        by: Principal,
        /// What the money does.
        settlement: Settlement,
    },
    /// Transition 39: unfinished for another day.
    Overdue {
        /// How many days.
        days: u16,
    },
}

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

/// What a timer did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimerEvent {
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
    /// Transition 28: a timer that would cancel or release fired during an operator's hold; it takes effect at its end.
    TimerNoted {
        /// Which.
        kind: TimerKind,
    },
}

/// What a runner at the store asks, and what comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProposalEvent {
    /// Transitions 14, 15: the runner asks the customer.
    Proposed {
        /// Number of the proposal.
        n: Number,
        /// What is asked.
        offer: Offer,
        /// In the runner's words.
        note: Option<Sealed>,
    },
    /// Transition 16: the customer agreed to more than is held; a second authorisation is asked for.
    RaiseAsked {
        /// Number of the proposal.
        n: Number,
        /// The authorising call that this opens.
        call: CallNumber,
        /// N: how much more.
        cents: Cents,
    },
    /// Transition 16: more is held.
    Raised {
        /// The authorising call.
        call: CallNumber,
        /// How much more.
        cents: Cents,
        /// Until when it can be captured.
        capture_before: At,
    },
    /// Transition 16: a second authorisation came to nothing; the proposal stays open.
    RaiseFailed {
        /// The authorising call.
        call: CallNumber,
        /// Why.
        why: RaiseFailure,
    },
    /// Transitions 10, 16, 17: a proposal is not open any more and the order goes on.
    ProposalClosed {
        /// Number of the proposal.
        n: Number,
        /// How.
        how: Closing,
    },
}

/// What the parties tell each other, and a customer who can't be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactEvent {
    /// One party wrote to the other.
    MessageSent {
        /// Who wrote.
        by: Side,
        /// What.
        text: Sealed,
        /// Whether it counts as an attempt to reach the customer (transition 25).
        attempt: bool,
    },
    /// Transitions 25, 26: the runner reports something.
    ProblemReported {
        /// What.
        kind: Problem,
        /// What shows it.
        photo: Option<PhotoId>,
        /// In the runner's words.
        note: Option<Sealed>,
    },
    /// Transition 25: the customer said that he is there.
    NoShowAnswered,
    /// Transition 26: the wait is over, and the runner may leave the food or take it back.
    NoShowOver,
}

/// What an operator does with the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperatorEvent {
    /// Transition 28.
    OperatorHeld {
        /// Why.
        reason: Sealed,
    },
    /// Transition 28.
    OperatorReleased {
        /// Why.
        reason: Sealed,
    },
    /// Transitions 11, 27, 30, 32b, 34, 40, and steps that keep failing: why an operator does what this record does.
    OperatorActed {
        /// What it is.
        action: OperatorAction,
        /// In the operator's words.
        reason: Sealed,
    },
}

/// A claim about the order, and how it is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisputeEvent {
    /// Transitions 29, 31: somebody claims something.
    Disputed {
        /// Number of the dispute.
        n: Number,
        /// Who.
        by: Party,
        /// How much.
        claim: Cents,
        /// In the claimant's words.
        reason: Sealed,
        /// What shows it.
        photos: Vec<PhotoId>,
    },
    /// Transition 31: money in the runner's wallet waits for the judgement.
    Frozen {
        /// Number of the promise.
        promise: u16,
        /// How much.
        cents: Cents,
    },
    /// A party says more about the open dispute.
    DisputeReplied {
        /// Number of the dispute.
        n: Number,
        /// Who.
        by: Side,
        /// What.
        text: Sealed,
        /// What shows it.
        photos: Vec<PhotoId>,
    },
    /// Transitions 30, 34; what moves is in the events beside it.
    DisputeResolved {
        /// Number of the dispute.
        n: Number,
        /// r: what the claimant gets.
        refund: Cents,
        /// Who is at fault; `None` where nobody decided in time.
        at_fault: Option<Fault>,
    },
    /// Transition 34: a customer's claim is paid, the runner being at fault.
    ClaimPaid {
        /// Out of what was frozen.
        frozen: Cents,
        /// What the runner owes for it.
        owed: Cents,
        /// What the platform adds above the runner's share.
        goodwill: Cents,
    },
    /// Transitions 30, 32b, 34, 40: the platform bears a refund.
    GoodwillPaid {
        /// How much.
        cents: Cents,
    },
    /// Transition 34: the platform bears a runner's claim.
    RunnerMadeGood {
        /// How much.
        cents: Cents,
        /// What of it pays the runner's own debt.
        set_off: Cents,
    },
    /// What comes back to the customer and was never charged pays what the customer owes.
    CustomerSetOff {
        /// How much.
        cents: Cents,
    },
}

/// Tips and ratings after the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AfterEvent {
    /// Transition 32a.
    TipGiven {
        /// The charging call that this opens.
        call: CallNumber,
        /// T₂.
        cents: Cents,
        /// The card that is charged.
        card: CardToken,
    },
    /// Transition 32a: the tip was charged.
    TipPaid {
        /// The charging call.
        call: CallNumber,
        /// How much.
        cents: Cents,
        /// What of it pays the runner's own debt.
        set_off: Cents,
    },
    /// Transition 32a: the card did not pay the tip.
    TipFailed {
        /// The charging call.
        call: CallNumber,
        /// Why.
        reason: Decline,
    },
    /// Transition 32c.
    Rated {
        /// Who rates.
        by: Side,
        /// 1–5.
        stars: u8,
    },
    /// Both sides see the ratings.
    RatingsPublished,
}

/// A fact about one order, by theme: a place that answers events answers each of them, so that a new one does not compile
/// until every such place says what it means there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// From the customer's wish to an order on the board.
    Placing(PlacingEvent),
    /// What a runner does, from taking the order to handing it over.
    Run(RunEvent),
    /// How the order ends, and where its money goes.
    End(EndEvent),
    /// What became of a call to the payment gateway.
    Call(CallEvent),
    /// What a timer did.
    Timer(TimerEvent),
    /// What a runner at the store asks, and what comes of it.
    Proposal(ProposalEvent),
    /// What the parties tell each other, and a customer who can't be reached.
    Contact(ContactEvent),
    /// What an operator does with the order.
    Operator(OperatorEvent),
    /// A claim about the order, and how it is decided.
    Dispute(DisputeEvent),
    /// Tips and ratings after the end.
    After(AfterEvent),
    /// A saga's step moved on; one log line each.
    Step {
        /// The step.
        step: Step,
        /// What happened to it.
        mark: Mark,
    },
}
