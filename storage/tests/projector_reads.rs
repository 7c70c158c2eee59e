//! Questions to the read store: history, pages, timers, exact snapshots, waiting.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod snapshot_common;

use std::sync::{Arc, Mutex, mpsc};

use campusg_domain::call::CallNumber;
use campusg_domain::id::{Seq, Stream};
use campusg_domain::notice::Audience;
use campusg_domain::record::Entry;
use campusg_domain::time::At;
use campusg_domain::{order::Status, people::Side};
use snapshot_common::{busy, calm, feed, folds, settle, start, town};
use tempfile::TempDir;

#[test]
fn history_is_read_along_the_stream() {
    let dir = TempDir::new().unwrap();
    let (town, entries) = town(30);
    let store = start(dir.path(), &busy());
    feed(&store, &entries);
    let reads = store.reads();
    for order in town.campus.orders() {
        let mine: Vec<&Entry> = entries
            .iter()
            .filter(|e| e.record.stream == Stream::Order(order.id))
            .collect();
        let read = reads.stream_entries(order.id).unwrap();
        assert!(read.iter().eq(mine.iter().copied()));
        for entry in &mine {
            let then = folds(&entries[..entry.seq.0 as usize]).orders[&order.id].clone();
            assert_eq!(reads.order_as_of(order.id, entry.seq).unwrap(), Some(then));
        }
        let placed = order.terms.placed_at;
        assert_eq!(reads.order_at(order.id, placed.minus(1)).unwrap(), None);
        assert!(reads.order_at(order.id, placed).unwrap().is_some());
        assert_eq!(
            reads.order_at(order.id, At(u64::MAX)).unwrap().as_ref(),
            Some(order)
        );
    }
    let some = reads.entries_after(Seq(5), 7).unwrap();
    assert_eq!(some, entries[5..12]);
    assert_eq!(reads.entry(Seq(entries.len() as u64 + 1)).unwrap(), None);
}

#[test]
fn pages_follow_each_other_without_a_gap_or_a_repeat() {
    let dir = TempDir::new().unwrap();
    let (town, entries) = town(120);
    let store = start(dir.path(), &busy());
    feed(&store, &entries);
    let reads = store.reads();
    let user = town.customers[0];
    let audience = Audience::User(user);

    let all = reads.inbox(audience, None, usize::MAX).unwrap();
    assert!(
        all.items.len() > 256,
        "more than two pages: {}",
        all.items.len()
    );
    let (mut paged, mut before) = (vec![], None);
    loop {
        let page = reads.inbox(audience, before, 7).unwrap();
        before = page.items.last().map(|item| item.id);
        paged.extend(page.items);
        if !page.more {
            break;
        }
    }
    assert_eq!(paged, all.items);

    let all = reads
        .my_orders(user, Side::Customer, None, None, usize::MAX)
        .unwrap();
    let (mut paged, mut before) = (vec![], None);
    loop {
        let page = reads
            .my_orders(user, Side::Customer, None, before, 3)
            .unwrap();
        paged.extend(page.orders);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(paged, all.orders);
    let done = reads
        .my_orders(
            user,
            Side::Customer,
            Some(Status::Completed),
            None,
            usize::MAX,
        )
        .unwrap();
    assert!(!done.orders.is_empty() && done.orders.len() < all.orders.len());
    assert!(
        done.orders
            .iter()
            .all(|order| order.status() == Status::Completed)
    );

    let runner = town.runners[0];
    let lines = reads.wallet_lines(runner, None, usize::MAX).unwrap().lines;
    let earned: i64 = lines
        .iter()
        .flat_map(|line| &line.transfers)
        .map(|transfer| transfer.cents.0)
        .sum();
    assert!(earned > 0);
    let account = campusg_domain::money::Account::Payable(runner);
    let touches = |e: &&Entry| {
        e.record
            .money
            .iter()
            .any(|t| t.credit == account || t.debit == account)
    };
    assert_eq!(lines.len(), entries.iter().filter(touches).count());

    let mut replayed = vec![];
    let mut after = Seq::NONE;
    loop {
        let (part, more) = reads.feed_after(audience, after, 11).unwrap();
        after = part.last().unwrap().seq;
        replayed.extend(part);
        if !more {
            break;
        }
    }
    assert_eq!(
        replayed,
        reads.feed_after(audience, Seq::NONE, usize::MAX).unwrap().0
    );
}

#[test]
fn timers_come_in_due_order_and_no_more_than_asked() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(40);
    let half = entries.len() / 2;
    let store = start(dir.path(), &calm());
    feed(&store, &entries[..half]);
    assert!(store.projector().checkpoint());
    feed(&store, &entries[half..]);
    let reads = store.reads();
    let all = reads
        .timers_between(At(0), At(u64::MAX), usize::MAX)
        .unwrap();
    assert!(all.len() > 10 && all.is_sorted_by_key(|timer| timer.due));
    for limit in [0, 1, 5, all.len() - 1] {
        assert_eq!(
            reads.timers_between(At(0), At(u64::MAX), limit).unwrap(),
            all[..limit]
        );
    }
    let (from, to) = (all[3].due, all[7].due);
    let between = reads.timers_between(from, to, usize::MAX).unwrap();
    assert!(
        between
            .iter()
            .all(|timer| from <= timer.due && timer.due < to)
    );
    assert_eq!(
        between.len(),
        all.iter().filter(|t| from <= t.due && t.due < to).count()
    );
}

#[test]
fn a_job_sees_exactly_what_came_before_it() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(20);
    let store = start(dir.path(), &busy());
    let seen = Arc::new(Mutex::new(vec![]));
    for entry in &entries {
        store
            .queue()
            .submit(entry.record.clone(), |ack| assert!(ack.is_ok()));
        let seen = Arc::clone(&seen);
        store.projector().snapshot(move |view| {
            let calls: Vec<(Stream, CallNumber)> = view
                .reads()
                .open_calls()
                .unwrap()
                .iter()
                .map(|(s, n, _)| (*s, *n))
                .collect();
            seen.lock().unwrap().push((view.seq(), calls));
        });
    }
    let (done, wait) = mpsc::channel();
    store.queue().barrier(move |_| done.send(()).unwrap());
    wait.recv().unwrap();
    settle(&store);
    for (seq, calls) in seen.lock().unwrap().iter() {
        assert_eq!(
            calls.len(),
            folds(&entries[..seq.0 as usize]).calls.len(),
            "at {seq}"
        );
    }
}

#[test]
fn waiting_for_a_record_ends_when_it_is_folded() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(10);
    let store = start(dir.path(), &calm());
    let last = Seq(entries.len() as u64);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let reads = store.reads().clone();
    let waiting = std::thread::spawn(move || runtime.block_on(reads.wait_folded(last)));
    feed(&store, &entries);
    assert_eq!(waiting.join().unwrap(), Ok(()));
    let reads = store.reads().clone();
    store.shutdown().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    assert!(runtime.block_on(reads.wait_folded(last.next())).is_err());
}
