//! Says from a picture's header how large it is, and how much memory it takes to unpack.
//!
//! Must not: unpack anything, or allocate by what a header says.
//!
//! Invariant: what is told is at least what the decoders of the crate `image` allocate.
//! Source: ITU T.81, W3C PNG, RFC 9649; zune-jpeg 0.5, png 0.18, image-webp 0.2.

use super::strip::{PhotoKind, is_frame, webp_chunks};

/// How much of memory the Huffman tables of lossless WebP data take for each of their bytes, at most.
const LOSSLESS_TABLES: u64 = 512;

/// What a header says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bytes of the unpacked picture.
    pub(super) unpacked: u64,
    /// Bytes that the decoder needs beside it.
    pub(super) beside: u64,
    /// Whether it is to be stored without loss: it came so, or is transparent in parts, as drawings are.
    pub(super) lossless: bool,
    /// Whether it is an animation, of which the first frame counts.
    pub(super) animated: bool,
}

impl Size {
    /// Reads the header of a stripped picture; `None` if there is none.
    pub(super) fn of(kind: PhotoKind, bytes: &[u8]) -> Option<Self> {
        match kind {
            PhotoKind::Jpeg => jpeg(bytes),
            PhotoKind::Png => png(bytes),
            PhotoKind::Webp => webp(bytes),
        }
    }

    pub(super) const fn pixels(&self) -> u64 {
        self.width as u64 * self.height as u64
    }
}

fn be(bytes: &[u8], at: usize) -> Option<u32> {
    let two = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_be_bytes(*two).into())
}

/// A progressive JPEG, and one whose first scan does not have all components, is decoded into coefficients first.
fn jpeg(bytes: &[u8]) -> Option<Size> {
    const SOS: u8 = 0xda;
    const PROGRESSIVE: u8 = 0xc2;
    let (mut at, mut size, mut coefficients, mut components) = (2, None, 0, 0);
    loop {
        let marker = *bytes.get(at + 1)?;
        let length = usize::try_from(be(bytes, at + 2)?).ok()?;
        let content = bytes.get(at + 4..at + 2 + length)?;
        if is_frame(marker) {
            let (height, width) = (be(content, 1)?, be(content, 3)?);
            components = *content.get(5)?;
            let factors = content.get(6..6 + 3 * usize::from(components))?;
            let factors = factors
                .chunks_exact(3)
                .map(|one| (one[1] >> 4, one[1] & 15));
            coefficients = coefficients_of(width, height, factors)?;
            let channels = if components == 1 { 1 } else { 3 };
            size = Some(Size {
                width,
                height,
                unpacked: u64::from(width) * u64::from(height) * channels,
                beside: if marker == PROGRESSIVE {
                    coefficients
                } else {
                    0
                },
                ..Size::default()
            });
        }
        if marker == SOS {
            let mut size = size?;
            if *content.first()? != components {
                size.beside = coefficients;
            }
            return Some(size);
        }
        at += 2 + length;
    }
}

/// Two bytes for each coefficient of the blocks of all components.
fn coefficients_of(
    width: u32,
    height: u32,
    factors: impl Iterator<Item = (u8, u8)> + Clone,
) -> Option<u64> {
    let across = u64::from(factors.clone().map(|(h, _)| h).max()?.max(1));
    let down = u64::from(factors.clone().map(|(_, v)| v).max()?.max(1));
    let units = u64::from(width).div_ceil(8 * across) * u64::from(height).div_ceil(8 * down);
    let blocks: u64 = factors.map(|(h, v)| u64::from(h) * u64::from(v)).sum();
    Some(units * blocks * 64 * 2)
}

fn png(bytes: &[u8]) -> Option<Size> {
    let head: &[u8; 13] = bytes.get(16..)?.first_chunk()?;
    let [a, b, c, d, e, f, g, h, depth, colours, ..] = *head;
    let (width, height) = (
        u32::from_be_bytes([a, b, c, d]),
        u32::from_be_bytes([e, f, g, h]),
    );
    // Palettes and a transparent colour are expanded; which channels there are does not depend on where `tRNS` stands.
    let transparent = bytes.windows(4).take(1 << 16).any(|kind| kind == b"tRNS");
    let channels = match colours {
        0 => 1 + u64::from(transparent),
        2 | 3 => 3 + u64::from(transparent),
        4 => 2,
        6 => 4,
        _ => return None,
    };
    let sample = if depth == 16 { 2 } else { 1 };
    Some(Size {
        width,
        height,
        unpacked: u64::from(width) * u64::from(height) * channels * sample,
        // A few rows, and the window of the decompression.
        beside: u64::from(width) * channels * sample * 4 + (1 << 18),
        lossless: true,
        ..Size::default()
    })
}

fn webp(bytes: &[u8]) -> Option<Size> {
    let chunks = webp_chunks(bytes.get(12..)?)?;
    let mut frames = vec![];
    let (mut canvas, mut alpha, mut animated) = (None, false, false);
    for (kind, content) in &chunks {
        match *kind {
            b"VP8X" => {
                let side = |at: usize| {
                    let [a, b, c] = *content.get(at..)?.first_chunk()?;
                    Some(u32::from_le_bytes([a, b, c, 0]) + 1)
                };
                canvas = Some((side(4)?, side(7)?));
                alpha = content.first()? & 0x10 != 0;
            }
            b"ANMF" => {
                animated = true;
                frames.extend(webp_chunks(content.get(16..)?)?);
            }
            _ => frames.push((*kind, *content)),
        }
    }
    let (mut width, mut height) = canvas.unwrap_or_default();
    let (mut lossless, mut transparent, mut tables) = (false, false, 0);
    for (kind, content) in frames {
        let (w, h) = match kind {
            b"VP8 " => {
                let side = |at: usize| {
                    let two = content.get(at..)?.first_chunk()?;
                    Some(u32::from(u16::from_le_bytes(*two) & 0x3fff))
                };
                (side(6)?, side(8)?)
            }
            b"VP8L" => {
                let bits = u32::from_le_bytes(*content.get(1..)?.first_chunk()?);
                alpha |= canvas.is_none() && bits >> 28 & 1 == 1;
                lossless = true;
                tables = tables.max(content.len() as u64);
                ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
            }
            b"ALPH" => {
                transparent = true;
                tables = tables.max(content.len() as u64);
                (0, 0)
            }
            _ => (0, 0),
        };
        (width, height) = (width.max(w), height.max(h));
    }
    // Planes of a lossy picture, or its channels unpacked apart; the same again for transparency.
    let mut each = if lossless { 5 } else { 2 };
    each += if alpha { 6 } else { 0 } + if animated { 8 } else { 0 };
    let pixels = u64::from(width.next_multiple_of(16)) * u64::from(height.next_multiple_of(16));
    Some(Size {
        width,
        height,
        unpacked: u64::from(width) * u64::from(height) * if alpha { 4 } else { 3 },
        beside: pixels * each + tables * LOSSLESS_TABLES,
        lossless: lossless || transparent,
        animated,
    })
}
