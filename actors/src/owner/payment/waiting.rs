//! Calls of which the gateway had news that could not be brought in, because their order needs attention or something
//! broke. They are asked for again with every look for events, until they are brought in.
//!
//! Kept in a file beside the place in the events, one call a line: the events themselves are not told again.
//! Invariant: what `add` has answered for is on disk.

use crate::port::gateway::CallKey;
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The calls whose news wait.
#[derive(Debug)]
pub(crate) struct Waiting {
    file: PathBuf,
    keys: BTreeSet<CallKey>,
}

impl Waiting {
    /// Those that waited when the process ended. What is no call's name waits until it is taken for none of ours.
    pub(crate) fn open(cursor: &Path) -> Self {
        let file = cursor.with_extension("waiting");
        let text = fs::read_to_string(&file).unwrap_or_default();
        let keys = text.lines().filter(|line| !line.is_empty());
        Self {
            keys: keys.map(CallKey::from).collect(),
            file,
        }
    }

    /// Every call whose news wait.
    pub(super) fn keys(&self) -> Vec<CallKey> {
        self.keys.iter().cloned().collect()
    }

    /// Lets the news of a call wait.
    ///
    /// # Errors
    /// They are not kept, and are to be told again.
    pub(super) fn add(&mut self, key: &CallKey) -> io::Result<()> {
        if !self.keys.insert(key.clone()) {
            return Ok(());
        }
        self.write().inspect_err(|_| {
            self.keys.remove(key);
        })
    }

    /// The news of a call are brought in. Where that is not kept, they are brought in once more, which does nothing.
    pub(super) fn remove(&mut self, key: &CallKey) {
        if self.keys.remove(key)
            && let Err(fault) = self.write()
        {
            tracing::warn!(path = %self.file.display(), %fault, "news that were brought in are kept as waiting");
        }
    }

    fn write(&self) -> io::Result<()> {
        let fresh = self.file.with_extension("waiting-new");
        let mut file = File::create(&fresh)?;
        for key in &self.keys {
            writeln!(file, "{key}")?;
        }
        file.sync_all()?;
        fs::rename(&fresh, &self.file)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_waits_waits_over_a_restart_until_it_is_brought_in() {
        let dir = tempfile::tempdir().unwrap();
        let cursor = dir.path().join("gateway.cursor");
        let [one, other]: [CallKey; 2] = ["order:1/capture/2".into(), "wallet:1/payout/3".into()];
        let mut waiting = Waiting::open(&cursor);
        assert!(waiting.keys().is_empty());
        for key in [&one, &other, &one] {
            waiting.add(key).unwrap();
        }
        let mut waiting = Waiting::open(&cursor);
        assert_eq!(waiting.keys(), [one.clone(), other.clone()]);
        waiting.remove(&one);
        waiting.remove(&one);
        assert_eq!(Waiting::open(&cursor).keys(), [other]);
    }

    #[test]
    fn what_cannot_be_kept_does_not_count_as_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let mut waiting = Waiting::open(&dir.path().join("nowhere/gateway.cursor"));
        assert!(waiting.add(&"order:1/capture/2".into()).is_err());
        assert!(waiting.keys().is_empty());
    }
}
