//! The figures of one system at one number of connections.

use crate::{
    lifecycle::{Measured, STEPS},
    probe::Written,
    sample::{Sample, millis},
    server::System,
};
use serde_json::{Value, json};
use std::time::Duration;

/// The counters of one system at one number of connections, over all rounds.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The system that was measured.
    pub system: System,
    /// How many connections it had.
    pub connections: usize,
    /// The total time of the rounds.
    pub took: Duration,
    /// What the connections measured in the rounds.
    pub measured: Measured,
    /// CPU time of the server's process in the rounds.
    pub server_cpu: Duration,
    /// CPU time of the driver's process in the rounds.
    pub driver_cpu: Duration,
    /// CPU time of everything else on the machine in the rounds.
    pub other_cpu: Duration,
    /// Groups that the journal wrote in the rounds.
    pub groups: u64,
    /// The largest number of unfolded records at the end of a round.
    pub lag: u64,
    /// Everything written, from before the warm-up until writing had stopped.
    pub written: Written,
    /// The number of lifecycles that caused `written`.
    pub written_for: u64,
    /// The server's resident memory at the end, in KiB.
    pub resident_kib: u64,
}

/// The counters as rates and quantiles.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The system that was measured.
    pub system: System,
    /// How many connections it had.
    pub connections: usize,
    /// Lifecycles per second.
    pub lifecycles: f64,
    /// Median and 99th percentile of each step, in milliseconds.
    pub steps: Vec<(f64, f64)>,
    /// Median and 99th percentile over all steps, in milliseconds.
    pub all: (f64, f64),
    /// CPU time of the server per lifecycle, in microseconds.
    pub server_us: f64,
    /// CPU time of the driver per lifecycle, in microseconds.
    pub driver_us: f64,
    /// How many cores everything else on the machine kept busy.
    pub other_cores: f64,
    /// Journal groups per second.
    pub groups: f64,
    /// Journal records per lifecycle.
    pub records: f64,
    /// Journal bytes per lifecycle.
    pub bytes: f64,
    /// Snapshot writes per lifecycle.
    pub snapshots: f64,
    /// How many written records were not folded at the end.
    pub lag: u64,
    /// Resident memory of the server, in KiB.
    pub resident_kib: u64,
    /// Responses of 503 per request that was carried out.
    pub refused: f64,
}

impl Figures {
    /// Computes rates and quantiles.
    pub fn of(counted: Counted) -> Self {
        let seconds = counted.took.as_secs_f64();
        let lifecycles = counted.measured.lifecycles as f64;
        let begun = counted.measured.begun.max(1) as f64;
        let us_each = |time: Duration| time.as_secs_f64() * 1e6 / begun;
        let written_for = counted.written_for.max(1) as f64;
        let each = |count: u64| count as f64 / written_for;
        let refused = counted.measured.refused as f64 / (begun * STEPS.len() as f64);
        let mut all = Sample::default();
        let mut steps = vec![];
        for mut step in counted.measured.steps {
            steps.push(ends(&mut step));
            all.join(step);
        }
        Self {
            system: counted.system,
            connections: counted.connections,
            lifecycles: lifecycles / seconds,
            steps,
            all: ends(&mut all),
            server_us: us_each(counted.server_cpu),
            driver_us: us_each(counted.driver_cpu),
            other_cores: counted.other_cpu.as_secs_f64() / seconds,
            groups: counted.groups as f64 / seconds,
            records: each(counted.written.records),
            bytes: each(counted.written.bytes),
            snapshots: each(counted.written.snapshots),
            lag: counted.lag,
            resident_kib: counted.resident_kib,
            refused,
        }
    }

    /// Returns the figures for the JSON file.
    pub fn to_json(&self) -> Value {
        let ends = |(p50, p99): &(f64, f64)| json!({ "p50_ms": p50, "p99_ms": p99 });
        let steps: serde_json::Map<String, Value> = STEPS
            .iter()
            .zip(&self.steps)
            .map(|(step, both)| ((*step).to_owned(), ends(both)))
            .collect();
        json!({
            "system": self.system.name(),
            "connections": self.connections,
            "lifecycles_per_second": rounded(self.lifecycles),
            "requests_per_second": rounded(self.requests()),
            "all_steps": ends(&self.all),
            "steps": steps,
            "server_cpu_us_per_lifecycle": rounded(self.server_us),
            "driver_cpu_us_per_lifecycle": rounded(self.driver_us),
            "other_cores": rounded(self.other_cores),
            "groups_per_second": rounded(self.groups),
            "records_per_lifecycle": rounded(self.records),
            "journal_bytes_per_lifecycle": rounded(self.bytes),
            "snapshot_writes_per_lifecycle": rounded(self.snapshots),
            "fold_lag_records": self.lag,
            "resident_kib": self.resident_kib,
            "refused_per_request": self.refused,
        })
    }

    /// Returns the lifecycles per second.
    pub const fn rate(&self) -> f64 {
        self.lifecycles
    }

    /// Returns the 99th percentile of placing, in milliseconds.
    pub fn place_p99(&self) -> f64 {
        self.steps[0].1
    }

    /// Returns the lifecycles per second of CPU time, including the driver's: what one core could do if it did
    /// nothing else. Unlike the rate, it hardly depends on other work of the machine.
    pub fn per_cpu_second(&self) -> f64 {
        1e6 / (self.server_us + self.driver_us)
    }

    /// Returns the requests per second, without the one for the PIN.
    pub fn requests(&self) -> f64 {
        self.lifecycles * STEPS.len() as f64
    }
}

fn ends(sample: &mut Sample) -> (f64, f64) {
    (millis(sample.quantile(0.5)), millis(sample.quantile(0.99)))
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
