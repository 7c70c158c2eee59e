//! The terms of an order, which never change after placing: shopping list, store, drop-off, money words.

use crate::{
    call::CardToken,
    id::{StoreId, UserId},
    money::Cents,
    text::Sealed,
    time::At,
};
use serde::{Deserialize, Serialize};

/// What the runner does when an item can't be bought as ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Substitution {
    /// The runner buys something similar.
    Replace,
    /// The runner asks the customer first, by a proposal.
    Ask,
    /// The runner leaves the item out.
    Drop,
}

/// One item of the shopping list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Name of the item, as the store calls it; 1 to 120 characters.
    pub name: String,
    /// Number of pieces; 1 to `quantity_per_item` (50 by default).
    pub quantity: u32,
    /// Price of one piece as the customer expects it, in cents; above zero.
    pub unit_price: Cents,
    /// What the runner does when the item can't be bought as ordered.
    pub substitution: Substitution,
}

/// The store where the food is bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreRef {
    /// A store of the directory, which knows its opening hours.
    Known(StoreId),
    /// A store that is not in the directory; the customer describes it.
    Described {
        /// Name of the store; 1 to 120 characters.
        name: String,
        /// Where the store is, in words; 1 to 120 characters.
        place: String,
    },
}

impl StoreRef {
    /// Returns the store's id; `None` for a store that the customer described.
    #[must_use]
    pub const fn known(&self) -> Option<StoreId> {
        match self {
            Self::Known(store) => Some(*store),
            Self::Described { .. } => None,
        }
    }
}

/// How the food is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handover {
    /// In person: the customer tells the runner a four-digit PIN.
    Pin,
    /// The runner leaves the food at the door and shows a photo of it.
    Door,
}

/// Where the food is brought, and how it is handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropoff {
    /// Name of the building, 1 to 120 characters; runners see it on the board.
    pub building: String,
    /// Level, room, meeting point and notes, sealed under the customer's key; `None` if they gave none.
    pub details: Option<Sealed>,
    /// How the food is handed over.
    pub handover: Handover,
}

/// The money words of an order, in cents. Fixed when it is placed, so a later change of the configuration does not touch them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// F̂: the food estimate: the items' prices times their quantities, added up by the server.
    pub food_estimate: Cents,
    /// B: the price buffer: what the food may cost beyond the estimate without asking the customer.
    pub buffer: Cents,
    /// D: the delivery fee.
    pub delivery_fee: Cents,
    /// T: the tip given with the order; may be 0.
    pub tip: Cents,
    /// p: the platform fee, taken out of what the runner gets.
    pub platform_fee: Cents,
    /// X: the trip compensation: what the customer is charged and the runner gets for a lost trip.
    pub trip_compensation: Cents,
    /// L: the least that a card is charged at once; 0 where the gateway takes any amount.
    pub least_charge: Cents,
}

impl Price {
    /// Returns the cap, the most that the food may cost without asking: F̂ + B.
    #[must_use]
    pub fn cap(&self) -> Cents {
        self.food_estimate + self.buffer
    }

    /// Returns the hold H = cap + D + T: what is authorised at the card and held in escrow.
    #[must_use]
    pub fn hold(&self) -> Cents {
        self.cap() + self.delivery_fee + self.tip
    }

    /// Returns the charge K = F + D + T: what the customer pays for delivered food that cost `food`.
    #[must_use]
    pub fn charge(&self, food: Cents) -> Cents {
        food + self.delivery_fee + self.tip
    }

    /// Returns the least that the food may have cost: the charge K, which is captured from a card, is at least L.
    #[must_use]
    pub fn least_food(&self) -> Cents {
        (self.least_charge - self.delivery_fee - self.tip).max(Cents(1))
    }

    /// Returns the platform's fee q out of `charge`, which is K or what a refund leaves of it: the smaller of p and `charge`.
    #[must_use]
    pub fn fee_of(&self, charge: Cents) -> Cents {
        self.platform_fee.min(charge)
    }
}

/// Everything that is fixed when the order is placed. Part of the order's first event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The customer who placed the order and pays for it.
    pub customer: UserId,
    /// The store that the customer chose; the runner may later be sent to another one (`Order::store`).
    pub store: StoreRef,
    /// The shopping list; other comments name an item by its index in it, from 0.
    pub items: Vec<Item>,
    /// Where the food is brought, and how it is handed over.
    pub dropoff: Dropoff,
    /// The money words, in cents.
    pub price: Price,
    /// Earliest time at which the customer wants the food; `None` for as soon as possible.
    pub deliver_after: Option<At>,
    /// The card that was on the customer's file at the time of placing; every authorisation of the order uses it.
    pub card: CardToken,
    /// When the order was placed.
    pub placed_at: At,
}
