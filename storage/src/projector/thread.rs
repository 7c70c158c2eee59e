//! The projector's thread: folds batches, runs jobs, and makes checkpoints in between.
//!
//! Determines when a checkpoint begins, how it is sliced, and when writing is retried after a full disk. Must not:
//! continue after any other fault, since the changes that could not be folded would be missing for ever. If a record
//! can't be folded because a store is damaged, everything waits until the store is rebuilt.
//!
//! Invariant: a job sees exactly the records that were passed on before it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use campusg_domain::{id::Seq, record::Record};

use super::Projection;
use crate::journal::{Batch, Fold};
use crate::read::Reads;
use crate::snapshot::SnapshotFault;
use crate::snapshot::checkpoint::SLICE;
use crate::snapshot::stores::Stores;

/// Returns milliseconds since 1970.
pub(crate) type NowMs = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Called with what is wrong.
pub(crate) type OnFatal = Box<dyn FnOnce(&str) + Send>;

/// When checkpoints are made, and who is notified of a failure.
pub(crate) struct ProjectorOptions {
    pub(crate) checkpoint_ms: u64,
    pub(crate) dirty_keys: usize,
    pub(crate) now_ms: NowMs,
    pub(crate) on_fatal: OnFatal,
}

/// The snapshots at one exact sequence number, as a job sees them.
pub struct SnapshotView<'a> {
    reads: &'a Reads,
    seq: Seq,
}

impl SnapshotView<'_> {
    /// Returns the last record that is folded into this view.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.seq
    }

    /// Returns the read store; nothing is folded while the job runs.
    #[must_use]
    pub const fn reads(&self) -> &Reads {
        self.reads
    }
}

/// The wait after a full disk before writing is retried, in milliseconds.
const TRY_AGAIN_MS: u64 = 2_000;

/// How many times `dirty_keys` the overlay may hold while a store is rebuilt. Then no more records are folded.
const OVERLAYS: usize = 8;

/// Roughly how many keys a record changes.
const KEYS_PER_RECORD: usize = 6;

/// The stores that were in use before.
type TakenOver = Result<Arc<Stores>, SnapshotFault>;

type Job = Box<dyn FnOnce(&SnapshotView<'_>) + Send>;

enum Message {
    Batch(Arc<Batch<Record>>),
    Job(Job),
    Checkpoint(mpsc::SyncSender<()>),
    TakeOver(Box<Projection>, mpsc::SyncSender<TakenOver>),
    Stop,
}

/// A handle to the projector, for any thread.
#[derive(Clone)]
pub struct ProjectorHandle {
    queue: Sender<Message>,
}

impl std::fmt::Debug for ProjectorHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProjectorHandle")
    }
}

impl ProjectorHandle {
    /// Runs `job` on the projector's thread between two batches, on the state at exactly [`SnapshotView::seq`]. All
    /// folds wait meanwhile, so it must be quick. It is dropped without being run if the projector has ended.
    pub fn snapshot(&self, job: impl FnOnce(&SnapshotView<'_>) + Send + 'static) {
        // An error only means that the process is about to end.
        let _ = self.queue.send(Message::Job(Box::new(job)));
    }

    /// Writes everything folded so far to the stores and waits for it. Returns `false` if the projector has ended, the
    /// disk is full or a store is damaged.
    #[must_use]
    pub fn checkpoint(&self) -> bool {
        let (done, wait) = mpsc::sync_channel(1);
        self.queue.send(Message::Checkpoint(done)).is_ok() && wait.recv().is_ok()
    }

    /// Uses the stores of a projection that has folded no more records than this one, once it has folded as many.
    /// Returns the old ones; `None` if the projector has ended.
    pub(crate) fn take_over(&self, other: Projection) -> Option<TakenOver> {
        let (done, wait) = mpsc::sync_channel(1);
        let sent = self.queue.send(Message::TakeOver(Box::new(other), done));
        sent.ok().and_then(|()| wait.recv().ok())
    }

    pub(crate) fn fold(&self) -> Fold<Record> {
        let queue = self.queue.clone();
        Box::new(move |batch| {
            let _ = queue.send(Message::Batch(Arc::clone(batch)));
        })
    }
}

/// The running thread.
pub(crate) struct Projector {
    handle: ProjectorHandle,
    thread: JoinHandle<Option<Projection>>,
}

impl Projector {
    pub(crate) fn start(
        projection: Projection,
        reads: Reads,
        options: ProjectorOptions,
    ) -> std::io::Result<Self> {
        let (queue, inbox) = mpsc::channel();
        let work = Work {
            checkpoint_at: (options.now_ms)() + options.checkpoint_ms,
            try_again_at: 0,
            halted: false,
            projection,
            inbox,
            backlog: VecDeque::new(),
            reads,
            checkpoint_ms: options.checkpoint_ms,
            dirty_keys: options.dirty_keys,
            now_ms: options.now_ms,
        };
        let on_fatal = options.on_fatal;
        let run = move || match catch_unwind(AssertUnwindSafe(|| work.run())) {
            Ok(Ok(projection)) => Some(projection),
            Ok(Err(fault)) => {
                tracing::error!(error = ?fault, "the projector can't go on");
                on_fatal(&fault.to_string());
                None
            }
            Err(_) => {
                on_fatal("the projector panicked");
                None
            }
        };
        let thread = thread::Builder::new().name("projector".into()).spawn(run)?;
        let handle = ProjectorHandle { queue };
        Ok(Self { handle, thread })
    }

    pub(crate) fn handle(&self) -> &ProjectorHandle {
        &self.handle
    }

    /// Folds the queued batches and ends the thread; `None` if it had given up.
    pub(crate) fn stop(self) -> Option<Projection> {
        let _ = self.handle.queue.send(Message::Stop);
        self.thread.join().ok().flatten()
    }
}

struct Work {
    projection: Projection,
    inbox: Receiver<Message>,
    /// Messages that were received and not handled, in order. Longer than one only while the disk is full or a store
    /// is damaged.
    backlog: VecDeque<Message>,
    reads: Reads,
    checkpoint_ms: u64,
    dirty_keys: usize,
    now_ms: NowMs,
    checkpoint_at: u64,
    try_again_at: u64,
    /// Whether nothing is folded until a damaged store is rebuilt.
    halted: bool,
}

impl Work {
    fn run(mut self) -> Result<Projection, SnapshotFault> {
        loop {
            let draining = self.projection.is_draining() && !self.projection.is_paused();
            let message = self.next();
            let waited = message.is_none() && !draining;
            match message {
                Some(Message::Stop) => return Ok(self.projection),
                Some(Message::TakeOver(other, done)) => {
                    // An error means that whoever rebuilds has ended.
                    let _ = done.send(self.take_over(*other));
                }
                Some(message) => self.backlog.push_back(message),
                None => {}
            }
            if self.halted {
                continue;
            }
            let worked = self.work_off().and_then(|()| self.checkpoint(waited));
            match worked {
                Err(fault) if fault.is_full() => self.pause(&fault),
                Err(fault) if fault.is_damage() => self.halt(&fault),
                worked => worked?,
            }
        }
    }

    fn halt(&mut self, fault: &SnapshotFault) {
        tracing::error!(error = %fault.in_full(), "no record is folded until the snapshots are rebuilt");
        self.set_halted(true);
    }

    fn set_halted(&mut self, halted: bool) {
        self.halted = halted;
        self.projection
            .shared
            .halted
            .store(halted, Ordering::Release);
    }

    fn take_over(&mut self, mut other: Projection) -> TakenOver {
        other.fold_upto(self.projection.folded())?;
        let old = self.projection.take_over(other);
        self.set_halted(false);
        Ok(old)
    }

    fn pause(&mut self, fault: &SnapshotFault) {
        if !self.projection.is_paused() {
            self.try_again_at = (self.now_ms)() + TRY_AGAIN_MS;
        }
        self.projection.pause(fault);
    }

    /// Returns the next message; `None` if a slice or the start of a checkpoint is due first.
    fn next(&self) -> Option<Message> {
        let wait = if self.halted {
            Duration::from_millis(self.checkpoint_ms)
        } else if self.projection.is_paused() {
            Duration::from_millis(TRY_AGAIN_MS)
        } else if self.projection.is_draining() || !self.backlog.is_empty() {
            return match self.inbox.try_recv() {
                Ok(message) => Some(message),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => Some(Message::Stop),
            };
        } else if self.projection.is_dirty() {
            let left = self.checkpoint_at.saturating_sub((self.now_ms)());
            Duration::from_millis(left.min(self.checkpoint_ms))
        } else {
            Duration::from_millis(self.checkpoint_ms)
        };
        match self.inbox.recv_timeout(wait) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Message::Stop),
        }
    }

    fn work_off(&mut self) -> Result<(), SnapshotFault> {
        while let Some(message) = self.backlog.front() {
            if let Message::Batch(batch) = message {
                let batch = Arc::clone(batch);
                self.fold(&batch)?;
                self.backlog.pop_front();
                self.keep_pace(batch.records.len())?;
                continue;
            }
            match self.backlog.pop_front() {
                Some(Message::Job(job)) => {
                    let seq = self.projection.folded();
                    let reads = &self.reads;
                    job(&SnapshotView { reads, seq });
                }
                Some(Message::Checkpoint(done)) => match self.projection.checkpoint_all() {
                    Ok(()) => drop(done.send(())),
                    Err(fault) if fault.is_damage() => {}
                    Err(fault) => {
                        // The flag is set before the waiting caller learns of the failure.
                        if fault.is_full() {
                            self.pause(&fault);
                        }
                        return Err(fault);
                    }
                },
                _ => {}
            }
        }
        Ok(())
    }

    /// Folds the records that are not folded yet. A full disk may have interrupted a batch when a store could not be
    /// read.
    fn fold(&mut self, batch: &Batch<Record>) -> Result<(), SnapshotFault> {
        for (seq, record) in batch.numbered() {
            if Seq(seq) > self.projection.folded() {
                self.projection.fold(Seq(seq), record)?;
            }
        }
        self.projection.publish();
        Ok(())
    }

    /// Writes as many slices as a batch of this many records is likely to fill.
    fn keep_pace(&mut self, records: usize) -> Result<(), SnapshotFault> {
        if !self.projection.is_paused() {
            for _ in 0..records * KEYS_PER_RECORD / SLICE {
                self.projection.drain_slice()?;
            }
        }
        Ok(())
    }

    /// Begins or continues a checkpoint. A damaged store delays checkpoints, and nothing else as long as there is
    /// memory for what was folded.
    fn checkpoint(&mut self, waited: bool) -> Result<(), SnapshotFault> {
        let written = self.write(waited);
        if self.projection.dirty_keys() >= OVERLAYS * self.dirty_keys {
            return written.and_then(|()| self.projection.checkpoint_all());
        }
        written.or_else(|fault| {
            if fault.is_damage() {
                Ok(())
            } else {
                Err(fault)
            }
        })
    }

    /// Writes what is due. `waited` says that the queue was empty for the interval of checkpoints, whatever the clock
    /// shows.
    fn write(&mut self, waited: bool) -> Result<(), SnapshotFault> {
        let now = (self.now_ms)();
        if self.projection.is_paused() {
            let due = now >= self.try_again_at || now + TRY_AGAIN_MS < self.try_again_at;
            if waited || due {
                self.try_again_at = now + TRY_AGAIN_MS;
                self.projection.resume_writing()?;
            }
            return Ok(());
        }
        let full = self.projection.dirty_keys() >= self.dirty_keys;
        if self.projection.is_draining() {
            if full {
                // Folding is faster than the stores: completing the checkpoint now bounds memory, while readers wait.
                return self.projection.checkpoint_all();
            }
            return self.projection.drain_slice();
        }
        // A clock that was set back must not delay checkpoints.
        let due = now >= self.checkpoint_at || now + self.checkpoint_ms < self.checkpoint_at;
        if full || due || waited {
            self.checkpoint_at = now + self.checkpoint_ms;
            self.projection.begin_checkpoint()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::shared::Shared;

    #[test]
    fn what_readers_share_crosses_threads() {
        fn crosses<T: Send + Sync>() {}
        crosses::<Shared>();
        crosses::<Reads>();
        fn moves<T: Send + Clone>() {}
        moves::<ProjectorHandle>();
    }
}
