//! Where the money of an order is, as its two sides see it.

use super::{Body, Deviation, Person, same};
use campusg_domain::money::Cents;
use std::fmt;

/// Where the money of one order is. Amounts in cents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// Held by the escrow.
    pub held: i64,
    /// Charged to the customer's card, or to be.
    pub charged: i64,
    /// How far collecting the charge has come, as the API says it.
    pub collection: String,
    /// Sent back to the customer's card.
    pub refunded: i64,
    /// In the runner's wallet; nothing where there is no runner.
    pub wallet: i64,
    /// What the customer owes the platform.
    pub debt: i64,
}

impl Money {
    /// Asks both sides. The customer's debt and the runner's wallet are over all their orders.
    ///
    /// # Errors
    /// A [`Deviation`] where a question is not answered as specified.
    pub async fn of(
        order: &str,
        customer: &Person,
        runner: Option<&Person>,
    ) -> Result<Self, Deviation> {
        let payment = customer
            .get(&format!("/api/payments/{order}"))
            .await?
            .is(200)?;
        let escrow = customer
            .get(&format!("/api/escrow/{order}"))
            .await?
            .is(200)?;
        let wallet = match runner {
            Some(runner) => runner.wallet().await?.number("/available_cents")?,
            None => 0,
        };
        Ok(Self {
            held: escrow.number("/held_cents")?,
            charged: payment.number("/charged_cents")?,
            collection: payment.text("/collection")?.into(),
            refunded: payment.number("/refunded_cents")?,
            wallet,
            debt: customer.wallet().await?.number("/debt_cents")?,
        })
    }

    /// Compares with what is specified: held, charged, in the runner's wallet, owed by the customer.
    ///
    /// # Errors
    /// A [`Deviation`] that names the first amount that is another.
    pub fn is(&self, held: i64, charged: i64, wallet: i64, debt: i64) -> Result<(), Deviation> {
        same("what is held", self.held, held)?;
        same("what is charged", self.charged, charged)?;
        same("the runner's wallet", self.wallet, wallet)?;
        same("what the customer owes", self.debt, debt)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = |cents: i64| Cents(cents).to_string();
        write!(
            f,
            "held {:>6} | charged {:>6} {:<12} | refunded {:>6} | runner's wallet {:>6} | customer owes {:>6}",
            amount(self.held),
            amount(self.charged),
            format!("({})", self.collection),
            amount(self.refunded),
            amount(self.wallet),
            amount(self.debt),
        )
    }
}

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
