//! The runtime of CampusG: thin actix shells around the domain's pure owners, and the registry that supervises them.
//!
//! From the ground up: ports, the registry, refusals and messages; the way to the owners; what every shell works with; the
//! shells; the owners; the facade. `tests/import_graph` of the workspace holds the order.
//!
//! It must not contain rules (those are the domain's), file formats (those are the storage's) or HTTP types.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))] // a new variant does not compile until each place says what it means there

#[cfg(test)]
extern crate self as campusg_actors;

mod fatal;
pub mod live;
mod message;
mod owner;
mod owners;
pub mod port;
mod refusal;
pub mod registry;
pub mod runtime;
mod services;
mod shell;

#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod common;
