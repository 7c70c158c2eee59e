//! How much one caller may ask: a token bucket per caller, and a count of failed sign-ins.
//!
//! Must not: read a clock; the moment comes in.
//! Invariant: memory is bounded. A full table first forgets what no longer limits anybody, then the oldest half.

use crate::config::HttpConfig;
use campusg_domain::id::UserId;
use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Most callers remembered in each table.
const REMEMBERED: usize = 50_000;

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    User(UserId),
    Address(IpAddr),
}

/// Whose failures are counted together. An account is the hash of what was given as its e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Failing {
    Pair([u8; 8], IpAddr),
    Account([u8; 8]),
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    since: Instant,
}

/// The edge's counters.
#[derive(Debug)]
pub(crate) struct Limits {
    rate: f64,
    burst: f64,
    per_pair: u32,
    per_one: u32,
    window: Duration,
    remembered: usize,
    buckets: Mutex<HashMap<Who, Bucket>>,
    failures: Mutex<HashMap<Failing, Failures>>,
}

impl Limits {
    pub(crate) fn new(config: &HttpConfig) -> Self {
        Self {
            rate: f64::from(config.requests_per_second),
            burst: f64::from(config.request_burst.max(1)),
            per_pair: config.failures_per_account,
            per_one: config.failures_per_ip,
            window: Duration::from_millis(config.failure_window_ms),
            remembered: REMEMBERED,
            buckets: Mutex::default(),
            failures: Mutex::default(),
        }
    }

    /// Takes one request from the caller's bucket, or says after how many milliseconds there is one.
    pub(crate) fn request(&self, who: Who, now: Instant) -> Result<(), u64> {
        if self.rate == 0.0 {
            return Ok(());
        }
        let mut buckets = lock(&self.buckets);
        let filled = |bucket: &Bucket| {
            (bucket.tokens + now.duration_since(bucket.at).as_secs_f64() * self.rate)
                .min(self.burst)
        };
        make_room(
            &mut buckets,
            self.remembered,
            |bucket| filled(bucket) < self.burst,
            |bucket| bucket.at,
        );
        let bucket = buckets.entry(who).or_insert(Bucket {
            tokens: self.burst,
            at: now,
        });
        *bucket = Bucket {
            tokens: filled(bucket),
            at: now,
        };
        if bucket.tokens < 1.0 {
            return Err(millis((1.0 - bucket.tokens) / self.rate));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }

    /// Whether this account may be tried from this address now, or after how many milliseconds it may.
    pub(crate) fn attempt(&self, account: &str, address: IpAddr, now: Instant) -> Result<(), u64> {
        if self.per_pair == 0 {
            return Ok(());
        }
        let failures = lock(&self.failures);
        let waits = self
            .keys(account, address)
            .into_iter()
            .filter_map(|(key, most)| {
                let known = failures.get(&key).filter(|known| known.count >= most)?;
                self.window
                    .checked_sub(now.duration_since(known.since))
                    .filter(|wait| !wait.is_zero())
            });
        match waits.max() {
            Some(wait) => Err(millis(wait.as_secs_f64())),
            None => Ok(()),
        }
    }

    /// Counts a failed attempt.
    pub(crate) fn failed(&self, account: &str, address: IpAddr, now: Instant) {
        if self.per_pair == 0 {
            return;
        }
        let mut failures = lock(&self.failures);
        let counts = |known: &Failures| now.duration_since(known.since) < self.window;
        make_room(&mut failures, self.remembered, counts, |known| known.since);
        for (key, _) in self.keys(account, address) {
            let known = failures.entry(key).or_insert(Failures {
                count: 0,
                since: now,
            });
            if !counts(known) {
                *known = Failures {
                    count: 0,
                    since: now,
                };
            }
            known.count = known.count.saturating_add(1);
        }
    }

    /// Forgets the failures of this account from this address: it signed in.
    pub(crate) fn succeeded(&self, account: &str, address: IpAddr) {
        lock(&self.failures).remove(&Failing::Pair(digest(account), address));
    }

    fn keys(&self, account: &str, address: IpAddr) -> [(Failing, u32); 3] {
        let account = digest(account);
        [
            (Failing::Pair(account, address), self.per_pair),
            (Failing::Account(account), self.per_one),
            (Failing::Address(address), self.per_one),
        ]
    }
}

fn digest(account: &str) -> [u8; 8] {
    let hash = blake3::hash(account.trim().to_lowercase().as_bytes());
    *hash.as_bytes().first_chunk().expect("a hash has 32 bytes")
}

fn millis(seconds: f64) -> u64 {
    Duration::from_secs_f64(seconds.max(0.001))
        .as_millis()
        .try_into()
        .unwrap_or(u64::MAX)
}

/// A counter that a panicking thread left behind is still a counter.
fn lock<T>(table: &Mutex<T>) -> MutexGuard<'_, T> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

fn make_room<K: Eq + Hash + Copy, V>(
    table: &mut HashMap<K, V>,
    most: usize,
    counts: impl Fn(&V) -> bool,
    since: impl Fn(&V) -> Instant,
) {
    // Three more keys may come in at once.
    if table.len() + 3 <= most {
        return;
    }
    table.retain(|_, value| counts(value));
    if table.len() + 3 > most {
        let mut ages: Vec<Instant> = table.values().map(&since).collect();
        let middle = ages.len() / 2;
        let median = *ages.select_nth_unstable(middle).1;
        table.retain(|_, value| since(value) > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    const AWAY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
    const ANN: &str = "ann@campus.edu";

    fn limits(change: impl FnOnce(&mut HttpConfig)) -> Limits {
        let mut config = HttpConfig {
            requests_per_second: 10,
            request_burst: 3,
            ..HttpConfig::default()
        };
        change(&mut config);
        Limits::new(&config)
    }

    #[test]
    fn a_bucket_empties_and_fills() {
        let (limits, now) = (limits(|_| {}), Instant::now());
        for _ in 0..3 {
            assert_eq!(limits.request(Who::Address(HOME), now), Ok(()));
        }
        assert_eq!(limits.request(Who::Address(HOME), now), Err(100));
        assert_eq!(
            limits.request(Who::Address(AWAY), now),
            Ok(()),
            "others have a bucket of their own"
        );
        let later = now + Duration::from_millis(100);
        assert_eq!(limits.request(Who::Address(HOME), later), Ok(()));
        assert!(limits.request(Who::Address(HOME), later).is_err());
    }

    #[test]
    fn a_rate_of_zero_limits_nobody() {
        let limits = limits(|config| config.requests_per_second = 0);
        let now = Instant::now();
        assert!((0..1_000).all(|_| limits.request(Who::Address(HOME), now).is_ok()));
    }

    #[test]
    fn five_failures_close_one_account_from_one_address() {
        let (limits, now) = (limits(|_| {}), Instant::now());
        for _ in 0..5 {
            assert_eq!(limits.attempt(ANN, HOME, now), Ok(()));
            limits.failed("Ann@campus.edu ", HOME, now);
        }
        assert_eq!(limits.attempt(ANN, HOME, now), Err(15 * 60 * 1_000));
        assert_eq!(
            limits.attempt(ANN, AWAY, now),
            Ok(()),
            "no stranger locks an account"
        );
        assert_eq!(limits.attempt("bob@campus.edu", HOME, now), Ok(()));
        assert_eq!(
            limits.attempt(ANN, HOME, now + Duration::from_secs(15 * 60)),
            Ok(())
        );
    }

    #[test]
    fn one_address_can_not_try_every_account() {
        let (limits, now) = (limits(|config| config.failures_per_ip = 8), Instant::now());
        for n in 0..8 {
            limits.failed(&format!("user{n}@campus.edu"), HOME, now);
        }
        assert!(limits.attempt("fresh@campus.edu", HOME, now).is_err());
        assert!(limits.attempt("fresh@campus.edu", AWAY, now).is_ok());
    }

    #[test]
    fn a_sign_in_forgets_the_account_s_failures() {
        let (limits, now) = (limits(|_| {}), Instant::now());
        (0..4).for_each(|_| limits.failed(ANN, HOME, now));
        limits.succeeded(ANN, HOME);
        (0..4).for_each(|_| limits.failed(ANN, HOME, now));
        assert_eq!(limits.attempt(ANN, HOME, now), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let (mut limits, start) = (limits(|_| {}), Instant::now());
        limits.remembered = 100;
        for n in 0..1_000_u32 {
            let address = IpAddr::V4(Ipv4Addr::from(n));
            let now = start + Duration::from_millis(n.into());
            assert_eq!(limits.request(Who::Address(address), now), Ok(()));
            limits.failed(&n.to_string(), address, now);
        }
        assert!(lock(&limits.buckets).len() <= 100);
        assert!(lock(&limits.failures).len() <= 100);
    }
}
