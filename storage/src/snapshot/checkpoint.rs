//! The checkpoint: writes a frozen overlay to the stores, one slice at a time.
//!
//! The order of writing is: archive, flush, hot, list of removals, `applied`, flush, and only then the removals. Must
//! not: fold.
//!
//! Invariants: `applied` never covers a record that the stores lack. No key is removed before `applied` covers the
//! record that removes it: a removed balance or count could not tell which records it contains if the end of the
//! journal is folded again. The list of removals is stored beside `applied`, so that the next start can complete
//! them. What both stores add up to is written with `applied`: hot as it is after the removals.

use std::collections::BTreeSet;
use std::sync::Arc;

use campusg_domain::id::Seq;
use serde::{Deserialize, Serialize};

use super::fault::SnapshotFault;
use super::key::{self, Key};
use super::overlay::Frozen;
use super::sled_store::SledStore;
use super::stored::{Checksum, Tally, VALUE_BYTES};
use super::stores::Stores;
use super::value::Value;
use crate::codec;
use crate::journal::JournalReader;

/// The version of keys and values. Stores with another version are rebuilt from the journal.
pub(crate) const SNAPSHOT_VERSION: u32 = 7;

/// How many keys are written before the projector looks at its queue again.
pub(crate) const SLICE: usize = 64;

/// How often the stores were written to since they were opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteStats {
    /// Inserts and removals in the hot store.
    pub hot: u64,
    /// Inserts and removals in the archive.
    pub archive: u64,
    /// Completed checkpoints.
    pub checkpoints: u64,
}

/// Which records of which journal something was folded from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    first: Checksum,
    last: Checksum,
}

impl Origin {
    /// Returns the origin of what is folded up to `seq`.
    pub(crate) fn of(reader: &JournalReader, seq: Seq) -> Result<Self, SnapshotFault> {
        if seq == Seq::NONE {
            return Ok(Self::default());
        }
        let checksum = |seq| -> Result<Checksum, SnapshotFault> {
            let stored = reader.read_at(seq)?;
            Ok(stored.map_or(Checksum::NONE, |stored| {
                Checksum::of(&[&stored.written_ms.to_le_bytes(), &stored.payload])
            }))
        };
        Ok(Self {
            first: checksum(1)?,
            last: checksum(seq.0)?,
        })
    }

    /// Whether both are of the same data folder, as far as the first record tells.
    pub(crate) fn is_of_one_folder(&self, other: &Self) -> bool {
        self.first == other.first
    }
}

/// How far the stores have been written, and what was in them then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Applied {
    /// Every record up to this one is folded into them.
    pub(crate) seq: Seq,
    /// Which records these are.
    pub(crate) origin: Origin,
    /// What the values of hot add up to, once the removals are complete.
    pub(crate) hot: Tally,
    /// What the values of the archive add up to.
    pub(crate) archive: Tally,
    /// The number of parts of the list of keys to be removed.
    removal_parts: u32,
}

impl Applied {
    /// Reads how far the stores have been written; nothing if they never were.
    pub(crate) fn read(hot: &SledStore) -> Result<Self, SnapshotFault> {
        let Some(bytes) = hot.own(&applied_key())? else {
            return Ok(Self::default());
        };
        codec::decode(&bytes).map_err(|fault| hot.found(format!("`applied`: {fault}")))
    }

    /// Completes the removals of the checkpoint that wrote this.
    pub(crate) fn finish_removals(self, hot: &SledStore) -> Result<(), SnapshotFault> {
        for part in 0..self.removal_parts {
            let Some(bytes) = hot.own(&removal_part(part))? else {
                continue;
            };
            let list: Result<(Seq, Vec<Vec<u8>>), _> = codec::decode(&bytes);
            let (seq, keys) = list.map_err(|fault| hot.found(format!("removals: {fault}")))?;
            // This part belongs to the list of a later checkpoint that did not reach `applied`. That one began only
            // after these removals were complete.
            if seq != self.seq {
                continue;
            }
            for key in keys {
                hot.remove(&Key::from_bytes(&key))?;
            }
        }
        Ok(())
    }
}

fn applied_key() -> Key {
    Key::own("applied")
}

fn removal_part(n: u32) -> Key {
    Key::own(&format!("removals/{n}"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Archive,
    Hot,
    Remove,
}

/// A checkpoint under way.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    frozen: Arc<Frozen>,
    origin: Origin,
    phase: Phase,
    /// The keys of this phase that are still to be written, last first.
    left: Vec<Key>,
    gone: Vec<Key>,
    gone_from_archive: Vec<Key>,
}

/// Whether a value belongs in the archive instead of hot.
fn is_for_archive(key: &Key, value: &Value) -> bool {
    match value {
        Value::Order(order) => !order.is_live(),
        Value::FullPage(_) | Value::Photo(_) => true,
        _ => {
            debug_assert!(
                !key.is_feed_page(),
                "full pages are their own kind of value"
            );
            false
        }
    }
}

impl Checkpoint {
    /// `origin` is that of the frozen overlay's last record.
    pub(crate) fn new(frozen: Arc<Frozen>, origin: Origin) -> Self {
        let mut checkpoint = Self {
            frozen,
            origin,
            phase: Phase::Archive,
            left: vec![],
            gone: vec![],
            gone_from_archive: vec![],
        };
        checkpoint.left = checkpoint.keys_for(true);
        checkpoint
    }

    /// Starts over after a store was reopened, since earlier writes may be lost. Removals are still to be done.
    pub(crate) fn restart(&mut self) {
        if self.phase == Phase::Remove {
            self.gone.append(&mut self.left);
        }
        self.phase = Phase::Archive;
        self.left = self.keys_for(true);
    }

    fn keys_for(&self, archive: bool) -> Vec<Key> {
        let mine = self.frozen.slots.iter().rev().filter(|(key, slot)| {
            let archived = slot.value.as_ref().is_some_and(|v| is_for_archive(key, v));
            archived == archive
        });
        mine.map(|(key, _)| key.clone()).collect()
    }

    /// Writes one slice; returns whether the checkpoint is complete.
    pub(crate) fn step(&mut self, stores: &Stores) -> Result<bool, SnapshotFault> {
        let keep = self.left.len().saturating_sub(SLICE);
        for key in self.left.split_off(keep).into_iter().rev() {
            self.write(stores, &key)?;
        }
        if self.left.is_empty() {
            return self.next_phase(stores);
        }
        Ok(false)
    }

    fn write(&mut self, stores: &Stores, key: &Key) -> Result<(), SnapshotFault> {
        match self.phase {
            Phase::Archive => {
                if let Some((seq, bytes)) = self.bytes(key) {
                    let stale = stores.archive.wait()?.insert(key, seq, &bytes)?;
                    self.gone_from_archive.extend(stale);
                }
                if key.has_prefix(key::ORDERS) && stores.hot.contains(key)? {
                    self.gone.push(key.clone());
                }
            }
            Phase::Hot => match self.bytes(key) {
                Some((seq, bytes)) => self.gone.extend(stores.hot.insert(key, seq, &bytes)?),
                None if stores.hot.contains(key)? => self.gone.push(key.clone()),
                None => {}
            },
            Phase::Remove => stores.hot.remove(key)?,
        }
        Ok(())
    }

    fn bytes(&self, key: &Key) -> Option<(Seq, Vec<u8>)> {
        let slot = self.frozen.slots.get(key)?;
        Some((slot.seq, slot.value.as_ref()?.encode()))
    }

    fn next_phase(&mut self, stores: &Stores) -> Result<bool, SnapshotFault> {
        match self.phase {
            Phase::Archive => {
                if self
                    .frozen
                    .slots
                    .iter()
                    .any(|(key, slot)| slot.value.as_ref().is_some_and(|v| is_for_archive(key, v)))
                {
                    stores.archive.wait()?.flush()?;
                }
                self.left = self.keys_for(false);
                self.phase = Phase::Hot;
                Ok(false)
            }
            Phase::Hot => {
                self.promise(stores)?;
                while let Some(key) = self.gone_from_archive.last() {
                    stores.archive.wait()?.remove(key)?;
                    self.gone_from_archive.pop();
                }
                self.left = std::mem::take(&mut self.gone);
                self.phase = Phase::Remove;
                Ok(false)
            }
            Phase::Remove => {
                stores.overlay.thaw();
                Ok(true)
            }
        }
    }

    /// Writes the list of removals and `applied`, and flushes.
    fn promise(&self, stores: &Stores) -> Result<(), SnapshotFault> {
        let (seq, hot) = (self.frozen.upto, &stores.hot);
        let archive = stores.archive.wait()?;
        let mut after = hot.tally();
        // A checkpoint that was restarted may name a key twice.
        let gone: BTreeSet<&Key> = self.gone.iter().filter(|key| key.is_value()).collect();
        for key in gone {
            if let Some(header) = hot.header(key)? {
                after.subtract(header.checksum);
            }
        }
        let parts = self.removals();
        for (n, part) in (0..).zip(&parts) {
            hot.put_own(&removal_part(n), seq, &codec::encode(&(seq, part)))?;
        }
        let applied = Applied {
            seq,
            origin: self.origin,
            hot: after,
            archive: archive.tally(),
            removal_parts: u32::try_from(parts.len()).expect("a checkpoint has few keys"),
        };
        hot.put_own(&applied_key(), seq, &codec::encode(&applied))?;
        hot.flush()?;
        hot.set_applied(seq);
        archive.set_applied(seq);
        Ok(())
    }

    /// Returns the keys to be removed, in parts that fit a value.
    fn removals(&self) -> Vec<Vec<&[u8]>> {
        let mut parts: Vec<Vec<&[u8]>> = vec![];
        let mut room = 0;
        for key in &self.gone {
            let bytes = key.bytes();
            match parts.last_mut() {
                Some(part) if bytes.len() + 4 <= room => {
                    room -= bytes.len() + 4;
                    part.push(bytes);
                }
                _ => {
                    room = VALUE_BYTES - 128 - bytes.len();
                    parts.push(vec![bytes]);
                }
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::super::sled_store::Role;
    use super::super::stores::Archive;
    use super::super::value::Slot;
    use super::super::watched::Pulse;
    use super::*;
    use campusg_domain::id::{PhotoId, UserId};
    use campusg_domain::money::{Account, Cents};
    use campusg_domain::owner::ledger::Balance;

    fn drained(stores: &Stores, upto: Seq, mut each: impl FnMut()) {
        let mut checkpoint = Checkpoint::new(stores.overlay.freeze(upto), Origin::default());
        loop {
            each();
            if checkpoint.step(stores).unwrap() {
                return;
            }
        }
    }

    #[test]
    fn nothing_disappears_before_applied_covers_it() {
        let dir = tempfile::tempdir().unwrap();
        let hot = SledStore::open(Role::Hot, &dir.path().join("hot"), 1 << 20).unwrap();
        let archive = dir.path().join("archive");
        let archive = Archive::open_behind(&archive, 1 << 20, Applied::default());
        let stores = Stores::new(Arc::new(hot), archive.unwrap());
        let account = |n| Key::account(Account::Payable(UserId::from_bytes([n; 16])));
        let photo = Key::photo(PhotoId::from_bytes([1; 16]));
        let order = campusg_domain::id::OrderId::from_bytes([2; 16]);
        let slot = |seq, value| Slot {
            seq: Seq(seq),
            value,
        };
        let balance = Balance {
            posted: Cents(5),
            ..Balance::default()
        };
        let many = 1..=200u8;
        let full = |n| (account(n), slot(1, Some(Value::Account(balance))));
        stores.overlay.put(many.clone().map(full));
        drained(&stores, Seq(1), || {});
        assert!(
            many.clone()
                .all(|n| stores.hot.contains(&account(n)).unwrap())
        );

        let gone = |n| (account(n), slot(2, None));
        stores.overlay.put(many.clone().map(gone));
        let entry = (photo.clone(), slot(2, Some(Value::Photo(order))));
        stores.overlay.put([entry]);
        let mut covered = 0;
        drained(&stores, Seq(2), || {
            let applied = Applied::read(&stores.hot).unwrap();
            let there = many
                .clone()
                .filter(|n| stores.hot.contains(&account(*n)).unwrap());
            if applied.seq < Seq(2) {
                assert_eq!(there.count(), 200, "before applied");
            } else {
                covered += 1;
                assert!(
                    stores
                        .archive
                        .wait()
                        .unwrap()
                        .get(&photo)
                        .unwrap()
                        .is_some()
                );
            }
        });
        assert!(covered > 1, "the removals take several slices");
        assert!(
            !many
                .clone()
                .any(|n| stores.hot.contains(&account(n)).unwrap())
        );

        // The list is stored beside `applied`, so the next start completes what a killed process has left.
        stores.overlay.put(many.clone().map(full));
        let late = (account(1), slot(3, Some(Value::Account(balance))));
        stores
            .hot
            .insert(&late.0, late.1.seq, &Value::Account(balance).encode())
            .unwrap();
        let applied = Applied::read(&stores.hot).unwrap();
        applied.finish_removals(&stores.hot).unwrap();
        assert!(!stores.hot.contains(&account(1)).unwrap());
        let pulse = Pulse::default();
        stores.hot.check(applied.hot, applied.seq, &pulse).unwrap();
        let archive = stores.archive.wait().unwrap();
        archive.check(applied.archive, applied.seq, &pulse).unwrap();
    }
}
