//! The sandbox payment gateway: test cards, a fake bank with its own book on disk, and two ways to reach it.
//!
//! Owns: the record of what the gateway did, in a separate file, so that no crash of either side can hide a double charge.
//! Must not: know orders, or hold a rule of money: those are the bank's.
//! Invariants: those of [`Book`]; nothing here touches a real card or a real bank.
//!
//! | card | what happens |
//! |---|---|
//! | `tok_visa` | everything succeeds |
//! | `tok_declined`, `tok_insufficient_funds` | the authorisation is declined |
//! | `tok_slow` | everything succeeds, every answer takes `slow_ms` |
//! | `tok_timeout_then_succeeds` | every authorisation, capture and refund is done, but its first answer is lost, whatever it says |
//! | `tok_down`, `tok_down_N` | an authorisation is not answered (N times, or for ever), nothing is done |
//! | `tok_action_required` | the bank asks the customer to confirm; the answer comes as an event |
//! | `tok_second_declined` | the first authorisation of an order succeeds, a second one, or a later tip, is declined |
//! | `tok_capture_fails` | authorises; the capture is declined |
//! | `tok_capture_down`, `tok_capture_down_N` | authorises; a capture is not answered (N times, or for ever) |
//! | `tok_capture_late` | authorises; the capture is not answered, succeeds after `late_ms`, reported by an event |
//! | `tok_refund_fails` | authorises and captures; the refund is declined |
//! | `tok_refund_down_N` | authorises and captures; a refund is not answered N times |
//! | `tok_late` | the authorisation is not answered, succeeds after `late_ms`, reported by an event |
//! | `tok_lapses` | authorises; the bank lets it go after `late_ms`, reported by an event |
//! | `tok_chargeback` | the bank takes each charge back after `chargeback_ms`, for `chargeback_fee_cents`, and never decides |
//! | `tok_chargeback_won` | as `tok_chargeback`; `verdict_ms` later the bank gives the charge again |
//! | `tok_chargeback_lost` | as `tok_chargeback`; `verdict_ms` later the bank keeps the charge |
//! | any other | the authorisation is declined: card invalid |
//!
//! | bank account | what happens |
//! |---|---|
//! | `acct_bank` | the payout succeeds |
//! | `acct_closed` | the payout is declined: account invalid |
//! | `acct_slow` | the payout succeeds, its answer takes `slow_ms` |
//! | `acct_timeout_then_succeeds` | the payout is done, but its first answer is lost |
//! | `acct_down`, `acct_down_N` | a payout is not answered (N times, or for ever), nothing is done |
//! | `acct_late` | the payout is not answered, is paid after `late_ms`, reported by an event |
//! | `acct_fails_late` | the payout is not answered, is declined after `late_ms`, reported by an event |
//! | `acct_sends_back` | the payout succeeds, and comes back after `send_back_ms`, reported by an event |
//! | any other | the payout is declined: account invalid |
//!
//! [`campusg_bank`] has the other rules of money.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a rehearsal: what a test card does not name, it does well"
)]

mod book;
mod card;
mod config;
mod desk;
mod feed;
mod gateway;
mod remote;
mod server;
mod wire;

pub use book::{Book, BookFault, LinePage};
pub use campusg_bank::{BookLine, Fact, Handled, Misuse, Setup, Totals, Tuning};
pub use card::{TEST_ACCOUNTS, TEST_CARDS, TestToken};
pub use config::SandboxConfig;
pub use desk::{Desk, Now};
pub use feed::Faults;
pub use gateway::{Bank, ConfirmFault, Sandbox, SandboxGateway, Transport};
pub use remote::{Pool, RemoteGateway};
pub use server::{MAX_CONNECTIONS, serve};
pub use wire::{Ask, AskLine, MAX_LINE_BYTES, Reply, ReplyLine};
