//! Where an order stands, with the data that stage has, and the status it shows.
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

/// A runner bound to the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The runner.
    pub runner: UserId,
    /// The runner epoch: rises at each bind and each unbind.
    pub epoch: u32,
    /// When the runner accepted.
    pub accepted_at: At,
}

/// What was bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bought {
    /// F: what the receipt says.
    pub food: Cents,
    /// The receipt's photo.
    pub photo: Option<PhotoId>,
    /// When.
    pub at: At,
}

/// What the runner at the store waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreVisit {
    /// Nothing: the runner buys what was approved.
    Buying,
    /// The customer's decision.
    Proposal(Proposal),
    /// Nothing; but a cancellation waits for what the runner at the till says.
    CancelWait(CancelWait),
}

/// The runner's attempts to meet the customer, since they set out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approach {
    /// Messages to the customer.
    pub contact: Contact,
    /// The wait for a customer who can't be reached.
    pub no_show: Option<NoShow>,
    /// Whether the customer has ended such a wait; they can once.
    pub no_show_answered: bool,
}

/// Where the order stands, with what is known there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Pending: the card is being asked.
    Authorizing,
    /// Pending: the money is being held.
    Holding,
    /// Pending: the timers are being armed.
    Scheduling,
    /// Pending: held back from the board until its time.
    Waiting {
        /// When it goes on the board.
        opens_at: At,
    },
    /// Pending: on the board.
    Available {
        /// Until when a runner may take it.
        accept_by: At,
    },
    /// A runner is on the way to the store.
    Accepted(Assignment),
    /// The runner is at the store.
    OnSite(Assignment, StoreVisit),
    /// The food is bought; from here on the runner is never out of pocket.
    Purchased(Assignment, Bought),
    /// The food is collected.
    Collected(Assignment, Bought),
    /// The food is on its way.
    OnTheWay(Assignment, Bought, Approach),
    /// The food was handed over; the money is not released yet.
    Delivered(Assignment, Bought, Delivery),
    /// Delivered and paid.
    Completed(Assignment, Bought, Delivery),
    /// Ended without delivery.
    Cancelled(Cancellation),
}

/// What proves the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    /// The customer's PIN.
    Pin,
    /// A photo of the food where it was left.
    Photo(PhotoId),
    /// The customer said so.
    Confirmed,
}

/// The handing over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// What proves it.
    pub proof: Proof,
    /// When.
    pub at: At,
}

/// How an order ended without delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// Why.
    pub reason: CancelReason,
    /// Who gave the command.
    pub by: Principal,
    /// What the money did.
    pub settlement: Settlement,
    /// The runner bound at the end, if there was one.
    pub assignment: Option<Assignment>,
    /// What had been bought, if anything.
    pub bought: Option<Bought>,
    /// When.
    pub at: At,
}

/// The status an order shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Placed, nobody bound.
    Pending,
    /// A runner is bound.
    Accepted,
    /// At the store.
    OnSite,
    /// Bought.
    Purchased,
    /// Collected.
    Collected,
    /// On its way.
    OnTheWay,
    /// Handed over.
    Delivered,
    /// Paid: the end.
    Completed,
    /// Ended without delivery.
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

    /// Lower case with hyphens.
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

    /// Whether nothing follows.
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
    /// The status this stage shows.
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

    /// The step of placing, while the order is pending.
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

    /// The runner bound now, or at the end.
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

    /// What the runner at the store asks and the customer has not decided.
    #[must_use]
    pub const fn proposal(&self) -> Option<&Proposal> {
        if let Self::OnSite(_, StoreVisit::Proposal(open)) = self {
            Some(open)
        } else {
            None
        }
    }

    /// A cancellation that waits for the runner at the till.
    #[must_use]
    pub const fn cancel_wait(&self) -> Option<&CancelWait> {
        if let Self::OnSite(_, StoreVisit::CancelWait(wait)) = self {
            Some(wait)
        } else {
            None
        }
    }

    /// The runner's attempts to meet the customer, while they are on the way.
    #[must_use]
    pub const fn approach(&self) -> Option<&Approach> {
        if let Self::OnTheWay(_, _, approach) = self {
            Some(approach)
        } else {
            None
        }
    }

    /// The runner's wait at the door for a customer who can't be reached.
    #[must_use]
    pub fn no_show(&self) -> Option<NoShow> {
        self.approach()?.no_show
    }

    /// Whether the order goes on with a runner who is not `runner`.
    #[must_use]
    pub fn is_bound_to_another(&self, runner: UserId) -> bool {
        !self.status().is_terminal()
            && self
                .assignment()
                .is_some_and(|assignment| assignment.runner != runner)
    }

    /// What was bought, from `purchased` on.
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

    /// The handing over, from `delivered` on.
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
