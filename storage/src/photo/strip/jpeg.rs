//! Takes a JPEG apart into its segments, and keeps what its picture is made of: frame, scans, and the tables that they
//! name. JFIF's and Adobe's headers are written anew, since a viewer needs to know that they are there, and little of
//! what is in them.
//!
//! Behind a scan's entropy-coded data there may be more before the next marker: where they end, only who decodes them
//! can tell. Such bytes stay. Source: ITU T.81, T.871.

use std::borrow::Cow;

use super::{EXIF, Parts, exif};

/// The most scans of a JPEG; programs write about ten. Each one walks through the whole picture, however few bytes it has.
pub(super) const MOST_SCANS: usize = 100;

const SOI: [u8; 2] = [0xff, 0xd8];
const EOI: [u8; 2] = [0xff, 0xd9];
const SOS: u8 = 0xda;
const DHT: u8 = 0xc4;
const DQT: u8 = 0xdb;
const DRI: u8 = 0xdd;
const PROGRESSIVE: u8 = 0xc2;
/// Version 1.02, square pixels, no small picture.
const JFIF: &[u8] = b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0";
const ADOBE: &[u8] = b"Adobe\0\x64\0\0\0\0";
/// The longest run of code lengths, and what stands before the values of a Huffman table.
const HUFFMAN_HEAD: usize = 17;

/// A segment that may be kept.
struct Segment<'a> {
    marker: u8,
    /// All of it is one piece, but for tables: each is one.
    pieces: Vec<Piece<'a>>,
    /// The entropy-coded data behind a scan's header.
    data: &'a [u8],
}

struct Piece<'a> {
    content: Cow<'a, [u8]>,
    kept: bool,
}

/// Where the table is that now stands in one of the four places of each kind.
type Places = [[Option<(usize, usize)>; 4]; 3];
const QUANTISATION: usize = 2;

#[derive(Default)]
struct Jpeg<'a> {
    segments: Vec<Segment<'a>>,
    places: Places,
    progressive: bool,
    /// Of each component its id and its place for quantisation, which a scan takes.
    components: Vec<(u8, Option<usize>)>,
    scans: usize,
}

pub(super) fn jpeg(bytes: &[u8]) -> Option<Parts> {
    let mut jpeg = Jpeg::default();
    let (mut at, mut turned) = (SOI.len(), None);
    loop {
        let marker = loop {
            match (*bytes.get(at)?, *bytes.get(at + 1)?) {
                (0xff, 0xff) => at += 1,
                (0xff, marker) => break marker,
                _ => return None,
            }
        };
        if marker == EOI[1] {
            return (jpeg.scans > 0).then(|| (jpeg.written(), turned));
        }
        let length = u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]);
        if length < 2 || matches!(marker, 0x00 | 0x01 | 0xd0..=0xd8) {
            return None;
        }
        let mut end = at + 2 + usize::from(length);
        let content = bytes.get(at + 4..end)?;
        match marker {
            SOS => {
                let data = end;
                end = end_of_scan(bytes, data)?;
                jpeg.scan(content, &bytes[data..end])?;
            }
            DHT => jpeg.tables(marker, content, huffman)?,
            DQT => jpeg.tables(marker, content, quantisation)?,
            DRI if content.len() == 2 => jpeg.keep(marker, content, &[]),
            _ if is_frame(marker) => jpeg.frame(marker, content)?,
            0xe0 if content.starts_with(&JFIF[..5]) && content.len() >= JFIF.len() => {
                jpeg.keep_first(marker, JFIF.into());
            }
            0xee if content.starts_with(&ADOBE[..5]) => {
                let transform = *content.get(ADOBE.len())?;
                jpeg.keep_first(marker, [ADOBE, &[transform]].concat().into());
            }
            0xe1 if content.starts_with(EXIF) => turned = turned.or(exif::orientation(content)),
            _ => {}
        }
        at = end;
    }
}

impl<'a> Jpeg<'a> {
    fn push(&mut self, marker: u8, content: Cow<'a, [u8]>, data: &'a [u8]) {
        let pieces = vec![Piece {
            content,
            kept: true,
        }];
        self.segments.push(Segment {
            marker,
            pieces,
            data,
        });
    }

    fn keep(&mut self, marker: u8, content: &'a [u8], data: &'a [u8]) {
        self.push(marker, content.into(), data);
    }

    fn keep_first(&mut self, marker: u8, content: Cow<'a, [u8]>) {
        if self.segments.iter().all(|other| other.marker != marker) {
            self.push(marker, content, &[]);
        }
    }

    fn frame(&mut self, marker: u8, content: &'a [u8]) -> Option<()> {
        if !self.components.is_empty() {
            return None;
        }
        let (count, components) = content.get(5..)?.split_first()?;
        self.progressive = marker == PROGRESSIVE;
        self.components = components
            .chunks_exact(3)
            .map(|of| (of[0], Some(usize::from(of[2]))))
            .collect();
        self.keep(marker, content, &[]);
        let whole = components.len() == 3 * usize::from(*count);
        (whole && !self.components.is_empty()).then_some(())
    }

    /// Takes tables apart; `None` if they are none. Each stands in its place until another does, and is kept once a scan
    /// takes it from there.
    fn tables(&mut self, marker: u8, mut content: &'a [u8], table: TableOf) -> Option<()> {
        let mut pieces = vec![];
        while !content.is_empty() {
            let (kind, place, length) = table(content)?;
            let (one, rest) = content.split_at_checked(length)?;
            *self.places[kind].get_mut(place)? = Some((self.segments.len(), pieces.len()));
            pieces.push(Piece {
                content: one.into(),
                kept: false,
            });
            content = rest;
        }
        self.segments.push(Segment {
            marker,
            pieces,
            data: &[],
        });
        Some(())
    }

    /// Keeps a scan with the tables that it takes. A component of a frame that is not progressive has one scan: a second
    /// one would show nothing.
    fn scan(&mut self, content: &'a [u8], data: &'a [u8]) -> Option<()> {
        self.scans += 1;
        let (count, rest) = content.split_first()?;
        let (components, spectrum) = rest.split_at_checked(2 * usize::from(*count))?;
        let [first, last, _] = *spectrum else {
            return None;
        };
        if self.scans > MOST_SCANS {
            return None;
        }
        let mut taken = vec![];
        for of in components.chunks_exact(2) {
            let component = self.components.iter_mut().find(|(id, _)| *id == of[0])?;
            match component.1.take() {
                Some(place) => taken.push((QUANTISATION, place)),
                None if !self.progressive => return Some(()),
                None => {}
            }
            if !self.progressive || first == 0 {
                taken.push((0, usize::from(of[1] >> 4)));
            }
            if !self.progressive || last > 0 {
                taken.push((1, usize::from(of[1] & 15)));
            }
        }
        for (kind, place) in taken {
            if let Some((segment, piece)) = *self.places[kind].get(place)? {
                self.segments[segment].pieces[piece].kept = true;
            }
        }
        self.keep(SOS, content, data);
        Some(())
    }

    fn written(self) -> Vec<u8> {
        let mut out = SOI.to_vec();
        for segment in self.segments {
            let kept = segment.pieces.iter().filter(|piece| piece.kept);
            let content: Vec<u8> = kept.flat_map(|piece| &*piece.content).copied().collect();
            if let Ok(length) = u16::try_from(content.len() + 2)
                && !content.is_empty()
            {
                out.extend_from_slice(&[0xff, segment.marker]);
                out.extend_from_slice(&length.to_be_bytes());
                out.extend_from_slice(&content);
                out.extend_from_slice(segment.data);
            }
        }
        out.extend_from_slice(&EOI);
        out
    }
}

/// Returns the kind, the place and the length of the table with which tables begin.
type TableOf = fn(&[u8]) -> Option<(usize, usize, usize)>;

fn huffman(tables: &[u8]) -> Option<(usize, usize, usize)> {
    let counts = tables.get(1..HUFFMAN_HEAD)?;
    let values: usize = counts.iter().map(|count| usize::from(*count)).sum();
    let (kind, place) = (tables[0] >> 4, tables[0] & 15);
    (kind < 2).then_some((kind.into(), place.into(), HUFFMAN_HEAD + values))
}

fn quantisation(tables: &[u8]) -> Option<(usize, usize, usize)> {
    let (bytes, place) = (tables[0] >> 4, tables[0] & 15);
    let length = 1 + 64 * (1 + usize::from(bytes));
    (bytes < 2).then_some((QUANTISATION, place.into(), length))
}

/// Whether a marker begins a frame header, which says how large the picture is.
pub(in crate::photo) const fn is_frame(marker: u8) -> bool {
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
