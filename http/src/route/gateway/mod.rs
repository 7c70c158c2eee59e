//! Routes of the resource `gateway`, one per file.

pub(crate) mod event;
