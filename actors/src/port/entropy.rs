//! Randomness as a port. The only place that draws random bytes and makes ids.

use campusg_domain::{id::CommandId, time::At};
use std::{fmt, sync::Mutex};

/// A source of random bytes.
pub trait Entropy: Send + Sync + fmt::Debug {
    /// Fills `bytes`. They are unpredictable, except in tests.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Entropy + '_ {
    /// Returns a UUIDv7: 48 bits of time, the rest random, so that ids sort by the time they were made.
    #[must_use]
    pub fn uuid(&self, now: At) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.fill(&mut bytes[6..]);
        bytes[..6].copy_from_slice(&now.0.to_be_bytes()[2..]);
        bytes[6] = bytes[6] & 0x0f | 0x70;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        bytes
    }

    /// Returns a random command id, for commands without an idempotency key.
    #[must_use]
    pub fn command(&self) -> CommandId {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        CommandId(u64::from_le_bytes(bytes))
    }

    /// Returns a token of 256 random bits as 64 hexadecimal digits.
    #[must_use]
    pub fn token(&self) -> String {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        blake3::Hash::from_bytes(bytes).to_hex().to_string()
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes)
            .expect("the operating system gives randomness, or nothing here is safe");
    }
}

/// Returns the same bytes for the same seed; for tests.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<(blake3::Hash, u64)>);

impl SeededEntropy {
    /// The seed determines all bytes that will be drawn.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new((blake3::hash(&seed.to_le_bytes()), 0)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().expect("nothing panics while drawing");
        state.1 += 1;
        let mut hasher = blake3::Hasher::new_keyed(state.0.as_bytes());
        hasher
            .update(&state.1.to_le_bytes())
            .finalize_xof()
            .fill(bytes);
    }
}
