//! Deletes uploaded photos that no order refers to, repeatedly, by the runtime's clock.
//!
//! Must not: decide what a photo proves.
//! Invariants: a sweep considers only photos that no earlier sweep has decided on; those that were kept belong to an
//! order. No photo is deleted that a command refers to, whether its record is durable or still under way: such a
//! command reserves the photo first and looks it up afterwards, while the sweep checks the reservation first and the
//! records afterwards, and the look-up waits for a sweep that has just checked.

use crate::{owner::directory::SharedDirectory, port::clock::Clock};
use campusg_domain::id::PhotoId;
use campusg_storage::{photo::Photos, read::Reads};
use std::{cell::Cell, sync::Arc};
use tokio::{
    runtime::Handle,
    sync::watch,
    task::{JoinHandle, spawn_blocking},
};

/// What a sweep needs.
#[derive(Clone)]
pub(super) struct Sweep {
    pub(super) photos: Photos,
    pub(super) reads: Reads,
    pub(super) directory: SharedDirectory,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) io: Handle,
    /// The interval between two sweeps, in milliseconds.
    pub(super) every_ms: u64,
    /// How long an unreferenced photo is kept, in milliseconds.
    pub(super) keep_ms: u64,
}

/// A task that sweeps until it is ended.
#[derive(Debug)]
pub(super) struct Sweeping {
    end: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Sweeping {
    /// Starts the task, with the first sweep at once.
    pub(super) fn begin(sweep: Sweep) -> Self {
        let (end, mut ended) = watch::channel(false);
        let io = sweep.io.clone();
        let task = io.spawn(async move {
            let mut judged = 0;
            loop {
                let (once, stop) = (sweep.clone(), ended.clone());
                let swept = spawn_blocking(move || once.run(judged, &stop)).await;
                // An error means that the sweep panicked, which the panic hook has reported.
                judged = swept.unwrap_or(judged);
                let next = sweep.clock.now().plus(sweep.every_ms.max(1));
                tokio::select! {
                    () = sweep.clock.until(next) => {}
                    _ = ended.wait_for(|ended| *ended) => return,
                }
            }
        });
        Self { end, task }
    }

    /// Starts no further sweep, and cuts short one that is under way.
    pub(super) fn end(&self) {
        self.end.send_replace(true);
    }

    /// Waits until no sweep is under way, after [`end`](Self::end).
    pub(super) async fn ended(self) {
        let _ = self.task.await;
    }
}

impl Sweep {
    /// Decides on photos that were uploaded after `judged`; returns the time up to which all photos are decided now.
    fn run(&self, judged: u64, stop: &watch::Receiver<bool>) -> u64 {
        let until = self.clock.now().minus(self.keep_ms).0;
        if !self.reads.archive_is_open() || until <= judged {
            return judged;
        }
        let unsure = Cell::new(false);
        let keeps = |photo| {
            let verdict = if *stop.borrow() {
                Verdict::Unsure
            } else {
                self.verdict_of(photo)
            };
            unsure.set(unsure.get() || verdict == Verdict::Unsure);
            verdict != Verdict::Orphan
        };
        match self.photos.sweep(judged..until, keeps) {
            Ok(swept) => {
                if swept > 0 {
                    tracing::info!(swept, "photos that serve no order are deleted");
                }
                if unsure.get() { judged } else { until }
            }
            Err(fault) => {
                tracing::warn!(%fault, "photos that serve no order can't be deleted now");
                judged
            }
        }
    }

    fn verdict_of(&self, photo: PhotoId) -> Verdict {
        let reserved = {
            let directory = self.directory.read();
            directory.map_or(true, |directory| directory.holds_photo(photo))
        };
        // A reservation ends when its record is folded, so after this wait such a record is visible.
        let folded = || {
            self.io
                .block_on(self.reads.wait_folded(self.reads.head().0))
        };
        if reserved || folded().is_err() {
            return Verdict::Unsure;
        }
        match self.reads.photo_order(photo) {
            Ok(Some(_)) => Verdict::Serves,
            Ok(None) => Verdict::Orphan,
            Err(_) => Verdict::Unsure,
        }
    }
}

/// Whether a photo may be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// An order refers to it.
    Serves,
    /// Nothing refers to it, and no command under way will.
    Orphan,
    /// It can't be known now: the photo is kept and checked again.
    Unsure,
}
