//! The sandbox payment gateway from outside: its cards, its book, its events, and the way to it over loopback.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod bank;
mod book;
mod cards;
mod events;
mod kill;
mod recovery;
mod remote;
mod setup;

use campusg_domain::{
    call::AccountToken,
    gateway::{CallKey, Operation, Payout, Request},
};
use campusg_domain::{
    call::{Answer, CardToken, Decline},
    money::Cents,
    time::At,
};
use campusg_sandbox::{Book, BookFault, Misuse, Now, Totals, Tuning};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};
use tempfile::TempDir;

const NOW: At = At(1_800_000_000_000);

const TUNING: Tuning = Tuning {
    least_charge_cents: Cents(50),
    capture_window_ms: 10_000,
    late_ms: 500,
    slow_ms: 250,
    chargeback_ms: 1_000,
    verdict_ms: 2_000,
    chargeback_fee_cents: Cents(150),
    send_back_ms: 3_000,
};

/// A book in a directory of its own, and the time as the test sets it.
struct Bench {
    dir: TempDir,
    book: Book,
    now: At,
}

impl Bench {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let book = Book::open(&dir.path().join("book.jsonl"), TUNING).unwrap();
        Self {
            dir,
            book,
            now: NOW,
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("book.jsonl")
    }

    /// Closes the book and opens it again from its file.
    fn reopen(self) -> Self {
        let Self { dir, book, now } = self;
        drop(book);
        let book = open(&dir.path().join("book.jsonl"));
        Self { dir, book, now }
    }

    fn call(&self, request: &Request) -> Result<Answer, Misuse> {
        self.book.call(request, self.now).unwrap().outcome
    }

    fn totals(&self) -> Totals {
        self.book.totals(None, self.now).unwrap()
    }
}

fn card(token: &str) -> CardToken {
    CardToken(token.to_owned())
}

fn authorize(key: &str, token: &str, cents: i64) -> Request {
    let operation = Operation::Authorize {
        card: card(token),
        cents: Cents(cents),
    };
    Request {
        key: key.into(),
        operation,
    }
}

fn capture(key: &str, authorization: &str, cents: i64) -> Request {
    let operation = Operation::Capture {
        authorization: authorization.into(),
        cents: Cents(cents),
    };
    Request {
        key: key.into(),
        operation,
    }
}

fn void(key: &str, authorization: &str) -> Request {
    let operation = Operation::Void {
        authorization: authorization.into(),
    };
    Request {
        key: key.into(),
        operation,
    }
}

fn refund(key: &str, capture: &str, cents: i64) -> Request {
    let operation = Operation::Refund {
        capture: capture.into(),
        cents: Cents(cents),
    };
    Request {
        key: key.into(),
        operation,
    }
}

fn charge(key: &str, token: &str, cents: i64) -> Request {
    let operation = Operation::Charge {
        card: card(token),
        cents: Cents(cents),
    };
    Request {
        key: key.into(),
        operation,
    }
}

fn payout(key: &str, token: &str, cents: i64) -> Payout {
    Payout {
        key: CallKey::from(key),
        account: AccountToken(token.to_owned()),
        cents: Cents(cents),
    }
}

const fn authorized(cents: i64, at: At) -> Answer {
    Answer::Authorized {
        cents: Cents(cents),
        capture_before: at.plus(TUNING.capture_window_ms),
    }
}

const fn captured(cents: i64) -> Answer {
    Answer::Captured {
        cents: Cents(cents),
    }
}

const fn refunded(cents: i64) -> Answer {
    Answer::Refunded {
        cents: Cents(cents),
    }
}

const fn declined(reason: Decline) -> Answer {
    Answer::Declined { reason }
}

/// A clock that stands until it is moved.
#[derive(Clone)]
struct StandingClock(Arc<AtomicU64>);

impl StandingClock {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(NOW.0)))
    }

    fn advance(&self, span_ms: u64) {
        self.0.fetch_add(span_ms, Ordering::SeqCst);
    }

    fn now(&self) -> Now {
        let time = Arc::clone(&self.0);
        Arc::new(move || At(time.load(Ordering::SeqCst)))
    }
}

fn open(path: &Path) -> Book {
    try_open(path).unwrap()
}

/// Opens a book that was closed a moment ago. A process that another test is just starting has every open file of this one,
/// and the lock of a book with it, until it is what it is to become.
fn try_open(path: &Path) -> Result<Book, BookFault> {
    for _ in 0..100_000 {
        match Book::open(path, TUNING) {
            Err(BookFault::InUse { .. }) => thread::yield_now(),
            opened => return opened,
        }
    }
    Book::open(path, TUNING)
}
