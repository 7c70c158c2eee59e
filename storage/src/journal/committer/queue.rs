//! The queue in front of the journal, with its counters. It determines the order in which records are written.
//!
//! The queue is not bounded: admission control is up to the callers, who look at [`CommitQueue::depth`]. But it
//! refuses records while a fold has no room.
//!
//! Invariant: items queued before [`Queue::close`] are decided, later ones are refused.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::{Ack, CommitFault};

pub(super) type OnAck = Box<dyn FnOnce(Result<Ack, CommitFault>) + Send>;
pub(super) type OnDone = Box<dyn FnOnce(Result<u64, CommitFault>) + Send>;

pub(super) enum Item<R> {
    Record(R, OnAck),
    Barrier(OnDone),
}

/// What the committer has done since it was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CommitStats {
    /// Groups written, which is also the number of their `fdatasync` calls.
    pub groups: u64,
    /// Records written.
    pub records: u64,
    /// Bytes written, including headers.
    pub bytes: u64,
    /// Records refused because the disk was full.
    pub refused_full: u64,
    /// The last sequence number that every fold has received.
    pub last_seq: u64,
    /// Records and barriers that wait or are being written.
    pub depth: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) groups: AtomicU64,
    pub(super) records: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) refused_full: AtomicU64,
    pub(super) last_seq: AtomicU64,
    pub(super) depth: AtomicU64,
}

impl Counters {
    pub(super) fn starting_after(last_seq: u64) -> Self {
        Self {
            last_seq: AtomicU64::new(last_seq),
            ..Self::default()
        }
    }
}

struct Waiting<R> {
    items: VecDeque<Item<R>>,
    open: bool,
}

pub(super) struct Queue<R> {
    waiting: Mutex<Waiting<R>>,
    arrived: Condvar,
    /// Whether a fold has no room for more; set and cleared by the fold.
    full: Arc<AtomicBool>,
    /// When the journal had no room for a group, in milliseconds; 0 if the last group fitted. Set by the committer.
    pub(super) no_room_ms: AtomicU64,
    pub(super) counters: Counters,
}

impl<R> Queue<R> {
    pub(super) fn new(counters: Counters, full: Arc<AtomicBool>) -> Self {
        let waiting = Mutex::new(Waiting {
            items: VecDeque::new(),
            open: true,
        });
        Self {
            waiting,
            arrived: Condvar::new(),
            full,
            no_room_ms: AtomicU64::new(0),
            counters,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<R>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an item; returns it if the queue is closed.
    fn push(&self, item: Item<R>) -> Result<(), Item<R>> {
        let mut waiting = self.waiting();
        if !waiting.open {
            return Err(item);
        }
        self.counters.depth.fetch_add(1, Ordering::Relaxed);
        waiting.items.push_back(item);
        let first = waiting.items.len() == 1;
        drop(waiting);
        if first {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Moves all waiting items to the end of `into`. If both are empty, waits for an item. Returns `false` once the
    /// queue is closed and nothing is left.
    pub(super) fn take_all(&self, into: &mut VecDeque<Item<R>>) -> bool {
        let mut waiting = self.waiting();
        while into.is_empty() && waiting.items.is_empty() && waiting.open {
            waiting = self
                .arrived
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        into.append(&mut waiting.items);
        !into.is_empty()
    }

    pub(super) fn close(&self) {
        self.waiting().open = false;
        self.arrived.notify_all();
    }

    /// Closes the queue and drops waiting items without completing them.
    pub(super) fn abandon(&self) {
        let dropped = {
            let mut waiting = self.waiting();
            waiting.open = false;
            std::mem::take(&mut waiting.items)
        };
        drop(dropped);
    }

    pub(super) fn stats(&self) -> CommitStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CommitStats {
            groups: read(&self.counters.groups),
            records: read(&self.counters.records),
            bytes: read(&self.counters.bytes),
            refused_full: read(&self.counters.refused_full),
            last_seq: self.counters.last_seq.load(Ordering::Acquire),
            depth: read(&self.counters.depth),
        }
    }
}

/// A handle to submit records to the committer. Clones share the same queue.
pub struct CommitQueue<R> {
    queue: Arc<Queue<R>>,
}

impl<R> Clone for CommitQueue<R> {
    fn clone(&self) -> Self {
        Self {
            queue: Arc::clone(&self.queue),
        }
    }
}

impl<R> fmt::Debug for CommitQueue<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitQueue")
            .field("stats", &self.queue.stats())
            .finish()
    }
}

impl<R> CommitQueue<R> {
    pub(super) fn new(queue: Arc<Queue<R>>) -> Self {
        Self { queue }
    }

    /// Queues a record; never blocks. `on_ack` is called on the journal's thread once the record is durable and every
    /// fold has received it, or once it is certain that it will never be written. With `Closed`, and with
    /// `StorageFull` while a fold has no room, it is called immediately on this thread. It must be quick and must not
    /// panic. If it is dropped without being called, the outcome is unknown and the process is about to end.
    pub fn submit(
        &self,
        record: R,
        on_ack: impl FnOnce(Result<Ack, CommitFault>) + Send + 'static,
    ) {
        if self.queue.full.load(Ordering::Acquire) {
            let refused = &self.queue.counters.refused_full;
            refused.fetch_add(1, Ordering::Relaxed);
            return on_ack(Err(CommitFault::StorageFull));
        }
        self.push(Item::Record(record, Box::new(on_ack)));
    }

    /// Calls `on_done` with the last durable sequence number once all earlier items have been decided; otherwise as
    /// [`Self::submit`].
    pub fn barrier(&self, on_done: impl FnOnce(Result<u64, CommitFault>) + Send + 'static) {
        self.push(Item::Barrier(Box::new(on_done)));
    }

    fn push(&self, item: Item<R>) {
        match self.queue.push(item) {
            Ok(()) => {}
            Err(Item::Record(_, on_ack)) => on_ack(Err(CommitFault::Closed)),
            Err(Item::Barrier(on_done)) => on_done(Err(CommitFault::Closed)),
        }
    }

    /// Returns how many records and barriers wait or are being written.
    #[must_use]
    pub fn depth(&self) -> u64 {
        self.queue.counters.depth.load(Ordering::Relaxed)
    }

    /// Returns whether the disk has no room for a fold, or had none for a record at `since_ms` or later. An older
    /// refusal proves nothing: there may be room again, and nobody has tried.
    #[must_use]
    pub fn is_full(&self, since_ms: u64) -> bool {
        let no_room_ms = self.queue.no_room_ms.load(Ordering::Acquire);
        self.queue.full.load(Ordering::Acquire) || (no_room_ms > 0 && no_room_ms >= since_ms)
    }

    /// Returns what the committer has done so far.
    #[must_use]
    pub fn stats(&self) -> CommitStats {
        self.queue.stats()
    }
}
