//! Routes of the resource `user`, one per file.

pub(crate) mod account;
pub(crate) mod begin_setup;
pub(crate) mod card;
pub(crate) mod change;
pub(crate) mod get;
pub(crate) mod me;
pub(crate) mod pay_debt;
pub(crate) mod payouts;
pub(crate) mod register;
pub(crate) mod remove_account;
pub(crate) mod remove_card;
pub(crate) mod request_payout;
pub(crate) mod set_account;
pub(crate) mod set_card;
pub(crate) mod set_runner;
pub(crate) mod wallet;
