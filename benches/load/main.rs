//! The load benchmark: whole lifecycles over HTTP against the product's server, compared with two reference servers
//! in the same run, or with another build. Run it with `cargo bench -- load`; `benches/README.md` explains the
//! figures.
//!
//! Every server is a process of its own; this process is the driver. Closed loop: a connection sends its next request
//! when it has the response to the last. The reference servers are this program, started with another role.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

#[path = "../common/mod.rs"]
mod common;

mod account;
mod against;
mod bout;
mod client;
mod figures;
mod lifecycle;
mod probe;
mod reference;
mod report;
mod run;
mod sample;
mod server;
mod usage;

use std::process::ExitCode;

fn main() -> ExitCode {
    let done = match reference::role() {
        Some(role) => reference::serve(&role),
        None if common::is_wanted("load") => run::run(),
        None => return ExitCode::SUCCESS,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            campusg::output::problem(format_args!("error: {fault}"));
            ExitCode::FAILURE
        }
    }
}

/// Any error that ends the benchmark.
type Fault = Box<dyn std::error::Error + Send + Sync>;
