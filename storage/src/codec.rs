//! Encodes records as bytes: bincode, tagged with kind, codec and schema.
//!
//! This is the only place that configures the encoding and knows which versions can be read. Must not: interpret a
//! record.
//!
//! Invariants: decoding accepts exactly what encoding produces, to the last byte. An unknown kind, codec or schema is
//! refused. The encoding has no field names, so a variant may be appended to an enum, and nothing else may change: a
//! new field moves all bytes behind it. Fixtures in `tests/` pin the bytes; a change to them raises the data folder's
//! format.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use campusg_domain::{
    id::{CommandId, Fingerprint, Principal, Seq, Stream},
    record::Record,
    time::At,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::journal::{MAX_PAYLOAD_BYTES, Payload, RecordTag};

/// The journal kind of a domain record; so far the only kind.
pub const KIND_RECORD: u8 = 1;
/// bincode 2, `standard()`: little endian, integers of variable length.
pub const CODEC_BINCODE: u8 = 1;
/// The version of [`Record`]'s encoding, including everything in it.
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

/// Why bytes can't be decoded.
#[derive(Debug, thiserror::Error)]
pub enum CodecFault {
    /// The kind is not that of a record.
    #[error("unknown kind of record {0}: written by a newer program")]
    UnknownKind(u8),
    /// The encoding is not known to this program.
    #[error("unknown codec {0}: written by a newer program")]
    UnknownCodec(u8),
    /// The schema version is not known to this program.
    #[error("unknown record schema {0}: written by a newer program")]
    UnknownSchema(u16),
    /// Bytes are left over after the value.
    #[error("{0} bytes after the end of the value")]
    Trailing(usize),
    /// The bytes are no value of the expected type.
    #[error("malformed value")]
    Malformed(#[source] bincode::error::DecodeError),
}

impl CodecFault {
    /// Whether a newer program wrote the bytes, as far as it can be known.
    #[must_use]
    pub const fn is_newer(&self) -> bool {
        matches!(
            self,
            Self::UnknownKind(_) | Self::UnknownCodec(_) | Self::UnknownSchema(_)
        )
    }

    /// Returns the unknown number; 0 for other faults.
    pub(crate) fn found(&self) -> u64 {
        match self {
            Self::UnknownKind(n) | Self::UnknownCodec(n) => u64::from(*n),
            Self::UnknownSchema(n) => u64::from(*n),
            Self::Trailing(_) | Self::Malformed(_) => 0,
        }
    }
}

/// Appends a record's encoding to `out`, and returns its tag.
///
/// # Panics
/// Never for a record: every part of it has a known length.
pub fn encode_record(record: &Record, out: &mut Vec<u8>) -> RecordTag {
    encode_into(record, out);
    TAG
}

/// Decodes a record.
///
/// # Errors
/// `UnknownKind`, `UnknownCodec`, `UnknownSchema`, then `Malformed` and `Trailing`.
pub fn decode_record(tag: RecordTag, payload: &[u8]) -> Result<Record, CodecFault> {
    check_tag(tag)?;
    decode(payload)
}

/// What a record says before its events: enough to know its command, for a fraction of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Head {
    /// As [`Record::stream`].
    pub stream: Stream,
    /// As [`Record::prev`].
    pub prev: Seq,
    /// As [`Record::at`].
    pub at: At,
    /// As [`Record::principal`].
    pub principal: Principal,
    /// As [`Record::command`].
    pub command: CommandId,
    /// As [`Record::fingerprint`].
    pub fingerprint: Fingerprint,
    /// As [`Record::keyed`].
    pub keyed: bool,
}

/// Decodes the first fields of a record.
///
/// # Errors
/// As [`decode_record`], for what is read.
pub fn decode_head(tag: RecordTag, payload: &[u8]) -> Result<Head, CodecFault> {
    check_tag(tag)?;
    let read = bincode::serde::decode_from_slice(payload, config());
    read.map(|(head, _)| head).map_err(CodecFault::Malformed)
}

fn check_tag(tag: RecordTag) -> Result<(), CodecFault> {
    if tag.kind != KIND_RECORD {
        return Err(CodecFault::UnknownKind(tag.kind));
    }
    if tag.codec != CODEC_BINCODE {
        return Err(CodecFault::UnknownCodec(tag.codec));
    }
    if tag.schema != SCHEMA {
        return Err(CodecFault::UnknownSchema(tag.schema));
    }
    Ok(())
}

/// Encodes any stored value.
///
/// # Panics
/// For a type whose length serde can't know in advance; no stored type is one.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    encode_into(value, &mut out);
    out
}

fn encode_into<T: Serialize>(value: &T, out: &mut Vec<u8>) {
    bincode::serde::encode_into_std_write(value, out, config())
        .expect("a vector takes every byte, and what is kept has known lengths");
}

/// Decodes a value that [`encode`] made; all bytes must be used.
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
