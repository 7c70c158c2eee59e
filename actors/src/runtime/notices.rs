//! Inboxes: direct notices by operators, what orders tell, and read marks.

use super::{Refusal, Runtime, text::text};
use campusg_domain::{
    id::{OrderId, Stream, UserId},
    notice::{Audience, NoticeKind},
    owner::inbox::{Command, Event, NoticeId},
    record::Events,
    rejection::Rejection,
    stream::Meta,
    time::At,
};
use campusg_storage::read::{InboxItem, Reads};
use serde::{Deserialize, Serialize};

/// What direct notices are sealed as.
const NOTICE: &str = "notice";
/// Among how many of an inbox's latest notices a repeat is looked for.
const REPEATS_WITHIN: usize = 64;

/// A direct notice in plain text, as it is sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct PlainNotice {
    title: String,
    message: String,
    data: Option<String>,
}

/// A direct notice that is to be sent.
#[derive(Clone, Debug)]
pub struct NewNotice {
    /// To whom.
    pub user: UserId,
    /// Title.
    pub title: String,
    /// Text.
    pub message: String,
    /// The order it is about.
    pub order: Option<OrderId>,
    /// Whatever belongs to it; JSON text.
    pub data: Option<String>,
}

/// A page of an inbox.
#[derive(Clone, Debug)]
pub struct Inbox {
    /// The person's own notices not read, in all.
    pub unread: u64,
    /// The page.
    pub notices: Vec<InboxNotice>,
}

/// Whether a notice went out and was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeState {
    /// It is there.
    Sent,
    /// It was read.
    Read,
    /// It could not be delivered outside of the application.
    Failed,
}

/// What a notice says.
#[derive(Clone, Debug)]
pub enum NoticeText {
    /// Out of an order; rendered by the edge.
    Kind(NoticeKind),
    /// From an operator.
    Direct {
        /// Title.
        title: String,
        /// Text.
        message: String,
        /// Whatever belongs to it; JSON text.
        data: Option<String>,
    },
}

/// A notice.
#[derive(Clone, Debug)]
pub struct InboxNotice {
    /// Its name.
    pub id: NoticeId,
    /// When.
    pub at: At,
    /// The order it is about.
    pub order: Option<OrderId>,
    /// What it says.
    pub text: NoticeText,
    /// Whether it was read.
    pub state: NoticeState,
}

impl Runtime {
    /// Sends a direct notice. Operators only.
    ///
    /// # Errors
    /// `NotAllowed`, `InvalidField`, `NotFound`, `KeyReused`.
    pub async fn send_notice(&self, meta: Meta, notice: NewNotice) -> Result<NoticeId, Refusal> {
        meta.operator()?;
        let user = notice.user;
        let plain = PlainNotice {
            title: text("title", &notice.title, 120)?,
            message: text("message", &notice.message, 2_000)?,
            data: notice.data,
        };
        if self.directory().person(user).is_none() {
            return Err(Refusal::not_found("user"));
        }
        if let Some(sent) = self.sent_before(user, &meta).await? {
            return Ok(sent);
        }
        let send = Command::Send {
            text: self.seal(user, NOTICE, &plain)?,
            order: notice.order,
        };
        let seq = self.submit(meta, user, send).await?;
        Ok(NoticeId { seq, index: 0 })
    }

    /// Marks a notice of the caller read.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`.
    pub async fn read_notice(&self, meta: Meta, notice: NoticeId) -> Result<(), Refusal> {
        let user = meta.user()?;
        match self.notice_state(user, notice).await? {
            None => Err(Refusal::not_found("notification")),
            Some(NoticeState::Read) => Ok(()),
            Some(_) => {
                let read = Command::Read { notice };
                self.submit(meta, user, read).await.map(drop)
            }
        }
    }

    /// A person's inbox, newest first, before a notice, 1–100 at once; an operator's has what all operators are told,
    /// too.
    ///
    /// # Errors
    /// A [`Refusal`] where it can't be read now.
    pub async fn inbox(
        &self,
        user: UserId,
        before: Option<NoticeId>,
        limit: usize,
    ) -> Result<Inbox, Refusal> {
        let operator = self.operates(user);
        let read = move |reads: &Reads| {
            let mut page = reads.inbox(Audience::User(user), before, limit)?;
            if operator {
                page.items
                    .extend(reads.inbox(Audience::Operators, before, limit)?.items);
                page.items
                    .sort_unstable_by_key(|item| std::cmp::Reverse(item.id));
                page.items.truncate(limit);
            }
            Ok(page)
        };
        let page = self.read(read).await?;
        let items = page.items.iter();
        let notices = items.filter_map(|item| self.notice(user, item)).collect();
        Ok(Inbox {
            unread: page.unread.into(),
            notices,
        })
    }

    fn operates(&self, user: UserId) -> bool {
        let directory = self.directory();
        let person = directory.person(user);
        person.is_some_and(|person| person.operates())
    }

    fn notice(&self, user: UserId, item: &InboxItem) -> Option<InboxNotice> {
        let record = &item.entry.record;
        let state = match (item.read, item.failed) {
            (true, _) => NoticeState::Read,
            (false, true) => NoticeState::Failed,
            (false, false) => NoticeState::Sent,
        };
        let (text, order) = match (&record.events, record.stream) {
            (Events::Inbox(events), _) => {
                let Event::Sent { text, order } = events.first()? else {
                    return None;
                };
                let plain: PlainNotice = self.open(user, NOTICE, text)?;
                let PlainNotice {
                    title,
                    message,
                    data,
                } = plain;
                (
                    NoticeText::Direct {
                        title,
                        message,
                        data,
                    },
                    *order,
                )
            }
            (_, stream) => {
                let notice = record.notices.get(usize::from(item.id.index))?;
                let order = match stream {
                    Stream::Order(order) => Some(order),
                    Stream::System
                    | Stream::User(_)
                    | Stream::Store(_)
                    | Stream::Wallet(_)
                    | Stream::Inbox(_)
                    | Stream::Schedule(_) => None,
                };
                (NoticeText::Kind(notice.kind), order)
            }
        };
        Some(InboxNotice {
            id: item.id,
            at: record.at,
            order,
            text,
            state,
        })
    }

    /// Whether a notice of this user was read; `None` if it is not theirs.
    async fn notice_state(
        &self,
        user: UserId,
        notice: NoticeId,
    ) -> Result<Option<NoticeState>, Refusal> {
        let operator = self.operates(user);
        let read = move |reads: &Reads| {
            let own = reads.notice(Audience::User(user), notice)?;
            let own = own.map(|entry| {
                if entry.read.is_some() {
                    NoticeState::Read
                } else {
                    NoticeState::Sent
                }
            });
            // What all operators are told has no mark of one of them: there is nothing left to do.
            let shared =
                operator && own.is_none() && reads.notice(Audience::Operators, notice)?.is_some();
            Ok(own.or(shared.then_some(NoticeState::Read)))
        };
        self.read(read).await
    }

    /// The notice that this very command sent, if it is a repeat and the notice is among the inbox's latest.
    async fn sent_before(&self, user: UserId, meta: &Meta) -> Result<Option<NoticeId>, Refusal> {
        if !meta.keyed {
            return Ok(None);
        }
        let page = self
            .read(move |reads| reads.inbox(Audience::User(user), None, REPEATS_WITHIN))
            .await?;
        let mut records = page.items.iter().map(|item| (item.id, &item.entry.record));
        match records
            .find(|(_, record)| record.command == meta.id && record.stream == Stream::Inbox(user))
        {
            Some((notice, record)) if record.fingerprint == meta.fingerprint => Ok(Some(notice)),
            Some(_) => Err(Rejection::KeyReused.into()),
            None => Ok(None),
        }
    }
}
