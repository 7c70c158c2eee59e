//! Delivery of notices outside of the application as a port. Inside, a notice is there as soon as its record is.

use campusg_domain::{id::UserId, notice::NoticeKind, owner::inbox::NoticeId};
use futures_util::future::BoxFuture;
use std::fmt;

/// A notice on its way out.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing {
    /// Its name.
    pub id: NoticeId,
    /// To whom.
    pub to: UserId,
    /// What it says; none for a direct notice.
    pub kind: Option<NoticeKind>,
}

/// A notice could not be delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotDelivered(pub String);

/// Carries notices to where people are: mail, push, a log.
pub trait Notifier: Send + Sync + fmt::Debug {
    /// Delivers one notice.
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
