//! Queries of an order's whole history: pages of its records, and the order as it was at a time.
//!
//! Must not: bypass the waiting line of histories; otherwise such reads could take all places from others.

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
    /// Cursor of the next page; `None` if there is none.
    pub next: Option<Seq>,
}

impl Runtime {
    /// Returns an order as it was at a time; `None` before it was placed.
    ///
    /// # Errors
    /// A [`Refusal`] if it can't be read now.
    pub async fn order_at(&self, order: OrderId, at: At) -> Result<Option<Arc<Order>>, Refusal> {
        self.read_history(move |reads| reads.order_at(order, at))
            .await
    }

    /// Returns at most `limit` records of an order after a cursor, oldest first.
    ///
    /// # Errors
    /// A [`Refusal`] if they can't be read now.
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

/// Numbers an order's records by version, and cuts out a page.
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
