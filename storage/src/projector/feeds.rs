//! The part of the fold that adds records to feeds: determines who may see a record, and which notices it carries.
//!
//! Must not: store content in a feed.
//!
//! Invariant: a record is in the feeds of the order's customer, of the runner bound before or after it, and of
//! everybody whom it notifies or whose money it moves, and in no other; operators' actions are in the operators'
//! feed.

use std::collections::BTreeMap;
use std::sync::Arc;

use campusg_domain::{
    id::{Principal, Stream, UserId},
    money::Account,
    notice::Audience,
    order::{Event as OrderEvent, Order, RunEvent},
    owner::inbox::{self, NoticeId},
    people::Side,
    record::Events,
};

use super::fold::Changes;
use crate::snapshot::SnapshotFault;
use crate::snapshot::feed::{EntryNotice, FeedEntry, FullPage, OpenPage, PAGE_ENTRIES, find};
use crate::snapshot::key::Key;
use crate::snapshot::value::{Slot, Value};

type Entries = BTreeMap<Audience, Vec<FeedEntry>>;

impl Changes<'_> {
    pub(super) fn feeds(
        &mut self,
        before: Option<&Order>,
        after: Option<&Order>,
    ) -> Result<(), SnapshotFault> {
        let mut entries = self.notices();
        self.visible(before, after, &mut entries);
        self.parties(before, after, &mut entries);
        self.wallets(&mut entries);
        for (audience, entries) in entries {
            self.append(audience, &entries)?;
        }
        self.inbox()
    }

    /// Returns one entry per notice, so that each can be marked as read.
    fn notices(&self) -> Entries {
        let mut entries = Entries::new();
        for (index, notice) in (0u16..).zip(&self.record.notices) {
            entries.entry(notice.to).or_default().push(FeedEntry {
                index,
                notice: EntryNotice::Notice(notice.kind),
                ..FeedEntry::visible(self.seq)
            });
        }
        if let (Events::Inbox(events), Stream::Inbox(user)) =
            (&self.record.events, self.record.stream)
            && events
                .iter()
                .any(|e| matches!(e, inbox::Event::Sent { .. }))
        {
            entries
                .entry(Audience::User(user))
                .or_default()
                .push(FeedEntry {
                    notice: EntryNotice::Direct,
                    ..FeedEntry::visible(self.seq)
                });
        }
        entries
    }

    fn visible(&self, before: Option<&Order>, after: Option<&Order>, entries: &mut Entries) {
        let orders = || before.into_iter().chain(after);
        let runners = orders()
            .filter_map(|order| order.stage.assignment().map(|assignment| assignment.runner));
        let customers = orders().map(|order| order.terms.customer);
        let users = runners.chain(customers).map(Audience::User);
        let operator = matches!(self.record.principal, Principal::Operator(_));
        let operators = operator.then_some(Audience::Operators);
        for audience in users.chain(operators) {
            self.first_entry(audience, entries);
        }
    }

    fn first_entry<'e>(&self, audience: Audience, entries: &'e mut Entries) -> &'e mut FeedEntry {
        let entries = entries.entry(audience).or_default();
        if entries.is_empty() {
            entries.push(FeedEntry::visible(self.seq));
        }
        &mut entries[0]
    }

    fn parties(&self, before: Option<&Order>, after: Option<&Order>, entries: &mut Entries) {
        let (Events::Order(events), Some(after)) = (&self.record.events, after) else {
            return;
        };
        if before.is_none() {
            let customer = Audience::User(after.terms.customer);
            self.first_entry(customer, entries).party = Some((after.id, Side::Customer));
        }
        let was_bound =
            |runner: &UserId| before.is_some_and(|order| order.former_runners.contains(runner));
        for event in events {
            if let OrderEvent::Run(RunEvent::Accepted { runner, .. }) = event
                && !was_bound(runner)
            {
                let entry = self.first_entry(Audience::User(*runner), entries);
                entry.party = Some((after.id, Side::Runner));
            }
        }
    }

    fn wallets(&self, entries: &mut Entries) {
        let ends = |t: &campusg_domain::money::Transfer| [t.debit, t.credit];
        for account in self.record.money.iter().flat_map(ends) {
            if let Account::Receivable(user) | Account::Payable(user) = account {
                self.first_entry(Audience::User(user), entries).money = true;
            }
        }
    }

    fn open_page(&self, audience: Audience) -> Result<Slot, SnapshotFault> {
        self.hot(&Key::feed(audience))
    }

    fn append(&mut self, audience: Audience, entries: &[FeedEntry]) -> Result<(), SnapshotFault> {
        let slot = self.open_page(audience)?;
        if slot.seq >= self.seq {
            return Ok(());
        }
        let mut page = match slot.value {
            Some(Value::Feed(page)) => page,
            _ => Arc::default(),
        };
        let open = Arc::make_mut(&mut page);
        for entry in entries {
            if open.entries.len() == PAGE_ENTRIES {
                let entries = std::mem::take(&mut open.entries);
                let full = Value::FullPage(Arc::new(FullPage { entries }));
                self.put(Key::feed_page(audience, open.page), Some(full));
                open.page += 1;
            }
            open.unread += u32::from(entry.notice().is_some());
            open.entries.push(*entry);
        }
        if let Stream::Inbox(user) = self.record.stream
            && audience == Audience::User(user)
        {
            open.inbox_last = self.seq;
        }
        self.put(Key::feed(audience), Some(Value::Feed(page)));
        Ok(())
    }

    /// Applies marks of notices that were read or not delivered.
    fn inbox(&mut self) -> Result<(), SnapshotFault> {
        let (Events::Inbox(events), Stream::Inbox(user)) =
            (&self.record.events, self.record.stream)
        else {
            return Ok(());
        };
        let audience = Audience::User(user);
        let slot = self.open_page(audience)?;
        let fresh = slot.seq < self.seq || self.slots.contains_key(&Key::feed(audience));
        let mut page = match slot.value {
            Some(Value::Feed(page)) => page,
            _ => Arc::default(),
        };
        for event in events {
            match event {
                inbox::Event::Sent { .. } => {}
                inbox::Event::Read { notice } => self.mark(audience, &mut page, *notice, true)?,
                inbox::Event::Failed { notice } => {
                    self.mark(audience, &mut page, *notice, false)?;
                }
            }
        }
        if fresh {
            Arc::make_mut(&mut page).inbox_last = self.seq;
            self.put(Key::feed(audience), Some(Value::Feed(page)));
        }
        Ok(())
    }

    /// Marks a notice on the open page or on a full one.
    ///
    /// The entry stores which record marked it as read. So the count of unread notices stays correct even if a full
    /// page was written to the archive, and the open page, which has the count, was not.
    fn mark(
        &mut self,
        audience: Audience,
        open: &mut Arc<OpenPage>,
        notice: NoticeId,
        read: bool,
    ) -> Result<(), SnapshotFault> {
        let seq = self.seq;
        let set = |entry: &mut FeedEntry| {
            if !read {
                entry.failed = true;
                return false;
            }
            *entry.read.get_or_insert(seq) == seq
        };
        let page = Arc::make_mut(open);
        let mut newly_read = find(&mut page.entries, notice).map(set);
        if newly_read.is_none()
            && let Some((key, mut full)) = self.page_of(audience, page.page, notice)?
        {
            newly_read = find(&mut Arc::make_mut(&mut full).entries, notice).map(set);
            if newly_read.is_some() {
                self.put(key, Some(Value::FullPage(full)));
            }
        }
        if newly_read == Some(true) {
            page.unread = page.unread.saturating_sub(1);
        }
        Ok(())
    }

    /// Returns the full page that contains a notice, if there is one. Pages are in order of sequence numbers.
    fn page_of(
        &self,
        audience: Audience,
        pages: u32,
        notice: NoticeId,
    ) -> Result<Option<(Key, Arc<FullPage>)>, SnapshotFault> {
        let (mut low, mut high) = (0, pages);
        while low < high {
            let middle = low + (high - low) / 2;
            let key = Key::feed_page(audience, middle);
            let Some(Value::FullPage(page)) = self.anywhere(&key)?.value else {
                return Err(self.projection.shared.stores().missing(&key));
            };
            let id = |entry: &FeedEntry| (entry.seq, entry.index);
            let wanted = (notice.seq, notice.index);
            if page.entries.last().is_some_and(|last| id(last) < wanted) {
                low = middle + 1;
            } else if page.entries.first().is_some_and(|first| id(first) > wanted) {
                high = middle;
            } else {
                return Ok(Some((key, page)));
            }
        }
        Ok(None)
    }
}
