//! The hash of a command's body, which tells a repeat from another command under the same id.

use crate::{canonical, id::Fingerprint};
use serde::Serialize;

/// Hash of a body: equal bodies have equal fingerprints, in every version of the program.
#[must_use]
pub fn fingerprint<T: Serialize>(body: &T) -> Fingerprint {
    let mut bytes = vec![];
    canonical::append(body, &mut bytes);
    let hash = blake3::hash(&bytes);
    let first = hash.as_bytes().first_chunk();
    Fingerprint(u64::from_le_bytes(*first.expect("a hash has 32 bytes")))
}
