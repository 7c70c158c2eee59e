//! Looks at an uploaded picture: what it shows, and how it is to be stored.
//!
//! A JPEG or a lossy WebP that is upright, still, opaque and not too large is stored as it came, without what is not its
//! picture. Any other is drawn anew.

use blake3::Hasher;
use campusg_domain::id::PictureId;
use image::metadata::Orientation;

use super::budget::BUDGET_BYTES;
use super::decode::Unpacked;
use super::draw::{Drawn, PACKER_BYTES, png};
use super::look::Looking;
use super::measure::Size;
use super::strip::{PhotoKind, Stripped, strip};
use super::{MAX_PHOTO_BYTES, MAX_PHOTO_PIXELS, MAX_SIDE, PhotoFault, Photos, Seen};

/// What is to be done with a picture, and the memory that it takes.
struct Plan {
    size: Size,
    as_it_came: bool,
    lossless: bool,
    /// How many times smaller each side is to become, where the picture is drawn as a JPEG.
    by: u64,
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
        let lossless = size.lossless && by == 1;
        let as_it_came = by == 1 && upright && !size.animated && !size.lossless;
        // The stripped picture, and a decoder's copy of it.
        let read = 2 * stripped.bytes.len() as u64;
        let mut memory = size.unpacked + size.beside + read;
        if lossless {
            memory = memory.max(size.unpacked + MAX_PHOTO_BYTES as u64 + PACKER_BYTES);
            // In case that it does not fit without loss.
            while memory <= BUDGET_BYTES && drawing(&size, by) > BUDGET_BYTES {
                by += 1;
            }
        }
        if !as_it_came {
            memory = memory.max(drawing(&size, by));
        }
        if memory > BUDGET_BYTES {
            return Err(PhotoFault::TooMuchMemory);
        }
        Ok(Self {
            size,
            as_it_came,
            lossless,
            by,
            memory,
        })
    }
}

/// Returns how many bytes it takes to draw a picture as a JPEG, so much smaller: what it is drawn from and the new one; then
/// that, its half, and what is packed of it.
fn drawing(size: &Size, by: u64) -> u64 {
    let new = size.pixels() / (by * by) * 3;
    let packing = new + new / 4 + MAX_PHOTO_BYTES as u64;
    packing.max(size.unpacked + new)
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
    let kept = plan.as_it_came.then_some((kind, bytes));
    let sides = unpacked.turned(orientation);
    let (mut hasher, mut looking) = (Hasher::new(), Looking::new(sides));
    for side in [sides.0, sides.1] {
        hasher.update(&(side as u64).to_le_bytes());
    }
    unpacked.rows(orientation, |row| {
        hasher.update(row);
        looking.row(row);
    });
    let (kind, bytes) = match kept {
        Some(kept) => kept,
        None => drawn_anew(unpacked, orientation, plan)?,
    };
    let picture = hasher.finalize().as_bytes().first_chunk().copied()?;
    Some(Seen {
        kind,
        bytes,
        picture: PictureId::from_bytes(picture),
        look: looking.look(),
    })
}

fn drawn_anew(
    unpacked: Unpacked,
    orientation: Orientation,
    plan: &Plan,
) -> Option<(PhotoKind, Vec<u8>)> {
    if plan.lossless
        && let Some(packed) = png(&unpacked, orientation)
    {
        return Some((PhotoKind::Png, packed));
    }
    let by = usize::try_from(plan.by).ok()?;
    let mut drawn = Drawn::new(unpacked.turned(orientation), by).ok()?;
    unpacked.rows(orientation, |row| drawn.row(row));
    drop(unpacked);
    Some((PhotoKind::Jpeg, drawn.packed()?))
}
