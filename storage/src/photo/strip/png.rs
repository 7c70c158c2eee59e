//! Takes from a PNG what its pixels are decoded from. What is stored is drawn anew from them. Source: W3C PNG.

use super::{PNG, Parts, exif};

const KEEPS: &[&[u8; 4]] = &[b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"];

pub(super) fn png(bytes: &[u8]) -> Option<Parts> {
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
        if KEEPS.contains(&kind) {
            out.extend_from_slice(chunk);
        }
        if kind == b"eXIf" {
            turned = turned.or(exif::orientation(&chunk[8..chunk.len() - 4]));
        }
        if kind == b"IEND" {
            return data.then_some((out, turned));
        }
        at = end;
    }
}
