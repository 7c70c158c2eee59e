//! How the servers of a whole walkthrough are set: the usual way, and for what the usual way never lets happen.

use campusg_domain::time::{DAY_MS, HOUR_MS};

/// What a server of one's own is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting {
    /// Nothing but what a walkthrough needs to be quick.
    Plain,
    /// The figures of `docs/lifecycle.md`: a platform fee of 1.00, released on delivery.
    Usual,
    /// Deliveries can be disputed for a day before the money moves.
    Window,
    /// Escrow and timers for little more than one order; the first release is refused.
    Limits,
    /// Authorisations that the bank keeps for little more than half a day, and charges that it answers later than that.
    ShortHolds,
}

impl Setting {
    /// What is special about such a server, to go on after "a server".
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

    /// The keys of its configuration.
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
