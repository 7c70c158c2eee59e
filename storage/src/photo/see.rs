//! Looks at an uploaded picture: what it shows, and how it is to be stored.
//!
//! A picture that is upright, still and not too large is stored as it came. Any other is drawn anew.

use blake3::Hasher;
use campusg_domain::id::PictureId;
use image::metadata::Orientation;

use super::budget::BUDGET_BYTES;
use super::decode::Unpacked;
use super::draw::{Drawn, MOST_LOSSLESS};
use super::look::Looking;
use super::measure::Size;
use super::strip::{Stripped, strip};
use super::{MAX_PHOTO_BYTES, MAX_PHOTO_PIXELS, MAX_SIDE, PhotoFault, Photos, Seen};

/// What is to be done with a picture, and the memory that it takes.
struct Plan {
    size: Size,
    /// How many times smaller each side is to become, where the picture is drawn anew.
    smaller: Option<usize>,
    memory: u64,
}

impl Plan {
    fn of(stripped: &Stripped) -> Result<Self, PhotoFault> {
        let size = Size::of(stripped.kind, &stripped.bytes).ok_or(PhotoFault::NotAPhoto)?;
        if size.width.max(size.height) > MAX_SIDE {
            return Err(PhotoFault::TooLong);
        }
        let mut by = 1;
        while size.pixels() > MAX_PHOTO_PIXELS * by * by {
            by += 1;
        }
        let upright = stripped.orientation == Orientation::NoTransforms;
        let as_it_came = by == 1 && upright && !size.animated;
        // The stripped picture, and a decoder's copy of it.
        let read = 2 * stripped.bytes.len() as u64;
        let unpacking = size.unpacked + size.beside + read;
        let new = size.pixels() / (by * by) * 3;
        let packing = new + MOST_LOSSLESS + MAX_PHOTO_BYTES as u64;
        let drawing = if as_it_came {
            0
        } else {
            packing.max(size.unpacked + new)
        };
        let plan = Self {
            size,
            smaller: (!as_it_came).then_some(usize::try_from(by).unwrap_or(usize::MAX)),
            memory: unpacking.max(drawing),
        };
        if plan.memory > BUDGET_BYTES {
            return Err(PhotoFault::TooMuchMemory);
        }
        Ok(plan)
    }
}

impl Photos {
    /// Finds out what a picture shows, and makes what is stored of it.
    ///
    /// # Errors
    /// `NotAPhoto`, `TooLong`, `TooMuchMemory`.
    pub(super) fn see(&self, bytes: &[u8]) -> Result<Seen, PhotoFault> {
        let stripped = strip(bytes).ok_or(PhotoFault::NotAPhoto)?;
        let plan = Plan::of(&stripped)?;
        let _memory = self.unpacking.take(plan.memory);
        seen(stripped, &plan).ok_or(PhotoFault::NotAPhoto)
    }
}

fn seen(stripped: Stripped, plan: &Plan) -> Option<Seen> {
    let Stripped {
        kind,
        bytes,
        orientation,
    } = stripped;
    let unpacked = Unpacked::of(kind, &bytes, &plan.size)?;
    let as_it_came = plan.smaller.is_none().then_some((kind, bytes));
    let sides = unpacked.turned(orientation);
    let (mut hasher, mut looking) = (Hasher::new(), Looking::new(sides));
    let mut drawn = match plan.smaller {
        Some(by) => Some(Drawn::new(sides, by).ok()?),
        None => None,
    };
    for side in [sides.0, sides.1] {
        hasher.update(&(side as u64).to_le_bytes());
    }
    unpacked.rows(orientation, |row| {
        hasher.update(row);
        looking.row(row);
        if let Some(drawn) = &mut drawn {
            drawn.row(row);
        }
    });
    drop(unpacked);
    let (kind, bytes) = match as_it_came {
        Some(kept) => kept,
        None => drawn?.packed(plan.size.lossless)?,
    };
    let picture = hasher.finalize().as_bytes().first_chunk().copied()?;
    Some(Seen {
        kind,
        bytes,
        picture: PictureId::from_bytes(picture),
        look: looking.look(),
    })
}
