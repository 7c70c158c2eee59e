//! Values of the snapshots: typed in memory, bytes on disk.
//!
//! Must not: know which store a value is in.
//!
//! ```text
//! whole  0 · sequence · value
//! head   1 · sequence · pieces    and pieces of 4,000 bytes each under keys of their own
//! ```
//! Invariant: no stored value is larger than 4 KiB, since sled splits its nodes only above 16 entries.

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
use serde::{Serialize, de::DeserializeOwned};

use super::feed::{FullPage, OpenPage};
use super::key::{self, Key};
use crate::codec::{self, CodecFault};

/// The largest size of one stored value, in bytes.
pub(crate) const VALUE_BYTES: usize = 4096;
const PIECE_BYTES: usize = 4000;
const WHOLE: u8 = 0;
const HEAD: u8 = 1;

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

    /// Encodes a value.
    pub(crate) fn encode(seq: Seq, value: &Value) -> Vec<u8> {
        match value {
            Value::Order(order) => whole(seq, &**order),
            Value::Wallet(wallet) => whole(seq, &**wallet),
            Value::Person(person) => whole(seq, &**person),
            Value::Store(store) => whole(seq, &**store),
            Value::Account(balance) => whole(seq, balance),
            Value::Timer(generation) => whole(seq, generation),
            Value::Call(call) => whole(seq, &(call.kind, call.state)),
            Value::Feed(page) => whole(seq, &**page),
            Value::FullPage(page) => whole(seq, &**page),
            Value::Scheduled(scheduled) => whole(seq, &**scheduled),
            Value::Photo(order) => whole(seq, order),
            Value::Boot(event) => whole(seq, event),
        }
    }

    /// Decodes a whole value; its type follows from its key.
    pub(crate) fn decode(key: &Key, bytes: &[u8]) -> Result<Self, CodecFault> {
        let at = |prefix| key.has_prefix(prefix);
        if at(key::ORDERS) {
            parse(bytes, |order| Value::Order(Arc::new(order)))
        } else if at(key::WALLETS) {
            parse(bytes, |wallet| Value::Wallet(Arc::new(wallet)))
        } else if at(key::PEOPLE) {
            parse(bytes, |person| Value::Person(Arc::new(person)))
        } else if at(key::STORES) {
            parse(bytes, |store| Value::Store(Arc::new(store)))
        } else if at(key::ACCOUNTS) {
            parse(bytes, Value::Account)
        } else if at(key::TIMERS) {
            parse(bytes, Value::Timer)
        } else if at(key::CALLS) {
            parse(bytes, |(kind, state): (CallKind, CallState)| {
                Value::Call(OpenCall { kind, state })
            })
        } else if key.is_feed_page() {
            parse(bytes, |page| Value::FullPage(Arc::new(page)))
        } else if at(key::FEEDS) {
            parse(bytes, |page| Value::Feed(Arc::new(page)))
        } else if at(key::SCHEDULES) {
            parse(bytes, |scheduled| Value::Scheduled(Arc::new(scheduled)))
        } else if at(key::PHOTOS) {
            parse(bytes, Value::Photo)
        } else {
            parse(bytes, Value::Boot)
        }
    }
}

fn whole<T: Serialize + ?Sized>(seq: Seq, value: &T) -> Vec<u8> {
    codec::encode(&(WHOLE, seq, value))
}

fn parse<T: DeserializeOwned>(
    bytes: &[u8],
    value: impl FnOnce(T) -> Value,
) -> Result<Slot, CodecFault> {
    let (_, seq, inner): (u8, Seq, T) = codec::decode(bytes)?;
    let value = Some(value(inner));
    Ok(Slot { seq, value })
}

/// The head of a large value, which says where its pieces are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) pieces: u32,
}

impl Head {
    /// Decodes a head; `None` if the bytes are a whole value.
    pub(crate) fn of(bytes: &[u8]) -> Result<Option<Self>, CodecFault> {
        if bytes.first() != Some(&HEAD) {
            return Ok(None);
        }
        let (_, seq, pieces): (u8, u64, u32) = codec::decode(bytes)?;
        Ok(Some(Self { seq, pieces }))
    }

    /// Returns the keys of the pieces, in order.
    pub(crate) fn keys(self, key: &Key) -> impl Iterator<Item = Key> + '_ {
        (0..self.pieces).map(move |n| key.piece(self.seq, n))
    }
}

/// A large value, split into the head under its own key and pieces.
pub(crate) struct Split<'a> {
    pub(crate) head: Head,
    pub(crate) bytes: Vec<u8>,
    pub(crate) pieces: Vec<&'a [u8]>,
}

/// Splits a value that is too large for one key; `None` if it is not.
pub(crate) fn split(seq: Seq, bytes: &[u8]) -> Option<Split<'_>> {
    if bytes.len() <= VALUE_BYTES {
        return None;
    }
    let pieces: Vec<&[u8]> = bytes.chunks(PIECE_BYTES).collect();
    let count = u32::try_from(pieces.len()).expect("a value is at most 1 MiB");
    let head = Head {
        seq: seq.0,
        pieces: count,
    };
    Some(Split {
        bytes: codec::encode(&(HEAD, seq, count)),
        head,
        pieces,
    })
}
