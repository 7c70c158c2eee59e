//! Ids of commands that are hashes and not random: a repeat has the same id, also after a restart.

use crate::id::{CommandId, Principal, Stream};

/// The id of a command that the process gives itself: the same for the same stream, purpose and number.
#[must_use]
pub fn own_command(stream: Stream, purpose: &str, number: u64) -> CommandId {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(stream.to_string().as_bytes())
        .update(purpose.as_bytes())
        .update(&number.to_le_bytes());
    of(&hasher)
}

/// The id of a command that somebody gives under an idempotency key: the same for the same user, route and key.
pub(super) fn keyed_command(principal: Principal, route: &str, key: &str) -> CommandId {
    let mut hasher = blake3::Hasher::new();
    match principal.user() {
        Some(user) => hasher.update(user.as_bytes()),
        None => hasher.update(b"no user"),
    };
    for part in [route, key] {
        hasher
            .update(&(part.len() as u64).to_le_bytes())
            .update(part.as_bytes());
    }
    of(&hasher)
}

/// The first eight bytes of the hash.
fn of(hasher: &blake3::Hasher) -> CommandId {
    let hash = hasher.finalize();
    let first = hash.as_bytes().first_chunk();
    CommandId(u64::from_le_bytes(*first.expect("a hash has 32 bytes")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;

    #[test]
    fn a_key_is_scoped_by_who_and_where_and_no_two_places_of_the_cut_are_one() {
        let user = UserId::from_bytes([7; 16]);
        let id = |route: &str, key: &str| keyed_command(Principal::User(user), route, key);
        let mut hasher = blake3::Hasher::new();
        hasher.update(user.as_bytes());
        for part in ["POST /api/orders", "key-1"] {
            let length = (part.len() as u64).to_le_bytes();
            hasher.update(&length).update(part.as_bytes());
        }
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        let expected = CommandId(u64::from_le_bytes(first));
        assert_eq!(id("POST /api/orders", "key-1"), expected);
        assert_ne!(id("POST /api/orderskey", "-1"), expected);
        let nobody = keyed_command(Principal::System, "POST /api/orders", "key-1");
        assert_ne!(nobody, expected);
    }
}
