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
    order::Event as OrderEvent,
    owner::{
        directory::{StoreEvent, UserEvent},
        inbox::Event as InboxEvent,
        schedule::Event as ScheduleEvent,
        wallet::Event as WalletEvent,
    },
    people::PeopleChange,
    stream::Meta,
    time::At,
    timer::TimerChange,
};
use serde::{Deserialize, Serialize};

/// The journal's own facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SystemEvent {
    /// The process started.
    Booted {
        /// Its version.
        version: String,
        /// Counts the boots; an older epoch may not write.
        epoch: u32,
        /// Digest of the effective configuration.
        config: [u8; 32],
    },
}

/// What happened, by kind of stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Events {
    /// To the whole.
    System(Vec<SystemEvent>),
    /// To an order.
    Order(Vec<OrderEvent>),
    /// To a person's account.
    User(Vec<UserEvent>),
    /// To a store.
    Store(Vec<StoreEvent>),
    /// To a person's inbox.
    Inbox(Vec<InboxEvent>),
    /// To an event scheduled over the API.
    Schedule(Vec<ScheduleEvent>),
    /// To a wallet.
    Wallet(Vec<WalletEvent>),
}

/// One command and all that follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The stream it belongs to.
    pub stream: Stream,
    /// Sequence of the stream's previous record; none for its first.
    pub prev: Seq,
    /// When it was decided; never goes back within a stream.
    pub at: At,
    /// Who gave the command.
    pub principal: Principal,
    /// The command, and the token of what was reserved for it.
    pub command: CommandId,
    /// Hash of the command's body.
    pub fingerprint: Fingerprint,
    /// HTTP-like status it is answered with.
    pub status: u16,
    /// What happened.
    pub events: Events,
    /// What the ledger books.
    pub money: Vec<Transfer>,
    /// What the directory changes.
    pub people: Vec<PeopleChange>,
    /// What the timetable changes.
    pub timers: Vec<TimerChange>,
    /// What the gateway is asked, or has answered.
    pub calls: Vec<CallChange>,
    /// What people are told.
    pub notices: Vec<Notice>,
}

impl Record {
    /// A record with events and no sections, as an owner of many streams writes most of them.
    #[must_use]
    pub const fn of_owner(stream: Stream, prev: Seq, at: At, meta: &Meta, events: Events) -> Self {
        Self {
            stream,
            prev,
            at,
            principal: meta.principal,
            command: meta.id,
            fingerprint: meta.fingerprint,
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

/// A record in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the journal.
    pub seq: Seq,
    /// The record.
    pub record: Record,
}
