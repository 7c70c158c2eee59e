//! Inboxes: operators' direct notices, notices of orders, and read marks.

use super::{
    Refusal, Runtime,
    text::{plain, text},
};
use campusg_domain::{
    id::{OrderId, UserId},
    notice::{Audience, NoticeKind},
    owner::inbox::{Command, Event, NoticeId},
    record::{Entry, Events},
    stream::Meta,
    time::At,
};
use campusg_storage::read::{InboxItem, Reads};
use serde::{Deserialize, Serialize};

/// The sealing context of direct notices.
const NOTICE: &str = "notice";

/// The plain text of a direct notice, which is sealed as a whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct PlainNotice {
    title: String,
    message: String,
    data: Option<String>,
}

/// A direct notice to be sent by an operator.
#[derive(Clone, Debug)]
pub struct NewNotice {
    /// The recipient.
    pub user: UserId,
    /// 1 to 120 characters.
    pub title: String,
    /// 1 to 2,000 characters.
    pub message: String,
    /// The order that the notice is about, if any.
    pub order: Option<OrderId>,
    /// Additional data as JSON text.
    pub data: Option<String>,
}

/// A page of an inbox.
#[derive(Clone, Debug)]
pub struct Inbox {
    /// How many of the person's own notices are unread, on all pages.
    pub unread: u64,
    /// Newest first.
    pub notices: Vec<InboxNotice>,
    /// The last notice of this page; `None` on the last page.
    pub next: Option<NoticeId>,
}

/// The content of a notice.
#[derive(Clone, Debug)]
pub enum NoticeText {
    /// A notice of an order or a wallet; the HTTP layer has the texts.
    Kind(NoticeKind),
    /// A direct notice from an operator, in plain text.
    Direct {
        /// The heading.
        title: String,
        /// The body.
        message: String,
        /// Additional data as JSON text.
        data: Option<String>,
    },
}

/// A notice as its reader sees it.
#[derive(Clone, Debug)]
pub struct InboxNotice {
    /// The notice's record and its index in it.
    pub id: NoticeId,
    /// When it was recorded.
    pub at: At,
    /// The order that the notice is about, if any.
    pub order: Option<OrderId>,
    /// The content.
    pub text: NoticeText,
    /// Whether its reader marked it as read.
    pub read: bool,
    /// Whether it is known that it could not be delivered outside of the application.
    pub failed_outside: bool,
}

impl Runtime {
    /// Sends a direct notice. Operators only.
    ///
    /// # Errors
    /// `NotAllowed`, `InvalidField`, `NotFound`, `KeyReused`.
    pub async fn send_notice(&self, meta: Meta, notice: NewNotice) -> Result<NoticeId, Refusal> {
        meta.operator()?;
        if let Some(Entry { seq, .. }) = self.done_before(&meta).await? {
            return Ok(NoticeId { seq, index: 0 });
        }
        let user = notice.user;
        let plain = PlainNotice {
            title: text("title", &notice.title, 120)?,
            message: plain("message", &notice.message, 2_000)?,
            data: notice.data,
        };
        if self.directory().person(user).is_none() {
            return Err(Refusal::not_found("user"));
        }
        let send = Command::Send {
            text: self.seal(user, NOTICE, &plain)?,
            order: notice.order,
        };
        let seq = self.submit(meta, user, send).await?;
        Ok(NoticeId { seq, index: 0 })
    }

    /// Marks a notice of the caller as read.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`.
    pub async fn read_notice(&self, meta: Meta, notice: NoticeId) -> Result<(), Refusal> {
        let user = meta.user()?;
        match self.is_read(user, notice).await? {
            None => Err(Refusal::not_found("notification")),
            Some(true) => Ok(()),
            Some(false) => {
                let read = Command::Read { notice };
                self.submit(meta, user, read).await.map(drop)
            }
        }
    }

    /// Returns a page of a person's inbox, newest first, before a notice; `limit` is 1 to 100. An operator's inbox
    /// also contains notices to all operators.
    ///
    /// # Errors
    /// A [`Refusal`] if the inbox can't be read now.
    pub async fn inbox(
        &self,
        user: UserId,
        before: Option<NoticeId>,
        limit: usize,
    ) -> Result<Inbox, Refusal> {
        let operator = self.operates(user);
        let read = move |reads: &Reads| {
            let one_more = limit.saturating_add(1);
            let mut page = reads.inbox(Audience::User(user), before, one_more)?;
            if operator {
                page.items
                    .extend(reads.inbox(Audience::Operators, before, one_more)?.items);
                page.items
                    .sort_unstable_by_key(|item| std::cmp::Reverse(item.id));
            }
            let more = page.items.len() > limit;
            page.items.truncate(limit);
            Ok((page, more))
        };
        let (page, more) = self.read(read).await?;
        let items = page.items.iter();
        let notices = items.filter_map(|item| self.notice(user, item)).collect();
        Ok(Inbox {
            unread: page.unread.into(),
            notices,
            next: page.items.last().filter(|_| more).map(|item| item.id),
        })
    }

    fn operates(&self, user: UserId) -> bool {
        let directory = self.directory();
        let person = directory.person(user);
        person.is_some_and(|person| person.operates())
    }

    pub(super) fn notice(&self, user: UserId, item: &InboxItem) -> Option<InboxNotice> {
        let record = &item.entry.record;
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
                let order = stream.order();
                (NoticeText::Kind(notice.kind), order)
            }
        };
        Some(InboxNotice {
            id: item.id,
            at: record.at,
            order,
            text,
            read: item.read,
            failed_outside: item.failed,
        })
    }

    /// Returns whether a notice to this user is read; `None` if it is not theirs.
    async fn is_read(&self, user: UserId, notice: NoticeId) -> Result<Option<bool>, Refusal> {
        let operator = self.operates(user);
        let read = move |reads: &Reads| {
            let own = reads.notice(Audience::User(user), notice)?;
            let own = own.map(|entry| entry.read.is_some());
            // A notice to all operators has no read marks, so it counts as read and nothing is written.
            let shared =
                operator && own.is_none() && reads.notice(Audience::Operators, notice)?.is_some();
            Ok(own.or(shared.then_some(true)))
        };
        self.read(read).await
    }
}
