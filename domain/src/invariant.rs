//! The invariants I1–I13: id, one sentence, and what must hold of one record and of a whole journal.
//!
//! Production checks every record before it is queued ([`check_record`]; [`check_order`] where no ledger is at hand),
//! tests and the simulator do the same, and `campusg verify` walks a journal with [`Audit`]. A wallet's records are
//! checked with [`check_wallet`].
//! Must not: change anything, or repair what is broken.

mod audit;
mod change;
mod digest;
mod wallet;

pub use crate::stream::fingerprint;
pub use audit::Audit;
pub use change::{fits, is_stalled};
pub use digest::{StateDigest, chained, state_hash};
pub use wallet::check_wallet;

use crate::{
    order::Order,
    owner::ledger::{Ledger, LedgerFault},
    record::Record,
};
use std::fmt;

/// Names an invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u8);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "I{}", self.0)
    }
}

/// A record or a journal breaks an invariant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id}: {why}")]
pub struct Broken {
    /// The invariant that is broken.
    pub id: Id,
    /// What was found instead, for an operator or a developer.
    pub why: String,
}

/// One record about to be committed, with the order before and after it.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The ledger as of the last record; `None` where it belongs to somebody else, and then what needs it is not seen.
    pub ledger: Option<&'a Ledger>,
    /// The order before the record; `None` where it places the order.
    pub before: Option<&'a Order>,
    /// The order after; whether the record has its sequence yet makes no difference.
    pub after: &'a Order,
    /// The record that is to be committed.
    pub record: &'a Record,
}

/// `Ok` where an invariant holds; else what was found instead.
pub type Holds = Result<(), String>;

/// An invariant: its sentence, and its two checks.
#[derive(Clone, Copy)]
pub struct Invariant {
    /// Its number, as `docs/lifecycle.md` has it.
    pub id: Id,
    /// The sentence that `campusg verify` prints.
    pub says: &'static str,
    /// Checks one record.
    pub of_record: fn(&Change<'_>) -> Holds,
    /// Checks a whole journal, after its last record.
    pub of_journal: fn(&Audit) -> Holds,
}

const fn invariant(
    id: u8,
    says: &'static str,
    of_record: fn(&Change<'_>) -> Holds,
    of_journal: fn(&Audit) -> Holds,
) -> Invariant {
    Invariant {
        id: Id(id),
        says,
        of_record,
        of_journal,
    }
}

/// Every invariant, by id.
#[rustfmt::skip]
pub const INVARIANTS: [Invariant; 13] = [
    invariant(1, "the sums of debits and credits are equal, pending and posted", change::balanced, audit::balanced),
    invariant(2, "per order, all that was held is posted, lapsed, voided, expired or pending, and all posted into escrow went out or is there", change::accounted, audit::accounted),
    invariant(3, "a pending transfer is resolved at most once, never above its amount", change::resolved_once, audit::resolved_once),
    invariant(4, "every account is within its bound", change::within_bounds, audit::within_bounds),
    invariant(5, "order, escrow and payment stand where they may stand together", change::fits_together, audit::fits_together),
    invariant(6, "at most one runner is bound per runner epoch", change::one_runner, audit::one_runner),
    invariant(7, "an order that has not ended, an open dispute, and a payout or payment, has a timer, a call or a step under way", change::not_stalled, audit::not_stalled),
    invariant(8, "a command under an idempotency key becomes one record in 24 hours, and so does each of the system to an order", change::remembered, audit::remembered),
    invariant(9, "the journal's sequence has no gap, nor has a stream's chain", change::chained, audit::chained),
    invariant(10, "replay gives the same state", change::replays, audit::replays),
    invariant(11, "an order that has ended has nothing in escrow", change::emptied, audit::emptied),
    invariant(12, "a step of a saga is marked only as its table and its state allow", change::marked, audit::marked),
    invariant(13, "no card is charged less at once than the gateway takes", change::charges_enough, audit::charges_enough),
];

fn check(change: &Change<'_>) -> Result<(), Broken> {
    INVARIANTS
        .iter()
        .try_for_each(|row| (row.of_record)(change).map_err(|why| Broken { id: row.id, why }))
}

/// Checks a record of an order before it is queued. Call it with the order and the ledger as of the last record.
///
/// # Errors
/// The first invariant, by id, that the record would break.
pub fn check_record(
    ledger: &Ledger,
    before: Option<&Order>,
    after: &Order,
    record: &Record,
) -> Result<(), Broken> {
    check(&Change {
        ledger: Some(ledger),
        before,
        after,
        record,
    })
}

/// As [`check_record`] where the ledger belongs to another owner: what needs the accounts is left to that owner.
///
/// # Errors
/// The first invariant, by id, that the record would break.
pub fn check_order(before: Option<&Order>, after: &Order, record: &Record) -> Result<(), Broken> {
    check(&Change {
        ledger: None,
        before,
        after,
        record,
    })
}

/// The invariant that a ledger's fault breaks.
#[must_use]
pub fn broken_by(fault: &LedgerFault) -> Broken {
    let id = match fault {
        LedgerFault::NotPositive(_) | LedgerFault::SameAccount(_) => 1,
        LedgerFault::PromiseExists { .. } | LedgerFault::PromiseMismatch { .. } => 3,
        LedgerFault::OutOfBound { .. } => 4,
    };
    Broken {
        id: Id(id),
        why: fault.to_string(),
    }
}
