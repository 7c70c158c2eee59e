//! What is new for a reader: the records of their feed, or of one order, after the last one that they have.
//!
//! Must not: decide what a reader sees of a record. Nothing is kept for a reader: they name the last record that they have.

use super::{InboxNotice, Refusal, Runtime};
use campusg_domain::{
    id::{OrderId, Seq, UserId},
    notice::Audience,
    record::Entry,
};
use campusg_storage::{
    read::{InboxItem, Reads},
    snapshot::{
        SnapshotFault,
        feed::FeedEntry,
        watchers::{Watch, Watched},
    },
};
use std::collections::{
    BTreeMap,
    btree_map::Entry::{Occupied, Vacant},
};

/// A record that is new for a reader.
#[derive(Clone, Debug)]
pub struct Change {
    /// The record.
    pub entry: Entry,
    /// The order that it is of, with the order's version after it.
    pub order: Option<(OrderId, u32)>,
    /// The reader's notices in it.
    pub notices: Vec<InboxNotice>,
    /// Whether it moved money of the reader's wallet or debt.
    pub money: bool,
}

/// A page of what is new.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Oldest first.
    pub changes: Vec<Change>,
    /// Whether more follow.
    pub more: bool,
}

/// What a reader's feeds have of one record.
#[derive(Debug, Default)]
struct Found {
    items: Vec<FeedEntry>,
    money: bool,
}

impl Runtime {
    /// Subscribes to changes from now on. What changed before this call can be read.
    #[must_use]
    pub fn watch_for(&self, what: Watched) -> Watch {
        self.reads().watch(what)
    }

    /// Returns the last record that can be read.
    #[must_use]
    pub fn newest(&self) -> Seq {
        self.reads().folded()
    }

    /// Returns about `limit` records of a person's feed after `after`; those of an operator include what is for all
    /// operators. The cost follows what is returned, and not how long the feed or the journal is.
    ///
    /// # Errors
    /// A [`Refusal`] if they can't be read now.
    pub async fn changes_for(
        &self,
        user: UserId,
        operator: bool,
        after: Seq,
        limit: usize,
    ) -> Result<Changes, Refusal> {
        let read = move |reads: &Reads| {
            let (mut entries, mut more) = reads.feed_after(Audience::User(user), after, limit)?;
            if operator {
                let (theirs, more_of_theirs) =
                    reads.feed_after(Audience::Operators, after, limit)?;
                // Beyond the end of the shorter part of a feed that goes on, the other one is not known whole.
                let ends = [(&entries, more), (&theirs, more_of_theirs)].map(|(part, more)| {
                    let last = part.last().filter(|_| more);
                    last.map_or(Seq(u64::MAX), |entry| entry.seq)
                });
                let end = ends[0].min(ends[1]);
                entries.extend(theirs);
                entries.retain(|entry| entry.seq <= end);
                more |= more_of_theirs;
            }
            let mut found: BTreeMap<Seq, Found> = BTreeMap::new();
            for entry in entries {
                let record = found.entry(entry.seq).or_default();
                record.money |= entry.money;
                if entry.notice().is_some() {
                    record.items.push(entry);
                }
            }
            Ok((records(reads, after, found)?, more))
        };
        let (changes, more) = self.read(read).await?;
        let opened = changes.into_iter().map(|(change, items)| Change {
            notices: items
                .iter()
                .filter_map(|item| self.notice(user, item))
                .collect(),
            ..change
        });
        Ok(Changes {
            changes: opened.collect(),
            more,
        })
    }

    /// Returns at most `limit` records of an order after `after`. Reads no earlier ones.
    ///
    /// # Errors
    /// A [`Refusal`] if they can't be read now.
    pub async fn changes_of(
        &self,
        order: OrderId,
        after: Seq,
        limit: usize,
    ) -> Result<Changes, Refusal> {
        let entries = self
            .read(move |reads| reads.stream_entries_after(order, after))
            .await?;
        let more = entries.len() > limit;
        let changes = entries
            .into_iter()
            .take(limit)
            .map(|(version, entry)| Change {
                entry,
                order: Some((order, version)),
                notices: vec![],
                money: false,
            });
        Ok(Changes {
            changes: changes.collect(),
            more,
        })
    }
}

/// Reads what was found in feeds after `after`: each record with its order's version, and the notices in it.
fn records(
    reads: &Reads,
    after: Seq,
    found: BTreeMap<Seq, Found>,
) -> Result<Vec<(Change, Vec<InboxItem>)>, SnapshotFault> {
    let mut versions: BTreeMap<OrderId, BTreeMap<Seq, u32>> = BTreeMap::new();
    let mut changes = vec![];
    for (seq, Found { items, money }) in found {
        let Some(entry) = reads.entry(seq)? else {
            continue;
        };
        let order = match entry.record.stream.order() {
            None => None,
            Some(order) => {
                let known = match versions.entry(order) {
                    Vacant(place) => {
                        let numbered = reads.stream_entries_after(order, after)?.into_iter();
                        let numbered = numbered.map(|(version, entry)| (entry.seq, version));
                        place.insert(numbered.collect())
                    }
                    Occupied(known) => known.into_mut(),
                };
                known.get(&seq).map(|version| (order, *version))
            }
        };
        let items = items.iter().filter_map(|item| {
            Some(InboxItem {
                id: item.notice()?,
                notice: item.notice,
                read: item.read.is_some(),
                failed: item.failed,
                entry: entry.clone(),
            })
        });
        let items = items.collect();
        let change = Change {
            entry,
            order,
            notices: vec![],
            money,
        };
        changes.push((change, items));
    }
    Ok(changes)
}
