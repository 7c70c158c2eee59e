//! The load benchmark: whole lifecycles over HTTP against the composed server, and against two references in the same
//! run, or against another build of it. `cargo bench -- load`; `benches/README.md` says how to read it.
//!
//! Every server is a process of its own, the driver is this one. Closed loop: a connection sends its next request when
//! it has the answer to the last. The references are this program again, with another role.

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

/// Anything that ends the benchmark.
type Fault = Box<dyn std::error::Error + Send + Sync>;
