//! Routes of the resource `escrow`, one per file.

pub(crate) mod get;
pub(crate) mod settle;
