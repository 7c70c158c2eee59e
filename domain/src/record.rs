//! The record: one command, and everything that follows from it, committed at once.
//!
//! Sections carry their ids: an owner folds its own section and understands no other. They are written, not derived
//! when folded, so a later rule or fee never changes history.
//! Invariant: nothing in here uses serde's `skip*`, `flatten`, `default` or `untagged`; positions are the format.

use crate::{
    call::CallChange,
    id::{CommandId, Fingerprint, Principal, Seq, Stream},
    money::Transfer,
    notice::Notice,
    order::{Event as OrderEvent, TimerEvent},
    owner::{
        directory::{StoreEvent, UserEvent},
        inbox::Event as InboxEvent,
        schedule::Event as ScheduleEvent,
        wallet::Event as WalletEvent,
    },
    people::PeopleChange,
    stream::Meta,
    text::Sealed,
    time::At,
    timer::TimerChange,
};
use serde::{Deserialize, Serialize};

/// The journal's own facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SystemEvent {
    /// The process started.
    Booted {
        /// Version of the program that started.
        version: String,
        /// Counts the boots; an older epoch may not write.
        epoch: u32,
        /// Digest of the effective configuration.
        config: [u8; 32],
    },
    /// The system's clock jumped by more than a minute, and nobody has accepted that yet: time goes on as if it had not.
    ClockStepped {
        /// The time that goes on.
        from: At,
        /// What the clock showed then; earlier than `from` if it was set back.
        to: At,
    },
    /// The clock shows again what it should.
    ClockSettled,
    /// A person accepted what the clock shows. Where that is earlier than before, times go back here, and nowhere else.
    ClockAccepted {
        /// The newest time before it.
        from: At,
        /// What the clock shows.
        to: At,
        /// Who accepted it at the start, as they named themselves; `None` where an operator did, who is the record's
        /// principal.
        by: Option<String>,
        /// The operator's reason, sealed; `None` at the start.
        reason: Option<Sealed>,
    },
    /// A snapshot store was found damaged: both are rebuilt from the journal.
    SnapshotsDamaged {
        /// Whether it is the one with what has ended; otherwise the one with what is live.
        archive: bool,
    },
    /// Both snapshot stores are whole again.
    SnapshotsWhole,
}

/// What happened, as the events of the stream's kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Events {
    /// Events of the journal itself, in stream `system`.
    System(Vec<SystemEvent>),
    /// Events of an order.
    Order(Vec<OrderEvent>),
    /// Events of a person's account.
    User(Vec<UserEvent>),
    /// Events of a store.
    Store(Vec<StoreEvent>),
    /// Events of a person's inbox.
    Inbox(Vec<InboxEvent>),
    /// Events of one scheduled event (`/api/scheduled-events`).
    Schedule(Vec<ScheduleEvent>),
    /// Events of a person's wallet or the platform's.
    Wallet(Vec<WalletEvent>),
}

/// One command and all that follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The stream it belongs to.
    pub stream: Stream,
    /// Sequence of the stream's previous record; none for its first.
    pub prev: Seq,
    /// When it was decided; goes back within a stream only where the order or wallet is told that the clock was set back.
    pub at: At,
    /// Who gave the command.
    pub principal: Principal,
    /// The command, and the token of what was reserved for it.
    pub command: CommandId,
    /// Hash of the command's body; of a keyed command, where it counts.
    pub fingerprint: Fingerprint,
    /// Whether the principal gave it under an idempotency key, so that a repeat can come: the keys are folded from this.
    pub keyed: bool,
    /// HTTP-like status it is answered with.
    pub status: u16,
    /// The facts that the sections below follow from.
    pub events: Events,
    /// The transfers that the ledger books.
    pub money: Vec<Transfer>,
    /// Changes to people, folded by the directory.
    pub people: Vec<PeopleChange>,
    /// Timers armed, disarmed and fired, folded by the timetable.
    pub timers: Vec<TimerChange>,
    /// Calls to the payment gateway that are opened, deferred, repeated or closed.
    pub calls: Vec<CallChange>,
    /// Notices to people, folded by the notification owner.
    pub notices: Vec<Notice>,
}

impl Events {
    /// Whether an order or a wallet is told that the clock was set back, so that its time goes back too.
    pub(crate) fn set_clock_back(&self) -> bool {
        match self {
            Self::Order(events) => events
                .iter()
                .any(|event| matches!(event, OrderEvent::Timer(TimerEvent::ClockSetBack { .. }))),
            Self::Wallet(events) => events
                .iter()
                .any(|event| matches!(event, WalletEvent::ClockSetBack { .. })),
            Self::System(_)
            | Self::User(_)
            | Self::Store(_)
            | Self::Inbox(_)
            | Self::Schedule(_) => false,
        }
    }
}

impl Record {
    /// A record with events and without sections, as the owner of several streams mostly writes.
    #[must_use]
    pub const fn of_owner(stream: Stream, prev: Seq, at: At, meta: &Meta, events: Events) -> Self {
        Self {
            stream,
            prev,
            at,
            principal: meta.principal,
            command: meta.id,
            fingerprint: meta.fingerprint,
            keyed: meta.keyed,
            status: 200,
            events,
            money: vec![],
            people: vec![],
            timers: vec![],
            calls: vec![],
            notices: vec![],
        }
    }
}

/// A record with its place in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Sequence of the record in the journal.
    pub seq: Seq,
    /// What was committed there.
    pub record: Record,
}
