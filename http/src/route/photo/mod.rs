//! Routes of the resource `photo`, one per file.

pub(crate) mod get;
pub(crate) mod upload;
