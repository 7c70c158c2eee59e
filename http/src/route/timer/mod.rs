//! Routes of the resource `timer`, one per file.

pub(crate) mod list;
