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

/// An amount in the smallest unit of the currency, which is a cent where it has two decimals; a balance may be negative.
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

/// A currency of ISO 4217 in which amounts can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The United States dollar, with two decimals.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// The currency of a code in capital letters; `None` for one that is not in ISO 4217, or has no smallest unit, as gold.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let known = iso_currency::Currency::from_code(code)?;
        known.exponent().map(|_| Self(known))
    }

    /// The code, three capital letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// An amount to be shown to people.
    #[must_use]
    pub const fn of(self, cents: Cents) -> Money {
        Money {
            cents,
            currency: self,
        }
    }

    /// Writes an amount in units of the currency, with its decimals and without its code: `21.50`, `2150` or `2.150`.
    #[must_use]
    pub fn figures(self, cents: Cents) -> String {
        let sign = if cents.0 < 0 { "-" } else { "" };
        let (minor, decimals) = (cents.0.unsigned_abs(), self.0.exponent().unwrap_or(0));
        let unit = 10_u64.pow(u32::from(decimals));
        let (units, rest) = (minor / unit, minor % unit);
        match usize::from(decimals) {
            0 => format!("{sign}{units}"),
            width => format!("{sign}{units}.{rest:0width$}"),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        Self::from_code(&code).ok_or_else(|| {
            "must be three capital letters, the code of a currency in ISO 4217".into()
        })
    }
}

impl From<Currency> for &'static str {
    fn from(currency: Currency) -> Self {
        currency.code()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount with its currency, as people read it: `21.50 EUR`. Amounts alone have no such text, since they don't know their
/// decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// The amount, in the currency's smallest unit.
    pub cents: Cents,
    /// Its currency.
    pub currency: Currency,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency.figures(self.cents), self.currency)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(code: &str, cents: i64) -> Option<String> {
        Currency::from_code(code).map(|currency| currency.of(Cents(cents)).to_string())
    }

    #[test]
    fn amounts_are_added_and_compared_to_the_cent() {
        let [five, two] = [Cents(5), Cents(2)];
        assert_eq!(
            (five + two, five - two, -five),
            (Cents(7), Cents(3), Cents(-5))
        );
        let mut sum = five;
        sum += two;
        assert_eq!(sum, Cents(7));
        sum -= five;
        assert_eq!(sum, two);
        assert_eq!([five, two, two].into_iter().sum::<Cents>(), Cents(9));
        assert_eq!(
            [-1, 0, 1].map(|n| Cents(n).is_positive()),
            [false, false, true]
        );
        assert_eq!([-1, 0, 1].map(|n| Cents(n).or_zero().0), [0, 0, 1]);
        assert_eq!(
            [199, -1].map(|n| Cents(n).percent(50).0),
            [99, -1],
            "rounded down"
        );
    }

    #[test]
    fn an_amount_past_its_range_is_none_where_it_comes_from_outside() {
        let most = Cents(i64::MAX);
        assert_eq!(most.checked_add(Cents(1)), None);
        assert_eq!(Cents(5).checked_add(Cents(2)), Some(Cents(7)));
        assert_eq!(most.checked_times(2), None);
        assert_eq!(Cents(5).checked_times(3), Some(Cents(15)));
    }

    #[test]
    #[should_panic = "bounded by MAX_INPUT"]
    fn an_amount_past_its_range_is_never_booked() {
        let _ = Cents(i64::MIN) - Cents(1);
    }

    #[test]
    fn a_transfer_is_named_by_its_record_and_its_place() {
        let transfer = Transfer {
            debit: Account::Gateway,
            credit: Account::Revenue,
            cents: Cents(1),
            phase: Phase::Posted,
        };
        let transfers = [transfer; 2];
        let named = TransferId::of(Seq(7), &transfers);
        let names: Vec<String> = named.map(|(id, _)| id.to_string()).collect();
        assert_eq!(names, ["7-0", "7-1"]);
    }

    #[test]
    fn a_fault_names_its_account_and_a_currency_is_its_code() {
        let user = crate::id::UserId::from_bytes([0; 16]);
        let order = crate::id::OrderId::from_bytes([0; 16]);
        let id = "00000000-0000-0000-0000-000000000000";
        let table = [
            (Account::Gateway, "gateway".to_owned()),
            (Account::Receivable(user), format!("receivable:{id}")),
            (Account::Escrow(order), format!("escrow:{id}")),
            (Account::Payable(user), format!("payable:{id}")),
            (Account::Revenue, "revenue".to_owned()),
            (Account::Goodwill, "goodwill".to_owned()),
        ];
        for (account, name) in table {
            assert_eq!(account.to_string(), name);
        }
        assert_eq!(
            Currency::try_from("JPY".to_owned()).map(<&str>::from),
            Ok("JPY")
        );
        assert!(Currency::try_from("XAU".to_owned()).is_err());
    }

    #[test]
    fn a3_an_amount_has_the_decimals_of_its_currency() {
        let table = [
            ("USD", 2_150, "21.50 USD"),
            ("JPY", 2_150, "2150 JPY"),
            ("KWD", 2_150, "2.150 KWD"),
            ("KRW", 50, "50 KRW"),
            ("ISK", 399, "399 ISK"),
            ("BHD", 7, "0.007 BHD"),
            ("CLF", 12_345, "1.2345 CLF"),
            ("EUR", 5, "0.05 EUR"),
            ("EUR", -199, "-1.99 EUR"),
            ("JPY", -199, "-199 JPY"),
            ("KWD", -1, "-0.001 KWD"),
            ("USD", 0, "0.00 USD"),
            ("USD", i64::MIN, "-92233720368547758.08 USD"),
        ];
        for (code, cents, text) in table {
            assert_eq!(shown(code, cents).as_deref(), Some(text));
        }
    }

    #[test]
    fn a3_a_code_without_a_smallest_unit_is_no_currency() {
        for code in [
            "",
            "usd",
            "US",
            "USDX",
            "978",
            "ABC",
            "XXX",
            "XTS",
            "XAU",
            "ＵＳＤ",
        ] {
            assert_eq!(shown(code, 1), None, "{code}");
        }
    }
}
