//! Inboxes: direct notices, read marks, failed deliveries. Decides for the streams `inbox:{id}`.
//!
//! Notices that come out of orders live in the orders' records; an inbox keeps only what is its own.

use crate::{
    id::{OrderId, Principal, Seq, Stream, UserId},
    rejection::Rejection,
    stream::StreamCommand,
    text::Sealed,
};
use serde::{Deserialize, Serialize};

/// Names a notice: the record it stands in, and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NoticeId {
    /// The record.
    pub seq: Seq,
    /// Its place among the record's notices; for a direct notice, 0.
    pub index: u16,
}

/// What happened in an inbox. Variants are only ever appended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A direct notice came in.
    Sent {
        /// Title and message, sealed under the reader's key.
        text: Sealed,
        /// The order it is about.
        order: Option<OrderId>,
    },
    /// A notice was read.
    Read {
        /// Which.
        notice: NoticeId,
    },
    /// A notice could not be delivered outside of the application.
    Failed {
        /// Which.
        notice: NoticeId,
    },
}

/// A command to one inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Sends a direct notice; operators only.
    Send {
        /// Title and message, sealed under the reader's key.
        text: Sealed,
        /// The order it is about.
        order: Option<OrderId>,
    },
    /// Marks a notice read; its reader only.
    Read {
        /// Which.
        notice: NoticeId,
    },
    /// Marks a notice failed; the system only.
    Fail {
        /// Which.
        notice: NoticeId,
    },
}

/// Decides a command for the inbox of `user`.
///
/// # Errors
/// `NotAllowed`.
pub fn decide(
    user: UserId,
    command: &Command,
    principal: Principal,
) -> Result<Vec<Event>, Rejection> {
    let not_allowed = |who: &str| Err(Rejection::NotAllowed { who: who.into() });
    match (command, principal) {
        (Command::Send { text, order }, Principal::Operator(_) | Principal::System) => {
            Ok(vec![Event::Sent {
                text: text.clone(),
                order: *order,
            }])
        }
        (Command::Send { .. }, _) => not_allowed("operators"),
        (Command::Read { notice }, _) if principal.user() == Some(user) => {
            Ok(vec![Event::Read { notice: *notice }])
        }
        (Command::Read { .. }, _) => not_allowed("the reader"),
        (Command::Fail { notice }, Principal::System) => {
            Ok(vec![Event::Failed { notice: *notice }])
        }
        (Command::Fail { .. }, _) => not_allowed("the system"),
    }
}

impl StreamCommand for Command {
    type Target = UserId;

    fn stream(user: UserId) -> Stream {
        Stream::Inbox(user)
    }
}
