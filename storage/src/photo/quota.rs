//! Limits how many photos a person may have that no order refers to.
//!
//! The counts are in memory; they are made from the folder when first needed. Must not: delete anything.
//!
//! Invariant: a photo counts from before it is written until it is a day old, is deleted, or an order refers to it.
//! The last is looked up only when a person has reached the limit.

use std::collections::HashMap;

use campusg_domain::id::{PhotoId, UserId};

/// The most unreferenced photos per person and day.
pub(super) const MOST_PHOTOS: usize = 20;
/// The most bytes of unreferenced photos per person and day.
pub(super) const MOST_BYTES: u64 = 50 << 20;
/// How long a photo counts, in milliseconds.
pub(super) const COUNTS_MS: u64 = 24 * 60 * 60 * 1000;

/// A recently uploaded photo, to which an order may refer meanwhile.
pub(super) struct Recent {
    pub(super) photo: PhotoId,
    pub(super) bytes: u64,
    pub(super) at_ms: u64,
}

#[derive(Default)]
pub(super) struct Quota {
    recent: HashMap<UserId, Vec<Recent>>,
}

impl Quota {
    /// Counts a photo that exists already.
    pub(super) fn count(&mut self, uploader: UserId, photo: Recent) {
        self.recent.entry(uploader).or_default().push(photo);
    }

    /// Counts a new photo, if the limits allow it.
    pub(super) fn admit(
        &mut self,
        uploader: UserId,
        new: Recent,
        is_used: impl Fn(PhotoId) -> bool,
    ) -> bool {
        let mine = self.recent.entry(uploader).or_default();
        mine.retain(|old| old.photo != new.photo && new.at_ms < old.at_ms + COUNTS_MS);
        if !has_room(mine, new.bytes) {
            mine.retain(|old| !is_used(old.photo));
        }
        let admitted = has_room(mine, new.bytes);
        if admitted {
            mine.push(new);
        }
        admitted
    }

    /// Stops counting a photo that could not be written or was deleted.
    pub(super) fn forget(&mut self, uploader: UserId, photo: PhotoId) {
        if let Some(mine) = self.recent.get_mut(&uploader) {
            mine.retain(|old| old.photo != photo);
        }
    }
}

fn has_room(mine: &[Recent], bytes: u64) -> bool {
    let there: u64 = mine.iter().map(|photo| photo.bytes).sum();
    mine.len() < MOST_PHOTOS && there + bytes <= MOST_BYTES
}
