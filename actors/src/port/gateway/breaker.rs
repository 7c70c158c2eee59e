//! The circuit breaker in front of the gateway: holds calls back while the gateway does not answer.
//!
//! Must not: read a clock or make a call.
//! Invariant: while open, it lets at most one call per `open_ms` through; any answer closes it.

use campusg_domain::{call::Answer, time::At};
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

/// When the breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerConfig {
    /// So many tries without an answer, one after another, open it; at least 1.
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

/// Counts consecutive unanswered tries, and decides which calls may go out.
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

    /// Returns whether a call may go out now. If not, its answer is [`Answer::Unavailable`].
    ///
    /// A call that is let through while open need not be reported: after another `open_ms` the next one is let
    /// through.
    #[must_use]
    pub fn admits(&mut self, now: At) -> bool {
        match self.next_probe {
            Some(at) if now < at => false,
            Some(_) => {
                self.next_probe = Some(now.plus(self.config.open_ms));
                true
            }
            None => true,
        }
    }

    /// Records the answer to a call that was let through.
    pub fn note(&mut self, answer: &Answer, now: At) {
        if *answer == Answer::Unavailable {
            self.record_failure(now);
        } else {
            self.record_answer();
        }
    }

    /// Records a try that was not answered.
    pub fn record_failure(&mut self, now: At) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.config.failures && self.next_probe.is_none() {
            self.next_probe = Some(now.plus(self.config.open_ms));
        }
    }

    /// Records an answer, whatever it says, which closes the breaker.
    pub const fn record_answer(&mut self) {
        self.failures = 0;
        self.next_probe = None;
    }

    /// Whether calls are being held back.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.next_probe.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new(BreakerConfig {
            failures: 3,
            open_ms: 100,
        })
    }

    fn open_at(now: At) -> Breaker {
        let mut breaker = breaker();
        for _ in 0..3 {
            assert!(breaker.admits(now));
            breaker.note(&Answer::Unavailable, now);
        }
        breaker
    }

    #[test]
    fn opens_after_n_failures_in_a_row_and_lets_one_through_after_the_pause() {
        let mut breaker = open_at(At(1_000));
        assert!(!breaker.admits(At(1_000)));
        assert!(!breaker.admits(At(1_099)));
        assert!(breaker.admits(At(1_100)), "the probe");
        assert!(!breaker.admits(At(1_100)), "only one");
        breaker.note(&Answer::Unavailable, At(1_150));
        assert!(!breaker.admits(At(1_199)));
        assert!(
            breaker.admits(At(1_200)),
            "a failed probe is followed by another"
        );
        breaker.note(&Answer::Voided, At(1_201));
        assert!(!breaker.is_open());
        assert!(breaker.admits(At(1_201)) && breaker.admits(At(1_201)));
    }

    #[test]
    fn an_answer_between_starts_the_count_anew() {
        let mut breaker = breaker();
        for _ in 0..2 {
            for _ in 0..2 {
                breaker.note(&Answer::Unavailable, At(0));
            }
            breaker.note(&Answer::Voided, At(0));
        }
        assert!(!breaker.is_open());
    }

    #[test]
    fn a_probe_that_is_never_reported_does_not_keep_it_open_for_ever() {
        let mut breaker = open_at(At(0));
        assert!(breaker.admits(At(100)));
        assert!(!breaker.admits(At(150)));
        assert!(breaker.admits(At(200)));
    }

    #[test]
    fn failures_of_calls_already_under_way_do_not_prolong_the_pause() {
        let mut breaker = open_at(At(0));
        breaker.note(&Answer::Unavailable, At(99));
        assert!(breaker.admits(At(100)));
    }
}
