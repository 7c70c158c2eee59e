//! How long the texts of callers may be. The checks use these constants, and so does the contract of the API.

use std::ops::RangeInclusive;

pub use campusg_domain::order::{NAME_CHARS, PHOTOS, STARS};

/// Longest e-mail address, in bytes.
pub const EMAIL_BYTES: usize = 254;
/// The possible length of a password, in characters.
pub const PASSWORD_CHARS: RangeInclusive<usize> = 10..=128;
/// Longest telephone number, in characters.
pub const PHONE_CHARS: usize = 48;
/// Longest first or last name of a person, in characters.
pub const PERSON_NAME_CHARS: usize = 80;
/// Longest level, room or meeting point, in characters.
pub const PLACE_CHARS: usize = 120;
/// Longest notes to the runner, in characters. Sealed together with the rest, any text fits into the domain's limit
/// in bytes.
pub const NOTES_CHARS: usize = 500;
/// Longest name or place of a store, in characters.
pub const STORE_CHARS: usize = 120;
