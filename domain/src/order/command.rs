//! What an order can be told. Imperative; one variant per command of the lifecycle.

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

/// What a customer asks for; the server adds the money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// Who orders.
    pub customer: UserId,
    /// Where to buy.
    pub store: StoreRef,
    /// What to buy.
    pub items: Vec<Item>,
    /// Where to bring it.
    pub dropoff: Dropoff,
    /// T: tip; 0 allowed.
    pub tip: Cents,
    /// Not before this time.
    pub deliver_after: Option<At>,
}

/// What a runner shows at the door.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shown {
    /// The PIN the customer said; never kept.
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

/// How an operator ends an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// Before anything is bought: the runner gets this for the trip.
    Trip {
        /// From 0 to D; 0 where nobody is bound.
        to_runner: Cents,
    },
    /// After it: the customer gets this back.
    Divide {
        /// From 0 to K.
        refund: Cents,
        /// Whose share pays it.
        at_fault: Fault,
    },
    /// From `purchased` on: the runner gets all that is the runner's.
    ToRunner,
    /// Wherever it stands: the customer is charged nothing, or gets everything back out of the escrow.
    ToCustomer,
}

/// A command to one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Transition 1: a customer places it.
    Place(Box<Placement>),
    /// Transitions 2, 3, 19, 33, 36, 38: the gateway answered call `call`.
    Answered {
        /// Number of the call.
        call: CallNumber,
        /// What it said.
        answer: Answer,
    },
    /// Transitions 2, 9, 11, 22, 37–39 and retries: a timer is due.
    TimerDue {
        /// Which timer.
        kind: TimerKind,
        /// Its generation; an older one does nothing.
        generation: u32,
    },
    /// An event scheduled over the API is due: as `TimerDue`, if such a timer is armed.
    ScheduledDue {
        /// Which timer it stands for.
        kind: TimerKind,
    },
    /// Transition 8: a runner takes it.
    Accept {
        /// Who.
        runner: UserId,
    },
    /// Transition 10: the bound runner gives it back.
    CancelAcceptance,
    /// Transition 11: an operator takes it from the runner.
    Reassign {
        /// Why.
        reason: Sealed,
    },
    /// Transitions 7, 12, 24, 35: the customer cancels.
    Cancel {
        /// The most the customer agrees to be charged.
        accept_charge: Cents,
    },
    /// Transition 13: the runner is at the store.
    ArriveOnSite,
    /// Transition 18: the runner bought the food.
    Purchase {
        /// F: total of the receipt.
        total: Cents,
        /// Its photo.
        photo: Option<PhotoId>,
    },
    /// Transition 20: the runner has the food.
    Collect,
    /// Transition 20: the runner is on the way.
    Depart,
    /// Transition 21: the runner handed it over.
    Deliver {
        /// What shows it.
        shown: Shown,
    },
    /// Transitions 21, 22: the customer (or an operator, once delivered) confirms.
    Confirm,
    /// Transition 32c: one side rates the other.
    Rate {
        /// 1–5.
        stars: u8,
    },
    /// Transitions 14, 15: the runner at the store asks the customer.
    Propose {
        /// What.
        offer: Offer,
        /// In the runner's words.
        note: Option<Sealed>,
    },
    /// Transition 16: the customer agrees to an offer.
    Approve {
        /// Number of the proposal.
        proposal: Number,
    },
    /// Transition 16: the customer does without some items.
    DropItems {
        /// Number of the proposal.
        proposal: Number,
        /// Places on the shopping list.
        items: Vec<u16>,
    },
    /// Transition 16: the customer names another store.
    OtherStore {
        /// Number of the proposal.
        proposal: Number,
        /// Where to buy instead.
        store: StoreRef,
    },
    /// Transition 17: the customer says no, which ends the order.
    Reject {
        /// Number of the proposal.
        proposal: Number,
    },
    /// Transition 16: the runner takes a proposal back.
    Withdraw {
        /// Number of the proposal.
        proposal: Number,
    },
    /// One party writes to the other.
    Message {
        /// What.
        text: Sealed,
    },
    /// Transitions 25, 26: the runner reports something.
    ReportProblem {
        /// What.
        kind: Problem,
        /// What shows it.
        photo: Option<PhotoId>,
        /// In the runner's words.
        note: Option<Sealed>,
    },
    /// Transition 25: the customer is there after all.
    AnswerNoShow,
    /// Transition 27: an operator gives the runner up.
    Abandon {
        /// Why.
        reason: Sealed,
    },
    /// Transition 28: an operator freezes the order.
    Hold {
        /// Why.
        reason: Sealed,
    },
    /// Transition 28: an operator lets it go on.
    Unhold {
        /// Why.
        reason: Sealed,
    },
    /// Transition 40: an operator ends it.
    Settle {
        /// How.
        ending: Ending,
        /// Why.
        reason: Sealed,
    },
    /// Transitions 29, 31: a party, or an operator for the customer, claims something.
    Dispute {
        /// How much; the most that may be claimed where none is given.
        claim: Option<Cents>,
        /// In the claimant's words.
        reason: Sealed,
        /// What shows it.
        photos: Vec<PhotoId>,
    },
    /// A party says more about the open dispute.
    Reply {
        /// Number of the dispute.
        dispute: Number,
        /// What.
        text: Sealed,
        /// What shows it.
        photos: Vec<PhotoId>,
    },
    /// Transitions 30, 34: an operator decides the dispute.
    Resolve {
        /// Number of the dispute.
        dispute: Number,
        /// r: what the claimant gets.
        refund: Cents,
        /// Who is at fault.
        at_fault: Fault,
        /// Why.
        reason: Sealed,
    },
    /// Transition 32a: the customer gives a tip after the end.
    Tip {
        /// T₂.
        cents: Cents,
    },
    /// Transition 32b: an operator gives something back after the end.
    Refund {
        /// How much.
        cents: Cents,
        /// Why.
        reason: Sealed,
    },
    /// An operator has what keeps failing tried again, now.
    RetryStalled {
        /// Why.
        reason: Sealed,
    },
    /// An operator goes on without what keeps failing, where that moves no money.
    SkipStalled {
        /// Why.
        reason: Sealed,
    },
    /// An operator takes back what keeps failing, where there is a way back.
    CompensateStalled {
        /// Why.
        reason: Sealed,
    },
}

impl Command {
    /// The name under which a caller finds it in `allowed_transitions`, lower snake case.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Place(_) => "place",
            Self::Answered { .. } => "answered",
            Self::TimerDue { .. } => "timer_due",
            Self::ScheduledDue { .. } => "scheduled_due",
            Self::Accept { .. } => "accept",
            Self::CancelAcceptance => "cancel_acceptance",
            Self::Reassign { .. } => "reassign",
            Self::Cancel { .. } => "cancel",
            Self::ArriveOnSite => "on_site",
            Self::Purchase { .. } => "purchased",
            Self::Collect => "collected",
            Self::Depart => "on_the_way",
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
