//! What operators do about steps and calls that keep failing: retry, skip, compensate.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::{Answer, CallKind, CallNumber, CallState, Decline},
    money::{Account, Cents},
    notice::NoticeKind,
    operator_action::name,
    order::{Collection, Command, Fault, Order, Role, allowed},
    rejection::Rejection,
    saga::{Undo, compensation},
    time::{HOUR_MS, MINUTE_MS},
    timer::TimerKind,
};
use campusg_simulation::{AskKind, Behaviour};

mod common;
use common::{
    K, Scene, figures,
    seen::{cancel, code, divide, hold, told_customer, told_operators, unhold},
    words,
};

fn retry() -> Command {
    Command::RetryStalled { reason: words() }
}

fn skip() -> Command {
    Command::SkipStalled { reason: words() }
}

fn compensate() -> Command {
    Command::CompensateStalled { reason: words() }
}

/// The order's call of this purpose that is not decided.
fn open(order: &Order, purpose: &str) -> CallNumber {
    let mut calls = order.calls.iter();
    let found =
        calls.find(|(_, call)| call.state != CallState::Closed && call.kind.purpose() == purpose);
    *found
        .unwrap_or_else(|| panic!("no {purpose} is under way"))
        .0
}

/// The gateway says nothing to this call until it rests for a person.
fn silence(scene: &mut Scene, purpose: &str) -> CallNumber {
    let call = open(scene.order(), purpose);
    let due = Command::ScheduledDue {
        kind: TimerKind::StepRetry,
    };
    for round in 0..figures().retry_tries {
        if round > 0 {
            scene.by_itself(&due).unwrap();
        }
        scene
            .campus
            .answered(scene.order, call, Answer::Unavailable);
    }
    let tries = figures().retry_tries;
    let failing: Vec<CallNumber> = scene.order().failing(tries).map(|(n, _)| n).collect();
    assert_eq!(failing, [call]);
    assert!(scene.order().keeps_failing(tries));
    assert_eq!(told_operators(scene).last(), Some(&NoticeKind::StepStalled));
    call
}

/// What an operator could do about what keeps failing.
fn remedies(scene: &Scene) -> Vec<&'static str> {
    let (policy, now) = (figures(), scene.campus.now());
    let names = allowed(scene.order(), Role::Operator, &policy, now);
    let remedies = names
        .into_iter()
        .filter(|name| ["retry", "skip", "compensate"].contains(name));
    remedies.collect()
}

/// Bought, and the charge of the card is never answered.
fn silent_charge() -> (Scene, CallNumber) {
    let mut scene = Scene::at("on-site");
    let buy = scene.next_step();
    scene.by(scene.runner, &buy).unwrap();
    let call = silence(&mut scene, "capture");
    (scene, call)
}

#[test]
fn a_charge_that_keeps_failing_is_tried_again_at_once() {
    let (mut scene, _) = silent_charge();
    assert_eq!(remedies(&scene), ["compensate", "retry"]);
    assert_eq!(code(scene.by(scene.customer, &retry())), "not_allowed");
    assert_eq!(code(scene.by(scene.rival, &retry())), "not_found");
    scene.by_operator(&retry()).unwrap();
    let last = scene.campus.journal().last().unwrap();
    assert_eq!(name(&last.record, Some(scene.order())), Some("retry"));
    scene.campus.settle();
    assert_eq!(scene.order().collection, Collection::Collected);
    assert!(!scene.order().keeps_failing(figures().retry_tries));
    assert!(remedies(&scene).is_empty());
    scene.holds();
}

#[test]
fn a_charge_that_keeps_failing_can_be_left_to_the_customer_as_a_debt() {
    let (mut scene, call) = silent_charge();
    scene.by_operator(&compensate()).unwrap();
    assert_eq!(scene.order().collection, Collection::Owed);
    assert_eq!(scene.campus.ledger().debt(scene.customer), K);
    assert!(told_customer(&scene).contains(&NoticeKind::RenewCard { owed: K }));
    assert!(!scene.order().keeps_failing(figures().retry_tries));
    scene.campus.settle();
    assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO, "let go");
    scene.go_to("completed");
    assert_eq!(scene.wallet(scene.runner), Cents(2649), "paid as always");
    scene.holds();

    let charged = Answer::Captured { cents: K };
    scene.campus.answered(scene.order, call, charged);
    let back = open(scene.order(), "refund");
    assert_eq!(
        scene.order().calls[&back].kind,
        CallKind::Refund {
            capture: call,
            cents: K
        },
        "a success that comes after all is sent back"
    );
}

#[test]
fn what_moves_money_is_never_skipped() {
    let (mut scene, _) = silent_charge();
    let version = scene.order().version;
    assert_eq!(
        scene.by_operator(&skip()).map(drop),
        Err(Rejection::MovesMoney)
    );
    assert_eq!(scene.order().version, version, "nothing was written");
}

#[test]
fn asking_for_an_authorization_moves_no_money() {
    let scene = Scene::available_with(Behaviour::DownFor(3));
    let call = &scene.order().calls[&1];
    assert_eq!(call.state, CallState::Deferred);
    assert!(!scene.order().moves_money(call.kind));
}

#[test]
fn letting_go_of_an_authorization_can_be_skipped_and_has_no_way_back() {
    let mut scene = Scene::at("accepted");
    scene.by(scene.customer, &cancel(0)).unwrap();
    let call = silence(&mut scene, "void");
    assert_eq!(remedies(&scene), ["retry", "skip"]);
    assert_eq!(code(scene.by_operator(&compensate())), "no_way_back");
    scene.by_operator(&skip()).unwrap();
    let last = scene.campus.journal().last().unwrap();
    assert!(last.record.money.is_empty());
    assert_eq!(name(&last.record, Some(scene.order())), Some("skip"));
    assert!(!scene.order().is_live(), "nothing is under way any more");
    let version = scene.order().version;
    scene.campus.answered(scene.order, call, Answer::Voided);
    assert_eq!(scene.order().version, version, "a late answer does nothing");
    scene.campus.advance(HOUR_MS);
    assert_eq!(code(scene.by_operator(&skip())), "not_in_this_stage");
    scene.holds();
}

#[test]
fn a_refund_that_keeps_failing_is_tried_until_the_gateway_answers() {
    let mut scene = Scene::at("collected");
    scene.by_operator(&divide(K.0, Fault::Runner)).unwrap();
    let call = silence(&mut scene, "refund");
    assert_eq!(remedies(&scene), ["retry"]);
    assert_eq!(code(scene.by_operator(&skip())), "moves_money");
    assert_eq!(code(scene.by_operator(&compensate())), "no_way_back");
    scene.by_operator(&retry()).unwrap();
    assert_eq!(scene.order().calls[&call].state, CallState::Open);
    scene.campus.settle();
    assert_eq!(scene.campus.gateway().cash(), Cents::ZERO);
    scene.holds();
}

#[test]
fn a_tip_that_keeps_failing_can_be_given_up_and_comes_back_if_it_was_charged() {
    let mut scene = Scene::at("completed");
    let cents = Cents(300);
    scene.by(scene.customer, &Command::Tip { cents }).unwrap();
    let call = silence(&mut scene, "charge");
    scene.by_operator(&compensate()).unwrap();
    let reason = Decline::Unanswered;
    assert_eq!(
        told_customer(&scene).last(),
        Some(&NoticeKind::TipFailed { reason })
    );
    let wallet = Account::Payable(scene.runner);
    let promised = scene.campus.ledger().balance(wallet).pending_in;
    assert_eq!(promised, Cents::ZERO);
    scene.holds();
    let charged = Answer::Captured { cents };
    scene.campus.answered(scene.order, call, charged);
    let back = open(scene.order(), "refund");
    let capture = call;
    let kind = scene.order().calls[&back].kind;
    assert_eq!(kind, CallKind::Refund { capture, cents });
}

#[test]
fn a_release_that_keeps_failing_is_tried_again_but_not_under_a_hold() {
    let mut scene = Scene::at("on-the-way");
    scene.campus.refuse(AskKind::Release, 8);
    let deliver = scene.next_step();
    scene.by(scene.runner, &deliver).unwrap();
    scene.campus.advance(5 * MINUTE_MS);
    assert_eq!(remedies(&scene), ["retry"]);
    assert_eq!(code(scene.by_operator(&skip())), "moves_money");
    let refused = scene.by_operator(&compensate()).map(drop);
    let why = "a delivery is never undone".to_owned();
    assert_eq!(refused, Err(Rejection::NoCompensation { why }));
    scene.by_operator(&hold()).unwrap();
    assert!(remedies(&scene).is_empty());
    assert_eq!(code(scene.by_operator(&retry())), "not_in_this_stage");
    scene.campus.refuse(AskKind::Release, 1);
    scene.by_operator(&unhold()).unwrap();
    assert_eq!(scene.shows(), "delivered");
    scene.by_operator(&retry()).unwrap();
    assert_eq!(scene.shows(), "completed");
    assert!(!scene.order().keeps_failing(figures().retry_tries));
    scene.holds();
}

#[test]
fn nothing_is_remedied_where_nothing_fails() {
    for status in ["pending", "purchased", "completed"] {
        let mut scene = Scene::at(status);
        for command in [retry(), skip(), compensate()] {
            let refused = scene.by_operator(&command);
            assert_eq!(code(refused), "not_in_this_stage", "{status} {command:?}");
        }
    }
}

#[test]
fn a_hold_does_not_keep_the_gateway_from_being_asked_again() {
    let (mut scene, call) = silent_charge();
    scene.by_operator(&hold()).unwrap();
    scene.by_operator(&retry()).unwrap();
    assert_eq!(scene.order().calls[&call].state, CallState::Open);
}

#[test]
fn only_what_a_late_success_can_be_sent_back_for_has_a_way_back() {
    let scene = Scene::available();
    let order = scene.order();
    let (authorization, capture, cents) = (1, 1, Cents(1));
    let kinds = [
        CallKind::Authorize { cents },
        CallKind::Capture {
            authorization,
            cents,
        },
        CallKind::Void { authorization },
        CallKind::Refund { capture, cents },
        CallKind::Charge { cents },
        CallKind::PayOut { cents },
    ];
    for kind in kinds {
        let back = matches!(compensation(kind), Undo::By(..));
        let charges = matches!(kind, CallKind::Capture { .. } | CallKind::Charge { .. });
        assert_eq!(back, charges, "{kind:?}");
        assert!(!back || order.moves_money(kind), "{kind:?}");
    }
}
