//! Routes of the resource `notification`, one per file.

pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod send;
