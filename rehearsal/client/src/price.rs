//! The price of an order as the server quotes it, and the receipt that walkthrough and tests use with it.

use super::{Deviation, same};
use serde::Deserialize;

/// The price of an order, as the server quotes it. Amounts are in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Price {
    /// What the food costs by the customer's estimate.
    #[serde(rename = "food_estimate_cents")]
    pub food: i64,
    /// What the food may cost beyond the estimate without asking the customer.
    #[serde(rename = "price_buffer_cents")]
    pub buffer: i64,
    /// Delivery fee.
    #[serde(rename = "delivery_fee_cents")]
    pub fee: i64,
    /// Tip.
    #[serde(rename = "tip_cents")]
    pub tip: i64,
    /// Trip compensation: what the runner gets if the order ends before the food is bought.
    #[serde(rename = "trip_compensation_cents")]
    pub trip: i64,
    /// What is authorised on the card and held in escrow: food, buffer, fee and tip.
    #[serde(rename = "hold_cents")]
    pub hold: i64,
}

impl Price {
    /// Checks that the hold is the sum of its parts.
    ///
    /// # Errors
    /// A [`Deviation`] if it is not.
    pub fn checked(self) -> Result<Self, Deviation> {
        let parts = self.food + self.buffer + self.fee + self.tip;
        same("the hold, food + buffer + fee + tip,", self.hold, parts)?;
        Ok(self)
    }

    /// The usual receipt of walkthrough and tests, in cents: the estimate and half of the buffer, so nobody is asked.
    #[must_use]
    pub const fn receipt(&self) -> i64 {
        self.food + self.buffer / 2
    }

    /// What the customer is charged for the usual receipt, in cents: receipt, fee and tip.
    #[must_use]
    pub const fn charge(&self) -> i64 {
        self.receipt() + self.fee + self.tip
    }
}
