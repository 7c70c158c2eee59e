//! What operators do.

use super::Person;
use crate::{
    Deviation, Reply,
    answer::{Account, Clock, Page, Transfer},
    operation::desk,
    request::{DeskAction, Ending},
    same,
};
use campusg_domain::order::Fault;

impl Person {
    /// Moves a virtual clock on; refused where the clock is not virtual.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn move_clock(&self, ms: u64) -> Result<Reply, Deviation> {
        self.perform(desk::move_clock(ms)).await
    }

    /// The server's time in so many milliseconds, as the API writes times.
    ///
    /// # Errors
    /// A [`Deviation`] where the clock is not told.
    pub async fn in_so_long(&self, ms: u64) -> Result<String, Deviation> {
        let clock = self.move_clock(0).await?.is(200)?;
        let now = clock.read::<Clock>()?.now;
        let later = chrono::DateTime::parse_from_rfc3339(&now)
            .ok()
            .and_then(|now| {
                now.checked_add_signed(chrono::Duration::milliseconds(i64::try_from(ms).ok()?))
            });
        let later = later.ok_or_else(|| Deviation::new("a time", now))?;
        Ok(later.to_rfc3339())
    }

    /// Takes an order from its runner.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn reassign(&self, order: &str) -> Result<Reply, Deviation> {
        let reason = "the runner does not answer";
        self.act(order, DeskAction::Reassign, reason).await
    }

    /// Does something to an order, for this reason.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn act(
        &self,
        order: &str,
        action: DeskAction,
        reason: &str,
    ) -> Result<Reply, Deviation> {
        self.perform(desk::act(order, action, reason)).await
    }

    /// Ends an order, with the money divided so.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn settle(&self, order: &str, ending: Ending) -> Result<Reply, Deviation> {
        self.perform(desk::settle(order, ending, "It has to end."))
            .await
    }

    /// Decides a dispute: so much for the claimant, and who is at fault.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn resolve(
        &self,
        order: &str,
        dispute: i64,
        refund: i64,
        at_fault: Fault,
    ) -> Result<Reply, Deviation> {
        let reason = "Both were heard.";
        self.perform(desk::resolve(order, dispute, refund, at_fault, reason))
            .await
    }

    /// Gives so many cents of an ended order back.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn refund(&self, order: &str, cents: i64) -> Result<Reply, Deviation> {
        self.perform(desk::refund(order, cents, "A kind word."))
            .await
    }

    /// Says that what a user owes need not be paid.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn write_off(&self, user: &str) -> Result<Reply, Deviation> {
        let reason = "Nobody knows where they are.";
        self.perform(desk::write_off(user, None, reason)).await
    }

    /// Brings so many cents to the gateway, for what was lost.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn top_up(&self, cents: i64) -> Result<Reply, Deviation> {
        self.perform(desk::top_up(cents, "What was lost.")).await
    }

    /// Takes so many cents of fees out.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn take_fees(&self, cents: i64) -> Result<Reply, Deviation> {
        self.perform(desk::take_fees(cents, "The month's fees."))
            .await
    }

    /// Every account that is not empty.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn accounts(&self) -> Result<Vec<Account>, Deviation> {
        let accounts = self.perform(desk::accounts()).await?.is(200)?;
        Ok(accounts.read::<Page<Account>>()?.items)
    }

    /// What is posted on an account, in cents.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn balance(&self, account: &str) -> Result<i64, Deviation> {
        let accounts = self.accounts().await?;
        let found = accounts.iter().find(|entry| entry.account == account);
        Ok(found.map_or(0, |entry| entry.posted_cents))
    }

    /// What was posted for an order: from which kind of account, to which, how many cents.
    ///
    /// # Errors
    /// A [`Deviation`] where it is not told.
    pub async fn moved(&self, order: &str) -> Result<Vec<(String, String, i64)>, Deviation> {
        let transfers = self.perform(desk::transfers(order)).await?.is(200)?;
        let transfers = transfers.read::<Page<Transfer>>()?.items;
        let kind = |account: &str| account.split(':').next().unwrap_or_default().to_owned();
        let posted = transfers.iter().filter(|it| it.phase == "posted");
        let line = |it: &Transfer| (kind(&it.debit), kind(&it.credit), it.amount_cents);
        Ok(posted.map(line).collect())
    }

    /// Adds up every account: posted amounts to zero, promises in to promises out. Answers how many accounts there are.
    ///
    /// # Errors
    /// A [`Deviation`] where the sums are not zero.
    pub async fn add_up(&self) -> Result<usize, Deviation> {
        let accounts = self.accounts().await?;
        let (mut posted, mut promised) = (0, 0);
        for account in &accounts {
            posted += account.posted_cents;
            promised += account.pending_in_cents - account.pending_out_cents;
        }
        same("the sum of everything posted", posted, 0)?;
        same("promised in less promised out", promised, 0)?;
        Ok(accounts.len())
    }
}
