//! Values of the snapshots: typed in memory, bytes on disk.
//!
//! Must not: know which store a value is in, or how large a stored value may be.

use std::sync::Arc;

use campusg_domain::{
    call::{CallKind, CallState},
    id::{OrderId, Seq},
    order::Order,
    owner::{
        calls::OpenCall,
        directory::{Person, Store},
        ledger::Balance,
        schedule::Scheduled,
        wallet::Wallet,
    },
    record::SystemEvent,
};
use serde::de::DeserializeOwned;

use super::feed::{FullPage, OpenPage};
use super::key::{self, Key};
use crate::codec::{self, CodecFault};

/// The value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Order(Arc<Order>),
    Wallet(Arc<Wallet>),
    Person(Arc<Person>),
    Store(Arc<Store>),
    Account(Balance),
    Timer(u32),
    Call(OpenCall),
    Feed(Arc<OpenPage>),
    FullPage(Arc<FullPage>),
    Scheduled(Arc<Scheduled>),
    /// The order that a photo or a picture serves.
    Photo(OrderId),
    Boot(SystemEvent),
}

/// A value or its absence, with the last record that is folded into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) seq: Seq,
    pub(crate) value: Option<Value>,
}

impl Slot {
    pub(crate) const ABSENT: Self = Self {
        seq: Seq::NONE,
        value: None,
    };
}

impl Value {
    /// Encodes a value.
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Order(order) => codec::encode(&**order),
            Self::Wallet(wallet) => codec::encode(&**wallet),
            Self::Person(person) => codec::encode(&**person),
            Self::Store(store) => codec::encode(&**store),
            Self::Account(balance) => codec::encode(balance),
            Self::Timer(generation) => codec::encode(generation),
            Self::Call(call) => codec::encode(&(call.kind, call.state)),
            Self::Feed(page) => codec::encode(&**page),
            Self::FullPage(page) => codec::encode(&**page),
            Self::Scheduled(scheduled) => codec::encode(&**scheduled),
            Self::Photo(order) => codec::encode(order),
            Self::Boot(event) => codec::encode(event),
        }
    }

    /// Decodes a value; its type follows from its key.
    pub(crate) fn decode(key: &Key, bytes: &[u8]) -> Result<Self, CodecFault> {
        let at = |prefix| key.has_prefix(prefix);
        if at(key::ORDERS) {
            parse(bytes, |order| Self::Order(Arc::new(order)))
        } else if at(key::WALLETS) {
            parse(bytes, |wallet| Self::Wallet(Arc::new(wallet)))
        } else if at(key::PEOPLE) {
            parse(bytes, |person| Self::Person(Arc::new(person)))
        } else if at(key::STORES) {
            parse(bytes, |store| Self::Store(Arc::new(store)))
        } else if at(key::ACCOUNTS) {
            parse(bytes, Self::Account)
        } else if at(key::TIMERS) {
            parse(bytes, Self::Timer)
        } else if at(key::CALLS) {
            parse(bytes, |(kind, state): (CallKind, CallState)| {
                Self::Call(OpenCall { kind, state })
            })
        } else if key.is_feed_page() {
            parse(bytes, |page| Self::FullPage(Arc::new(page)))
        } else if at(key::FEEDS) {
            parse(bytes, |page| Self::Feed(Arc::new(page)))
        } else if at(key::SCHEDULES) {
            parse(bytes, |scheduled| Self::Scheduled(Arc::new(scheduled)))
        } else if at(key::PHOTOS) || at(key::PICTURES) {
            parse(bytes, Self::Photo)
        } else {
            parse(bytes, Self::Boot)
        }
    }
}

fn parse<T: DeserializeOwned>(
    bytes: &[u8],
    value: impl FnOnce(T) -> Value,
) -> Result<Value, CodecFault> {
    codec::decode(bytes).map(value)
}
