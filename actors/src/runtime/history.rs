//! Answers out of an order's whole history: its records in pages, and the order as it was.
//!
//! Must not: read beside the line of histories, or such reads would take every place of the others.

use super::{GetOrderAt, GetOrderEvents, History, Query, Refusal, Runtime};
use campusg_domain::{id::Seq, order::Order, record::Entry};
use std::sync::Arc;

impl Query for GetOrderAt {
    type Answer = Option<Arc<Order>>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let Self(order, at) = self;
        runtime
            .read_history(move |reads| reads.order_at(order, at))
            .await
    }
}

impl Query for GetOrderEvents {
    type Answer = History;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let Self {
            order,
            after,
            limit,
        } = self;
        let entries = runtime
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
