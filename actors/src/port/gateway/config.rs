//! The section `gateway` of the configuration, as far as it holds for any gateway.
//!
//! Must not: read a file or the environment; the values are passed in.

use super::BreakerConfig;
use crate::port::signature::{Keyring, SigningKey};
use campusg_domain::settings::{BrokenRule, Rules};
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

/// Settings that hold for any payment gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct GatewayConfig {
    /// Milliseconds to wait for an answer, 1 to 60 000.
    pub timeout_ms: u64,
    /// Most calls, and connections, at a time, 1 to 128.
    pub concurrency: usize,
    /// When to stop asking a gateway that does not answer.
    pub breaker: BreakerConfig,
    /// Milliseconds between two looks for events, 10 to 3 600 000.
    pub events_poll_ms: u64,
    /// Key of the messages that the gateway sends to `POST /api/gateway/events`: `whsec_` and the base64 of 24 to 64
    /// bytes. Unset: none is believed.
    pub signing_secret: Option<SigningKey>,
    /// The key before, believed as well while the gateway changes to the new one.
    pub previous_signing_secret: Option<SigningKey>,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            timeout_ms: 10_000,
            concurrency: 64,
            breaker: BreakerConfig::default(),
            events_poll_ms: 1_000,
            signing_secret: None,
            previous_signing_secret: None,
        }
    }
}

impl GatewayConfig {
    /// Returns the keys that the gateway may sign its messages with.
    #[must_use]
    pub fn keys(&self) -> Keyring {
        let (current, previous) = (&self.signing_secret, &self.previous_signing_secret);
        Keyring::new(current.clone(), previous.clone())
    }

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// The first setting that breaks a rule.
    pub fn validate(&self) -> Result<(), BrokenRule> {
        Rules::new()
            .from_to("timeout_ms", self.timeout_ms, 1, 60_000)
            .from_to("concurrency", self.concurrency, 1, 128)
            .at_least("breaker.failures", self.breaker.failures, 1)
            .from_to("breaker.open_ms", self.breaker.open_ms, 1, 3_600_000)
            .from_to("events_poll_ms", self.events_poll_ms, 10, 3_600_000)
            .must(
                "previous_signing_secret",
                self.previous_signing_secret.is_none() || self.signing_secret.is_some(),
                "must be unset while signing_secret is",
            )
            .check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_valid_and_an_empty_section_is_the_default() {
        let empty: GatewayConfig = serde_json::from_str("{}").unwrap();
        assert_eq!(empty, GatewayConfig::default());
        assert_eq!(empty.validate(), Ok(()));
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let table = [
            (r#"{"timeout_ms":0}"#, "timeout_ms"),
            (r#"{"concurrency":0}"#, "concurrency"),
            (r#"{"breaker":{"failures":0}}"#, "breaker.failures"),
            (r#"{"breaker":{"open_ms":0}}"#, "breaker.open_ms"),
            (r#"{"events_poll_ms":1}"#, "events_poll_ms"),
        ];
        for (text, key) in table {
            let config: GatewayConfig = serde_json::from_str(text).unwrap();
            assert_eq!(
                config.validate().map_err(|fault| fault.key),
                Err(key.to_owned()),
                "{text}"
            );
        }
        let unknown = r#"{"adress":"127.0.0.1:1"}"#;
        assert!(serde_json::from_str::<GatewayConfig>(unknown).is_err());
    }
}
