//! The policy: its defaults are those of the lifecycle, and a value that cannot be is named by its key.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    policy::Policy,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
};

#[test]
fn the_defaults_are_those_of_the_lifecycle() {
    let policy = Policy::default();
    policy.validate().unwrap();
    assert_eq!(policy.proposal_expiry_ms, 5 * MINUTE_MS);
    assert_eq!(policy.cancel_wait_ms, 2 * MINUTE_MS);
    assert_eq!(policy.no_show_wait_ms, 7 * MINUTE_MS);
    assert_eq!(
        (policy.contact_attempts, policy.contact_gap_ms),
        (2, 2 * MINUTE_MS)
    );
    assert_eq!(
        (policy.dispute_alarm_ms, policy.dispute_sla_ms),
        (48 * HOUR_MS, 14 * DAY_MS)
    );
    assert_eq!(
        (policy.case_window_ms, policy.tip_window_ms),
        (7 * DAY_MS, 7 * DAY_MS)
    );
    assert_eq!(
        (
            policy.message_window_ms,
            policy.dispute_window_ms,
            policy.wrong_pin_window_ms
        ),
        (DAY_MS, 0, DAY_MS)
    );
}

/// What breaks a policy.
type Change = fn(&mut Policy);

#[test]
fn a_value_that_cannot_be_is_named() {
    let wrong: [(&str, Change); 14] = [
        ("pin_tries", |policy| policy.pin_tries = 0),
        ("order_timeout_ms", |policy| policy.order_timeout_ms = 0),
        ("order_timeout_ms", |policy| {
            policy.order_timeout_ms = u64::MAX
        }),
        ("dispute_window_ms", |policy| {
            policy.dispute_window_ms = 367 * DAY_MS;
        }),
        ("wrong_pin_window_ms", |policy| {
            policy.wrong_pin_window_ms = 0
        }),
        ("wrong_pin_window_ms", |policy| {
            policy.wrong_pin_window_ms = 367 * DAY_MS;
        }),
        ("proposal_expiry_ms", |policy| policy.proposal_expiry_ms = 0),
        ("cancel_wait_ms", |policy| policy.cancel_wait_ms = 0),
        ("no_show_wait_ms", |policy| policy.no_show_wait_ms = 0),
        ("contact_attempts", |policy| policy.contact_attempts = 0),
        ("messages_per_order", |policy| {
            policy.messages_per_order = 301
        }),
        ("dispute_alarm_ms", |policy| {
            policy.dispute_alarm_ms = policy.dispute_sla_ms
        }),
        ("utc_offset_minutes", |policy| {
            policy.utc_offset_minutes = 841
        }),
        ("utc_offset_minutes", |policy| {
            policy.utc_offset_minutes = -721
        }),
    ];
    for (key, change) in wrong {
        let mut policy = Policy::default();
        change(&mut policy);
        assert_eq!(policy.validate().unwrap_err().key, key);
    }
}
