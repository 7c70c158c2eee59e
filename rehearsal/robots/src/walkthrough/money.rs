//! The money of an order as its two parties see it, for the scenarios.

use campusg_client::answer::{Escrow, Payment};
use campusg_client::{Deviation, Person, operation::order, same};

/// The money of an order, and what its parties have and owe. Amounts are in cents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// In the order's escrow, pending or posted.
    pub held: i64,
    /// Charged to the customer's card; while it is being collected, the amount to be charged.
    pub charged: i64,
    /// How far collecting the charge is: `none`, `collecting`, `collected` or `owed`.
    pub collection: String,
    /// Refunded to the customer's card.
    pub refunded: i64,
    /// Available in the runner's wallet, over all orders; 0 if there is no runner.
    pub wallet: i64,
    /// The customer's debt, over all orders.
    pub debt: i64,
}

impl Money {
    /// Reads the money as customer and runner see it.
    ///
    /// # Errors
    /// A [`Deviation`] if an answer is not as specified.
    pub async fn of(
        order: &str,
        customer: &Person,
        runner: Option<&Person>,
    ) -> Result<Self, Deviation> {
        let payment: Payment = customer.read(order::payment(order)).await?;
        let escrow: Escrow = customer.read(order::escrow(order)).await?;
        let wallet = match runner {
            Some(runner) => runner.wallet().await?.available_cents,
            None => 0,
        };
        Ok(Self {
            held: escrow.held_cents,
            charged: payment.charged_cents,
            collection: payment.collection,
            refunded: payment.refunded_cents,
            wallet,
            debt: customer.wallet().await?.debt_cents,
        })
    }

    /// Checks what is held and charged, the runner's wallet and the customer's debt.
    ///
    /// # Errors
    /// A [`Deviation`] that names the first amount that differs.
    pub fn is(&self, held: i64, charged: i64, wallet: i64, debt: i64) -> Result<(), Deviation> {
        same("what is held", self.held, held)?;
        same("what is charged", self.charged, charged)?;
        same("the runner's wallet", self.wallet, wallet)?;
        same("what the customer owes", self.debt, debt)
    }

    /// The line of all of it, with amounts in the words of `amount`.
    pub(super) fn told(&self, amount: impl Fn(i64) -> String) -> String {
        format!(
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
