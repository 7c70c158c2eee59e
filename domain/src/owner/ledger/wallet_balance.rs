//! One person's money in the ledger; what is promised out of the wallet is split by where it goes.
//!
//! Invariant: available + in payout + frozen + to card = what is posted in the wallet.

use super::Ledger;
use crate::{
    id::{Stream, UserId},
    money::{Account, Cents, Promised},
};
use std::collections::HashMap;

/// A person's money in cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WalletBalance {
    /// What can be taken out of the wallet.
    pub available: Cents,
    /// What is on its way to a bank account.
    pub in_payout: Cents,
    /// What is frozen until a case is decided.
    pub frozen: Cents,
    /// What is on its way back to a card.
    pub to_card: Cents,
    /// What is owed to the platform, less what a card is paying at this moment.
    pub debt: Cents,
    /// What of the debt a card is paying at this moment.
    pub being_paid: Cents,
}

impl WalletBalance {
    /// What a card is charged that is put on file now: the whole debt, at least the gateway's minimum.
    #[must_use]
    pub fn new_card_pays(&self, minimum: Cents) -> Cents {
        if self.debt.is_positive() {
            self.debt.max(minimum)
        } else {
            Cents::ZERO
        }
    }
}

/// Of the promises, those that take money out of wallets, by what they are for.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaving {
    in_payout: HashMap<UserId, Cents>,
    frozen: HashMap<UserId, Cents>,
}

impl Leaving {
    pub(super) fn promised(&mut self, stream: Stream, promise: &Promised) {
        if let Some((sums, user)) = self.sums(stream, promise) {
            *sums.entry(user).or_default() += promise.cents;
        }
    }

    pub(super) fn settled(&mut self, stream: Stream, promise: &Promised) {
        if let Some((sums, user)) = self.sums(stream, promise)
            && let Some(sum) = sums.get_mut(&user)
        {
            *sum -= promise.cents;
            if *sum == Cents::ZERO {
                sums.remove(&user);
            }
        }
    }

    fn sums(
        &mut self,
        stream: Stream,
        promise: &Promised,
    ) -> Option<(&mut HashMap<UserId, Cents>, UserId)> {
        match (stream, promise.debit, promise.credit) {
            (Stream::Wallet(_), Account::Payable(user), Account::Gateway) => {
                Some((&mut self.in_payout, user))
            }
            (_, Account::Payable(user), Account::Payable(_)) => Some((&mut self.frozen, user)),
            _ => None,
        }
    }
}

impl Ledger {
    /// Returns the money of `user`; what is promised out of their wallet is split by where it goes.
    #[must_use]
    pub fn wallet_balance(&self, user: UserId) -> WalletBalance {
        let payable = self.balance(Account::Payable(user));
        let sum = |sums: &HashMap<UserId, Cents>| sums.get(&user).copied().unwrap_or_default();
        let (in_payout, frozen) = (sum(&self.leaving.in_payout), sum(&self.leaving.frozen));
        WalletBalance {
            available: payable.available(),
            in_payout,
            frozen,
            to_card: payable.pending_out - in_payout - frozen,
            debt: self.debt(user),
            being_paid: self.balance(Account::Receivable(user)).pending_in,
        }
    }
}
