//! The loop of the journal's thread: builds groups, commits them, and completes their records.
//!
//! Must not: publish a record before its group is durable, or complete a record before the folds have it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::queue::{Item, OnAck, OnDone, Queue};
use super::{
    Ack, Batch, CommitFault, CommitterOptions, Fatal, Fold, MAX_GROUP_RECORDS, OnFatal, Payload,
};
use crate::journal::fault::JournalFault;
use crate::journal::group::GroupBuffer;
use crate::journal::writer::{Appended, Journal};

enum Completion {
    Record(OnAck),
    Barrier(OnDone),
}

pub(super) struct Work<R: Payload> {
    // Dropped first, so that a panic is reported before any completion is dropped.
    exit: Exit<R>,
    journal: Journal,
    folds: Vec<Fold<R>>,
    now_ms: Box<dyn FnMut() -> u64 + Send>,
    taken: VecDeque<Item<R>>,
    group: GroupBuffer,
    records: Vec<R>,
    completions: Vec<Completion>,
}

/// Ensures that a thread that ends early leaves nobody waiting and reports why.
struct Exit<R> {
    queue: Arc<Queue<R>>,
    on_fatal: Option<OnFatal>,
}

impl<R> Exit<R> {
    fn give_up(&mut self, why: &Fatal) {
        self.queue.close();
        if let Some(on_fatal) = self.on_fatal.take() {
            on_fatal(why);
        }
        self.queue.abandon();
    }
}

impl<R> Drop for Exit<R> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.give_up(&Fatal::Panicked);
        }
    }
}

impl<R: Payload> Work<R> {
    pub(super) fn new(
        journal: Journal,
        queue: Arc<Queue<R>>,
        options: CommitterOptions<R>,
    ) -> Self {
        Self {
            exit: Exit {
                queue,
                on_fatal: Some(options.on_fatal),
            },
            journal,
            folds: options.folds,
            now_ms: options.now_ms,
            taken: VecDeque::new(),
            group: GroupBuffer::new(),
            records: Vec::new(),
            completions: Vec::new(),
        }
    }

    /// Runs until the queue is closed and empty. Returns the journal, unless the loop gave up.
    pub(super) fn run(mut self) -> Option<Journal> {
        while self.exit.queue.take_all(&mut self.taken) {
            self.gather();
            if let Err(fault) = self.commit() {
                self.exit.give_up(&Fatal::Journal(fault));
                return None;
            }
        }
        Some(self.journal)
    }

    /// Encodes as many of the taken items as fit into one group.
    fn gather(&mut self) {
        self.group.clear();
        let first_seq = self.journal.next_seq();
        let limit = self.journal.max_body_bytes();
        while self.records.len() < MAX_GROUP_RECORDS
            && let Some(item) = self.taken.pop_front()
        {
            let (record, on_ack) = match item {
                Item::Barrier(on_done) => {
                    self.completions.push(Completion::Barrier(on_done));
                    continue;
                }
                Item::Record(record, on_ack) => (record, on_ack),
            };
            let seq = first_seq + self.records.len() as u64;
            if self
                .group
                .push_with(limit, |out| record.encode(seq, out))
                .is_ok()
            {
                self.records.push(record);
                self.completions.push(Completion::Record(on_ack));
            } else if self.records.is_empty() {
                self.leave_queue(1);
                on_ack(Err(CommitFault::TooLarge));
            } else {
                self.taken.push_front(Item::Record(record, on_ack));
                break;
            }
        }
    }

    fn commit(&mut self) -> Result<(), JournalFault> {
        if self.records.is_empty() {
            self.complete(None);
            return Ok(());
        }
        let now_ms = (self.now_ms)();
        match self.journal.append_group(&mut self.group, now_ms) {
            Ok(appended) => {
                self.exit.queue.no_room_ms.store(0, Ordering::Release);
                self.publish(appended);
            }
            Err(JournalFault::StorageFull { .. }) => {
                self.exit.queue.no_room_ms.store(now_ms, Ordering::Release);
                add(&self.exit.queue.counters.refused_full, self.records.len());
                self.records.clear();
                self.complete(None);
            }
            Err(fault) => return Err(fault),
        }
        Ok(())
    }

    /// Passes the group to the folds first, and acknowledges its records second.
    fn publish(&mut self, group: Appended) {
        let records = std::mem::take(&mut self.records);
        self.records.reserve(records.len());
        let counters = &self.exit.queue.counters;
        add(&counters.groups, 1);
        add(&counters.records, records.len());
        counters.bytes.fetch_add(group.bytes, Ordering::Relaxed);
        let Appended {
            first_seq,
            head,
            written_ms,
            ..
        } = group;
        let batch = Arc::new(Batch {
            first_seq,
            records,
            head,
            written_ms,
        });
        for fold in &mut self.folds {
            fold(&batch);
        }
        self.exit
            .queue
            .counters
            .last_seq
            .store(batch.last_seq(), Ordering::Release);
        self.complete(Some(group));
    }

    /// Completes the records of a group; `None` if they were refused for want of room.
    fn complete(&mut self, group: Option<Appended>) {
        let last_seq = self.journal.next_seq() - 1;
        let mut seq = group.map_or(0, |group| group.first_seq);
        self.leave_queue(self.completions.len());
        for completion in self.completions.drain(..) {
            match completion {
                Completion::Barrier(on_done) => on_done(Ok(last_seq)),
                Completion::Record(on_ack) => {
                    let ack = group.map(|group| Ack {
                        seq,
                        written_ms: group.written_ms,
                    });
                    on_ack(ack.ok_or(CommitFault::StorageFull));
                    seq += 1;
                }
            }
        }
    }

    fn leave_queue(&self, items: usize) {
        self.exit
            .queue
            .counters
            .depth
            .fetch_sub(items as u64, Ordering::Relaxed);
    }
}

fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(count as u64, Ordering::Relaxed);
}
