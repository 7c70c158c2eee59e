//! The people of an order, and what it changes about them: the `people` section of a record, folded by the directory.

use crate::id::{OrderId, PhotoId, UserId};
use serde::{Deserialize, Serialize};

/// One of the two people of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The customer, who placed the order.
    Customer,
    /// The runner who is bound to it.
    Runner,
}

/// A change to what the directory knows of a person or a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeopleChange {
    /// The customer has one more order open.
    OrderOpened {
        /// The customer whose count of open orders rises by one.
        customer: UserId,
    },
    /// The customer has one order less open.
    OrderClosed {
        /// The customer whose count of open orders falls by one.
        customer: UserId,
    },
    /// The runner is bound to one more order.
    SlotTaken {
        /// The runner whose count of bound orders rises by one.
        runner: UserId,
    },
    /// The runner is bound to one order less.
    SlotFreed {
        /// The runner whose count of bound orders falls by one.
        runner: UserId,
    },
    /// The runner gave an order back, which counts as their cancellation.
    RunnerCancelled {
        /// The runner whose count of cancellations rises by one.
        runner: UserId,
    },
    /// The runner brought an order to `completed`.
    RunCompleted {
        /// The runner whose count of completed orders rises by one.
        runner: UserId,
    },
    /// A rating was published and counts from now on.
    Rated {
        /// The person who was rated.
        user: UserId,
        /// The side that gave the rating.
        by: Side,
        /// Stars, 1–5.
        stars: u8,
    },
    /// An order refers to the photo, so it can serve no other.
    PhotoUsed {
        /// The photo that is used up.
        photo: PhotoId,
        /// The order that refers to it.
        order: OrderId,
    },
    /// The runner showed a photo in place of the PIN after wrong ones.
    PhotoAfterWrongPins {
        /// The runner whose count of such deliveries rises by one.
        runner: UserId,
    },
}
