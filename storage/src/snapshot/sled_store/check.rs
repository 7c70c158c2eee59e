//! Compares a store with what was written to it: all of it before it is read, and slowly again while it is in use.
//!
//! Must not: repair anything.

use std::ops::Bound;
use std::sync::PoisonError;

use campusg_domain::id::Seq;

use super::{Content, SledStore};
use crate::snapshot::fault::SnapshotFault;
use crate::snapshot::key::Key;
use crate::snapshot::sled_files::FileId;
use crate::snapshot::stored::Tally;
use crate::snapshot::watched::Pulse;

impl SledStore {
    /// Reads everything, and compares it with what the values added up to when `applied` was written.
    ///
    /// # Errors
    /// Damage if a value is not as written, or if one is missing, too much or of another time.
    pub(crate) fn check(
        &self,
        expected: Tally,
        applied: Seq,
        pulse: &Pulse,
    ) -> Result<(), SnapshotFault> {
        let (mut now, mut then) = (Tally::default(), Tally::default());
        let mut last = None;
        for entry in self.entries(Bound::Unbounded, Bound::Unbounded) {
            let (key, bytes) = entry?;
            pulse.beat();
            if last.as_ref().is_some_and(|last| *last >= key) {
                return Err(self.found("its keys are not in order"));
            }
            if key.is_value() {
                let value = self.value_of(&key, &bytes)?;
                let (header, _) = value.ok_or_else(|| self.missing(&key))?;
                now.add(header.checksum);
                then.add(if header.seq <= applied {
                    header.checksum
                } else {
                    header.before
                });
            }
            last = Some(key);
        }
        if then != expected {
            let (found, written) = (then.values, expected.values);
            return Err(self.found(format!(
                "it has {found} of the values of record {applied}, and they are not the {written} that were written"
            )));
        }
        *self.content() = Content {
            tally: now,
            applied,
        };
        Ok(())
    }

    /// Checks up to `limit` entries after a key, and adds their checksums to `tally`. Returns the last key, `None` at
    /// the end.
    ///
    /// # Errors
    /// Damage if a value is not as written, or if the files are not the ones that were opened.
    pub(crate) fn scrub(
        &self,
        after: Option<&Key>,
        limit: usize,
        tally: &mut Tally,
    ) -> Result<Option<Key>, SnapshotFault> {
        self.check_files()?;
        let from = after.map_or(Bound::Unbounded, |key| Bound::Excluded(key.bytes()));
        let mut last = None;
        for entry in self.entries(from, Bound::Unbounded).take(limit) {
            let (key, bytes) = entry?;
            if key.is_value() {
                match self.value_of(&key, &bytes)? {
                    Some((header, _)) => tally.add(header.checksum),
                    // Replaced or removed since the iterator saw it.
                    None => drop(self.get(&key)?),
                }
            }
            last = Some(key);
        }
        Ok(last)
    }

    /// Notices that the files in the folder are not the ones that were opened.
    pub(super) fn check_files(&self) -> Result<(), SnapshotFault> {
        let opened = *self.file.read().unwrap_or_else(PoisonError::into_inner);
        if FileId::in_folder(&self.path) == opened {
            Ok(())
        } else {
            Err(self.found("its files were removed or replaced"))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::super::tests::{large, store};
    use super::*;

    /// Whatever part of a checkpoint was written, the store is still the one that `applied` is about.
    #[test]
    fn an_interrupted_checkpoint_is_no_damage_and_a_lost_write_is() {
        let (_folder, store) = store();
        let (key, pulse) = (|n: u8| Key::meta(&n.to_string()), Pulse::default());
        for n in 0..10 {
            store.insert(&key(n), Seq(5), &[n; 10]).unwrap();
        }
        let (applied, expected) = (Seq(5), store.tally());
        store.set_applied(applied);
        for (n, seq) in (5..15).zip(6..) {
            store.insert(&key(n), Seq(seq), &large(n)).unwrap();
            store.check(expected, applied, &pulse).unwrap();
        }
        // Another process folds the same records again, in other checkpoints.
        store.insert(&key(9), Seq(20), &[0; 10]).unwrap();
        store.check(expected, applied, &pulse).unwrap();
        let now = store.tally();
        assert_eq!(now.values, 15);
        store.check(now, Seq(20), &pulse).unwrap();

        store.remove(&key(3)).unwrap();
        let fault = store.check(now, Seq(20), &pulse).unwrap_err();
        assert!(fault.is_damage(), "{fault}");
        assert!(store.get(&key(4)).is_err(), "nothing is believed any more");
    }

    #[test]
    fn files_that_are_gone_are_noticed() {
        let (folder, store) = store();
        let mut tally = Tally::default();
        store.insert(&Key::meta("a"), Seq(1), b"a").unwrap();
        assert!(store.scrub(None, 10, &mut tally).unwrap().is_some());
        assert_eq!(tally, store.tally());
        std::fs::rename(folder.path().join("db"), folder.path().join("bd")).unwrap();
        assert!(store.scrub(None, 10, &mut tally).unwrap_err().is_damage());
    }
}
