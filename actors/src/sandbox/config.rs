//! The payment gateway's section of the configuration.
//!
//! Must not: read a file or the environment; it is filled from outside.

use std::net::SocketAddr;
use std::path::{Component, PathBuf};

use campusg_domain::{
    money::Cents,
    settings::{BrokenRule, Rules},
};
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use super::book::Tuning;
use super::feed::Faults;
use crate::port::{
    gateway::BreakerConfig,
    signature::{Keyring, SigningKey},
};

/// Where the payment gateway is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayMode {
    /// The sandbox gateway inside this process.
    #[default]
    Sandbox,
    /// The sandbox gateway in another process, at `address`.
    Remote,
}

/// The payment gateway's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct GatewayConfig {
    /// Inside this process, or in another.
    pub mode: GatewayMode,
    /// Of the other process; loopback only.
    pub address: SocketAddr,
    /// The sandbox gateway's book, below the data directory.
    pub book: PathBuf,
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
    /// Where `campusg sandbox-gateway` sends its events: address and port of a server, loopback only. Unset: nowhere.
    pub push_to: Option<SocketAddr>,
    /// Times of the sandbox gateway.
    pub tuning: Tuning,
    /// What goes wrong with the sandbox gateway's events.
    pub faults: Faults,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            mode: GatewayMode::Sandbox,
            address: SocketAddr::from(([127, 0, 0, 1], 4242)),
            book: PathBuf::from("gateway/book.jsonl"),
            timeout_ms: 10_000,
            concurrency: 64,
            breaker: BreakerConfig::default(),
            events_poll_ms: 1_000,
            signing_secret: None,
            previous_signing_secret: None,
            push_to: None,
            tuning: Tuning::default(),
            faults: Faults::default(),
        }
    }
}

const SPAN: &str = "must be at most 400 days";
/// Longest span of the sandbox gateway.
const DAYS_400_MS: u64 = 400 * campusg_domain::time::DAY_MS;

impl GatewayConfig {
    /// The keys of the gateway's messages.
    #[must_use]
    pub fn keys(&self) -> Keyring {
        let (current, previous) = (&self.signing_secret, &self.previous_signing_secret);
        Keyring::new(current.clone(), previous.clone())
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// One that cannot be used.
    pub fn validate(&self) -> Result<(), BrokenRule> {
        let below_data = !self.book.as_os_str().is_empty()
            && self
                .book
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
        let pushed = |holds: fn(&SocketAddr) -> bool| self.push_to.as_ref().is_none_or(holds);
        Rules::new()
            .table("tuning", tuning_rules(&self.tuning))
            .must(
                "address",
                self.address.ip().is_loopback(),
                "must be a loopback address",
            )
            .must("address", self.address.port() != 0, "must have a port")
            .must(
                "book",
                below_data,
                "must be a path below the data directory",
            )
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
            .must(
                "push_to",
                pushed(|to| to.ip().is_loopback() && to.port() != 0),
                "must be a loopback address with a port",
            )
            .must(
                "push_to",
                self.push_to.is_none() || self.signing_secret.is_some(),
                "must be unset while signing_secret is: messages are signed",
            )
            .must("faults.delay_ms", self.faults.delay_ms <= DAYS_400_MS, SPAN)
            .check()
    }
}

/// The rules of the times of the sandbox gateway.
fn tuning_rules(tuning: &Tuning) -> Result<(), BrokenRule> {
    let span = |rules: Rules, key, ms: u64| rules.must(key, ms <= DAYS_400_MS, SPAN);
    let rules = Rules::new().must(
        "capture_window_ms",
        (1..=DAYS_400_MS).contains(&tuning.capture_window_ms),
        "must be above 0 and at most 400 days",
    );
    let rules = span(rules, "late_ms", tuning.late_ms).at_most("slow_ms", tuning.slow_ms, 600_000);
    let rules = span(rules, "chargeback_ms", tuning.chargeback_ms);
    let rules = span(rules, "verdict_ms", tuning.verdict_ms).from_to(
        "chargeback_fee_cents",
        tuning.chargeback_fee_cents.0,
        0,
        Cents::MAX_INPUT.0,
    );
    span(rules, "send_back_ms", tuning.send_back_ms).check()
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
            (r#"{"address":"10.0.0.1:80"}"#, "address"),
            (r#"{"address":"127.0.0.1:0"}"#, "address"),
            (r#"{"book":"/etc/passwd"}"#, "book"),
            (r#"{"book":"../book"}"#, "book"),
            (r#"{"book":""}"#, "book"),
            (r#"{"timeout_ms":0}"#, "timeout_ms"),
            (r#"{"concurrency":0}"#, "concurrency"),
            (r#"{"breaker":{"failures":0}}"#, "breaker.failures"),
            (r#"{"breaker":{"open_ms":0}}"#, "breaker.open_ms"),
            (r#"{"events_poll_ms":1}"#, "events_poll_ms"),
            (
                r#"{"tuning":{"capture_window_ms":0}}"#,
                "tuning.capture_window_ms",
            ),
            (r#"{"tuning":{"slow_ms":600001}}"#, "tuning.slow_ms"),
            (
                r#"{"tuning":{"chargeback_ms":34560000001}}"#,
                "tuning.chargeback_ms",
            ),
            (
                r#"{"tuning":{"verdict_ms":34560000001}}"#,
                "tuning.verdict_ms",
            ),
            (
                r#"{"tuning":{"chargeback_fee_cents":-1}}"#,
                "tuning.chargeback_fee_cents",
            ),
            (
                r#"{"tuning":{"send_back_ms":34560000001}}"#,
                "tuning.send_back_ms",
            ),
        ];
        for (text, key) in table {
            let config: GatewayConfig = serde_json::from_str(text).unwrap();
            assert_eq!(
                config.validate().map_err(|fault| fault.key),
                Err(key.to_owned()),
                "{text}"
            );
        }
        for text in [
            r#"{"adress":"127.0.0.1:1"}"#,
            r#"{"faults":{"drop":true}}"#,
            r#"{"mode":"live"}"#,
        ] {
            assert!(
                serde_json::from_str::<GatewayConfig>(text).is_err(),
                "{text}"
            );
        }
    }
}
