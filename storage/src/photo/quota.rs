//! Limits how many photos a person may have that no order refers to.
//!
//! The counts are in memory; they are made from the folder when first needed. Must not: delete anything.
//!
//! Invariant: a photo counts from before it is written until it is a day old, is deleted, or an order refers to it.
//! The last is looked up only when a person has reached the limit.

use std::collections::HashMap;

use campusg_domain::id::{PhotoId, UserId};

/// The most unreferenced photos per person and day.
pub const MOST_PHOTOS: u32 = 20;
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
    ///
    /// # Errors
    /// How long until they do, in milliseconds, if no order refers to an earlier one before.
    pub(super) fn admit(
        &mut self,
        uploader: UserId,
        new: Recent,
        is_used: impl Fn(PhotoId) -> bool,
    ) -> Result<(), u64> {
        let mine = self.recent.entry(uploader).or_default();
        mine.retain(|old| old.photo != new.photo && new.at_ms < old.at_ms + COUNTS_MS);
        if !has_room(mine, new.bytes) {
            mine.retain(|old| !is_used(old.photo));
        }
        if has_room(mine, new.bytes) {
            mine.push(new);
            return Ok(());
        }
        mine.sort_unstable_by_key(|old| old.at_ms);
        let is_enough = |gone: &usize| has_room(&mine[*gone..], new.bytes);
        let gone = (1..=mine.len()).find(is_enough);
        let last = gone.map_or(new.at_ms, |gone| mine[gone - 1].at_ms);
        Err((last + COUNTS_MS).saturating_sub(new.at_ms))
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
    mine.len() < MOST_PHOTOS as usize && there + bytes <= MOST_BYTES
}
