//! A channel on which notices go out of the application, as a port. Inside, a notice is in its reader's inbox as soon as its
//! record is written; that is the one channel there is as long as none is composed.
//!
//! What is recorded of a channel is what is known: that a delivery failed. A notice that nothing is recorded of is not said to
//! be sent. A mail server takes a notice before it arrives: whoever adds it appends what it answers to
//! `domain/src/owner/inbox.rs`, and shows it beside the inbox.

use campusg_domain::{id::UserId, notice::NoticeKind, owner::inbox::NoticeId};
use futures_util::future::BoxFuture;
use std::fmt;

/// A notice to be delivered outside of the application.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing {
    /// The notice's record and its index in it.
    pub id: NoticeId,
    /// The recipient.
    pub to: UserId,
    /// What the notice says; `None` for an operator's direct notice.
    pub kind: Option<NoticeKind>,
}

/// The reason why a notice could not be delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotDelivered(pub String);

/// Delivers notices to people by mail or push message.
pub trait Notifier: Send + Sync + fmt::Debug {
    /// Delivers one notice; tried once.
    fn deliver(&self, notice: Outgoing) -> BoxFuture<'static, Result<(), NotDelivered>>;
}
