//! The byte layout of a slot in the key file.
//!
//! Must not: read or write files.

use campusg_domain::id::UserId;

pub(super) const SLOT_BYTES: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Live = 1,
    Destroyed = 2,
}

#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) state: State,
    pub(super) user: UserId,
    pub(super) key: [u8; 32],
}

impl Slot {
    pub(super) const fn live(user: UserId, key: [u8; 32]) -> Self {
        let state = State::Live;
        Self { state, user, key }
    }

    pub(super) const fn destroyed(user: UserId) -> Self {
        let (state, key) = (State::Destroyed, [0; 32]);
        Self { state, user, key }
    }

    pub(super) fn encode(&self) -> [u8; SLOT_BYTES] {
        let mut bytes = [0; SLOT_BYTES];
        bytes[0] = self.state as u8;
        bytes[8..24].copy_from_slice(self.user.as_bytes());
        bytes[24..56].copy_from_slice(&self.key);
        let crc = crc_of(&bytes);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Decodes a slot; `None` if it was not written completely.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; SLOT_BYTES] = bytes.try_into().ok()?;
        let state = match bytes[0] {
            1 => State::Live,
            2 => State::Destroyed,
            _ => return None,
        };
        if bytes[4..8] != crc_of(bytes).to_le_bytes() {
            return None;
        }
        let user = UserId::from_bytes(*bytes[8..].first_chunk()?);
        let key = *bytes[24..].first_chunk()?;
        Some(Self { state, user, key })
    }
}

fn crc_of(bytes: &[u8; SLOT_BYTES]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&bytes[..4]), &bytes[8..])
}
