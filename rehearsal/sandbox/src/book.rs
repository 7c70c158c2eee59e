//! The sandbox gateway's book: what its bank did, written to disk before an answer leaves.
//!
//! Owns: one file of facts, and the bank folded from it. The file grows by about 300 bytes per call and is never cut: it
//! is a test double that outlives its tests. Must not: know connections, or be read by the server except through the port.
//! Invariants: no answer leaves before every fact that it rests on is on disk; under one key nothing is done twice; after
//! a failed write nothing that waits for the disk is answered until a later write has succeeded, which each request tries.

mod file;

pub use file::{BookFault, LinePage};

use std::collections::VecDeque;
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

/// Most facts that wait for the disk. Only a disk that takes nothing lets so many wait.
const MOST_WAITING: usize = 4_096;

/// An answer that must not leave before the facts it rests on are on disk.
#[derive(Debug)]
pub(super) struct Unsaid<A> {
    pub(super) handled: Handled<A>,
    /// Number of facts that must be on disk first; for [`Book::wait_until_synced`].
    pub(super) folded: u64,
}

/// The open book. Its methods block on the disk; concurrent ones share one write.
#[derive(Debug)]
pub struct Book {
    memory: Mutex<Memory>,
    // Invariant: locked before `memory` where both are.
    disk: Mutex<Disk>,
    /// Why the last write failed; `None` if it did not.
    trouble: Mutex<Option<String>>,
}

#[derive(Debug)]
struct Memory {
    bank: Bank,
    // Invariant: the facts folded into `bank` but not handed to the disk, in order.
    queue: VecDeque<BookLine>,
    folded: u64,
}

#[derive(Debug)]
struct Disk {
    file: BookFile,
    synced: u64,
}

impl Book {
    /// Opens the book or creates it, with its directory.
    ///
    /// # Errors
    /// [`BookFault`]: in use, no book, damaged, or an error of the operating system.
    pub fn open(path: &Path, tuning: Tuning) -> Result<Self, BookFault> {
        let mut memory = Memory {
            bank: Bank::new(SCRIPTS, tuning),
            queue: VecDeque::new(),
            folded: 0,
        };
        let file = BookFile::open(path, |line| memory.bank.apply(&line))?;
        Ok(Self {
            memory: Mutex::new(memory),
            disk: Mutex::new(Disk { file, synced: 0 }),
            trouble: Mutex::default(),
        })
    }

    /// Handles one try of a call.
    ///
    /// # Errors
    /// [`BookFault::Io`]: whether it was done is unknown.
    pub fn call(&self, request: &Request, now: At) -> Result<Handled<Answer>, BookFault> {
        self.say(self.prepare_call(request, now)?)
    }

    /// As [`Self::call`], but does not wait for the disk, so that many calls can share one write.
    ///
    /// # Errors
    /// [`BookFault::Io`]: so much waits for the disk that nothing was done.
    pub(super) fn prepare_call(
        &self,
        request: &Request,
        now: At,
    ) -> Result<Unsaid<Answer>, BookFault> {
        self.prepare(|bank| bank.call(request, now))
    }

    /// Why the book could not be written at the last try; `None` if it could.
    ///
    /// # Panics
    /// If the bank has panicked.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().expect(UNPOISONED).clone()
    }

    /// Whether the book has ever heard of a call.
    ///
    /// # Panics
    /// If the bank has panicked.
    #[must_use]
    pub fn knows(&self, key: &CallKey) -> bool {
        self.memory().bank.look_up(key).is_some()
    }

    /// Handles one try of a payout.
    ///
    /// # Errors
    /// [`BookFault::Io`]: whether it was done is unknown.
    pub fn pay_out(&self, payout: &Payout, now: At) -> Result<Handled<PayoutAnswer>, BookFault> {
        self.say(self.prepare(|bank| bank.pay_out(payout, now))?)
    }

    /// Handles the customer's answer when the bank has asked them to confirm an authorisation.
    ///
    /// # Errors
    /// [`BookFault::Io`]: whether it was done is unknown.
    pub fn confirm(
        &self,
        key: &CallKey,
        approve: bool,
        now: At,
    ) -> Result<Handled<Answer>, BookFault> {
        self.say(self.prepare(|bank| bank.confirm(key, approve, now))?)
    }

    /// Begins a setup with this unguessable id; returns the path of its page.
    ///
    /// # Errors
    /// [`BookFault::Io`]: whether it was done is unknown.
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
        })?)
    }

    /// Records the card or bank account, by its token, that a person picked in a setup.
    ///
    /// # Errors
    /// [`BookFault::Io`]: whether it was done is unknown.
    pub fn enter(&self, id: &str, token: &str, now: At) -> Result<Handled<Setup>, BookFault> {
        self.say(self.prepare(|bank| bank.enter(id, token, now))?)
    }

    /// A setup by its id; `None` if there is none.
    ///
    /// # Errors
    /// [`BookFault::Io`].
    pub fn setup(&self, id: &str, now: At) -> Result<Option<Setup>, BookFault> {
        self.read(now, |bank| bank.setup(id).cloned())
    }

    /// At most `limit` events after event number `after`, each with its time; times never decrease.
    ///
    /// # Errors
    /// [`BookFault::Io`].
    pub fn events(
        &self,
        after: u64,
        limit: usize,
        now: At,
    ) -> Result<Vec<(At, GatewayEvent)>, BookFault> {
        self.read(now, |bank| bank.events(after, limit).collect())
    }

    /// What has become of a call; `None` if the key is unknown.
    ///
    /// # Errors
    /// [`BookFault::Io`].
    pub fn look_up(&self, key: &CallKey, now: At) -> Result<Option<Standing>, BookFault> {
        self.read(now, |bank| bank.look_up(key))
    }

    /// The amount in cents that the customer is asked to confirm; `None` if they are not asked, or have answered.
    ///
    /// # Errors
    /// [`BookFault::Io`].
    pub fn to_confirm(&self, key: &CallKey, now: At) -> Result<Option<Cents>, BookFault> {
        self.read(now, |bank| bank.to_confirm(key))
    }

    /// Sums over the calls of one stream (as `order:{id}`), or of all.
    ///
    /// # Errors
    /// [`BookFault::Io`].
    pub fn totals(&self, stream: Option<&str>, now: At) -> Result<Totals, BookFault> {
        self.read(now, |bank| bank.totals(stream))
    }

    /// Reads entries of the book from a byte offset: 0, or the `next` of an earlier page.
    ///
    /// # Errors
    /// [`BookFault`]; `Damaged` also if no line begins at that offset.
    pub fn lines(&self, after: u64) -> Result<LinePage, BookFault> {
        self.disk.lock().expect(UNPOISONED).file.page(after)
    }

    fn prepare<A>(
        &self,
        handle: impl FnOnce(&mut Bank) -> Handled<A>,
    ) -> Result<Unsaid<A>, BookFault> {
        if self.memory().queue.len() >= MOST_WAITING {
            self.write_what_waits()?;
        }
        let mut memory = self.memory();
        let handled = handle(&mut memory.bank);
        memory.take_fresh();
        Ok(Unsaid {
            handled,
            folded: memory.folded,
        })
    }

    /// Tries again to write what an earlier try could not write. Others need not wait for this one's success.
    ///
    /// # Errors
    /// [`BookFault::Io`].
    pub fn write_what_waits(&self) -> Result<(), BookFault> {
        let folded = self.memory().folded;
        self.wait_until_synced(folded)
    }

    /// Does what is due by `now`, reads from the bank, and returns once that is on disk.
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

    /// Blocks until the first `folded` facts are on disk. Whichever caller comes first writes for all who wait. What
    /// could not be written stays in the queue, and the next caller writes it again.
    ///
    /// # Errors
    /// [`BookFault::Io`]: whether it is on disk is unknown.
    pub(super) fn wait_until_synced(&self, folded: u64) -> Result<(), BookFault> {
        let mut disk = self.disk.lock().expect(UNPOISONED);
        while disk.synced < folded {
            let group: Vec<BookLine> = {
                let queue = &self.memory().queue;
                queue.iter().take(MAX_GROUP).cloned().collect()
            };
            let written = disk.file.append(&group);
            *self.trouble.lock().expect(UNPOISONED) = written.as_ref().err().map(in_full);
            written?;
            self.memory().queue.drain(..group.len());
            disk.synced += group.len() as u64;
        }
        Ok(())
    }
}

fn in_full(fault: &BookFault) -> String {
    match std::error::Error::source(fault) {
        Some(cause) => format!("{fault}: {cause}"),
        None => fault.to_string(),
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
    fn v3_a_book_that_could_not_be_written_goes_on_by_itself_and_forgets_nothing() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("book.jsonl");
        let book = Book::open(&path, Tuning::default()).unwrap();
        let before = book.call(&authorize("before"), At(5)).unwrap();
        let refuse = |refuses| book.disk.lock().unwrap().file.refuses = refuses;
        refuse(true);
        for key in ["a", "before", "b"] {
            let said = book.call(&authorize(key), At(5));
            assert!(matches!(said, Err(BookFault::Io { .. })), "{key}: {said:?}");
        }
        assert!(matches!(
            book.totals(None, At(5)),
            Err(BookFault::Io { .. })
        ));
        assert!(book.trouble().unwrap().contains("book.jsonl"));
        refuse(false);
        assert_eq!(book.call(&authorize("before"), At(5)).unwrap(), before);
        let totals = book.totals(None, At(5)).unwrap();
        assert_eq!(totals.open_authorizations, 3, "a and b were done once");
        assert_eq!(book.trouble(), None);
        let after = book.call(&authorize("c"), At(5)).unwrap();
        drop(book);
        let book = Book::open(&path, Tuning::default()).unwrap();
        assert_eq!(book.call(&authorize("c"), At(5)).unwrap(), after);
        assert_eq!(book.totals(None, At(5)).unwrap().open_authorizations, 4);
    }

    #[test]
    fn v3_a_book_that_is_never_written_takes_no_more_than_it_can_hold() {
        let dir = tempfile::TempDir::new().unwrap();
        let book = Book::open(&dir.path().join("book.jsonl"), Tuning::default()).unwrap();
        book.disk.lock().unwrap().file.refuses = true;
        for n in 0..2 * MOST_WAITING {
            assert!(book.call(&authorize(&n.to_string()), At(5)).is_err());
        }
        let waiting = book.memory().queue.len();
        assert!(waiting <= MOST_WAITING + MAX_GROUP, "{waiting}");
        book.disk.lock().unwrap().file.refuses = false;
        let totals = book.totals(None, At(5)).unwrap();
        assert!(totals.open_authorizations >= MOST_WAITING as u64 / 2);
        assert!(book.call(&authorize("again"), At(5)).is_ok());
    }
}
