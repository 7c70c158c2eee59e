//! Limits of failed attempts: one after another, at once, and spread over addresses.

#![allow(clippy::unwrap_used, reason = "a test may end here")]

use super::*;
use std::net::Ipv4Addr;

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const AWAY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
const ANN: &str = "ann@campus.edu";
const WINDOW_MS: u64 = 15 * 60 * 1_000;

fn attempts(failures_per_ip: u32) -> Attempts {
    Attempts::new(&HttpConfig {
        failures_per_ip,
        ..HttpConfig::default()
    })
}

/// An address from which nobody has signed in.
fn elsewhere(n: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(0x0b00_0000 + n))
}

/// Whether an attempt may begin; the attempt itself does not count.
fn may(attempts: &Attempts, account: &str, address: IpAddr, now: Instant) -> Result<(), u64> {
    let begun = attempts.begin(account, address, now);
    begun.map(Attempt::reveals_nothing)
}

fn fail(attempts: &Attempts, account: &str, address: IpAddr, now: Instant) {
    drop(attempts.begin(account, address, now).unwrap());
}

#[test]
fn five_failures_close_one_account_from_one_address() {
    let (attempts, now) = (attempts(50), Instant::now());
    for _ in 0..5 {
        fail(&attempts, "Ann@campus.edu ", HOME, now);
    }
    assert_eq!(may(&attempts, ANN, HOME, now), Err(WINDOW_MS));
    assert_eq!(may(&attempts, ANN, AWAY, now), Ok(()));
    assert_eq!(may(&attempts, "bob@campus.edu", HOME, now), Ok(()));
    let later = now + Duration::from_millis(WINDOW_MS);
    assert_eq!(may(&attempts, ANN, HOME, later), Ok(()));
}

#[test]
fn attempts_at_once_are_no_way_around_the_limit() {
    let (attempts, now) = (attempts(50), Instant::now());
    let mut under_way: Vec<_> = (0..5)
        .map(|_| attempts.begin(ANN, HOME, now).unwrap())
        .collect();
    assert_eq!(may(&attempts, ANN, HOME, now), Err(UNDER_WAY_MS));
    under_way.pop().unwrap().reveals_nothing();
    assert_eq!(may(&attempts, ANN, HOME, now), Ok(()), "given back");
    drop(under_way);
    fail(&attempts, ANN, HOME, now);
    assert_eq!(may(&attempts, ANN, HOME, now), Err(WINDOW_MS));
}

#[test]
fn one_address_can_not_try_every_account() {
    let (attempts, now) = (attempts(8), Instant::now());
    for n in 0..8 {
        fail(&attempts, &format!("user{n}@campus.edu"), HOME, now);
    }
    assert!(may(&attempts, "fresh@campus.edu", HOME, now).is_err());
    assert!(may(&attempts, "fresh@campus.edu", AWAY, now).is_ok());
}

#[test]
fn strangers_lock_an_account_for_strangers_only() {
    let (attempts, now) = (attempts(8), Instant::now());
    attempts.begin(ANN, HOME, now).unwrap().succeeded(now);
    for n in 0..8 {
        fail(&attempts, ANN, elsewhere(n), now);
    }
    assert_eq!(may(&attempts, ANN, elsewhere(8), now), Err(WINDOW_MS));
    assert_eq!(may(&attempts, ANN, HOME, now), Ok(()));
    (0..5).for_each(|_| fail(&attempts, ANN, HOME, now));
    let known = may(&attempts, ANN, HOME, now);
    assert_eq!(known, Err(WINDOW_MS), "its own failures count");
}

#[test]
fn the_last_few_addresses_of_an_account_are_known() {
    let (attempts, now) = (attempts(5), Instant::now());
    for n in 0..6 {
        let address = elsewhere(n);
        attempts.begin(ANN, address, now).unwrap().succeeded(now);
    }
    (10..15).for_each(|n| fail(&attempts, ANN, elsewhere(n), now));
    let known: Vec<u32> = (0..6)
        .filter(|n| may(&attempts, ANN, elsewhere(*n), now).is_ok())
        .collect();
    assert_eq!(known, [2, 3, 4, 5]);
}

#[test]
fn a_sign_in_forgets_the_account_s_failures() {
    let (attempts, now) = (attempts(50), Instant::now());
    (0..4).for_each(|_| fail(&attempts, ANN, HOME, now));
    attempts.begin(ANN, HOME, now).unwrap().succeeded(now);
    (0..4).for_each(|_| fail(&attempts, ANN, HOME, now));
    assert_eq!(may(&attempts, ANN, HOME, now), Ok(()));
}

#[test]
fn what_tells_nothing_counts_for_nothing() {
    let (attempts, now) = (attempts(50), Instant::now());
    for _ in 0..100 {
        may(&attempts, ANN, HOME, now).unwrap();
    }
    assert!(lock(&attempts.counts).is_empty());
}

#[test]
fn a_limit_of_zero_limits_nobody() {
    let config = HttpConfig {
        failures_per_account: 0,
        ..HttpConfig::default()
    };
    let (attempts, now) = (Attempts::new(&config), Instant::now());
    (0..1_000).for_each(|_| fail(&attempts, ANN, HOME, now));
}

#[test]
fn memory_is_bounded() {
    let (mut attempts, start) = (attempts(50), Instant::now());
    attempts.remembered = 100;
    for n in 0..1_000 {
        let now = start + Duration::from_millis(n.into());
        fail(&attempts, &n.to_string(), elsewhere(n), now);
        let begun = attempts.begin(&n.to_string(), elsewhere(n), now);
        begun.unwrap().succeeded(now);
    }
    assert!(lock(&attempts.counts).len() <= 100);
    assert!(lock(&attempts.known).len() <= 100);
}
