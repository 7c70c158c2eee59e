//! Measures a piece of code in batches that are long compared with the clock's resolution. The median of many batches
//! is the figure, so that other work of the machine shows only in the spread.

use serde_json::{Value, json};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use crate::common;

/// The shortest length of a batch.
const BATCH: Duration = Duration::from_micros(500);
/// How many batches are measured.
const BATCHES: usize = 401;

/// How long one call takes, in nanoseconds.
#[derive(Clone, Debug)]
pub struct Timing {
    /// The name of what was measured.
    pub name: String,
    /// Half of the batches were faster, in nanoseconds per call.
    pub median: f64,
    /// A tenth of the batches were faster, in nanoseconds per call.
    pub p10: f64,
    /// A tenth of the batches were slower, in nanoseconds per call.
    pub p90: f64,
    /// How many bytes a call produces, if it produces any.
    pub bytes: Option<usize>,
}

impl Timing {
    /// Returns the figures for the JSON file.
    pub fn to_json(&self) -> Value {
        json!({ "name": self.name, "median_ns": self.median, "p10_ns": self.p10, "p90_ns": self.p90, "bytes": self.bytes })
    }

    /// Adds how many bytes a call produces.
    pub fn of_bytes(mut self, bytes: usize) -> Self {
        self.bytes = Some(bytes);
        self
    }
}

/// Measures calls of `work` in batches.
pub fn time<T>(name: impl Into<String>, mut work: impl FnMut() -> T) -> Timing {
    let mut batch = |calls: u32| {
        let began = Instant::now();
        for _ in 0..calls {
            black_box(work());
        }
        began.elapsed()
    };
    let mut calls = 1;
    // The first batches warm up caches and find out how many calls fill a batch.
    while batch(calls) < BATCH && calls < 1 << 24 {
        calls *= 2;
    }
    let batches = if common::is_rehearsal() { 1 } else { BATCHES };
    let each = (0..batches)
        .map(|_| batch(calls).as_nanos() as f64 / f64::from(calls))
        .collect();
    summary(name.into(), each)
}

/// Measures each call of `work` separately, for calls that wait for a device.
///
/// # Errors
/// The first error of `work`.
pub fn time_each<E>(
    name: impl Into<String>,
    calls: usize,
    mut work: impl FnMut() -> Result<(), E>,
) -> Result<Timing, E> {
    let mut each = Vec::with_capacity(calls);
    for _ in 0..calls {
        let began = Instant::now();
        work()?;
        each.push(began.elapsed().as_nanos() as f64);
    }
    Ok(summary(name.into(), each))
}

fn summary(name: String, mut each: Vec<f64>) -> Timing {
    each.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        (each[((each.len() - 1) as f64 * share).round() as usize] * 10.0).round() / 10.0
    };
    Timing {
        name,
        median: at(0.5),
        p10: at(0.1),
        p90: at(0.9),
        bytes: None,
    }
}
