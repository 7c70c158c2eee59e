//! A set of durations and its quantiles.

use std::time::Duration;

/// Durations, unordered.
#[derive(Clone, Debug, Default)]
pub struct Sample(Vec<u64>);

impl Sample {
    pub fn add(&mut self, took: Duration) {
        self.0
            .push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Adds all durations of another sample.
    pub fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Returns the duration that `share` (0.0 to 1.0) of all do not exceed; zero for an empty sample.
    pub fn quantile(&mut self, share: f64) -> Duration {
        if self.0.is_empty() {
            return Duration::ZERO;
        }
        let place = ((self.0.len() - 1) as f64 * share).round() as usize;
        Duration::from_nanos(*self.0.select_nth_unstable(place).1)
    }
}

/// Returns a duration in milliseconds, rounded to three decimals.
pub fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
