//! Whatever happens to the files of `hot/` and `archive/`: every answer is what the records say or a fault that passes,
//! no start fails, and both stores are whole again without a hand.
//!
//! 40 damages by default; `CAMPUSG_SNAPSHOT_DAMAGES=600 cargo nextest run --workspace -E 'test(whatever_happens)' --no-capture`
//! makes 600 and prints what was found. `CAMPUSG_SNAPSHOT_DAMAGES_FROM=600` goes on with the next ones.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod snapshot_common;

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::thread;
use std::time::Duration;

use campusg_domain::record::Entry;
use campusg_simulation::Folds;
use campusg_storage::StorageConfig;
use campusg_storage::read::Condition;
use campusg_storage::store::{Distrust, Store};
use snapshot_common::{
    Asked, Damage, another_town, ask_everything, assert_reads, calm, copy, feed, folds, open,
    options, settle, sled_at, start, town,
};
use tempfile::TempDir;

const DAMAGES: &str = "CAMPUSG_SNAPSHOT_DAMAGES";
const FIRST: &str = "CAMPUSG_SNAPSHOT_DAMAGES_FROM";
/// How often it is looked whether a store is whole again: 60 s.
const LOOKS: u32 = 6_000;

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// A configuration whose cache is so small that most reads go to the files.
fn small() -> StorageConfig {
    StorageConfig {
        cache_mib: 1,
        checkpoint_ms: 10,
        ..calm()
    }
}

/// Data folders to be damaged, with what is in all of them.
struct Scene {
    stopped: TempDir,
    killed: TempDir,
    older: TempDir,
    other: TempDir,
    entries: Vec<Entry>,
    folds: Folds,
}

impl Scene {
    fn new() -> Self {
        let (_, entries) = town(40);
        let half = entries.len() / 2;
        let [stopped, killed, older, other] = [(); 4].map(|()| TempDir::new().unwrap());
        let store = start(stopped.path(), &small());
        feed(&store, &entries[..half]);
        store.shutdown().unwrap();
        copy(stopped.path(), older.path());

        let store = start(stopped.path(), &small());
        feed(&store, &entries[half..]);
        assert!(store.projector().checkpoint());
        store.shutdown().unwrap();

        // Killed after its last records were folded, and before they were all written down.
        copy(older.path(), killed.path());
        let store = start(killed.path(), &small());
        let most = entries.len() * 9 / 10;
        feed(&store, &entries[half..most]);
        assert!(store.projector().checkpoint());
        feed(&store, &entries[most..]);
        drop(store);

        let store = start(other.path(), &small());
        feed(&store, &another_town(23, 20).1);
        store.shutdown().unwrap();

        let folds = folds(&entries);
        Self {
            stopped,
            killed,
            older,
            other,
            entries,
            folds,
        }
    }

    fn asked(&self, store: &Store) -> Asked {
        ask_everything(store.reads(), &self.folds, &self.entries)
    }

    fn happen(&self, damage: &Damage, dir: &Path) {
        damage.happen(dir, self.older.path(), self.other.path());
    }

    /// Damages a copy of a folder, and returns how it was noticed.
    fn suffer(&self, number: u64) -> String {
        let damage = Damage::draw(number);
        let dir = TempDir::new().unwrap();
        let from = if number / 16 % 3 == 2 {
            &self.killed
        } else {
            &self.stopped
        };
        copy(from.path(), dir.path());
        let mut what = damage.kind.to_owned();
        if damage.can_happen_while_running() && number / 16 % 4 == 1 {
            what += if self.suffer_running(&damage, dir.path()) {
                ", while running: rebuilt behind"
            } else {
                ", while running: nothing to notice"
            };
        } else {
            self.happen(&damage, dir.path());
        }
        let opened = open(dir.path(), &small());
        let at_start = matches!(
            opened.report.rebuilt,
            Some(Distrust::Damaged(_) | Distrust::NoMark)
        );
        let store = opened.store.start(vec![], |why| panic!("{why}")).unwrap();
        let asked = self.asked(&store);
        let rebuilds = healed(&store);
        assert_reads(store.reads(), &self.entries);
        store.shutdown().unwrap();
        let again = open(dir.path(), &small());
        assert_eq!(again.report.rebuilt, None, "it stays whole");
        again.store.close().unwrap();
        format!("{what}: {}", how(at_start, rebuilds, asked))
    }

    /// Damages the files of a running store; returns whether it was noticed before the stop.
    fn suffer_running(&self, damage: &Damage, dir: &Path) -> bool {
        let store = start(dir, &small());
        healed(&store);
        self.happen(damage, dir);
        self.asked(&store);
        if damage.kind == "the folder removed" {
            let looks = (0..LOOKS).find(|_| {
                thread::park_timeout(Duration::from_millis(10));
                healed(&store) > 0
            });
            looks.expect("a folder that is gone is noticed");
            assert_reads(store.reads(), &self.entries);
        }
        // What nobody has read yet shows at any time, or at the next start.
        self.asked(&store);
        let rebuilds = healed(&store);
        store.shutdown().unwrap();
        rebuilds > 0
    }
}

fn how(at_start: bool, rebuilds: u64, asked: Asked) -> &'static str {
    match (at_start, rebuilds, asked.passing) {
        (true, ..) => "rebuilt at the start",
        (false, 0, _) => "nothing to notice",
        (false, _, 0) => "rebuilt behind, and nobody saw it",
        (false, ..) => "rebuilt behind, and some had to wait",
    }
}

/// Waits until both stores are whole; returns how often they were rebuilt.
fn healed(store: &Store) -> u64 {
    for _ in 0..LOOKS {
        if let Condition::Whole { rebuilds } = store.reads().condition() {
            return rebuilds;
        }
        thread::park_timeout(Duration::from_millis(10));
    }
    panic!("not whole after a minute: {:?}", store.reads().condition());
}

#[test]
fn whatever_happens_to_the_files_no_answer_is_wrong_and_all_heals() {
    let scene = Scene::new();
    let first = number(FIRST, 0);
    let mut seen = BTreeMap::<String, u64>::new();
    for n in first..first + number(DAMAGES, 40) {
        println!("damage {n}: {:?}", Damage::draw(n));
        *seen.entry(scene.suffer(n)).or_default() += 1;
    }
    for (what, count) in &seen {
        println!("{count:>5}  {what}");
    }
    println!(
        "{:>5}  damages, no wrong answer, all whole again",
        seen.values().sum::<u64>()
    );
}

/// Opens a folder whose archive was changed; returns what is read of it before and after it healed.
fn assert_heals(dir: &Path, entries: &[Entry]) {
    let folds = folds(entries);
    let store = start(dir, &small());
    ask_everything(store.reads(), &folds, entries);
    assert_eq!(healed(&store), 1, "it was noticed, and rebuilt once");
    assert_reads(store.reads(), entries);
    store.shutdown().unwrap();
    let opened = open(dir, &small());
    assert_eq!(opened.report.rebuilt, None);
    assert_reads(opened.store.reads(), entries);
}

/// A folder whose archive is changed by `change`, as sled itself would write it.
fn with_archive(change: impl FnOnce(&sled::Db, &sled::Db)) -> (TempDir, Vec<Entry>) {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(30);
    let store = start(dir.path(), &small());
    feed(&store, &entries);
    store.shutdown().unwrap();
    let archive = sled_at(&dir.path().join("archive"));
    let hot = sled_at(&dir.path().join("hot"));
    change(&archive, &hot);
    archive.flush().unwrap();
    (dir, entries)
}

#[test]
fn v2_an_ended_order_that_the_archive_lacks_is_not_called_unknown() {
    let (dir, entries) = with_archive(|archive, _| {
        let (key, _) = archive.scan_prefix("o/").next().unwrap().unwrap();
        archive.remove(key).unwrap().unwrap();
    });
    assert_heals(dir.path(), &entries);
}

#[test]
fn v2_a_photo_that_the_archive_lacks_is_not_called_nobodys() {
    let (dir, entries) = with_archive(|archive, _| {
        let (key, _) = archive.scan_prefix("p/").next().unwrap().unwrap();
        archive.remove(key).unwrap().unwrap();
    });
    assert_heals(dir.path(), &entries);
}

#[test]
fn v2_a_page_of_a_history_that_the_archive_lacks_is_not_skipped() {
    let (dir, entries) = with_archive(|archive, _| {
        let (key, _) = archive.scan_prefix("f/").next().unwrap().unwrap();
        archive.remove(key).unwrap().unwrap();
    });
    assert_heals(dir.path(), &entries);
}

#[test]
fn v2_values_that_changed_places_are_noticed() {
    let (dir, entries) = with_archive(|archive, _| {
        let orders = archive.scan_prefix("o/").map(Result::unwrap);
        // Those that are stored in one piece.
        let mut orders = orders.filter(|(_, value)| value[40] == 0);
        let ((a, in_a), (b, in_b)) = (orders.next().unwrap(), orders.next().unwrap());
        archive.insert(a, in_b).unwrap();
        archive.insert(b, in_a).unwrap();
    });
    assert_heals(dir.path(), &entries);
}

#[test]
fn v2_a_value_of_the_other_store_is_noticed() {
    let (dir, entries) = with_archive(|archive, hot| {
        let (key, value) = hot.scan_prefix("o/").next().unwrap().unwrap();
        archive.insert(key, value).unwrap();
    });
    assert_heals(dir.path(), &entries);
}

#[test]
fn v2_a_value_that_was_right_earlier_is_noticed() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(30);
    let half = entries.len() / 2;
    let store = start(dir.path(), &small());
    feed(&store, &entries[..half]);
    store.shutdown().unwrap();
    let older: Vec<_> = sled_at(&dir.path().join("hot"))
        .iter()
        .map(Result::unwrap)
        .collect();
    let store = start(dir.path(), &small());
    feed(&store, &entries[half..]);
    store.shutdown().unwrap();
    let hot = sled_at(&dir.path().join("hot"));
    let changed = older.iter().find(|(key, value)| {
        key.starts_with(b"a/") && hot.get(key).unwrap().is_some_and(|now| now != *value)
    });
    let (key, value) = changed.unwrap();
    hot.insert(key, value).unwrap();
    hot.flush().unwrap();
    drop(hot);
    let opened = open(dir.path(), &small());
    assert!(matches!(opened.report.rebuilt, Some(Distrust::Damaged(_))));
    assert_reads(opened.store.reads(), &entries);
}

#[test]
fn what_comes_while_a_store_is_rebuilt_is_in_the_new_one() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(60);
    let half = entries.len() / 2;
    let store = start(dir.path(), &small());
    feed(&store, &entries[..half]);
    store.shutdown().unwrap();
    std::fs::write(dir.path().join("archive/conf"), b"no configuration").unwrap();
    let store = start(dir.path(), &small());
    for part in entries[half..].chunks(40) {
        feed(&store, part);
    }
    settle(&store);
    assert_eq!(healed(&store), 1);
    assert_reads(store.reads(), &entries);
    assert!(store.projector().checkpoint());
    drop(store);
    let opened = open(dir.path(), &small());
    assert_eq!(opened.report.rebuilt, None);
    assert_reads(opened.store.reads(), &entries);
}

#[test]
fn a_store_that_is_stopped_before_it_is_rebuilt_is_rebuilt_at_the_next_start() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(30);
    let store = start(dir.path(), &small());
    feed(&store, &entries);
    store.shutdown().unwrap();
    std::fs::remove_file(dir.path().join("archive/db")).unwrap();
    open(dir.path(), &small()).store.close().unwrap();
    assert!(!dir.path().join("TRUST").exists());
    let opened = Store::open(dir.path(), &small(), options()).unwrap();
    assert_eq!(opened.report.rebuilt, Some(Distrust::NoMark));
    assert_reads(opened.store.reads(), &entries);
}

#[test]
fn v12_photos_that_are_removed_are_told_after_the_start() {
    let dir = TempDir::new().unwrap();
    let (_, entries) = town(20);
    let store = start(dir.path(), &small());
    feed(&store, &entries);
    store.shutdown().unwrap();
    // The town's photos were never uploaded, as if the folder had been removed.
    let photos = folds(&entries).photos.len();
    assert!(photos > 0);
    let store = start(dir.path(), &small());
    for _ in 0..LOOKS {
        if store.reads().lost_photos() == photos {
            return;
        }
        thread::park_timeout(Duration::from_millis(10));
    }
    panic!(
        "{} of {photos} photos are told",
        store.reads().lost_photos()
    );
}
