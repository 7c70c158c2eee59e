//! Times and fees of the bank.

use campusg_domain::{money::Cents, time::DAY_MS};
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

/// Times of the bank, and what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct Tuning {
    /// Milliseconds that an authorisation can be captured.
    pub capture_window_ms: u64,
    /// Milliseconds after which a late call is done.
    pub late_ms: u64,
    /// Milliseconds that a slow answer takes.
    pub slow_ms: u64,
    /// Milliseconds after which a bank takes a charge back that it objects to.
    pub chargeback_ms: u64,
    /// Milliseconds after which the bank decides about such a charge.
    pub verdict_ms: u64,
    /// What the bank takes for it, in cents.
    pub chargeback_fee_cents: Cents,
    /// Milliseconds after which a payout comes back that does.
    pub send_back_ms: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            capture_window_ms: 7 * DAY_MS,
            late_ms: 2_000,
            slow_ms: 1_000,
            chargeback_ms: 5_000,
            verdict_ms: 5_000,
            chargeback_fee_cents: Cents(1_500),
            send_back_ms: 5_000,
        }
    }
}
