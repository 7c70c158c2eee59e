//! The sandbox gateway's own book: what it did, on disk before it says so.
//!
//! Owns: one file of facts, and the memory folded from it (some 300 bytes per call, for ever: it is a test double
//! that outlives its tests). Must not: know of connections, or be read by the order service except through the port.
//! Invariants: no answer leaves before every fact it rests on is synced; under one key nothing is done twice; after a
//! failed write it answers nothing until it is opened again.

mod decide;
mod fact;
mod file;
mod known;
mod payout;
mod setup;
mod state;

pub use fact::{BookLine, Fact, LinePage, Misuse, Setup, Totals};
pub use file::BookFault;

use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use campusg_domain::{
    call::Answer,
    money::Cents,
    time::{At, DAY_MS},
};
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use campusg_domain::gateway::{
    CallKey, EventId, GatewayEvent, Payout, PayoutAnswer, Request, Standing,
};
use decide::Decision;
use file::{BookFile, MAX_GROUP};
use state::State;

const UNPOISONED: &str = "nothing panics while it holds the book";

/// Times of the sandbox gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct Tuning {
    /// Milliseconds that an authorisation can be captured.
    pub capture_window_ms: u64,
    /// Milliseconds after which a late call is done.
    pub late_ms: u64,
    /// Milliseconds that a slow answer takes.
    pub slow_ms: u64,
    /// Milliseconds after which a bank takes a charge back that it objects to.
    pub chargeback_ms: u64,
    /// Milliseconds after which the bank decides about such a charge.
    pub verdict_ms: u64,
    /// What the bank takes for it, in cents.
    pub chargeback_fee_cents: Cents,
    /// Milliseconds after which a payout comes back that does.
    pub send_back_ms: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            capture_window_ms: 7 * DAY_MS,
            late_ms: 2_000,
            slow_ms: 1_000,
            chargeback_ms: 5_000,
            verdict_ms: 5_000,
            chargeback_fee_cents: Cents(1_500),
            send_back_ms: 5_000,
        }
    }
}

/// An answer of the book, and how long it is to be held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled<A> {
    /// The answer, or what is wrong with the call.
    pub outcome: Result<A, Misuse>,
    /// Milliseconds to wait before it is said.
    pub delay_ms: u64,
}

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
    tuning: Tuning,
    memory: Mutex<Memory>,
    // Invariant: locked before `memory` where both are.
    disk: Mutex<Disk>,
}

#[derive(Debug, Default)]
struct Memory {
    state: State,
    // Invariant: the facts folded into `state` but not handed to the disk, in order.
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
        let mut memory = Memory::default();
        let file = BookFile::open(path, |line| memory.state.apply(&line))?;
        Ok(Self {
            tuning,
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
        self.prepare(now, |state, now| {
            decide::call(state, request, now, &self.tuning)
        })
    }

    /// Handles one try of a payout.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`: whether it was done is unknown.
    pub fn pay_out(&self, payout: &Payout, now: At) -> Result<Handled<PayoutAnswer>, BookFault> {
        self.say(self.prepare(now, |state, now| {
            payout::pay_out(state, payout, now, &self.tuning)
        }))
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
        self.say(self.prepare(now, |state, now| {
            decide::confirm(state, key, approve, now, &self.tuning)
        }))
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
        self.say(self.prepare(now, |_, _| setup::begin(id, setup)))
    }

    /// Enters a card or a bank account for a setup.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`: whether it was done is unknown.
    pub fn enter(&self, id: &str, token: &str, now: At) -> Result<Handled<Setup>, BookFault> {
        self.say(self.prepare(now, |state, _| setup::enter(state, id, token)))
    }

    /// Says what is entered in a setup; `None` where there is none.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`.
    pub fn setup(&self, id: &str, now: At) -> Result<Option<Setup>, BookFault> {
        let (setup, folded) = {
            let memory = self.settled(now);
            (memory.state.setups.get(id).cloned(), memory.folded())
        };
        self.wait_until_synced(folded)?;
        Ok(setup)
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
        let (events, folded) = {
            let memory = self.settled(now);
            let start = usize::try_from(after).unwrap_or(usize::MAX);
            let told = memory.state.told.iter().enumerate().skip(start).take(limit);
            let events = told.map(|(place, told)| {
                (
                    told.at,
                    GatewayEvent {
                        id: event_id(place as u64 + 1),
                        key: told.key.clone(),
                        news: told.news.clone(),
                    },
                )
            });
            (events.collect(), memory.folded())
        };
        self.wait_until_synced(folded)?;
        Ok(events)
    }

    /// Says what is known of a call now.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`.
    pub fn look_up(&self, key: &CallKey, now: At) -> Result<Option<Standing>, BookFault> {
        let (standing, folded) = {
            let memory = self.settled(now);
            (memory.state.standing(key), memory.folded())
        };
        self.wait_until_synced(folded)?;
        Ok(standing)
    }

    /// Says what the bank waits for the customer to confirm; `None`: nothing, or it is decided.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`.
    pub fn to_confirm(&self, key: &CallKey, now: At) -> Result<Option<Cents>, BookFault> {
        let (cents, folded) = {
            let memory = self.settled(now);
            (memory.state.to_confirm(key), memory.folded())
        };
        self.wait_until_synced(folded)?;
        Ok(cents)
    }

    /// Adds up the calls of one stream (as `order:{id}`), or all.
    ///
    /// # Errors
    /// [`BookFault::Io`] or `Closed`.
    pub fn totals(&self, stream: Option<&str>, now: At) -> Result<Totals, BookFault> {
        let (totals, folded) = {
            let memory = self.settled(now);
            (memory.state.totals(stream), memory.folded())
        };
        self.wait_until_synced(folded)?;
        Ok(totals)
    }

    /// Reads lines from a place in the file: 0, or a `next` from before.
    ///
    /// # Errors
    /// [`BookFault`]; `Damaged` also for a place where no line begins.
    pub fn lines(&self, after: u64) -> Result<LinePage, BookFault> {
        self.disk.lock().expect(UNPOISONED).file.page(after)
    }

    fn prepare<A>(
        &self,
        now: At,
        decide: impl FnOnce(&mut State, At) -> Result<Decision<A>, Misuse>,
    ) -> Unsaid<A> {
        let mut memory = self.settled(now);
        let now = memory.state.clock(now);
        let mut delay_ms = 0;
        let outcome = decide(&mut memory.state, now).map(|decision| {
            let fact = decision.fact.into_iter();
            fact.for_each(|fact| memory.fold(BookLine { at: now, fact }));
            if decision.slow {
                delay_ms = self.tuning.slow_ms;
            }
            decision.answer
        });
        Unsaid {
            handled: Handled { outcome, delay_ms },
            folded: memory.folded(),
        }
    }

    fn say<A>(&self, unsaid: Unsaid<A>) -> Result<Handled<A>, BookFault> {
        self.wait_until_synced(unsaid.folded)?;
        Ok(unsaid.handled)
    }

    /// The memory, with all that is due folded in.
    fn settled(&self, now: At) -> MutexGuard<'_, Memory> {
        let mut memory = self.memory.lock().expect(UNPOISONED);
        let now = memory.state.clock(now);
        while let Some(fact) = memory.state.due(now, &self.tuning) {
            memory.fold(BookLine { at: now, fact });
        }
        memory
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
                let queue = &mut self.memory.lock().expect(UNPOISONED).queue;
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
    fn fold(&mut self, line: BookLine) {
        self.state.apply(&line);
        self.queue.push(line);
        self.folded += 1;
    }

    const fn folded(&self) -> u64 {
        self.folded
    }
}

/// The name of the event that is told as number `n`.
fn event_id(n: u64) -> EventId {
    let id = format!("evt_{n}").parse();
    id.expect("it is short, and has no blanks")
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
