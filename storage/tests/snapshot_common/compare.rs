//! What a store says, compared with what the records say.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::collections::{BTreeMap, BTreeSet};

use campusg_domain::call::CallState;
use campusg_domain::id::{OrderId, Principal, Seq, Stream, UserId};
use campusg_domain::invariant::state_hash;
use campusg_domain::notice::Audience;
use campusg_domain::owner::calls::Calls;
use campusg_domain::owner::inbox::{self, NoticeId};
use campusg_domain::owner::timetable::Due;
use campusg_domain::policy::Policy;
use campusg_domain::record::{Entry, Events};
use campusg_domain::time::At;
use campusg_domain::{order::Order, people::Side};
use campusg_simulation::Folds;
use campusg_storage::Reads;

/// What the records fold to, by the domain's own folds.
pub fn folds(entries: &[Entry]) -> Folds {
    let mut folds = Folds::default();
    entries.iter().for_each(|entry| folds.fold(entry));
    folds
}

/// Compares everything that a store says with what the records say.
pub fn assert_reads(reads: &Reads, entries: &[Entry]) {
    let folds = folds(entries);
    for order in folds.orders.values() {
        assert_eq!(reads.order(order.id).unwrap().as_ref(), Some(order));
    }
    for wallet in folds.wallets.iter() {
        assert_eq!(reads.wallet_of(wallet.user).unwrap().as_ref(), Some(wallet));
    }
    let accounts: BTreeMap<_, _> = reads.accounts().unwrap().into_iter().collect();
    let expected: BTreeMap<_, _> = folds.ledger.accounts().collect();
    assert_eq!(accounts, expected);
    assert_eq!(reads.totals().unwrap(), folds.ledger.totals());
    for (user, person) in folds.directory.people() {
        assert_eq!(reads.person(user).unwrap().as_ref(), Some(person));
    }
    let stores: BTreeMap<_, _> = reads.stores().unwrap().into_iter().collect();
    let expected = folds
        .directory
        .stores()
        .map(|(id, store)| (id, store.clone()));
    assert_eq!(stores, expected.collect());
    let mut due: Vec<Due> = folds.timetable.due(At(u64::MAX), usize::MAX).collect();
    due.sort();
    let mut armed = reads
        .timers_between(At(0), At(u64::MAX), usize::MAX)
        .unwrap();
    armed.sort();
    assert_eq!(armed, due);
    let mut calls = Calls::default();
    for (stream, n, call) in reads.open_calls().unwrap() {
        calls.restore(stream, n, call);
    }
    assert_eq!(calls.len(), folds.calls.len());
    for stream in folds.calls.streams() {
        assert!(calls.due(stream).eq(folds.calls.due(stream)));
    }
    for (photo, order) in &folds.photos {
        assert_eq!(reads.photo_order(*photo).unwrap(), Some(*order));
        let serves = reads.picture_order(photo.picture()).unwrap();
        assert_eq!(serves, Some(*order));
    }
    assert_live(reads, &folds);
    assert_feeds(reads, entries, &folds);
}

fn assert_live(reads: &Reads, folds: &Folds) {
    let live = folds.orders.values().filter(|order| order.is_live());
    let mut expected: BTreeMap<_, usize> = BTreeMap::new();
    live.for_each(|order| *expected.entry(order.status()).or_default() += 1);
    let mut counts = reads.live_counts();
    counts.retain(|_, n| *n > 0);
    assert_eq!(counts, expected);
    let on_board: BTreeSet<OrderId> = reads
        .board(None, usize::MAX)
        .unwrap()
        .iter()
        .map(|o| o.id)
        .collect();
    let expected = folds
        .orders
        .values()
        .filter(|o| o.stage.placement() == Some("available"));
    assert_eq!(on_board, expected.map(|o| o.id).collect());
    let stalled: BTreeSet<OrderId> = reads
        .stalled_orders()
        .unwrap()
        .iter()
        .map(|o| o.id)
        .collect();
    let tries = Policy::default().retry_tries;
    let given_up = |o: &Order| {
        o.calls
            .values()
            .any(|call| call.state == CallState::Deferred && call.failures >= tries)
    };
    let expected = folds.orders.values().filter(|o| o.is_live());
    let expected = expected.filter(|o| o.saga.stalled().next().is_some() || given_up(o));
    assert_eq!(stalled, expected.map(|o| o.id).collect());
}

/// The feeds, from their definition: a walk over all records with all orders as they were.
fn assert_feeds(reads: &Reads, entries: &[Entry], end: &Folds) {
    let (mut notices, mut read) = (
        BTreeMap::<Audience, BTreeSet<NoticeId>>::new(),
        BTreeSet::new(),
    );
    let mut visible = BTreeMap::<Audience, BTreeSet<Seq>>::new();
    let mut folds = Folds::default();
    for entry in entries {
        let Entry { seq, record } = entry;
        let before = as_order(record.stream, &folds);
        folds.fold(entry);
        for order in before.into_iter().chain(as_order(record.stream, &folds)) {
            let runner = order.stage.assignment().map(|assignment| assignment.runner);
            for user in runner.into_iter().chain([order.terms.customer]) {
                visible
                    .entry(Audience::User(user))
                    .or_default()
                    .insert(*seq);
            }
        }
        for (index, notice) in (0..).zip(&record.notices) {
            notices
                .entry(notice.to)
                .or_default()
                .insert(NoticeId { seq: *seq, index });
            visible.entry(notice.to).or_default().insert(*seq);
        }
        if let (Events::Inbox(events), Stream::Inbox(user)) = (&record.events, record.stream) {
            for event in events {
                match event {
                    inbox::Event::Sent { .. } => {
                        let id = NoticeId {
                            seq: *seq,
                            index: 0,
                        };
                        notices.entry(Audience::User(user)).or_default().insert(id);
                        visible
                            .entry(Audience::User(user))
                            .or_default()
                            .insert(*seq);
                    }
                    inbox::Event::Read { notice } => drop(read.insert((user, *notice))),
                    inbox::Event::Failed { .. } => {}
                }
            }
        }
        if matches!(record.principal, Principal::Operator(_)) {
            visible.entry(Audience::Operators).or_default().insert(*seq);
        }
    }
    for (audience, ids) in &notices {
        let page = reads.inbox(*audience, None, usize::MAX).unwrap();
        let mut got: Vec<NoticeId> = page.items.iter().map(|item| item.id).collect();
        assert!(got.is_sorted_by(|a, b| a > b), "newest first");
        got.reverse();
        assert!(got.iter().eq(ids), "{audience:?}");
        let is_read =
            |id: &NoticeId| matches!(audience, Audience::User(u) if read.contains(&(*u, *id)));
        assert!(
            page.items.iter().all(|item| item.read == is_read(&item.id)),
            "{audience:?}"
        );
        let unread = ids.iter().filter(|id| !is_read(id)).count();
        assert_eq!(page.unread as usize, unread, "{audience:?}");
    }
    for (audience, seqs) in &visible {
        let (got, more) = reads.feed_after(*audience, Seq::NONE, usize::MAX).unwrap();
        let got: BTreeSet<Seq> = got.iter().map(|entry| entry.seq).collect();
        assert!(!more && got.is_superset(seqs), "{audience:?}");
    }
    for customer in visible.keys().filter_map(|a| {
        if let Audience::User(u) = a {
            Some(*u)
        } else {
            None
        }
    }) {
        let page = reads
            .my_orders(customer, Side::Customer, None, None, usize::MAX)
            .unwrap();
        let got: BTreeSet<OrderId> = page.orders.iter().map(|order| order.id).collect();
        let mine = end
            .orders
            .values()
            .filter(|order| order.terms.customer == customer);
        assert_eq!(got, mine.map(|order| order.id).collect());
        assert_eq!(got.len(), page.orders.len(), "each once");
    }
}

fn as_order(stream: Stream, folds: &Folds) -> Option<std::sync::Arc<Order>> {
    match stream {
        Stream::Order(id) => folds.orders.get(&id).cloned(),
        _ => None,
    }
}

/// Hash of all orders, wallets and accounts that a store has.
pub fn hash_of(reads: &Reads, entries: &[Entry]) -> [u8; 32] {
    let ids: BTreeSet<OrderId> = entries
        .iter()
        .filter_map(|entry| {
            if let Stream::Order(id) = entry.record.stream {
                Some(id)
            } else {
                None
            }
        })
        .collect();
    let orders: Vec<_> = ids
        .iter()
        .map(|id| reads.order(*id).unwrap().unwrap())
        .collect();
    let mut wallets = campusg_domain::owner::wallet::Wallets::default();
    let users: BTreeSet<UserId> = entries
        .iter()
        .filter_map(|entry| match entry.record.stream {
            Stream::Wallet(user) => Some(user),
            _ => None,
        })
        .collect();
    for user in users {
        wallets.restore(reads.wallet_of(user).unwrap().unwrap());
    }
    let mut ledger = campusg_domain::owner::ledger::Ledger::default();
    for (account, balance) in reads.accounts().unwrap() {
        ledger.restore_account(account, balance);
    }
    state_hash(
        orders.iter().map(std::convert::AsRef::as_ref),
        &wallets,
        &ledger,
    )
}
