//! Handles requests to the sandbox gateway with the book, in process and behind the socket alike.
//!
//! One thread per desk, its clerk, takes all requests that are waiting and lets their calls share one write to the disk.
//! Must not: know connections.

use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use campusg_domain::time::At;
use tokio::sync::oneshot;

use super::book::{Book, BookFault};
use super::card::{account_face, card_face};
use super::feed::{self, Faults};
use super::wire::{Ask, Reply};
use campusg_bank::{Handled, Setup};

/// Most requests that share one write.
const TOGETHER: usize = 256;

/// The sandbox gateway's clock.
pub type Now = Arc<dyn Fn() -> At + Send + Sync>;

/// Sends requests to the clerk's thread, which ends when the last clone is dropped.
#[derive(Clone)]
pub struct Desk(Arc<Line>);

struct Line {
    book: Arc<Book>,
    // Taken by the drop.
    errands: Option<mpsc::Sender<Errand>>,
    // Taken by the drop, which leaves the book free for the next one who opens it.
    clerk: Option<JoinHandle<()>>,
}

/// A request, and the channel for its reply.
struct Errand {
    ask: Ask,
    reply: oneshot::Sender<Timed>,
}

/// A reply, and the milliseconds by which it is delayed.
type Timed = (Reply, u64);

impl Desk {
    /// Starts a clerk on a book; several desks may share a book.
    ///
    /// # Panics
    /// If the operating system can't start a thread.
    #[must_use]
    pub fn new(book: Arc<Book>, faults: Faults, now: Now) -> Self {
        let (errands, line) = mpsc::channel();
        let clerk = Clerk {
            book: Arc::clone(&book),
            faults,
            now,
        };
        let clerk = thread::Builder::new()
            .name("sandbox-book".into())
            .spawn(move || clerk.serve(&line))
            .expect("a machine that has no thread left can't run a gateway");
        Self(Arc::new(Line {
            book,
            errands: Some(errands),
            clerk: Some(clerk),
        }))
    }

    /// The book that this desk writes.
    pub(super) fn book(&self) -> &Book {
        &self.0.book
    }

    /// Handles one request. What it does is done even if this future is dropped.
    pub async fn handle(&self, ask: Ask) -> Reply {
        let (reply, replied) = oneshot::channel();
        let errand = Errand { ask, reply };
        // A clerk who is gone drops the errand, so that the answer below is the same.
        let _ = self.0.errands.as_ref().map(|line| line.send(errand));
        match replied.await {
            Ok((reply, 0)) => reply,
            Ok((reply, delay_ms)) => {
                tokio::time::sleep(Duration::from_millis(delay_ms)).await;
                reply
            }
            Err(_) => {
                tracing::error!("the sandbox gateway's thread has panicked");
                Reply::Failed
            }
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        drop(self.errands.take());
        if let Some(clerk) = self.clerk.take() {
            // A panic there was reported by the panic hook.
            let _ = clerk.join();
        }
    }
}

/// The thread's state: the book, the faults of events and the clock.
struct Clerk {
    book: Arc<Book>,
    faults: Faults,
    now: Now,
}

impl Clerk {
    fn serve(&self, line: &mpsc::Receiver<Errand>) {
        while let Ok(first) = line.recv() {
            let mut synced = 0;
            let mut answered = vec![];
            for Errand { ask, reply } in
                std::iter::once(first).chain(line.try_iter().take(TOGETHER - 1))
            {
                answered.push((self.hear(ask, &mut synced), reply));
            }
            let written = self.book.wait_until_synced(synced);
            if let Err(fault) = &written {
                tracing::error!(error = %fault, "sandbox gateway book failed");
            }
            for (timed, reply) in answered {
                let timed = if written.is_ok() {
                    timed
                } else {
                    (Reply::Failed, 0)
                };
                // Whoever has left needs no answer.
                let _ = reply.send(timed);
            }
        }
    }

    /// Handles a request. The reply may leave once the first `synced` facts are on disk; a failing book gives `Failed`.
    fn hear(&self, ask: Ask, synced: &mut u64) -> Timed {
        self.consult(ask, synced).unwrap_or_else(|fault| {
            tracing::error!(error = %fault, "sandbox gateway book failed");
            (Reply::Failed, 0)
        })
    }

    /// Handles a request. A call only raises `synced`; every other request waits for the disk itself.
    fn consult(&self, ask: Ask, synced: &mut u64) -> Result<Timed, BookFault> {
        let now = (self.now)();
        let reply = match ask {
            Ask::Call(request) => {
                let unsaid = self.book.prepare_call(&request, now)?;
                *synced = unsaid.folded.max(*synced);
                return Ok(reply(unsaid.handled, Reply::Answer));
            }
            Ask::PayOut(payout) => {
                return Ok(reply(self.book.pay_out(&payout, now)?, Reply::Payout));
            }
            Ask::Confirm { key, approve } => {
                return Ok(reply(self.book.confirm(&key, approve, now)?, Reply::Answer));
            }
            Ask::BeginSetup {
                key,
                kind,
                return_url,
            } => {
                let setup = Setup {
                    key,
                    kind,
                    return_url,
                    entered: None,
                };
                let Some(id) = unguessable() else {
                    return Ok((Reply::Failed, 0));
                };
                let begun = self.book.begin_setup(id, setup, now)?;
                return Ok(reply(begun, Reply::Page));
            }
            Ask::Enter { id, token } => {
                let entered = self.book.enter(&id, &token, now)?;
                return Ok(reply(entered, |setup| Reply::Setup(Some(setup))));
            }
            Ask::Setup { id } => Reply::Setup(self.book.setup(&id, now)?),
            Ask::ToConfirm { key } => Reply::ToConfirm(self.book.to_confirm(&key, now)?),
            Ask::Describe { card } => card_face(&card).map_or(Reply::UnknownToken, Reply::Card),
            Ask::DescribeAccount { account } => {
                account_face(&account).map_or(Reply::UnknownToken, Reply::Account)
            }
            Ask::Events { after } => {
                let after = feed::place(&after);
                let from = feed::read_from(after, self.faults);
                let read = self.book.events(from, feed::PAGE_EVENTS, now)?;
                Reply::Events(feed::page(after, read, now, self.faults))
            }
            Ask::LookUp { key } => Reply::Standing(self.book.look_up(&key, now)?),
            Ask::Totals { stream } => Reply::Totals(self.book.totals(stream.as_deref(), now)?),
            Ask::Lines { after } => Reply::Lines(self.book.lines(after)?),
        };
        Ok((reply, 0))
    }
}

fn reply<A>(handled: Handled<A>, wrap: impl FnOnce(A) -> Reply) -> Timed {
    (
        handled.outcome.map_or_else(Reply::Misuse, wrap),
        handled.delay_ms,
    )
}

/// A random text of 128 bits; `None` if the operating system gives no random bytes.
fn unguessable() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .inspect_err(|fault| tracing::error!(%fault, "no random bytes"))
        .ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
