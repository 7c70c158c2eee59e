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
    /// Transition 8.
    Accepted {
        /// Who took it.
        runner: UserId,
        /// The runner epoch from here on.
        epoch: u32,
    },
    /// Transitions 10, 11; `Available` follows.
    Unbound {
        /// Who is not bound any more.
        runner: UserId,
        /// The runner epoch from here on.
        epoch: u32,
        /// Why.
        cause: Unbinding,
    },
    /// Transition 13.
    ArrivedOnSite,
    /// Transition 18.
    Purchased {
        /// F.
        food: Cents,
        /// The receipt's photo.
        photo: Option<PhotoId>,
    },
    /// Transition 20.
    Collected,
    /// Transition 20.
    Departed,
    /// Transition 21: a wrong PIN; the answer is a refusal that is remembered.
    WrongPinShown {
        /// How many so far.
        tries: u8,
    },
    /// Transition 21.
    Delivered {
        /// What proves it.
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
