//! How an order's money is divided when it ends, and the quote for a cancellation.

use crate::money::Cents;
use serde::{Deserialize, Serialize};

/// What happens to the money of an order that is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// Nothing is charged, and the authorisations are let go of.
    Free,
    /// Nothing was bought, and the customer is charged for the runner's lost trip.
    Trip {
        /// What the customer is charged and the runner gets, in cents: X, or the amount that an operator chose (transition 40).
        to_runner: Cents,
        /// Part of `to_runner` that pays the runner's own debt, in cents.
        set_off: Cents,
    },
    /// The food was bought, and the charge K is divided.
    Release(Release),
}

impl Settlement {
    /// Returns the part of the runner's money that pays their own debt, in cents.
    #[must_use]
    pub const fn set_off(&self) -> Cents {
        match self {
            Self::Free => Cents::ZERO,
            Self::Trip { set_off, .. } => *set_off,
            Self::Release(release) => release.set_off,
        }
    }
}

/// How the charge K is divided at the end: the three parts, in cents, sum up to K.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// What the runner gets: K − r − q.
    pub to_runner: Cents,
    /// The platform's fee: q, the smaller of p and K − r.
    pub to_platform: Cents,
    /// r: what of the charge goes back to the customer.
    pub to_customer: Cents,
    /// Part of `to_runner` that pays the runner's own debt; 0 where they owe nothing.
    pub set_off: Cents,
}

/// What each party would get if the customer cancelled now, in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// What the customer would be charged.
    pub charge: Cents,
    /// Part of the charge that the runner would get.
    pub to_runner: Cents,
    /// Part of the charge that the platform would keep as its fee.
    pub to_platform: Cents,
    /// Part of what is authorised at the customer's card that would not be charged, and is let go of.
    pub let_go: Cents,
}
