//! Rate limit: a token bucket per caller.
//!
//! This module reads no clock; the time is passed in.
//! Invariant: memory is bounded. A full table first drops entries that no longer limit anybody, then the oldest half.

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

/// Most callers remembered in one table.
pub(crate) const REMEMBERED: usize = 50_000;

/// A caller whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    User(UserId),
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// All buckets.
#[derive(Debug)]
pub(crate) struct Limits {
    rate: f64,
    burst: f64,
    remembered: usize,
    buckets: Mutex<HashMap<Who, Bucket>>,
}

impl Limits {
    pub(crate) fn new(config: &HttpConfig) -> Self {
        Self {
            rate: f64::from(config.requests_per_second),
            burst: f64::from(config.request_burst.max(1)),
            remembered: REMEMBERED,
            buckets: Mutex::default(),
        }
    }

    /// Takes one token from the caller's bucket. `Err` holds the milliseconds until there is one.
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
}

/// Converts a span in seconds to milliseconds, at least 1.
pub(crate) fn millis(seconds: f64) -> u64 {
    Duration::from_secs_f64(seconds.max(0.001))
        .as_millis()
        .try_into()
        .unwrap_or(u64::MAX)
}

/// Locks a table even if a thread panicked while holding it: a counter is valid at every moment.
pub(crate) fn lock<T>(table: &Mutex<T>) -> MutexGuard<'_, T> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes room for three more keys: drops entries for which `counts` is false, then the oldest half.
pub(crate) fn make_room<K: Eq + Hash + Copy, V>(
    table: &mut HashMap<K, V>,
    most: usize,
    counts: impl Fn(&V) -> bool,
    since: impl Fn(&V) -> Instant,
) {
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
    fn memory_is_bounded() {
        let (mut limits, start) = (limits(|_| {}), Instant::now());
        limits.remembered = 100;
        for n in 0..1_000_u32 {
            let address = IpAddr::V4(Ipv4Addr::from(n));
            let now = start + Duration::from_millis(n.into());
            assert_eq!(limits.request(Who::Address(address), now), Ok(()));
        }
        assert!(lock(&limits.buckets).len() <= 100);
    }
}
