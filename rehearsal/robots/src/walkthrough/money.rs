//! Where the money of an order is, as its two sides see it.

use campusg_client::answer::{Escrow, Payment, Wallet};
use campusg_client::{Deviation, Person, operation::order, same};
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
        let payment = customer.perform(order::payment(order)).await?.is(200)?;
        let payment: Payment = payment.read()?;
        let escrow = customer.perform(order::escrow(order)).await?.is(200)?;
        let wallet = match runner {
            Some(runner) => runner.wallet().await?.read::<Wallet>()?.available_cents,
            None => 0,
        };
        Ok(Self {
            held: escrow.read::<Escrow>()?.held_cents,
            charged: payment.charged_cents,
            collection: payment.collection,
            refunded: payment.refunded_cents,
            wallet,
            debt: customer.wallet().await?.read::<Wallet>()?.debt_cents,
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
