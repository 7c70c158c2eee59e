//! The seeded random generator from which a simulation takes every id and every choice.

/// SplitMix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
#[derive(Clone, Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// A generator; equal seeds give equal numbers.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if `end` is 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.next() % end }
    }

    /// Returns `true` with a probability of `per_mille` in a thousand.
    pub const fn happens(&mut self, per_mille: u32) -> bool {
        self.below(1000) < per_mille as u64
    }

    /// A number from `least` to `most`, both included.
    pub const fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// The next sixteen bytes, for an id.
    pub const fn bytes(&mut self) -> [u8; 16] {
        ((self.next() as u128) << 64 | self.next() as u128).to_be_bytes()
    }

    /// Sixteen bytes whose first six are a time in milliseconds, as a UUID of version 7.
    pub const fn timed(&mut self, at_ms: u64) -> [u8; 16] {
        let mut bytes = self.bytes();
        let time = at_ms.to_be_bytes();
        let mut i = 0;
        while i < 6 {
            bytes[i] = time[i + 2];
            i += 1;
        }
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timed_id_is_a_uuid_of_version_7_that_begins_with_its_time() {
        let mut seeded = Seeded::new(1);
        for _ in 0..64 {
            let id = seeded.timed(0xabcd_0123_4567_89ab);
            assert_eq!(id[..6], [0x01, 0x23, 0x45, 0x67, 0x89, 0xab]);
            assert_eq!((id[6] >> 4, id[8] >> 6), (7, 2));
        }
    }
}
