//! Events of a runner, from taking the order to handing it over.

use crate::{
    id::{PhotoId, UserId},
    money::Cents,
    order::stage::Proof,
};
use serde::{Deserialize, Serialize};

/// What a runner does, from taking the order to handing it over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunEvent {
    /// A runner took the order (transition 8).
    Accepted {
        /// The runner who took it.
        runner: UserId,
        /// The order's runner epoch after it.
        epoch: u32,
    },
    /// The runner has the order no more; `Available` follows (transitions 10 and 11).
    Unbound {
        /// The runner who had it.
        runner: UserId,
        /// The order's runner epoch after it.
        epoch: u32,
        /// What took the order from the runner.
        cause: Unbinding,
    },
    /// The runner is at the store (transition 13).
    ArrivedOnSite,
    /// The runner bought the food (transition 18).
    Purchased {
        /// The receipt's total in cents.
        food: Cents,
        /// Photo of the receipt; `None` where the policy asks for none.
        photo: Option<PhotoId>,
    },
    /// The runner has the food in hand (transition 20).
    Collected,
    /// The runner left the store for the customer (transition 20).
    Departed,
    /// Transition 21: a wrong PIN; the answer is a refusal that is remembered.
    WrongPinShown {
        /// Wrong PINs of this order so far, with this one.
        tries: u8,
    },
    /// The food was handed over (transition 21).
    Delivered {
        /// What proves the handing over.
        proof: Proof,
    },
}

/// Why a runner was unbound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unbinding {
    /// The runner gave the order back.
    RunnerCancelled,
    /// The runner did not start in time.
    Idle,
    /// An operator took the order from the runner.
    Reassigned,
}
