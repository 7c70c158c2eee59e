//! Reads feeds: inbox, "my orders", wallet statement, audit log, and replay for a reader who was away.
//!
//! Walks over the pages, newest first. Must not: store content; records are read one by one.
//!
//! Invariant: a cursor is the position of the last returned item, so nothing is skipped or repeated while the feed
//! grows.

use std::sync::Arc;

use campusg_domain::{
    id::{OrderId, Seq, UserId},
    money::{Account, Transfer},
    notice::Audience,
    order::{Order, Status},
    owner::inbox::NoticeId,
    people::Side,
    record::Entry,
};

use super::{Read, Reads};
use crate::snapshot::feed::{EntryNotice, FeedEntry, FullPage, OpenPage};
use crate::snapshot::key::Key;
use crate::snapshot::stores::ARCHIVE_WAIT;
use crate::snapshot::value::Value;

/// A notice in an inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxItem {
    /// The notice's id, which is also the cursor of what follows.
    pub id: NoticeId,
    /// The kind of the notice.
    pub notice: EntryNotice,
    /// Whether its recipient has read it.
    pub read: bool,
    /// Whether it could not be delivered outside of the application.
    pub failed: bool,
    /// The record that contains it, with its time, its stream, and the sealed text of a direct notice.
    pub entry: Entry,
}

/// A page of an inbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboxPage {
    /// Newest first.
    pub items: Vec<InboxItem>,
    /// The number of unread notices on all pages.
    pub unread: u32,
    /// Whether older ones follow.
    pub more: bool,
}

/// A page of a person's orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderPage {
    /// Newest first, by the time at which the person became a party.
    pub orders: Vec<Arc<Order>>,
    /// Cursor of the next page; `None` if there is none.
    pub next: Option<Seq>,
}

/// A page of the ids of orders to which a person is or was a party.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartyPage {
    /// Newest first, by the time at which the person became a party, with their side.
    pub orders: Vec<(OrderId, Side)>,
    /// Cursor of the next page; `None` if there is none.
    pub next: Option<Seq>,
}

/// A record that moved a user's money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletLine {
    /// The record with its sequence number.
    pub entry: Entry,
    /// The transfers that touch the user's wallet or debt.
    pub transfers: Vec<Transfer>,
}

/// A page of the records in a feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordPage {
    /// Newest first.
    pub entries: Vec<Entry>,
    /// Cursor of the next page; `None` if there is none.
    pub next: Option<Seq>,
}

/// How many records one page examines at most. A page that found too few of them returns a cursor.
const LOOKED_AT: usize = 5_000;

/// A page of a wallet statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalletPage {
    /// Newest first.
    pub lines: Vec<WalletLine>,
    /// Cursor of the next page; `None` if there is none.
    pub next: Option<Seq>,
}

impl Reads {
    /// Returns up to `limit` notices before `before`, newest first.
    ///
    /// # Errors
    /// `ArchiveOpening`, or a fault of a store or of the journal.
    pub fn inbox(
        &self,
        audience: Audience,
        before: Option<NoticeId>,
        limit: usize,
    ) -> Read<InboxPage> {
        let mut page = InboxPage {
            unread: self.open_page(audience)?.unread,
            ..InboxPage::default()
        };
        self.walk(audience, |entry| {
            let Some(id) = entry.notice() else {
                return Ok(true);
            };
            if before.is_some_and(|before| id >= before) {
                return Ok(true);
            }
            page.more = page.items.len() == limit;
            if page.more {
                return Ok(false);
            }
            if let Some(found) = self.entry(entry.seq)? {
                page.items.push(InboxItem {
                    id,
                    notice: entry.notice,
                    read: entry.read.is_some(),
                    failed: entry.failed,
                    entry: found,
                });
            }
            Ok(true)
        })?;
        Ok(page)
    }

    /// Returns the number of unread notices.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn unread(&self, audience: Audience) -> Read<u32> {
        self.open_page(audience).map(|page| page.unread)
    }

    /// Returns the last record of a user's inbox stream; `Seq::NONE` if there is none.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn inbox_last_seq(&self, user: UserId) -> Read<Seq> {
        let page = self.open_page(Audience::User(user))?;
        Ok(page.inbox_last)
    }

    /// Returns a notice of an inbox; `None` if it has no such notice. Searches no further back than the notice's
    /// record.
    ///
    /// # Errors
    /// As [`Self::inbox`].
    pub fn notice(&self, audience: Audience, id: NoticeId) -> Read<Option<FeedEntry>> {
        let mut found = None;
        self.walk(audience, |entry| {
            if entry.notice() == Some(id) {
                found = Some(*entry);
            }
            Ok(found.is_none() && entry.seq >= id.seq)
        })?;
        Ok(found)
    }

    /// Returns about `limit` entries after `after`, oldest first, and whether there are more. A record's entries are not
    /// split. Reads only the pages that hold them, and a few to find the first.
    ///
    /// # Errors
    /// As [`Self::inbox`].
    pub fn feed_after(
        &self,
        audience: Audience,
        after: Seq,
        limit: usize,
    ) -> Read<(Vec<FeedEntry>, bool)> {
        let open = self.open_page(audience)?;
        let new = |entry: &&FeedEntry| entry.seq > after;
        let mut entries: Vec<FeedEntry> = vec![];
        // A record's entries may go on on the next page, so one entry more than `limit` is wanted.
        for page in self.first_page_after(audience, open.page, after)?..open.page {
            if entries.len() > limit {
                break;
            }
            let page = self.full_page(audience, page)?;
            entries.extend(page.entries.iter().filter(new));
        }
        if entries.len() <= limit {
            entries.extend(open.entries.iter().filter(new));
        }
        let Some(cut) = entries.get(limit).map(|entry| entry.seq) else {
            return Ok((entries, false));
        };
        let one_record = entries[0].seq == cut;
        entries.retain(|entry| entry.seq < cut || one_record && entry.seq == cut);
        Ok((entries, true))
    }

    /// Returns the number of the first of `pages` full pages whose last entry is after `after`; `pages` if there is none.
    fn first_page_after(&self, audience: Audience, pages: u32, after: Seq) -> Read<u32> {
        let (mut low, mut high) = (0, pages);
        while low < high {
            let middle = low + (high - low) / 2;
            let page = self.full_page(audience, middle)?;
            if page.entries.last().is_some_and(|last| last.seq > after) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(low)
    }

    fn full_page(&self, audience: Audience, number: u32) -> Read<Arc<FullPage>> {
        let key = Key::feed_page(audience, number);
        let stores = self.shared.stores();
        match stores.anywhere(&key, ARCHIVE_WAIT)?.value {
            Some(Value::FullPage(page)) => Ok(page),
            _ => Err(stores.missing(&key)),
        }
    }

    /// Returns up to `limit` records of a feed before `before` for which `wanted` returns something, newest first.
    /// Used for the audit log.
    ///
    /// # Errors
    /// As [`Self::inbox`], and any error of `wanted`.
    pub fn records_before(
        &self,
        audience: Audience,
        before: Option<Seq>,
        limit: usize,
        mut wanted: impl FnMut(&Entry) -> Read<bool>,
    ) -> Read<RecordPage> {
        let mut page = RecordPage::default();
        let (mut last, mut looked_at) = (None, 0);
        self.walk(audience, |entry| {
            if before.is_some_and(|before| entry.seq >= before) || last == Some(entry.seq) {
                return Ok(true);
            }
            if page.entries.len() == limit || looked_at == LOOKED_AT {
                page.next = last;
                return Ok(false);
            }
            looked_at += 1;
            last = Some(entry.seq);
            if let Some(found) = self.entry(entry.seq)?
                && wanted(&found)?
            {
                page.entries.push(found);
            }
            Ok(true)
        })?;
        Ok(page)
    }

    /// Returns up to `limit` orders before `before` to which a user is or was a party on this side, newest first.
    /// With `status`, only those that are in it now.
    ///
    /// # Errors
    /// As [`Self::inbox`].
    pub fn my_orders(
        &self,
        user: UserId,
        side: Side,
        status: Option<Status>,
        before: Option<Seq>,
        limit: usize,
    ) -> Read<OrderPage> {
        let mut page = OrderPage::default();
        let mut last = None;
        self.walk(Audience::User(user), |entry| {
            let Some((id, on)) = entry.party else {
                return Ok(true);
            };
            if on != side || before.is_some_and(|before| entry.seq >= before) {
                return Ok(true);
            }
            if page.orders.len() == limit {
                page.next = last;
                return Ok(false);
            }
            let order = self.placed(id)?;
            if status.is_none_or(|wanted| order.status() == wanted) {
                page.orders.push(order);
            }
            last = Some(entry.seq);
            Ok(true)
        })?;
        Ok(page)
    }

    /// Returns up to `limit` orders before `before` to which a user is or was a party on either side, newest first.
    ///
    /// # Errors
    /// As [`Self::inbox`].
    pub fn party_to(&self, user: UserId, before: Option<Seq>, limit: usize) -> Read<PartyPage> {
        let (mut page, mut last) = (PartyPage::default(), None);
        self.walk(Audience::User(user), |entry| {
            let Some(party) = entry.party else {
                return Ok(true);
            };
            if before.is_some_and(|before| entry.seq >= before) {
                return Ok(true);
            }
            if page.orders.len() == limit {
                page.next = last;
                return Ok(false);
            }
            page.orders.push(party);
            last = Some(entry.seq);
            Ok(true)
        })?;
        Ok(page)
    }

    /// Returns up to `limit` records before `before` that moved a user's wallet or debt, newest first.
    ///
    /// # Errors
    /// As [`Self::inbox`].
    pub fn wallet_lines(
        &self,
        user: UserId,
        before: Option<Seq>,
        limit: usize,
    ) -> Read<WalletPage> {
        let mut page = WalletPage::default();
        let mine = [Account::Payable(user), Account::Receivable(user)];
        self.walk(Audience::User(user), |entry| {
            if !entry.money || before.is_some_and(|before| entry.seq >= before) {
                return Ok(true);
            }
            if page.lines.len() == limit {
                page.next = page.lines.last().map(|line| line.entry.seq);
                return Ok(false);
            }
            if let Some(found) = self.entry(entry.seq)? {
                let touches = |t: &&Transfer| mine.contains(&t.debit) || mine.contains(&t.credit);
                let transfers = found.record.money.iter().filter(touches).copied().collect();
                page.lines.push(WalletLine {
                    entry: found,
                    transfers,
                });
            }
            Ok(true)
        })?;
        Ok(page)
    }

    fn open_page(&self, audience: Audience) -> Read<Arc<OpenPage>> {
        Ok(match self.hot(&Key::feed(audience))? {
            Some(Value::Feed(page)) => page,
            _ => Arc::default(),
        })
    }

    /// Walks over a feed from its newest entry until `each` returns `false`.
    fn walk(&self, audience: Audience, mut each: impl FnMut(&FeedEntry) -> Read<bool>) -> Read<()> {
        let open = self.open_page(audience)?;
        for entry in open.entries.iter().rev() {
            if !each(entry)? {
                return Ok(());
            }
        }
        for number in (0..open.page).rev() {
            let page = self.full_page(audience, number)?;
            for entry in page.entries.iter().rev() {
                if !each(entry)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
