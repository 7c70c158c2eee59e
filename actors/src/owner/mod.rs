//! The owners. Each folds a section of the records, votes on it, and writes its own streams.
//!
//! Must not: know another owner, or ask it anything except by the messages in [`message`](crate::message).

pub(crate) mod directory;
pub(crate) mod escrow;
pub(crate) mod notification;
pub(crate) mod payment;
pub(crate) mod timer;
