//! The runtime of CampusG: thin actix actors ("shells") around the domain's pure functions, and the registry that
//! supervises them.
//!
//! Layers from the bottom: ports; the registry, refusals and messages; the addresses of the owners; the services that
//! all shells share; the shells; the owners; the façade [`runtime`]. `tests/import_graph` of the workspace checks
//! this order.
//!
//! Must not: contain rules (they are the domain's), file formats (the storage's) or HTTP types.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))] // a new variant does not compile until each place says what it means there

#[cfg(test)]
extern crate self as campusg_actors;

mod fatal;
mod keys;
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
