//! What is fixed when an order is placed: shopping list, store, drop-off, money.

use crate::{
    call::CardToken,
    id::{StoreId, UserId},
    money::Cents,
    text::Sealed,
    time::At,
};
use serde::{Deserialize, Serialize};

/// What the runner does when an item is not as ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Substitution {
    /// Take something like it.
    Replace,
    /// Ask first.
    Ask,
    /// Leave it out.
    Drop,
}

/// One line of the shopping list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// As the store calls it; 1 to 120 characters.
    pub name: String,
    /// Pieces; at least 1.
    pub quantity: u32,
    /// Price of one piece as the customer expects it; above zero.
    pub unit_price: Cents,
    /// What to do when it is not as ordered.
    pub substitution: Substitution,
}

/// Where the food is bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreRef {
    /// A store known to the campus.
    Known(StoreId),
    /// A store the customer describes.
    Described {
        /// Its name.
        name: String,
        /// Where it is.
        place: String,
    },
}

impl StoreRef {
    /// The store's id, unless the customer describes it.
    #[must_use]
    pub const fn known(&self) -> Option<StoreId> {
        match self {
            Self::Known(store) => Some(*store),
            Self::Described { .. } => None,
        }
    }
}

/// How the food changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handover {
    /// In person, against the four-digit PIN.
    Pin,
    /// Left at the door, with a photo.
    Door,
}

/// Where the food goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropoff {
    /// The building; shown on the board.
    pub building: String,
    /// Level, room, meeting point and notes, sealed under the customer's key.
    pub details: Option<Sealed>,
    /// How the food changes hands.
    pub handover: Handover,
}

/// The money of an order, fixed when it is placed. All in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// F̂: the items, added up by the server.
    pub food_estimate: Cents,
    /// B: what the food may cost beyond the estimate without asking.
    pub buffer: Cents,
    /// D: delivery fee.
    pub delivery_fee: Cents,
    /// T: tip.
    pub tip: Cents,
    /// p: platform fee, out of what the runner gets.
    pub platform_fee: Cents,
    /// X: the runner's compensation for a lost trip.
    pub trip_compensation: Cents,
}

impl Price {
    /// Most the food may cost without asking: F̂ + B.
    #[must_use]
    pub fn cap(&self) -> Cents {
        self.food_estimate + self.buffer
    }

    /// H = cap + D + T: what is authorised and held.
    #[must_use]
    pub fn hold(&self) -> Cents {
        self.cap() + self.delivery_fee + self.tip
    }

    /// K = F + D + T: what the customer is charged for food that cost `food`.
    #[must_use]
    pub fn charge(&self, food: Cents) -> Cents {
        food + self.delivery_fee + self.tip
    }

    /// q: the platform's part of a charge, or of what is left of it.
    #[must_use]
    pub fn fee_of(&self, charge: Cents) -> Cents {
        self.platform_fee.min(charge)
    }
}

/// Everything fixed when the order is placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Who ordered.
    pub customer: UserId,
    /// Where to buy.
    pub store: StoreRef,
    /// What to buy.
    pub items: Vec<Item>,
    /// Where to bring it.
    pub dropoff: Dropoff,
    /// The money.
    pub price: Price,
    /// Not before this time, if the customer said so.
    pub deliver_after: Option<At>,
    /// The customer's card at the time of placing.
    pub card: CardToken,
    /// When it was placed.
    pub placed_at: At,
}
