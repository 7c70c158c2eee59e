//! Answers out of an order's whole history: its records in pages, and the order as it was.
//!
//! Must not: read beside the line of histories, or such reads would take every place of the others.

use crate::runtime::{Refusal, Runtime};
use campusg_domain::{
    id::{OrderId, Seq},
    order::Order,
    record::Entry,
    time::At,
};
use std::sync::Arc;

/// A page of an order's records.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Oldest first, each with the order's version after it.
    pub entries: Vec<(u32, Entry)>,
    /// Where to go on, if more follow.
    pub next: Option<Seq>,
}

impl Runtime {
    /// An order as it was at a time; `None` before it was placed.
    ///
    /// # Errors
    /// A [`Refusal`] where it can't be read now.
    pub async fn order_at(&self, order: OrderId, at: At) -> Result<Option<Arc<Order>>, Refusal> {
        self.read_history(move |reads| reads.order_at(order, at))
            .await
    }

    /// Records of an order, oldest first, after a cursor, `limit` at most.
    ///
    /// # Errors
    /// A [`Refusal`] where they can't be read now.
    pub async fn order_events(
        &self,
        order: OrderId,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<History, Refusal> {
        let entries = self
            .read_history(move |reads| reads.stream_entries(order))
            .await?;
        Ok(page_of(entries, after, limit))
    }
}

/// Numbers an order's records, and cuts a page out of them.
fn page_of(entries: Vec<Entry>, after: Option<Seq>, limit: usize) -> History {
    let numbered = (1..)
        .zip(entries)
        .skip_while(|(_, entry)| after.is_some_and(|after| entry.seq <= after));
    let mut entries: Vec<(u32, Entry)> = numbered.take(limit.saturating_add(1)).collect();
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| more).map(|(_, entry)| entry.seq);
    History { entries, next }
}
