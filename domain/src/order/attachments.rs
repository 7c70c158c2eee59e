//! What is attached to an order beside its stage: an open proposal, a cancellation that waits for the runner, attempts
//! to reach the customer, a dispute, later tips.
//!
//! Invariant: an attachment never determines the status of the order.

use super::{
    cancel_reason::CancelReason,
    terms::{Item, StoreRef},
};
use crate::{
    call::{CallNumber, CardToken, Decline},
    id::{PhotoId, Principal},
    money::Cents,
    text::Sealed,
    time::At,
};
use serde::{Deserialize, Serialize};

/// Number of a proposal or of a dispute within its order: 1, 2, 3 …
pub type Number = u16;

/// The kind of a proposal by the runner at the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalKind {
    /// The food costs more than was approved, or an item that says `ask` has another price.
    Price,
    /// Something else would be bought in place of an item.
    Substitution,
    /// The store is closed, and the customer may name another one.
    StoreClosed,
    /// The food is sold out at the store, and the customer may name another one.
    SoldOut,
}

impl ProposalKind {
    /// Returns the stable lower-snake-case code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Substitution => "substitution",
            Self::StoreClosed => "store_closed",
            Self::SoldOut => "sold_out",
        }
    }

    /// Returns whether the proposal names what the food would cost, so that the customer can approve it. The other kinds
    /// are decided by naming another store.
    #[must_use]
    pub const fn is_an_offer(self) -> bool {
        matches!(self, Self::Price | Self::Substitution)
    }

    /// Returns the reason with which the order is cancelled when the proposal is rejected or runs out.
    #[must_use]
    pub const fn reason(self) -> CancelReason {
        match self {
            Self::Price => CancelReason::PriceRejected,
            Self::StoreClosed => CancelReason::StoreClosed,
            Self::Substitution | Self::SoldOut => CancelReason::SoldOut,
        }
    }
}

/// One item of the shopping list that a proposal is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedItem {
    /// Index of the item on the shopping list, from 0.
    pub item: u16,
    /// What would be bought in its place; `None` where only the price differs. Always there in a substitution.
    pub offer: Option<Item>,
}

/// The content of a proposal: what the runner asks the customer to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The kind of the proposal.
    pub kind: ProposalKind,
    /// F′: what all of the food would cost, in cents; there exactly where [`ProposalKind::is_an_offer`].
    pub total: Option<Cents>,
    /// The items that the proposal is about; at least one in a substitution.
    pub items: Vec<ProposedItem>,
    /// Photo that supports the proposal: an empty shelf, a price tag, a closed door.
    pub photo: PhotoId,
}

/// An open proposal: the customer has not decided it, or their approval waits for a second authorisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Number of the proposal within the order.
    pub n: Number,
    /// What the runner proposes, and for which items.
    pub offer: Offer,
    /// The runner's explanation, sealed under their key; `None` if they gave none.
    pub note: Option<Sealed>,
    /// When the runner opened the proposal.
    pub opened_at: At,
    /// Number of the call for a second authorisation, under way since the customer approved; `None` if there is none.
    pub raise: Option<CallNumber>,
    /// Why the last second authorisation for this proposal was declined; `None` if it was not.
    pub declined: Option<Decline>,
}

/// How a proposal was closed, the order going on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// The customer approved it, and enough money is held.
    Approved,
    /// Some items are not to be bought: the customer chose so, or a substitution ran out.
    Dropped {
        /// The items that are left out, by index on the shopping list.
        items: Vec<u16>,
    },
    /// The customer named another store, to which the runner goes.
    OtherStore {
        /// The store where the food is bought from then on.
        store: StoreRef,
    },
    /// The runner withdrew it.
    Withdrawn,
    /// The runner gave the order back, which closed the proposal (transition 10).
    RunnerLeft,
}

/// A cancellation that waits for the runner at the store, who may be paying at this moment (transition 35).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelWait {
    /// The reason with which the order will be cancelled.
    pub reason: CancelReason,
    /// Whose command began the cancellation: the customer's, an operator's or the system's.
    pub by: Principal,
    /// What the customer will be charged and the runner get for the lost trip, in cents; may be 0.
    pub to_runner: Cents,
    /// When the cancellation began to wait.
    pub at: At,
}

/// The attempts of the runner on the way to reach the customer (transition 25).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Number of messages since the runner set out that count and were not answered. A message counts if the last that
    /// counted is `contact_gap_ms` old.
    pub attempts: u8,
    /// When the last message that counts was sent; `None` if there is none.
    pub last_at: Option<At>,
}

/// A wait that began when the runner reported that the customer can't be reached (transition 25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoShow {
    /// When the runner reported that the customer can't be reached.
    pub since: At,
    /// Whether `NO_SHOW_WAIT` has fired, so that the runner may leave the food or take it back (transition 26).
    pub over: bool,
}

/// Who opened a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The customer of the order.
    Customer,
    /// The runner of a cancelled order.
    Runner,
    /// An operator, on the customer's side: after a chargeback.
    Operator,
}

/// Who is found at fault when a dispute is decided or an order is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The runner: their share pays the refund.
    Runner,
    /// The customer: a refund, if there is one, comes out of goodwill.
    Customer,
    /// The store: the refund comes out of goodwill.
    Store,
    /// The platform: the refund comes out of goodwill.
    Platform,
}

/// The decision on a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// r: what the claimant gets, in cents; may be 0.
    pub refund: Cents,
    /// Who was found at fault; `None` where nobody decided until `DISPUTE_SLA` was due the second time.
    pub at_fault: Option<Fault>,
    /// When the dispute was decided.
    pub at: At,
}

/// A claim about an order, made while it is `delivered` (transition 29) or after its end (31).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Number of the dispute within the order.
    pub n: Number,
    /// Who opened the dispute.
    pub by: Party,
    /// Amount that is claimed, in cents.
    pub claim: Cents,
    /// When the dispute was opened.
    pub opened_at: At,
    /// What was frozen in the runner's wallet: the promise's number and the amount in cents; `None` if nothing was.
    pub frozen: Option<(u16, Cents)>,
    /// Whether `DISPUTE_SLA` has fired once and operators were alarmed that the dispute waits.
    pub alarmed: bool,
    /// Number of replies by customer and runner.
    pub replies: u16,
    /// How the dispute was decided; `None` while it is open.
    pub judgement: Option<Judgement>,
}

/// A later tip: one that the customer gives after the order is completed (transition 32a).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaterTip {
    /// T₂: the tip in cents.
    pub cents: Cents,
    /// What of it was charged and reached the runner, in cents; 0 where it was charged only after it was given up.
    pub paid: Cents,
    /// The card that is charged: the one on file when the tip was given.
    pub card: CardToken,
}

/// What became of a later tip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TipState {
    /// The card is being charged.
    Asked,
    /// The card was charged, and the runner has the tip.
    Paid,
    /// The card was declined, the bank wanted a confirmation, or the charge was given up; a late one was sent back.
    Failed,
}
