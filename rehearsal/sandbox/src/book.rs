//! The sandbox gateway's own book: what its bank did, on disk before it says so.
//!
//! Owns: one file of facts, and the bank folded from it (some 300 bytes per call, for ever: it is a test double
//! that outlives its tests). Must not: know of connections, or be read by the order service except through the port.
//! Invariants: no answer leaves before every fact it rests on is synced; under one key nothing is done twice; after a
//! failed write it answers nothing until it is opened again.

mod file;

pub use file::{BookFault, LinePage};

use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use campusg_bank::{Bank, BookLine, Handled, Setup, Totals, Tuning};
use campusg_domain::{
    call::Answer,
    gateway::{CallKey, GatewayEvent, Payout, PayoutAnswer, Request, Standing},
    money::Cents,
    time::At,
};

use crate::card::SCRIPTS;
use file::{BookFile, MAX_GROUP};

const UNPOISONED: &str = "nothing panics while it holds the book";

/// An answer that must not be said before the book is on disk as far as it rests on it.
#[derive(Debug)]
pub(super) struct Unsaid<A> {
    pub(super) handled: Handled<A>,
    /// What [`Book::wait_until_synced`] is to be asked for.
    pub(super) folded: u64,
}

/// The open book. Its methods block on the disk; concurrent ones share their syncs.
#[derive(Debug)]
pub struct Book {
    memory: Mutex<Memory>,
    // Invariant: locked before `memory` where both are.
    disk: Mutex<Disk>,
}

#[derive(Debug)]
struct Memory {
    bank: Bank,
    // Invariant: the facts folded into `bank` but not handed to the disk, in order.
    queue: Vec<BookLine>,
    folded: u64,
}

#[derive(Debug)]
struct Disk {
    file: BookFile,
    synced: u64,
    failed: bool,
}

impl Book {
    /// Opens a book or starts one; its directory is made if missing.
    ///
    /// # Errors
    /// [`BookFault`]: in use, no book, damaged, or refused by the operating system.
    pub fn open(path: &Path, tuning: Tuning) -> Result<Self, BookFault> {
        let mut memory = Memory {
            bank: Bank::new(SCRIPTS, tuning),
            queue: vec![],
            folded: 0,
        };
        let file = BookFile::open(path, |line| memory.bank.apply(&line))?;
        Ok(Self {
            memory: Mutex::new(memory),
            disk: Mutex::new(Disk {
                file,
                synced: 0,
                failed: false,
            }),
        })
    }

    /// Handles one try of a call.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`: whether it was done is unknown.
    pub fn call(&self, request: &Request, now: At) -> Result<Handled<Answer>, BookFault> {
        self.say(self.prepare_call(request, now))
    }

    /// As [`Self::call`] without waiting for the disk, so that many calls share one wait.
    pub(super) fn prepare_call(&self, request: &Request, now: At) -> Unsaid<Answer> {
        self.prepare(|bank| bank.call(request, now))
    }

    /// Handles one try of a payout.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`: whether it was done is unknown.
    pub fn pay_out(&self, payout: &Payout, now: At) -> Result<Handled<PayoutAnswer>, BookFault> {
        self.say(self.prepare(|bank| bank.pay_out(payout, now)))
    }

    /// Handles the customer's word to the bank about a call that was answered "action required".
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`: whether it was done is unknown.
    pub fn confirm(
        &self,
        key: &CallKey,
        approve: bool,
        now: At,
    ) -> Result<Handled<Answer>, BookFault> {
        self.say(self.prepare(|bank| bank.confirm(key, approve, now)))
    }

    /// Begins a setup under a name that nobody guesses, and gives the path of its page.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`: whether it was done is unknown.
    pub fn begin_setup(
        &self,
        id: String,
        setup: Setup,
        now: At,
    ) -> Result<Handled<String>, BookFault> {
        let path = format!("/sandbox/setup/{id}");
        self.say(self.prepare(|bank| {
            let begun = bank.begin_setup(id, setup, now);
            Handled {
                outcome: begun.outcome.map(|()| path),
                delay_ms: begun.delay_ms,
            }
        }))
    }

    /// Enters a card or a bank account for a setup.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`: whether it was done is unknown.
    pub fn enter(&self, id: &str, token: &str, now: At) -> Result<Handled<Setup>, BookFault> {
        self.say(self.prepare(|bank| bank.enter(id, token, now)))
    }

    /// Says what is entered in a setup; `None` where there is none.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`.
    pub fn setup(&self, id: &str, now: At) -> Result<Option<Setup>, BookFault> {
        self.read(now, |bank| bank.setup(id).cloned())
    }

    /// Gives at most `limit` events after the first `after`, with the time of each; times never fall.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`.
    pub fn events(
        &self,
        after: u64,
        limit: usize,
        now: At,
    ) -> Result<Vec<(At, GatewayEvent)>, BookFault> {
        self.read(now, |bank| bank.events(after, limit).collect())
    }

    /// Says what is known of a call now.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`.
    pub fn look_up(&self, key: &CallKey, now: At) -> Result<Option<Standing>, BookFault> {
        self.read(now, |bank| bank.look_up(key))
    }

    /// Says what the bank waits for the customer to confirm; `None`: nothing, or it is decided.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`.
    pub fn to_confirm(&self, key: &CallKey, now: At) -> Result<Option<Cents>, BookFault> {
        self.read(now, |bank| bank.to_confirm(key))
    }

    /// Adds up the calls of one stream (as `order:{id}`), or all.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`.
    pub fn totals(&self, stream: Option<&str>, now: At) -> Result<Totals, BookFault> {
        self.read(now, |bank| bank.totals(stream))
    }

    /// Reads lines from a place in the file: 0, or a `next` from before.
    ///
    /// # Errors
    /// [`BookFault`]; `Damaged` also for a place where no line begins.
    pub fn lines(&self, after: u64) -> Result<LinePage, BookFault> {
        self.disk.lock().expect(UNPOISONED).file.page(after)
    }

    fn prepare<A>(&self, handle: impl FnOnce(&mut Bank) -> Handled<A>) -> Unsaid<A> {
        let mut memory = self.memory();
        let handled = handle(&mut memory.bank);
        memory.take_fresh();
        Unsaid {
            handled,
            folded: memory.folded,
        }
    }

    /// Reads what is so once all that is due by now is done.
    fn read<A>(&self, now: At, read: impl FnOnce(&Bank) -> A) -> Result<A, BookFault> {
        let (found, folded) = {
            let mut memory = self.memory();
            memory.bank.settle(now);
            memory.take_fresh();
            (read(&memory.bank), memory.folded)
        };
        self.wait_until_synced(folded)?;
        Ok(found)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect(UNPOISONED)
    }

    fn say<A>(&self, unsaid: Unsaid<A>) -> Result<Handled<A>, BookFault> {
        self.wait_until_synced(unsaid.folded)?;
        Ok(unsaid.handled)
    }

    /// Blocks until as much is on disk; whoever comes first writes for all.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`: whether it was done is unknown.
    pub(super) fn wait_until_synced(&self, folded: u64) -> Result<(), BookFault> {
        let mut disk = self.disk.lock().expect(UNPOISONED);
        while disk.synced < folded {
            if disk.failed {
                return Err(BookFault::Closed);
            }
            let group: Vec<BookLine> = {
                let queue = &mut self.memory().queue;
                let size = queue.len().min(MAX_GROUP);
                queue.drain(..size).collect()
            };
            disk.failed = true;
            disk.file.append(&group)?;
            disk.failed = false;
            disk.synced += group.len() as u64;
        }
        Ok(())
    }
}

impl Memory {
    fn take_fresh(&mut self) {
        let fresh = self.bank.take_fresh();
        self.folded += fresh.len() as u64;
        self.queue.extend(fresh);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campusg_domain::call::CardToken;
    use campusg_domain::gateway::Operation;

    fn authorize(key: &str) -> Request {
        let card = CardToken("tok_visa".to_owned());
        let operation = Operation::Authorize {
            card,
            cents: Cents(500),
        };
        Request {
            key: key.into(),
            operation,
        }
    }

    #[test]
    fn after_a_failed_write_nothing_is_answered_until_it_is_opened_again() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("book.jsonl");
        let book = Book::open(&path, Tuning::default()).unwrap();
        let before = book.call(&authorize("before"), At(5)).unwrap();
        book.disk.lock().unwrap().file.refuse_writes();
        assert!(matches!(
            book.call(&authorize("a"), At(5)),
            Err(BookFault::Io { .. })
        ));
        for key in ["a", "before", "b"] {
            assert!(
                matches!(book.call(&authorize(key), At(5)), Err(BookFault::Closed)),
                "{key}"
            );
        }
        assert!(matches!(book.totals(None, At(5)), Err(BookFault::Closed)));
        drop(book);
        let book = Book::open(&path, Tuning::default()).unwrap();
        assert_eq!(book.call(&authorize("before"), At(5)).unwrap(), before);
        assert_eq!(book.totals(None, At(5)).unwrap().open_authorizations, 1);
    }
}
