//! A circuit breaker: holds calls back while nothing answers them. The payment owner has one per kind of call for the
//! gateway and for each brand of cards; an answer drops it.
//!
//! Must not: read a clock or make a call.
//! Invariant: while open, it lets at most one call per `open_ms` through.

use campusg_domain::time::At;
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// When the breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerConfig {
    /// So many tries without an answer, one after another, hold back the calls of that kind; at least 1. Tries that
    /// speak of one card, or of one order, do not count.
    pub failures: u32,
    /// Milliseconds until one call is let through again; at least 1.
    pub open_ms: u64,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            failures: 5,
            open_ms: 5_000,
        }
    }
}

/// Counts consecutive unanswered tries, and decides whether calls may go out.
#[derive(Clone, Debug)]
pub struct Breaker {
    config: BreakerConfig,
    // Invariant: counts failures since the last answer, including those of calls let through before it opened.
    failures: u32,
    // Invariant: `Some` exactly while open.
    next_probe: Option<At>,
}

impl Breaker {
    /// Starts closed, so that calls are let through.
    #[must_use]
    pub const fn new(config: BreakerConfig) -> Self {
        Self {
            config,
            failures: 0,
            next_probe: None,
        }
    }

    /// Returns whether a call may go out now.
    #[must_use]
    pub fn admits(&self, now: At) -> bool {
        self.next_probe.is_none_or(|at| at <= now)
    }

    /// Notes that a call goes out. While open it is a probe, which need not be reported: after another `open_ms` the
    /// next call is admitted.
    pub fn let_through(&mut self, now: At) {
        if let Some(at) = &mut self.next_probe {
            *at = now.plus(self.config.open_ms);
        }
    }

    /// Records a try that was not answered; returns whether that opened the breaker.
    pub fn record_failure(&mut self, now: At) -> bool {
        self.failures = self.failures.saturating_add(1);
        let opens = self.failures >= self.config.failures && self.next_probe.is_none();
        if opens {
            self.next_probe = Some(now.plus(self.config.open_ms));
        }
        opens
    }

    /// Whether calls are being held back.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.next_probe.is_some()
    }
}

/// Calls that are held back now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldBack {
    /// Purpose of the calls, such as `capture`.
    pub purpose: &'static str,
    /// The brand that is not reached; `None`: the gateway.
    pub brand: Option<Arc<str>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_at(now: At) -> Breaker {
        let mut breaker = Breaker::new(BreakerConfig {
            failures: 3,
            open_ms: 100,
        });
        for failure in 1..=3 {
            assert!(breaker.admits(now));
            breaker.let_through(now);
            assert_eq!(breaker.record_failure(now), failure == 3);
        }
        breaker
    }

    #[test]
    fn opens_after_n_failures_in_a_row_and_lets_one_through_after_the_pause() {
        let mut breaker = open_at(At(1_000));
        assert!(!breaker.admits(At(1_099)));
        assert!(breaker.admits(At(1_100)), "the probe");
        breaker.let_through(At(1_100));
        assert!(!breaker.admits(At(1_100)), "only one");
        assert!(!breaker.record_failure(At(1_150)), "open already");
        assert!(!breaker.admits(At(1_199)));
        assert!(
            breaker.admits(At(1_200)),
            "a failed probe is followed by another, as is one that is never reported"
        );
    }

    #[test]
    fn failures_of_calls_already_under_way_do_not_prolong_the_pause() {
        let mut breaker = open_at(At(0));
        assert!(!breaker.record_failure(At(99)));
        assert!(breaker.admits(At(100)));
    }
}
