//! Limits of attempts: one after another, at once, spread over addresses and accounts, and by known devices.

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
    let begun = attempts.sign_in(account, address, None, now);
    begun.map(Attempt::reveals_nothing)
}

fn fail(attempts: &Attempts, account: &str, address: IpAddr, now: Instant) {
    drop(attempts.sign_in(account, address, None, now).unwrap());
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
        .map(|_| attempts.sign_in(ANN, HOME, None, now).unwrap())
        .collect();
    assert_eq!(may(&attempts, ANN, HOME, now), Err(UNDER_WAY_MS));
    under_way.pop().unwrap().reveals_nothing();
    assert_eq!(may(&attempts, ANN, HOME, now), Ok(()), "given back");
    drop(under_way);
    fail(&attempts, ANN, HOME, now);
    assert_eq!(may(&attempts, ANN, HOME, now), Err(WINDOW_MS));
}

/// Fails as often as an address may before it is slowed, each time at another account.
fn attack(attempts: &Attempts, most: u32, now: Instant) {
    for n in 0..most {
        fail(attempts, &format!("user{n}@campus.edu"), HOME, now);
    }
}

#[test]
fn c1_v6_an_address_from_which_many_fail_is_slowed_and_never_closed() {
    let (attempts, now) = (attempts(50), Instant::now());
    attack(&attempts, 50, now);
    let begun = |account| attempts.sign_in(account, HOME, None, now).unwrap();
    let waits = ["ann@campus.edu", "bob@campus.edu", "cem@campus.edu"].map(|account| {
        let attempt = begun(account);
        let wait = attempt.wait;
        attempt.signed_in(now);
        wait
    });
    assert_eq!(waits, [SLOW, 2 * SLOW, 3 * SLOW]);
    let away = attempts.sign_in(ANN, AWAY, None, now).unwrap();
    assert_eq!(away.wait, Duration::ZERO, "others are not concerned");
}

#[test]
fn c1_only_so_many_wait_for_their_turn() {
    let (attempts, now) = (attempts(50), Instant::now());
    attack(&attempts, 50, now);
    let mut waiting = vec![];
    let refused = loop {
        match attempts.sign_in(&waiting.len().to_string(), HOME, None, now) {
            Ok(attempt) => waiting.push(attempt),
            Err(wait_ms) => break wait_ms,
        }
    };
    assert_eq!(waiting.len(), 100);
    assert!(
        refused <= 1_000,
        "and soon there is a turn again: {refused}"
    );
    let later = now + Duration::from_secs(1);
    assert!(attempts.sign_in(ANN, HOME, None, later).is_ok());
}

#[test]
fn c1_a_known_address_takes_no_turn_during_an_attack() {
    let (attempts, now) = (attempts(50), Instant::now());
    attempts
        .sign_in(ANN, HOME, None, now)
        .unwrap()
        .signed_in(now);
    attack(&attempts, 50, now);
    let _all_turns: Vec<_> = (0..100)
        .map(|n| attempts.sign_in(&format!("x{n}"), HOME, None, now))
        .collect();
    assert!(attempts.sign_in("bob@campus.edu", HOME, None, now).is_err());
    let known = attempts.sign_in(ANN, HOME, None, now).unwrap();
    assert_eq!(known.wait, Duration::ZERO);
}

#[test]
fn c1_a_known_device_gets_in_though_its_address_failed_at_the_account() {
    let (attempts, now) = (attempts(8), Instant::now());
    (0..5).for_each(|_| fail(&attempts, ANN, HOME, now));
    (0..3).for_each(|n| fail(&attempts, ANN, elsewhere(n), now));
    for address in [HOME, AWAY] {
        assert_eq!(may(&attempts, ANN, address, now), Err(WINDOW_MS));
    }
    let by = |device| attempts.sign_in(ANN, HOME, Some(device), now);
    by("telephone").unwrap().reveals_nothing();
    (0..5).for_each(|_| drop(by("telephone").unwrap()));
    assert_eq!(by("telephone").unwrap_err(), WINDOW_MS, "its own failures");
    assert!(by("laptop").is_ok());
}

#[test]
fn c1_many_at_once_take_turns_though_none_has_failed() {
    let (attempts, now) = (attempts(50), Instant::now());
    let waits: Vec<_> = (0..40)
        .map(|n| attempts.sign_in(&n.to_string(), HOME, None, now).unwrap())
        .collect();
    assert!(waits[..32].iter().all(|attempt| attempt.wait.is_zero()));
    assert_eq!(waits[39].wait, 8 * QUICK);
}

#[test]
fn v7_registrations_count_for_their_address_though_they_succeed() {
    let config = HttpConfig {
        registrations_per_ip: 3,
        failure_window_ms: 30_000,
        ..HttpConfig::default()
    };
    let (attempts, now) = (Attempts::new(&config), Instant::now());
    let register = |address, now| {
        let begun = attempts.registration("new@campus.edu", address, now);
        begun.map(|attempt| attempt.registered(now))
    };
    (0..3).for_each(|_| register(HOME, now).unwrap());
    assert_eq!(
        register(HOME, now),
        Err(6_000),
        "10 s later, of which it may wait 4"
    );
    assert_eq!(register(AWAY, now), Ok(()));
    assert_eq!(may(&attempts, ANN, HOME, now), Ok(()), "sign-ins are apart");
    let later = now + Duration::from_secs(30);
    assert_eq!(register(HOME, later), Ok(()));
}

#[test]
fn f30_a_limit_of_n_lets_n_through() {
    for most in 1..10 {
        let config = HttpConfig {
            registrations_per_ip: most,
            failures_per_account: most,
            failures_per_ip: most,
            ..HttpConfig::default()
        };
        let (begun, at_once) = (Attempts::new(&config), Attempts::new(&config));
        let now = Instant::now();
        let register = |attempts| Attempts::registration(attempts, "new@campus.edu", HOME, now);
        let one_by_one = (0..20).filter_map(|_| register(&begun).ok());
        assert_eq!(one_by_one.map(drop).count(), most as usize);
        let kept: Vec<_> = (0..20).filter_map(|_| register(&at_once).ok()).collect();
        assert_eq!(kept.len(), most as usize, "at once");
        let fail = |(account, address)| begun.sign_in(account, address, None, now);
        let at_home = (0..20).filter_map(|_| fail((ANN, HOME)).ok());
        assert_eq!(at_home.map(drop).count(), most as usize);
        let from_all_over = (0..20).filter_map(|n| fail(("bob@campus.edu", elsewhere(n))).ok());
        assert_eq!(from_all_over.map(drop).count(), most as usize);
        let accounts: Vec<String> = (0..most + 1).map(|n| n.to_string()).collect();
        let waits = accounts.iter().map(|account| {
            let begun = fail((account, AWAY)).unwrap();
            begun.wait
        });
        let without = waits.filter(Duration::is_zero).count();
        assert_eq!(without, most as usize, "the next takes turns");
    }
}

#[test]
fn f30_a_registration_that_made_nothing_gives_its_place_back() {
    let config = HttpConfig {
        registrations_per_ip: 1,
        ..HttpConfig::default()
    };
    let (attempts, now) = (Attempts::new(&config), Instant::now());
    let register = || attempts.registration("new@campus.edu", HOME, now);
    register().unwrap().reveals_nothing();
    register().unwrap().registered(now);
    assert!(register().is_err());
}

#[test]
fn v7_registrations_at_once_take_turns() {
    let (attempts, now) = (attempts(50), Instant::now());
    let begun: Vec<_> = (0..100)
        .map_while(|_| attempts.registration("new@campus.edu", HOME, now).ok())
        .collect();
    assert!(begun[..8].iter().all(|attempt| attempt.wait.is_zero()));
    assert_eq!(begun.len(), 88, "8, and those whose turn comes within 4 s");
}

#[test]
fn strangers_lock_an_account_for_strangers_only() {
    let (attempts, now) = (attempts(8), Instant::now());
    attempts
        .sign_in(ANN, HOME, None, now)
        .unwrap()
        .signed_in(now);
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
        attempts
            .sign_in(ANN, address, None, now)
            .unwrap()
            .signed_in(now);
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
    attempts
        .sign_in(ANN, HOME, None, now)
        .unwrap()
        .signed_in(now);
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
        let begun = attempts.sign_in(&n.to_string(), elsewhere(n), None, now);
        begun.unwrap().signed_in(now);
    }
    assert!(lock(&attempts.counts).len() <= 100);
    assert!(lock(&attempts.known).len() <= 100);
}
