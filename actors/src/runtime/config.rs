//! The section `runtime` of the configuration.

use campusg_domain::settings::{BrokenRule, Rules};
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

/// Limits on what is under way, and lifetimes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct RuntimeConfig {
    /// Commands under way for one order, waiting and running.
    pub in_flight_per_order: usize,
    /// Commands under way in all.
    pub in_flight: u32,
    /// Longest wait for an order's answer, in milliseconds.
    pub answer_within_ms: u64,
    /// How long placing waits for the order to be available, in milliseconds.
    pub placing_wait_ms: u64,
    /// How long a live order stays in memory without a command, in milliseconds.
    pub idle_ms: u64,
    /// How long an ended order stays in memory without a command, in milliseconds.
    pub idle_ended_ms: u64,
    /// How long a session lasts, in milliseconds.
    pub session_ms: u64,
    /// Records written and not folded above which commands are refused.
    pub lag_limit: u64,
    /// How often the public ledger proof is renewed, in milliseconds.
    pub proof_every_ms: u64,
    /// How many releases the escrow refuses after each start, as a drill for operators; 0 in production.
    pub drill_refused_releases: u32,
    /// How often photos that serve no order are looked for and deleted, in milliseconds.
    pub photo_sweep_ms: u64,
    /// How long an uploaded photo may wait for an order to refer to it, in milliseconds.
    pub photo_keep_ms: u64,
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self {
            in_flight_per_order: 32,
            in_flight: 4_096,
            answer_within_ms: 10_000,
            placing_wait_ms: 2_000,
            idle_ms: 60_000,
            idle_ended_ms: 5_000,
            session_ms: 12 * 3_600_000,
            lag_limit: 50_000,
            proof_every_ms: 3_600_000,
            drill_refused_releases: 0,
            photo_sweep_ms: 3_600_000,
            photo_keep_ms: 24 * 3_600_000,
        }
    }
}

impl RuntimeConfig {
    /// Checks that every value is in its range.
    ///
    /// # Errors
    /// The first key that breaks a rule.
    pub fn validate(&self) -> Result<(), BrokenRule> {
        Rules::new()
            .from_to("in_flight_per_order", self.in_flight_per_order, 1, 10_000)
            .from_to("in_flight", self.in_flight, 1, 1_000_000)
            .span("answer_within_ms", self.answer_within_ms, 100)
            .at_most_key(
                "placing_wait_ms",
                self.placing_wait_ms,
                ("answer_within_ms", self.answer_within_ms),
            )
            .span("idle_ms", self.idle_ms, 1)
            .span("idle_ended_ms", self.idle_ended_ms, 1)
            .span("session_ms", self.session_ms, 60_000)
            .from_to("lag_limit", self.lag_limit, 1, 1_000_000_000)
            .span("proof_every_ms", self.proof_every_ms, 0)
            .span("photo_sweep_ms", self.photo_sweep_ms, 60_000)
            .span("photo_keep_ms", self.photo_keep_ms, 3_600_000)
            .check()
    }
}
