//! Routes of the resource `scheduled-event`, one per file.

pub(crate) mod cancel;
pub(crate) mod create;
pub(crate) mod list;
