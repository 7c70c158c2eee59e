//! What the bank does that no card of the sandbox shows, and what it counts.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use campusg_bank::{AccountScript, Bank, Behaviour, CardScript, Misuse, Payee, Scripts, Tuning};
use campusg_domain::{
    call::{AccountToken, Answer, CardToken, Decline},
    gateway::{CallKey, Operation, Payout, PayoutAnswer, Request},
    money::Cents,
    time::At,
};

const GONE: Result<Answer, Misuse> = Ok(Answer::Declined {
    reason: Decline::Expired,
});
const NOW: At = At(1_000);
const WINDOW_MS: u64 = 500;

fn card(token: &CardToken) -> Option<CardScript> {
    let good = CardScript::GOOD;
    Some(match token.0.as_str() {
        "good" => good,
        "less" => CardScript {
            authorize: Behaviour::BlockLess,
            ..good
        },
        "only_first" => CardScript {
            authorize: Behaviour::OnlyFirst,
            ..good
        },
        "lost_twice" => CardScript::all(Behaviour::LoseAnswers(2)),
        "down_twice" => CardScript::all(Behaviour::Down(Some(2))),
        "asks" => CardScript {
            authorize: Behaviour::AskCustomer,
            ..good
        },
        _ => return None,
    })
}

fn bank() -> Bank {
    let lost_twice = |_: &AccountToken| {
        Some(AccountScript {
            payee: Payee::LosesAnswers(2),
            slow: false,
        })
    };
    let scripts = Scripts {
        card,
        account: lost_twice,
        confirmation: CallKey::to_string,
    };
    let tuning = Tuning {
        capture_window_ms: WINDOW_MS,
        ..Tuning::default()
    };
    Bank::new(scripts, tuning)
}

fn token(card: &str) -> CardToken {
    CardToken(card.into())
}

/// One try under `order:1/{name}`, made with this card.
fn tries(bank: &mut Bank, name: &str, with: &str, operation: Operation) -> Result<Answer, Misuse> {
    let request = Request {
        key: key(name),
        operation,
    };
    bank.call_with(&request, Some(&token(with)), NOW).outcome
}

fn key(name: &str) -> CallKey {
    CallKey::from(format!("order:1/{name}").as_str())
}

fn authorize(card: &str, cents: i64) -> Operation {
    Operation::Authorize {
        card: token(card),
        cents: Cents(cents),
    }
}

fn capture(of: &str, cents: i64) -> Operation {
    Operation::Capture {
        authorization: key(of),
        cents: Cents(cents),
    }
}

fn void(of: &str) -> Operation {
    Operation::Void {
        authorization: key(of),
    }
}

fn authorized(cents: i64) -> Result<Answer, Misuse> {
    Ok(Answer::Authorized {
        cents: Cents(cents),
        capture_before: NOW.plus(WINDOW_MS),
    })
}

fn captured(cents: i64) -> Result<Answer, Misuse> {
    let cents = Cents(cents);
    Ok(Answer::Captured { cents })
}

#[test]
fn a_call_is_done_at_its_first_try_however_many_answers_are_lost() {
    let mut bank = bank();
    for tried in 1..=4 {
        let answer = tries(&mut bank, "a", "lost_twice", authorize("lost_twice", 100));
        let heard = tried > 2;
        assert_eq!(answer == authorized(100), heard, "{tried}");
        assert_eq!(bank.totals(None).blocked, Cents(100));
    }
    let payout = Payout {
        key: "wallet:1/payout/1".into(),
        account: AccountToken("any".into()),
        cents: Cents(70),
    };
    for expected in [false, false, true, true] {
        let answer = bank.pay_out(&payout, NOW).outcome;
        let paid = Ok(PayoutAnswer::PaidOut { cents: Cents(70) });
        assert_eq!(answer == paid, expected);
        assert_eq!(bank.totals(None).paid_out, Cents(70));
    }
    assert_eq!(bank.executed(), 2);
}

#[test]
fn lost_answers_are_counted_on_where_the_count_was_forgotten() {
    let mut bank = bank();
    let lost = authorize("lost_twice", 100);
    tries(&mut bank, "a", "lost_twice", lost.clone()).unwrap();
    let mut again = self::bank();
    bank.take_fresh().iter().for_each(|line| again.apply(line));
    let answers: Vec<bool> = (0..2)
        .map(|_| tries(&mut again, "a", "lost_twice", lost.clone()) == authorized(100))
        .collect();
    assert_eq!(answers, [false, true], "the first was lost before");
}

#[test]
fn whose_card_it_is_is_believed_also_of_what_never_arrived() {
    let mut bank = bank();
    for _ in 0..2 {
        let silent = tries(&mut bank, "v", "down_twice", void("a"));
        assert_eq!(silent, Ok(Answer::Unavailable));
    }
    assert_eq!(
        tries(&mut bank, "v", "down_twice", void("a")),
        Ok(Answer::Voided)
    );
    let late = authorize("down_twice", 100);
    let answers: Vec<bool> = (0..3)
        .map(|_| tries(&mut bank, "a", "down_twice", late.clone()) == GONE)
        .collect();
    assert_eq!(answers, [false, false, true], "it was let go before");
}

#[test]
fn a_block_of_less_is_answered_and_no_more_than_it_is_captured() {
    let mut bank = bank();
    let asked = authorize("less", 100);
    for _ in 0..2 {
        let answer = tries(&mut bank, "a", "less", asked.clone());
        assert_eq!(answer, authorized(99));
    }
    assert_eq!(bank.totals(None).blocked, Cents(99));
    let too_much = tries(&mut bank, "c", "less", capture("a", 100));
    assert_eq!(too_much, Err(Misuse::ExceedsAuthorized));
    let all = tries(&mut bank, "c", "less", capture("a", 99));
    assert_eq!(all, captured(99));
}

#[test]
fn a_card_may_refuse_a_raise_and_pay_a_later_tip() {
    let mut bank = bank();
    let first = tries(&mut bank, "a", "only_first", authorize("only_first", 100));
    assert_eq!(first, authorized(100));
    let raise = tries(&mut bank, "b", "only_first", authorize("only_first", 50));
    let reason = Decline::InsufficientFunds;
    assert_eq!(raise, Ok(Answer::Declined { reason }));
    let tip = Operation::Charge {
        card: token("only_first"),
        cents: Cents(50),
    };
    assert_eq!(tries(&mut bank, "t", "only_first", tip), captured(50));
}

#[test]
fn what_ran_out_is_told_apart_from_what_was_let_go() {
    let mut bank = bank();
    for name in ["kept", "voided", "lapsed"] {
        tries(&mut bank, name, "good", authorize("good", 100)).unwrap();
    }
    tries(&mut bank, "v", "good", void("voided")).unwrap();
    assert!(bank.lapse(&key("lapsed"), NOW));
    assert!(!bank.lapse(&key("lapsed"), NOW), "it blocks nothing more");
    assert_eq!(bank.next_due(), None, "running out is no news to wait for");
    assert_eq!(bank.events(0, 9).count(), 1, "the lapse was told");
    bank.settle(NOW.plus(WINDOW_MS));
    assert_eq!(bank.events(0, 9).count(), 2, "and so is running out");
    let ran_out = |name| bank.ran_out(&key(name));
    assert_eq!(
        ["kept", "voided", "lapsed"].map(ran_out),
        [true, false, false]
    );
    let holds: Vec<_> = bank.holds().collect();
    assert_eq!(holds, [(&key("kept"), Cents(100))], "nobody let it go");
    assert_eq!(bank.totals(None).blocked, Cents::ZERO);
    assert_eq!(tries(&mut bank, "c", "good", capture("kept", 100)), GONE);
    tries(&mut bank, "w", "good", void("kept")).unwrap();
    assert_eq!(bank.holds().count(), 0);
}

#[test]
fn what_the_customer_has_confirmed_was_executed_and_what_waits_for_it_was_not() {
    let mut bank = bank();
    let asks = tries(&mut bank, "a", "asks", authorize("asks", 100));
    let url = key("a").to_string();
    assert_eq!(asks, Ok(Answer::ActionRequired { url }));
    assert_eq!(bank.executed(), 0);
    let confirmed = bank.confirm(&key("a"), true, NOW);
    assert_eq!(confirmed.outcome, authorized(100));
    assert_eq!(bank.executed(), 1);
}

#[test]
fn b1_a_bank_goes_on_from_its_last_fact_though_the_clock_was_set_back() {
    let mut bank = bank();
    tries(&mut bank, "a", "good", authorize("good", 100)).unwrap();
    let mut again = self::bank();
    bank.take_fresh().iter().for_each(|line| again.apply(line));
    again.settle(At(1));
    assert_eq!(again.events(0, 9).count(), 0);
    again.settle(At(1 + WINDOW_MS));
    assert_eq!(again.events(0, 9).count(), 1, "it ran out in time");
}
