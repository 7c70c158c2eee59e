//! Answers what is asked from the book: the same in process and behind a socket.
//!
//! Must not: know of connections.

use std::sync::Arc;
use std::time::Duration;

use campusg_domain::time::At;

use super::book::{Book, BookFault, Handled};
use super::card::{account_face, card_face};
use super::feed::{self, Faults};
use super::wire::{Ask, Reply};

/// Where the sandbox gateway reads the time.
pub type Now = Arc<dyn Fn() -> At + Send + Sync>;

/// The book with its faults and its clock.
#[derive(Clone)]
pub struct Desk {
    book: Arc<Book>,
    faults: Faults,
    now: Now,
}

impl Desk {
    /// A desk for one book; several desks may share it.
    #[must_use]
    pub fn new(book: Arc<Book>, faults: Faults, now: Now) -> Self {
        Self { book, faults, now }
    }

    /// Handles one request; what it did is done even if this future is dropped.
    pub async fn handle(&self, ask: Ask) -> Reply {
        let desk = self.clone();
        match tokio::task::spawn_blocking(move || desk.look_up(ask)).await {
            Ok((reply, 0)) => reply,
            Ok((reply, delay_ms)) => {
                tokio::time::sleep(Duration::from_millis(delay_ms)).await;
                reply
            }
            Err(panicked) => {
                tracing::error!(error = %panicked, "sandbox gateway request panicked");
                Reply::Failed
            }
        }
    }

    /// The reply and how many milliseconds to hold it back.
    fn look_up(&self, ask: Ask) -> (Reply, u64) {
        self.consult(ask).unwrap_or_else(|fault| {
            tracing::error!(error = %fault, "sandbox gateway book failed");
            (Reply::Failed, 0)
        })
    }

    fn consult(&self, ask: Ask) -> Result<(Reply, u64), BookFault> {
        let now = (self.now)();
        let reply = match ask {
            Ask::Call(request) => return Ok(reply(self.book.call(&request, now)?, Reply::Answer)),
            Ask::PayOut(payout) => {
                return Ok(reply(self.book.pay_out(&payout, now)?, Reply::Payout));
            }
            Ask::Confirm { key, approve } => {
                return Ok(reply(self.book.confirm(&key, approve, now)?, Reply::Answer));
            }
            Ask::Describe { card } => card_face(&card).map_or(Reply::UnknownToken, Reply::Card),
            Ask::DescribeAccount { account } => {
                account_face(&account).map_or(Reply::UnknownToken, Reply::Account)
            }
            Ask::Events { after } => {
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

fn reply<A>(handled: Handled<A>, wrap: impl FnOnce(A) -> Reply) -> (Reply, u64) {
    (
        handled.outcome.map_or_else(Reply::Misuse, wrap),
        handled.delay_ms,
    )
}
