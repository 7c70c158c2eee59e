//! The commands to an order: what people, timers and the payment gateway ask of it.
//!
//! Named in the imperative; one variant per command of `docs/lifecycle.md`. Free text in a command is already sealed under
//! its author's key.

use super::{
    attachments::{Fault, Number, Offer},
    event::Problem,
    stage::Proof,
    terms::{Dropoff, Item, StoreRef},
};
use crate::{
    call::{Answer, CallNumber},
    id::{OrderId, PhotoId, Stream, UserId},
    money::Cents,
    stream::StreamCommand,
    text::Sealed,
    time::At,
    timer::TimerKind,
};
use serde::{Deserialize, Serialize};

/// What a customer asks for when they place an order. Fees, buffer and hold are added by the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The customer who orders and pays.
    pub customer: UserId,
    /// The store where the food is to be bought.
    pub store: StoreRef,
    /// The shopping list: at least one item, at most `items_per_order` (50 by default).
    pub items: Vec<Item>,
    /// Where the food is brought, and how it is handed over.
    pub dropoff: Dropoff,
    /// T: the tip for the runner, in cents; 0 is allowed.
    pub tip: Cents,
    /// Earliest time at which the customer wants the food; `None` means as soon as possible.
    pub deliver_after: Option<At>,
}

/// The proof that a runner gives when they hand the food over.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shown {
    /// The four-digit PIN that the customer told the runner; compared, and never stored.
    Pin(u16),
    /// A photo of the food where it was left.
    Photo(PhotoId),
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pin(_) => f.write_str("Pin(…)"),
            Self::Photo(photo) => write!(f, "{photo:?}"),
        }
    }
}

/// How an operator settles an order (transition 40).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// Before the food is bought: the order is cancelled, and the runner may be paid for the trip.
    Trip {
        /// What the customer is charged and the runner gets, in cents: 0, or from the gateway's minimum to D. Must be 0
        /// while no runner is bound.
        to_runner: Cents,
    },
    /// Once the food is bought: the charge K is divided, and the customer gets a refund.
    Divide {
        /// What the customer gets back, in cents; from 0 to K.
        refund: Cents,
        /// Who is at fault: the runner pays the refund out of their share, for anybody else it comes out of goodwill.
        at_fault: Fault,
    },
    /// From `purchased` on: no refund, and the runner gets their full share. Short for a `Divide` with refund 0.
    ToRunner,
    /// Before `purchased` the customer is charged nothing; from it on they get all of K back, and the runner gets nothing.
    ToCustomer,
}

/// A command to one order. The numbers are the transitions of `docs/lifecycle.md` that it can lead to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Transition 1: a customer places the order.
    Place(Box<Placement>),
    /// Transitions 2–6, 16, 19, 32a, 33, 36, 38: the payment gateway answered a call of this order.
    Answered {
        /// Number of the call that is answered.
        call: CallNumber,
        /// What the gateway answered; `Unavailable` where it gave no answer.
        answer: Answer,
    },
    /// Transitions 2, 9, 11, 17, 22, 26–28, 30, 32c, 34, 35, 37–39 and retries: a timer of this order is due.
    TimerDue {
        /// What the timer is for.
        kind: TimerKind,
        /// Generation of the timer that fired; if a newer one was armed since, the command does nothing.
        generation: u32,
    },
    /// An event that an operator scheduled over the API is due: has the effect of `TimerDue` if such a timer is armed,
    /// and is refused if not.
    ScheduledDue {
        /// The kind of timer that is to fire now.
        kind: TimerKind,
    },
    /// A person accepted that the clock was set back, and this order lies ahead of it.
    SetClockBack {
        /// How far the clock was set back, in milliseconds.
        ms: u64,
    },
    /// Transition 8: a runner accepts the order.
    Accept {
        /// The runner who accepts; must be the caller.
        runner: UserId,
    },
    /// Transition 10: the bound runner gives the order back. Where a cancellation waits (35), they agree to it.
    CancelAcceptance,
    /// Transition 11: an operator takes an accepted order away from its runner.
    Reassign {
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Transitions 7, 12, 24, 35: the customer cancels the order.
    Cancel {
        /// The most that the customer agrees to be charged, in cents; if cancelling costs more, the command is refused with
        /// the current quote.
        accept_charge: Cents,
    },
    /// Transition 13: the runner has arrived at the store.
    ArriveOnSite,
    /// Transition 18: the runner bought the food.
    Purchase {
        /// F: the receipt's total, in cents; above 0 and at most the approved total.
        total: Cents,
        /// Photo of the receipt; `None` is allowed only where the policy does not require one.
        photo: Option<PhotoId>,
    },
    /// Transition 20: the runner has collected the food.
    Collect,
    /// Transition 20: the runner sets out for the customer.
    Depart,
    /// Transition 21: the runner has handed the food over.
    Deliver {
        /// The proof of the delivery: the customer's PIN, or a photo.
        shown: Shown,
    },
    /// Transitions 21, 22: the customer confirms that they have the food; an operator may, once it is `delivered`.
    Confirm,
    /// Transition 32c: customer or runner rates the other.
    Rate {
        /// Stars, 1–5.
        stars: u8,
    },
    /// Transitions 14, 15: the runner at the store opens a proposal, which the customer has to decide.
    Propose {
        /// What the runner proposes, and for which items.
        offer: Offer,
        /// The runner's explanation, sealed; `None` if they gave none.
        note: Option<Sealed>,
    },
    /// Transition 16: the customer approves another price or a substitution.
    Approve {
        /// Number of the proposal that is meant.
        proposal: Number,
    },
    /// Transition 16: the customer leaves out some items.
    DropItems {
        /// Number of the proposal that is meant.
        proposal: Number,
        /// The items to leave out, by index on the shopping list, from 0; at least one, and one must be left to buy.
        items: Vec<u16>,
    },
    /// Transition 16: the customer names another store.
    OtherStore {
        /// Number of the proposal that is meant.
        proposal: Number,
        /// The store where the food is to be bought instead.
        store: StoreRef,
    },
    /// Transition 17: the customer rejects a proposal, which cancels the order.
    Reject {
        /// Number of the proposal that is meant.
        proposal: Number,
    },
    /// Transition 16: the runner withdraws a proposal.
    Withdraw {
        /// Number of the proposal that is meant.
        proposal: Number,
    },
    /// Customer or runner writes a message to the other.
    Message {
        /// The message, sealed.
        text: Sealed,
    },
    /// Transitions 25, 26: the runner reports a problem.
    ReportProblem {
        /// The kind of problem.
        kind: Problem,
        /// Photo that supports the report; needed where the food was taken back.
        photo: Option<PhotoId>,
        /// The runner's explanation, sealed; `None` if they gave none.
        note: Option<Sealed>,
    },
    /// Transition 25: the customer, reported as unreachable, says that they are there.
    AnswerNoShow,
    /// Transition 27: an operator declares that the runner has abandoned food that is bought.
    Abandon {
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Transition 28: an operator puts the order on hold.
    Hold {
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Transition 28: an operator ends the hold.
    Unhold {
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Transition 40: an operator settles the order.
    Settle {
        /// How the order ends and who gets its money.
        ending: Ending,
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Transitions 29, 31: customer or runner, or an operator for the customer, makes a claim about the order.
    Dispute {
        /// Amount that is claimed, in cents; `None` claims the most that this caller may claim.
        claim: Option<Cents>,
        /// The claimant's reason, sealed.
        reason: Sealed,
        /// Photos that support the claim, at most ten.
        photos: Vec<PhotoId>,
    },
    /// Customer or runner adds something to the open dispute.
    Reply {
        /// Number of the dispute that is meant.
        dispute: Number,
        /// The reply, sealed.
        text: Sealed,
        /// Photos that support the reply, at most ten.
        photos: Vec<PhotoId>,
    },
    /// Transitions 30, 34: an operator decides the dispute.
    Resolve {
        /// Number of the dispute that is meant.
        dispute: Number,
        /// r: what the claimant gets, in cents: from 0 to the claim after the order's end, from 0 to K before.
        refund: Cents,
        /// Who is at fault, which decides who pays r.
        at_fault: Fault,
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Transition 32a: the customer of a completed order gives a later tip.
    Tip {
        /// T₂: the tip in cents; at least the gateway's minimum, and all later tips together at most the limit of one.
        cents: Cents,
    },
    /// Transition 32b: an operator gives the customer a refund out of goodwill after the end.
    Refund {
        /// Amount of the refund, in cents; at least 1, at most what was charged and not refunded.
        cents: Cents,
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// An operator has every deferred call, and a release that was refused, tried again at once.
    RetryStalled {
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// An operator gives up the calls that keep failing and move no money.
    SkipStalled {
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// An operator gives up charges and later tips that keep failing: the customer owes the charge, the tip counts as
    /// refused, and a late success is sent back (transition 33).
    CompensateStalled {
        /// The operator's reason, sealed.
        reason: Sealed,
    },
}

impl Command {
    /// Returns the stable lower-snake-case name by which callers find the command in `allowed_transitions`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Place(_) => "place",
            Self::Answered { .. } => "answered",
            Self::TimerDue { .. } => "timer_due",
            Self::ScheduledDue { .. } => "scheduled_due",
            Self::SetClockBack { .. } => "set_clock_back",
            Self::Accept { .. } => "accept",
            Self::CancelAcceptance => "cancel_acceptance",
            Self::Reassign { .. } => "reassign",
            Self::Cancel { .. } => "cancel",
            Self::ArriveOnSite => "on-site",
            Self::Purchase { .. } => "purchased",
            Self::Collect => "collected",
            Self::Depart => "on-the-way",
            Self::Deliver { .. } => "delivered",
            Self::Confirm => "confirm",
            Self::Rate { .. } => "rate",
            Self::Propose { .. } => "propose",
            Self::Approve { .. } => "approve",
            Self::DropItems { .. } => "drop_item",
            Self::OtherStore { .. } => "other_store",
            Self::Reject { .. } => "reject",
            Self::Withdraw { .. } => "withdraw",
            Self::Message { .. } => "message",
            Self::ReportProblem {
                kind: Problem::CustomerUnreachable,
                ..
            } => "customer_unreachable",
            Self::ReportProblem {
                kind: Problem::Returned,
                ..
            } => "returned",
            Self::ReportProblem {
                kind: Problem::Other,
                ..
            } => "problem",
            Self::AnswerNoShow => "no_show_answer",
            Self::Abandon { .. } => "abandon",
            Self::Hold { .. } => "hold",
            Self::Unhold { .. } => "unhold",
            Self::Settle { .. } => "settle",
            Self::Dispute { .. } => "dispute",
            Self::Reply { .. } => "reply",
            Self::Resolve { .. } => "resolve",
            Self::Tip { .. } => "tip",
            Self::Refund { .. } => "refund",
            Self::RetryStalled { .. } => "retry",
            Self::SkipStalled { .. } => "skip",
            Self::CompensateStalled { .. } => "compensate",
        }
    }
}

impl From<Shown> for Proof {
    fn from(shown: Shown) -> Self {
        match shown {
            Shown::Pin(_) => Self::Pin,
            Shown::Photo(photo) => Self::Photo(photo),
        }
    }
}

impl StreamCommand for Command {
    type Target = OrderId;

    fn stream(order: OrderId) -> Stream {
        Stream::Order(order)
    }

    fn name(&self) -> &'static str {
        Self::name(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{CommandId, PhotoId, Principal},
        stream::Envelope,
    };

    #[test]
    fn a_log_names_the_command_and_shows_no_pin() {
        let shown = Shown::Pin(1234);
        let order = OrderId::from_bytes([1; 16]);
        let command = Command::Deliver { shown };
        let envelope = Envelope::own(Principal::System, CommandId(1), order, command);
        assert_eq!(&*envelope.meta.request, "delivered");
        assert_eq!(envelope.stream(), Stream::Order(order));
        assert_eq!(format!("{shown:?}"), "Pin(…)");
        let photo = PhotoId::from_bytes([2; 16]);
        assert_eq!(format!("{:?}", Shown::Photo(photo)), format!("{photo:?}"));
    }
}
