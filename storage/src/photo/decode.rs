//! Unpacks pictures, and gives their pixels row by row as they are to be seen: turned upright, on white where they are
//! transparent, 8 bits for each of three colours.
//!
//! Must not: unpack what was not measured before, or make a second copy of an unpacked picture.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::{jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageResult, Limits};
use memmap2::MmapMut;

use super::measure::Size;
use super::strip::PhotoKind;

/// How many columns are turned into rows at once, where a picture lies on its side.
const BAND: usize = 32;

/// An unpacked picture, as it was packed.
pub(super) struct Unpacked {
    width: usize,
    height: usize,
    colours: ColorType,
    samples: MmapMut,
}

impl Unpacked {
    /// Unpacks a stripped picture; `None` if it can't be, or if it is not as its header was measured.
    pub(super) fn of(kind: PhotoKind, bytes: &[u8], size: &Size) -> Option<Self> {
        let bytes = Cursor::new(bytes);
        let unpacked = catch_unwind(AssertUnwindSafe(|| match kind {
            PhotoKind::Jpeg => samples(JpegDecoder::new(bytes)?, size),
            PhotoKind::Png => {
                let mut limits = Limits::no_limits();
                limits.max_alloc = Some(size.unpacked + size.beside);
                samples(PngDecoder::with_limits(bytes, limits)?, size)
            }
            PhotoKind::Webp => samples(WebPDecoder::new(bytes)?, size),
        }));
        // A decoder that panics has met a picture that is none.
        unpacked.ok()?.ok()?
    }

    /// Returns width and height of the picture as it is to be seen.
    pub(super) const fn turned(&self, orientation: Orientation) -> (usize, usize) {
        if Turn::of(orientation).on_its_side {
            (self.height, self.width)
        } else {
            (self.width, self.height)
        }
    }

    /// Whether it has no colours.
    pub(super) const fn is_grey(&self) -> bool {
        matches!(
            self.colours,
            ColorType::L8 | ColorType::La8 | ColorType::L16 | ColorType::La16
        )
    }

    /// Calls `each` with the rows of the picture as it is to be seen, from top to bottom.
    pub(super) fn rows(&self, orientation: Orientation, mut each: impl FnMut(&[u8])) {
        let turn = Turn::of(orientation);
        let (width, height) = self.turned(orientation);
        let mut band = vec![];
        let mut top = 0;
        while top < height {
            let count = if turn.on_its_side { BAND } else { 1 }.min(height - top);
            band.resize(count * width * 3, 0);
            if turn.on_its_side {
                self.columns(&turn, top, count, &mut band);
            } else {
                self.row(&turn, top, &mut band);
            }
            band.chunks_exact(width * 3).for_each(&mut each);
            top += count;
        }
    }

    /// Writes one row, mirrored where the turn says so.
    fn row(&self, turn: &Turn, y: usize, out: &mut [u8]) {
        let y = mirrored(turn.flip_y, y, self.height);
        let bytes = usize::from(self.colours.bytes_per_pixel());
        let row = &self.samples[y * self.width * bytes..][..self.width * bytes];
        if self.colours == ColorType::Rgb8 && !turn.flip_x {
            out.copy_from_slice(row);
            return;
        }
        for (x, pixel) in row.chunks_exact(bytes).enumerate() {
            let x = mirrored(turn.flip_x, x, self.width);
            out[x * 3..][..3].copy_from_slice(&seen(self.colours, pixel));
        }
    }

    /// Writes `count` rows, which are columns of the picture as it was packed.
    fn columns(&self, turn: &Turn, top: usize, count: usize, out: &mut [u8]) {
        let bytes = usize::from(self.colours.bytes_per_pixel());
        let (ends, out_row) = (top + count, self.height * 3);
        let left = if turn.flip_x { self.width - ends } else { top };
        for y in 0..self.height {
            let pixels = &self.samples[(y * self.width + left) * bytes..][..count * bytes];
            let across = mirrored(turn.flip_y, y, self.height) * 3;
            for (column, pixel) in pixels.chunks_exact(bytes).enumerate() {
                let row = mirrored(turn.flip_x, column, count);
                let at = row * out_row + across;
                out[at..at + 3].copy_from_slice(&seen(self.colours, pixel));
            }
        }
    }
}

fn samples(decoder: impl ImageDecoder, size: &Size) -> ImageResult<Option<Unpacked>> {
    let (width, height) = decoder.dimensions();
    let colours = decoder.color_type();
    if decoder.total_bytes() > size.unpacked {
        return Ok(None);
    }
    let Ok(bytes) = usize::try_from(decoder.total_bytes()) else {
        return Ok(None);
    };
    let mut samples = MmapMut::map_anon(bytes)?;
    decoder.read_image(&mut samples)?;
    Ok(Some(Unpacked {
        width: width as usize,
        height: height as usize,
        colours,
        samples,
    }))
}

/// How the rows and columns of a picture are to be taken.
struct Turn {
    on_its_side: bool,
    /// Columns are counted from the right.
    flip_x: bool,
    /// Rows are counted from the bottom.
    flip_y: bool,
}

impl Turn {
    const fn of(orientation: Orientation) -> Self {
        let (on_its_side, flip_x, flip_y) = match orientation {
            Orientation::NoTransforms => (false, false, false),
            Orientation::FlipHorizontal => (false, true, false),
            Orientation::Rotate180 => (false, true, true),
            Orientation::FlipVertical => (false, false, true),
            Orientation::Rotate90FlipH => (true, false, false),
            Orientation::Rotate90 => (true, false, true),
            Orientation::Rotate270FlipH => (true, true, true),
            Orientation::Rotate270 => (true, true, false),
        };
        Self {
            on_its_side,
            flip_x,
            flip_y,
        }
    }
}

const fn mirrored(flip: bool, at: usize, of: usize) -> usize {
    if flip { of - 1 - at } else { at }
}

/// Returns the colour of a pixel on white, with 8 bits for each of its parts.
fn seen(colours: ColorType, pixel: &[u8]) -> [u8; 3] {
    let on_white = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        u8::try_from((value * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
    };
    let of_two = |n: usize| {
        let both = u16::from_ne_bytes([pixel[2 * n], pixel[2 * n + 1]]);
        u8::try_from((u32::from(both) + 128) / 257).unwrap_or(u8::MAX)
    };
    match colours {
        ColorType::Rgb8 => [pixel[0], pixel[1], pixel[2]],
        ColorType::L8 => [pixel[0]; 3],
        ColorType::La8 => [on_white(pixel[0], pixel[1]); 3],
        ColorType::Rgba8 => [0, 1, 2].map(|n| on_white(pixel[n], pixel[3])),
        ColorType::L16 => [of_two(0); 3],
        ColorType::La16 => [on_white(of_two(0), of_two(1)); 3],
        ColorType::Rgb16 => [0, 1, 2].map(of_two),
        ColorType::Rgba16 => [0, 1, 2].map(|n| on_white(of_two(n), of_two(3))),
        // No decoder of these formats gives another type of pixels.
        _ => [0; 3],
    }
}
