//! Looks whether the photos that orders refer to are there, and are what was stored.
//!
//! Must not: repair anything; a lost photo can only be restored from a backup.
//!
//! Invariant: the first walk, soon after the start, looks at files only; later ones read them.

use std::time::Duration;

use campusg_domain::id::PhotoId;

use crate::photo::Photos;
use crate::snapshot::SnapshotFault;
use crate::snapshot::key::{self, Key};
use crate::snapshot::shared::Shared;

/// How many files one look finds, and how many it reads.
const FILES_PER_LOOK: usize = 256;
const READ_PER_LOOK: usize = 2;

/// A walk over all photos in the archive.
#[derive(Debug, Default)]
pub(super) struct PhotoCheck {
    after: Option<Key>,
    reads: bool,
}

impl PhotoCheck {
    /// Looks at the next photos; starts again at the end.
    pub(super) fn step(&mut self, shared: &Shared, photos: &Photos) -> Result<(), SnapshotFault> {
        let stores = shared.stores();
        let archive = stores.archive.get(Duration::ZERO)?;
        let limit = if self.reads {
            READ_PER_LOOK
        } else {
            FILES_PER_LOOK
        };
        let keys = archive.keys_after(key::PHOTOS, self.after.as_ref(), limit)?;
        for photo in keys.iter().filter_map(Key::to_photo) {
            if let Some(why) = self.fault(photos, photo) {
                shared.photo_is_lost(photo, why);
            }
        }
        self.after = keys.into_iter().next_back();
        self.reads |= self.after.is_none();
        Ok(())
    }

    fn fault(&self, photos: &Photos, photo: PhotoId) -> Option<&'static str> {
        if !self.reads {
            return (!photos.is_there(photo)).then_some("it is missing");
        }
        match photos.load(photo) {
            Ok(Some(_)) => None,
            Ok(None) => Some("it is missing"),
            Err(_) => Some("it can't be read as it was stored"),
        }
    }
}
