//! The settings of a walkthrough's temporary servers: the usual one, and those for what the usual one never lets happen.

use campusg_domain::time::{DAY_MS, HOUR_MS};

/// What a temporary server is started for; decides its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting {
    /// The defaults: no configuration beyond `--demo --virtual-clock`.
    Plain,
    /// The example of `docs/lifecycle.md`: a platform fee of 1.00, paid on delivery; chargebacks and payouts that come back take
    /// an hour.
    Usual,
    /// A dispute window of a day after the delivery, during which the money stays in escrow.
    Window,
    /// Limits of escrow and timers for little more than one order; the escrow refuses the first release.
    Limits,
    /// Authorisations that run out after little more than half a day, and late charges that come after that.
    ShortHolds,
}

impl Setting {
    /// What is special about such a server, as the end of a phrase that begins with "a server".
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Plain => "as it comes",
            Self::Usual => "with a platform fee",
            Self::Window => "with a day to dispute a delivery",
            Self::Limits => "whose escrow is soon full and refuses its first release",
            Self::ShortHolds => "whose gateway keeps an authorisation for 13 hours",
        }
    }

    /// Its configuration, as `key=value` for `--set`.
    #[must_use]
    pub fn keys(self) -> Vec<String> {
        let quick = [
            "gateway.events_poll_ms=20",
            "gateway.breaker.failures=1000000",
            "runtime.placing_wait_ms=500",
        ];
        let fee = "policy.platform_fee_cents=100".to_owned();
        let mut keys: Vec<String> = quick.map(Into::into).into();
        keys.extend(match self {
            Self::Plain => return vec![],
            Self::Usual => [
                "sandbox.tuning.chargeback_ms",
                "sandbox.tuning.verdict_ms",
                "sandbox.tuning.send_back_ms",
            ]
            .map(|key| format!("{key}={HOUR_MS}"))
            .into_iter()
            .chain([fee])
            .collect(),
            Self::Window => vec![fee, format!("policy.dispute_window_ms={DAY_MS}")],
            Self::Limits => vec![
                fee,
                "policy.hold_limit_cents=5000".into(),
                "policy.total_hold_limit_cents=5000".into(),
                "policy.armed_timers=5".into(),
                "runtime.drill_refused_releases=1".into(),
            ],
            Self::ShortHolds => vec![
                fee,
                format!("sandbox.tuning.capture_window_ms={}", 13 * HOUR_MS),
                format!("sandbox.tuning.late_ms={}", 20 * HOUR_MS),
            ],
        });
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_server_has_no_key_of_its_own() {
        assert!(Setting::Plain.keys().is_empty());
        assert!(
            Setting::Usual
                .keys()
                .contains(&"policy.platform_fee_cents=100".to_owned())
        );
    }
}
