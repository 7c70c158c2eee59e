//! Feeds: for each audience the records that it may see, in pages, newest last.
//!
//! Must not: store content; records are read one by one, with the reader's present rights.
//!
//! Invariants: entries are in order of (sequence number, index); a page is full before the next one begins; the open
//! page and the count of unread notices are one value.

use campusg_domain::{
    id::{OrderId, Seq},
    notice::NoticeKind,
    owner::inbox::NoticeId,
    people::Side,
};
use serde::{Deserialize, Serialize};

/// How many entries a full page has.
pub const PAGE_ENTRIES: usize = 128;

/// The kind of notice that an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EntryNotice {
    /// The entry is no notice: the record is only visible to the audience.
    Nothing,
    /// A notice in the record's list of notices.
    Notice(NoticeKind),
    /// A direct notice, whose text is in the record's event.
    Direct,
}

/// Something that an audience may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedEntry {
    /// The sequence number of the record.
    pub seq: Seq,
    /// The notice's index in the record; 0 without a notice.
    pub index: u16,
    /// Whether the entry is a notice, and which.
    pub notice: EntryNotice,
    /// The order to which the reader becomes a party by this record, and the side.
    pub party: Option<(OrderId, Side)>,
    /// Whether a transfer of the record touches the reader's wallet or debt.
    pub money: bool,
    /// The record that marked the notice as read.
    pub read: Option<Seq>,
    /// Whether it could not be delivered outside of the application.
    pub failed: bool,
}

impl FeedEntry {
    /// Returns an entry without a notice, for a record that the audience may see.
    #[must_use]
    pub const fn visible(seq: Seq) -> Self {
        Self {
            seq,
            index: 0,
            notice: EntryNotice::Nothing,
            party: None,
            money: false,
            read: None,
            failed: false,
        }
    }

    /// Returns the notice's id, if the entry is a notice.
    #[must_use]
    pub const fn notice(&self) -> Option<NoticeId> {
        match self.notice {
            EntryNotice::Nothing => None,
            EntryNotice::Notice(_) | EntryNotice::Direct => Some(NoticeId {
                seq: self.seq,
                index: self.index,
            }),
        }
    }
}

/// The newest page of a feed, which is not full, with data about the whole feed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenPage {
    /// The number of the page; all earlier ones are full.
    pub page: u32,
    /// The number of unread notices on all pages.
    pub unread: u32,
    /// The last record of the audience's inbox stream.
    pub inbox_last: Seq,
    /// Oldest first.
    pub entries: Vec<FeedEntry>,
}

/// A full page of a feed, which is in the archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullPage {
    /// Oldest first, exactly [`PAGE_ENTRIES`].
    pub entries: Vec<FeedEntry>,
}

/// Returns the entry of a notice.
pub(crate) fn find(entries: &mut [FeedEntry], notice: NoticeId) -> Option<&mut FeedEntry> {
    entries
        .iter_mut()
        .find(|entry| entry.notice() == Some(notice))
}
