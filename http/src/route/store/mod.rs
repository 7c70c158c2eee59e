//! Routes of the resource `store`, one per file.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod list;
