//! Feeds: per audience, the sequences it may see, newest last, in pages.
//!
//! Owns what an entry says beside its sequence. Must not hold content: that comes by point read,
//! through the viewer's rights of now.
//!
//! Invariants: entries stand in the order of (sequence, index); a page is full before the next one
//! begins; the open page and the count of unread notices lie in one value.

use campusg_domain::{
    id::{OrderId, Seq},
    notice::NoticeKind,
    owner::inbox::NoticeId,
    people::Side,
};
use serde::{Deserialize, Serialize};

/// Entries of a full page.
pub const PAGE_ENTRIES: usize = 128;

/// What an entry tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// Nothing: the record is visible, and that is all.
    Nothing,
    /// A notice that stands in the record.
    Notice(NoticeKind),
    /// A direct notice, whose text is the record's event.
    Direct,
}

/// One thing an audience may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedEntry {
    /// The record.
    pub seq: Seq,
    /// The notice's place in the record; 0 where nothing is told.
    pub index: u16,
    /// What is told.
    pub told: Told,
    /// The order of which the reader becomes a party here, and on which side.
    pub party: Option<(OrderId, Side)>,
    /// Whether a transfer of the record touches the reader's wallet or debt.
    pub money: bool,
    /// The record that marked it read.
    pub read: Option<Seq>,
    /// Whether it could not be delivered outside of the application.
    pub failed: bool,
}

impl FeedEntry {
    /// An entry that only says: you may see this.
    #[must_use]
    pub const fn visible(seq: Seq) -> Self {
        Self {
            seq,
            index: 0,
            told: Told::Nothing,
            party: None,
            money: false,
            read: None,
            failed: false,
        }
    }

    /// The notice's id, if the entry is one.
    #[must_use]
    pub const fn notice(&self) -> Option<NoticeId> {
        match self.told {
            Told::Nothing => None,
            Told::Notice(_) | Told::Direct => Some(NoticeId {
                seq: self.seq,
                index: self.index,
            }),
        }
    }
}

/// The open page of a feed, with what is known of the whole feed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenPage {
    /// Its number; pages before it are full.
    pub page: u32,
    /// Notices not read, on all pages.
    pub unread: u32,
    /// The last record of the audience's inbox stream.
    pub inbox_last: Seq,
    /// Its entries.
    pub entries: Vec<FeedEntry>,
}

/// A full page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullPage {
    /// Its entries.
    pub entries: Vec<FeedEntry>,
}

/// Finds the entry of a notice.
pub(crate) fn find(entries: &mut [FeedEntry], notice: NoticeId) -> Option<&mut FeedEntry> {
    entries
        .iter_mut()
        .find(|entry| entry.notice() == Some(notice))
}
