//! Routes of the resource `user`, one per file.

pub(crate) mod card;
pub(crate) mod change;
pub(crate) mod get;
pub(crate) mod me;
pub(crate) mod register;
pub(crate) mod remove_card;
pub(crate) mod set_card;
pub(crate) mod set_runner;
pub(crate) mod wallet;
