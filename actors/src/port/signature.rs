//! Signed messages after Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, with the body's exact bytes.
//!
//! Must not: reveal a key, or compare signatures other than in constant time.
//! Source: <https://www.standardwebhooks.com>, the specification's symmetric scheme `v1`.

use base64ct::{Base64, Encoding};
use campusg_domain::time::At;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use sha2::Sha256;
use std::{fmt, str::FromStr};

/// How much a message's time may differ from the receiver's clock, in milliseconds.
pub const TOLERANCE_MS: u64 = 5 * 60_000;

/// The prefix of every key in text form.
const PREFIX: &str = "whsec_";
/// The possible lengths of a key in bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// The prefix of a signature of this scheme.
const SCHEME: &str = "v1,";
/// How many signatures of one message are checked; further ones are ignored.
const SIGNATURES: usize = 8;

/// A key shared with the gateway: `whsec_` and the base64 of 24 to 64 bytes. Debug output and serialization hide it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Vec<u8>);

/// A text is no key. The text is not part of the error, as it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be `whsec_` and the base64 of 24 to 64 bytes")]
pub struct NoKey;

impl FromStr for SigningKey {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        let base64 = text.strip_prefix(PREFIX).ok_or(NoKey)?;
        let bytes = Base64::decode_vec(base64).map_err(|_| NoKey)?;
        if KEY_BYTES.contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(NoKey)
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

impl Serialize for SigningKey {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str("(hidden)")
    }
}

impl<'de> Deserialize<'de> for SigningKey {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// The accepted keys: the current one, and during a change of keys the previous one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keyring(Vec<SigningKey>);

/// A received message with the headers that sign it.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The same for every delivery of the message.
    pub id: &'a str,
    /// When it was sent, in seconds since 1970, as text.
    pub timestamp: &'a str,
    /// Signatures, separated by blanks.
    pub signatures: &'a str,
    /// The exact bytes that were received.
    pub body: &'a [u8],
}

/// Why a message is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// None of the signatures was made with one of the keys.
    #[error("no signature of the message is right")]
    Wrong,
    /// The message's time differs from now by more than [`TOLERANCE_MS`].
    #[error("the message's time is more than 5 minutes from now")]
    OutOfTime,
}

impl Keyring {
    /// Either key may be absent. Without any key no message is accepted.
    #[must_use]
    pub fn new(current: Option<SigningKey>, previous: Option<SigningKey>) -> Self {
        Self(current.into_iter().chain(previous).collect())
    }

    /// Whether there is no key, so that no message is accepted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the signatures of a message, one per key, separated by blanks.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp_s: u64, body: &[u8]) -> String {
        let timestamp = timestamp_s.to_string();
        let sign = |key: &SigningKey| {
            let tag = mac(key, id, &timestamp, body).finalize().into_bytes();
            format!("{SCHEME}{}", Base64::encode_string(&tag))
        };
        let signatures: Vec<String> = self.0.iter().map(sign).collect();
        signatures.join(" ")
    }

    /// Checks that a message was signed with one of the keys, and recently.
    ///
    /// # Errors
    /// The first fault that applies, in the order of [`SignatureFault`].
    pub fn check(&self, message: Signed<'_>, now: At) -> Result<(), SignatureFault> {
        let Signed {
            id,
            timestamp,
            signatures,
            body,
        } = message;
        let right = |signature: &str| {
            let tag = signature.strip_prefix(SCHEME).and_then(decoded);
            tag.is_some_and(|tag| {
                let mut keys = self.0.iter();
                keys.any(|key| mac(key, id, timestamp, body).verify_slice(&tag).is_ok())
            })
        };
        if !signatures.split(' ').take(SIGNATURES).any(right) {
            return Err(SignatureFault::Wrong);
        }
        let sent = timestamp
            .parse()
            .ok()
            .and_then(|s: u64| s.checked_mul(1_000));
        match sent {
            Some(sent_ms) if sent_ms.abs_diff(now.0) <= TOLERANCE_MS => Ok(()),
            _ => Err(SignatureFault::OutOfTime),
        }
    }
}

fn decoded(signature: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(signature).ok()
}

fn mac(key: &SigningKey, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("a key may have any length");
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const NOW: At = At(1_614_265_330_000);
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    fn key(text: &str) -> SigningKey {
        text.parse().unwrap()
    }

    /// Source: the test vector of the specification's reference libraries.
    fn known() -> (Keyring, String) {
        let ring = Keyring::new(Some(key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")), None);
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned();
        (ring, signature)
    }

    fn signed<'a>(signatures: &'a str, timestamp: &'a str) -> Signed<'a> {
        Signed {
            id: ID,
            timestamp,
            signatures,
            body: BODY,
        }
    }

    #[test]
    fn the_signature_is_the_specifications() {
        let (ring, signature) = known();
        assert_eq!(ring.sign(ID, NOW.0 / 1_000, BODY), signature);
        assert_eq!(ring.check(signed(&signature, "1614265330"), NOW), Ok(()));
    }

    #[test]
    fn whatever_is_changed_is_noticed() {
        let (ring, signature) = known();
        let right = signed(&signature, "1614265330");
        let other = Keyring::new(Some(SigningKey(vec![7; 32])), None);
        let cut = &signature[..signature.len() - 4];
        for changed in [
            Signed {
                id: "msg_2",
                ..right
            },
            Signed {
                timestamp: "1614265331",
                ..right
            },
            Signed {
                timestamp: "01614265330",
                ..right
            },
            Signed {
                body: br#"{"test":2432232314}"#,
                ..right
            },
            Signed {
                signatures: "",
                ..right
            },
            Signed {
                signatures: cut,
                ..right
            },
            Signed {
                signatures: &signature[3..],
                ..right
            },
            Signed {
                signatures: &signature.replace("v1,", "v1a,"),
                ..right
            },
        ] {
            assert_eq!(
                ring.check(changed, NOW),
                Err(SignatureFault::Wrong),
                "{changed:?}"
            );
        }
        assert_eq!(other.check(right, NOW), Err(SignatureFault::Wrong));
        assert_eq!(
            Keyring::default().check(right, NOW),
            Err(SignatureFault::Wrong)
        );
    }

    #[test]
    fn a_message_is_believed_for_five_minutes_on_either_side() {
        let (ring, _) = known();
        let checked = |sent: u64| {
            let signature = ring.sign(ID, sent, BODY);
            ring.check(signed(&signature, &sent.to_string()), NOW)
        };
        let now = NOW.0 / 1_000;
        for off in [0, 300] {
            assert_eq!((checked(now - off), checked(now + off)), (Ok(()), Ok(())));
        }
        let late = Err(SignatureFault::OutOfTime);
        assert_eq!((checked(now - 301), checked(now + 301)), (late, late));
        assert_eq!(checked(u64::MAX), late);
    }

    #[test]
    fn two_keys_are_in_force_while_one_is_changed_for_the_other() {
        let (old, new) = (SigningKey(vec![1; 24]), SigningKey(vec![2; 24]));
        let both = Keyring::new(Some(new.clone()), Some(old.clone()));
        let timestamp = "1614265330";
        for one in [old, new] {
            let one = Keyring::new(Some(one), None);
            let by_one = one.sign(ID, 1_614_265_330, BODY);
            assert_eq!(both.check(signed(&by_one, timestamp), NOW), Ok(()));
            let by_both = both.sign(ID, 1_614_265_330, BODY);
            assert_eq!(one.check(signed(&by_both, timestamp), NOW), Ok(()));
        }
    }

    #[test]
    fn a_key_is_never_shown_and_what_is_none_is_refused() {
        let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let key = key(text);
        let ring = Keyring::new(Some(key.clone()), None);
        let shown = format!("{key:?} {ring:?} {}", serde_json::to_string(&key).unwrap());
        assert!(!shown.contains("MfKQ"), "{shown}");
        for none in [
            "",
            "whsec_",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La",
            "whsec_not base64 not base64 not base64",
        ] {
            assert_eq!(none.parse::<SigningKey>(), Err(NoKey), "{none}");
        }
        let refused = serde_json::from_str::<SigningKey>("\"whsec_hush\"").unwrap_err();
        assert!(!refused.to_string().contains("hush"), "{refused}");
    }
}
