//! The book: nothing twice under one key, nothing past what was authorised or captured.

use super::*;
use campusg_sandbox::Fact;
use std::{fs, os::unix::fs::PermissionsExt};

#[test]
fn the_same_key_answers_the_same_and_does_nothing_twice() {
    let bench = Bench::new();
    let life = [
        (authorize("o/a", "tok_visa", 1_000), authorized(1_000, NOW)),
        (capture("o/c", "o/a", 700), captured(700)),
        (refund("o/r", "o/c", 200), refunded(200)),
        (authorize("o/b", "tok_visa", 50), authorized(50, NOW)),
        (void("o/v", "o/b"), Answer::Voided),
    ];
    for (request, answer) in &life {
        assert_eq!(bench.call(request).as_ref(), Ok(answer));
    }
    let sums = bench.totals();
    assert_eq!(
        (sums.captured, sums.refunded, sums.blocked),
        (Cents(700), Cents(200), Cents(0))
    );
    let bench = bench.reopen();
    for (request, answer) in life
        .iter()
        .filter(|(request, _)| request.key != "o/b".into())
    {
        assert_eq!(bench.call(request).as_ref(), Ok(answer), "{}", request.key);
    }
    assert_eq!(bench.totals(), sums);
    assert_eq!(bench.book.lines(0).unwrap().lines.len(), life.len());
}

#[test]
fn a_key_used_for_something_else_is_refused() {
    let bench = Bench::new();
    bench.call(&authorize("a", "tok_visa", 1_000)).unwrap();
    bench.call(&authorize("b", "tok_visa", 1_000)).unwrap();
    bench.call(&capture("c", "a", 700)).unwrap();
    bench.call(&refund("r", "c", 100)).unwrap();
    bench.call(&void("v", "b")).unwrap();
    bench
        .book
        .pay_out(&payout("p", "acct_bank", 10), NOW)
        .unwrap();
    let sums = bench.totals();
    let others = [
        authorize("a", "tok_visa", 1_001),
        void("a", "b"),
        capture("c", "a", 701),
        capture("c", "b", 700),
        refund("r", "c", 101),
        refund("r", "a", 100),
        void("v", "a"),
        authorize("v", "tok_visa", 1_000),
        authorize("p", "tok_visa", 10),
    ];
    for other in others {
        assert_eq!(bench.call(&other), Err(Misuse::KeyReused), "{other:?}");
    }
    let pay = |key, cents| {
        bench
            .book
            .pay_out(&payout(key, "acct_bank", cents), NOW)
            .unwrap()
            .outcome
    };
    assert_eq!(pay("p", 11), Err(Misuse::KeyReused));
    assert_eq!(pay("a", 1_000), Err(Misuse::KeyReused));
    assert_eq!(bench.totals(), sums);
}

#[test]
fn a_new_card_under_an_old_key_is_the_old_call() {
    let bench = Bench::new();
    assert_eq!(
        bench.call(&authorize("a", "tok_visa", 500)),
        Ok(authorized(500, NOW))
    );
    assert_eq!(
        bench.call(&authorize("a", "tok_declined", 500)),
        Ok(authorized(500, NOW))
    );
}

#[test]
fn an_authorization_is_captured_once_and_within_its_amount() {
    let bench = Bench::new();
    bench.call(&authorize("a", "tok_visa", 1_000)).unwrap();
    assert_eq!(
        bench.call(&capture("c0", "a", 1_001)),
        Err(Misuse::ExceedsAuthorized)
    );
    assert_eq!(bench.call(&capture("c1", "a", 600)), Ok(captured(600)));
    assert_eq!(
        bench.call(&capture("c2", "a", 100)),
        Err(Misuse::AlreadyCaptured)
    );
    assert_eq!(
        bench.call(&capture("c3", "nobody", 100)),
        Err(Misuse::UnknownAuthorization)
    );
    assert_eq!(
        bench.call(&capture("c4", "c1", 100)),
        Err(Misuse::UnknownAuthorization)
    );
    bench.call(&authorize("d", "tok_declined", 1_000)).unwrap();
    assert_eq!(
        bench.call(&capture("c5", "d", 100)),
        Err(Misuse::NotAuthorized)
    );
    assert_eq!(
        bench.totals(),
        Totals {
            captured: Cents(600),
            ..Totals::default()
        }
    );
}

#[test]
fn refunds_stay_within_their_capture() {
    let bench = Bench::new();
    bench.call(&authorize("a", "tok_visa", 1_000)).unwrap();
    bench.call(&capture("c", "a", 600)).unwrap();
    assert_eq!(bench.call(&refund("r1", "c", 400)), Ok(refunded(400)));
    assert_eq!(
        bench.call(&refund("r2", "c", 201)),
        Err(Misuse::ExceedsCaptured)
    );
    let bench = bench.reopen();
    assert_eq!(
        bench.call(&refund("r3", "c", 201)),
        Err(Misuse::ExceedsCaptured)
    );
    assert_eq!(bench.call(&refund("r4", "c", 200)), Ok(refunded(200)));
    assert_eq!(
        bench.call(&refund("r5", "c", 1)),
        Err(Misuse::ExceedsCaptured)
    );
    assert_eq!(
        bench.call(&refund("r6", "a", 1)),
        Err(Misuse::UnknownCapture)
    );
    assert_eq!(bench.totals().refunded, Cents(600));
}

#[test]
fn a_void_before_its_authorization_keeps_it_from_ever_blocking_money() {
    let bench = Bench::new();
    assert_eq!(bench.call(&void("v", "a")), Ok(Answer::Voided));
    let bench = bench.reopen();
    assert_eq!(
        bench.call(&authorize("a", "tok_visa", 1_000)),
        Ok(declined(Decline::Expired))
    );
    assert_eq!(
        bench.call(&capture("c", "a", 1_000)),
        Ok(declined(Decline::Expired))
    );
    assert_eq!(bench.call(&void("v2", "a")), Ok(Answer::Voided));
    assert_eq!(bench.totals(), Totals::default());
}

#[test]
fn a_void_lets_go_whatever_the_authorization_is_waiting_for() {
    for token in [
        "tok_visa",
        "tok_late",
        "tok_action_required",
        "tok_timeout_then_succeeds",
    ] {
        let mut bench = Bench::new();
        bench.call(&authorize("a", token, 1_000)).unwrap();
        assert_eq!(bench.call(&void("v", "a")), Ok(Answer::Voided), "{token}");
        bench.now = bench.now.plus(TUNING.late_ms + TUNING.capture_window_ms);
        assert_eq!(
            bench.call(&authorize("a", token, 1_000)),
            Ok(declined(Decline::Expired)),
            "{token}"
        );
        let confirmed = bench
            .book
            .confirm(&"a".into(), true, bench.now)
            .unwrap()
            .outcome;
        assert_eq!(confirmed, Err(Misuse::NothingToConfirm), "{token}");
        assert_eq!(bench.totals(), Totals::default(), "{token}");
        assert_eq!(
            bench.book.events(Default::default(), 9, bench.now).unwrap(),
            [],
            "{token}"
        );
    }
}

#[test]
fn a_void_gives_no_captured_money_back_but_tells_of_it() {
    let bench = Bench::new();
    bench.call(&authorize("a", "tok_visa", 1_000)).unwrap();
    bench.call(&capture("c", "a", 600)).unwrap();
    assert_eq!(bench.call(&void("v", "a")), Ok(captured(600)));
    bench.call(&refund("r", "c", 600)).unwrap();
    let bench = bench.reopen();
    assert_eq!(bench.call(&void("v", "a")), Ok(captured(600)), "as before");
    assert_eq!(bench.call(&void("v2", "a")), Ok(captured(600)));
    assert_eq!(bench.call(&capture("c", "a", 600)), Ok(captured(600)));
    assert_eq!(
        bench.totals(),
        Totals {
            captured: Cents(600),
            refunded: Cents(600),
            ..Totals::default()
        }
    );
}

#[test]
fn a_void_of_what_is_being_captured_has_no_answer_until_that_is_decided() {
    let mut bench = Bench::new();
    bench
        .call(&authorize("a", "tok_capture_late", 1_000))
        .unwrap();
    bench.call(&capture("c", "a", 600)).unwrap();
    let lines = bench.book.lines(0).unwrap().lines.len();
    for _ in 0..2 {
        assert_eq!(bench.call(&void("v", "a")), Ok(Answer::Unavailable));
    }
    let bench_lines = bench.book.lines(0).unwrap().lines.len();
    assert_eq!(lines, bench_lines, "nothing was done for it");
    bench.now = bench.now.plus(TUNING.late_ms);
    assert_eq!(bench.call(&void("v", "a")), Ok(captured(600)));
    let sums = bench.totals();
    assert_eq!((sums.captured, sums.blocked), (Cents(600), Cents::ZERO));
}

#[test]
fn a_capture_that_comes_after_its_void_takes_nothing() {
    for token in ["tok_visa", "tok_capture_late", "tok_timeout_then_succeeds"] {
        let mut bench = Bench::new();
        bench.call(&authorize("a", token, 1_000)).unwrap();
        assert_eq!(bench.call(&void("v", "a")), Ok(Answer::Voided));
        let gone = Ok(declined(Decline::Expired));
        let lost = token == "tok_timeout_then_succeeds";
        let first = if lost {
            Ok(Answer::Unavailable)
        } else {
            gone.clone()
        };
        assert_eq!(bench.call(&capture("c", "a", 600)), first, "{token}");
        bench.now = bench.now.plus(TUNING.late_ms);
        assert_eq!(bench.call(&capture("c", "a", 600)), gone, "{token}");
        assert_eq!(bench.totals(), Totals::default(), "{token}");
    }
}

#[test]
fn a_charge_can_be_voided_before_it_comes_and_is_told_of_after() {
    let bench = Bench::new();
    assert_eq!(bench.call(&void("v1", "t1")), Ok(Answer::Voided));
    let gone = Ok(declined(Decline::Expired));
    assert_eq!(bench.call(&charge("t1", "tok_visa", 300)), gone);
    let lost = charge("t2", "tok_timeout_then_succeeds", 300);
    assert_eq!(bench.call(&lost), Ok(Answer::Unavailable));
    assert_eq!(bench.call(&void("v2", "t2")), Ok(captured(300)));
    bench.call(&charge("t3", "tok_declined", 300)).unwrap();
    assert_eq!(bench.call(&void("v3", "t3")), Ok(Answer::Voided));
    let bench = bench.reopen();
    assert_eq!(bench.call(&charge("t1", "tok_visa", 300)), gone);
    assert_eq!(bench.call(&void("v2", "t2")), Ok(captured(300)));
    assert_eq!(bench.totals().captured, Cents(300));
    assert_eq!(
        bench.call(&void("v4", "v1")),
        Err(Misuse::UnknownAuthorization)
    );
}

#[test]
fn a_charge_can_be_refunded_as_far_as_it_went() {
    let bench = Bench::new();
    bench.call(&charge("t", "tok_visa", 300)).unwrap();
    assert_eq!(bench.call(&refund("r1", "t", 200)), Ok(refunded(200)));
    let bench = bench.reopen();
    assert_eq!(
        bench.call(&refund("r2", "t", 101)),
        Err(Misuse::ExceedsCaptured)
    );
    assert_eq!(bench.call(&refund("r3", "t", 100)), Ok(refunded(100)));
    bench.call(&charge("d", "tok_declined", 300)).unwrap();
    assert_eq!(
        bench.call(&refund("r4", "d", 1)),
        Err(Misuse::UnknownCapture)
    );
    assert_eq!(bench.totals().cash(), Cents::ZERO);
}

#[test]
fn a_bank_takes_back_what_a_charge_has_left() {
    let mut bench = Bench::new();
    bench.call(&charge("t", "tok_chargeback", 300)).unwrap();
    bench.call(&refund("r", "t", 100)).unwrap();
    bench.now = bench.now.plus(TUNING.chargeback_ms);
    assert_eq!(bench.totals().taken_back, Cents(200));
    let no = Ok(declined(Decline::Declined));
    assert_eq!(bench.call(&refund("r2", "t", 100)), no, "back already");
}

#[test]
fn malformed_calls_are_refused_and_leave_nothing() {
    let bench = Bench::new();
    let long = "k".repeat(201);
    let table = [
        (authorize("", "tok_visa", 1), Misuse::MalformedKey),
        (authorize(&long, "tok_visa", 1), Misuse::MalformedKey),
        (authorize("a\n", "tok_visa", 1), Misuse::MalformedKey),
        (authorize("a", "tok visa", 1), Misuse::MalformedKey),
        (void("v", "\""), Misuse::MalformedKey),
        (authorize("a", "tok_visa", 0), Misuse::AmountOutOfRange),
        (authorize("a", "tok_visa", -1), Misuse::AmountOutOfRange),
        (authorize("a", "tok_visa", 49), Misuse::BelowLeastCharge),
        (charge("a", "tok_visa", 49), Misuse::BelowLeastCharge),
        (
            authorize("a", "tok_visa", i64::MAX),
            Misuse::AmountOutOfRange,
        ),
    ];
    for (request, misuse) in table {
        assert_eq!(bench.call(&request), Err(misuse), "{request:?}");
    }
    assert_eq!(bench.book.lines(0).unwrap().lines, []);
}

#[test]
fn totals_add_up_per_stream_and_over_all() {
    let bench = Bench::new();
    for (stream, cents) in [("order:1", 1_000), ("order:2", 2_000), ("order:22", 4_000)] {
        let key = |purpose: &str| format!("{stream}/{purpose}");
        bench
            .call(&authorize(&key("a"), "tok_visa", cents))
            .unwrap();
        bench
            .call(&authorize(&key("open"), "tok_visa", 50))
            .unwrap();
        bench
            .call(&capture(&key("c"), &key("a"), cents / 2))
            .unwrap();
        bench
            .call(&refund(&key("r"), &key("c"), cents / 4))
            .unwrap();
    }
    bench
        .book
        .pay_out(&payout("wallet:9/payout/1", "acct_bank", 300), NOW)
        .unwrap();
    let of = |stream| bench.book.totals(Some(stream), NOW).unwrap();
    let expected = |captured, refunded, paid_out, open: i64| Totals {
        captured: Cents(captured),
        refunded: Cents(refunded),
        paid_out: Cents(paid_out),
        blocked: Cents(50 * open),
        open_authorizations: u64::try_from(open).unwrap(),
        ..Totals::default()
    };
    assert_eq!(of("order:1"), expected(500, 250, 0, 1));
    assert_eq!(of("order:2"), expected(1_000, 500, 0, 1));
    assert_eq!(of("wallet:9"), expected(0, 0, 300, 0));
    assert_eq!(of("order:3"), Totals::default());
    assert_eq!(bench.totals(), expected(3_500, 1_750, 300, 3));
    assert_eq!(bench.reopen().totals(), expected(3_500, 1_750, 300, 3));
}

#[test]
fn concurrent_tries_of_one_key_are_one_call_and_all_lines_are_there() {
    let bench = Bench::new();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let bench = &bench;
            scope.spawn(move || {
                for n in 0..50 {
                    let (shared, own) = (format!("shared/{n}"), format!("own/{thread}/{n}"));
                    bench.call(&authorize(&shared, "tok_visa", 100)).unwrap();
                    bench.call(&authorize(&own, "tok_visa", 50)).unwrap();
                }
            });
        }
    });
    let sums = bench.totals();
    assert_eq!(sums.blocked, Cents(50 * 100 + 8 * 50 * 50));
    let bench = bench.reopen();
    assert_eq!(bench.totals(), sums);
    let (mut place, mut keys) = (0, Vec::new());
    loop {
        let page = bench.book.lines(place).unwrap();
        if page.lines.is_empty() {
            break;
        }
        place = page.next;
        keys.extend(page.lines.into_iter().map(|line| match line.fact {
            Fact::Called { key, .. } => key,
            other => panic!("{other:?}"),
        }));
    }
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!((count, keys.len()), (450, 450));
}

#[test]
fn v11_the_book_is_its_owners_alone_also_if_it_was_there() {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("new").join("gateway");
    let path = folder.join("book.jsonl");
    drop(Book::open(&path, TUNING).unwrap());
    assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    drop(Book::open(&path, TUNING).unwrap());
    assert_eq!(mode(&path), 0o600);
}
