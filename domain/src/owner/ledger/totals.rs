//! Sums over all accounts: what anybody may see of the ledger.

use super::Balance;
use crate::money::{Account, Cents};

/// Sum of what is posted, by kind of account, in cents. All kinds together are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// Cash at the gateway, as a number below zero.
    pub gateway: Cents,
    /// What users owe, as a number below zero.
    pub receivable: Cents,
    /// What was bought and is not divided yet.
    pub escrow: Cents,
    /// What lies in users' wallets.
    pub payable: Cents,
    /// The platform's fees.
    pub revenue: Cents,
    /// The platform's losses, as a number below zero.
    pub goodwill: Cents,
}

/// Totals over all accounts; amounts in cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Sum of what is posted; always 0.
    pub posted: Cents,
    /// Sum of pending in less sum of pending out; always 0.
    pub pending: Cents,
    /// What is posted, by kind of account.
    pub by_kind: Posted,
    /// Number of accounts that are not empty.
    pub accounts: usize,
    /// Number of orders with anything in escrow.
    pub open_escrows: usize,
    /// Sum of what escrows hold, promised or posted.
    pub held: Cents,
}

impl Totals {
    /// Adds up these accounts.
    #[must_use]
    pub fn of(accounts: impl IntoIterator<Item = (Account, Balance)>) -> Self {
        let mut totals = Self::default();
        for (account, balance) in accounts {
            totals.add(account, &balance);
        }
        totals
    }

    fn add(&mut self, account: Account, balance: &Balance) {
        self.posted += balance.posted;
        self.pending += balance.pending_in - balance.pending_out;
        self.accounts += 1;
        *self.by_kind.of(account) += balance.posted;
        if matches!(account, Account::Escrow(_)) {
            self.open_escrows += 1;
            self.held += balance.expected();
        }
    }
}

impl Posted {
    const fn of(&mut self, account: Account) -> &mut Cents {
        match account {
            Account::Gateway => &mut self.gateway,
            Account::Receivable(_) => &mut self.receivable,
            Account::Escrow(_) => &mut self.escrow,
            Account::Payable(_) => &mut self.payable,
            Account::Revenue => &mut self.revenue,
            Account::Goodwill => &mut self.goodwill,
        }
    }
}
