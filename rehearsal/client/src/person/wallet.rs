//! What people do with what they have and what they owe.

use super::Person;
use crate::{Body, Deviation, Reply, answer::Wallet, operation::account};

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
        let wallet: Wallet = self.wallet().await?.read()?;
        let paid = wallet.debt_payments.iter().filter(|it| it.state == "paid");
        let taken = wallet.chargebacks.iter().filter(|it| it.state != "won");
        let paid: i64 = paid.map(|payment| payment.charge_cents).sum();
        let taken: i64 = taken.map(|chargeback| chargeback.amount_cents).sum();
        Ok(paid - taken)
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
