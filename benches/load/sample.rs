//! A set of durations, and where its middle and its end lie.

use std::time::Duration;

/// Durations in no order.
#[derive(Clone, Debug, Default)]
pub struct Sample(Vec<u64>);

impl Sample {
    /// Adds one.
    pub fn add(&mut self, took: Duration) {
        self.0
            .push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Adds all of another.
    pub fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The duration that `share` (0.0–1.0) of all do not exceed; zero of none.
    pub fn quantile(&mut self, share: f64) -> Duration {
        if self.0.is_empty() {
            return Duration::ZERO;
        }
        let place = ((self.0.len() - 1) as f64 * share).round() as usize;
        Duration::from_nanos(*self.0.select_nth_unstable(place).1)
    }
}

/// In milliseconds, rounded to thousandths.
pub fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
