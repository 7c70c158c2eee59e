//! What the runtime can be asked: one type per question, with the type of its answer. No question goes
//! through an order's actor; a few ask an owner for what only its memory has.
//!
//! Answers are the domain's values and plain text for those who may read it; rights are the edge's business.

use super::{Refusal, Runtime, command::Secret};
use campusg_domain::{
    id::{OrderId, PhotoId, Principal, Seq, SessionId, UserId},
    notice::NoticeKind,
    order::{Order, Sealed, Status},
    owner::{
        directory::{Card, Person, Session},
        inbox::NoticeId,
        ledger::Totals,
    },
    record::Entry,
    time::At,
};
use std::sync::Arc;

/// A question with the type of its answer. Implemented by this crate's questions only.
pub trait Query: Sized + Send + 'static {
    /// What is answered.
    type Answer: Send + 'static;

    /// Answers it; called by [`Runtime::query`].
    #[doc(hidden)]
    fn answer(
        self,
        runtime: &Runtime,
    ) -> impl Future<Output = Result<Self::Answer, Refusal>> + Send;
}

/// Who holds this token? `None` if it opens no session.
#[derive(Clone, Debug)]
pub struct Authenticate(pub Secret);

/// A signed-in person.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// `Operator` for those who operate the platform.
    pub principal: Principal,
    /// Who.
    pub user: UserId,
    /// By which session.
    pub session: SessionId,
    /// What the directory knows.
    pub person: Arc<Person>,
    /// What was durable then: whatever was acknowledged before is in an answer as of it.
    pub durable: Seq,
}

/// An order.
#[derive(Clone, Copy, Debug)]
pub struct GetOrder(pub OrderId);

/// An order as it was at a time; `None` before it was placed.
#[derive(Clone, Copy, Debug)]
pub struct GetOrderAt(pub OrderId, pub At);

/// Records of an order, oldest first, after a cursor. Answers a [`History`].
#[derive(Clone, Copy, Debug)]
pub struct GetOrderEvents {
    /// Which order.
    pub order: OrderId,
    /// `next` of the page before.
    pub after: Option<Seq>,
    /// Most records.
    pub limit: usize,
}

/// A page of an order's records.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Oldest first, each with the order's version after it.
    pub entries: Vec<(u32, Entry)>,
    /// Where to go on, if more follow.
    pub next: Option<Seq>,
}

/// The plain text of an order's drop-off; empty where the key is gone.
#[derive(Clone, Debug)]
pub struct GetDropoff {
    /// Whose order it is: the key is theirs.
    pub customer: UserId,
    /// As the order has it.
    pub sealed: Sealed,
}

/// The PIN of an order, 0–9999.
#[derive(Clone, Copy, Debug)]
pub struct GetPin(pub OrderId);

/// Orders on the board, oldest first, after a cursor.
#[derive(Clone, Copy, Debug)]
pub struct GetBoard {
    /// The last order of the page before.
    pub after: Option<OrderId>,
    /// 1–100.
    pub limit: usize,
}

/// On which side of an order somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Ordered.
    Customer,
    /// Runs, or ran.
    Runner,
}

/// Somebody's orders, newest first, before a cursor. Answers an [`OrderPage`].
#[derive(Clone, Copy, Debug)]
pub struct GetOrdersOf {
    /// Whose.
    pub user: UserId,
    /// On which side.
    pub party: Party,
    /// Only in this status.
    pub status: Option<Status>,
    /// `next` of the page before.
    pub before: Option<Seq>,
    /// 1–100.
    pub limit: usize,
}

/// A page of somebody's orders.
#[derive(Clone, Debug)]
pub struct OrderPage {
    /// Newest first, by when he became a party.
    pub orders: Vec<Arc<Order>>,
    /// Where to go on, if more may follow.
    pub next: Option<Seq>,
}

/// Live orders in a status, for operators, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct GetLiveOrders {
    /// Only in this status.
    pub status: Option<Status>,
    /// The last order of the page before.
    pub after: Option<OrderId>,
    /// 1–100.
    pub limit: usize,
}

/// What an order would cost and hold.
#[derive(Clone, Debug)]
pub struct GetPrice(pub super::command::NewOrder);

/// A person's own profile in plain text; `None` if unknown.
#[derive(Clone, Copy, Debug)]
pub struct GetProfile(pub UserId);

/// As [`GetProfile`], with at least what was durable at an earlier moment, so that there is seldom anything to wait for.
#[derive(Clone, Copy, Debug)]
pub struct GetProfileAsOf {
    /// Whose.
    pub user: UserId,
    /// The last record that must be in the answer.
    pub as_of: Seq,
}

/// A profile in plain text.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Who.
    pub user: UserId,
    /// E-mail address; empty where the key is gone.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Phone.
    pub phone: Option<String>,
    /// What the directory knows.
    pub person: Arc<Person>,
}

impl Profile {
    /// The card on file.
    #[must_use]
    pub fn card(&self) -> Option<&Card> {
        self.person.card.as_ref()
    }

    /// Open sessions.
    #[must_use]
    pub fn sessions(&self) -> &[Session] {
        &self.person.sessions
    }
}

/// A person's inbox, newest first, before a cursor; an operator's has what all operators are told, too.
#[derive(Clone, Copy, Debug)]
pub struct GetInbox {
    /// Whose.
    pub user: UserId,
    /// The last notice of the page before.
    pub before: Option<NoticeId>,
    /// 1–100.
    pub limit: usize,
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

/// Every known store.
#[derive(Clone, Copy, Debug)]
pub struct GetStores;

/// Events scheduled over the API, oldest first. Answers ids and events.
#[derive(Clone, Copy, Debug)]
pub struct GetScheduled {
    /// Most of them.
    pub limit: usize,
}

/// The ledger's totals and the journal's head.
#[derive(Clone, Copy, Debug)]
pub struct GetProof;

/// What anybody may check. Renewed hourly, so that no single order shows.
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    /// When it was made.
    pub at: At,
    /// The last record in it.
    pub seq: Seq,
    /// The journal's chain head there.
    pub head: [u8; 32],
    /// Sums over all accounts.
    pub totals: Totals,
}

/// Every account that is not empty.
#[derive(Clone, Copy, Debug)]
pub struct GetAccounts;

/// Every transfer of an order, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct GetTransfers(pub OrderId);

/// A photo.
#[derive(Clone, Copy, Debug)]
pub struct GetPhoto(pub PhotoId);

/// A photo's bytes, and who may see it.
#[derive(Clone, Debug)]
pub struct Photo {
    /// `image/jpeg`, `image/png` or `image/webp`.
    pub content_type: &'static str,
    /// The bytes, without metadata.
    pub bytes: Vec<u8>,
    /// Who uploaded it.
    pub uploader: UserId,
    /// The order it serves, once one refers to it.
    pub order: Option<OrderId>,
}

/// Orders with a step that needs a person.
#[derive(Clone, Copy, Debug)]
pub struct GetStalled;
