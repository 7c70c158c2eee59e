//! What can be done about a call that keeps failing, beside trying it again: what is never skipped, and what has a way
//! back.
//!
//! Invariant: no remedy guesses at money. What may have moved some is tried until the gateway answers, or is counted as
//! failed in a way that a late success takes back (row 33).

use super::plan::{
    Do::{Order, Payment},
    Undo::{self, By, Never},
};
use crate::call::CallKind;

/// Whether doing this call moves money. Such a call is never skipped.
#[must_use]
pub const fn moves_money(kind: CallKind) -> bool {
    match kind {
        CallKind::Authorize { .. } | CallKind::Void { .. } => false,
        CallKind::Capture { .. }
        | CallKind::Refund { .. }
        | CallKind::Charge { .. }
        | CallKind::PayOut { .. } => true,
    }
}

/// What takes back a call that keeps failing.
#[must_use]
#[rustfmt::skip]
pub const fn way_back(kind: CallKind) -> Undo {
    match kind {
        CallKind::Capture { .. }   => By(Payment, "let go of the authorization: the customer owes what was not charged"),
        CallKind::Charge { .. }    => By(Order, "count the tip as refused"),
        CallKind::Authorize { .. } => Never("what waits for it ends by itself"),
        CallKind::Void { .. }      => Never("it takes something back itself: skip it"),
        CallKind::Refund { .. }    => Never("whether the money went back is unknown: only the gateway can say"),
        CallKind::PayOut { .. }    => Never("a payout is no step of an order"),
    }
}
