//! Queries of the ledger: every account, an order's transfers, and the public proof.

use super::{Refusal, Runtime};
use crate::owner::escrow::TakeProof;
use campusg_domain::{
    id::{OrderId, Seq},
    money::{Account, Transfer, TransferId},
    owner::ledger::{Balance, Totals},
    record::Entry,
    time::At,
};

/// Sums over all accounts, which anybody may check. Renewed at intervals, so that it does not reveal single orders.
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    /// When the sums were taken.
    pub at: At,
    /// The last record that they contain.
    pub seq: Seq,
    /// The journal's chain head after that record.
    pub head: [u8; 32],
    /// The sums over all accounts, in cents.
    pub totals: Totals,
}

impl Runtime {
    /// Returns the proof: the sums of one moment, with the journal's chain head.
    ///
    /// All callers get the same proof until it is renewed, so that the difference of two proofs never shows a single
    /// order.
    ///
    /// # Errors
    /// `Stopping`.
    pub async fn proof(&self) -> Result<Proof, Refusal> {
        let mut kept = self.0.proof.lock().await;
        let now = self.clock().now();
        let every_ms = self.config().proof_every_ms;
        if let Some(known) = *kept
            && now.since(known.at) < every_ms
        {
            return Ok(known);
        }
        // The escrow owner has all accounts as of one record; the snapshots change while they are read.
        let taken = self.0.folds.proof.send(TakeProof).await;
        let (seq, head, totals) = taken.map_err(|_| Refusal::Stopping)?;
        let at = now;
        let fresh = Proof {
            at,
            seq,
            head,
            totals,
        };
        *kept = Some(fresh);
        Ok(fresh)
    }

    /// Returns every account with a posted or pending amount.
    ///
    /// # Errors
    /// A [`Refusal`] if the accounts can't be read now.
    pub async fn accounts(&self) -> Result<Vec<(Account, Balance)>, Refusal> {
        self.read(|reads| reads.accounts()).await
    }

    /// Returns every transfer of an order, oldest first.
    ///
    /// # Errors
    /// A [`Refusal`] if the transfers can't be read now.
    pub async fn transfers(
        &self,
        order: OrderId,
    ) -> Result<Vec<(TransferId, At, Transfer)>, Refusal> {
        let entries = self.read(move |reads| reads.stream_entries(order)).await?;
        let mut transfers = vec![];
        for Entry { seq, record } in &entries {
            let named = TransferId::of(*seq, &record.money);
            transfers.extend(named.map(|(id, transfer)| (id, record.at, transfer)));
        }
        Ok(transfers)
    }
}
