//! The ledger for whoever looks at it: every account, an order's transfers, and the proof that anybody may see.

use super::{Refusal, Runtime};
use crate::owner::escrow::TakeProof;
use campusg_domain::{
    id::{OrderId, Seq},
    money::{Account, Transfer, TransferId},
    owner::ledger::{Balance, Totals},
    record::Entry,
    time::At,
};

/// What anybody may check. Renewed hourly, so that no single order shows.
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    /// When it was made.
    pub at: At,
    /// The last record in it.
    pub seq: Seq,
    /// The journal's chain head there.
    pub head: [u8; 32],
    /// Sums over all accounts.
    pub totals: Totals,
}

impl Runtime {
    /// Sums of one moment over all accounts, with the journal's chain head there.
    ///
    /// However many ask, and at once, there is one proof until it is renewed, so that no two of them differ by a single
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
        // The snapshots are read piece by piece, while records go on; the owner knows every account of one moment.
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

    /// Every account that is not empty.
    ///
    /// # Errors
    /// A [`Refusal`] where they can't be read now.
    pub async fn accounts(&self) -> Result<Vec<(Account, Balance)>, Refusal> {
        self.read(|reads| reads.accounts()).await
    }

    /// Every transfer of an order, oldest first.
    ///
    /// # Errors
    /// A [`Refusal`] where they can't be read now.
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
