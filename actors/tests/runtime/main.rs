//! The actors from outside: a whole runtime, typed messages in, records out.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

#[path = "../common/mod.rs"]
mod common;

mod audit;
mod chargebacks;
mod clock;
mod counted;
mod disputes;
mod fair_lanes;
mod keys;
mod lost_charges;
mod new_cards;
mod notices;
mod orders;
mod owners;
mod panics;
mod parity;
mod payments;
mod photos;
mod proof;
mod races;
mod residence;
mod setup;
mod sources;
mod timers;
mod wallets;
mod windows;
mod words;
