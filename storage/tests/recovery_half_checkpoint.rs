//! A checkpoint that was interrupted after any of its writes: the next start makes of it exactly
//! what the records say.
//!
//! The states in between are made by hand, since sled keeps most of a checkpoint in memory until
//! its flush and a kill seldom leaves half of one. What is made is what a checkpoint does: archive,
//! then the values of hot by key, pieces before what they belong to, then the list of removals and `applied`, then the removals.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod snapshot_common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use campusg_storage::StorageConfig;
use campusg_storage::store::Distrust;
use snapshot_common::{assert_reads, calm, copy, feed, open, sled_at, start, town};
use tempfile::TempDir;

type Content = BTreeMap<Vec<u8>, Vec<u8>>;

fn content(store: &Path) -> Content {
    let db = sled_at(store);
    let entries = db.iter().map(|entry| entry.unwrap());
    entries
        .map(|(key, value)| (key.to_vec(), value.to_vec()))
        .collect()
}

fn write(store: &Path, content: &Content) {
    fs::remove_dir_all(store).unwrap();
    let db = sled_at(store);
    for (key, value) in content {
        db.insert(key, value.as_slice()).unwrap();
    }
    db.flush().unwrap();
}

/// A folder whose journal has all records, with what hot held before and after one checkpoint.
struct Scene {
    dir: TempDir,
    before: Content,
    after: Content,
}

fn is_meta(key: &[u8]) -> bool {
    key.starts_with(b"s/")
}

impl Scene {
    fn new(entries: &[campusg_domain::record::Entry]) -> Self {
        let dir = TempDir::new().unwrap();
        let (half, most) = (entries.len() / 2, entries.len() * 3 / 4);
        let mut contents = vec![];
        for part in [&entries[..half], &entries[half..most]] {
            let store = start(dir.path(), &calm());
            feed(&store, part);
            assert!(store.projector().checkpoint());
            drop(store);
            contents.push(content(&dir.path().join("hot")));
        }
        let store = start(dir.path(), &calm());
        feed(&store, &entries[most..]);
        drop(store);
        let after = contents.remove(1);
        let before = contents.remove(0);
        Self { dir, before, after }
    }

    /// What the checkpoint wrote, in its order.
    fn inserts(&self) -> Vec<(&Vec<u8>, &Vec<u8>)> {
        let new = |(key, value): &(&Vec<u8>, &Vec<u8>)| self.before.get(*key) != Some(*value);
        let values = self.after.iter().filter(|(key, _)| !is_meta(key));
        let mut values: Vec<_> = values.filter(new).collect();
        // The pieces of a large value are written before its head.
        values.sort_by_key(|(key, _)| !key.starts_with(b"x/"));
        values
    }

    fn removals(&self) -> Vec<&Vec<u8>> {
        let gone = |key: &&Vec<u8>| !self.after.contains_key(*key);
        self.before.keys().filter(gone).collect()
    }

    /// Hot after so many inserts and, only once `applied` was written, so many removals.
    fn hot(&self, inserts: usize, removals: Option<usize>) -> Content {
        let mut hot = self.before.clone();
        for (key, value) in self.inserts().into_iter().take(inserts) {
            hot.insert(key.clone(), value.clone());
        }
        if let Some(removals) = removals {
            let meta = self.after.iter().filter(|(key, _)| is_meta(key));
            hot.extend(meta.map(|(key, value)| (key.clone(), value.clone())));
            self.removals()
                .into_iter()
                .take(removals)
                .for_each(|key| drop(hot.remove(key)));
        }
        hot
    }
}

fn assert_recovers(scene: &Scene, hot: &Content, config: &StorageConfig, what: &str) {
    let (_, entries) = town(60);
    let dir = TempDir::new().unwrap();
    copy(scene.dir.path(), dir.path());
    write(&dir.path().join("hot"), hot);
    let opened = open(dir.path(), config);
    assert!(
        !matches!(opened.report.rebuilt, Some(Distrust::Damaged(_))),
        "{what}"
    );
    assert_eq!(opened.report.rebuilt, None, "{what}");
    assert!(opened.report.folded > 0, "{what}");
    assert_reads(opened.store.reads(), &entries);
    assert_eq!(
        opened.boot.ledger.totals(),
        opened.store.reads().totals().unwrap(),
        "{what}"
    );
}

#[test]
fn a_checkpoint_interrupted_before_applied_is_folded_again() {
    let (_, entries) = town(60);
    let scene = Scene::new(&entries);
    let inserts = scene.inserts().len();
    assert!(
        inserts > 30 && scene.removals().len() > 10,
        "{inserts} inserts"
    );
    let small = StorageConfig {
        dirty_keys: 64,
        ..calm()
    };
    for tenth in 0..=10 {
        let hot = scene.hot(inserts * tenth / 10, None);
        for config in [&calm(), &small] {
            assert_recovers(
                &scene,
                &hot,
                config,
                &format!("{tenth} tenths of the inserts"),
            );
        }
    }
}

#[test]
fn a_checkpoint_interrupted_after_applied_finishes_its_removals() {
    let (_, entries) = town(60);
    let scene = Scene::new(&entries);
    let (inserts, removals) = (scene.inserts().len(), scene.removals().len());
    for fifth in 0..=5 {
        let hot = scene.hot(inserts, Some(removals * fifth / 5));
        assert_recovers(
            &scene,
            &hot,
            &calm(),
            &format!("{fifth} fifths of the removals"),
        );
    }
}
