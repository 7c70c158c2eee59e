//! What the parties of an order wrote to each other, opened.

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
    /// Where to go on, if more follow.
    pub next: Option<Seq>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number within the order: 1, 2, 3 …
    pub n: u16,
    /// The record it stands in.
    pub seq: Seq,
    /// When.
    pub at: At,
    /// Who wrote.
    pub by: Side,
    /// Whether it counts as an attempt to reach the customer.
    pub attempt: bool,
    /// The words; `None` where the author's key is gone.
    pub text: Option<String>,
}

/// A message as the journal has it, and the runner epoch that it was written in.
struct Found {
    message: Message,
    epoch: u32,
    words: SealedFreeText,
}

impl Runtime {
    /// Messages of an order, oldest first, after a cursor, `limit` at most. With `epoch` only those of the time when the
    /// runner epoch was this: what a customer wrote to one runner is not for the next.
    ///
    /// # Errors
    /// A [`Refusal`] where they can't be read now.
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

/// Every message of an order's records, numbered, still sealed.
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
