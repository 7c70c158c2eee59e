//! What an order can be told. Imperative; one variant per command of the lifecycle.

use super::{
    effects::TimerKind,
    stage::Proof,
    terms::{Dropoff, Item, StoreRef},
};
use crate::{
    call::{Answer, CallNumber},
    id::{PhotoId, UserId},
    money::Cents,
    time::At,
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

/// A command to one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Row 1: a customer places it.
    Place(Box<Placement>),
    /// Rows 2, 3, 19, 33, 36, 38: the gateway answered call `call`.
    Answered {
        /// Number of the call.
        call: CallNumber,
        /// What it said.
        answer: Answer,
    },
    /// Rows 2, 9, 11, 22, 37–39 and retries: a timer is due.
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
    /// Row 8: a runner takes it.
    Accept {
        /// Who.
        runner: UserId,
    },
    /// Row 10: the bound runner gives it back.
    CancelAcceptance,
    /// Row 11: an operator takes it from the runner.
    Reassign,
    /// Rows 7, 12: the customer cancels.
    Cancel {
        /// The most the customer agrees to be charged.
        accept_charge: Cents,
    },
    /// Row 13: the runner is at the store.
    ArriveOnSite,
    /// Row 18: the runner bought the food.
    Purchase {
        /// F: total of the receipt.
        total: Cents,
        /// Its photo.
        photo: Option<PhotoId>,
    },
    /// Row 20: the runner has the food.
    Collect,
    /// Row 20: the runner is on the way.
    Depart,
    /// Row 21: the runner handed it over.
    Deliver {
        /// What shows it.
        shown: Shown,
    },
    /// Rows 21, 22: the customer (or an operator, once delivered) confirms.
    Confirm,
    /// Row 32c: one side rates the other.
    Rate {
        /// 1–5.
        stars: u8,
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
            Self::Reassign => "reassign",
            Self::Cancel { .. } => "cancel",
            Self::ArriveOnSite => "on_site",
            Self::Purchase { .. } => "purchased",
            Self::Collect => "collected",
            Self::Depart => "on_the_way",
            Self::Deliver { .. } => "delivered",
            Self::Confirm => "confirm",
            Self::Rate { .. } => "rate",
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
