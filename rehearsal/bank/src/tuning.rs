//! How long things take at the bank, and its fee.

use campusg_domain::{money::Cents, time::DAY_MS};
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

/// How long things take at the bank, in milliseconds, and its fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct Tuning {
    /// How long an authorisation can be captured.
    pub capture_window_ms: u64,
    /// After how long a call with a `late` card or account is done, or an authorisation is let go of early.
    pub late_ms: u64,
    /// How long a slow card or account takes to answer.
    pub slow_ms: u64,
    /// How long after a charge a bank that objects to it takes it back.
    pub chargeback_ms: u64,
    /// How long after taking a charge back the bank decides about it.
    pub verdict_ms: u64,
    /// Fee that the bank takes for taking a charge back, in cents.
    pub chargeback_fee_cents: Cents,
    /// The least that a card is charged at once, in cents: also what of an authorisation is captured. What is sent back may
    /// be less.
    pub least_charge_cents: Cents,
    /// How long after a payout the account that sends it back does so.
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
            least_charge_cents: Cents(50),
            send_back_ms: 5_000,
        }
    }
}
