//! The payment gateway's section of the configuration.
//!
//! Must not: read a file or the environment; it is filled from outside.

use std::net::SocketAddr;
use std::path::{Component, PathBuf};

use serde::{Deserialize, Serialize};

use super::book::Tuning;
use super::feed::Faults;
use crate::port::gateway::BreakerConfig;

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
            concurrency: 32,
            breaker: BreakerConfig::default(),
            events_poll_ms: 1_000,
            tuning: Tuning::default(),
            faults: Faults::default(),
        }
    }
}

/// A setting that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {reason}")]
pub struct GatewayConfigFault {
    /// Which, as `breaker.failures`, within the gateway's section.
    pub key: &'static str,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl GatewayConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first that cannot be used, in the order of the fields.
    pub fn validate(&self) -> Result<(), GatewayConfigFault> {
        const DAYS_400_MS: u64 = 400 * campusg_domain::time::DAY_MS;
        let below_data = !self.book.as_os_str().is_empty()
            && self
                .book
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
        let rules = [
            (
                "address",
                self.address.ip().is_loopback(),
                "must be a loopback address",
            ),
            ("address", self.address.port() != 0, "must have a port"),
            (
                "book",
                below_data,
                "must be a path below the data directory",
            ),
            (
                "timeout_ms",
                (1..=60_000).contains(&self.timeout_ms),
                "must be 1 to 60000",
            ),
            (
                "concurrency",
                (1..=128).contains(&self.concurrency),
                "must be 1 to 128",
            ),
            (
                "breaker.failures",
                self.breaker.failures >= 1,
                "must be at least 1",
            ),
            (
                "breaker.open_ms",
                (1..=3_600_000).contains(&self.breaker.open_ms),
                "must be 1 to 3600000",
            ),
            (
                "events_poll_ms",
                (10..=3_600_000).contains(&self.events_poll_ms),
                "must be 10 to 3600000",
            ),
            (
                "tuning.capture_window_ms",
                (1..=DAYS_400_MS).contains(&self.tuning.capture_window_ms),
                "must be above 0 and at most 400 days",
            ),
            (
                "tuning.late_ms",
                self.tuning.late_ms <= DAYS_400_MS,
                "must be at most 400 days",
            ),
            (
                "tuning.slow_ms",
                self.tuning.slow_ms <= 600_000,
                "must be at most 600000",
            ),
            (
                "faults.delay_ms",
                self.faults.delay_ms <= DAYS_400_MS,
                "must be at most 400 days",
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((key, _, reason)) => Err(GatewayConfigFault { key, reason }),
            None => Ok(()),
        }
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
        ];
        for (text, key) in table {
            let config: GatewayConfig = serde_json::from_str(text).unwrap();
            assert_eq!(
                config.validate().map_err(|fault| fault.key),
                Err(key),
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
