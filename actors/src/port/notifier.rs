//! Delivery of notices outside of the application, as a port. Inside, a notice exists as soon as its record does.

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

/// Delivers notices to people by mail, push message or log.
pub trait Notifier: Send + Sync + fmt::Debug {
    /// Delivers one notice; tried once.
    fn deliver(&self, notice: Outgoing) -> BoxFuture<'static, Result<(), NotDelivered>>;
}

/// Writes each notice to the log, at debug level.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogNotifier;

impl Notifier for LogNotifier {
    fn deliver(&self, notice: Outgoing) -> BoxFuture<'static, Result<(), NotDelivered>> {
        tracing::debug!(user = %notice.to, notice = ?notice.kind, seq = notice.id.seq.0, "notice");
        Box::pin(std::future::ready(Ok(())))
    }
}
