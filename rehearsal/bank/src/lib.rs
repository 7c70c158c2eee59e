//! A fake bank behind the payment gateway: from its state and a call it derives an answer, facts and events.
//!
//! Owns: authorisations, charges, refunds, payouts and chargebacks, and that a call is done once under its key.
//! Must not: read a clock, draw randomness, do I/O, or know an order. It checks no balance: payouts may exceed what was
//! captured.
//! Invariants: each authorisation is captured at most once; refunds never exceed their capture; a voided authorisation
//! or charge never takes money, whether it came before or after the void; the state is a fold of the facts.
//!
//! An authorisation ends by its capture, by a void, or after [`Tuning::capture_window_ms`], which an event reports.
//! A void that comes before its authorisation is kept: the authorisation is then declined as expired. A bank takes back
//! what of a charge was not refunded; what it has taken back can't be refunded.
//!
//! [`Scripts`] says which test token stands for which behaviour.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a rehearsal: what a script does not name, it does well"
)]

mod bank;
mod decide;
mod fact;
mod known;
mod payout;
mod script;
mod setup;
mod state;
mod tuning;

pub use bank::{Bank, Handled};
pub use fact::{BookLine, Fact, Misuse, Setup, Totals};
pub use script::{AccountScript, Behaviour, CardScript, Issuer, Payee, Scripts};
pub use tuning::Tuning;
