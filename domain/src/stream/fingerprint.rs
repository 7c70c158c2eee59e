//! The hash of a command's body, by which a repeat is told from another command.

use crate::id::Fingerprint;
use bincode::{config, serde::encode_to_vec};
use serde::Serialize;

/// Hash of a body: equal bodies have equal fingerprints, in every version of the program that encodes them alike.
#[must_use]
pub fn fingerprint<T: Serialize>(body: &T) -> Fingerprint {
    let bytes = encode_to_vec(body, config::standard()).expect("own types encode");
    let hash = blake3::hash(&bytes);
    let first = hash.as_bytes().first_chunk();
    Fingerprint(u64::from_le_bytes(*first.expect("a hash has 32 bytes")))
}
