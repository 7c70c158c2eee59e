//! Calls to the gateway that are not decided: which are to be made now, in which order.
//!
//! Must not: make a call or retry one. After a try without an answer a call is deferred until a record of its stream
//! says retry.
//! Invariant: the calls of one order go out one after another, by number; a deferred call holds back those behind it.
//! The calls of a wallet are independent: none holds another back.

use crate::{
    call::{CallChange, CallKind, CallNumber, CallState},
    id::Stream,
    record::Record,
};
use std::collections::{BTreeMap, HashMap};

/// A call that is not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenCall {
    /// What the gateway is asked to do.
    pub kind: CallKind,
    /// Whether it is to be made, or is deferred until its retry.
    pub state: CallState,
}

/// Every call that is not decided, by stream and number.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    open: HashMap<Stream, BTreeMap<CallNumber, OpenCall>>,
}

impl Calls {
    /// Folds one record's `calls` section.
    pub fn fold(&mut self, record: &Record) {
        for change in &record.calls {
            self.apply(record.stream, change);
        }
    }

    /// Puts a call read from a snapshot in place.
    pub fn restore(&mut self, stream: Stream, n: CallNumber, call: OpenCall) {
        self.open.entry(stream).or_default().insert(n, call);
    }

    /// The calls of this stream that are to be made now, by number: of an order the lowest not decided, unless it is
    /// deferred; of a wallet all that are not deferred.
    pub fn due(&self, stream: Stream) -> impl Iterator<Item = (CallNumber, CallKind)> {
        let independent = matches!(stream, Stream::Wallet(_));
        let calls = self.open.get(&stream).into_iter().flatten();
        let first = calls.take(if independent { usize::MAX } else { 1 });
        let open = first.filter(|(_, call)| call.state == CallState::Open);
        open.map(|(n, call)| (*n, call.kind))
    }

    /// Every stream with a call that is not decided, in no order.
    pub fn streams(&self) -> impl Iterator<Item = Stream> {
        self.open.keys().copied()
    }

    /// How many calls are not decided.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open.values().map(BTreeMap::len).sum()
    }

    /// Whether every call is decided.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    fn apply(&mut self, stream: Stream, change: &CallChange) {
        let calls = self.open.entry(stream).or_default();
        match *change {
            CallChange::Open { n, kind } => drop(calls.insert(
                n,
                OpenCall {
                    kind,
                    state: CallState::Open,
                },
            )),
            CallChange::Defer { n } => {
                if let Some(call) = calls.get_mut(&n) {
                    call.state = CallState::Deferred;
                }
            }
            CallChange::Retry { n } => {
                if let Some(call) = calls.get_mut(&n) {
                    call.state = CallState::Open;
                }
            }
            CallChange::Close { n } => drop(calls.remove(&n)),
        }
        if calls.is_empty() {
            self.open.remove(&stream);
        }
    }
}
