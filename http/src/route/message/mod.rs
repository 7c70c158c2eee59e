//! Routes of an order's messages, one per file.

pub(crate) mod list;
pub(crate) mod send;
