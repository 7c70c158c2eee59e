//! Routes of the resource `dispute`, one per file.

pub(crate) mod list;
pub(crate) mod open;
pub(crate) mod reply;
pub(crate) mod resolve;
