//! The one thread that writes: it groups what is queued, tells the folds, then the askers.
//!
//! Owns the [`Journal`], the queue in front of it and the order of telling. Must not decide
//! whether a record may be written, nor how many may wait: the callers enforce admission.
//!
//! Invariants: every fold has been handed a batch before the first acknowledgement of it is
//! given; batches are handed out in the order of their sequences and without a gap; after a failed
//! write or sync, or a panic on this thread, no acknowledgement is given to anyone.
//!
//! A completion that is dropped without being called means that the outcome is unknown and the
//! process is about to end.

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

/// A record the committer can write.
pub trait Payload: Send + Sync + 'static {
    /// Appends the encoded payload to `out`, touching nothing that is there already, and says
    /// what it is. `seq` is the sequence the record gets if its group is written; the call may be
    /// repeated.
    fn encode(&self, seq: u64, out: &mut Vec<u8>) -> RecordTag;
}

/// A group that is durable, as the folds see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<R> {
    /// The sequence of the first record; the others follow without a gap.
    pub first_seq: u64,
    /// The records.
    pub records: Vec<R>,
    /// The head after the group.
    pub head: ChainHead,
    /// When the group was written, in milliseconds since 1970; never goes back.
    pub written_ms: u64,
}

impl<R> Batch<R> {
    /// Returns every record with its sequence.
    pub fn numbered(&self) -> impl Iterator<Item = (u64, &R)> {
        (self.first_seq..).zip(&self.records)
    }

    /// Returns the sequence of the last record.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.first_seq + self.records.len() as u64 - 1
    }
}

/// What is called with every durable batch, in order, on the journal's thread.
pub type Fold<R> = Box<dyn FnMut(&Arc<Batch<R>>) + Send>;

/// A record is durable, and every fold has been handed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack {
    /// Its sequence.
    pub seq: u64,
    /// When its group was written, in milliseconds since 1970.
    pub written_ms: u64,
}

/// Why a record was not written; it is certain that it never will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommitFault {
    /// The disk has no room for another segment, or for what the folds make of the records.
    #[error("the disk is full")]
    StorageFull,
    /// The committer takes nothing more.
    #[error("the journal is closed")]
    Closed,
    /// The record alone is larger than a group may be.
    #[error("the record is too large")]
    TooLarge,
}

/// Why the committer ended although nobody asked it to.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    /// The journal is broken, or refuses what it must not refuse.
    #[error("the journal can't be written any more")]
    Journal(#[source] JournalFault),
    /// A fold, a completion or an encoder panicked.
    #[error("a fold or completion panicked on the journal's thread")]
    Panicked,
}

/// What is called once, on the journal's thread, when it can't go on.
pub type OnFatal = Box<dyn FnOnce(&Fatal) + Send>;

/// What a committer needs besides the journal.
pub struct CommitterOptions<R> {
    /// Called with every batch, in this order.
    pub folds: Vec<Fold<R>>,
    /// The time in milliseconds since 1970, for the headers of groups.
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

/// The running thread; dropping it shuts it down as [`Committer::shutdown`] does.
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
    /// What the operating system answers to a new thread.
    pub fn start(journal: Journal, options: CommitterOptions<R>) -> std::io::Result<Self> {
        Self::start_unless_full(journal, options, Arc::default())
    }

    /// As [`Self::start`]; while `full` is set, records are refused with `StorageFull`: what is
    /// folded from them could not be written down.
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

    /// Returns a way to submit records, for any thread.
    #[must_use]
    pub fn queue(&self) -> CommitQueue<R> {
        CommitQueue::new(Arc::clone(&self.queue))
    }

    /// Takes nothing more, writes what is queued, tells everyone, and ends the thread. Returns
    /// the journal, or `None` if the committer had to give up before.
    #[must_use]
    pub fn shutdown(mut self) -> Option<Journal> {
        self.stop()
    }

    fn stop(&mut self) -> Option<Journal> {
        self.queue.close();
        // A panic there was reported through `on_fatal` already.
        self.thread.take()?.join().ok().flatten()
    }
}

impl<R: Payload> Drop for Committer<R> {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}
