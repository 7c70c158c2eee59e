//! Digests of a whole state, to compare two folds.

use crate::{
    canonical,
    money::Account,
    order::Order,
    owner::{
        ledger::{Balance, Ledger},
        wallet::{Wallet, Wallets},
    },
    record::Record,
};
use serde::Serialize;

/// A hash of values in their canonical bytes.
#[derive(Debug, Default)]
struct Digest {
    hasher: blake3::Hasher,
    // Holds the bytes of one value at a time; kept for its room.
    bytes: Vec<u8>,
}

impl Digest {
    fn add<T: Serialize>(&mut self, value: &T) {
        self.bytes.clear();
        canonical::append(value, &mut self.bytes);
        self.hasher.update(&self.bytes);
    }
}

/// The hash of a whole state, taken piece by piece: all orders by id, then all wallets by user, then all accounts that
/// are not empty.
#[derive(Debug, Default)]
pub struct StateDigest(Digest);

impl StateDigest {
    /// Adds the next order.
    pub fn order(&mut self, order: &Order) {
        self.0.add(order);
    }

    /// Adds the next wallet.
    pub fn wallet(&mut self, wallet: &Wallet) {
        self.0.add(wallet);
    }

    /// Adds the accounts, and ends.
    #[must_use]
    pub fn accounts(mut self, accounts: impl IntoIterator<Item = (Account, Balance)>) -> [u8; 32] {
        let mut accounts: Vec<(Account, Balance)> = accounts.into_iter().collect();
        accounts.sort_unstable_by_key(|(account, _)| *account);
        self.0.add(&accounts);
        *self.0.hasher.finalize().as_bytes()
    }
}

/// Hash of all orders, in the order given, of all wallets, and of all accounts that are not empty. Give the orders by
/// id.
#[must_use]
pub fn state_hash<'a>(
    orders: impl IntoIterator<Item = &'a Order>,
    wallets: &Wallets,
    ledger: &Ledger,
) -> [u8; 32] {
    let mut digest = StateDigest::default();
    orders.into_iter().for_each(|order| digest.order(order));
    wallets.iter().for_each(|wallet| digest.wallet(wallet));
    digest.accounts(ledger.accounts())
}

/// Head of a hash chain after one more record.
#[must_use]
pub fn chained(head: [u8; 32], record: &Record) -> [u8; 32] {
    let mut digest = Digest::default();
    digest.hasher.update(&head);
    digest.add(record);
    *digest.hasher.finalize().as_bytes()
}
