//! Runs what opens and checks a store on a thread of its own: sled may panic or hang on damaged files. Also notices a call
//! of a running store that does not come back.
//!
//! Must not: be used for anything that must not be done twice. A thread that hangs can't be ended: it is left behind,
//! and nothing that it does later counts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
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
    watched_for(path, (LOOK_EVERY, patience(path)), work)
}

/// How long work on the store at `path` may be silent.
pub(crate) fn patience(path: &Path) -> Duration {
    PATIENCE + Duration::from_secs(bytes_in(path) / BYTES_PER_SECOND)
}

/// The calls that are under way, by the turn in which they began. Whoever ends the turns decides how long one is.
#[derive(Debug, Default)]
pub(crate) struct CallWatch {
    turn: AtomicUsize,
    under_way: [AtomicU64; 2],
}

/// A call that is under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay<'a>(&'a AtomicU64);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

impl CallWatch {
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        let calls = &self.under_way[self.turn.load(Ordering::Relaxed)];
        calls.fetch_add(1, Ordering::Relaxed);
        UnderWay(calls)
    }

    /// Ends a turn. Returns whether a call that began before it has not come back; then the turn goes on.
    pub(crate) fn end_turn(&self) -> bool {
        let next = 1 - self.turn.load(Ordering::Relaxed);
        let hangs = self.under_way[next].load(Ordering::Acquire) > 0;
        if !hangs {
            self.turn.store(next, Ordering::Relaxed);
        }
        hangs
    }
}

fn watched_for<T: Send + 'static>(
    path: &Path,
    (look_every, patience): (Duration, Duration),
    work: impl FnOnce(&Pulse) -> Result<T, SnapshotFault> + Send + 'static,
) -> Result<T, SnapshotFault> {
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
        match wait.recv_timeout(look_every) {
            Ok(Ok(worked)) => return worked,
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => {
                return Err(SnapshotFault::damaged(path, "sled panicked"));
            }
            Err(RecvTimeoutError::Timeout) if pulse.count() != heard => {
                (silent, heard) = (Duration::ZERO, pulse.count());
            }
            Err(RecvTimeoutError::Timeout) => silent += look_every,
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
    fn v2_a_call_of_sled_that_does_not_come_back_is_damage_and_a_slow_one_is_not() {
        let path = Path::new("data/hot");
        let (look, patience) = (Duration::from_millis(2), Duration::from_millis(40));
        let (release, held) = mpsc::channel::<()>();
        let hangs = watched_for(path, (look, patience), move |_| {
            // Comes back only once nobody waits for it any more.
            let _ = held.recv();
            Ok(())
        });
        match hangs {
            Err(SnapshotFault::Damaged { detail, .. }) => assert_eq!(detail, "sled hangs"),
            other => panic!("{other:?}"),
        }
        drop(release);
        let slow = watched_for(path, (look, patience), move |pulse| {
            // Several times as long as one may be silent.
            for _ in 0..100 {
                pulse.beat();
                thread::park_timeout(look);
            }
            Ok(7)
        });
        assert!(matches!(slow, Ok(7)), "{slow:?}");
    }

    #[test]
    fn v2_a_call_that_outlasts_a_whole_turn_is_noticed_among_others_that_come_back() {
        let watch = CallWatch::default();
        assert!(!watch.end_turn() && !watch.end_turn(), "nothing is called");
        let hangs = watch.begin();
        for _ in 0..3 {
            drop(watch.begin());
        }
        assert!(!watch.end_turn(), "it has not had a whole turn");
        let other = watch.begin();
        assert!(watch.end_turn() && watch.end_turn(), "it has not come back");
        drop(hangs);
        assert!(!watch.end_turn(), "the other is of this turn");
        drop(other);
        assert!(!watch.end_turn() && !watch.end_turn());
    }

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
