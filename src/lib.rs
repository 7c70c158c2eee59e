//! The library behind the `campusg` command: the command line, the configuration, the composition of the crates, the
//! pages of the sandbox's bank, and all output.
//!
//! Must not: decide anything about an order, know a storage format, or translate the product's HTTP.
//! Invariant: only [`output`] prints, except that progress bars and the password prompt in `cli` draw on the
//! terminal.

pub mod cli;
pub mod compose;
pub mod config;
mod logging;
pub mod output;
