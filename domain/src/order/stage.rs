//! The stages of an order, each with the data that exists only there, and the status that each shows.
//!
//! Invariant: a stage carries its own data, so "accepted without a runner" cannot be written.

use super::{
    attachments::{CancelWait, Contact, NoShow, Proposal},
    cancel_reason::CancelReason,
    settlement::Settlement,
};
use crate::{
    id::{PhotoId, Principal, UserId},
    money::Cents,
    time::At,
};
use serde::{Deserialize, Serialize};

/// The binding of a runner to the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The runner who accepted.
    pub runner: UserId,
    /// The runner epoch since this binding, which tells it from another one of the same runner.
    pub epoch: u32,
    /// When the runner accepted the order.
    pub accepted_at: At,
}

/// The purchase that the runner made at the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bought {
    /// F: what the food cost according to the receipt, in cents.
    pub food: Cents,
    /// Photo of the receipt; `None` only where the policy does not require one.
    pub photo: Option<PhotoId>,
    /// When the runner reported the purchase.
    pub at: At,
}

impl Bought {
    /// Whether a photo is of the same picture as the receipt's.
    #[must_use]
    pub fn shows(&self, photo: PhotoId) -> bool {
        self.photo
            .is_some_and(|receipt| receipt.picture() == photo.picture())
    }
}

/// What goes on while the runner is at the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreVisit {
    /// The runner buys what was approved.
    Buying,
    /// The runner waits for the customer's decision on a proposal.
    Proposal(Proposal),
    /// A cancellation waits: the runner can only agree to it, or report that they have bought the food (transition 35).
    CancelWait(CancelWait),
}

/// The runner's attempts to meet the customer, since the runner set out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approach {
    /// Messages to the customer that count as attempts.
    pub contact: Contact,
    /// The wait for a customer who was reported as unreachable; `None` without a report.
    pub no_show: Option<NoShow>,
    /// Whether the customer has ended such a wait by answering; they can do so once per order.
    pub no_show_answered: bool,
}

/// The stage of an order, with the data that exists only there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Pending: the gateway is asked to authorise the card.
    Authorizing,
    /// Pending: the card is authorised, and the escrow is asked to hold the money. Never seen outside of a record.
    Holding,
    /// Pending: the money is held, and the timers are to be armed. Never seen outside of a record.
    Scheduling,
    /// Pending: an order for later, not on the board yet.
    Waiting {
        /// When the order goes on the board.
        opens_at: At,
    },
    /// Pending: the order is on the board, and a runner may accept it.
    Available {
        /// Until when a runner may accept the order.
        accept_by: At,
    },
    /// A runner is on the way to the store.
    Accepted(Assignment),
    /// The runner is at the store.
    OnSite(Assignment, StoreVisit),
    /// The food is bought; from here on the runner is never out of pocket.
    Purchased(Assignment, Bought),
    /// The runner has the food in hand.
    Collected(Assignment, Bought),
    /// The runner brings the food to the customer.
    OnTheWay(Assignment, Bought, Approach),
    /// The food was handed over; the runner is not paid yet.
    Delivered(Assignment, Bought, Delivery),
    /// The food was handed over and the runner is paid. Terminal.
    Completed(Assignment, Bought, Delivery),
    /// The order ended without a completed delivery. Terminal.
    Cancelled(Cancellation),
}

/// What proves that the food was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    /// The runner showed the customer's PIN.
    Pin,
    /// The runner showed a photo of the food where they left it.
    Photo(PhotoId),
    /// The customer confirmed that they have the food.
    Confirmed,
}

/// How and when the food was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// What proves that the food was handed over.
    pub proof: Proof,
    /// When the food was handed over.
    pub at: At,
}

/// How an order ended without a completed delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// The reason for which the order was cancelled.
    pub reason: CancelReason,
    /// Whose command cancelled the order; the system's where a timer did.
    pub by: Principal,
    /// How the order's money was settled.
    pub settlement: Settlement,
    /// The runner who was bound at the end; `None` if nobody was.
    pub assignment: Option<Assignment>,
    /// The purchase; `None` if nothing had been bought.
    pub bought: Option<Bought>,
    /// When the order was cancelled.
    pub at: At,
}

/// The status that an order shows to callers: its stage without data. All steps of placing are `Pending`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Placed, and no runner is bound.
    Pending,
    /// A runner is bound and on the way to the store.
    Accepted,
    /// The runner is at the store.
    OnSite,
    /// The food is bought.
    Purchased,
    /// The runner has the food in hand.
    Collected,
    /// The runner brings the food to the customer.
    OnTheWay,
    /// The food was handed over.
    Delivered,
    /// The runner is paid. Terminal.
    Completed,
    /// The order ended without a completed delivery. Terminal.
    Cancelled,
}

impl Status {
    /// Every status, in the order of the lifecycle.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Accepted,
        Self::OnSite,
        Self::Purchased,
        Self::Collected,
        Self::OnTheWay,
        Self::Delivered,
        Self::Completed,
        Self::Cancelled,
    ];

    /// Returns the stable code, lower case with hyphens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::OnSite => "on-site",
            Self::Purchased => "purchased",
            Self::Collected => "collected",
            Self::OnTheWay => "on-the-way",
            Self::Delivered => "delivered",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Returns whether no status follows.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Stage {
    /// Returns the status that this stage shows.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self {
            Self::Authorizing
            | Self::Holding
            | Self::Scheduling
            | Self::Waiting { .. }
            | Self::Available { .. } => Status::Pending,
            Self::Accepted(_) => Status::Accepted,
            Self::OnSite(..) => Status::OnSite,
            Self::Purchased(..) => Status::Purchased,
            Self::Collected(..) => Status::Collected,
            Self::OnTheWay(..) => Status::OnTheWay,
            Self::Delivered(..) => Status::Delivered,
            Self::Completed(..) => Status::Completed,
            Self::Cancelled(_) => Status::Cancelled,
        }
    }

    /// Returns the code of the step of placing; `None` once the order is not pending any more.
    #[must_use]
    pub const fn placement(&self) -> Option<&'static str> {
        match self {
            Self::Authorizing => Some("authorizing"),
            Self::Holding => Some("holding"),
            Self::Scheduling => Some("scheduling"),
            Self::Waiting { .. } => Some("waiting"),
            Self::Available { .. } => Some("available"),
            Self::Accepted(_)
            | Self::OnSite(..)
            | Self::Purchased(..)
            | Self::Collected(..)
            | Self::OnTheWay(..)
            | Self::Delivered(..)
            | Self::Completed(..)
            | Self::Cancelled(_) => None,
        }
    }

    /// Returns the binding of the runner who is bound now, or was when the order ended.
    #[must_use]
    pub const fn assignment(&self) -> Option<&Assignment> {
        match self {
            Self::Accepted(assignment)
            | Self::OnSite(assignment, _)
            | Self::Purchased(assignment, _)
            | Self::Collected(assignment, _)
            | Self::OnTheWay(assignment, ..)
            | Self::Delivered(assignment, ..)
            | Self::Completed(assignment, ..) => Some(assignment),
            Self::Cancelled(cancellation) => cancellation.assignment.as_ref(),
            Self::Authorizing
            | Self::Holding
            | Self::Scheduling
            | Self::Waiting { .. }
            | Self::Available { .. } => None,
        }
    }

    /// Returns the open proposal, if there is one.
    #[must_use]
    pub const fn proposal(&self) -> Option<&Proposal> {
        if let Self::OnSite(_, StoreVisit::Proposal(open)) = self {
            Some(open)
        } else {
            None
        }
    }

    /// Returns the photos that the stage refers to: of the receipt, at the door, and of the open proposal.
    pub fn photos(&self) -> impl Iterator<Item = PhotoId> + use<'_> {
        let receipt = self.bought().and_then(|bought| bought.photo);
        let door = self.delivery().and_then(|delivery| match delivery.proof {
            Proof::Photo(photo) => Some(photo),
            Proof::Pin | Proof::Confirmed => None,
        });
        let proposal = self.proposal().map(|open| open.offer.photo);
        [receipt, door, proposal].into_iter().flatten()
    }

    /// Returns the cancellation that waits for the runner at the till, if there is one.
    #[must_use]
    pub const fn cancel_wait(&self) -> Option<&CancelWait> {
        if let Self::OnSite(_, StoreVisit::CancelWait(wait)) = self {
            Some(wait)
        } else {
            None
        }
    }

    /// Returns the runner's attempts to meet the customer; `None` unless they are on the way.
    #[must_use]
    pub const fn approach(&self) -> Option<&Approach> {
        if let Self::OnTheWay(_, _, approach) = self {
            Some(approach)
        } else {
            None
        }
    }

    /// Returns the runner's wait for a customer who was reported as unreachable, if there is one.
    #[must_use]
    pub fn no_show(&self) -> Option<NoShow> {
        self.approach()?.no_show
    }

    /// Returns whether the order has not ended and is bound to a runner other than `runner`.
    #[must_use]
    pub fn is_bound_to_another(&self, runner: UserId) -> bool {
        !self.status().is_terminal()
            && self
                .assignment()
                .is_some_and(|assignment| assignment.runner != runner)
    }

    /// Returns the purchase; `None` before `purchased`, and where nothing was bought before a cancellation.
    #[must_use]
    pub const fn bought(&self) -> Option<&Bought> {
        match self {
            Self::Purchased(_, bought)
            | Self::Collected(_, bought)
            | Self::OnTheWay(_, bought, _)
            | Self::Delivered(_, bought, _)
            | Self::Completed(_, bought, _) => Some(bought),
            Self::Cancelled(cancellation) => cancellation.bought.as_ref(),
            Self::Authorizing
            | Self::Holding
            | Self::Scheduling
            | Self::Waiting { .. }
            | Self::Available { .. }
            | Self::Accepted(_)
            | Self::OnSite(..) => None,
        }
    }

    /// Returns how the food was handed over; `None` before `delivered`, and for every cancelled order.
    #[must_use]
    pub const fn delivery(&self) -> Option<&Delivery> {
        match self {
            Self::Delivered(_, _, delivery) | Self::Completed(_, _, delivery) => Some(delivery),
            Self::Authorizing
            | Self::Holding
            | Self::Scheduling
            | Self::Waiting { .. }
            | Self::Available { .. }
            | Self::Accepted(_)
            | Self::OnSite(..)
            | Self::Purchased(..)
            | Self::Collected(..)
            | Self::OnTheWay(..)
            | Self::Cancelled(_) => None,
        }
    }
}
