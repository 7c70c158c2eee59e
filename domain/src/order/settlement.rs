//! How an order's money is divided at its end, and what a cancellation would divide.

use crate::money::Cents;
use serde::{Deserialize, Serialize};

/// What the money does when an order ends without delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// Nothing is charged.
    Free,
    /// The runner's lost trip is paid.
    Trip {
        /// X: what is charged and goes to the runner.
        to_runner: Cents,
        /// What of it pays the runner's own debt.
        set_off: Cents,
    },
    /// What was charged is divided.
    Release(Release),
}

impl Settlement {
    /// What of the runner's part pays the runner's own debt.
    #[must_use]
    pub const fn set_off(&self) -> Cents {
        match self {
            Self::Free => Cents::ZERO,
            Self::Trip { set_off, .. } => *set_off,
            Self::Release(release) => release.set_off,
        }
    }
}

/// How the charge K is divided at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// To the runner: K − r − q.
    pub to_runner: Cents,
    /// To the platform: q = min(p, K − r).
    pub to_platform: Cents,
    /// Back to the customer: r.
    pub to_customer: Cents,
    /// What of the runner's part pays the runner's own debt.
    pub set_off: Cents,
}

/// What each party gets if the customer cancels now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// What the customer is charged.
    pub charge: Cents,
    /// What of it the runner gets.
    pub to_runner: Cents,
    /// What of it the platform gets.
    pub to_platform: Cents,
    /// What of the hold the customer's card gets back.
    pub let_go: Cents,
}
