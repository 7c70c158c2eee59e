//! The one thing that is read of a picture's EXIF data: which way up it is. Source: TIFF 6.0, Exif 3.0.

use image::metadata::Orientation;

use super::EXIF;

const ORIENTATION: u16 = 0x0112;

/// The types of whole numbers, with how many bytes each has. Programs write the orientation as a short, as the standard
/// says, and as a long.
const WHOLE: [(u16, usize); 6] = [(1, 1), (3, 2), (4, 4), (6, 1), (8, 2), (9, 4)];

/// Reads the orientation from EXIF data, with or without the mark that they have in a JPEG; `None` where none is written.
pub(super) fn orientation(exif: &[u8]) -> Option<Orientation> {
    let tiff = Tiff::of(exif.strip_prefix(EXIF).unwrap_or(exif))?;
    let directory = usize::try_from(tiff.number(4, 4)?).ok()?;
    let entries = usize::try_from(tiff.number(directory, 2)?).ok()?;
    (0..entries)
        .map_while(|n| tiff.entry(directory + 2 + 12 * n))
        .find_map(|(tag, value)| (tag == ORIENTATION.into()).then_some(value)?)
        .and_then(|value| Orientation::from_exif(u8::try_from(value).ok()?))
}

struct Tiff<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl<'a> Tiff<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = bytes.starts_with(b"MM\0*");
        let is_one = big_endian || bytes.starts_with(b"II*\0");
        is_one.then_some(Self { bytes, big_endian })
    }

    fn number(&self, at: usize, length: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(length)?)?;
        let join = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
        Some(if self.big_endian {
            bytes.iter().fold(0, join)
        } else {
            bytes.iter().rev().fold(0, join)
        })
    }

    /// Returns the tag of an entry, and its value where that is one whole number; `None` behind the end.
    fn entry(&self, at: usize) -> Option<(u32, Option<u32>)> {
        let [tag, kind] = [self.number(at, 2)?, self.number(at + 2, 2)?];
        let [count, _] = [self.number(at + 4, 4)?, self.number(at + 8, 4)?];
        let length = WHOLE.iter().find(|(whole, _)| kind == u32::from(*whole));
        let length = length.filter(|_| count == 1).map(|(_, length)| *length);
        Some((tag, length.and_then(|length| self.number(at + 8, length))))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn exif(big_endian: bool, kind: u16, count: u32, value: &[u8]) -> Vec<u8> {
        let number = |number: u32, length: usize| {
            let bytes = number.to_be_bytes()[4 - length..].to_vec();
            if big_endian {
                bytes
            } else {
                bytes.into_iter().rev().collect()
            }
        };
        let mark: &[u8] = if big_endian { b"MM" } else { b"II" };
        let mut value = value.to_vec();
        value.resize(4, 0);
        let other = [number(0x0100, 2), number(4, 2), number(1, 4), number(6, 4)];
        let own = [number(0x0112, 2), number(kind.into(), 2), number(count, 4)];
        [
            mark,
            &number(42, 2),
            &number(8, 4),
            &number(2, 2),
            &other.concat(),
            &own.concat(),
            &value,
        ]
        .concat()
    }

    #[test]
    fn f39_an_orientation_of_any_whole_type_counts() {
        let turned = Some(Orientation::Rotate90);
        for (kind, length) in WHOLE {
            let big = [&vec![0; length - 1][..], &[6]].concat();
            assert_eq!(orientation(&exif(true, kind, 1, &big)), turned, "{kind}");
            assert_eq!(orientation(&exif(false, kind, 1, &[6])), turned, "{kind}");
        }
        let marked = [EXIF, &exif(false, 4, 1, &[6])].concat();
        assert_eq!(orientation(&marked), turned);
    }

    #[test]
    fn f39_what_is_no_orientation_is_none() {
        let long = exif(true, 4, 1, &[0, 0, 0, 6]);
        for cut in 0..long.len() {
            assert_eq!(orientation(&long[..cut]), None, "cut at {cut}");
        }
        for value in [[0, 0, 0, 0], [0, 0, 0, 9], [0, 0, 1, 6], [1, 0, 0, 6]] {
            assert_eq!(orientation(&exif(true, 4, 1, &value)), None, "{value:?}");
        }
        assert_eq!(
            orientation(&exif(true, 5, 1, &[0, 0, 0, 6])),
            None,
            "a fraction"
        );
        assert_eq!(orientation(&exif(true, 3, 2, &[0, 6, 0, 6])), None, "two");
        assert_eq!(orientation(b"MM\0*\xff\xff\xff\xff"), None);
    }
}
