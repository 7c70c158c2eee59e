//! The owners: whoever folds a section of the records, votes on it, and writes the streams that are its own.
//!
//! Must not: know another owner, or ask it anything but by the messages of the ground floor.

pub(crate) mod directory;
pub(crate) mod escrow;
pub(crate) mod notification;
pub(crate) mod payment;
pub(crate) mod timer;
