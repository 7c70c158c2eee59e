//! Transition 42: payouts.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::{Answer, CallNumber, Decline},
    id::{CommandId, Principal, UserId},
    money::{Account, Cents, Currency},
    notice::{Audience, NoticeKind},
    operator_action::name,
    owner::wallet::{ChargebackId, ChargebackStage, Command, PayoutState},
    policy::Policy,
    rejection::Rejection,
    text::Sealed,
    time::{DAY_MS, HOUR_MS, SECOND_MS},
};
use campusg_simulation::{AskKind, Bank};

mod common;
use common::{
    Scene,
    seen::{code, told, told_operators},
};

const EARNED: Cents = Cents(2649);
const NOTHING: Cents = Cents::ZERO;

/// An order is complete and the runner's account behaves as told.
fn earned(bank: Bank) -> Scene {
    let mut scene = Scene::at("completed");
    scene.campus.set_payout_method(scene.runner, bank).unwrap();
    scene
}

fn available(scene: &Scene, user: UserId) -> Cents {
    let balance = scene.campus.ledger().balance(Account::Payable(user));
    balance.available()
}

/// The gateway's book and the ledger say the same about its cash.
fn holds(scene: &mut Scene) {
    scene.holds();
    let booked = -scene.balance(Account::Gateway);
    assert_eq!(scene.campus.gateway().cash(), booked);
}

fn told_user(scene: &Scene, user: UserId) -> Vec<NoticeKind> {
    told(scene, Audience::User(user))
}

#[test]
fn transition_42_a_payout_is_reserved_at_once_and_paid() {
    let mut scene = earned(Bank::Pays);
    let runner = scene.runner;
    let call = scene.campus.payout(runner, Cents(2000)).unwrap();
    assert_eq!(available(&scene, runner), Cents(649));
    let refused = scene.campus.payout(runner, Cents(650));
    let available_now = Cents(649);
    assert_eq!(
        refused,
        Err(Rejection::AboveAvailable {
            available: Currency::USD.of(available_now)
        })
    );
    scene.campus.settle();
    let payout = scene.campus.wallet(runner).payout(call).unwrap().clone();
    assert_eq!(
        (payout.state, payout.paid),
        (PayoutState::Paid, Cents(2000))
    );
    assert_eq!(scene.campus.gateway().paid_to(runner), Cents(2000));
    let told = told_user(&scene, runner);
    assert!(told.contains(&NoticeKind::PayoutRequested { cents: Cents(2000) }));
    assert!(told.contains(&NoticeKind::PayoutPaid { cents: Cents(2000) }));
    holds(&mut scene);
}

#[test]
fn transition_42_a_payout_that_fails_is_in_the_wallet_again() {
    let mut scene = earned(Bank::Declines);
    let runner = scene.runner;
    let call = scene.campus.payout(runner, EARNED).unwrap();
    scene.campus.settle();
    let payout = scene.campus.wallet(runner).payout(call).unwrap().clone();
    let reason = Decline::AccountInvalid;
    assert_eq!(payout.state, PayoutState::Failed(reason));
    assert_eq!(available(&scene, runner), EARNED);
    let failed = NoticeKind::PayoutFailed {
        cents: EARNED,
        reason,
    };
    assert!(told_user(&scene, runner).contains(&failed));
    holds(&mut scene);
}

#[test]
fn transition_42_a_payout_that_is_sent_back_pays_what_is_owed_first() {
    let mut scene = earned(Bank::SendsBack);
    let (runner, order) = (scene.runner, scene.order);
    let call = scene.campus.payout(runner, EARNED).unwrap();
    scene.campus.settle();
    assert_eq!(available(&scene, runner), NOTHING);
    let late = Answer::PaidOut { cents: EARNED };
    scene.campus.wallet_answered(runner, call, late).unwrap();
    let theirs = Command::Chargeback {
        id: ChargebackId("of the runner".into()),
        order: Some(order),
        cents: Cents(600),
        fee: NOTHING,
        stage: ChargebackStage::Open,
    };
    scene
        .campus
        .wallet_command(Principal::Gateway, runner, &theirs, CommandId(9))
        .unwrap();
    scene.campus.advance(3 * DAY_MS);
    let payout = scene.campus.wallet(runner).payout(call).unwrap().clone();
    assert_eq!(payout.state, PayoutState::SentBack);
    assert_eq!(scene.campus.ledger().debt(runner), NOTHING);
    assert_eq!(available(&scene, runner), EARNED - Cents(600));
    let again = Answer::SentBack { cents: EARNED };
    scene.campus.wallet_answered(runner, call, again).unwrap();
    assert_eq!(available(&scene, runner), EARNED - Cents(600));
    scene.holds();
}

#[test]
fn transition_42_a_payout_is_known_for_a_year_however_many_follow_it() {
    let mut scene = earned(Bank::Pays);
    let runner = scene.runner;
    let first = scene.campus.payout(runner, Cents(100)).unwrap();
    scene.campus.settle();
    scene
        .campus
        .set_payout_method(runner, Bank::Declines)
        .unwrap();
    for _ in 0..200 {
        scene.campus.payout(runner, Cents(100)).unwrap();
        scene.campus.settle();
    }
    assert_eq!(available(&scene, runner), EARNED - Cents(100));
    scene.campus.advance(300 * DAY_MS);
    let back = Answer::SentBack { cents: Cents(100) };
    for _ in 0..2 {
        scene
            .campus
            .wallet_answered(runner, first, back.clone())
            .unwrap();
        assert_eq!(
            available(&scene, runner),
            EARNED,
            "once, and in the wallet again"
        );
    }
    scene.campus.advance(500 * DAY_MS);
    scene.campus.payout(runner, Cents(100)).unwrap();
    scene.campus.settle();
    let known = scene.campus.wallet(runner).payouts.len();
    assert_eq!(known, 129, "of the past the last 128, and the new one");
    scene.holds();
}

#[test]
fn transition_42_what_is_owed_is_set_off_before_a_payout() {
    let mut scene = earned(Bank::Pays);
    let (runner, order) = (scene.runner, scene.order);
    let theirs = Command::Chargeback {
        id: ChargebackId("of the runner".into()),
        order: Some(order),
        cents: Cents(351),
        fee: NOTHING,
        stage: ChargebackStage::Open,
    };
    scene
        .campus
        .wallet_command(Principal::Gateway, runner, &theirs, CommandId(9))
        .unwrap();
    let available_now = EARNED - Cents(351);
    assert_eq!(
        scene.campus.payout(runner, EARNED),
        Err(Rejection::AboveAvailable {
            available: Currency::USD.of(available_now)
        })
    );
    scene.campus.payout(runner, available_now).unwrap();
    scene.campus.settle();
    assert_eq!(scene.campus.ledger().debt(runner), NOTHING);
    assert_eq!(available(&scene, runner), NOTHING);
    let set_off = NoticeKind::SetOff { cents: Cents(351) };
    assert!(told_user(&scene, runner).contains(&set_off));
    scene.holds();
}

#[test]
fn transition_42_a_payout_needs_an_account_an_amount_and_its_owner() {
    let mut scene = Scene::at("completed");
    let (runner, operator) = (scene.runner, scene.operator);
    assert_eq!(
        code(scene.campus.payout(runner, EARNED)),
        "no_payout_method"
    );
    scene.campus.set_payout_method(runner, Bank::Pays).unwrap();
    assert_eq!(code(scene.campus.payout(runner, NOTHING)), "invalid_field");
    assert_eq!(
        code(scene.campus.payout(runner, Cents(49))),
        "invalid_field"
    );
    let ask = Command::RequestPayout { cents: EARNED };
    let refused =
        scene
            .campus
            .wallet_command(Principal::Operator(operator), runner, &ask, CommandId(1));
    assert_eq!(code(refused), "not_allowed");
    for kind in [AskKind::PayOut, AskKind::PayoutMethod] {
        scene.campus.refuse(kind, 1);
        assert_eq!(
            code(scene.campus.payout(runner, EARNED)),
            "transfer_refused"
        );
    }
    assert!(scene.campus.payout(runner, EARNED).is_ok());
    holds(&mut scene);
}

#[test]
fn transition_42_the_same_key_pays_out_once() {
    let mut scene = earned(Bank::Pays);
    let runner = scene.runner;
    let ask = |cents| Command::RequestPayout { cents };
    let (who, id) = (Principal::User(runner), CommandId(77));
    let first = scene
        .campus
        .wallet_command(who, runner, &ask(Cents(100)), id)
        .unwrap();
    scene.campus.settle();
    let again = scene
        .campus
        .wallet_command(who, runner, &ask(Cents(100)), id)
        .unwrap();
    assert_eq!(first.last_call, again.last_call);
    let other = scene
        .campus
        .wallet_command(who, runner, &ask(Cents(200)), id);
    assert_eq!(code(other), "key_reused");
    assert_eq!(scene.campus.gateway().paid_to(runner), Cents(100));
    holds(&mut scene);
}

#[test]
fn transition_42_a_lost_answer_pays_once() {
    for bank in [Bank::LosesAnswers(2), Bank::DownFor(3), Bank::AnswersLate] {
        let mut scene = earned(bank);
        let runner = scene.runner;
        scene.campus.crash_after_each_record();
        let call = scene.campus.payout(runner, EARNED).unwrap();
        scene.campus.settle();
        let wallet = scene.campus.wallet(runner);
        assert_eq!(wallet.payout(call).unwrap().state, PayoutState::Requested);
        assert!(wallet.armed().is_some(), "it is asked again");
        scene.campus.advance(HOUR_MS);
        let wallet = scene.campus.wallet(runner);
        assert_eq!(wallet.payout(call).unwrap().state, PayoutState::Paid);
        assert_eq!(scene.campus.gateway().paid_to(runner), EARNED);
        assert!(wallet.armed().is_none());
        holds(&mut scene);
    }
}

#[test]
fn transition_42_a_gateway_that_is_down_is_asked_less_and_less_often_and_then_alarms() {
    let mut scene = earned(Bank::DownFor(20));
    let runner = scene.runner;
    let call = scene.campus.payout(runner, EARNED).unwrap();
    let mut waits = vec![];
    let mut last = scene.campus.now();
    for _ in 0..9 {
        scene.campus.settle();
        let due = scene.campus.wallet(runner).armed().unwrap().due;
        waits.push(due.since(last) / SECOND_MS);
        scene.campus.advance(due.since(scene.campus.now()));
        last = due;
    }
    let expected = [1, 2, 4, 8, 16, 32, 60, 600, 600];
    for (wait, expected) in waits.iter().zip(expected) {
        assert!(
            (expected..=expected + expected / 8).contains(wait),
            "{waits:?}"
        );
    }
    let alarm = NoticeKind::PayoutStalled { user: runner, call };
    let alarms = |scene: &Scene| {
        told_operators(scene)
            .iter()
            .filter(|it| **it == alarm)
            .count()
    };
    assert_eq!(alarms(&scene), 1, "whose payout, and which");
    assert_eq!(available(&scene, runner), NOTHING, "it stays promised");
    scene.campus.advance(3 * HOUR_MS);
    assert_eq!(alarms(&scene), 2, "and again after as many tries");
    assert_eq!(scene.campus.gateway().paid_to(runner), EARNED);
    holds(&mut scene);
}

/// A payout of one cent to a bank that is down, tried until only the long wait is left.
fn stalled() -> (Scene, CallNumber) {
    let mut scene = earned(Bank::DownFor(20));
    let call = scene.campus.payout(scene.runner, Cents(50)).unwrap();
    let tries = Policy::default().retry_tries;
    while scene.campus.wallet(scene.runner).failing(tries).count() == 0 {
        scene.campus.settle();
        let due = scene.campus.wallet(scene.runner).armed().unwrap().due;
        scene.campus.advance(due.since(scene.campus.now()));
        scene.campus.settle();
    }
    (scene, call)
}

#[test]
fn transition_42_a_bank_that_is_down_holds_back_no_other_payout() {
    let (mut scene, dead) = stalled();
    let runner = scene.runner;
    scene.campus.set_payout_method(runner, Bank::Pays).unwrap();
    let paid = scene.campus.payout(runner, Cents(600)).unwrap();
    scene.campus.settle();
    let wallet = scene.campus.wallet(runner);
    assert_eq!(wallet.payout(paid).unwrap().state, PayoutState::Paid);
    assert_eq!(wallet.payout(dead).unwrap().state, PayoutState::Requested);
    holds(&mut scene);
}

#[test]
fn transition_42_what_fails_for_the_first_time_does_not_wait_for_what_has_failed_for_long() {
    let (mut scene, dead) = stalled();
    let runner = scene.runner;
    let long = scene.campus.wallet(runner).armed().copied().unwrap();
    scene
        .campus
        .set_payout_method(runner, Bank::DownFor(3))
        .unwrap();
    let call = scene.campus.payout(runner, Cents(600)).unwrap();
    scene.campus.settle();
    let soon = scene.campus.wallet(runner).armed().copied().unwrap();
    assert!(soon.due < long.due && soon.generation > long.generation);
    scene.campus.advance(20 * SECOND_MS);
    let wallet = scene.campus.wallet(runner);
    assert_eq!(wallet.payout(call).unwrap().state, PayoutState::Paid);
    assert_eq!(wallet.payout(dead).unwrap().state, PayoutState::Requested);
    assert!(wallet.armed().is_some(), "the other is not forgotten");
    scene.campus.advance(DAY_MS);
    let wallet = scene.campus.wallet(runner);
    assert_eq!(wallet.payout(dead).unwrap().state, PayoutState::Paid);
    assert!(wallet.armed().is_none());
    holds(&mut scene);
}

#[test]
fn transition_42_operators_have_what_rests_tried_now_and_never_given_up() {
    let (mut scene, dead) = stalled();
    let (runner, boss) = (scene.runner, Principal::Operator(scene.operator));
    let words = |text: &str| Command::Retry {
        reason: Sealed(text.as_bytes().to_vec()),
    };
    let give = |scene: &mut Scene, who, user, text| {
        let id = scene.campus.fresh();
        let given = scene.campus.wallet_command(who, user, &words(text), id);
        given.map(drop)
    };
    let operator = scene.operator;
    for who in [Principal::User(runner), Principal::Gateway] {
        assert_eq!(code(give(&mut scene, who, runner, "now")), "not_allowed");
    }
    assert_eq!(code(give(&mut scene, boss, runner, "")), "invalid_field");
    assert_eq!(code(give(&mut scene, boss, operator, "now")), "not_found");
    let failures = |scene: &Scene| scene.campus.wallet(runner).calls[&dead].failures;
    let before = failures(&scene);
    give(&mut scene, boss, runner, "now").unwrap();
    let acted = scene.campus.journal().last().unwrap();
    assert_eq!(name(&acted.record, None), Some("retry_wallet"));
    let nothing = give(&mut scene, boss, runner, "now");
    assert_eq!(code(nothing), "not_found", "it is under way");
    let wallet = scene.campus.wallet(runner);
    let mut failing = wallet.failing(before).map(|(n, _)| n);
    assert_eq!(failing.next(), Some(dead), "and still listed");
    scene.campus.settle();
    assert_eq!(failures(&scene), before + 1, "it was tried at once");
    let wallet = scene.campus.wallet(runner);
    assert_eq!(wallet.payout(dead).unwrap().state, PayoutState::Requested);
    assert!(wallet.armed().is_some(), "and goes on by itself");
    scene.campus.advance(DAY_MS);
    assert_eq!(scene.campus.gateway().paid_to(runner), Cents(50));
    holds(&mut scene);
}

#[test]
fn transition_42_a_payout_that_was_paid_after_it_failed_is_owed() {
    let mut scene = earned(Bank::Declines);
    let runner = scene.runner;
    let call = scene.campus.payout(runner, EARNED).unwrap();
    scene.campus.settle();
    let late = Answer::PaidOut { cents: EARNED };
    for _ in 0..2 {
        scene
            .campus
            .wallet_answered(runner, call, late.clone())
            .unwrap();
    }
    assert_eq!(scene.campus.ledger().debt(runner), EARNED);
    let alarm = NoticeKind::PayoutLate { cents: EARNED };
    assert!(told_operators(&scene).contains(&alarm));
    scene.campus.set_payout_method(runner, Bank::Pays).unwrap();
    let refused = scene.campus.payout(runner, Cents(50));
    assert_eq!(
        refused,
        Err(Rejection::AboveAvailable {
            available: Currency::USD.of(NOTHING)
        })
    );
    scene.holds();
}

#[test]
fn transition_42_only_so_many_are_under_way_at_once() {
    let mut scene = earned(Bank::DownFor(20));
    let runner = scene.runner;
    for _ in 0..16 {
        scene.campus.payout(runner, Cents(50)).unwrap();
    }
    let refused = scene.campus.payout(runner, Cents(50));
    assert_eq!(refused, Err(Rejection::TooManyPayments { limit: 16 }));
    scene.campus.advance(DAY_MS);
    assert!(scene.campus.payout(runner, Cents(50)).is_ok());
    scene.campus.advance(DAY_MS);
    holds(&mut scene);
}
