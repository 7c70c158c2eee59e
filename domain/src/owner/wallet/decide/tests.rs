//! What a wallet decides about the clock, about missing cash, and about answers that say nothing or come late.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
use super::*;
use crate::{
    call::{AccountToken, CardToken},
    id::{CommandId, Principal, Seq, UserId},
    order::Header,
    owner::{directory::PayoutMethod, wallet::fill},
};

const USER: UserId = UserId::from_bytes([1; 16]);
const NOW: At = At(100);

fn decided(wallet: &Wallet, now: At, who: Principal, command: &Command, votes: &Votes) -> Decision {
    let meta = Meta::own(who, CommandId(1), "test");
    let context = Context {
        meta: &meta,
        now,
        policy: &Policy::default(),
        votes,
    };
    decide(wallet, command, &context)
}

/// The wallet after a record of these events.
fn after(wallet: &Wallet, events: Vec<Event>) -> Wallet {
    let meta = Meta::own(Principal::System, CommandId(1), "test");
    let header = Header {
        at: NOW,
        meta: &meta,
        status: 200,
    };
    let filled = fill(wallet, events, header, &Policy::default());
    filled.committed(wallet.last_seq.next()).1
}

fn method() -> PayoutMethod {
    PayoutMethod {
        token: AccountToken("pays".into()),
        bank: "Bank".into(),
        last4: "6789".into(),
    }
}

/// Call 1 pays out 1000, and call 2 charges 300.
fn under_way() -> Wallet {
    let payout = Event::PayoutRequested {
        call: 1,
        cents: Cents(1000),
        method: method(),
    };
    let payment = Event::DebtPaymentRequested {
        call: 2,
        cents: Cents(300),
        charge: Cents(300),
        card: CardToken("success".into()),
    };
    after(&after(&Wallet::new(USER), vec![payout]), vec![payment])
}

fn answered(wallet: &Wallet, call: CallNumber, answer: Answer) -> Decision {
    let command = Command::Answered { call, answer };
    decided(wallet, NOW, Principal::Gateway, &command, &Votes::default())
}

#[test]
fn a_clock_that_was_set_back_is_told_to_a_wallet_that_lies_ahead_of_it() {
    let wallet = under_way();
    let command = Command::SetClockBack { ms: 5 };
    for (now, told) in [(NOW.minus(1), true), (NOW, false), (NOW.plus(1), false)] {
        let decided = decided(&wallet, now, Principal::System, &command, &Votes::default());
        let expected = told.then_some(Event::ClockSetBack { ms: 5 });
        assert_eq!(decided.unwrap(), Vec::from_iter(expected), "{now:?}");
    }
}

#[test]
fn cash_is_short_where_some_is_missing() {
    let (user, cents) = (USER, Cents(1000));
    for missing in [0, 5] {
        let short = Cents(missing);
        let votes = Votes::Cast(vec![
            (
                VoteRequest::PayoutMethod { user },
                Ok(Granted::PayoutMethod(method())),
            ),
            (
                VoteRequest::PayOut { user, cents },
                Ok(Granted::SetOff(Cents::ZERO)),
            ),
            (VoteRequest::Cash { cents }, Ok(Granted::Short(short))),
        ]);
        let command = Command::RequestPayout { cents };
        let who = Principal::User(USER);
        let events = decided(&Wallet::new(USER), NOW, who, &command, &votes).unwrap();
        let told = events.contains(&Event::CashShort { cents: short });
        assert_eq!(
            (told, events.len()),
            (missing > 0, 1 + usize::from(missing > 0))
        );
    }
}

#[test]
fn an_answer_decides_a_call_as_far_as_it_says_an_amount() {
    let wallet = under_way();
    let paid = |cents| Event::PayoutPaid {
        call: 1,
        cents: Cents(cents),
    };
    let back = |cents| Event::PayoutSentBack {
        call: 1,
        cents: Cents(cents),
    };
    let reason = Decline::AccountInvalid;
    let unconfirmed = Decline::NotConfirmed;
    let url = String::new();
    let table = [
        (1, Answer::PaidOut { cents: Cents(0) }, None),
        (
            1,
            Answer::PaidOut { cents: Cents(1000) },
            Some(vec![paid(1000)]),
        ),
        (1, Answer::SentBack { cents: Cents(0) }, None),
        (
            1,
            Answer::SentBack { cents: Cents(400) },
            Some(vec![paid(1000), back(400)]),
        ),
        (
            1,
            Answer::SentBack { cents: Cents(2000) },
            Some(vec![paid(1000), back(1000)]),
        ),
        (
            1,
            Answer::Declined { reason },
            Some(vec![Event::PayoutFailed { call: 1, reason }]),
        ),
        (1, Answer::Captured { cents: Cents(1000) }, None),
        (
            1,
            Answer::Unavailable,
            Some(vec![Event::CallDeferred {
                call: 1,
                failures: 1,
            }]),
        ),
        (2, Answer::Captured { cents: Cents(0) }, None),
        (
            2,
            Answer::Captured { cents: Cents(300) },
            Some(vec![Event::DebtPaid {
                call: 2,
                cents: Cents(300),
            }]),
        ),
        (
            2,
            Answer::Declined { reason },
            Some(vec![Event::DebtPaymentFailed { call: 2, reason }]),
        ),
        (
            2,
            Answer::ActionRequired { url },
            Some(vec![Event::DebtPaymentFailed {
                call: 2,
                reason: unconfirmed,
            }]),
        ),
        (2, Answer::PaidOut { cents: Cents(300) }, None),
        (9, Answer::Unavailable, None),
    ];
    for (call, answer, events) in table {
        let said = format!("{call} {answer:?}");
        assert_eq!(answered(&wallet, call, answer).ok(), events, "{said}");
    }
}

#[test]
fn an_answer_that_comes_late_counts_where_it_tells_of_money_that_moved() {
    let (wallet, reason) = (under_way(), Decline::AccountInvalid);
    let paid = after(
        &wallet,
        vec![Event::PayoutPaid {
            call: 1,
            cents: Cents(1000),
        }],
    );
    let failed = after(&wallet, vec![Event::PayoutFailed { call: 1, reason }]);
    let refused = after(&wallet, vec![Event::DebtPaymentFailed { call: 2, reason }]);
    let cents = Cents;
    let table = [
        (&paid, 1, Answer::SentBack { cents: cents(0) }, None),
        (
            &paid,
            1,
            Answer::SentBack { cents: cents(2000) },
            Some(Event::PayoutSentBack {
                call: 1,
                cents: cents(1000),
            }),
        ),
        (&paid, 1, Answer::PaidOut { cents: cents(1000) }, None),
        (
            &failed,
            1,
            Answer::PaidOut { cents: cents(1000) },
            Some(Event::PayoutLate {
                call: 1,
                cents: cents(1000),
            }),
        ),
        (&failed, 1, Answer::PaidOut { cents: cents(0) }, None),
        (&failed, 1, Answer::SentBack { cents: cents(5) }, None),
        (
            &refused,
            2,
            Answer::Captured { cents: cents(300) },
            Some(Event::LateCharge {
                call: 2,
                cents: cents(300),
            }),
        ),
        (&refused, 2, Answer::Captured { cents: cents(0) }, None),
        (&refused, 2, Answer::PaidOut { cents: cents(300) }, None),
    ];
    for (wallet, call, answer, event) in table {
        let said = format!("{call} {answer:?}");
        let expected = Vec::from_iter(event);
        assert_eq!(answered(wallet, call, answer), Ok(expected), "{said}");
    }
}

#[test]
fn a_call_fails_that_was_tried_so_often_and_is_not_decided() {
    let mut wallet = under_way();
    assert!(wallet.has_open_call());
    for failures in 1..=3 {
        let deferred = Event::CallDeferred { call: 1, failures };
        wallet = after(&wallet, vec![deferred]);
    }
    let failing = |wallet: &Wallet, tries| -> Vec<CallNumber> {
        wallet.failing(tries).map(|(n, _)| n).collect()
    };
    assert_eq!(
        (failing(&wallet, 3), failing(&wallet, 4)),
        (vec![1], vec![])
    );
    let reason = Decline::AccountInvalid;
    let failed = after(&wallet, vec![Event::PayoutFailed { call: 1, reason }]);
    assert_eq!(failing(&failed, 3), []);
    assert!(failed.has_open_call(), "the charge");
    let decided = Event::DebtPaymentFailed { call: 2, reason };
    assert!(!after(&failed, vec![decided]).has_open_call());
    assert_eq!(
        wallet.armed().map(|timer| timer.state),
        Some(crate::timer::TimerState::Pending)
    );
    assert_eq!(failed.last_seq, Seq(6));
}

#[test]
fn amounts_are_within_their_bounds() {
    let minimum = Policy::default().gateway_minimum_cents;
    let reason = || Sealed(vec![7]);
    let chargeback = |id: &str, cents, fee| Command::Chargeback {
        id: ChargebackId(id.into()),
        order: None,
        cents,
        fee,
        stage: ChargebackStage::Open,
    };
    let (one, most) = (Cents(1), Cents::MAX_INPUT);
    let above = most + one;
    let (owner, operator, gateway) = (
        Principal::User(USER),
        Principal::Operator(USER),
        Principal::Gateway,
    );
    let write_off = |cents, reason| Command::WriteOff { cents, reason };
    let table = [
        (owner, Command::RequestPayout { cents: minimum }, None),
        (
            owner,
            Command::RequestPayout {
                cents: minimum - one,
            },
            Some("amount_cents"),
        ),
        (
            owner,
            Command::RequestPayout { cents: above },
            Some("amount_cents"),
        ),
        (
            owner,
            Command::PayDebt {
                cents: Some(minimum),
            },
            None,
        ),
        (
            owner,
            Command::PayDebt {
                cents: Some(minimum - one),
            },
            Some("amount_cents"),
        ),
        (owner, Command::PayDebt { cents: None }, None),
        (operator, write_off(Some(one), reason()), None),
        (
            operator,
            write_off(Some(Cents::ZERO), reason()),
            Some("amount_cents"),
        ),
        (operator, write_off(None, reason()), None),
        (operator, write_off(None, Sealed(vec![])), Some("reason")),
        (gateway, chargeback("cb", most, most), None),
        (gateway, chargeback("cb", one, Cents::ZERO), None),
        (gateway, chargeback("cb", one, Cents(-1)), Some("fee_cents")),
        (gateway, chargeback("cb", one, above), Some("fee_cents")),
        (gateway, chargeback("", one, Cents::ZERO), Some("id")),
    ];
    for (who, command, refused) in table {
        let found = match decided(&Wallet::new(USER), NOW, who, &command, &Votes::default()) {
            Err(Rejection::InvalidField { field, .. }) => Some(field),
            Ok(_) | Err(_) => None,
        };
        assert_eq!(found.as_deref(), refused, "{command:?}");
    }
}
