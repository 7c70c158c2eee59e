//! The sandbox's section of the configuration.
//!
//! Must not: read a file or the environment; it is filled from outside.

use std::net::SocketAddr;
use std::path::{Component, PathBuf};

use campusg_domain::money::Cents;
use serde::{Deserialize, Serialize};

use super::book::Tuning;
use super::feed::Faults;

/// The sandbox's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SandboxConfig {
    /// Where it runs as a process of its own, loopback only. Unset: it runs inside the server.
    pub address: Option<SocketAddr>,
    /// Its book, below the data directory.
    pub book: PathBuf,
    /// Where `campusg sandbox-gateway` sends its events: address and port of a server, loopback only. Unset: nowhere.
    /// Needs `gateway.signing_secret`: messages are signed.
    pub push_to: Option<SocketAddr>,
    /// Times of the sandbox gateway.
    pub tuning: Tuning,
    /// What goes wrong with the sandbox gateway's events.
    pub faults: Faults,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            address: None,
            book: PathBuf::from("gateway/book.jsonl"),
            push_to: None,
            tuning: Tuning::default(),
            faults: Faults::default(),
        }
    }
}

/// Longest span of the sandbox gateway.
const DAYS_400_MS: u64 = 400 * campusg_domain::time::DAY_MS;

/// A setting that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {reason}")]
pub struct SandboxConfigFault {
    /// Which, as `tuning.late_ms`, within the sandbox's section.
    pub key: &'static str,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl SandboxConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// One that cannot be used.
    pub fn validate(&self) -> Result<(), SandboxConfigFault> {
        const LOOPBACK: &str = "must be a loopback address with a port";
        let below_data = !self.book.as_os_str().is_empty()
            && self
                .book
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
        let is_loopback =
            |to: Option<SocketAddr>| to.is_none_or(|to| to.ip().is_loopback() && to.port() != 0);
        let rules = [
            ("address", is_loopback(self.address), LOOPBACK),
            (
                "book",
                below_data,
                "must be a path below the data directory",
            ),
            ("push_to", is_loopback(self.push_to), LOOPBACK),
            (
                "faults.delay_ms",
                self.faults.delay_ms <= DAYS_400_MS,
                "must be at most 400 days",
            ),
        ];
        let tuning = tuning_rules(&self.tuning);
        match tuning.into_iter().chain(rules).find(|(_, holds, _)| !holds) {
            Some((key, _, reason)) => Err(SandboxConfigFault { key, reason }),
            None => Ok(()),
        }
    }
}

/// The rules of the times of the sandbox gateway: key, whether it holds, what it asks for.
fn tuning_rules(tuning: &Tuning) -> [(&'static str, bool, &'static str); 7] {
    const SPAN: &str = "must be at most 400 days";
    let spans = |ms: u64| ms <= DAYS_400_MS;
    let fee = (Cents::ZERO..=Cents::MAX_INPUT).contains(&tuning.chargeback_fee_cents);
    [
        (
            "tuning.capture_window_ms",
            (1..=DAYS_400_MS).contains(&tuning.capture_window_ms),
            "must be above 0 and at most 400 days",
        ),
        ("tuning.late_ms", spans(tuning.late_ms), SPAN),
        (
            "tuning.slow_ms",
            tuning.slow_ms <= 600_000,
            "must be at most 600000",
        ),
        ("tuning.chargeback_ms", spans(tuning.chargeback_ms), SPAN),
        ("tuning.verdict_ms", spans(tuning.verdict_ms), SPAN),
        (
            "tuning.chargeback_fee_cents",
            fee,
            "must be from 0 to 1000000000000",
        ),
        ("tuning.send_back_ms", spans(tuning.send_back_ms), SPAN),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_valid_and_an_empty_section_is_the_default() {
        let empty: SandboxConfig = serde_json::from_str("{}").unwrap();
        assert_eq!(empty, SandboxConfig::default());
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
            let config: SandboxConfig = serde_json::from_str(text).unwrap();
            assert_eq!(
                config.validate().map_err(|fault| fault.key),
                Err(key),
                "{text}"
            );
        }
        for text in [
            r#"{"adress":"127.0.0.1:1"}"#,
            r#"{"faults":{"drop":true}}"#,
            r#"{"push_to":"nobody"}"#,
        ] {
            assert!(
                serde_json::from_str::<SandboxConfig>(text).is_err(),
                "{text}"
            );
        }
    }
}
