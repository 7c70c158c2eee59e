//! The byte layout of groups and records, with checksums and the hash chain.
//!
//! Must not: read or write files.
//!
//! Invariants: `decode` accepts exactly what `encode` produces. The magic is larger than any record length, so four
//! bytes tell whether a group or a record starts at a place.

use super::fault::Flaw;

/// The hash of the journal up to a group: 32 bytes of BLAKE3 over the previous head and the group.
pub type ChainHead = [u8; 32];

/// The head before the first group.
pub const GENESIS: ChainHead = [0; 32];

/// The largest size of one group's records, including their headers: 1 MiB.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// The largest size of one record's payload, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = MAX_BODY_BYTES - RECORD_HEADER_BYTES;

pub(super) const MAGIC: u32 = u32::from_le_bytes(*b"CGJR");
pub(super) const VERSION: u16 = 1;
pub(super) const GROUP_HEADER_BYTES: usize = 64;
pub(super) const RECORD_HEADER_BYTES: usize = 12;
const _: () = assert!(
    MAGIC as usize > MAX_PAYLOAD_BYTES,
    "a magic must never look like a record length"
);

/// Describes a payload. The journal stores it and does not interpret it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordTag {
    /// Number of the payload's kind, chosen by whoever writes it; 1 is a domain record.
    pub kind: u8,
    /// How the payload is encoded.
    pub codec: u8,
    /// The version of the payload's schema.
    pub schema: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GroupHeader {
    pub(super) version: u16,
    pub(super) count: u16,
    pub(super) body_len: u32,
    pub(super) first_seq: u64,
    pub(super) written_ms: u64,
    pub(super) prev_head: ChainHead,
}

impl GroupHeader {
    pub(super) fn encode(&self) -> [u8; GROUP_HEADER_BYTES] {
        let mut bytes = [0; GROUP_HEADER_BYTES];
        bytes[0..4].copy_from_slice(&MAGIC.to_le_bytes());
        bytes[4..6].copy_from_slice(&self.version.to_le_bytes());
        bytes[6..8].copy_from_slice(&self.count.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.body_len.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first_seq.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.written_ms.to_le_bytes());
        bytes[32..64].copy_from_slice(&self.prev_head);
        let crc = header_crc(&bytes);
        bytes[12..16].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Decodes a header with the right magic and checksum, whatever its version.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Flaw> {
        let bytes: &[u8; GROUP_HEADER_BYTES] = bytes.first_chunk().ok_or(Flaw::GroupHeader)?;
        if u32_at(bytes, 0) != MAGIC || u32_at(bytes, 12) != header_crc(bytes) {
            return Err(Flaw::GroupHeader);
        }
        Ok(Self {
            version: u16::from_le_bytes([bytes[4], bytes[5]]),
            count: u16::from_le_bytes([bytes[6], bytes[7]]),
            body_len: u32_at(bytes, 8),
            first_seq: u64_at(bytes, 16),
            written_ms: u64_at(bytes, 24),
            prev_head: *bytes.last_chunk().expect("a header has 64 bytes"),
        })
    }

    pub(super) fn group_bytes(&self) -> u64 {
        GROUP_HEADER_BYTES as u64 + u64::from(self.body_len)
    }
}

fn header_crc(bytes: &[u8; GROUP_HEADER_BYTES]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&bytes[..12]), &bytes[16..])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecordHeader {
    pub(super) payload_len: u32,
    pub(super) tag: RecordTag,
    pub(super) crc: u32,
}

impl RecordHeader {
    /// Describes a payload, whose length must be within [`MAX_PAYLOAD_BYTES`].
    pub(super) fn of(tag: RecordTag, payload: &[u8]) -> Self {
        let payload_len = u32::try_from(payload.len()).expect("a payload is at most 1 MiB");
        let mut header = Self {
            payload_len,
            tag,
            crc: 0,
        };
        header.crc = header.crc_with(payload);
        header
    }

    pub(super) fn encode(&self) -> [u8; RECORD_HEADER_BYTES] {
        let mut bytes = [0; RECORD_HEADER_BYTES];
        bytes[..8].copy_from_slice(&self.checked_part());
        bytes[8..].copy_from_slice(&self.crc.to_le_bytes());
        bytes
    }

    /// Decodes a header; checks only that its length is possible.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Flaw> {
        let bytes: &[u8; RECORD_HEADER_BYTES] = bytes.first_chunk().ok_or(Flaw::RecordLength)?;
        let payload_len = u32_at(bytes, 0);
        if payload_len as usize > MAX_PAYLOAD_BYTES {
            return Err(Flaw::RecordLength);
        }
        let tag = RecordTag {
            kind: bytes[4],
            codec: bytes[5],
            schema: u16::from_le_bytes([bytes[6], bytes[7]]),
        };
        Ok(Self {
            payload_len,
            tag,
            crc: u32_at(bytes, 8),
        })
    }

    pub(super) fn matches(&self, payload: &[u8]) -> bool {
        self.crc == self.crc_with(payload)
    }

    pub(super) fn record_bytes(&self) -> u64 {
        RECORD_HEADER_BYTES as u64 + u64::from(self.payload_len)
    }

    fn checked_part(&self) -> [u8; 8] {
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&self.payload_len.to_le_bytes());
        bytes[4] = self.tag.kind;
        bytes[5] = self.tag.codec;
        bytes[6..].copy_from_slice(&self.tag.schema.to_le_bytes());
        bytes
    }

    fn crc_with(&self, payload: &[u8]) -> u32 {
        crc32c::crc32c_append(crc32c::crc32c(&self.checked_part()), payload)
    }
}

/// Checks that `body` consists of exactly `count` whole, undamaged records.
pub(super) fn check_body(mut body: &[u8], count: u16) -> Result<(), Flaw> {
    for _ in 0..count {
        let header = RecordHeader::decode(body)?;
        let end = RECORD_HEADER_BYTES + header.payload_len as usize;
        let payload = body
            .get(RECORD_HEADER_BYTES..end)
            .ok_or(Flaw::RecordLength)?;
        if !header.matches(payload) {
            return Err(Flaw::RecordChecksum);
        }
        body = &body[end..];
    }
    if body.is_empty() {
        Ok(())
    } else {
        Err(Flaw::RecordCount)
    }
}

/// Returns the chain head after a group.
pub(super) fn next_head(previous: &ChainHead, group: &[u8]) -> ChainHead {
    let mut hasher = blake3::Hasher::new();
    hasher.update(previous);
    hasher.update(group);
    *hasher.finalize().as_bytes()
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(
        *bytes[at..]
            .first_chunk()
            .expect("the caller checked the length"),
    )
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(
        *bytes[at..]
            .first_chunk()
            .expect("the caller checked the length"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn header() -> GroupHeader {
        GroupHeader {
            version: 1,
            count: 2,
            body_len: 300,
            first_seq: 7,
            written_ms: 99,
            prev_head: [5; 32],
        }
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        let bytes = header().encode();
        assert_eq!(&bytes[..12], b"CGJR\x01\x00\x02\x00\x2c\x01\x00\x00");
        assert_eq!(&bytes[16..32], b"\x07\0\0\0\0\0\0\0\x63\0\0\0\0\0\0\0");
        assert_eq!(bytes[32..], [5; 32]);
        assert_eq!(GroupHeader::decode(&bytes).unwrap(), header());
        let tag = RecordTag {
            kind: 3,
            codec: 1,
            schema: 0x0102,
        };
        let record = RecordHeader::of(tag, b"abc").encode();
        assert_eq!(&record[..8], b"\x03\0\0\0\x03\x01\x02\x01");
        assert_eq!(
            &record[8..],
            crc32c::crc32c(b"\x03\0\0\0\x03\x01\x02\x01abc").to_le_bytes()
        );
    }

    #[test]
    fn every_flipped_bit_of_a_header_is_noticed() {
        for bit in 0..GROUP_HEADER_BYTES * 8 {
            let mut bytes = header().encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                GroupHeader::decode(&bytes),
                Err(Flaw::GroupHeader),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn every_flipped_bit_of_a_record_is_noticed() {
        let tag = RecordTag {
            kind: 3,
            codec: 1,
            schema: 2,
        };
        let mut body = RecordHeader::of(tag, b"payload").encode().to_vec();
        body.extend_from_slice(b"payload");
        check_body(&body, 1).unwrap();
        for bit in 0..body.len() * 8 {
            body[bit / 8] ^= 1 << (bit % 8);
            assert!(check_body(&body, 1).is_err(), "bit {bit}");
            body[bit / 8] ^= 1 << (bit % 8);
        }
        assert_eq!(check_body(&body, 0), Err(Flaw::RecordCount));
        assert_eq!(check_body(&body, 2), Err(Flaw::RecordLength));
        assert_eq!(check_body(&[0; 24], 2), Err(Flaw::RecordChecksum));
    }
}
