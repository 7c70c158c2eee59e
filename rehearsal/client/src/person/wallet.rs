//! What people do with what they have and what they owe.

use super::Person;
use crate::{Body, Deviation, Reply, operation::account};

impl Person {
    /// The own wallet.
    ///
    /// # Errors
    /// A [`Deviation`] where it is not answered as specified.
    pub async fn wallet(&self) -> Result<Body, Deviation> {
        self.perform(account::wallet()).await?.is(200)
    }

    /// What own cards paid of what was owed, less what banks took back and did not give again, in cents.
    ///
    /// # Errors
    /// A [`Deviation`] where it is not answered as specified.
    pub async fn paid_beside_orders(&self) -> Result<i64, Deviation> {
        let wallet = self.wallet().await?;
        let mut sum = 0;
        for payment in wallet.list("/debt_payments")? {
            if payment.says("/state", "paid") {
                sum += payment.number("/charge_cents")?;
            }
        }
        for taken in wallet.list("/chargebacks")? {
            if !taken.says("/state", "won") {
                sum -= taken.number("/amount_cents")?;
            }
        }
        Ok(sum)
    }

    /// Puts a bank account on file.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn set_account(&self, account: &str) -> Result<Body, Deviation> {
        self.perform(account::set_account(account)).await?.is(200)
    }

    /// Takes so many cents out of the wallet.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn pay_out(&self, cents: i64) -> Result<Reply, Deviation> {
        self.perform(account::pay_out(cents)).await
    }

    /// Pays so many cents of what is owed, with the card on file.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn pay_debt(&self, cents: i64) -> Result<Reply, Deviation> {
        self.perform(account::pay_debt(Some(cents))).await
    }
}
