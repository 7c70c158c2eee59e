//! Routes of live streams.

pub(crate) mod order;
pub(crate) mod reader;
