//! Runs what opens and checks a store on a thread of its own: sled may panic or hang on damaged files.
//!
//! Must not: be used for anything that must not be done twice. A thread that hangs can't be ended: it is left behind,
//! and nothing that it does later counts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{fs, io, thread};

use super::fault::SnapshotFault;

/// How long work on an empty store may be silent.
const PATIENCE: Duration = Duration::from_secs(60);
/// How much sled is believed to read in a second, at least.
const BYTES_PER_SECOND: u64 = 2 << 20;
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Shows that work goes on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse(Arc<AtomicU64>);

impl Pulse {
    pub(crate) fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Runs `work`, and calls a panic or a silence that is far too long damage of the store at `path`.
pub(crate) fn watched<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce(&Pulse) -> Result<T, SnapshotFault> + Send + 'static,
) -> Result<T, SnapshotFault> {
    let patience = PATIENCE + Duration::from_secs(bytes_in(path) / BYTES_PER_SECOND);
    let (pulse, (done, wait)) = (Pulse::default(), mpsc::sync_channel(1));
    let theirs = pulse.clone();
    let run = move || {
        let worked = catch_unwind(AssertUnwindSafe(|| work(&theirs)));
        // An error means that nobody waits any more.
        let _ = done.send(worked);
    };
    let name = "snapshot-store".to_owned();
    let started = thread::Builder::new().name(name).spawn(run);
    started.map_err(|source| SnapshotFault::Io {
        doing: "start a thread for",
        path: path.to_path_buf(),
        source,
    })?;
    let (mut silent, mut heard) = (Duration::ZERO, 0);
    loop {
        match wait.recv_timeout(LOOK_EVERY) {
            Ok(Ok(worked)) => return worked,
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => {
                return Err(SnapshotFault::damaged(path, "sled panicked"));
            }
            Err(RecvTimeoutError::Timeout) if pulse.count() != heard => {
                (silent, heard) = (Duration::ZERO, pulse.count());
            }
            Err(RecvTimeoutError::Timeout) => silent += LOOK_EVERY,
        }
        if silent >= patience {
            return Err(SnapshotFault::damaged(path, "sled hangs"));
        }
    }
}

fn bytes_in(dir: &Path) -> u64 {
    let sizes = || -> io::Result<u64> {
        let sizes = fs::read_dir(dir)?.map(|entry| Ok(entry?.metadata()?.len()));
        sizes.sum()
    };
    sizes().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_damage_and_an_answer_an_answer() {
        let path = Path::new("data/hot");
        let answer = watched(path, |pulse| {
            pulse.beat();
            Ok(7)
        });
        assert!(matches!(answer, Ok(7)));
        let broken: Result<(), _> = watched(path, |_| panic!("as sled does"));
        assert!(matches!(broken, Err(SnapshotFault::Damaged { .. })));
    }
}
