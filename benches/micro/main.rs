//! The micro benchmark: the parts of a lifecycle, without HTTP, actors or threads. Run it with `cargo bench --
//! micro`; `benches/README.md` explains the figures.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

#[path = "../common/mod.rs"]
mod common;

mod disk;
mod harness;
mod pieces;
mod story;

use common::{machine, table::Table};
use harness::Timing;
use serde_json::{Value, json};
use std::process::ExitCode;

fn main() -> ExitCode {
    if !common::is_wanted("micro") {
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            campusg::output::problem(format_args!("error: {fault}"));
            ExitCode::FAILURE
        }
    }
}

/// Any error that ends the benchmark.
type Fault = Box<dyn std::error::Error + Send + Sync>;

fn run() -> Result<(), Fault> {
    common::say(machine::line())?;
    let story = story::Story::new();
    let mut timings = pieces::run(&story);
    timings.extend(disk::append(&story)?);
    common::say(format_args!("\n{}", times(&timings)))?;
    let folds = disk::rebuild_rates()?;
    common::say(rates(&folds))?;
    let timings: Vec<Value> = timings.iter().map(Timing::to_json).collect();
    let folds: Vec<Value> = folds.iter().map(disk::Rate::to_json).collect();
    common::keep("micro", json!({ "times": timings, "rates": folds }))?;
    Ok(())
}

fn times(timings: &[Timing]) -> Table {
    let mut table = Table::new(["piece", "median µs", "p10", "p90", "bytes"]);
    for one in timings {
        let us = |nanos: f64| format!("{:.2}", nanos / 1e3);
        let bytes = one
            .bytes
            .map_or_else(String::new, |bytes| bytes.to_string());
        table.row([
            one.name.clone(),
            us(one.median),
            us(one.p10),
            us(one.p90),
            bytes,
        ]);
    }
    table
}

fn rates(rates: &[disk::Rate]) -> Table {
    let mut table = Table::new([
        "walk over a journal",
        "records",
        "median records/s",
        "slowest",
        "fastest",
    ]);
    for one in rates {
        let [slowest, median, fastest] = one.per_second.map(|rate| format!("{rate:.0}"));
        table.row([
            one.name.to_owned(),
            one.records.to_string(),
            median,
            slowest,
            fastest,
        ]);
    }
    table
}
