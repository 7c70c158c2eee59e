//! What lies over an order's stage and is not a stage itself: an open proposal, a cancellation that waits for the
//! runner, attempts to reach the customer, a dispute.
//!
//! Invariant: an overlay never says where the order stands; taking it away leaves the order as it was.

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

/// What a runner at the store proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalKind {
    /// The food costs more than was approved.
    Price,
    /// Something else in place of an item.
    Substitution,
    /// The store is closed.
    StoreClosed,
    /// The food is sold out.
    SoldOut,
}

impl ProposalKind {
    /// Stable lower-snake-case code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Substitution => "substitution",
            Self::StoreClosed => "store_closed",
            Self::SoldOut => "sold_out",
        }
    }

    /// Whether it names what the food would cost, so that it can be approved; the others ask for another store.
    #[must_use]
    pub const fn is_an_offer(self) -> bool {
        matches!(self, Self::Price | Self::Substitution)
    }

    /// Why the order ends when the customer says no.
    #[must_use]
    pub const fn reason(self) -> CancelReason {
        match self {
            Self::Price => CancelReason::PriceRejected,
            Self::StoreClosed => CancelReason::StoreClosed,
            Self::Substitution | Self::SoldOut => CancelReason::SoldOut,
        }
    }
}

/// One item that a proposal is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedItem {
    /// Place of the item on the shopping list: 0, 1, 2 …
    pub item: u16,
    /// What would be bought in its place; `None` where only the price is another.
    pub offer: Option<Item>,
}

/// What a runner asks the customer to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What it is about.
    pub kind: ProposalKind,
    /// F′: what all of the food would cost; only where [`ProposalKind::is_an_offer`].
    pub total: Option<Cents>,
    /// The items it is about.
    pub items: Vec<ProposedItem>,
    /// What shows it.
    pub photo: PhotoId,
}

/// A proposal that the customer has not decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its number.
    pub n: Number,
    /// What is asked.
    pub offer: Offer,
    /// In the words of the runner who is bound.
    pub note: Option<Sealed>,
    /// When it was opened.
    pub opened_at: At,
    /// The second authorisation that is under way since the customer approved.
    pub raise: Option<CallNumber>,
    /// Why the last second authorisation came to nothing.
    pub declined: Option<Decline>,
}

/// How a proposal was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// The customer agreed, and the money for it is held.
    Approved,
    /// These items are not bought: by the customer's choice, or since nobody answered.
    Dropped {
        /// Places on the shopping list.
        items: Vec<u16>,
    },
    /// The runner goes to another store.
    OtherStore {
        /// Where to buy from here on.
        store: StoreRef,
    },
    /// The runner took it back.
    Withdrawn,
    /// The runner gave the order back.
    RunnerLeft,
}

/// A cancellation at the till: the runner may be paying at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelWait {
    /// Why the order will be cancelled.
    pub reason: CancelReason,
    /// Who wants it.
    pub by: Principal,
    /// What the runner gets for the lost trip; nothing is charged where it is zero.
    pub to_runner: Cents,
    /// When it was asked for.
    pub at: At,
}

/// Attempts of the runner on the way to reach the customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Messages since the runner set out that count, unanswered.
    pub attempts: u8,
    /// When the last of them was sent.
    pub last_at: Option<At>,
}

/// The customer can't be reached at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoShow {
    /// When the runner said so.
    pub since: At,
    /// Whether the wait is over, so that the runner may leave the food or take it back.
    pub over: bool,
}

/// Who is in a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The customer.
    Customer,
    /// The runner.
    Runner,
    /// An operator, on the customer's side: after a chargeback.
    Operator,
}

/// Who is found at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The runner, whose share pays.
    Runner,
    /// The customer.
    Customer,
    /// The store.
    Store,
    /// The platform.
    Platform,
}

/// How a dispute was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// What the claimant gets.
    pub refund: Cents,
    /// Who is at fault; `None` where nobody decided in time.
    pub at_fault: Option<Fault>,
    /// When.
    pub at: At,
}

/// A claim about an order: while it is `delivered`, or after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Its number.
    pub n: Number,
    /// Who claims.
    pub by: Party,
    /// How much.
    pub claim: Cents,
    /// When it was opened.
    pub opened_at: At,
    /// What is frozen in the runner's wallet: the promise's number and the amount.
    pub frozen: Option<(u16, Cents)>,
    /// Whether operators were alarmed that it waits.
    pub alarmed: bool,
    /// Texts from both sides after it was opened.
    pub replies: u16,
    /// How it ended; `None` while it is open.
    pub judgement: Option<Judgement>,
}

/// A tip given after the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaterTip {
    /// How much.
    pub cents: Cents,
    /// The card that is charged.
    pub card: CardToken,
}

/// What became of a tip given after the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TipState {
    /// The card is being asked.
    Asked,
    /// The runner has it.
    Paid,
    /// The card did not pay.
    Failed,
}
