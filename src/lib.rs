//! The library behind the `campusg` command.
//!
//! Owns: the command line, the typed configuration, the composition of the crates, the page of the sandbox's bank, and
//! everything the command prints.
//! Must not: decide anything about an order, know a storage format, or translate the product's HTTP.
//! Invariant: only [`output`] prints; bars and the question for a password draw on the terminal, in `cli`.

pub mod cli;
pub mod compose;
pub mod config;
mod logging;
pub mod output;
