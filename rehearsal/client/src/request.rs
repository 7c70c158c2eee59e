//! Bodies of requests, as the API reads them.
//!
//! Amounts are in cents; ids and times are text. A field that is `None` is left out of the body.

use campusg_domain::order::{Fault, Handover, Problem, ProposalKind, Status, Substitution};
use serde::Serialize;

/// The order that a customer wants to place, or to have quoted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wish {
    /// The store where the runner is to buy.
    pub store: Store,
    /// The shopping list.
    pub items: Vec<Item>,
    /// The place where the food is brought, and how it is handed over.
    pub dropoff: Dropoff,
    /// Tip for the runner, in cents; 0 is allowed.
    pub tip_cents: i64,
    /// Earliest time of delivery (RFC 3339); `None`: as soon as possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliver_after: Option<String>,
}

/// The store of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Store {
    /// A store of the operators' directory.
    Known {
        /// The store's id.
        id: String,
    },
    /// Any other store, described by the customer.
    Described {
        /// The store's name.
        name: String,
        /// Where on or near the campus the store is.
        place: String,
    },
}

/// An item of the shopping list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Name of the item, as the store calls it.
    pub name: String,
    /// Number of pieces.
    pub quantity: u32,
    /// Price of one piece in cents, as the customer estimates it.
    pub unit_price_cents: i64,
    /// What the runner does if the item can't be bought as ordered.
    pub substitution: Substitution,
}

/// Where the food is brought, and how it is handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dropoff {
    /// Name of the building.
    pub building: String,
    /// Level in the building; `None` if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Room; `None` if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// A place to meet, as the customer describes it; `None` if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting_point: Option<String>,
    /// Whether the food is handed over against a PIN or left at the door.
    pub handover: Handover,
    /// Free text for the runner; `None` if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

impl Store {
    /// A store that is not in the operators' directory.
    #[must_use]
    pub fn described(name: &str, place: &str) -> Self {
        Self::Described {
            name: name.into(),
            place: place.into(),
        }
    }
}

impl Item {
    /// One piece of an item.
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
    /// An example order: two bowls of soup at 10.00, a tip of 2.00, handed over against the PIN.
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

    /// [`Self::lunch`], but left at the door.
    #[must_use]
    pub fn lunch_at_the_door() -> Self {
        let mut wish = Self::lunch();
        wish.dropoff.handover = Handover::Door;
        wish
    }
}

/// A proposal of the runner at the store, for the customer to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// What the customer has to decide.
    pub kind: ProposalKind,
    /// Total of the food in cents if the customer approves; `None` if the proposal names no price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_cents: Option<i64>,
    /// The items that it is about, with what the runner offers instead; empty if it is not about items.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ProposedItem>,
    /// Id of a photo as evidence; the API refuses a proposal without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_id: Option<String>,
    /// The runner's note to the customer; `None` if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Proposal {
    /// A proposal of this kind without price, items, photo or note.
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

    /// A proposal that all food would cost `total_cents`.
    #[must_use]
    pub fn price(total_cents: i64) -> Self {
        Self {
            total_cents: Some(total_cents),
            ..Self::about(ProposalKind::Price)
        }
    }
}

/// An item that a proposal is about, and what the runner offers instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProposedItem {
    /// Index of the item in the shopping list, from 0.
    pub item: u16,
    /// What the runner would buy instead; `None`: nothing is offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<Replacement>,
}

/// An item offered in place of one that can't be bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replacement {
    /// Name of the item, as the store calls it.
    pub name: String,
    /// Number of pieces.
    pub quantity: u32,
    /// Price of one piece in cents.
    pub unit_price_cents: i64,
}

/// The customer's decision about a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProposalAnswer {
    /// The proposal is accepted as it is.
    Approve,
    /// The proposal is rejected.
    Reject,
    /// Buy without these items (indices in the shopping list, from 0).
    DropItems(Vec<u16>),
    /// Buy at this store instead.
    OtherStore(Store),
}

/// A step that the runner reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Arrived at the store.
    OnSite,
    /// The food is bought and paid for, with its receipt.
    Purchased(Receipt),
    /// The runner has the food in hand.
    Collected,
    /// Left for the customer.
    OnTheWay,
    /// The food was handed over, with the proof of it.
    Delivered(Proof),
}

/// The store's receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Total paid at the store, in cents.
    pub total_cents: i64,
    /// Id of a photo of the receipt; `None` if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_id: Option<String>,
}

/// Proof that the food was handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The customer's four-digit PIN.
    Pin(String),
    /// Id of a photo of the food at the door.
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

/// A problem that the runner reports on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProblemReport {
    /// The kind of problem.
    pub kind: Problem,
    /// Id of a photo of it; `None` if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_id: Option<String>,
    /// The runner's note; `None` if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl ProblemReport {
    /// A report without photo and note.
    #[must_use]
    pub const fn of(kind: Problem) -> Self {
        Self {
            kind,
            photo_id: None,
            note: None,
        }
    }
}

/// A dispute about an order, as its opener describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// The opener's reason, in their words.
    pub reason: String,
    /// The amount claimed, in cents; `None`: the most that can be claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim_cents: Option<i64>,
    /// Ids of photos as evidence; may be empty.
    pub photo_ids: Vec<String>,
}

/// How an operator ends an order and divides its money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Ending {
    /// Before the purchase: the order is cancelled, and the runner may get something for the trip.
    Trip {
        /// What the runner gets, in cents.
        to_runner_cents: i64,
    },
    /// After the purchase: part of the charge goes back to the customer.
    Divide {
        /// What the customer gets back, in cents.
        refund_cents: i64,
        /// Who is at fault: a runner pays the refund from their share, else the platform bears it.
        at_fault: Fault,
    },
}

/// An operator's action on an order that has not ended; each needs a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskAction {
    /// Puts the order on hold, so that its parties can't carry it on.
    Hold,
    /// Ends the hold.
    Unhold,
    /// Gives up a runner who has the food or its receipt and does not deliver; cancels the order.
    Abandon,
    /// Takes the order from its runner and puts it back on the board.
    Reassign,
}

/// A change to a store; a field that is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StoreChange {
    /// Whether the store takes no new orders for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
}
