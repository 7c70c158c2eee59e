//! What users do with their wallet and their debt.

use super::Person;
use crate::{Body, Deviation, Reply, answer::Wallet, operation::account};

impl Person {
    /// Reads this person's wallet.
    ///
    /// # Errors
    /// A [`Deviation`] if the answer is not 200.
    pub async fn wallet(&self) -> Result<Wallet, Deviation> {
        self.read(account::wallet()).await
    }

    /// Cents that this person's cards paid for debt, less the charges that banks took back and did not give again.
    ///
    /// # Errors
    /// A [`Deviation`] if the wallet can't be read.
    pub async fn paid_beside_orders(&self) -> Result<i64, Deviation> {
        let wallet = self.wallet().await?;
        let paid = wallet.debt_payments.iter().filter(|it| it.state == "paid");
        let taken = wallet.chargebacks.iter().filter(|it| it.state != "won");
        let paid: i64 = paid.map(|payment| payment.charge_cents).sum();
        let taken: i64 = taken.map(|chargeback| chargeback.amount_cents).sum();
        Ok(paid - taken)
    }

    /// Stores the bank account for payouts; `account` is a token of the sandbox's test accounts.
    ///
    /// # Errors
    /// A [`Deviation`] if it is refused.
    pub async fn set_account(&self, account: &str) -> Result<Body, Deviation> {
        self.perform(account::set_account(account)).await?.is(200)
    }

    /// Requests a payout of `cents` to the bank account on file.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn pay_out(&self, cents: i64) -> Result<Reply, Deviation> {
        self.perform(account::pay_out(cents)).await
    }

    /// Pays `cents` of the debt with the card on file.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn pay_debt(&self, cents: i64) -> Result<Reply, Deviation> {
        self.perform(account::pay_debt(Some(cents))).await
    }
}
