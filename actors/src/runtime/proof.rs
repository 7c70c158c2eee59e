//! The ledger's proof: sums of one moment, with the journal's chain head there, for anybody to see.
//!
//! Invariant: however many ask, and at once, there is one proof until it is renewed, so that no two of them differ by a
//! single order.

use super::{Proof, Query, Refusal, Runtime, query::GetProof};
use crate::owner::escrow::TakeProof;

impl Query for GetProof {
    type Answer = Proof;

    async fn answer(self, runtime: &Runtime) -> Result<Proof, Refusal> {
        let mut kept = runtime.0.proof.lock().await;
        let now = runtime.clock().now();
        let every_ms = runtime.config().proof_every_ms;
        if let Some(known) = *kept
            && now.since(known.at) < every_ms
        {
            return Ok(known);
        }
        // The snapshots are read piece by piece, while records go on; the owner knows every account of one moment.
        let taken = runtime.0.folds.proof.send(TakeProof).await;
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
}
