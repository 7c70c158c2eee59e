//! The sweep of photos that were uploaded and serve no order, again and again by the runtime's clock.
//!
//! Must not: decide what a photo proves.
//! Invariants: a sweep looks only at photos that none before it has judged: what one of them left serves an order. No
//! photo is taken that a command refers to, be its record durable or still on its way. Such a command has
//! reserved the photo first and looked it up then; the sweep asks for the reservation first and for the record then, and
//! looking up waits for a sweep that has just asked.

use crate::{owner::directory::SharedDirectory, port::clock::Clock};
use campusg_domain::id::PhotoId;
use campusg_storage::{photo::Photos, read::Reads};
use std::{cell::Cell, sync::Arc};
use tokio::{
    runtime::Handle,
    sync::watch,
    task::{JoinHandle, spawn_blocking},
};

/// What a sweep works with.
#[derive(Clone)]
pub(super) struct Sweep {
    pub(super) photos: Photos,
    pub(super) reads: Reads,
    pub(super) directory: SharedDirectory,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) io: Handle,
    /// How often, in milliseconds.
    pub(super) every_ms: u64,
    /// How long a photo may wait to be referred to, in milliseconds.
    pub(super) keep_ms: u64,
}

/// Sweeps that go on until they are ended.
#[derive(Debug)]
pub(super) struct Sweeping {
    end: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Sweeping {
    /// Begins, with the first sweep at once.
    pub(super) fn begin(sweep: Sweep) -> Self {
        let (end, mut ended) = watch::channel(false);
        let io = sweep.io.clone();
        let task = io.spawn(async move {
            let mut judged = 0;
            loop {
                let (once, stop) = (sweep.clone(), ended.clone());
                let swept = spawn_blocking(move || once.run(judged, &stop)).await;
                // An error says that the sweep panicked, which the panic hook has reported.
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

    /// Begins no other sweep, and hurries one that is under way.
    pub(super) fn end(&self) {
        self.end.send_replace(true);
    }

    /// Returns once nothing of it is under way, after [`end`](Self::end).
    pub(super) async fn ended(self) {
        let _ = self.task.await;
    }
}

impl Sweep {
    /// Sweeps what was uploaded from `judged` on; answers up to when everything is judged now.
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
        // A reservation ends with its record, so one that has ended meanwhile is folded from here on.
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

/// What is known of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// An order refers to it.
    Serves,
    /// Nothing refers to it, or will by what is under way.
    Orphan,
    /// That can't be known now: it is kept, and looked at again.
    Unsure,
}
