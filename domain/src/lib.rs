//! The rules of CampusG, as pure values and functions.
//!
//! Owns: ids, money, the order's state machine, the saga tables, the owners' logic (ledger, directory, wallet,
//! timetable, calls, inbox), the payment gateway's port, the record that the journal remembers, and the invariants.
//!
//! Must not: know a runtime, read a clock, draw randomness, or do I/O. Time and ids come in as arguments.
//! Invariant: nothing here can fail except by a [`Rejection`](rejection::Rejection), which is an answer.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))] // a new variant does not compile until each place says what it means there

pub mod call;
mod canonical;
pub mod gateway;
pub mod id;
pub mod invariant;
pub mod keys;
pub mod money;
pub mod notice;
pub mod operator_action;
pub mod order;
pub mod owner;
pub mod people;
pub mod policy;
pub mod record;
pub mod rejection;
pub mod saga;
pub mod settings;
pub mod stream;
pub mod text;
pub mod time;
pub mod timer;
pub mod transitions;
pub mod vote;
