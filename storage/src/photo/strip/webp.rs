//! Takes a WebP apart into its chunks, and keeps what its picture is made of. A still lossy picture without transparency
//! becomes the one chunk that it is; any other is drawn anew from what is kept here.
//!
//! The last partition of lossy data ends with the chunk: what stands behind its end, only who decodes it can tell. Such
//! bytes stay. Source: RFC 9649, RFC 6386.

use super::{Parts, exif};

const KEEPS: &[&[u8; 4]] = &[b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"];
/// The parts of an animation's frame.
const FRAME_KEEPS: &[&[u8; 4]] = &[b"VP8 ", b"VP8L", b"ALPH"];

pub(in crate::photo) type Chunk<'a> = (&'a [u8; 4], &'a [u8]);

pub(super) fn webp(bytes: &[u8]) -> Option<Parts> {
    if !bytes.starts_with(b"RIFF") || bytes.get(8..12)? != b"WEBP" {
        return None;
    }
    let size = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?);
    let file = bytes.get(..usize::try_from(size).ok()?.checked_add(8)?)?;
    let chunks = webp_chunks(file.get(12..)?)?;
    let first = |wanted: &[u8; 4]| chunks.iter().find(|(kind, _)| *kind == wanted);
    let turned = first(b"EXIF").and_then(|(_, content)| exif::orientation(content));
    let kinds = [b"VP8L", b"ANMF", b"ALPH"];
    let out = match first(b"VP8 ") {
        Some(lossy) if kinds.iter().all(|kind| first(kind).is_none()) => written(&[*lossy])?,
        lossy => {
            lossy.or(first(b"VP8L")).or(first(b"ANMF"))?;
            extended(&chunks)?
        }
    };
    Some((out, turned))
}

fn extended(chunks: &[Chunk]) -> Option<Vec<u8>> {
    const PROFILE_EXIF_AND_XMP: u8 = 0x20 | 0x08 | 0x04;
    let mut kept = vec![];
    for (kind, content) in chunks {
        let mut content = content.to_vec();
        match *kind {
            b"VP8X" => *content.first_mut()? &= !PROFILE_EXIF_AND_XMP,
            b"ANMF" => content = frame(&content)?,
            _ => {}
        }
        if KEEPS.contains(kind) {
            kept.push((*kind, content));
        }
    }
    let kept: Vec<Chunk> = kept.iter().map(|(kind, of)| (*kind, &of[..])).collect();
    written(&kept)
}

/// Strips a frame of an animation: 16 bytes of header, then chunks.
fn frame(bytes: &[u8]) -> Option<Vec<u8>> {
    let (head, chunks) = bytes.split_first_chunk::<16>()?;
    let mut out = head.to_vec();
    for (kind, content) in webp_chunks(chunks)? {
        if FRAME_KEEPS.contains(&kind) {
            put_chunk(&mut out, kind, content)?;
        }
    }
    Some(out)
}

/// Returns all chunks with their content.
pub(in crate::photo) fn webp_chunks(mut bytes: &[u8]) -> Option<Vec<Chunk<'_>>> {
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

fn written(chunks: &[Chunk]) -> Option<Vec<u8>> {
    let mut out = b"RIFF\0\0\0\0WEBP".to_vec();
    for (kind, content) in chunks {
        put_chunk(&mut out, kind, content)?;
    }
    let size = u32::try_from(out.len() - 8).ok()?;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    Some(out)
}

fn put_chunk(out: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) -> Option<()> {
    let length = u32::try_from(content.len()).ok()?;
    out.extend_from_slice(kind);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(2), 0);
    Some(())
}
