//! What operators do: intervene in orders, decide disputes, move the platform's money, read the ledger.

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
    /// Moves the server's virtual clock on by `ms` milliseconds; refused where the clock is not virtual.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn move_clock(&self, ms: u64) -> Result<Reply, Deviation> {
        self.perform(desk::move_clock(ms)).await
    }

    /// The server's time `ms` milliseconds from now, in RFC 3339. Needs a virtual clock.
    ///
    /// # Errors
    /// A [`Deviation`] if the clock is not virtual, or the result is no valid time.
    pub async fn in_so_long(&self, ms: u64) -> Result<String, Deviation> {
        let now = self.read::<Clock>(desk::move_clock(0)).await?.now;
        let later = chrono::DateTime::parse_from_rfc3339(&now)
            .ok()
            .and_then(|now| {
                now.checked_add_signed(chrono::Duration::milliseconds(i64::try_from(ms).ok()?))
            });
        let later = later.ok_or_else(|| Deviation::new("a time", now))?;
        Ok(later.to_rfc3339())
    }

    /// Takes an order from its runner and puts it back on the board.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn reassign(&self, order: &str) -> Result<Reply, Deviation> {
        let reason = "the runner does not answer";
        self.act(order, DeskAction::Reassign, reason).await
    }

    /// Carries out an operator's action on an order; `reason` is kept in the audit log.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn act(
        &self,
        order: &str,
        action: DeskAction,
        reason: &str,
    ) -> Result<Reply, Deviation> {
        self.perform(desk::act(order, action, reason)).await
    }

    /// Ends an order and divides its money as `ending` says.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn settle(&self, order: &str, ending: Ending) -> Result<Reply, Deviation> {
        self.perform(desk::settle(order, ending, "It has to end."))
            .await
    }

    /// Decides the dispute with this number: whoever opened it gets `refund` cents; `at_fault` decides who pays them.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
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

    /// Refunds `cents` of an order that has ended, at the platform's expense.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn refund(&self, order: &str, cents: i64) -> Result<Reply, Deviation> {
        self.perform(desk::refund(order, cents, "A kind word."))
            .await
    }

    /// Writes off all that a user owes.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn write_off(&self, user: &str) -> Result<Reply, Deviation> {
        let reason = "Nobody knows where they are.";
        self.perform(desk::write_off(user, None, reason)).await
    }

    /// Records that operators brought `cents` of the platform's own money to the gateway, to cover losses.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn top_up(&self, cents: i64) -> Result<Reply, Deviation> {
        self.perform(desk::top_up(cents, "What was lost.")).await
    }

    /// Records that operators took `cents` of earned platform fees out of the gateway.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn take_fees(&self, cents: i64) -> Result<Reply, Deviation> {
        self.perform(desk::take_fees(cents, "The month's fees."))
            .await
    }

    /// Reads every account of the ledger that is not empty.
    ///
    /// # Errors
    /// A [`Deviation`] if it is refused.
    pub async fn accounts(&self) -> Result<Vec<Account>, Deviation> {
        Ok(self.read::<Page<Account>>(desk::accounts()).await?.items)
    }

    /// The posted balance of an account in cents; 0 if the ledger has no such account.
    ///
    /// # Errors
    /// A [`Deviation`] if reading the ledger is refused.
    pub async fn balance(&self, account: &str) -> Result<i64, Deviation> {
        let accounts = self.accounts().await?;
        let found = accounts.iter().find(|entry| entry.account == account);
        Ok(found.map_or(0, |entry| entry.posted_cents))
    }

    /// The posted transfers of an order: kind of the debited account, kind of the credited account, amount in cents.
    ///
    /// # Errors
    /// A [`Deviation`] if reading the ledger is refused.
    pub async fn moved(&self, order: &str) -> Result<Vec<(String, String, i64)>, Deviation> {
        let transfers: Page<Transfer> = self.read(desk::transfers(order)).await?;
        let kind = |account: &str| account.split(':').next().unwrap_or_default().to_owned();
        let posted = transfers.items.iter().filter(|it| it.phase == "posted");
        let line = |it: &Transfer| (kind(&it.debit), kind(&it.credit), it.amount_cents);
        Ok(posted.map(line).collect())
    }

    /// Checks that all posted balances sum to 0 and all pending amounts in equal those out; returns the number of accounts.
    ///
    /// # Errors
    /// A [`Deviation`] if a sum is not 0, or reading the ledger is refused.
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
