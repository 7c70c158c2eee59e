//! Routes of the resource `session`, one per file.

pub(crate) mod attempts;
pub(crate) mod list;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
