//! Pictures drawn anew: those that have to be turned, made smaller or stilled.
//!
//! Invariant: what is drawn fits in [`MAX_PHOTO_BYTES`].

use std::io::{self, Write};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use memmap2::MmapMut;

use super::MAX_PHOTO_BYTES;
use super::strip::PhotoKind;

/// The most bytes of pixels that are packed without loss: a packer keeps all it has packed in memory.
pub(super) const MOST_LOSSLESS: u64 = 12 << 20;
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

    /// Packs the picture, without loss if that is wanted and fits, and smaller and smaller until it fits.
    pub(super) fn packed(mut self, lossless: bool) -> Option<(PhotoKind, Vec<u8>)> {
        if lossless
            && self.pixels.len() as u64 <= MOST_LOSSLESS
            && let Some(packed) = self.png()
        {
            return Some((PhotoKind::Png, packed));
        }
        loop {
            if let Some(packed) = QUALITIES.iter().find_map(|quality| self.jpeg(*quality)) {
                return Some((PhotoKind::Jpeg, packed));
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

    fn png(&self) -> Option<Vec<u8>> {
        let (width, height) = self.sides()?;
        let mut out = Bounded(vec![]);
        PngEncoder::new_with_quality(&mut out, CompressionType::Fast, FilterType::Adaptive)
            .write_image(&self.pixels, width, height, ExtendedColorType::Rgb8)
            .ok()?;
        Some(out.0)
    }

    fn jpeg(&self, quality: u8) -> Option<Vec<u8>> {
        let (width, height) = self.sides()?;
        let mut out = Bounded(Vec::with_capacity(MAX_PHOTO_BYTES));
        JpegEncoder::new_with_quality(&mut out, quality)
            .encode(&self.pixels, width, height, ExtendedColorType::Rgb8)
            .ok()?;
        out.0.shrink_to_fit();
        Some(out.0)
    }

    fn sides(&self) -> Option<(u32, u32)> {
        Some((self.width.try_into().ok()?, self.height.try_into().ok()?))
    }
}

/// Takes no more than a photo may have.
struct Bounded(Vec<u8>);

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
