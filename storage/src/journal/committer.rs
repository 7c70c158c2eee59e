//! The only thread that writes the journal: it groups queued records, passes each durable group to the folds, and
//! then acknowledges it.
//!
//! Must not: decide whether a record may be written, or how many may wait; that is the callers' admission control.
//!
//! Invariants: every fold has received a batch before its first acknowledgement is sent; batches are passed on in
//! order of their sequence numbers and without a gap; after a failed write or sync, or a panic on this thread,
//! nothing is acknowledged any more.
//!
//! A completion that is dropped without being called means that the outcome is unknown and the process is about to
//! end.

mod queue;
mod work;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::{self, JoinHandle};

pub use queue::{CommitQueue, CommitStats};
use queue::{Counters, Queue};
use work::Work;

use super::fault::JournalFault;
use super::format::{ChainHead, RecordTag};
use super::writer::Journal;

/// The most records in one group.
pub const MAX_GROUP_RECORDS: usize = 512;

/// A record that the committer can write.
pub trait Payload: Send + Sync + 'static {
    /// Appends the encoding to `out`, keeping what is there already, and returns the record's tag. `seq` is the
    /// sequence number that the record gets if its group is written; the call may be repeated.
    fn encode(&self, seq: u64, out: &mut Vec<u8>) -> RecordTag;
}

/// A durable group of records, as it is passed to the folds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<R> {
    /// The sequence number of the first record; the others follow without a gap.
    pub first_seq: u64,
    /// In order of their sequence numbers.
    pub records: Vec<R>,
    /// The chain head after the group.
    pub head: ChainHead,
    /// When the group was written, in milliseconds since 1970. Never decreases.
    pub written_ms: u64,
}

impl<R> Batch<R> {
    /// Returns every record with its sequence number.
    pub fn numbered(&self) -> impl Iterator<Item = (u64, &R)> {
        (self.first_seq..).zip(&self.records)
    }

    /// Returns the sequence number of the last record.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.first_seq + self.records.len() as u64 - 1
    }
}

/// A function that is called with every durable batch, in order, on the journal's thread.
pub type Fold<R> = Box<dyn FnMut(&Arc<Batch<R>>) + Send>;

/// Acknowledges a record: it is durable, and every fold has received it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack {
    /// The sequence number that the record got.
    pub seq: u64,
    /// When its group was written, in milliseconds since 1970.
    pub written_ms: u64,
}

/// Why a record was not written; it is certain that it never will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommitFault {
    /// The disk has no room for another segment, or for what the folds write.
    #[error("the disk is full")]
    StorageFull,
    /// The committer is closed.
    #[error("the journal is closed")]
    Closed,
    /// The record alone is larger than the largest group.
    #[error("the record is too large")]
    TooLarge,
}

/// Why the committer gave up.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    /// The journal failed, or refused a group that it must accept.
    #[error("the journal can't be written any more")]
    Journal(#[source] JournalFault),
    /// A fold, a completion or an encoder panicked.
    #[error("a fold or completion panicked on the journal's thread")]
    Panicked,
}

/// A function that is called once, on the journal's thread, when the committer gives up.
pub type OnFatal = Box<dyn FnOnce(&Fatal) + Send>;

/// What a committer needs besides the journal.
pub struct CommitterOptions<R> {
    /// Called with every batch, in this order.
    pub folds: Vec<Fold<R>>,
    /// Returns the time in milliseconds since 1970, for the headers of groups.
    pub now_ms: Box<dyn FnMut() -> u64 + Send>,
    /// In production it ends the process.
    pub on_fatal: OnFatal,
}

impl<R> fmt::Debug for CommitterOptions<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitterOptions")
            .field("folds", &self.folds.len())
            .finish_non_exhaustive()
    }
}

/// The running thread. Dropping it shuts it down like [`Committer::shutdown`].
pub struct Committer<R: Payload> {
    queue: Arc<Queue<R>>,
    thread: Option<JoinHandle<Option<Journal>>>,
}

impl<R: Payload> fmt::Debug for Committer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Committer")
            .field("stats", &self.queue.stats())
            .finish_non_exhaustive()
    }
}

impl<R: Payload> Committer<R> {
    /// Starts the thread, which owns the journal from now on.
    ///
    /// # Errors
    /// The operating system's error if no thread can be started.
    pub fn start(journal: Journal, options: CommitterOptions<R>) -> std::io::Result<Self> {
        Self::start_unless_full(journal, options, Arc::default())
    }

    /// As [`Self::start`]. While `full` is set, records are refused with `StorageFull`, because the folds could not
    /// write what they make of them.
    pub(crate) fn start_unless_full(
        journal: Journal,
        options: CommitterOptions<R>,
        full: Arc<AtomicBool>,
    ) -> std::io::Result<Self> {
        let counters = Counters::starting_after(journal.next_seq() - 1);
        let queue = Arc::new(Queue::new(counters, full));
        let work = Work::new(journal, Arc::clone(&queue), options);
        let thread = thread::Builder::new()
            .name("journal".into())
            .spawn(move || work.run())?;
        Ok(Self {
            queue,
            thread: Some(thread),
        })
    }

    /// Returns a handle to submit records, for any thread.
    #[must_use]
    pub fn queue(&self) -> CommitQueue<R> {
        CommitQueue::new(Arc::clone(&self.queue))
    }

    /// Refuses further records, writes the queued ones, completes them, and ends the thread. Returns the journal;
    /// `None` if the committer had given up before.
    #[must_use]
    pub fn shutdown(mut self) -> Option<Journal> {
        self.stop()
    }

    fn stop(&mut self) -> Option<Journal> {
        self.queue.close();
        // A panic of that thread has already been reported through `on_fatal`.
        self.thread.take()?.join().ok().flatten()
    }
}

impl<R: Payload> Drop for Committer<R> {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}
