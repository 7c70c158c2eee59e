//! Reads the journal for queries: single records, the records of an order, and an order as it was.
//!
//! Must not: read the whole journal; it follows the stream's links.

use std::sync::Arc;

use campusg_domain::{
    id::{OrderId, Seq, Stream},
    order::Order,
    record::Entry,
    time::At,
};

use super::{Read, Reads};
use crate::replay::{decode, walk_back};

impl Reads {
    /// Returns one record; `None` if there is none with this sequence number.
    ///
    /// # Errors
    /// A fault of the journal, or of a record that can't be decoded.
    pub fn entry(&self, seq: Seq) -> Read<Option<Entry>> {
        let stored = self.shared.reader.read_at(seq.0)?;
        let record = stored.as_ref().map(decode).transpose()?;
        Ok(record.map(|record| Entry { seq, record }))
    }

    /// Returns up to `limit` records after `after`, as they are in the journal.
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub fn entries_after(&self, after: Seq, limit: usize) -> Read<Vec<Entry>> {
        let records = self.shared.reader.read_from(after.next().0).take(limit);
        records
            .map(|stored| {
                let stored = stored?;
                let record = decode(&stored)?;
                Ok(Entry {
                    seq: Seq(stored.seq),
                    record,
                })
            })
            .collect()
    }

    /// Returns all records of an order, oldest first; empty if it was never placed.
    ///
    /// # Errors
    /// As [`Self::entry`] and [`Self::order`].
    pub fn stream_entries(&self, order: OrderId) -> Read<Vec<Entry>> {
        let last = self.order(order)?.map_or(Seq::NONE, |known| known.last_seq);
        self.entries_upto(order, last)
    }

    /// Returns the records of an order after `after`, oldest first, each with the order's version after it. Reads no earlier
    /// ones.
    ///
    /// # Errors
    /// As [`Self::stream_entries`].
    pub fn stream_entries_after(&self, order: OrderId, after: Seq) -> Read<Vec<(u32, Entry)>> {
        let Some(known) = self.order(order)? else {
            return Ok(vec![]);
        };
        let newest_first = walk_back(&self.shared.reader, known.last_seq);
        let missed = newest_first.take_while(|found| match found {
            Ok((seq, _)) => *seq > after,
            Err(_) => true,
        });
        let versions = (1..=known.version).rev();
        let numbered = versions.zip(missed);
        let mut entries = numbered
            .map(|(version, found)| found.map(|(seq, record)| (version, Entry { seq, record })))
            .collect::<Read<Vec<_>>>()?;
        entries.reverse();
        Ok(entries)
    }

    /// Returns the order as it was at a time, the last one where the clock was set back since; `None` before it was placed.
    ///
    /// # Errors
    /// As [`Self::stream_entries`].
    pub fn order_at(&self, order: OrderId, at: At) -> Read<Option<Arc<Order>>> {
        let entries = self.stream_entries(order)?;
        let last = entries.iter().rposition(|entry| entry.record.at <= at);
        Ok(fold(entries.iter().take(last.map_or(0, |last| last + 1))))
    }

    /// Returns the order as its record `seq` left it, to answer a repeated command. That record need not be folded;
    /// later ones are not read.
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub fn order_as_of(&self, order: OrderId, seq: Seq) -> Read<Option<Arc<Order>>> {
        Ok(fold(self.entries_upto(order, seq)?.iter()))
    }

    fn entries_upto(&self, order: OrderId, last: Seq) -> Read<Vec<Entry>> {
        let walked = walk_back(&self.shared.reader, last);
        let mut entries = walked
            .map(|found| found.map(|(seq, record)| Entry { seq, record }))
            .collect::<Read<Vec<Entry>>>()?;
        entries.retain(|entry| entry.record.stream == Stream::Order(order));
        entries.reverse();
        Ok(entries)
    }
}

fn fold<'a>(entries: impl Iterator<Item = &'a Entry>) -> Option<Arc<Order>> {
    let mut order = None;
    for entry in entries {
        Order::fold(&mut order, entry.seq, &entry.record);
    }
    order.map(Arc::new)
}
