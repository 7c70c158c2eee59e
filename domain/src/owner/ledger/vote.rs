//! The escrow owner's votes: what moves towards a bound is judged against what is committed less what is reserved.
//!
//! Invariant: a reservation counts against a bound exactly until its command's record is folded or it is dropped.

use super::Ledger;
use crate::{
    id::UserId,
    money::{Account, Cents},
    policy::Policy,
    rejection::Rejection,
    vote::{Granted, Token, Vote, VoteRequest},
};

/// What is reserved for a command that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reserved {
    /// A hold, against the limit of all holds.
    Hold(Cents),
    /// What will go into an account whose bound is above it.
    Into(Account, Cents),
    /// What will leave an account whose bound is below it.
    OutOf(Account, Cents),
}

impl Ledger {
    /// Answers a question; whatever moves towards a bound is reserved under `token`, and judged against what is
    /// committed less what is reserved.
    ///
    /// # Errors
    /// `InDebt`; `HoldRefused` where the amount, or all holds together, pass their limits; `AboveDebt`,
    /// `AboveAvailable` and `AboveLosses` with what there is; `TransferRefused` where the escrow does not hold what it
    /// is to pay.
    pub fn vote(&mut self, token: Token, ask: &VoteRequest, policy: &Policy) -> Vote {
        match *ask {
            VoteRequest::NoDebt { user } => match self.debt(user) {
                Cents::ZERO => Ok(Granted::Granted),
                owed => Err(Rejection::InDebt {
                    owed: policy.currency.of(owed),
                }),
            },
            VoteRequest::Hold { cents } => self.judge_hold(token, cents, cents, policy),
            VoteRequest::Raise { order, cents } => {
                self.judge_hold(token, cents, self.held(order) + cents, policy)
            }
            VoteRequest::Release { order, cents }
                if self.balance(Account::Escrow(order)).available() >= cents =>
            {
                Ok(Granted::Granted)
            }
            VoteRequest::Release { .. } => Err(Rejection::TransferRefused),
            VoteRequest::SetOff { user, cents } => {
                let set_off = self.owed(user).min(cents);
                self.reserve(token, Reserved::Into(Account::Receivable(user), set_off));
                Ok(Granted::SetOff(set_off))
            }
            VoteRequest::Debt { user, cents } => self.judge_debt(token, user, cents, policy),
            VoteRequest::PayOut { user, cents } => self.judge_payout(token, user, cents, policy),
            VoteRequest::Freeze { user, cents } => {
                let account = Account::Payable(user);
                let frozen = self.free(account).min(cents);
                self.reserve(token, Reserved::OutOf(account, frozen));
                Ok(Granted::Frozen(frozen))
            }
            VoteRequest::Cash { cents } => {
                let leaving = self.balance(Account::Gateway).expected() + cents;
                Ok(Granted::Short(leaving.or_zero()))
            }
            VoteRequest::Losses { cents } => match self.losses() {
                losses if cents > losses => Err(Rejection::AboveLosses {
                    losses: policy.currency.of(losses),
                }),
                _ => Ok(self.reserve(token, Reserved::Into(Account::Goodwill, cents))),
            },
            VoteRequest::Fees { cents } => match self.free(Account::Revenue) {
                available if cents > available => Err(Rejection::AboveAvailable {
                    available: policy.currency.of(available),
                }),
                _ => Ok(self.reserve(token, Reserved::OutOf(Account::Revenue, cents))),
            },
            VoteRequest::Placement { .. }
            | VoteRequest::StoreOpen { .. }
            | VoteRequest::RunnerSlot { .. }
            | VoteRequest::UsedOnce { .. }
            | VoteRequest::Card { .. }
            | VoteRequest::PayoutMethod { .. }
            | VoteRequest::Capacity { .. } => Err(Rejection::TransferRefused),
        }
    }

    /// Reserves a hold, where the order's holds together and those of all orders stay within their limits.
    fn judge_hold(&mut self, token: Token, cents: Cents, together: Cents, policy: &Policy) -> Vote {
        let reserved = self.sum_reserved(|held| match *held {
            Reserved::Hold(cents) => cents,
            Reserved::Into(..) | Reserved::OutOf(..) => Cents::ZERO,
        });
        if together > policy.hold_limit_cents
            || self.held + reserved + cents > policy.total_hold_limit_cents
        {
            return Err(Rejection::HoldRefused);
        }
        Ok(self.reserve(token, Reserved::Hold(cents)))
    }

    /// What of a debt no command is about to pay.
    fn owed(&self, user: UserId) -> Cents {
        (self.debt(user) - self.reserved_into(Account::Receivable(user))).or_zero()
    }

    /// What can leave an account and no command is about to take.
    fn free(&self, account: Account) -> Cents {
        let leaving = self.sum_reserved(|held| match *held {
            Reserved::OutOf(from, cents) if from == account => cents,
            Reserved::Hold(_) | Reserved::Into(..) | Reserved::OutOf(..) => Cents::ZERO,
        });
        (self.balance(account).available() - leaving).or_zero()
    }

    /// What the platform has lost and no command is about to make good.
    fn losses(&self) -> Cents {
        let goodwill = Account::Goodwill;
        (-self.balance(goodwill).expected() - self.reserved_into(goodwill)).or_zero()
    }

    fn judge_debt(
        &mut self,
        token: Token,
        user: UserId,
        cents: Option<Cents>,
        policy: &Policy,
    ) -> Vote {
        let owed = self.owed(user);
        let cents = cents.unwrap_or(owed);
        if !cents.is_positive() || cents > owed {
            return Err(Rejection::AboveDebt {
                owed: policy.currency.of(owed),
            });
        }
        self.reserve(token, Reserved::Into(Account::Receivable(user), cents));
        Ok(Granted::Owed(cents))
    }

    fn judge_payout(&mut self, token: Token, user: UserId, cents: Cents, policy: &Policy) -> Vote {
        let account = Account::Payable(user);
        let free = self.free(account);
        let set_off = free.min(self.owed(user));
        let available = free - set_off;
        if cents > available {
            return Err(Rejection::AboveAvailable {
                available: policy.currency.of(available),
            });
        }
        self.reserve(token, Reserved::OutOf(account, cents + set_off));
        self.reserve(token, Reserved::Into(Account::Receivable(user), set_off));
        Ok(Granted::SetOff(set_off))
    }

    fn reserved_into(&self, account: Account) -> Cents {
        self.sum_reserved(|held| match *held {
            Reserved::Into(to, cents) if to == account => cents,
            Reserved::Hold(_) | Reserved::Into(..) | Reserved::OutOf(..) => Cents::ZERO,
        })
    }

    fn sum_reserved(&self, counted: impl Fn(&Reserved) -> Cents) -> Cents {
        self.reserved.values().flatten().map(counted).sum()
    }

    /// Reserves an amount; nothing where it is zero.
    fn reserve(&mut self, token: Token, what: Reserved) -> Granted {
        let (Reserved::Hold(cents) | Reserved::Into(_, cents) | Reserved::OutOf(_, cents)) = what;
        if cents.is_positive() {
            self.reserved.entry(token).or_default().push(what);
        }
        Granted::Granted
    }

    /// Gives back what is reserved under `token`.
    pub fn release(&mut self, token: Token) {
        self.reserved.remove(&token);
    }

    /// How many commands have something reserved.
    #[must_use]
    pub fn reservations(&self) -> usize {
        self.reserved.len()
    }
}
