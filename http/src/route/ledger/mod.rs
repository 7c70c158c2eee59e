//! Routes of the resource `ledger`, one per file.

pub(crate) mod accounts;
pub(crate) mod moves;
pub(crate) mod proof;
pub(crate) mod transfers;
