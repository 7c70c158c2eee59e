//! The people of an order, and what it changes about them: the `people` section of a record, folded by the directory.

use crate::id::{CommandId, Fingerprint, OrderId, PhotoId, UserId};
use serde::{Deserialize, Serialize};

/// One of the two people of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Who ordered.
    Customer,
    /// Who brings it.
    Runner,
}

/// A change to what the directory knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeopleChange {
    /// The customer has one more order open.
    OrderOpened {
        /// Who.
        customer: UserId,
        /// Under which command, so that its repeat finds the order.
        command: CommandId,
        /// Hash of the placement's body.
        fingerprint: Fingerprint,
        /// The order.
        order: OrderId,
    },
    /// The customer has one order less open.
    OrderClosed {
        /// Who.
        customer: UserId,
    },
    /// The runner is bound to one more order.
    SlotTaken {
        /// Who.
        runner: UserId,
    },
    /// The runner is bound to one order less.
    SlotFreed {
        /// Who.
        runner: UserId,
    },
    /// The runner gave an order back.
    RunnerCancelled {
        /// Who.
        runner: UserId,
    },
    /// The runner brought an order to its end.
    RunCompleted {
        /// Who.
        runner: UserId,
    },
    /// A rating counts from here on.
    Rated {
        /// Who was rated.
        user: UserId,
        /// By which side.
        by: Side,
        /// 1–5.
        stars: u8,
    },
    /// The photo serves this order and no other.
    PhotoUsed {
        /// The photo.
        photo: PhotoId,
        /// The order.
        order: OrderId,
    },
}
