//! Pictures drawn anew from their pixels, so that nothing else of what came is stored: without loss, or as a JPEG where they
//! have to be turned, made smaller or stilled.
//!
//! Invariant: what is drawn fits in [`MAX_PHOTO_BYTES`].

use std::io::{self, Write};

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use memmap2::MmapMut;
use png::{BitDepth, ColorType, Compression, Encoder};

use super::MAX_PHOTO_BYTES;
use super::decode::Unpacked;

/// What a packer without loss takes beside what it has packed: its tables, and a few rows.
pub(super) const PACKER_BYTES: u64 = 2 << 20;
/// How well a JPEG is packed; the next one if it is too large.
const QUALITIES: [u8; 3] = [88, 75, 60];

/// A picture that is drawn from the rows of a larger one, each pixel the mean of a square.
pub(super) struct Drawn {
    width: usize,
    height: usize,
    /// The side of a square.
    by: usize,
    pixels: MmapMut,
    /// How many bytes of the pixels are there.
    drawn: usize,
    /// The sums of the squares whose rows are not all there.
    sums: Vec<u32>,
    rows: usize,
}

impl Drawn {
    /// Begins with a picture of this size, of which each side becomes `by` times smaller.
    pub(super) fn new((width, height): (usize, usize), by: usize) -> io::Result<Self> {
        let (width, height) = (width / by, height / by);
        Ok(Self {
            width,
            height,
            by,
            pixels: MmapMut::map_anon(width * height * 3)?,
            drawn: 0,
            sums: vec![0; width * 3],
            rows: 0,
        })
    }

    pub(super) fn row(&mut self, row: &[u8]) {
        let new = self.drawn..self.drawn + self.width * 3;
        if new.end > self.pixels.len() {
            return;
        }
        if self.by == 1 {
            self.pixels[new.clone()].copy_from_slice(row);
            self.drawn = new.end;
            return;
        }
        let squares = row.chunks_exact(self.by * 3);
        for (square, sums) in squares.zip(self.sums.chunks_exact_mut(3)) {
            for pixel in square.chunks_exact(3) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += u32::from(*value);
                }
            }
        }
        self.rows += 1;
        let area = u32::try_from(self.by * self.by).unwrap_or(u32::MAX);
        if self.rows == self.by {
            for (pixel, sum) in self.pixels[new.clone()].iter_mut().zip(&mut self.sums) {
                *pixel = u8::try_from((*sum + area / 2) / area).unwrap_or(u8::MAX);
                *sum = 0;
            }
            (self.drawn, self.rows) = (new.end, 0);
        }
    }

    /// Packs the picture as a JPEG, smaller and smaller until it fits.
    pub(super) fn packed(mut self) -> Option<Vec<u8>> {
        loop {
            let packed = QUALITIES.iter().find_map(|quality| self.jpeg(*quality));
            if packed.is_some() {
                return packed;
            }
            if self.width < 2 || self.height < 2 {
                return None;
            }
            let mut half = Self::new((self.width, self.height), 2).ok()?;
            let rows = self.pixels.chunks_exact(self.width * 3);
            rows.for_each(|row| half.row(row));
            self = half;
        }
    }

    fn jpeg(&self, quality: u8) -> Option<Vec<u8>> {
        let (width, height) = sides((self.width, self.height))?;
        let mut out = Bounded::new();
        let drawn = JpegEncoder::new_with_quality(&mut out, quality).encode(
            &self.pixels,
            width,
            height,
            ExtendedColorType::Rgb8,
        );
        out.whole(drawn)
    }
}

/// Packs a picture as a PNG, row by row, as it is to be seen; `None` if that does not fit.
pub(super) fn png(picture: &Unpacked, orientation: Orientation) -> Option<Vec<u8>> {
    let (width, height) = sides(picture.turned(orientation))?;
    let is_grey = picture.is_grey();
    let mut out = Bounded::new();
    let mut encoder = Encoder::new(&mut out, width, height);
    let colours = if is_grey {
        ColorType::Grayscale
    } else {
        ColorType::Rgb
    };
    encoder.set_color(colours);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    let mut file = encoder.write_header().ok()?;
    let mut writer = file.stream_writer().ok()?;
    let (mut grey, mut drawn) = (vec![], Ok(()));
    picture.rows(orientation, |row| {
        if drawn.is_err() {
            return;
        }
        drawn = if is_grey {
            grey.clear();
            grey.extend(row.iter().step_by(3));
            writer.write_all(&grey)
        } else {
            writer.write_all(row)
        };
    });
    let drawn = drawn.map_err(Into::into).and_then(|()| writer.finish());
    let drawn = drawn.and_then(|()| file.finish());
    out.whole(drawn)
}

fn sides((width, height): (usize, usize)) -> Option<(u32, u32)> {
    Some((width.try_into().ok()?, height.try_into().ok()?))
}

/// Takes no more than a photo may have.
struct Bounded(Vec<u8>);

impl Bounded {
    /// All of its memory at once: while a vector grows, it is there twice.
    fn new() -> Self {
        Self(Vec::with_capacity(MAX_PHOTO_BYTES))
    }

    /// Returns what was written, if that went well.
    fn whole<T, E>(mut self, written: Result<T, E>) -> Option<Vec<u8>> {
        written.ok()?;
        self.0.shrink_to_fit();
        Some(self.0)
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_PHOTO_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
