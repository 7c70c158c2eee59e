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

/// Names a notice: the record that holds it, and its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NoticeId {
    /// Sequence of the record.
    pub seq: Seq,
    /// Index among the record's notices, from 0; 0 for a direct notice.
    pub index: u16,
}

/// Something that happened in one inbox. Variants are only ever appended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A direct notice came in.
    Sent {
        /// Title and message, sealed under the reader's key.
        text: Sealed,
        /// The order that it is about, if it is about one.
        order: Option<OrderId>,
    },
    /// A notice was read.
    Read {
        /// The notice that was read.
        notice: NoticeId,
    },
    /// A notice could not be delivered outside of the application.
    Failed {
        /// The notice that was not delivered.
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
        /// The order that it is about, if it is about one.
        order: Option<OrderId>,
    },
    /// Marks a notice read; its reader only.
    Read {
        /// The notice that was read.
        notice: NoticeId,
    },
    /// Marks a notice failed; the system only.
    Fail {
        /// The notice that was not delivered.
        notice: NoticeId,
    },
}

/// Decides a command for the inbox of `user`.
///
/// # Errors
/// `NotAllowed` to whoever may not give this command.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_write_the_reader_reads_and_the_system_notes_what_failed() {
        let user = |n| UserId::from_bytes([n; 16]);
        let (reader, other) = (Principal::User(user(1)), Principal::User(user(2)));
        let (operator, system) = (Principal::Operator(user(3)), Principal::System);
        let notice = NoticeId {
            seq: Seq(1),
            index: 0,
        };
        let (text, order) = (Sealed(vec![7]), None);
        let sent = text.clone();
        let table = [
            (
                Command::Send { text, order },
                Event::Sent { text: sent, order },
                vec![operator, system],
            ),
            (
                Command::Read { notice },
                Event::Read { notice },
                vec![reader],
            ),
            (
                Command::Fail { notice },
                Event::Failed { notice },
                vec![system],
            ),
        ];
        for (command, event, who) in table {
            for principal in [reader, other, operator, system, Principal::Gateway] {
                let decided = decide(user(1), &command, principal);
                let allowed = who.contains(&principal);
                let expected = allowed.then(|| vec![event.clone()]);
                assert_eq!(decided.ok(), expected, "{command:?} {principal:?}");
            }
        }
    }
}
