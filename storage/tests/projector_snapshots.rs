//! The projector's fold against the domain's own folds: in the overlay, in the stores, after a
//! start, after a rebuild; what a checkpoint writes, and how often.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod snapshot_common;

use campusg_domain::id::{Seq, Stream};
use campusg_domain::order::Status;
use campusg_domain::policy::Policy;
use campusg_storage::store::{Distrust, Store};
use campusg_storage::verify::verify;
use snapshot_common::{
    Plan, Town, assert_reads, busy, calm, feed, folds, hash_of, open, options, sled_at, start, town,
};
use tempfile::TempDir;

#[test]
fn what_is_read_is_what_the_records_say_wherever_it_lies() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(60);
    let store = start(dir.path(), &calm());
    feed(&store, &entries);
    assert_eq!(store.reads().writes().checkpoints, 0);
    assert!(!store.reads().stalled_orders().unwrap().is_empty());
    assert_reads(store.reads(), &entries);

    assert!(store.projector().checkpoint());
    assert!(store.reads().writes().archive > 0);
    assert_reads(store.reads(), &entries);
    assert_eq!(
        hash_of(store.reads(), &entries),
        folds(&entries).state_hash()
    );
    store.shutdown().unwrap();

    let opened = open(dir.path(), &calm());
    assert_eq!((opened.report.rebuilt, opened.report.folded), (None, 0));
    assert_reads(opened.store.reads(), &entries);
}

#[test]
fn checkpoints_between_batches_change_nothing_that_is_read() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(90);
    let config = campusg_storage::StorageConfig {
        dirty_keys: 64,
        ..calm()
    };
    let store = start(dir.path(), &config);
    for (n, part) in entries.chunks(23).enumerate() {
        feed(&store, part);
        if n % 16 == 0 {
            assert_reads(store.reads(), &entries[..n * 23 + part.len()]);
        }
    }
    let made = store.reads().writes().checkpoints;
    assert!(
        made > 10,
        "{made} checkpoints for {} records",
        entries.len()
    );
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
        let mut all: Vec<_> = ledger
            .promised()
            .map(|(s, n, p)| (s, n, p.debit, p.credit, p.cents))
            .collect();
        all.sort();
        all
    };
    assert!(
        !promises(&expected.ledger).is_empty(),
        "the town leaves promises open"
    );
    assert_eq!(promises(&boot.ledger), promises(&expected.ledger));
    assert_eq!(boot.calls.len(), expected.calls.len());
    for (user, person) in expected.directory.people() {
        assert_eq!(boot.directory.person(user), Some(person));
    }
    assert_eq!(
        boot.live_orders,
        expected.orders.values().filter(|o| o.is_live()).count() as u64
    );
}

#[test]
fn a_lifecycle_of_nine_records_costs_at_most_six_writes() {
    const ORDERS: usize = 200;
    let dir = TempDir::new().unwrap();
    let plan = Plan {
        seed: 3,
        customers: 40,
        runners: 20,
        orders: 0,
    };
    let mut town = Town::new(&plan, Policy::default());
    let before = town.campus.journal().len();
    for n in 0..ORDERS {
        let (customer, runner) = (town.customers[n % 40], town.runners[n % 20]);
        let order = town.place(customer, 3, n as u64);
        town.run(runner, order, 6);
        assert_eq!(
            town.campus.order(order).unwrap().status(),
            Status::Completed
        );
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
    println!(
        "{writes} writes for {ORDERS} lifecycles: {:.2} each",
        writes as f64 / ORDERS as f64
    );
    assert!(
        writes <= 6 * ORDERS as u64,
        "{writes} writes for {ORDERS} lifecycles"
    );
}

#[test]
fn an_order_of_fifty_items_is_split_and_comes_back() {
    let dir = TempDir::new().unwrap();
    let plan = Plan {
        seed: 5,
        customers: 1,
        runners: 1,
        orders: 0,
    };
    let mut town = Town::new(&plan, Policy::default());
    let (customer, runner) = (town.customers[0], town.runners[0]);
    let order = town.place(customer, 50, 1);
    let placed = town.campus.journal().len();
    town.run(runner, order, 6);
    let entries = town.campus.journal().to_vec();
    let store = start(dir.path(), &calm());
    for part in [
        &entries[..placed],
        &entries[placed..placed + 2],
        &entries[placed + 2..],
    ] {
        feed(&store, part);
        assert!(store.projector().checkpoint());
        assert_reads(store.reads(), &entries[..store.reads().folded().0 as usize]);
    }
    store.shutdown().unwrap();
    for name in ["hot", "archive"] {
        let stored = sled_at(&dir.path().join(name));
        let mut pieces = 0;
        for entry in stored.iter() {
            let (key, value) = entry.unwrap();
            assert!(value.len() <= 4096, "{key:?} has {} bytes", value.len());
            pieces += usize::from(key.starts_with(b"x/"));
        }
        // In hot the pieces went with the order; in the archive there are those of one version.
        let whole = campusg_storage::codec::encode(town.campus.order(order).unwrap()).len();
        let expected = if name == "hot" {
            0
        } else {
            whole.div_ceil(4000)
        };
        assert_eq!(pieces, expected, "{name}");
    }
    let opened = open(dir.path(), &calm());
    assert_reads(opened.store.reads(), &entries);
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
    assert_eq!(report.lines.len(), 14);
    let empty = report.lines.iter().filter(|line| line.checked == 0);
    let empty: Vec<&str> = empty.map(|line| line.id.as_str()).collect();
    assert_eq!(empty, [""; 0], "every line looked at something");
    let text = report.to_string();
    assert!(text.lines().last().unwrap().starts_with("head "), "{text}");
}

#[test]
fn verify_makes_damaged_snapshots_anew_and_says_so() {
    let dir = TempDir::new().unwrap();
    let (town, entries) = town(30);
    let store = start(dir.path(), &busy());
    feed(&store, &entries);
    store.shutdown().unwrap();
    let ended = town.campus.orders().find(|order| !order.is_live()).unwrap();
    let key = [b"o/", &ended.id.as_bytes()[..]].concat();
    let archive = sled_at(&dir.path().join("archive"));
    assert!(archive.remove(key).unwrap().is_some());
    archive.flush().unwrap();
    drop(archive);
    let verify = || verify(dir.path(), &busy(), options(), |_| {}).unwrap();
    let report = verify();
    assert!(matches!(report.opened.rebuilt, Some(Distrust::Damaged(_))));
    assert!(report.is_sound(), "{report}");
    assert!(report.to_string().contains("made anew"), "{report}");
    assert_eq!(verify().opened.rebuilt, None);
    let rebuilt = campusg_storage::rebuild::rebuild(dir.path(), &busy(), options()).unwrap();
    assert_eq!(rebuilt.rebuilt, Some(Distrust::Asked));
    assert!(verify().is_sound());
}

#[test]
fn a_record_that_does_not_fit_sets_its_order_apart_and_nothing_else() {
    let dir = TempDir::new().unwrap();
    let (town, mut entries) = town(10);
    let order = town.campus.orders().next().unwrap();
    let mut wrong = entries
        .iter()
        .find(|e| e.record.stream == Stream::Order(order.id))
        .unwrap()
        .clone();
    wrong.record.prev = Seq(1);
    wrong.seq = Seq(entries.len() as u64 + 1);
    let store = start(dir.path(), &busy());
    feed(&store, &entries);
    feed(&store, std::slice::from_ref(&wrong));
    assert!(store.reads().is_quarantined(order.id));
    assert_eq!(store.reads().order(order.id).unwrap().as_ref(), Some(order));
    let other = town.campus.orders().nth(1).unwrap();
    assert!(!store.reads().is_quarantined(other.id));
    entries.push(wrong);
    assert_eq!(store.reads().folded(), Seq(entries.len() as u64));
    drop(Store::shutdown(store));
}
