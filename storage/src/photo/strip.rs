//! Recognises a picture by its content, and takes from its file what the picture is decoded from: nothing about where,
//! when and with what it was made. Says which way up the picture was, since nothing does any more afterwards.
//!
//! For each of the three container formats there is a list of parts that are kept, because the picture can't be shown
//! without them. Must not: decode a picture.
//!
//! Invariants: unknown parts are removed; the result is never larger than the input, and ends where the picture ends;
//! stripping it again changes nothing but which way up it is. Of an animated PNG the still picture is kept, which is the one
//! that is decoded; an animated WebP has none, and keeps its frames.

mod exif;
mod jpeg;
mod png;
mod webp;

use image::metadata::Orientation;

pub(super) use jpeg::is_frame;
pub(super) use webp::webp_chunks;

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

/// Returns a picture without its metadata; `None` if it is no whole picture.
pub(super) fn strip(bytes: &[u8]) -> Option<Stripped> {
    let (kind, (bytes, orientation)) = if bytes.starts_with(&[0xff, 0xd8]) {
        (PhotoKind::Jpeg, jpeg::jpeg(bytes)?)
    } else if bytes.starts_with(PNG) {
        (PhotoKind::Png, png::png(bytes)?)
    } else {
        (PhotoKind::Webp, webp::webp(bytes)?)
    };
    Some(Stripped {
        kind,
        bytes,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
    })
}

/// What a container is taken apart into: the parts that are kept, and the orientation where one is written.
type Parts = (Vec<u8>, Option<Orientation>);

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

    /// A Huffman table whose codes all have one bit, which no decoder would take.
    fn huffman(place: u8, values: &[u8]) -> Vec<u8> {
        let mut counts = [0; 16];
        counts[0] = u8::try_from(values.len()).unwrap();
        [&[place][..], &counts, values].concat()
    }

    fn quantisation(place: u8, value: u8) -> Vec<u8> {
        [&[place][..], &[value; 64]].concat()
    }

    const JFIF: &[u8] = b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0";
    const FRAME: [u8; 9] = [8, 0, 8, 0, 8, 1, 7, 0x11, 0];
    const SCANS: [[u8; 6]; 2] = [[1, 7, 0, 0, 0, 0], [1, 7, 0, 1, 63, 0]];

    fn jpeg_with(extra: &[u8]) -> Vec<u8> {
        [
            &[0xff, 0xd8],
            &segment(0xe0, JFIF)[..],
            extra,
            &segment(0xdb, &quantisation(0, 9)),
            &segment(0xc2, &FRAME),
            &segment(0xc4, &huffman(0x00, b"first")),
            &segment(0xda, &SCANS[0]),
            &[1, 2, 0xff, 0x00, 0xff, 0xd3, 9],
            &segment(0xc4, &huffman(0x10, b"second")),
            &segment(0xda, &SCANS[1]),
            &[4, 0xff, 0xd9],
        ]
        .concat()
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
        let plain = riff(&[(b"VP8 ", b"pixels!")]);
        assert_eq!(bare(&dressed), Some((PhotoKind::Webp, plain)));
        let [with, without] = [with, without]
            .map(|head| riff(&[(b"VP8X", &head), (b"ALPH", b"alpha"), (b"VP8 ", b"pixels!")]));
        assert_eq!(bare(&with), Some((PhotoKind::Webp, without)));
    }

    #[test]
    fn f35_a_lossy_webp_is_one_chunk() {
        let plain = riff(&[(b"VP8 ", b"pixels!")]);
        let mut dressed = riff(&[
            (b"VP8X", b"\0\x01\x02\x03\x09\0\0\x09\0\0and more"),
            (b"VP8 ", b"pixels!"),
            (b"VP8 ", b"others"),
        ]);
        dressed.extend_from_slice(b"behind it");
        assert_eq!(bare(&dressed), Some((PhotoKind::Webp, plain)));
    }

    #[test]
    fn f35_a_jpeg_keeps_the_tables_that_it_uses_and_headers_that_say_nothing() {
        let dressed = jpeg_with(
            &[
                segment(0xe0, b"JFIF\0\x01\x01\x01\0\x48\0\x48\x01\x01pic"),
                segment(0xdb, &quantisation(0, 8)),
                segment(0xdb, &[quantisation(3, 8), quantisation(0, 8)].concat()),
                segment(0xc4, &[huffman(0x13, b"x"), huffman(0x00, b"y")].concat()),
                segment(0xcc, b"arithmetic"),
                segment(0xc8, b"extension"),
                segment(0xdc, b"lines"),
                segment(0xdd, b"restart interval"),
                segment(0xde, b"hierarchy"),
            ]
            .concat(),
        );
        let kept = Some((PhotoKind::Jpeg, jpeg_with(&[])));
        assert_eq!(bare(&dressed), kept);
        let thumbnail = [&JFIF[..12], &[2, 2], b"a second one"].concat();
        let mut dressed = jpeg_with(&[]);
        dressed.splice(2..20, segment(0xe0, &thumbnail));
        assert_eq!(bare(&dressed), kept);

        let adobe = |version: u8, more: &[u8]| {
            let content = [b"Adobe\0", &[version, 0, 0, 0, 0, 2][..], more].concat();
            jpeg_with(&segment(0xee, &content))
        };
        let kept = Some((PhotoKind::Jpeg, adobe(100, b"")));
        assert_eq!(bare(&adobe(101, b"my notes")), kept);
    }

    #[test]
    fn f35_a_table_of_a_place_that_is_used_twice_is_kept_twice() {
        let both = [
            &[0xff, 0xd8],
            &segment(0xdb, &[quantisation(0, 9), quantisation(1, 7)].concat())[..],
            &segment(0xc0, &[8, 0, 8, 0, 8, 2, 1, 0x11, 0, 2, 0x11, 1]),
            &segment(0xc4, &[huffman(0, b"a"), huffman(0x10, b"b")].concat()),
            &segment(0xda, &[1, 1, 0, 0, 63, 0]),
            &[1],
            &segment(0xc4, &[huffman(0, b"c"), huffman(0x10, b"d")].concat()),
            &segment(0xda, &[1, 2, 0, 0, 63, 0]),
            &[2],
        ]
        .concat();
        let end = [0xff, 0xd9];
        let plain = [&both[..], &end].concat();
        let third = [&segment(0xda, &[1, 2, 0, 0, 63, 0])[..], b"a third scan"].concat();
        for more in [vec![], third] {
            let dressed = [&both, &more, &end[..]].concat();
            assert_eq!(bare(&dressed), Some((PhotoKind::Jpeg, plain.clone())));
        }
    }

    #[test]
    fn a_jpeg_whose_parts_do_not_fit_is_none() {
        for wrong in [
            segment(0xdb, &[0; 64]),
            segment(0xdb, &quantisation(4, 1)),
            segment(0xdb, &[0x20; 193]),
            segment(0xc4, &huffman(0x20, b"x")),
            segment(0xc4, &huffman(0, b"x")[..17]),
            segment(0xda, &SCANS[0]),
        ] {
            assert_eq!(strip(&jpeg_with(&wrong)), None, "{wrong:?}");
        }
        for frame in [
            &FRAME[..8],
            &[8, 0, 8, 0, 8, 0],
            &[&FRAME[..], &[1]].concat(),
        ] {
            let file = [&[0xff, 0xd8], &segment(0xc0, frame)[..], &[0xff, 0xd9]].concat();
            assert_eq!(strip(&file), None, "{frame:?}");
        }
    }

    #[test]
    fn a_part_nobody_knows_is_not_kept() {
        let known = segment(0xee, b"Adobe\0\x64\0\0\0\0\x01");
        let unknown = [
            segment(0xe2, b"ICC_PROFILE\0\x01\x01of my telephone"),
            segment(0xe2, b"MPF\0a second picture"),
            segment(0xe2, b"FPXR\0FlashPix"),
            segment(0xe0, b"JFXX\0a small picture"),
            segment(0xfe, b"comment"),
            segment(0xf0, b"an extension"),
            segment(0x02, b"reserved"),
            segment(0xee, b"my notes"),
        ];
        let plain = jpeg_with(&known);
        let dressed = jpeg_with(&[known, unknown.concat()].concat());
        assert_eq!(bare(&dressed), Some((PhotoKind::Jpeg, plain)));

        let kept = [b"PLTE", b"tRNS", b"IDAT"].map(|kind| chunk(kind, b"x"));
        let kept = kept.concat();
        let ends = |middle: &[u8]| {
            let head = [PNG, &chunk(b"IHDR", &[0; 13])].concat();
            [&head[..], middle, &chunk(b"IEND", b"")].concat()
        };
        let unknown = [
            b"prVt", b"sPLT", b"hIST", b"dSIG", b"iCCP", b"acTL", b"fcTL", b"fdAT", b"pHYs",
            b"bKGD", b"sBIT", b"gAMA",
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
        const MOST: usize = jpeg::MOST_SCANS;
        let scans = |count: usize| {
            let scan = [&segment(0xda, &SCANS[0])[..], &[1, 2]].concat();
            let head = [&[0xff, 0xd8][..], &segment(0xc2, &FRAME)].concat();
            [head, scan.repeat(count), vec![0xff, 0xd9]].concat()
        };
        assert!(strip(&scans(MOST)).is_some());
        assert_eq!(strip(&scans(MOST + 1)), None);
        assert_eq!(strip(&jpeg_with(&segment(0xc0, &FRAME))), None);
    }
}
