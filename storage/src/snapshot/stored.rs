//! What a store holds under a key: a value with a checksum of its own, and what the checksums of a store add up to.
//!
//! Must not: read or write a store.
//!
//! ```text
//! stored   checksum 16 · checksum before 16 · sequence u64 · 0 · value
//!                                                          · 1 · pieces u32    and pieces under keys of their own
//! ```
//! The checksum is bound to the store's name and the key. The checksum before is that of the value that the key had
//! when `applied` was last written; [`Checksum::NONE`] if it had none. So what the checksums added up to at `applied`
//! can still be told after a checkpoint was interrupted.
//!
//! Invariant: no stored value is larger than 4 KiB, since sled splits its nodes only above 16 entries.

use campusg_domain::id::Seq;
use serde::{Deserialize, Serialize};

use super::key::Key;

/// The largest size of one stored value, in bytes.
pub(crate) const VALUE_BYTES: usize = 4096;
const PIECE_BYTES: usize = 4000;
const HEADER_BYTES: usize = 41;
const WHOLE: u8 = 0;
const SPLIT: u8 = 1;

/// A checksum of a stored value: 16 bytes of BLAKE3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checksum(u128);

impl Checksum {
    pub(crate) const NONE: Self = Self(0);

    /// Returns the checksum of some parts, in order.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(u128::from_le_bytes(bytes))
    }
}

/// How many values a store has, and what their checksums add up to, whatever their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) values: u64,
    sum: u128,
}

impl Tally {
    pub(crate) fn add(&mut self, checksum: Checksum) {
        if checksum != Checksum::NONE {
            self.values += 1;
            self.sum = self.sum.wrapping_add(checksum.0);
        }
    }

    pub(crate) fn subtract(&mut self, checksum: Checksum) {
        if checksum != Checksum::NONE {
            self.values = self.values.wrapping_sub(1);
            self.sum = self.sum.wrapping_sub(checksum.0);
        }
    }
}

/// What stands before a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) checksum: Checksum,
    pub(crate) before: Checksum,
    pub(crate) seq: Seq,
    /// In how many pieces the value is stored under keys of their own; `None` if it follows the header.
    pub(crate) pieces: Option<u32>,
}

impl Header {
    /// Splits stored bytes into their header and the rest; `None` if they are not what was written.
    pub(crate) fn parse(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
        let number = |at: usize| Some(u128::from_le_bytes(*header[at..].first_chunk()?));
        let pieces = match (header[40], rest) {
            (WHOLE, _) => None,
            (SPLIT, count) => Some(u32::from_le_bytes(count.try_into().ok()?)),
            _ => return None,
        };
        let header = Self {
            checksum: Checksum(number(0)?),
            before: Checksum(number(16)?),
            seq: Seq(u64::from_le_bytes(*header[32..].first_chunk()?)),
            pieces,
        };
        Some((header, rest))
    }

    /// Returns the keys of the pieces, in order.
    pub(crate) fn piece_keys(self, key: &Key) -> impl Iterator<Item = Key> + '_ {
        let count = self.pieces.unwrap_or_default();
        (0..count).map(move |n| key.piece(self.seq.0, n))
    }

    /// Whether the value is the one that was written under this key of this store.
    pub(crate) fn fits(&self, store: &str, key: &Key, value: &[u8]) -> bool {
        self.checksum == checksum(store, key, self.before, self.seq, value)
    }

    fn bytes(&self) -> Vec<u8> {
        let kind = if self.pieces.is_some() { SPLIT } else { WHOLE };
        let mut bytes = Vec::with_capacity(VALUE_BYTES);
        bytes.extend_from_slice(&self.checksum.0.to_le_bytes());
        bytes.extend_from_slice(&self.before.0.to_le_bytes());
        bytes.extend_from_slice(&self.seq.0.to_le_bytes());
        bytes.push(kind);
        if let Some(pieces) = self.pieces {
            bytes.extend_from_slice(&pieces.to_le_bytes());
        }
        bytes
    }
}

fn checksum(store: &str, key: &Key, before: Checksum, seq: Seq, value: &[u8]) -> Checksum {
    let (before, seq) = (before.0.to_le_bytes(), seq.0.to_le_bytes());
    Checksum::of(&[store.as_bytes(), key.bytes(), &before, &seq, value])
}

/// A value as it is written: its header with the value or with the number of its pieces, and the pieces.
pub(crate) struct Stored<'a> {
    pub(crate) header: Header,
    pub(crate) bytes: Vec<u8>,
    pub(crate) pieces: Vec<&'a [u8]>,
}

/// Puts a checksum before a value, and splits it if it is too large for one key.
pub(crate) fn stored<'a>(
    store: &str,
    key: &Key,
    before: Checksum,
    seq: Seq,
    value: &'a [u8],
) -> Stored<'a> {
    let is_large = HEADER_BYTES + value.len() > VALUE_BYTES;
    let pieces: Vec<&[u8]> = if is_large {
        value.chunks(PIECE_BYTES).collect()
    } else {
        vec![]
    };
    let count = u32::try_from(pieces.len()).expect("a value is at most 1 MiB");
    let header = Header {
        checksum: checksum(store, key, before, seq, value),
        before,
        seq,
        pieces: is_large.then_some(count),
    };
    let mut bytes = header.bytes();
    if !is_large {
        bytes.extend_from_slice(value);
    }
    Stored {
        header,
        bytes,
        pieces,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const BEFORE: Checksum = Checksum(9);

    fn is_whole(store: &str, key: &Key, bytes: &[u8]) -> bool {
        Header::parse(bytes).is_some_and(|(header, value)| {
            header.pieces.is_none() && header.fits(store, key, value)
        })
    }

    #[test]
    fn every_flipped_bit_and_every_cut_of_a_value_is_noticed() {
        let key = Key::meta("a");
        let good = stored("hot", &key, BEFORE, Seq(7), b"the value").bytes;
        assert!(is_whole("hot", &key, &good));
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_whole("hot", &key, &bad), "bit {bit}");
        }
        for end in 0..good.len() {
            assert!(!is_whole("hot", &key, &good[..end]), "cut at {end}");
        }
    }

    #[test]
    fn a_value_of_another_key_or_store_does_not_fit() {
        let key = Key::meta("a");
        let good = stored("hot", &key, BEFORE, Seq(7), b"the value").bytes;
        assert!(!is_whole("archive", &key, &good));
        assert!(!is_whole("hot", &Key::meta("b"), &good));
    }

    #[test]
    fn values_up_to_the_limit_stay_whole_and_larger_ones_are_split() {
        let key = Key::meta("a");
        for (length, pieces) in [(0, None), (4055, None), (4056, Some(2)), (9_000, Some(3))] {
            let value = vec![1; length];
            let stored = stored("hot", &key, BEFORE, Seq(7), &value);
            assert!(stored.bytes.len() <= VALUE_BYTES);
            assert_eq!(stored.header.pieces, pieces, "{length} bytes");
            let (header, _) = Header::parse(&stored.bytes).unwrap();
            assert_eq!(header, stored.header);
            assert!(header.fits("hot", &key, &value));
        }
    }

    #[test]
    fn a_tally_does_not_depend_on_the_order() {
        let sums = [5, u128::MAX, 77].map(Checksum);
        let (mut there, mut back) = (Tally::default(), Tally::default());
        sums.iter().for_each(|sum| there.add(*sum));
        sums.iter().rev().for_each(|sum| back.add(*sum));
        assert_eq!(there, back);
        back.add(Checksum::NONE);
        sums.iter().for_each(|sum| back.subtract(*sum));
        assert_eq!(back, Tally::default());
    }
}
