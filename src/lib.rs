//! The library behind the `campusg` command.
//!
//! Owns: the command line, the typed configuration, the composition of the crates, and everything the command prints.
//! Must not: decide anything about an order, know a storage format, or translate HTTP.
//! Invariant: only [`output`] writes to standard output or standard error.

pub mod cli;
pub mod compose;
pub mod config;
mod logging;
pub mod output;
pub mod simulate;
pub mod walkthrough;
