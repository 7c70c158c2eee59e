//! The ledger: every account's balance, as a fold of the `money` sections, and the votes that keep each account
//! within its bound.
//!
//! Invariant: Σ posted over all accounts = 0, and Σ pending in = Σ pending out, after every record.
//! Invariant: a promised transfer is settled at most once and never above its amount.

mod totals;
mod vote;
mod wallet_balance;

pub use totals::{Posted, Totals};
pub use wallet_balance::WalletBalance;

use crate::{
    id::{OrderId, Seq, Stream, UserId},
    money::{Account, Cents, Phase, Promised, Transfer},
    record::Record,
    vote::Token,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use vote::Reserved;
use wallet_balance::Leaving;

/// Balance of one account, in cents: what came in less what went out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Sum of what has happened.
    pub posted: Cents,
    /// Sum of what is promised to come in.
    pub pending_in: Cents,
    /// Sum of what is promised to go out.
    pub pending_out: Cents,
    /// Sequence of the last record folded into it.
    pub seq: Seq,
}

impl Balance {
    /// Whether nothing is posted and nothing promised.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.posted == Cents::ZERO
            && self.pending_in == Cents::ZERO
            && self.pending_out == Cents::ZERO
    }

    /// What can be taken out: posted less what is promised out.
    #[must_use]
    pub fn available(&self) -> Cents {
        self.posted - self.pending_out
    }

    /// What will be there once what is promised has come in.
    #[must_use]
    pub fn expected(&self) -> Cents {
        self.posted + self.pending_in
    }

    /// Applies one transfer, if this account is one of its ends. Never refuses.
    pub fn apply(&mut self, account: Account, transfer: &Transfer) {
        if transfer.debit == account {
            self.take(transfer.cents, transfer.phase);
        }
        if transfer.credit == account {
            self.give(transfer.cents, transfer.phase);
        }
    }

    fn take(&mut self, cents: Cents, phase: Phase) {
        match phase {
            Phase::Posted => self.posted -= cents,
            Phase::Pending { .. } => self.pending_out += cents,
            Phase::Post { promised, .. } => {
                self.pending_out -= promised;
                self.posted -= cents;
            }
            Phase::Void { .. } | Phase::Expire { .. } => self.pending_out -= cents,
        }
    }

    fn give(&mut self, cents: Cents, phase: Phase) {
        match phase {
            Phase::Posted => self.posted += cents,
            Phase::Pending { .. } => self.pending_in += cents,
            Phase::Post { promised, .. } => {
                self.pending_in -= promised;
                self.posted += cents;
            }
            Phase::Void { .. } | Phase::Expire { .. } => self.pending_in -= cents,
        }
    }

    /// Whether the account is within the bound that `docs/lifecycle.md` gives it.
    #[must_use]
    pub fn is_within_bound(&self, account: Account) -> bool {
        match account {
            Account::Gateway => true,
            Account::Receivable(_) | Account::Goodwill => self.expected() <= Cents::ZERO,
            Account::Escrow(_) | Account::Payable(_) | Account::Revenue => {
                self.available() >= Cents::ZERO
            }
        }
    }
}

/// Every account that is not empty, and every promise not settled.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    accounts: HashMap<Account, Balance>,
    promised: HashMap<(Stream, u16), Promised>,
    // Invariant: of the promises, those that take money out of wallets.
    leaving: Leaving,
    held: Cents,
    reserved: HashMap<Token, Vec<Reserved>>,
}

/// What a transfer breaks, measured against this ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerFault {
    /// The amount is zero or below.
    #[error("a transfer of {0} cents")]
    NotPositive(i64),
    /// The two accounts are the same.
    #[error("a transfer from {0} to itself")]
    SameAccount(Account),
    /// The number is promised already.
    #[error("promise {n} of {stream} exists")]
    PromiseExists {
        /// The stream that promised it.
        stream: Stream,
        /// Number of the promise within the stream.
        n: u16,
    },
    /// The settlement fits no promise: none is open under that number, or its amount or accounts differ.
    #[error("promise {n} of {stream} is not settled as it was made")]
    PromiseMismatch {
        /// The stream that settles it.
        stream: Stream,
        /// Number of the promise within the stream.
        n: u16,
    },
    /// The account would leave its bound.
    #[error("{account} would leave its bound: {balance:?}")]
    OutOfBound {
        /// The account in question.
        account: Account,
        /// Its balance after the record.
        balance: Balance,
    },
}

impl Ledger {
    /// An account's balance; zero if nothing ever happened there, or everything there has been settled.
    #[must_use]
    pub fn balance(&self, account: Account) -> Balance {
        self.accounts.get(&account).copied().unwrap_or_default()
    }

    /// What a user owes, in cents: −(posted + pending in) of the receivable; 0 where they owe nothing.
    #[must_use]
    pub fn debt(&self, user: UserId) -> Cents {
        (-self.balance(Account::Receivable(user)).expected()).or_zero()
    }

    /// Everybody who owes something, in no order.
    pub fn debtors(&self) -> impl Iterator<Item = UserId> {
        let users = self.accounts.keys().filter_map(|account| match account {
            Account::Receivable(user) => Some(*user),
            Account::Gateway
            | Account::Escrow(_)
            | Account::Payable(_)
            | Account::Revenue
            | Account::Goodwill => None,
        });
        users.filter(|user| self.debt(*user).is_positive())
    }

    /// What an order's escrow holds, promised or posted.
    #[must_use]
    pub fn held(&self, order: OrderId) -> Cents {
        self.balance(Account::Escrow(order)).expected()
    }

    /// Every account that is not empty, in no order.
    pub fn accounts(&self) -> impl Iterator<Item = (Account, Balance)> {
        self.accounts
            .iter()
            .map(|(account, balance)| (*account, *balance))
    }

    /// Every promise that is not settled, in no order.
    pub fn promised(&self) -> impl Iterator<Item = (Stream, u16, Promised)> {
        self.promised
            .iter()
            .map(|((stream, n), promised)| (*stream, *n, *promised))
    }

    /// One promise, if it is not settled.
    #[must_use]
    pub fn promise(&self, stream: Stream, n: u16) -> Option<Promised> {
        self.promised.get(&(stream, n)).copied()
    }

    /// Sums over all accounts.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals::of(self.accounts())
    }

    /// Puts an account read from a snapshot in place.
    pub fn restore_account(&mut self, account: Account, balance: Balance) {
        if matches!(account, Account::Escrow(_)) {
            self.held += balance.expected();
        }
        self.accounts.insert(account, balance);
    }

    /// Puts a promise read from a snapshot in place.
    pub fn restore_promise(&mut self, stream: Stream, n: u16, promised: Promised) {
        self.leaving.promised(stream, &promised);
        self.promised.insert((stream, n), promised);
    }

    /// Folds one record's `money` section. Never refuses; see [`check`](Self::check) for what must hold before.
    pub fn fold(&mut self, seq: Seq, record: &Record) {
        self.reserved.remove(&record.command);
        for transfer in &record.money {
            self.apply(record.stream, seq, transfer);
        }
    }

    /// Checks a record's `money` section against this ledger: I1, I3 and I4 before it is written.
    ///
    /// # Errors
    /// The first transfer that breaks a rule.
    pub fn check(&self, record: &Record) -> Result<(), LedgerFault> {
        let mut touched = Touched {
            ledger: self,
            balances: HashMap::new(),
            settled: HashMap::new(),
        };
        for transfer in &record.money {
            touched.check(record.stream, transfer)?;
        }
        match touched
            .balances
            .iter()
            .find(|(account, balance)| !balance.is_within_bound(**account))
        {
            Some((account, balance)) => Err(LedgerFault::OutOfBound {
                account: *account,
                balance: *balance,
            }),
            None => Ok(()),
        }
    }

    /// What an account will hold once this record is folded.
    #[must_use]
    pub fn balance_after(&self, account: Account, record: &Record) -> Balance {
        let mut balance = self.balance(account);
        record
            .money
            .iter()
            .for_each(|transfer| balance.apply(account, transfer));
        balance
    }

    fn apply(&mut self, stream: Stream, seq: Seq, transfer: &Transfer) {
        for account in [transfer.debit, transfer.credit] {
            let balance = self.accounts.entry(account).or_default();
            let before = balance.expected();
            balance.apply(account, transfer);
            balance.seq = seq;
            let (after, empty) = (balance.expected(), balance.is_zero());
            if matches!(account, Account::Escrow(_)) {
                self.held += after - before;
            }
            if empty {
                self.accounts.remove(&account);
            }
        }
        match transfer.phase {
            Phase::Posted => {}
            Phase::Pending { n } => {
                self.restore_promise(stream, n, Promised::of(transfer));
            }
            Phase::Post { n, .. } | Phase::Void { n } | Phase::Expire { n } => {
                if let Some(settled) = self.promised.remove(&(stream, n)) {
                    self.leaving.settled(stream, &settled);
                }
            }
        }
    }
}

impl Promised {
    const fn of(transfer: &Transfer) -> Self {
        let Transfer {
            debit,
            credit,
            cents,
            ..
        } = *transfer;
        Self {
            debit,
            credit,
            cents,
        }
    }
}

/// The accounts and promises that one record touches, on top of a ledger that it leaves alone.
struct Touched<'a> {
    ledger: &'a Ledger,
    balances: HashMap<Account, Balance>,
    settled: HashMap<(Stream, u16), Option<Promised>>,
}

impl Touched<'_> {
    fn check(&mut self, stream: Stream, transfer: &Transfer) -> Result<(), LedgerFault> {
        let Transfer {
            debit,
            credit,
            cents,
            phase,
        } = *transfer;
        if !cents.is_positive() {
            return Err(LedgerFault::NotPositive(cents.0));
        }
        if debit == credit {
            return Err(LedgerFault::SameAccount(debit));
        }
        let made = Promised {
            debit,
            credit,
            cents,
        };
        match phase {
            Phase::Posted => {}
            Phase::Pending { n } => {
                if self.promise(stream, n).is_some() {
                    return Err(LedgerFault::PromiseExists { stream, n });
                }
                self.settled.insert((stream, n), Some(made));
            }
            Phase::Post { n, promised } => {
                let whole = Promised {
                    cents: promised,
                    ..made
                };
                self.settle(stream, n, whole, cents <= promised)?;
            }
            Phase::Void { n } | Phase::Expire { n } => self.settle(stream, n, made, true)?,
        }
        for account in [debit, credit] {
            let balance = self
                .balances
                .entry(account)
                .or_insert_with(|| self.ledger.balance(account));
            balance.apply(account, transfer);
        }
        Ok(())
    }

    fn promise(&self, stream: Stream, n: u16) -> Option<Promised> {
        let known = self.ledger.promise(stream, n);
        self.settled.get(&(stream, n)).copied().unwrap_or(known)
    }

    fn settle(
        &mut self,
        stream: Stream,
        n: u16,
        made: Promised,
        within: bool,
    ) -> Result<(), LedgerFault> {
        if self.promise(stream, n) != Some(made) || !within {
            return Err(LedgerFault::PromiseMismatch { stream, n });
        }
        self.settled.insert((stream, n), None);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
