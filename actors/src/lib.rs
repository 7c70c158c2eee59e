//! The runtime of CampusG: thin actix shells around the domain's pure owners, and the registry that supervises them.
//!
//! It must not contain rules (those are the domain's), file formats (those are the storage's) or HTTP types.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))] // a new variant does not compile until each place says what it means there

#[cfg(test)]
extern crate self as campusg_actors;

mod commit;
mod desk;
mod directory;
mod env;
mod errand;
mod escrow;
mod fatal;
pub mod live;
mod notification;
mod order;
mod orders;
mod payment;
pub mod port;
pub mod registry;
pub mod runtime;
mod timer;
mod vote;

#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod common;
