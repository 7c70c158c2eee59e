//! Recognises a picture by its content, and removes metadata about where, when and with what it was made. Says which way
//! up the picture was, since nothing does any more afterwards.
//!
//! For each of the three container formats there is a list of parts that are kept, because the picture can't be shown
//! without them. Must not: decode a picture.
//!
//! Invariants: unknown parts are removed; the result is never larger than the input, and ends where the picture ends;
//! stripping it again changes nothing but which way up it is. Of an animated PNG the still picture is kept, which is the one
//! that is decoded; an animated WebP has none, and keeps its frames. Source: ITU T.81 (JPEG), W3C PNG, RFC 9649 (WebP).

use image::metadata::Orientation;

/// The format of a picture, recognised by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoKind {
    /// `image/jpeg`.
    Jpeg,
    /// `image/png`.
    Png,
    /// `image/webp`.
    Webp,
}

impl PhotoKind {
    /// Returns the media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

const EXIF: &[u8] = b"Exif\0\0";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A picture without its metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stripped {
    pub(super) kind: PhotoKind,
    pub(super) bytes: Vec<u8>,
    /// What has to be done to the decoded picture, so that it is shown as it was taken.
    pub(super) orientation: Orientation,
}

/// The most scans of a JPEG; programs write about ten. Each one walks through the whole picture, however few bytes it has.
const MOST_SCANS: usize = 100;

/// The chunks for the picture, its colours and its position. Colour profiles are removed in all
/// formats: they name devices, may contain any text, and in a PNG may decompress to a thousand times their size in a
/// viewer.
const PNG_KEEPS: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD",
    b"pHYs",
];
const WEBP_KEEPS: &[&[u8; 4]] = &[b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"];
/// The parts of an animation's frame.
const WEBP_FRAME_KEEPS: &[&[u8; 4]] = &[b"VP8 ", b"VP8L", b"ALPH"];

/// Returns a picture without its metadata; `None` if it is no whole picture.
pub(super) fn strip(bytes: &[u8]) -> Option<Stripped> {
    let (kind, (bytes, orientation)) = if bytes.starts_with(&[0xff, 0xd8]) {
        (PhotoKind::Jpeg, jpeg(bytes)?)
    } else if bytes.starts_with(PNG) {
        (PhotoKind::Png, png(bytes)?)
    } else {
        (PhotoKind::Webp, webp(bytes)?)
    };
    Some(Stripped {
        kind,
        bytes,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
    })
}

/// What a container is taken apart into: the parts that are kept, and the orientation where one is written.
type Parts = (Vec<u8>, Option<Orientation>);

/// Reads the orientation from EXIF data, with or without the mark that they have in a JPEG.
fn orientation(exif: &[u8]) -> Option<Orientation> {
    let plain = exif.strip_prefix(EXIF).unwrap_or(exif);
    Orientation::from_exif_chunk(plain)
}

/// Whether a segment is kept: frames, scans, tables, and of the application segments JFIF and Adobe's colour
/// transform. JFXX, FlashPix and MPF segments contain other pictures.
fn jpeg_keeps(marker: u8, content: &[u8]) -> bool {
    match marker {
        0xc0..=0xcf | 0xda..=0xdf => true,
        0xe0 => content.starts_with(b"JFIF\0"),
        0xee => content.starts_with(b"Adobe"),
        _ => false,
    }
}

fn jpeg(bytes: &[u8]) -> Option<Parts> {
    const SOI_END: usize = 2;
    const EOI: u8 = 0xd9;
    const SOS: u8 = 0xda;
    const APP1: u8 = 0xe1;
    let mut out = bytes[..SOI_END].to_vec();
    let mut at = SOI_END;
    let (mut frame, mut scans, mut turned) = (false, 0, None);
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
            return (frame && scans > 0).then_some((out, turned));
        }
        let length = u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]);
        let mut end = at + 2 + usize::from(length);
        if length < 2 || matches!(marker, 0x00 | 0x01 | 0xd0..=0xd8) {
            return None;
        }
        if is_frame(marker) && std::mem::replace(&mut frame, true) {
            return None;
        }
        if marker == SOS {
            scans += 1;
            end = end_of_scan(bytes, end)?;
        }
        let segment = bytes.get(at..end)?;
        let content = segment.get(4..)?;
        if jpeg_keeps(marker, content) {
            out.extend_from_slice(segment);
        } else if marker == APP1 && content.starts_with(EXIF) {
            turned = turned.or(orientation(content));
        }
        if scans > MOST_SCANS {
            return None;
        }
        at = end;
    }
}

/// Whether a marker begins a frame header, which says how large the picture is.
pub(super) const fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

/// Returns where entropy-coded data end: at the first marker that is neither a restart marker nor a stuffed byte.
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

fn png(bytes: &[u8]) -> Option<Parts> {
    let mut out = PNG.to_vec();
    let mut at = PNG.len();
    let (mut data, mut turned) = (false, None);
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
        if PNG_KEEPS.contains(&kind) {
            out.extend_from_slice(chunk);
        }
        if kind == b"eXIf" {
            turned = turned.or(orientation(&chunk[8..chunk.len() - 4]));
        }
        if kind == b"IEND" {
            return data.then_some((out, turned));
        }
        at = end;
    }
}

fn webp(bytes: &[u8]) -> Option<Parts> {
    const PROFILE_EXIF_AND_XMP: u8 = 0x20 | 0x08 | 0x04;
    if !bytes.starts_with(b"RIFF") || bytes.get(8..12)? != b"WEBP" {
        return None;
    }
    let size = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?);
    let file = bytes.get(..usize::try_from(size).ok()?.checked_add(8)?)?;
    let chunks = webp_chunks(file.get(12..)?)?;
    let exif = chunks.iter().find(|(kind, _)| *kind == b"EXIF");
    let turned = exif.and_then(|(_, content)| orientation(content));
    let picture = chunks
        .iter()
        .any(|(kind, _)| matches!(*kind, b"VP8 " | b"VP8L" | b"ANMF"));
    let mut out = file[..12].to_vec();
    for (kind, content) in chunks {
        if !WEBP_KEEPS.contains(&kind) {
            continue;
        }
        let mut content = content.to_vec();
        if kind == b"VP8X" {
            *content.first_mut()? &= !PROFILE_EXIF_AND_XMP;
        } else if kind == b"ANMF" {
            content = webp_frame(&content)?;
        }
        put_webp_chunk(&mut out, kind, &content)?;
    }
    let size = u32::try_from(out.len() - 8).ok()?;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    picture.then_some((out, turned))
}

/// Strips a frame of an animation: 16 bytes of header, then chunks.
fn webp_frame(bytes: &[u8]) -> Option<Vec<u8>> {
    let (head, chunks) = bytes.split_first_chunk::<16>()?;
    let mut out = head.to_vec();
    for (kind, content) in webp_chunks(chunks)? {
        if WEBP_FRAME_KEEPS.contains(&kind) {
            put_webp_chunk(&mut out, kind, content)?;
        }
    }
    Some(out)
}

pub(super) type Chunk<'a> = (&'a [u8; 4], &'a [u8]);

/// Returns all chunks with their content.
pub(super) fn webp_chunks(mut bytes: &[u8]) -> Option<Vec<Chunk<'_>>> {
    let mut chunks = vec![];
    while !bytes.is_empty() {
        let (kind, rest) = bytes.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let content = rest.get(..length)?;
        bytes = rest.get(length.checked_next_multiple_of(2)?..)?;
        chunks.push((kind, content));
    }
    Some(chunks)
}

fn put_webp_chunk(out: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) -> Option<()> {
    let length = u32::try_from(content.len()).ok()?;
    out.extend_from_slice(kind);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(2), 0);
    Some(())
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

    fn bare(bytes: &[u8]) -> Option<(PhotoKind, Vec<u8>)> {
        strip(bytes).map(|stripped| (stripped.kind, stripped.bytes))
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
        assert_eq!(bare(&dressed), Some((PhotoKind::Jpeg, plain.clone())));
        assert_eq!(bare(&plain), Some((PhotoKind::Jpeg, plain)));
    }

    #[test]
    fn a_png_loses_its_texts() {
        let head = [PNG.to_vec(), chunk(b"IHDR", &[0; 13])].concat();
        let texts = [chunk(b"tEXt", b"Author\0me"), chunk(b"eXIf", b"II*\0")];
        let tail = [chunk(b"IDAT", b"pixels"), chunk(b"IEND", b"")].concat();
        let dressed = [head.clone(), texts.concat(), tail.clone()].concat();
        let plain = [head, tail].concat();
        assert_eq!(bare(&dressed), Some((PhotoKind::Png, plain)));
    }

    #[test]
    fn a_webp_loses_its_chunks_and_their_flags() {
        let flags = |byte| [&[byte][..], &[0; 9]].concat();
        let (with, without) = (flags(0x3c), flags(0x10));
        let dressed = riff(&[
            (b"VP8X", &with),
            (b"ICCP", b"colours"),
            (b"VP8 ", b"pixels!"),
            (b"EXIF", b"GPS"),
            (b"XMP ", b"<x/>"),
        ]);
        let plain = riff(&[(b"VP8X", &without), (b"VP8 ", b"pixels!")]);
        assert_eq!(bare(&dressed), Some((PhotoKind::Webp, plain)));
    }

    #[test]
    fn a_part_nobody_knows_is_not_kept() {
        let known = [segment(0xee, b"Adobe\0d"), segment(0xdb, b"table")];
        let unknown = [
            segment(0xe2, b"ICC_PROFILE\0\x01\x01of my telephone"),
            segment(0xe2, b"MPF\0a second picture"),
            segment(0xe2, b"FPXR\0FlashPix"),
            segment(0xe0, b"JFXX\0a small picture"),
            segment(0xfe, b"comment"),
            segment(0xf0, b"an extension"),
            segment(0xee, b"my notes"),
        ];
        let plain = jpeg_with(&known.concat());
        let dressed = jpeg_with(&[known.concat(), unknown.concat()].concat());
        assert_eq!(bare(&dressed), Some((PhotoKind::Jpeg, plain)));

        let kept: Vec<u8> = PNG_KEEPS[1..]
            .iter()
            .filter(|kind| **kind != b"IEND")
            .flat_map(|kind| chunk(kind, b"x"))
            .collect();
        let ends = |middle: &[u8]| {
            let head = [PNG, &chunk(b"IHDR", &[0; 13])].concat();
            [&head[..], middle, &chunk(b"IEND", b"")].concat()
        };
        let unknown = [
            b"prVt", b"sPLT", b"hIST", b"dSIG", b"iCCP", b"acTL", b"fcTL", b"fdAT",
        ]
        .map(|kind| chunk(kind, b"hidden"));
        let dressed = ends(&[kept.clone(), unknown.concat()].concat());
        assert_eq!(bare(&dressed), Some((PhotoKind::Png, ends(&kept))));

        let frame = |chunks: &[(&[u8; 4], &[u8])]| {
            let chunks = riff(chunks)[12..].to_vec();
            [&[7; 16][..], &chunks].concat()
        };
        let plain_frame = frame(&[(b"ALPH", b"alpha"), (b"VP8 ", b"pixels")]);
        let dressed_frame = frame(&[
            (b"ALPH", b"alpha"),
            (b"note", b"hidden"),
            (b"VP8 ", b"pixels"),
        ]);
        let dressed = riff(&[
            (b"note", b"hidden"),
            (b"ANIM", b"loops!"),
            (b"ANMF", &dressed_frame),
        ]);
        let plain = riff(&[(b"ANIM", b"loops!"), (b"ANMF", &plain_frame)]);
        assert_eq!(bare(&dressed), Some((PhotoKind::Webp, plain)));
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

    #[test]
    fn d7_a_jpeg_of_many_scans_or_two_frames_is_none() {
        let scans = |count: usize| {
            let scan = [&segment(0xda, b"scan")[..], &[1, 2]].concat();
            let head = [&[0xff, 0xd8][..], &segment(0xc2, b"frame")].concat();
            [head, scan.repeat(count), vec![0xff, 0xd9]].concat()
        };
        assert!(strip(&scans(MOST_SCANS)).is_some());
        assert_eq!(strip(&scans(MOST_SCANS + 1)), None);
        assert_eq!(strip(&jpeg_with(&segment(0xc0, b"frame"))), None);
    }
}
