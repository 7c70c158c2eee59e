//! The money of one order in six columns: held, captured, released, refunded, the runner's balance, the customer's debt.

use campusg_client::answer::{Escrow, Payment};
use campusg_client::{Deviation, Person, operation::order, same};

/// The money of an order, and what its parties have and owe. Amounts are in cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// In the order's escrow, pending or posted.
    pub held: i64,
    /// Charged to the customer's cards, for this order and for debt, less chargebacks.
    pub captured: i64,
    /// Paid to the runner for this order, later tips included.
    pub released: i64,
    /// Refunded to the customer's card for this order.
    pub refunded: i64,
    /// The available amount of the runner's wallet less their debt, over all orders.
    pub balance: i64,
    /// The customer's debt, over all orders.
    pub owed: i64,
}

impl Sums {
    /// All columns 0.
    pub const NOTHING: Self = Self {
        held: 0,
        captured: 0,
        released: 0,
        refunded: 0,
        balance: 0,
        owed: 0,
    };

    /// Sets what is held.
    #[must_use]
    pub const fn held(self, held: i64) -> Self {
        Self { held, ..self }
    }

    /// Sets what is captured.
    #[must_use]
    pub const fn captured(self, captured: i64) -> Self {
        Self { captured, ..self }
    }

    /// Sets what is released, and the runner's balance to the same.
    #[must_use]
    pub const fn paid(self, released: i64) -> Self {
        Self {
            released,
            balance: released,
            ..self
        }
    }

    /// Sets what is refunded.
    #[must_use]
    pub const fn refunded(self, refunded: i64) -> Self {
        Self { refunded, ..self }
    }

    /// Sets the runner's balance.
    #[must_use]
    pub const fn balance(self, balance: i64) -> Self {
        Self { balance, ..self }
    }

    /// Sets the customer's debt.
    #[must_use]
    pub const fn owed(self, owed: i64) -> Self {
        Self { owed, ..self }
    }

    /// Reads the money as customer and runner see it; a `runner` of `None` counts as 0.
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
        let charged = match payment.collection.as_str() {
            "collected" => payment.charged_cents,
            _ => 0,
        };
        let tips = payment.tips.iter().filter(|tip| tip.state == "paid");
        let tips: i64 = tips.map(|tip| tip.amount_cents).sum();
        let wallet = customer.wallet().await?;
        let (released, balance) = match runner {
            Some(runner) => runner.earned(order).await?,
            None => (0, 0),
        };
        Ok(Self {
            held: escrow.held_cents,
            captured: charged + tips + customer.paid_beside_orders().await?,
            released,
            refunded: payment.refunded_cents,
            balance,
            owed: wallet.debt_cents,
        })
    }

    /// Checks that every column is as expected.
    ///
    /// # Errors
    /// A [`Deviation`] that names the first column that differs.
    #[track_caller]
    pub fn are(&self, expected: &Self) -> Result<(), Deviation> {
        same("what is held", self.held, expected.held)?;
        same("what is captured", self.captured, expected.captured)?;
        same("what is released", self.released, expected.released)?;
        same("what is refunded", self.refunded, expected.refunded)?;
        same("the runner's balance", self.balance, expected.balance)?;
        same("what the customer owes", self.owed, expected.owed)
    }

    /// The line of all columns, with amounts in the words of `figures`.
    pub(super) fn told(&self, figures: impl Fn(i64) -> String) -> String {
        let amount = |cents: i64| match cents {
            0 => "–".into(),
            cents => figures(cents),
        };
        format!(
            "held {:>5} | captured {:>5} | released {:>5} | refunded {:>5} | runner's balance {:>5} | customer owes {:>5}",
            amount(self.held),
            amount(self.captured),
            amount(self.released),
            amount(self.refunded),
            amount(self.balance),
            amount(self.owed),
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use campusg_domain::money::{Cents, Currency};

    #[test]
    fn every_column_is_printed_and_the_first_that_differs_is_named() {
        let sums = Sums::NOTHING.captured(2_749).paid(2_649);
        assert_eq!(
            sums.told(|cents| Currency::USD.figures(Cents(cents))),
            "held     – | captured 27.49 | released 26.49 | refunded     – | runner's balance 26.49 | customer owes     –"
        );
        let expected = sums.balance(2_298).owed(1);
        let deviation = sums.are(&expected).unwrap_err();
        assert_eq!(deviation.expected, "the runner's balance to be 2298");
        assert_eq!(
            sums.held(1).refunded(2).are(&sums.held(1).refunded(2)),
            Ok(())
        );
    }
}
