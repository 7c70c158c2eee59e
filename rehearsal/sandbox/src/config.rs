//! The sandbox gateway's section of the configuration.
//!
//! Must not: read a file or the environment; the binary fills it.

use std::net::SocketAddr;
use std::path::{Component, PathBuf};

use campusg_domain::{
    money::Cents,
    settings::{BrokenRule, Rules},
};
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use super::feed::Faults;
use campusg_bank::Tuning;

/// The sandbox gateway's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct SandboxConfig {
    /// Loopback address of a sandbox gateway that runs as a process of its own. Unset: it runs inside the server.
    pub address: Option<SocketAddr>,
    /// File of the sandbox gateway's book, relative to the data directory.
    pub book: PathBuf,
    /// Start although the book lacks calls that were answered, as the journal says: only play money is lost with them.
    pub book_may_be_lost: bool,
    /// Loopback address of a server to which `campusg sandbox-gateway` sends its events. Unset: they are not sent.
    /// Needs `gateway.signing_secret`, since messages are signed.
    pub push_to: Option<SocketAddr>,
    /// How long things take at the sandbox's bank, and its fee.
    pub tuning: Tuning,
    /// What goes wrong with the sandbox gateway's events.
    pub faults: Faults,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            address: None,
            book: PathBuf::from("gateway/book.jsonl"),
            book_may_be_lost: false,
            push_to: None,
            tuning: Tuning::default(),
            faults: Faults::default(),
        }
    }
}

const SPAN: &str = "must be at most 400 days";
/// Longest span that any of the bank's times may have.
const DAYS_400_MS: u64 = 400 * campusg_domain::time::DAY_MS;

impl SandboxConfig {
    /// Checks all settings.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), BrokenRule> {
        const LOOPBACK: &str = "must be a loopback address with a port";
        let below_data = !self.book.as_os_str().is_empty()
            && self
                .book
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
        let is_loopback =
            |to: Option<SocketAddr>| to.is_none_or(|to| to.ip().is_loopback() && to.port() != 0);
        Rules::new()
            .table("tuning", tuning_rules(&self.tuning))
            .must("address", is_loopback(self.address), LOOPBACK)
            .must(
                "book",
                below_data,
                "must be a path below the data directory",
            )
            .must("push_to", is_loopback(self.push_to), LOOPBACK)
            .must("faults.delay_ms", self.faults.delay_ms <= DAYS_400_MS, SPAN)
            .check()
    }
}

/// Checks the bank's times.
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
    let least = tuning.least_charge_cents.0;
    let rules = rules.from_to("least_charge_cents", least, 0, Cents::MAX_INPUT.0);
    span(rules, "send_back_ms", tuning.send_back_ms).check()
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
                Err(key.to_owned()),
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
