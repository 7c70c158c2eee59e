//! Records as bytes: bincode behind an envelope of kind, codec and schema.
//!
//! Owns the one configuration of the encoding and the versions it can read. Must not interpret a
//! record.
//!
//! Invariants: decoding accepts exactly what encoding produces, to the last byte; an unknown kind,
//! codec or schema is refused, never guessed; positions are the format, so variants and fields of
//! what is encoded are only ever appended, and golden fixtures pin their bytes.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use campusg_domain::record::Record;
use serde::{Serialize, de::DeserializeOwned};

use crate::journal::{MAX_PAYLOAD_BYTES, Payload, RecordTag};

/// The journal kind of a domain record; there is no other yet.
pub const KIND_RECORD: u8 = 1;
/// bincode 2, `standard()`: little endian, integers of variable length.
pub const CODEC_BINCODE: u8 = 1;
/// The shape of [`Record`] and of everything in it.
pub const SCHEMA: u16 = 1;

const TAG: RecordTag = RecordTag {
    kind: KIND_RECORD,
    codec: CODEC_BINCODE,
    schema: SCHEMA,
};

type Config = Configuration<LittleEndian, Varint, Limit<MAX_PAYLOAD_BYTES>>;

const fn config() -> Config {
    bincode::config::standard().with_limit::<MAX_PAYLOAD_BYTES>()
}

/// Why bytes can't be read.
#[derive(Debug, thiserror::Error)]
pub enum CodecFault {
    /// Not a record.
    #[error("unknown kind of record {0}: written by a newer program")]
    UnknownKind(u8),
    /// Encoded in a way this program does not know.
    #[error("unknown codec {0}: written by a newer program")]
    UnknownCodec(u8),
    /// A shape this program does not know.
    #[error("unknown record schema {0}: written by a newer program")]
    UnknownSchema(u16),
    /// More bytes than the value has.
    #[error("{0} bytes after the end of the value")]
    Trailing(usize),
    /// Not a value of the expected type.
    #[error("malformed value")]
    Malformed(#[source] bincode::error::DecodeError),
}

impl CodecFault {
    /// Whether a newer program wrote the bytes.
    #[must_use]
    pub const fn is_newer(&self) -> bool {
        matches!(
            self,
            Self::UnknownKind(_) | Self::UnknownCodec(_) | Self::UnknownSchema(_)
        )
    }

    /// The number that is not known, 0 for other faults.
    pub(crate) fn found(&self) -> u64 {
        match self {
            Self::UnknownKind(n) | Self::UnknownCodec(n) => u64::from(*n),
            Self::UnknownSchema(n) => u64::from(*n),
            Self::Trailing(_) | Self::Malformed(_) => 0,
        }
    }
}

/// Appends a record's bytes to `out` and says what they are.
///
/// # Panics
/// Never for a record: every part of it has a known length.
pub fn encode_record(record: &Record, out: &mut Vec<u8>) -> RecordTag {
    encode_into(record, out);
    TAG
}

/// Reads a record.
///
/// # Errors
/// `UnknownKind`, `UnknownCodec`, `UnknownSchema`, then `Malformed` and `Trailing`.
pub fn decode_record(tag: RecordTag, payload: &[u8]) -> Result<Record, CodecFault> {
    if tag.kind != KIND_RECORD {
        return Err(CodecFault::UnknownKind(tag.kind));
    }
    if tag.codec != CODEC_BINCODE {
        return Err(CodecFault::UnknownCodec(tag.codec));
    }
    if tag.schema != SCHEMA {
        return Err(CodecFault::UnknownSchema(tag.schema));
    }
    decode(payload)
}

/// Encodes any value that is kept.
///
/// # Panics
/// For a type whose length serde can't tell; none is kept.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    encode_into(value, &mut out);
    out
}

fn encode_into<T: Serialize>(value: &T, out: &mut Vec<u8>) {
    bincode::serde::encode_into_std_write(value, out, config())
        .expect("a vector takes every byte, and what is kept has known lengths");
}

/// Decodes what [`encode`] made, to the last byte.
///
/// # Errors
/// `Malformed`, `Trailing`.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecFault> {
    let (value, used) =
        bincode::serde::decode_from_slice(bytes, config()).map_err(CodecFault::Malformed)?;
    match bytes.len() - used {
        0 => Ok(value),
        left => Err(CodecFault::Trailing(left)),
    }
}

impl Payload for Record {
    fn encode(&self, _seq: u64, out: &mut Vec<u8>) -> RecordTag {
        encode_record(self, out)
    }
}
