//! Routes of the resource `health`, one per file.

pub(crate) mod live;
pub(crate) mod ready;
