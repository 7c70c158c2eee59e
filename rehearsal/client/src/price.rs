//! What an order costs.

use super::{Body, Deviation, same};

/// What an order costs, as the server quotes it. Amounts in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Estimated food.
    pub food: i64,
    /// What the food may cost beyond the estimate.
    pub buffer: i64,
    /// Delivery fee.
    pub fee: i64,
    /// Tip.
    pub tip: i64,
    /// The runner's compensation for a lost trip.
    pub trip: i64,
    /// What is held.
    pub hold: i64,
}

impl Price {
    /// Reads a quote, or the price of an order.
    ///
    /// # Errors
    /// A [`Deviation`] where an amount is missing, or the hold is not the sum of its parts.
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

    /// A receipt a little above the estimate, and within the buffer.
    #[must_use]
    pub const fn receipt(&self) -> i64 {
        self.food + self.buffer / 2
    }

    /// What is charged for that receipt.
    #[must_use]
    pub const fn charge(&self) -> i64 {
        self.receipt() + self.fee + self.tip
    }
}
