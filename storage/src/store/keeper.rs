//! Keeps the snapshots what they should be while the server runs: checks them slowly, and rebuilds both from the
//! journal if one is damaged. Also looks for the photos that they name.
//!
//! A rebuild folds the whole journal into new stores beside the old ones, which stay in use as far as they can be
//! read. Once it has folded as many records as the projector, the projector takes the new ones over.
//!
//! A call of sled that does not come back can't be ended, so it ends the process: the next start makes the stores anew.
//!
//! Must not: change the journal, or write to a store that is in use.
//!
//! Invariant: there is no `TRUST` file from the beginning of a rebuild until the new stores are in their places, so an
//! interrupted one starts over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use campusg_domain::id::Seq;

use super::photo_check::PhotoCheck;
use super::shelf::{Shelf, io_fault};
use crate::photo::Photos;
use crate::projector::{Projection, ProjectorHandle};
use crate::snapshot::SnapshotFault;
use crate::snapshot::key::Key;
use crate::snapshot::shared::Shared;
use crate::snapshot::sled_store::{Role, SledStore};
use crate::snapshot::stored::Tally;
use crate::snapshot::trust::Trust;
use crate::snapshot::watched::patience;

/// The pause between two looks at the calls of sled.
const WATCH_EVERY: Duration = Duration::from_secs(1);
/// The pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How many entries one look checks: 2,560 in a second at most.
const ENTRIES_PER_LOOK: usize = 256;
/// How many records may be folded between two looks before the check pauses.
const BUSY_RECORDS: u64 = 20;
/// How many looks pass after a rebuild, or after one that failed, before the next: 3 s, and 30 s.
const LOOKS_AFTER_REBUILD: u32 = 30;
const LOOKS_AFTER_FAILURE: u32 = 300;
/// How many looks pass after the archive found no room to be opened: 2 s.
const LOOKS_AFTER_NO_ROOM: u32 = 20;
/// After how many records a rebuild looks whether it is to end, and whether others need the machine.
const RECORDS_PER_LOOK: u64 = 512;
/// The pause of a rebuild while the projector lags behind.
const GIVE_WAY: Duration = Duration::from_millis(2);

/// What the keeper needs.
pub(super) struct Kept {
    pub(super) shelf: Shelf,
    pub(super) shared: Arc<Shared>,
    pub(super) projector: ProjectorHandle,
    pub(super) photos: Photos,
    pub(super) trust: Trust,
    pub(super) now_ms: Arc<dyn Fn() -> u64 + Send + Sync>,
    pub(super) retry_tries: u16,
    pub(super) dirty_keys: usize,
}

/// The running thread.
pub(super) struct Keeper {
    stop: Arc<AtomicBool>,
    threads: [JoinHandle<()>; 2],
}

impl Keeper {
    pub(super) fn start(
        kept: Kept,
        on_hang: impl Fn(&str) + Send + 'static,
    ) -> std::io::Result<Self> {
        let stop = Arc::<AtomicBool>::default();
        let watch = Watch {
            shared: Arc::clone(&kept.shared),
            trust: kept.trust.clone(),
            stop: Arc::clone(&stop),
        };
        let work = Work {
            kept,
            stop: Arc::clone(&stop),
            scrub: Scrub::of(Role::Hot),
            photos: PhotoCheck::default(),
            folded: 0,
        };
        let thread = thread::Builder::new().name("keeper".into());
        let thread = thread.spawn(move || work.run())?;
        let watching = thread::Builder::new().name("sled-watch".into());
        let watching = watching.spawn(move || watch.run(&on_hang))?;
        let threads = [thread, watching];
        Ok(Self { stop, threads })
    }

    /// Ends the threads, and a rebuild that is under way.
    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::Release);
        for thread in self.threads {
            thread.thread().unpark();
            // A panic was reported by the panic hook, and nothing depends on the thread.
            let _ = thread.join();
        }
    }
}

/// Watches the calls of both stores, on a thread that makes none.
struct Watch {
    shared: Arc<Shared>,
    trust: Trust,
    stop: Arc<AtomicBool>,
}

impl Watch {
    fn run(self, on_hang: &impl Fn(&str)) {
        let mut left = self.turn();
        while !self.stop.load(Ordering::Acquire) {
            thread::park_timeout(WATCH_EVERY);
            left = left.saturating_sub(WATCH_EVERY);
            if !left.is_zero() {
                continue;
            }
            left = self.turn();
            let stores = self.shared.stores();
            let archive = stores.archive.get(Duration::ZERO).ok();
            let mut both = [Some(&stores.hot), archive].into_iter().flatten();
            let hangs = both.find(|store| store.damage().is_none() && store.calls().end_turn());
            if let Some(store) = hangs {
                let _ = store.found("sled hangs");
                if let Err(fault) = self.trust.withdraw() {
                    tracing::error!(%fault, "the next start may believe a store that hangs");
                }
                return on_hang("a call of sled does not come back");
            }
        }
    }

    /// How long a call may take at least before it is said to hang.
    fn turn(&self) -> Duration {
        patience(self.shared.stores().hot.path())
    }
}

/// A walk over one store.
struct Scrub {
    role: Role,
    after: Option<Key>,
    found: Tally,
    /// How often the store had been written to when the walk began.
    writes: Option<u64>,
}

impl Scrub {
    fn of(role: Role) -> Self {
        Self {
            role,
            after: None,
            found: Tally::default(),
            writes: None,
        }
    }

    /// Checks the next entries; goes on with the other store at the end. If nothing was written meanwhile, a walk also
    /// finds what is missing.
    fn step(&mut self, store: &SledStore) -> Result<(), SnapshotFault> {
        let begun = *self.writes.get_or_insert_with(|| store.writes());
        self.after = store.scrub(self.after.as_ref(), ENTRIES_PER_LOOK, &mut self.found)?;
        if self.after.is_some() {
            return Ok(());
        }
        let expected = store.tally();
        if self.found != expected && store.writes() == begun {
            return Err(store.found("a value is missing or of another time"));
        }
        *self = Self::of(self.role.other());
        Ok(())
    }
}

struct Work {
    kept: Kept,
    stop: Arc<AtomicBool>,
    scrub: Scrub,
    photos: PhotoCheck,
    /// The last record that was folded at the last look.
    folded: u64,
}

impl Work {
    fn run(mut self) {
        let mut rest = 0_u32;
        while !self.stops() {
            thread::park_timeout(LOOK_EVERY);
            rest = rest.saturating_sub(1);
            let archive = Arc::clone(&self.kept.shared.stores().archive);
            if rest == 0 && archive.waits_for_room() {
                archive.try_to_open();
                rest = LOOKS_AFTER_NO_ROOM;
            }
            if self.kept.shared.stores().damage().is_none() {
                self.scrub();
            } else if rest == 0 && !self.stops() {
                // A panic must not leave the snapshots damaged for good.
                let rebuilt = catch_unwind(AssertUnwindSafe(|| self.rebuild()));
                let panicked = || {
                    let path = self.kept.shelf.path(Role::Hot);
                    Err(SnapshotFault::damaged(&path, "the rebuild panicked"))
                };
                rest = match rebuilt.unwrap_or_else(|_| panicked()) {
                    Ok(()) => LOOKS_AFTER_REBUILD,
                    Err(fault) => {
                        tracing::error!(error = %fault.in_full(), "the snapshots can't be rebuilt now: tried again");
                        LOOKS_AFTER_FAILURE
                    }
                };
            }
        }
    }

    fn stops(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    fn folded(&self) -> Seq {
        Seq(*self.kept.shared.folded.borrow())
    }

    fn lags(&self) -> bool {
        self.kept.shared.reader.head().0 > self.folded().0
    }

    fn scrub(&mut self) {
        let folded = self.folded().0;
        let meanwhile = folded - std::mem::replace(&mut self.folded, folded);
        if meanwhile > BUSY_RECORDS || self.lags() {
            return;
        }
        let stores = self.kept.shared.stores();
        let checked = match self.scrub.role {
            Role::Hot => self.scrub.step(&stores.hot),
            Role::Archive => {
                let archive = stores.archive.get(Duration::ZERO);
                archive.and_then(|archive| self.scrub.step(archive))
            }
        };
        // A store that can't be read now is read at a later look.
        let _ = self.photos.step(&self.kept.shared, &self.kept.photos);
        if checked.is_err() {
            // Damage is noted in the store, and everything else shows again.
            self.scrub = Scrub::of(Role::Hot);
        }
    }

    /// Makes new stores from the journal, and brings them into use.
    fn rebuild(&mut self) -> Result<(), SnapshotFault> {
        let Kept {
            shared,
            trust,
            shelf,
            ..
        } = &self.kept;
        let Some((damaged, why)) = shared.stores().damage() else {
            return Ok(());
        };
        tracing::error!(
            store = damaged.name(),
            why,
            "the snapshots are rebuilt from the journal, while the server runs"
        );
        shared.rebuilt_upto.store(0, Ordering::Relaxed);
        trust
            .withdraw()
            .map_err(io_fault("remove", &trust.path()))?;
        let Some(made) = self.make()? else {
            return Ok(());
        };
        let Some(taken_over) = self.kept.projector.take_over(made) else {
            return Ok(());
        };
        let old = taken_over?;
        // Closing a damaged store may hang.
        thread::spawn(move || drop(old));
        shelf.clear(&[damaged], Some((self.kept.now_ms)()))?;
        shelf.clear(&[damaged.other()], None)?;
        shelf.bring_in()?;
        trust
            .mark_open(shared.reader.head())
            .map_err(io_fault("write", &trust.path()))?;
        self.scrub = Scrub::of(Role::Hot);
        tracing::warn!(records = self.folded().0, "the snapshots were rebuilt");
        Ok(())
    }

    /// Folds the journal into new stores, nearly as far as the projector has; `None` if it is to end.
    fn make(&self) -> Result<Option<Projection>, SnapshotFault> {
        let (shared, tries) = (&self.kept.shared, self.kept.retry_tries);
        let stores = self.kept.shelf.stores_beside()?;
        let mut made = Projection::new(stores, shared.reader.clone(), Seq::NONE, tries);
        while made.folded() < self.folded() {
            if self.stops() {
                return Ok(None);
            }
            let next = Seq(made.folded().0 + RECORDS_PER_LOOK);
            made.fold_upto(next.min(self.folded()))?;
            if made.dirty_keys() >= self.kept.dirty_keys {
                made.checkpoint_all()?;
            }
            shared
                .rebuilt_upto
                .store(made.folded().0, Ordering::Relaxed);
            if self.lags() {
                thread::park_timeout(GIVE_WAY);
            }
        }
        made.checkpoint_all()?;
        Ok(Some(made))
    }
}
