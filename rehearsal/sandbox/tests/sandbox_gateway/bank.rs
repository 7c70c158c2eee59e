//! What banks do of their own accord: take charges back, let authorisations go, decide payouts late and send them back.

use super::*;
use campusg_domain::{
    gateway::{Chargeback, News, PayoutAnswer, Standing},
    owner::wallet::ChargebackStage,
};

fn told(bench: &Bench) -> Vec<(String, News)> {
    let events = bench.book.events(0, 99, bench.now).unwrap();
    let told = |(_, event): (At, campusg_domain::gateway::GatewayEvent)| {
        (event.key.to_string(), event.news)
    };
    events.into_iter().map(told).collect()
}

fn stands(bench: &Bench, key: &str) -> Standing {
    let standing = bench.book.look_up(&key.into(), bench.now).unwrap();
    standing.expect("the call is known")
}

fn taken_back(key: &str, cents: i64, stage: ChargebackStage) -> Chargeback {
    Chargeback {
        id: format!("{key}/chargeback"),
        cents: Cents(cents),
        fee: TUNING.chargeback_fee_cents,
        stage,
    }
}

fn told_of(key: &str, cents: i64, stage: ChargebackStage) -> (String, News) {
    let chargeback = taken_back(key, cents, stage);
    (key.to_owned(), News::Chargeback(chargeback))
}

fn cash(bench: &Bench) -> Cents {
    bench.totals().cash()
}

/// 500 authorised and 400 of it captured with this card.
fn captured_with(token: &str) -> Bench {
    let bench = Bench::new();
    bench.call(&authorize("a", token, 500)).unwrap();
    assert_eq!(bench.call(&capture("c", "a", 400)), Ok(captured(400)));
    bench
}

#[test]
fn a_charge_is_taken_back_some_time_after_its_capture_and_then_decided() {
    use ChargebackStage::{Lost, Open, Won};
    for (token, verdict, left) in [
        ("tok_chargeback", None, -150),
        ("tok_chargeback_won", Some(Won), 250),
        ("tok_chargeback_lost", Some(Lost), -150),
    ] {
        let mut bench = captured_with(token);
        bench.now = NOW.plus(TUNING.chargeback_ms - 1);
        assert_eq!((told(&bench), cash(&bench)), (vec![], Cents(400)));
        bench = bench.reopen();
        bench.now = NOW.plus(TUNING.chargeback_ms);
        let open = told_of("c", 400, Open);
        assert_eq!(told(&bench), std::slice::from_ref(&open), "{token}");
        assert_eq!(cash(&bench), Cents(-150), "the charge and the fee are gone");
        bench = bench.reopen();
        bench.now = bench.now.plus(TUNING.verdict_ms);
        let expected: Vec<(String, News)> = std::iter::once(open)
            .chain(verdict.map(|verdict| told_of("c", 400, verdict)))
            .collect();
        assert_eq!(told(&bench), expected, "{token}");
        assert_eq!(cash(&bench), Cents(left), "{token}");
        let standing = Standing {
            answer: captured(400),
            chargeback: Some(taken_back("c", 400, verdict.unwrap_or(Open))),
        };
        assert_eq!(stands(&bench, "c"), standing);
        bench = bench.reopen();
        bench.now = bench.now.plus(TUNING.verdict_ms * 100);
        assert_eq!(told(&bench), expected, "{token}: that is all");
        assert_eq!(bench.call(&capture("c", "a", 400)), Ok(captured(400)));
    }
}

#[test]
fn a_bank_takes_back_what_was_not_refunded_and_what_it_took_can_t_be() {
    let mut bench = captured_with("tok_chargeback");
    assert_eq!(bench.call(&refund("r", "c", 100)), Ok(refunded(100)));
    bench.now = NOW.plus(TUNING.chargeback_ms);
    assert_eq!(told(&bench), [told_of("c", 300, ChargebackStage::Open)]);
    assert_eq!(bench.totals().taken_back, Cents(300));
    let no = declined(Decline::Declined);
    assert_eq!(bench.call(&refund("s", "c", 300)), Ok(no));
    assert_eq!(bench.call(&refund("r", "c", 100)), Ok(refunded(100)));
    let mut all = captured_with("tok_chargeback");
    assert_eq!(all.call(&refund("r", "c", 400)), Ok(refunded(400)));
    all.now = NOW.plus(TUNING.chargeback_ms);
    assert_eq!((told(&all), cash(&all)), (vec![], Cents::ZERO));
    let mut won = captured_with("tok_chargeback_won");
    won.now = NOW.plus(TUNING.chargeback_ms);
    assert_eq!(told(&won).len(), 1);
    won.now = won.now.plus(TUNING.verdict_ms);
    assert_eq!(won.call(&refund("r", "c", 400)), Ok(refunded(400)));
    assert_eq!(cash(&won), -TUNING.chargeback_fee_cents);
}

#[test]
fn a_charge_without_an_authorisation_is_taken_back_too() {
    let mut bench = Bench::new();
    let charge = Request {
        key: "wallet:1/charge/1".into(),
        operation: Operation::Charge {
            card: card("tok_chargeback_lost"),
            cents: Cents(70),
        },
    };
    assert_eq!(bench.call(&charge), Ok(captured(70)));
    bench.now = NOW.plus(TUNING.chargeback_ms);
    assert_eq!(told(&bench).len(), 1);
    bench.now = bench.now.plus(TUNING.verdict_ms);
    bench = bench.reopen();
    let key = charge.key.as_str();
    let lost = told_of(key, 70, ChargebackStage::Lost);
    assert_eq!(told(&bench)[1..], [lost]);
    assert_eq!(bench.totals().taken_back, Cents(70));
    assert_eq!(
        bench.book.totals(Some("wallet:1"), bench.now).unwrap(),
        bench.totals()
    );
}

#[test]
fn a_bank_lets_an_authorisation_go_before_it_has_to() {
    let mut bench = Bench::new();
    let promised = authorized(500, NOW);
    assert_eq!(bench.call(&authorize("a", "tok_lapses", 500)), Ok(promised));
    bench.now = NOW.plus(TUNING.late_ms - 1);
    assert_eq!(bench.totals().blocked, Cents(500));
    bench = bench.reopen();
    bench.now = NOW.plus(TUNING.late_ms);
    let gone = declined(Decline::Expired);
    assert_eq!(told(&bench), [("a".to_owned(), News::Answer(gone.clone()))]);
    assert_eq!(bench.call(&capture("c", "a", 400)), Ok(gone));
    assert_eq!(bench.totals(), Totals::default());
    let used = Bench::new();
    used.call(&authorize("a", "tok_lapses", 500)).unwrap();
    assert_eq!(used.call(&capture("c", "a", 400)), Ok(captured(400)));
    let mut used = used.reopen();
    used.now = NOW.plus(TUNING.capture_window_ms * 2);
    assert_eq!((told(&used), cash(&used)), (vec![], Cents(400)));
}

#[test]
fn payouts_are_decided_late_and_come_back() {
    let sent = |token: &str| {
        let bench = Bench::new();
        let answer = bench.book.pay_out(&payout("p", token, 300), NOW).unwrap();
        (bench, answer.outcome.unwrap())
    };
    let cents = Cents(300);
    let (late, failed) = (Answer::PaidOut { cents }, declined(Decline::AccountInvalid));
    let paid = PayoutAnswer::PaidOut { cents };
    for (token, first, after_ms, then, paid_out) in [
        (
            "acct_late",
            PayoutAnswer::Unavailable,
            TUNING.late_ms,
            late,
            300,
        ),
        (
            "acct_fails_late",
            PayoutAnswer::Unavailable,
            TUNING.late_ms,
            failed,
            0,
        ),
        (
            "acct_sends_back",
            paid,
            TUNING.send_back_ms,
            Answer::SentBack { cents },
            0,
        ),
    ] {
        let (mut bench, answer) = sent(token);
        assert_eq!(answer, first, "{token}");
        bench.now = NOW.plus(after_ms - 1);
        assert!(told(&bench).is_empty(), "{token}");
        bench = bench.reopen();
        bench.now = NOW.plus(after_ms);
        assert_eq!(told(&bench), [("p".to_owned(), News::Answer(then.clone()))]);
        assert_eq!(stands(&bench, "p").answer, then);
        bench = bench.reopen();
        assert_eq!(bench.totals().paid_out, Cents(paid_out), "{token}");
        bench.now = bench.now.plus(TUNING.send_back_ms * 10);
        assert_eq!(told(&bench).len(), 1, "{token}");
    }
}

#[test]
fn a_call_that_nobody_made_stands_nowhere() {
    let bench = Bench::new();
    assert_eq!(bench.book.look_up(&"nobody".into(), NOW).unwrap(), None);
    bench.call(&authorize("l", "tok_late", 500)).unwrap();
    let undecided = Standing {
        answer: Answer::Unavailable,
        chargeback: None,
    };
    assert_eq!(stands(&bench, "l"), undecided);
}
