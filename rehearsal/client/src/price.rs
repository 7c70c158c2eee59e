//! The price of an order as the server quotes it, and the receipt that walkthrough and tests use with it.

use super::{Body, Deviation, same};

/// The price of an order, as the server quotes it. Amounts are in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// What the food costs by the customer's estimate.
    pub food: i64,
    /// What the food may cost beyond the estimate without asking the customer.
    pub buffer: i64,
    /// Delivery fee.
    pub fee: i64,
    /// Tip.
    pub tip: i64,
    /// Trip compensation: what the runner gets if the order ends before the food is bought.
    pub trip: i64,
    /// What is authorised on the card and held in escrow: food, buffer, fee and tip.
    pub hold: i64,
}

impl Price {
    /// Reads the price from a quote, or from the field `price` of an order.
    ///
    /// # Errors
    /// A [`Deviation`] if an amount is missing, or the hold is not the sum of its parts.
    pub fn read(price: &Body) -> Result<Self, Deviation> {
        let price = Self {
            food: price.number("/food_estimate_cents")?,
            buffer: price.number("/price_buffer_cents")?,
            fee: price.number("/delivery_fee_cents")?,
            tip: price.number("/tip_cents")?,
            trip: price.number("/trip_compensation_cents")?,
            hold: price.number("/hold_cents")?,
        };
        let parts = price.food + price.buffer + price.fee + price.tip;
        same("the hold, food + buffer + fee + tip,", price.hold, parts)?;
        Ok(price)
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
