//! What operators do.

use super::Person;
use crate::{Body, Deviation, Reply, same};
use serde_json::{Value, json};

impl Person {
    /// Moves a virtual clock on; refused where the clock is not virtual.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn move_clock(&self, ms: u64) -> Result<Reply, Deviation> {
        self.post("/api/admin/clock/advance", &json!({"advance_ms": ms}))
            .await
    }

    /// The server's time in so many milliseconds, as the API writes times.
    ///
    /// # Errors
    /// A [`Deviation`] where the clock is not told.
    pub async fn in_so_long(&self, ms: u64) -> Result<String, Deviation> {
        let clock = self.move_clock(0).await?.is(200)?;
        let now = clock.text("/now")?;
        let later = chrono::DateTime::parse_from_rfc3339(now)
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
        let body = json!({"reason": "the runner does not answer"});
        self.post(&format!("/api/admin/orders/{order}/reassign"), &body)
            .await
    }

    /// Does something to an order, for this reason: `hold`, `unhold`, `abandon`.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn act(&self, order: &str, what: &str, reason: &str) -> Result<Reply, Deviation> {
        let body = json!({"reason": reason});
        self.post(&format!("/api/admin/orders/{order}/{what}"), &body)
            .await
    }

    /// Ends an order, with the money divided so.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn settle(&self, order: &str, mut how: Value) -> Result<Reply, Deviation> {
        how["reason"] = json!("It has to end.");
        self.post(&format!("/api/admin/orders/{order}/settle"), &how)
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
        at_fault: &str,
    ) -> Result<Reply, Deviation> {
        let body =
            json!({"refund_cents": refund, "at_fault": at_fault, "reason": "Both were heard."});
        let path = format!("/api/orders/{order}/disputes/{dispute}/resolve");
        self.post(&path, &body).await
    }

    /// Gives so many cents of an ended order back.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn refund(&self, order: &str, cents: i64) -> Result<Reply, Deviation> {
        let body = json!({"amount_cents": cents, "reason": "A kind word."});
        self.post(&format!("/api/orders/{order}/refunds"), &body)
            .await
    }

    /// Says that what a user owes need not be paid.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn write_off(&self, user: &str) -> Result<Reply, Deviation> {
        let body = json!({"reason": "Nobody knows where they are."});
        self.post(&format!("/api/admin/users/{user}/write-off"), &body)
            .await
    }

    /// Brings so many cents to the gateway, for what was lost.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn top_up(&self, cents: i64) -> Result<Reply, Deviation> {
        let body = json!({"amount_cents": cents, "reason": "What was lost."});
        self.post("/api/ledger/top-ups", &body).await
    }

    /// Takes so many cents of fees out.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn take_fees(&self, cents: i64) -> Result<Reply, Deviation> {
        let body = json!({"amount_cents": cents, "reason": "The month's fees."});
        self.post("/api/ledger/withdrawals", &body).await
    }

    /// Every account that is not empty.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn accounts(&self) -> Result<Vec<Body>, Deviation> {
        self.get("/api/ledger/accounts")
            .await?
            .is(200)?
            .list("/items")
    }

    /// What is posted on an account, in cents.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn balance(&self, account: &str) -> Result<i64, Deviation> {
        let accounts = self.accounts().await?;
        let found = accounts
            .iter()
            .find(|entry| entry.says("/account", account));
        found.map_or(Ok(0), |entry| entry.number("/posted_cents"))
    }

    /// What was posted for an order: from which kind of account, to which, how many cents.
    ///
    /// # Errors
    /// A [`Deviation`] where it is not told.
    pub async fn moved(&self, order: &str) -> Result<Vec<(String, String, i64)>, Deviation> {
        let path = format!("/api/ledger/transfers?order_id={order}");
        let transfers = self.get(&path).await?.is(200)?.list("/items")?;
        let kind = |account: &str| account.split(':').next().unwrap_or_default().to_owned();
        let line = |transfer: &Body| {
            let (debit, credit) = (transfer.text("/debit")?, transfer.text("/credit")?);
            Ok((kind(debit), kind(credit), transfer.number("/amount_cents")?))
        };
        let posted = |transfer: &&Body| transfer.says("/phase", "posted");
        transfers.iter().filter(posted).map(line).collect()
    }

    /// Adds up every account: posted amounts to zero, promises in to promises out. Answers how many accounts there are.
    ///
    /// # Errors
    /// A [`Deviation`] where the sums are not zero.
    pub async fn add_up(&self) -> Result<usize, Deviation> {
        let accounts = self.accounts().await?;
        let (mut posted, mut promised) = (0, 0);
        for account in &accounts {
            posted += account.number("/posted_cents")?;
            promised +=
                account.number("/pending_in_cents")? - account.number("/pending_out_cents")?;
        }
        same("the sum of everything posted", posted, 0)?;
        same("promised in less promised out", promised, 0)?;
        Ok(accounts.len())
    }
}
