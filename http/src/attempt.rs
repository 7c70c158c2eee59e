//! Limits attempts to sign in and to register.
//!
//! - An account is closed to an address, or to a device, that failed at it too often.
//! - An account is closed to all addresses and devices it does not know once these together failed at it very often.
//! - An address from which many fail is never closed: attempts from there take turns. An address or device that the
//!   account knows takes none, so an attack from behind an address does not stop people who use it.
//! - Registrations are counted apart from sign-ins, those that succeed too, and take turns of their own.
//!
//! An attempt counts from its start: otherwise many at once would all be let in before the first has failed. This
//! module reads no clock; the time is passed in.
//! Invariants: memory is bounded; nobody can lock an account for the devices from which it signed in, nor, from elsewhere,
//! for the addresses.

use crate::{
    config::HttpConfig,
    limit::{REMEMBERED, lock, make_room, millis},
};
use campusg_actors::runtime::folded_email;
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
/// Longest time that an attempt waits for its turn; later turns are refused. Together with [`SIGN_INS_AT_ONCE`] it keeps
/// those who wait well below the requests that one address may have in flight.
const LONGEST_WAIT: Duration = Duration::from_secs(4);
/// Sign-ins of one address that run at once before others take turns.
const SIGN_INS_AT_ONCE: u32 = 32;
/// Registrations of one address that run at once before others take turns.
const REGISTRATIONS_AT_ONCE: u32 = 8;
/// Time between two turns while many run at once: about what hashing a password takes.
const QUICK: Duration = Duration::from_millis(50);
/// Time between two turns of sign-ins once too many of the address have failed. Shorter, and an attack costs more; longer, and
/// right passwords from devices that are new wait behind it: 20 wrong ones a second are to leave them room.
const SLOW: Duration = Duration::from_millis(40);

/// A hash of an e-mail address or of a device's token, so that neither is kept itself.
type Hashed = [u8; 8];

/// A key under which attempts are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Pair(Hashed, IpAddr),
    Device(Hashed, Hashed),
    Account(Hashed),
    Address(IpAddr),
    Registrations(IpAddr),
}

/// What happens to attempts above a limit.
#[derive(Clone, Copy, Debug)]
enum Above {
    Refused,
    /// Above the limit they take turns at `slow`, and at [`QUICK`] while `at_once` are under way.
    TakeTurns {
        at_once: u32,
        slow: Duration,
    },
}

#[derive(Clone, Copy, Debug)]
struct Limit {
    key: Key,
    most: u32,
    above: Above,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    counted: u32,
    under_way: u32,
    since: Instant,
    /// When the last attempt began, or begins if it still waits for its turn.
    turn: Instant,
}

/// Addresses from which an account signed in, the latest last.
#[derive(Clone, Debug)]
struct Known {
    addresses: VecDeque<IpAddr>,
    at: Instant,
}

/// The counters of attempts, and the addresses that accounts know.
#[derive(Debug)]
pub(crate) struct Attempts {
    per_pair: u32,
    per_one: u32,
    registrations: u32,
    window: Duration,
    remembered: usize,
    counts: Mutex<HashMap<Key, Count>>,
    known: Mutex<HashMap<Hashed, Known>>,
}

/// An attempt that is under way. If it is dropped without an outcome, it counts against its limits.
#[must_use = "an attempt that is dropped has failed"]
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    attempts: &'a Attempts,
    account: Hashed,
    address: IpAddr,
    limits: Vec<Limit>,
    counts: bool,
    /// Time until the attempt's turn.
    pub(crate) wait: Duration,
}

impl Attempts {
    pub(crate) fn new(config: &HttpConfig) -> Self {
        Self {
            per_pair: config.failures_per_account,
            per_one: config.failures_per_ip,
            registrations: config.registrations_per_ip,
            window: Duration::from_millis(config.failure_window_ms),
            remembered: REMEMBERED,
            counts: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// Begins a sign-in to this account. `device` is a device's token that is known to be the account's. `Err` holds the
    /// milliseconds until it may begin.
    pub(crate) fn sign_in(
        &self,
        account: &str,
        address: IpAddr,
        device: Option<&str>,
        now: Instant,
    ) -> Result<Attempt<'_>, u64> {
        let account = digest(account);
        let limits = self.sign_in_limits(account, address, device);
        self.begin(account, address, limits, now)
    }

    /// Begins a registration under this address. `Err` holds the milliseconds until it may begin.
    pub(crate) fn registration(
        &self,
        account: &str,
        address: IpAddr,
        now: Instant,
    ) -> Result<Attempt<'_>, u64> {
        let limit = (self.registrations > 0).then(|| Limit {
            key: Key::Registrations(address),
            most: self.registrations,
            above: Above::TakeTurns {
                at_once: REGISTRATIONS_AT_ONCE,
                slow: self.window / self.registrations,
            },
        });
        self.begin(digest(account), address, limit.into_iter().collect(), now)
    }

    fn begin(
        &self,
        account: Hashed,
        address: IpAddr,
        limits: Vec<Limit>,
        now: Instant,
    ) -> Result<Attempt<'_>, u64> {
        let mut counts = lock(&self.counts);
        let waits = limits.iter().map(|limit| match counts.get(&limit.key) {
            Some(count) => self.wait(count, limit, now),
            None => Ok(Duration::ZERO),
        });
        let mut wait = Ok(Duration::ZERO);
        for one in waits {
            wait = match (wait, one) {
                (Ok(so_far), Ok(one)) => Ok(so_far.max(one)),
                (Err(so_far), Err(one)) => Err(so_far.max(one)),
                (Err(refused), Ok(_)) | (Ok(_), Err(refused)) => Err(refused),
            };
        }
        let wait = wait?;
        let counting =
            |count: &Count| count.under_way > 0 || count.turn > now || self.is_fresh(count, now);
        make_room(&mut counts, self.remembered, counting, |count| count.since);
        for limit in &limits {
            let count = counts.entry(limit.key).or_insert(Count {
                counted: 0,
                under_way: 0,
                since: now,
                turn: now,
            });
            count.turn = now.max(self.turn(count, limit, now));
            if !self.is_fresh(count, now) {
                (count.counted, count.since) = (0, now);
            }
            count.under_way += 1;
        }
        Ok(Attempt {
            attempts: self,
            account,
            address,
            limits,
            counts: true,
            wait,
        })
    }

    /// The limits of a sign-in; none if they are switched off.
    fn sign_in_limits(&self, account: Hashed, address: IpAddr, device: Option<&str>) -> Vec<Limit> {
        if self.per_pair == 0 {
            return vec![];
        }
        let refused = |key, most| Limit {
            key,
            most,
            above: Above::Refused,
        };
        if let Some(device) = device {
            let device = Key::Device(account, hash(device.as_bytes()));
            return vec![refused(device, self.per_pair)];
        }
        let pair = refused(Key::Pair(account, address), self.per_pair);
        if self.knows(account, address) {
            return vec![pair];
        }
        let turns = Limit {
            key: Key::Address(address),
            most: self.per_one,
            above: Above::TakeTurns {
                at_once: SIGN_INS_AT_ONCE,
                slow: SLOW,
            },
        };
        vec![pair, refused(Key::Account(account), self.per_one), turns]
    }

    fn knows(&self, account: Hashed, address: IpAddr) -> bool {
        let known = lock(&self.known);
        let known = known.get(&account);
        known.is_some_and(|known| known.addresses.contains(&address))
    }

    fn is_fresh(&self, count: &Count, now: Instant) -> bool {
        now.duration_since(count.since) < self.window
    }

    fn counted(&self, count: &Count, now: Instant) -> u32 {
        if self.is_fresh(count, now) {
            count.counted
        } else {
            0
        }
    }

    /// How long an attempt has to wait under this limit; `Err` holds milliseconds if it is refused.
    fn wait(&self, count: &Count, limit: &Limit, now: Instant) -> Result<Duration, u64> {
        let counted = self.counted(count, now);
        match limit.above {
            Above::Refused if counted >= limit.most => {
                let passed = now.duration_since(count.since);
                Err(millis(self.window.saturating_sub(passed).as_secs_f64()))
            }
            Above::Refused if counted + count.under_way >= limit.most => Err(UNDER_WAY_MS),
            Above::Refused => Ok(Duration::ZERO),
            Above::TakeTurns { .. } => {
                let turn = self.turn(count, limit, now);
                let wait = turn.saturating_duration_since(now);
                match wait.saturating_sub(LONGEST_WAIT) {
                    Duration::ZERO => Ok(wait),
                    over => Err(millis(over.as_secs_f64())),
                }
            }
        }
    }

    /// The earliest time at which the next attempt may begin: one pace after the last, if attempts take turns now.
    fn turn(&self, count: &Count, limit: &Limit, now: Instant) -> Instant {
        let Above::TakeTurns { at_once, slow } = limit.above else {
            return now;
        };
        // A registration counts however it ends, so those under way count already.
        let registering = match limit.key {
            Key::Registrations(_) => count.under_way,
            Key::Pair(..) | Key::Device(..) | Key::Account(_) | Key::Address(_) => 0,
        };
        let counted = self.counted(count, now).saturating_add(registering);
        if counted >= limit.most {
            count.turn + slow
        } else if count.under_way >= at_once {
            count.turn + QUICK
        } else {
            now
        }
    }

    fn remember(&self, account: Hashed, address: IpAddr, now: Instant) {
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
    /// Ends the attempt with a sign-in: forgets the failures of this address or device at the account, and remembers the
    /// address.
    pub(crate) fn signed_in(mut self, now: Instant) {
        self.counts = false;
        self.attempts.remember(self.account, self.address, now);
        let mut counts = lock(&self.attempts.counts);
        for limit in &self.limits {
            if let (Key::Pair(..) | Key::Device(..), Some(count)) =
                (limit.key, counts.get_mut(&limit.key))
            {
                count.counted = 0;
            }
        }
    }

    /// Ends a registration that made an account: it counts as any other, and its address is remembered.
    pub(crate) fn registered(self, now: Instant) {
        self.attempts.remember(self.account, self.address, now);
    }

    /// Ends the attempt with an outcome that cost little and reveals nothing about an account: it does not count.
    pub(crate) fn reveals_nothing(mut self) {
        self.counts = false;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut counts = lock(&self.attempts.counts);
        for limit in &self.limits {
            let Some(count) = counts.get_mut(&limit.key) else {
                continue;
            };
            count.under_way = count.under_way.saturating_sub(1);
            count.counted = count.counted.saturating_add(self.counts.into());
            if count.counted == 0 && count.under_way == 0 {
                counts.remove(&limit.key);
            }
        }
    }
}

fn digest(account: &str) -> Hashed {
    hash(folded_email(account).as_bytes())
}

fn hash(bytes: &[u8]) -> Hashed {
    let hash = blake3::hash(bytes);
    *hash.as_bytes().first_chunk().expect("a hash has 32 bytes")
}

#[cfg(test)]
mod tests;
