//! Money as whole minor units of the deployment's one currency. Never a float; divisions round down.
//!
//! Invariant: arithmetic never wraps. Input is bounded where it enters (`checked_*`); past that bound the operators
//! cannot overflow, and would end the actor rather than move a wrong amount.

use crate::id::Seq;
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub, SubAssign},
};

/// An amount in cents; a balance may be negative.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Cents(pub i64);

impl Cents {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// The largest amount accepted from outside: ten thousand million units, far above any limit of the policy.
    pub const MAX_INPUT: Self = Self(1_000_000_000_000);

    /// Adds, or `None` past the range of `i64`.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(cents) => Some(Self(cents)),
            None => None,
        }
    }

    /// Multiplies by a count, or `None` past the range of `i64`.
    #[must_use]
    pub const fn checked_times(self, count: u32) -> Option<Self> {
        match self.0.checked_mul(count as i64) {
            Some(cents) => Some(Self(cents)),
            None => None,
        }
    }

    /// `percent` hundredths of this amount, rounded down.
    ///
    /// # Panics
    /// If the product leaves the range of `i64`, which no accepted input reaches.
    #[must_use]
    pub const fn percent(self, percent: u32) -> Self {
        match self.0.checked_mul(percent as i64) {
            Some(product) => Self(product.div_euclid(100)),
            None => panic!("amounts are bounded by MAX_INPUT where they enter"),
        }
    }

    /// Whether the amount is above zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The amount itself, or zero where it is negative.
    #[must_use]
    pub fn or_zero(self) -> Self {
        self.max(Self::ZERO)
    }
}

const BOUNDED: &str = "amounts are bounded by MAX_INPUT where they enter";

impl Add for Cents {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.checked_add(other.0).expect(BOUNDED))
    }
}

impl Sub for Cents {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).expect(BOUNDED))
    }
}

impl Neg for Cents {
    type Output = Self;
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl AddAssign for Cents {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Cents {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Cents {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", units / 100, units % 100)
    }
}

/// An account of the ledger's chart. Balance = in − out; all balances add up to zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Account {
    /// Cash at the payment gateway, negated: −balance = collected − refunded − paid out.
    Gateway,
    /// What a user owes the platform, negated; authorisations are pending out of it.
    Receivable(crate::id::UserId),
    /// One order's funds.
    Escrow(crate::id::OrderId),
    /// What the platform owes a user: the wallet.
    Payable(crate::id::UserId),
    /// Platform fees earned.
    Revenue,
    /// Losses borne by the platform, negated.
    Goodwill,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gateway => f.write_str("gateway"),
            Self::Receivable(user) => write!(f, "receivable:{user}"),
            Self::Escrow(order) => write!(f, "escrow:{order}"),
            Self::Payable(user) => write!(f, "payable:{user}"),
            Self::Revenue => f.write_str("revenue"),
            Self::Goodwill => f.write_str("goodwill"),
        }
    }
}

/// What a transfer does to the amount it names. Pending = promised, posted = happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Moves the amount now.
    Posted,
    /// Promises the amount, as number `n` of its stream.
    Pending {
        /// Number of the promise within its stream.
        n: u16,
    },
    /// Keeps promise `n`: moves the amount; what was `promised` beyond it lapses.
    Post {
        /// Number of the promise within its stream.
        n: u16,
        /// The whole amount that was promised, at least the amount moved.
        promised: Cents,
    },
    /// Takes promise `n` back whole.
    Void {
        /// Number of the promise within its stream.
        n: u16,
    },
    /// Takes promise `n` back whole, since its authorisation ran out at the gateway.
    Expire {
        /// Number of the promise within its stream.
        n: u16,
    },
}

/// Moves a positive amount from one account (debit) to another (credit). Written once, never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The account that it leaves.
    pub debit: Account,
    /// The account that it reaches.
    pub credit: Account,
    /// Amount in cents; above zero.
    pub cents: Cents,
    /// Whether it is promised, has happened, or settles an earlier promise.
    pub phase: Phase,
}

/// A promise that is not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promised {
    /// The account that the money will leave.
    pub debit: Account,
    /// The account that the money will reach.
    pub credit: Account,
    /// Amount in cents; above zero.
    pub cents: Cents,
}

/// Names a transfer for good: the record it stands in, and its place there, from 0. Written `seq-place`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId {
    /// Sequence of the record.
    pub seq: Seq,
    /// Its place among the record's transfers.
    pub place: u16,
}

impl TransferId {
    /// The transfers of the record `seq`, each with its name.
    pub fn of(seq: Seq, transfers: &[Transfer]) -> impl Iterator<Item = (Self, Transfer)> {
        let named = (0..).zip(transfers);
        named.map(move |(place, transfer)| (Self { seq, place }, *transfer))
    }
}

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.seq.0, self.place)
    }
}
