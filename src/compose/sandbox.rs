//! Connects the sandbox payment gateway, in this process or in another, with the page of its bank.
//!
//! This is the only place that names a payment gateway. A second one would get a module beside this one, which
//! `start_runtime` would use instead.

use super::{ComposeFault, Payments, bank_page};
use crate::config::Config;
use campusg_actors::port::clock::{Clock, SystemClock};
use campusg_domain::{
    call::CallKind,
    gateway::CallKey,
    id::{Principal, Seq},
    money::Cents,
    order::{self, CallEvent, PlacingEvent},
    owner::wallet,
    record::{Events, Record},
};
use campusg_sandbox::{Book, RemoteGateway, SandboxGateway, Tuning};
use campusg_storage::Reads;
use std::{path::Path, sync::Arc};

/// Returns the sandbox gateway as it is configured.
///
/// # Errors
/// [`ComposeFault::Book`], [`ComposeFault::BookLacks`].
pub(super) fn payments(
    config: &Config,
    clock: &SystemClock,
    reads: &Reads,
) -> Result<Payments, ComposeFault> {
    let (settings, timeout_ms) = (&config.sandbox, config.gateway.timeout_ms);
    let currency = config.policy.currency;
    if let Some(address) = settings.address {
        let remote = RemoteGateway::new(address, config.gateway.concurrency, timeout_ms);
        let remote = Arc::new(remote);
        return Ok(Payments {
            pages: bank_page::router(Arc::clone(&remote) as _, currency),
            gateway: remote,
        });
    }
    let path = config.data.join(&settings.book);
    let answered = if settings.book_may_be_lost {
        vec![]
    } else {
        answered(reads)?
    };
    if !answered.is_empty() && !path.exists() {
        return Err(lacks(&path, &answered[0]));
    }
    let book = open_book(&path, settings.tuning)?;
    if let Some(key) = answered.iter().find(|key| !book.knows(key)) {
        return Err(lacks(&path, key));
    }
    let clock = clock.clone();
    let now = Arc::new(move || clock.now());
    let inside = SandboxGateway::new(book, settings.faults, timeout_ms, now);
    let inside = Arc::new(inside);
    Ok(Payments {
        pages: bank_page::router(Arc::clone(&inside) as _, currency),
        gateway: inside,
    })
}

fn lacks(path: &Path, key: &CallKey) -> ComposeFault {
    ComposeFault::BookLacks {
        path: path.into(),
        key: key.as_str().into(),
    }
}

/// The last calls that the gateway has answered, as the journal says. A book has them on disk before it answers, so one that
/// lacks any of them was lost, cut, or is of another folder.
fn answered(reads: &Reads) -> Result<Vec<CallKey>, ComposeFault> {
    const RECORDS: u64 = 1_024;
    let mut upto = reads.head().0.0;
    let mut keys = vec![];
    while keys.is_empty() && upto > 0 {
        let after = upto.saturating_sub(RECORDS);
        let count = usize::try_from(upto - after).unwrap_or(usize::MAX);
        let entries = reads.entries_after(Seq(after), count);
        let entries = entries.map_err(ComposeFault::Unreadable)?;
        keys.extend(entries.iter().flat_map(|entry| answered_in(&entry.record)));
        upto = after;
    }
    Ok(keys)
}

/// The calls whose success the gateway reports in this record.
fn answered_in(record: &Record) -> Vec<CallKey> {
    let (stream, cents) = (record.stream, Cents(0));
    if record.principal != Principal::Gateway {
        return vec![];
    }
    let order = |event: &order::Event| match event {
        order::Event::Placing(PlacingEvent::Authorized { call, .. }) => {
            Some(CallKey::of(stream, CallKind::Authorize { cents }, *call))
        }
        order::Event::Call(CallEvent::Refunded { call, .. }) => {
            let kind = CallKind::Refund { capture: 0, cents };
            Some(CallKey::of(stream, kind, *call))
        }
        _ => None,
    };
    let wallet = |event: &wallet::Event| match event {
        wallet::Event::PayoutPaid { call, .. } => Some(CallKey::of_payout(stream, *call)),
        _ => None,
    };
    match &record.events {
        Events::Order(events) => events.iter().filter_map(order).collect(),
        Events::Wallet(events) => events.iter().filter_map(wallet).collect(),
        _ => vec![],
    }
}

/// Opens the sandbox gateway's book; creates its folder if it is missing.
///
/// # Errors
/// [`ComposeFault::Book`] with the path.
pub fn open_book(path: &Path, tuning: Tuning) -> Result<Arc<Book>, ComposeFault> {
    let book = Book::open(path, tuning).map_err(|source| ComposeFault::Book {
        path: path.into(),
        source,
    })?;
    Ok(Arc::new(book))
}
