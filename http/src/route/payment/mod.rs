//! Routes of the resource `payment`, one per file.

pub(crate) mod get;
pub(crate) mod list;
