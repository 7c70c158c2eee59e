//! The projector's fold against the domain's own folds: in the overlay, in the stores, after a
//! start, after a rebuild; what a checkpoint writes, and how often.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod snapshot_common;

use campusg_domain::call::CallNumber;
use campusg_domain::id::{Seq, Stream};
use campusg_domain::notice::Audience;
use campusg_domain::order::{Side, Status};
use campusg_domain::policy::Policy;
use campusg_domain::record::Entry;
use campusg_domain::time::At;
use campusg_storage::store::{Distrust, Store};
use campusg_storage::verify::verify;
use snapshot_common::{
    Plan, Town, assert_reads, busy, calm, feed, folds, hash_of, open, options, settle, start, town,
};
use std::sync::{Arc, Mutex, mpsc};
use tempfile::TempDir;

#[test]
fn what_is_read_is_what_the_records_say_wherever_it_lies() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(60);
    let store = start(dir.path(), &calm());
    feed(&store, &entries);
    assert_eq!(store.reads().writes().checkpoints, 0);
    assert_reads(store.reads(), &entries);

    assert!(store.projector().checkpoint());
    assert!(store.reads().writes().archive > 0);
    assert_reads(store.reads(), &entries);
    assert_eq!(hash_of(store.reads(), &entries), folds(&entries).state_hash());
    store.shutdown().unwrap();

    let opened = open(dir.path(), &calm());
    assert_eq!((opened.report.rebuilt, opened.report.folded), (None, 0));
    assert_reads(opened.store.reads(), &entries);
}

#[test]
fn checkpoints_between_batches_change_nothing_that_is_read() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(90);
    let config = campusg_storage::StorageConfig { dirty_keys: 64, ..calm() };
    let store = start(dir.path(), &config);
    for (n, part) in entries.chunks(23).enumerate() {
        feed(&store, part);
        if n % 16 == 0 {
            assert_reads(store.reads(), &entries[..n * 23 + part.len()]);
        }
    }
    let made = store.reads().writes().checkpoints;
    assert!(made > 10, "{made} checkpoints for {} records", entries.len());
    assert_reads(store.reads(), &entries);
    drop(store);
    let opened = open(dir.path(), &config);
    assert_eq!(opened.report.rebuilt, None);
    assert_reads(opened.store.reads(), &entries);
}

#[test]
fn the_owners_start_from_what_the_records_say() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(40);
    let store = start(dir.path(), &busy());
    feed(&store, &entries);
    drop(store);
    let boot = open(dir.path(), &busy()).boot;
    let expected = folds(&entries);
    assert_eq!(boot.folded, Seq(entries.len() as u64));
    assert_eq!(boot.next_epoch(), 4);
    assert_eq!(boot.armed_timers, expected.timetable.armed());
    assert_eq!(boot.ledger.totals(), expected.ledger.totals());
    let promises = |ledger: &campusg_domain::owner::ledger::Ledger| {
        let mut all: Vec<_> = ledger.promised().map(|(s, n, p)| (s, n, p.debit, p.credit, p.cents)).collect();
        all.sort();
        all
    };
    assert!(!promises(&expected.ledger).is_empty(), "the town leaves promises open");
    assert_eq!(promises(&boot.ledger), promises(&expected.ledger));
    assert_eq!(boot.calls.len(), expected.calls.len());
    for (user, person) in expected.directory.people() {
        assert_eq!(boot.directory.person(user), Some(person));
    }
    assert_eq!(boot.live_orders, expected.orders.values().filter(|o| o.is_live()).count() as u64);
}

#[test]
fn a_lifecycle_of_nine_records_costs_at_most_six_writes() {
    const ORDERS: usize = 200;
    let dir = TempDir::new().unwrap();
    let plan = Plan { seed: 3, customers: 40, runners: 20, orders: 0 };
    let mut town = Town::new(&plan, Policy::default());
    let before = town.campus.journal().len();
    for n in 0..ORDERS {
        let (customer, runner) = (town.customers[n % 40], town.runners[n % 20]);
        let order = town.place(customer, 3, n as u64);
        town.run(runner, order, 6);
        assert_eq!(town.campus.order(order).unwrap().status(), Status::Completed);
    }
    let entries = town.campus.journal().to_vec();
    let records = entries.len() - before;
    assert_eq!(records, ORDERS * 9, "a lifecycle is nine records");

    let store = start(dir.path(), &calm());
    feed(&store, &entries[..before]);
    assert!(store.projector().checkpoint());
    let first = store.reads().writes();
    feed(&store, &entries[before..]);
    assert!(store.projector().checkpoint());
    let last = store.reads().writes();
    let writes = (last.hot - first.hot) + (last.archive - first.archive);
    println!("{writes} writes for {ORDERS} lifecycles: {:.2} each", writes as f64 / ORDERS as f64);
    assert!(writes <= 6 * ORDERS as u64, "{writes} writes for {ORDERS} lifecycles");
}

#[test]
fn an_order_of_fifty_items_is_split_and_comes_back() {
    let dir = TempDir::new().unwrap();
    let plan = Plan { seed: 5, customers: 1, runners: 1, orders: 0 };
    let mut town = Town::new(&plan, Policy::default());
    let (customer, runner) = (town.customers[0], town.runners[0]);
    let order = town.place(customer, 50, 1);
    let placed = town.campus.journal().len();
    town.run(runner, order, 6);
    let entries = town.campus.journal().to_vec();
    let store = start(dir.path(), &calm());
    for part in [&entries[..placed], &entries[placed..placed + 2], &entries[placed + 2..]] {
        feed(&store, part);
        assert!(store.projector().checkpoint());
        assert_reads(store.reads(), &entries[..store.reads().folded().0 as usize]);
    }
    store.shutdown().unwrap();
    for name in ["hot", "archive"] {
        let stored = sled::open(dir.path().join(name)).unwrap();
        let mut pieces = 0;
        for entry in stored.iter() {
            let (key, value) = entry.unwrap();
            assert!(value.len() <= 4096, "{key:?} has {} bytes", value.len());
            pieces += usize::from(key.starts_with(b"x/"));
        }
        // In hot the pieces went with the order; in the archive there are those of one version.
        let whole = campusg_storage::codec::encode(town.campus.order(order).unwrap()).len();
        let expected = if name == "hot" { 0 } else { whole.div_ceil(4000) };
        assert_eq!(pieces, expected, "{name}");
    }
    let opened = open(dir.path(), &calm());
    assert_reads(opened.store.reads(), &entries);
}

#[test]
fn history_is_read_along_the_stream() {
    let dir = TempDir::new().unwrap();
    let (town, entries) = town(30);
    let store = start(dir.path(), &busy());
    feed(&store, &entries);
    let reads = store.reads();
    for order in town.campus.orders() {
        let mine: Vec<&Entry> = entries.iter().filter(|e| e.record.stream == Stream::Order(order.id)).collect();
        let read = reads.stream_entries(order.id).unwrap();
        assert!(read.iter().eq(mine.iter().copied()));
        for entry in &mine {
            let then = folds(&entries[..entry.seq.0 as usize]).orders[&order.id].clone();
            assert_eq!(reads.order_as_of(order.id, entry.seq).unwrap(), Some(then));
        }
        let placed = order.terms.placed_at;
        assert_eq!(reads.order_at(order.id, placed.minus(1)).unwrap(), None);
        assert!(reads.order_at(order.id, placed).unwrap().is_some());
        assert_eq!(reads.order_at(order.id, At(u64::MAX)).unwrap().as_ref(), Some(order));
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
    assert!(all.items.len() > 256, "more than two pages: {}", all.items.len());
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

    let all = reads.my_orders(user, Side::Customer, None, None, usize::MAX).unwrap();
    let (mut paged, mut before) = (vec![], None);
    loop {
        let page = reads.my_orders(user, Side::Customer, None, before, 3).unwrap();
        paged.extend(page.orders);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(paged, all.orders);
    let done = reads.my_orders(user, Side::Customer, Some(Status::Completed), None, usize::MAX).unwrap();
    assert!(!done.orders.is_empty() && done.orders.len() < all.orders.len());
    assert!(done.orders.iter().all(|order| order.status() == Status::Completed));

    let runner = town.runners[0];
    let lines = reads.wallet_lines(runner, None, usize::MAX).unwrap().lines;
    let earned: i64 = lines.iter().flat_map(|line| &line.transfers).map(|transfer| transfer.cents.0).sum();
    assert!(earned > 0);
    let account = campusg_domain::money::Account::Payable(runner);
    let touches = |e: &&Entry| e.record.money.iter().any(|t| t.credit == account || t.debit == account);
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
    assert_eq!(replayed, reads.feed_after(audience, Seq::NONE, usize::MAX).unwrap().0);
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
    let all = reads.timers_between(At(0), At(u64::MAX), usize::MAX).unwrap();
    assert!(all.len() > 10 && all.is_sorted_by_key(|timer| timer.due));
    for limit in [0, 1, 5, all.len() - 1] {
        assert_eq!(reads.timers_between(At(0), At(u64::MAX), limit).unwrap(), all[..limit]);
    }
    let (from, to) = (all[3].due, all[7].due);
    let between = reads.timers_between(from, to, usize::MAX).unwrap();
    assert!(between.iter().all(|timer| from <= timer.due && timer.due < to));
    assert_eq!(between.len(), all.iter().filter(|t| from <= t.due && t.due < to).count());
}

#[test]
fn a_job_sees_exactly_what_came_before_it() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(20);
    let store = start(dir.path(), &busy());
    let seen = Arc::new(Mutex::new(vec![]));
    for entry in &entries {
        store.queue().submit(entry.record.clone(), |ack| assert!(ack.is_ok()));
        let seen = Arc::clone(&seen);
        store.projector().snapshot(move |view| {
            let calls: Vec<(Stream, CallNumber)> =
                view.reads().open_calls().unwrap().iter().map(|(s, n, _)| (*s, *n)).collect();
            seen.lock().unwrap().push((view.seq(), calls));
        });
    }
    let (done, wait) = mpsc::channel();
    store.queue().barrier(move |_| done.send(()).unwrap());
    wait.recv().unwrap();
    settle(&store);
    for (seq, calls) in seen.lock().unwrap().iter() {
        assert_eq!(calls.len(), folds(&entries[..seq.0 as usize]).calls.len(), "at {seq}");
    }
}

#[test]
fn waiting_for_a_record_ends_when_it_is_folded() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(10);
    let store = start(dir.path(), &calm());
    let last = Seq(entries.len() as u64);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let reads = store.reads().clone();
    let waiting = std::thread::spawn(move || runtime.block_on(reads.wait_folded(last)));
    feed(&store, &entries);
    assert_eq!(waiting.join().unwrap(), Ok(()));
    let reads = store.reads().clone();
    store.shutdown().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(runtime.block_on(reads.wait_folded(last.next())).is_err());
}

#[test]
fn verify_finds_nothing_wrong_and_names_the_head() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(30);
    let store = start(dir.path(), &busy());
    feed(&store, &entries);
    let head = store.reads().head();
    store.shutdown().unwrap();
    let report = verify(dir.path(), &busy(), options(), |_| {}).unwrap();
    assert!(report.is_sound(), "{report}");
    assert_eq!((report.last, report.head), head);
    assert_eq!(report.lines.len(), 12);
    let text = report.to_string();
    assert!(text.lines().last().unwrap().starts_with("head "), "{text}");
}

#[test]
fn verify_finds_a_snapshot_that_says_something_else() {
    let dir = TempDir::new().unwrap();
    let (town, entries) = town(30);
    let store = start(dir.path(), &busy());
    feed(&store, &entries);
    store.shutdown().unwrap();
    let ended = town.campus.orders().find(|order| !order.is_live()).unwrap();
    let key = [b"o/", &ended.id.as_bytes()[..]].concat();
    let archive = sled::open(dir.path().join("archive")).unwrap();
    assert!(archive.remove(key).unwrap().is_some());
    archive.flush().unwrap();
    drop(archive);
    let report = verify(dir.path(), &busy(), options(), |_| {}).unwrap();
    assert!(!report.is_sound());
    assert!(report.to_string().contains(&format!("order {} is missing", ended.id)));
    let rebuilt = campusg_storage::rebuild::rebuild(dir.path(), &busy(), options()).unwrap();
    assert_eq!(rebuilt.rebuilt, Some(Distrust::Asked));
    assert!(verify(dir.path(), &busy(), options(), |_| {}).unwrap().is_sound());
}

#[test]
fn a_record_that_does_not_fit_sets_its_order_apart_and_nothing_else() {
    let dir = TempDir::new().unwrap();
    let (town, mut entries) = town(10);
    let order = town.campus.orders().next().unwrap();
    let mut wrong = entries.iter().find(|e| e.record.stream == Stream::Order(order.id)).unwrap().clone();
    wrong.record.prev = Seq(1);
    wrong.seq = Seq(entries.len() as u64 + 1);
    let store = start(dir.path(), &busy());
    feed(&store, &entries);
    feed(&store, std::slice::from_ref(&wrong));
    assert!(store.reads().is_apart(order.id));
    assert_eq!(store.reads().order(order.id).unwrap().as_ref(), Some(order));
    let other = town.campus.orders().nth(1).unwrap();
    assert!(!store.reads().is_apart(other.id));
    entries.push(wrong);
    assert_eq!(store.reads().folded(), Seq(entries.len() as u64));
    drop(Store::shutdown(store));
}
