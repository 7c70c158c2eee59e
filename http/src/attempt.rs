//! Limits failed attempts to sign in or register, per account, per address, and per pair of them.
//!
//! An attempt counts from its start: otherwise many at once would all be let in before the first has failed. This
//! module reads no clock; the time is passed in.
//! Invariants: memory is bounded; nobody can lock an account for the addresses from which it signed in lately.

use crate::{
    config::HttpConfig,
    limit::{REMEMBERED, lock, make_room, millis},
};
use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::Mutex,
    time::Duration,
};
use tokio::time::Instant;

/// How many addresses are remembered for each account.
const ADDRESSES: usize = 4;
/// Returned waiting time if only attempts that are still under way exhaust the limit.
const UNDER_WAY_MS: u64 = 1_000;

/// A hash of the e-mail address that was given, so that the address itself is not kept.
type Account = [u8; 8];

/// A key under which failures are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Failing {
    Pair(Account, IpAddr),
    Account(Account),
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug)]
struct Count {
    failed: u32,
    under_way: u32,
    since: Instant,
}

/// Addresses from which an account signed in, the latest last.
#[derive(Clone, Debug)]
struct Known {
    addresses: VecDeque<IpAddr>,
    at: Instant,
}

/// The counters of attempts under way and of failed ones.
#[derive(Debug)]
pub(crate) struct Attempts {
    per_pair: u32,
    per_one: u32,
    window: Duration,
    remembered: usize,
    counts: Mutex<HashMap<Failing, Count>>,
    known: Mutex<HashMap<Account, Known>>,
}

/// An attempt that is under way. If it is dropped without an outcome, it counts as failed.
#[must_use = "an attempt that is dropped has failed"]
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    attempts: &'a Attempts,
    account: Account,
    address: IpAddr,
    counted: Vec<Failing>,
    failed: bool,
}

impl Attempts {
    pub(crate) fn new(config: &HttpConfig) -> Self {
        Self {
            per_pair: config.failures_per_account,
            per_one: config.failures_per_ip,
            window: Duration::from_millis(config.failure_window_ms),
            remembered: REMEMBERED,
            counts: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// Begins an attempt at this account from this address. `Err` holds the milliseconds until it may begin.
    pub(crate) fn begin(
        &self,
        account: &str,
        address: IpAddr,
        now: Instant,
    ) -> Result<Attempt<'_>, u64> {
        let account = digest(account);
        let limits = self.limits(account, address);
        let counted = limits.iter().map(|(key, _)| *key).collect();
        let mut counts = lock(&self.counts);
        let waits = limits
            .iter()
            .filter_map(|(key, most)| self.wait(counts.get(key)?, *most, now));
        if let Some(wait_ms) = waits.max() {
            return Err(wait_ms);
        }
        let counting = |count: &Count| count.under_way > 0 || self.is_fresh(count, now);
        make_room(&mut counts, self.remembered, counting, |count| count.since);
        for (key, _) in limits {
            let count = counts.entry(key).or_insert(Count {
                failed: 0,
                under_way: 0,
                since: now,
            });
            if !self.is_fresh(count, now) {
                (count.failed, count.since) = (0, now);
            }
            count.under_way += 1;
        }
        Ok(Attempt {
            attempts: self,
            account,
            address,
            counted,
            failed: true,
        })
    }

    /// The counters that this attempt adds to, each with its limit; empty if the limits are switched off.
    fn limits(&self, account: Account, address: IpAddr) -> Vec<(Failing, u32)> {
        if self.per_pair == 0 {
            return vec![];
        }
        let known = lock(&self.known);
        let is_known = known
            .get(&account)
            .is_some_and(|known| known.addresses.contains(&address));
        let mut limits = vec![
            (Failing::Pair(account, address), self.per_pair),
            (Failing::Address(address), self.per_one),
        ];
        if !is_known {
            limits.push((Failing::Account(account), self.per_one));
        }
        limits
    }

    fn is_fresh(&self, count: &Count, now: Instant) -> bool {
        now.duration_since(count.since) < self.window
    }

    fn wait(&self, count: &Count, most: u32, now: Instant) -> Option<u64> {
        let failed = if self.is_fresh(count, now) {
            count.failed
        } else {
            0
        };
        if failed >= most {
            let passed = now.duration_since(count.since);
            return Some(millis(self.window.saturating_sub(passed).as_secs_f64()));
        }
        (failed + count.under_way >= most).then_some(UNDER_WAY_MS)
    }

    fn remember(&self, account: Account, address: IpAddr, now: Instant) {
        let mut known = lock(&self.known);
        make_room(&mut known, self.remembered, |_| true, |known| known.at);
        let known = known.entry(account).or_insert_with(|| Known {
            addresses: VecDeque::with_capacity(ADDRESSES),
            at: now,
        });
        known.at = now;
        known.addresses.retain(|one| *one != address);
        if known.addresses.len() == ADDRESSES {
            known.addresses.pop_front();
        }
        known.addresses.push_back(address);
    }
}

impl Attempt<'_> {
    /// Ends the attempt with a sign-in: forgets the account's failures from this address, and remembers the address.
    pub(crate) fn succeeded(mut self, now: Instant) {
        self.failed = false;
        self.attempts.remember(self.account, self.address, now);
        let pair = Failing::Pair(self.account, self.address);
        if let Some(count) = lock(&self.attempts.counts).get_mut(&pair) {
            count.failed = 0;
        }
    }

    /// Ends the attempt with an outcome that reveals nothing about the account or its password: it does not count.
    pub(crate) fn reveals_nothing(mut self) {
        self.failed = false;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut counts = lock(&self.attempts.counts);
        for key in &self.counted {
            let Some(count) = counts.get_mut(key) else {
                continue;
            };
            count.under_way = count.under_way.saturating_sub(1);
            count.failed = count.failed.saturating_add(self.failed.into());
            if count.failed == 0 && count.under_way == 0 {
                counts.remove(key);
            }
        }
    }
}

fn digest(account: &str) -> Account {
    let hash = blake3::hash(account.trim().to_lowercase().as_bytes());
    *hash.as_bytes().first_chunk().expect("a hash has 32 bytes")
}

#[cfg(test)]
mod tests;
