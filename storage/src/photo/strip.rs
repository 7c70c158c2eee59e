//! Recognising a picture by its content, and taking out what says where, when and by what it was
//! made.
//!
//! Owns the three container formats. Must not decode a picture.
//!
//! Invariants: what comes out is never larger than what went in; it ends where the picture ends;
//! stripping it again changes nothing. Source: ITU T.81 (JPEG), W3C PNG, RFC 9649 (WebP).

use serde::{Deserialize, Serialize};

/// A picture's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PhotoKind {
    /// `image/jpeg`.
    Jpeg,
    /// `image/png`.
    Png,
    /// `image/webp`.
    Webp,
}

impl PhotoKind {
    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Tells what a picture is and gives it without metadata; `None` if it is no whole picture.
pub(super) fn strip(bytes: &[u8]) -> Option<(PhotoKind, Vec<u8>)> {
    if bytes.starts_with(&[0xff, 0xd8]) {
        Some((PhotoKind::Jpeg, jpeg(bytes)?))
    } else if bytes.starts_with(PNG) {
        Some((PhotoKind::Png, png(bytes)?))
    } else {
        Some((PhotoKind::Webp, webp(bytes)?))
    }
}

/// Keeps every segment but the makers' notes: of the application segments only JFIF, colour
/// profiles and Adobe's colour transform say how to show the picture.
fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    const SOI_END: usize = 2;
    const EOI: u8 = 0xd9;
    const SOS: u8 = 0xda;
    let mut out = bytes[..SOI_END].to_vec();
    let mut at = SOI_END;
    let (mut frame, mut scan) = (false, false);
    loop {
        let marker = loop {
            match (*bytes.get(at)?, *bytes.get(at + 1)?) {
                (0xff, 0xff) => at += 1,
                (0xff, marker) => break marker,
                _ => return None,
            }
        };
        if marker == EOI {
            out.extend_from_slice(&[0xff, EOI]);
            return (frame && scan).then_some(out);
        }
        let length = u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]);
        let mut end = at + 2 + usize::from(length);
        if length < 2 || matches!(marker, 0x00 | 0x01 | 0xd0..=0xd8) {
            return None;
        }
        frame |= matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if marker == SOS {
            scan = true;
            end = end_of_scan(bytes, end)?;
        }
        let segment = bytes.get(at..end)?;
        if !matches!(marker, 0xe1 | 0xe3..=0xed | 0xef | 0xfe) {
            out.extend_from_slice(segment);
        }
        at = end;
    }
}

/// Where the entropy-coded data ends: at the first marker that is no restart and no stuffed byte.
fn end_of_scan(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match (*bytes.get(at)?, *bytes.get(at + 1)?) {
            (0xff, 0x00 | 0xd0..=0xd7) => at += 2,
            (0xff, 0xff) => at += 1,
            (0xff, _) => return Some(at),
            _ => at += 1,
        }
    }
}

fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = PNG.to_vec();
    let mut at = PNG.len();
    let mut data = false;
    loop {
        let length = u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?);
        let kind: &[u8; 4] = bytes.get(at + 4..)?.first_chunk()?;
        let end = at
            .checked_add(12)?
            .checked_add(usize::try_from(length).ok()?)?;
        let chunk = bytes.get(at..end)?;
        if at == PNG.len() && kind != b"IHDR" {
            return None;
        }
        data |= kind == b"IDAT";
        if !matches!(kind, b"eXIf" | b"tEXt" | b"iTXt" | b"zTXt" | b"tIME") {
            out.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return data.then_some(out);
        }
        at = end;
    }
}

fn webp(bytes: &[u8]) -> Option<Vec<u8>> {
    const EXIF_AND_XMP: u8 = 0x08 | 0x04;
    if !bytes.starts_with(b"RIFF") || bytes.get(8..12)? != b"WEBP" {
        return None;
    }
    let size = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?);
    let file = bytes.get(..usize::try_from(size).ok()?.checked_add(8)?)?;
    let mut out = file[..12].to_vec();
    let mut at = 12;
    let mut picture = false;
    while at < file.len() {
        let kind: &[u8; 4] = file.get(at..)?.first_chunk()?;
        let length = u32::from_le_bytes(*file.get(at + 4..)?.first_chunk()?);
        let padded = usize::try_from(length).ok()?.checked_next_multiple_of(2)?;
        let end = at.checked_add(8)?.checked_add(padded)?;
        let chunk = file.get(at..end)?;
        picture |= matches!(kind, b"VP8 " | b"VP8L" | b"ANMF");
        if !matches!(kind, b"EXIF" | b"XMP ") {
            let start = out.len();
            out.extend_from_slice(chunk);
            if kind == b"VP8X" {
                *out.get_mut(start + 8)? &= !EXIF_AND_XMP;
            }
        }
        at = end;
    }
    let size = u32::try_from(out.len() - 8).ok()?;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    picture.then_some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len() + 2).unwrap();
        [&[0xff, marker], &length.to_be_bytes()[..], content].concat()
    }

    fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap();
        [&length.to_be_bytes()[..], kind, content, b"CRC!"].concat()
    }

    fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut body = b"WEBP".to_vec();
        for (kind, content) in chunks {
            let length = u32::try_from(content.len()).unwrap();
            body.extend_from_slice(&[&kind[..], &length.to_le_bytes(), content].concat());
            body.resize(body.len().next_multiple_of(2), 0);
        }
        let size = u32::try_from(body.len()).unwrap();
        [b"RIFF", &size.to_le_bytes()[..], &body].concat()
    }

    fn jpeg_with(extra: &[u8]) -> Vec<u8> {
        let mut all = vec![0xff, 0xd8];
        all.extend(segment(0xe0, b"JFIF\0"));
        all.extend_from_slice(extra);
        all.extend(segment(0xc2, b"frame"));
        all.extend(segment(0xda, b"scan"));
        all.extend_from_slice(&[1, 2, 0xff, 0x00, 0xff, 0xd3, 9]);
        all.extend(segment(0xc4, b"tables of the second scan"));
        all.extend(segment(0xda, b"scan"));
        all.extend_from_slice(&[4, 0xff, 0xd9]);
        all
    }

    #[test]
    fn a_jpeg_loses_exif_comments_and_what_follows_it() {
        let plain = jpeg_with(&[]);
        let secret = [
            segment(0xe1, b"Exif\0\0GPS"),
            segment(0xfe, b"comment"),
            segment(0xed, b"Photoshop 3.0\0"),
        ];
        let mut dressed = jpeg_with(&secret.concat());
        dressed.extend_from_slice(b"and a second picture behind it");
        assert_eq!(strip(&dressed), Some((PhotoKind::Jpeg, plain.clone())));
        assert_eq!(strip(&plain), Some((PhotoKind::Jpeg, plain)));
    }

    #[test]
    fn a_png_loses_its_texts() {
        let head = [PNG.to_vec(), chunk(b"IHDR", &[0; 13])].concat();
        let texts = [chunk(b"tEXt", b"Author\0me"), chunk(b"eXIf", b"II*\0")];
        let tail = [chunk(b"IDAT", b"pixels"), chunk(b"IEND", b"")].concat();
        let dressed = [head.clone(), texts.concat(), tail.clone()].concat();
        let plain = [head, tail].concat();
        assert_eq!(strip(&dressed), Some((PhotoKind::Png, plain)));
    }

    #[test]
    fn a_webp_loses_its_chunks_and_their_flags() {
        let flags = |byte| [&[byte][..], &[0; 9]].concat();
        let (with, without) = (flags(0x1c), flags(0x10));
        let dressed = riff(&[
            (b"VP8X", &with),
            (b"VP8 ", b"pixels!"),
            (b"EXIF", b"GPS"),
            (b"XMP ", b"<x/>"),
        ]);
        let plain = riff(&[(b"VP8X", &without), (b"VP8 ", b"pixels!")]);
        assert_eq!(strip(&dressed), Some((PhotoKind::Webp, plain)));
    }

    #[test]
    fn nothing_else_passes_and_nothing_panics() {
        for whole in [
            jpeg_with(&segment(0xe1, b"Exif")),
            riff(&[(b"VP8 ", b"pixels")]),
            [
                PNG.to_vec(),
                chunk(b"IHDR", b""),
                chunk(b"IDAT", b""),
                chunk(b"IEND", b""),
            ]
            .concat(),
        ] {
            assert!(strip(&whole).is_some());
            for cut in 0..whole.len() {
                assert_eq!(strip(&whole[..cut]), None, "cut at {cut}");
            }
            for at in 0..whole.len() {
                let mut other = whole.clone();
                other[at] ^= 0x41;
                let _ = strip(&other);
            }
        }
        assert_eq!(strip(b"GIF89a"), None);
        assert_eq!(strip(b"<svg onload='x'/>"), None);
        assert_eq!(strip(b""), None);
    }
}
