//! The server's own secrets, in `server.key`: for delivery PINs, e-mail addresses and session tokens.
//!
//! Must not: create new secrets in a folder that has used others, since nobody could sign in any more.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use campusg_domain::{
    id::OrderId,
    owner::directory::{EmailDigest, TokenDigest},
};

use super::{VaultFault, io_fault};
use crate::file::write_whole;

const MAGIC: &[u8; 8] = b"CGKEYS1\n";
const FILE_BYTES: usize = 8 + 3 * 32 + 4;

/// Three keys that only this server has.
pub struct Secrets {
    pin: [u8; 32],
    email: [u8; 32],
    token: [u8; 32],
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    pub(super) fn open(path: &Path, new: bool) -> Result<Self, VaultFault> {
        let lost = || VaultFault::Secrets {
            path: path.to_path_buf(),
        };
        match fs::read(path) {
            Ok(bytes) => Self::decode(&bytes).ok_or_else(lost),
            Err(error) if error.kind() == ErrorKind::NotFound && new => Self::create(path),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(lost()),
            Err(error) => Err(io_fault(path)(error)),
        }
    }

    fn create(path: &Path) -> Result<Self, VaultFault> {
        let mut keys = [0; 3 * 32];
        getrandom::fill(&mut keys).map_err(VaultFault::Randomness)?;
        let mut bytes = [&MAGIC[..], &keys].concat();
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        write_whole(path, &path.with_extension("new"), &bytes).map_err(io_fault(path))?;
        Self::decode(&bytes).ok_or_else(|| VaultFault::Secrets {
            path: path.to_path_buf(),
        })
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (content, crc) = bytes.split_last_chunk::<4>()?;
        let right = bytes.len() == FILE_BYTES
            && content.starts_with(MAGIC)
            && *crc == crc32c::crc32c(content).to_le_bytes();
        let mut keys = content[MAGIC.len().min(content.len())..].chunks_exact(32);
        let mut next = || <[u8; 32]>::try_from(keys.next()?).ok();
        let (pin, email, token) = (next()?, next()?, next()?);
        right.then_some(Self { pin, email, token })
    }

    /// Returns the delivery PIN of an order, 0 to 9999; always the same for one order.
    #[must_use]
    pub fn pin(&self, order: OrderId) -> u16 {
        let hash = blake3::keyed_hash(&self.pin, order.as_bytes());
        let (bytes, _) = hash.as_bytes().split_at(8);
        let number = bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
        u16::try_from(number % 10_000).expect("below 10,000")
    }

    /// Returns the keyed hash that is stored instead of an e-mail address, of which it takes the one spelling.
    #[must_use]
    pub fn email_digest(&self, address: &str) -> EmailDigest {
        EmailDigest(*blake3::keyed_hash(&self.email, address.as_bytes()).as_bytes())
    }

    /// Returns the keyed hash that is stored instead of a session's token.
    #[must_use]
    pub fn token_digest(&self, token: &[u8]) -> TokenDigest {
        TokenDigest(*blake3::keyed_hash(&self.token, token).as_bytes())
    }
}
