//! Bodies of requests, as the API reads them. Amounts in cents, ids and times as text.

use campusg_domain::order::{Fault, Handover, Problem, ProposalKind, Status, Substitution};
use serde::Serialize;

/// What a customer asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wish {
    /// Where to buy.
    pub store: Store,
    /// What to buy.
    pub items: Vec<Item>,
    /// Where to bring it.
    pub dropoff: Dropoff,
    /// Tip.
    pub tip_cents: i64,
    /// Not before; `None`: as soon as can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliver_after: Option<String>,
}

/// A store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Store {
    /// One that the operators keep.
    Known {
        /// Its id.
        id: String,
    },
    /// Any other.
    Described {
        /// Its name.
        name: String,
        /// Where it is.
        place: String,
    },
}

/// A line of a wish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// What one costs, as the customer estimates it.
    pub unit_price_cents: i64,
    /// What to do where it is sold out.
    pub substitution: Substitution,
}

/// Where the food is brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dropoff {
    /// Building.
    pub building: String,
    /// Level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Where to meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting_point: Option<String>,
    /// How it changes hands.
    pub handover: Handover,
    /// For the runner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

impl Store {
    /// A store that the operators do not keep.
    #[must_use]
    pub fn described(name: &str, place: &str) -> Self {
        Self::Described {
            name: name.into(),
            place: place.into(),
        }
    }
}

impl Item {
    /// One of these.
    #[must_use]
    pub fn one(name: &str, unit_price_cents: i64, substitution: Substitution) -> Self {
        Self {
            name: name.into(),
            quantity: 1,
            unit_price_cents,
            substitution,
        }
    }
}

impl Wish {
    /// Two bowls of soup at 10.00, a tip of 2.00, handed over against the PIN.
    #[must_use]
    pub fn lunch() -> Self {
        let soup = Item {
            quantity: 2,
            ..Item::one("Soup of the day", 1_000, Substitution::Ask)
        };
        Self {
            store: Store::described("Noodle Bar", "Student union"),
            items: vec![soup],
            dropoff: Dropoff {
                building: "Hall 4".into(),
                level: Some("2".into()),
                room: Some("215".into()),
                meeting_point: None,
                handover: Handover::Pin,
                notes: Some("Ring twice.".into()),
            },
            tip_cents: 200,
            deliver_after: None,
        }
    }

    /// The same, left at the door.
    #[must_use]
    pub fn lunch_at_the_door() -> Self {
        let mut wish = Self::lunch();
        wish.dropoff.handover = Handover::Door;
        wish
    }
}

/// What a runner at the store asks the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// About what.
    pub kind: ProposalKind,
    /// What all would cost then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_cents: Option<i64>,
    /// The lines it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ProposedItem>,
    /// The photo that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_id: Option<String>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Proposal {
    /// Nothing but what it is about.
    #[must_use]
    pub const fn about(kind: ProposalKind) -> Self {
        Self {
            kind,
            total_cents: None,
            items: vec![],
            photo_id: None,
            note: None,
        }
    }

    /// The food costs this in all.
    #[must_use]
    pub fn price(total_cents: i64) -> Self {
        Self {
            total_cents: Some(total_cents),
            ..Self::about(ProposalKind::Price)
        }
    }
}

/// A line that is sold out, and what there is instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProposedItem {
    /// Which line, counted from 0.
    pub item: u16,
    /// What instead; `None`: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<Replacement>,
}

/// What there is instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replacement {
    /// What.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// What one costs.
    pub unit_price_cents: i64,
}

/// What a customer says to a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProposalAnswer {
    /// Yes.
    Approve,
    /// No.
    Reject,
    /// Without these lines, counted from 0.
    DropItems(Vec<u16>),
    /// From another store.
    OtherStore(Store),
}

/// Where a runner is, or what the runner did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// At the store.
    OnSite,
    /// The food is bought, for so much, as that photo shows.
    Purchased(Receipt),
    /// The food is in the bag.
    Collected,
    /// To the customer.
    OnTheWay,
    /// Handed over.
    Delivered(Proof),
}

/// What was paid at the till.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// In all.
    pub total_cents: i64,
    /// The photo of the receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_id: Option<String>,
}

/// What proves that food was handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The customer's PIN, four digits.
    Pin(String),
    /// The id of a photo of where it was left.
    PhotoId(String),
}

#[derive(Serialize)]
pub(crate) struct StatusBody<'a> {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<&'a Receipt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'a Proof>,
}

impl Progress {
    pub(crate) const fn body(&self) -> StatusBody<'_> {
        let (status, receipt, proof) = match self {
            Self::OnSite => (Status::OnSite, None, None),
            Self::Purchased(receipt) => (Status::Purchased, Some(receipt), None),
            Self::Collected => (Status::Collected, None, None),
            Self::OnTheWay => (Status::OnTheWay, None, None),
            Self::Delivered(proof) => (Status::Delivered, None, Some(proof)),
        };
        StatusBody {
            status,
            receipt,
            proof,
        }
    }
}

/// A problem on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProblemReport {
    /// Which.
    pub kind: Problem,
    /// The photo that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_id: Option<String>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl ProblemReport {
    /// Nothing but which it is.
    #[must_use]
    pub const fn of(kind: Problem) -> Self {
        Self {
            kind,
            photo_id: None,
            note: None,
        }
    }
}

/// What somebody claims of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// Why.
    pub reason: String,
    /// How much; `None`: all there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim_cents: Option<i64>,
    /// Photos that show it.
    pub photo_ids: Vec<String>,
}

/// How an operator ends an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Ending {
    /// Before the food is bought: so much to the runner, for the way.
    Trip {
        /// How much.
        to_runner_cents: i64,
    },
    /// After it: so much back to the customer.
    Divide {
        /// How much.
        refund_cents: i64,
        /// Who bears it.
        at_fault: Fault,
    },
}

/// What an operator does to an order, and says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskAction {
    /// Nobody may go on.
    Hold,
    /// They may again.
    Unhold,
    /// The runner is gone for good.
    Abandon,
    /// Another runner may take it.
    Reassign,
}

/// A change to a store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StoreChange {
    /// Whether it takes no orders for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
}
