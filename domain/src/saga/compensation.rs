//! What operators can do about a call that keeps failing, beside having it tried again: which are never skipped, and which
//! can be compensated for.
//!
//! Invariant: nothing is assumed about money. A call that may have moved some is tried until the gateway answers, or counts
//! as failed in such a way that a late success is sent back (transition 33).

use super::plan::Undo::{self, By, Never};
use crate::call::CallKind;

/// How a call that keeps failing is compensated for, or why it can't be.
#[must_use]
#[rustfmt::skip]
pub const fn compensation(kind: CallKind) -> Undo {
    match kind {
        CallKind::Capture { .. }   => By("let go of the authorization: the customer owes what was not charged"),
        CallKind::Charge { .. }    => By("keep the tip from being charged: it counts as refused"),
        CallKind::Authorize { .. } => Never("what waits for it ends by itself"),
        CallKind::Void { .. }      => Never("it takes something back itself"),
        CallKind::Refund { .. }    => Never("whether the money went back is unknown: only the gateway can say"),
        CallKind::PayOut { .. }    => Never("a payout is no step of an order"),
    }
}
