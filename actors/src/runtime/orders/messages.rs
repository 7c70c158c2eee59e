//! Queries of the messages between the parties of an order, in plain text.

use crate::runtime::{Refusal, Runtime, SealedFreeText};
use campusg_domain::{
    id::{OrderId, Seq},
    order::{ContactEvent, Event, RunEvent},
    people::Side,
    record::{Entry, Events},
    time::At,
};

/// A page of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Cursor of the next page; `None` if there is none.
    pub next: Option<Seq>,
}

/// A message between the parties of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number within the order: 1, 2, 3 …
    pub n: u16,
    /// The record that contains it.
    pub seq: Seq,
    /// When it was sent.
    pub at: At,
    /// The party that wrote it.
    pub by: Side,
    /// Whether it counts as an attempt to reach the customer.
    pub attempt: bool,
    /// `None` if the author's key was destroyed.
    pub text: Option<String>,
}

/// A message that is still sealed, and the runner epoch in which it was sent.
struct Found {
    message: Message,
    epoch: u32,
    words: SealedFreeText,
}

impl Runtime {
    /// Returns at most `limit` messages of an order after a cursor, oldest first. With `epoch`, only messages that
    /// were sent in that runner epoch: what a customer wrote to one runner is not for the next.
    ///
    /// # Errors
    /// A [`Refusal`] if they can't be read now.
    pub async fn messages(
        &self,
        order: OrderId,
        epoch: Option<u32>,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<Messages, Refusal> {
        let read = self.read_history(move |reads| reads.stream_entries(order));
        let wanted = |found: &Found| {
            epoch.is_none_or(|epoch| found.epoch == epoch)
                && after.is_none_or(|after| found.message.seq > after)
        };
        let mut found: Vec<Found> = found(&read.await?).into_iter().filter(wanted).collect();
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|last| last.message.seq);
        let opened = |Found { message, words, .. }: Found| {
            let text = self.open_free_text(words.author, words.wording, &words.sealed);
            Message { text, ..message }
        };
        let messages = found.into_iter().map(opened).collect();
        Ok(Messages { messages, next })
    }
}

/// Returns every message in an order's records, numbered and still sealed.
fn found(entries: &[Entry]) -> Vec<Found> {
    let (mut all, mut epoch) = (vec![], 0);
    for Entry { seq, record } in entries {
        let Events::Order(events) = &record.events else {
            continue;
        };
        for event in events {
            if let Event::Run(
                RunEvent::Accepted { epoch: now, .. } | RunEvent::Unbound { epoch: now, .. },
            ) = event
            {
                epoch = *now;
            }
            if let Event::Contact(ContactEvent::MessageSent { by, attempt, .. }) = event {
                let message = Message {
                    n: u16::try_from(all.len() + 1).unwrap_or(u16::MAX),
                    seq: *seq,
                    at: record.at,
                    by: *by,
                    attempt: *attempt,
                    text: None,
                };
                let words = SealedFreeText::of(record.principal, event);
                all.extend(words.map(|words| Found {
                    message,
                    epoch,
                    words,
                }));
            }
        }
    }
    all
}
