//! Transitions 19 and 33: a charge that was done while its answer was lost, and that is given up: letting go of it finds out.
//!
//! Whatever comes first, the gateway's book and the ledger say the same in the end, and the customer never both pays
//! and owes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::{Answer, CallKind, CallNumber, CallState, Decline},
    gateway::Request,
    id::{Principal, Stream},
    money::{Account, Cents},
    notice::NoticeKind,
    order::{Collection, Command, Fault, Order, Outcome, TipState},
    rejection::Rejection,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
    timer::TimerKind,
};
use campusg_simulation::{Behaviour, Seeded};
use std::collections::BTreeSet;

mod common;
use common::{
    K, Scene, figures,
    seen::{cancel, code, dispute, resolve, told_operators},
    words,
};

const ROUNDS: u64 = 1_000;
const TIP: Cents = Cents(300);

fn compensate() -> Command {
    Command::CompensateStalled { reason: words() }
}

fn skip() -> Command {
    Command::SkipStalled { reason: words() }
}

fn last(order: &Order, purpose: &str) -> CallNumber {
    let mut calls = order.calls.iter().rev();
    let found = calls.find(|(_, call)| call.kind.purpose() == purpose);
    *found.unwrap_or_else(|| panic!("no {purpose} was made")).0
}

/// Time passes until a person is to help with this.
fn until_stalled(scene: &mut Scene) {
    scene.campus.advance(15 * MINUTE_MS);
    assert!(scene.order().keeps_failing(figures().retry_tries));
}

/// Bought and charged, and no answer of the charge came through.
fn charged_and_unknown() -> (Scene, CallNumber) {
    let mut scene = Scene::available_with(Behaviour::LosesCharges(20));
    scene.go_to("on-site");
    let buy = scene.next_step();
    scene.by(scene.runner, &buy).unwrap();
    until_stalled(&mut scene);
    assert_eq!(scene.campus.gateway().charged(scene.order), K);
    let call = last(scene.order(), "capture");
    (scene, call)
}

/// Completed and tipped, and no answer of the tip's charge came through.
fn tipped_and_unknown() -> (Scene, CallNumber) {
    let mut scene = Scene::at("completed");
    let customer = scene.customer;
    scene
        .campus
        .set_card(customer, Behaviour::LosesCharges(20))
        .unwrap();
    scene.by(customer, &Command::Tip { cents: TIP }).unwrap();
    until_stalled(&mut scene);
    assert_eq!(scene.campus.gateway().charged(scene.order), K + TIP);
    let call = last(scene.order(), "charge");
    (scene, call)
}

/// Once nothing is under way any more, every invariant holds and the ledger says what the gateway's book says.
fn agrees(scene: &mut Scene) {
    scene.campus.advance(4 * HOUR_MS);
    assert!(!scene.order().has_open_call());
    let cash = -scene.balance(Account::Gateway);
    assert_eq!(scene.campus.gateway().cash(), cash, "the books differ");
    assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO);
    scene.holds();
}

fn captured(scene: &mut Scene, call: CallNumber, cents: Cents) {
    scene
        .campus
        .answered(scene.order, call, Answer::Captured { cents });
}

#[test]
fn transition_33_a_charge_that_was_done_and_given_up_goes_back_to_the_card() {
    let (mut scene, call) = charged_and_unknown();
    scene.by_operator(&compensate()).unwrap();
    assert_eq!(scene.order().collection, Collection::Owed);
    assert_eq!(scene.campus.ledger().debt(scene.customer), K);
    agrees(&mut scene);
    assert_eq!(scene.campus.gateway().cash(), Cents::ZERO, "sent back");
    assert_eq!(scene.campus.ledger().debt(scene.customer), K, "still owed");
    let late = NoticeKind::LateChargeReturned { cents: K };
    assert!(told_operators(&scene).contains(&late));
    let back = scene.order().calls[&last(scene.order(), "refund")];
    let (capture, cents) = (call, K);
    assert_eq!(back.kind, CallKind::Refund { capture, cents });
    scene.go_to("completed");
    assert_eq!(scene.wallet(scene.runner), Cents(2649), "paid as always");
    agrees(&mut scene);
}

#[test]
fn transition_33_a_charge_that_its_deadline_gives_up_goes_back_too() {
    let mut scene = Scene::available_with(Behaviour::LosesCharges(20));
    scene.go_to("on-site");
    let buy = scene.next_step();
    scene.by(scene.runner, &buy).unwrap();
    scene.campus.settle();
    let until = scene.campus.now().plus(5 * DAY_MS);
    assert_eq!(scene.campus.gateway().charged(scene.order), K);
    scene.campus.gateway_is_down_until(until);
    scene.campus.advance(5 * DAY_MS + HOUR_MS);
    assert_eq!(scene.order().collection, Collection::Owed);
    agrees(&mut scene);
    assert_eq!(scene.campus.gateway().cash(), Cents::ZERO);
    assert_eq!(scene.campus.ledger().debt(scene.customer), K);
}

#[test]
fn transition_33_what_is_told_twice_is_sent_back_once() {
    let (mut scene, call) = charged_and_unknown();
    scene.by_operator(&compensate()).unwrap();
    let void = last(scene.order(), "void");
    let mut event_first = scene.clone();
    let kind = scene.order().calls[&void].kind;
    assert!(event_first.order().moves_money(kind));
    captured(&mut event_first, call, K);
    let known = !event_first.order().moves_money(kind);
    assert!(known, "the void has nothing more to tell");
    captured(&mut event_first, void, K);
    captured(&mut scene, void, K);
    captured(&mut scene, call, K);
    for mut scene in [scene, event_first] {
        captured(&mut scene, void, K);
        captured(&mut scene, call, K);
        let calls = scene.order().calls.values();
        let back = calls.filter(|call| call.kind.purpose() == "refund");
        assert_eq!(back.count(), 1);
        agrees(&mut scene);
        assert_eq!(scene.campus.gateway().cash(), Cents::ZERO);
    }
}

#[test]
fn transition_19_a_charge_that_was_not_done_stays_undone_whenever_its_call_arrives() {
    let mut scene = Scene::at("on-site");
    scene
        .campus
        .gateway_is_down_until(scene.campus.now().plus(HOUR_MS));
    let buy = scene.next_step();
    scene.by(scene.runner, &buy).unwrap();
    until_stalled(&mut scene);
    scene.by_operator(&compensate()).unwrap();
    scene.campus.advance(2 * HOUR_MS);
    agrees(&mut scene);
    let call = last(scene.order(), "capture");
    let (late, cash) = arrives_now(&scene, call);
    let reason = Decline::Expired;
    assert_eq!(late, Answer::Declined { reason }, "it comes too late");
    assert_eq!(cash, Cents::ZERO);
    assert_eq!(scene.campus.ledger().debt(scene.customer), K);
}

/// What a call that was lost on its way is answered when it arrives after all, and the cash at the gateway after it.
fn arrives_now(scene: &Scene, call: CallNumber) -> (Answer, Cents) {
    let (order, stream) = (scene.order(), Stream::Order(scene.order));
    let (kind, card) = (order.calls[&call].kind, order.card(call));
    let calls = |n| order.calls.get(&n).map(|call| call.kind);
    let request = Request::resolve(stream, call, kind, card, calls).unwrap();
    let mut gateway = scene.campus.gateway().clone();
    let answer = gateway.call((stream, call), &request, card, scene.campus.now());
    (answer, gateway.cash())
}

#[test]
fn transition_34_what_a_lost_charge_sent_back_counts_once_against_later_claims() {
    let (mut scene, _) = charged_and_unknown();
    scene.go_to("completed");
    scene.by(scene.customer, &dispute(Some(1000))).unwrap();
    scene.by_operator(&resolve(1, 1000, Fault::Store)).unwrap();
    assert_eq!(scene.wallet(scene.customer), Cents(1000), "on its way");
    scene.by_operator(&compensate()).unwrap();
    agrees(&mut scene);
    let owed = K - Cents(1000);
    assert_eq!(scene.campus.ledger().debt(scene.customer), owed);
    scene.by(scene.customer, &dispute(Some(200))).unwrap();
    scene.by_operator(&resolve(2, 200, Fault::Store)).unwrap();
    agrees(&mut scene);
    let owed = owed - Cents(200);
    assert_eq!(scene.campus.ledger().debt(scene.customer), owed);
    assert_eq!(scene.wallet(scene.customer), Cents::ZERO);
    assert_eq!(scene.campus.gateway().cash(), Cents::ZERO);
}

#[test]
fn transition_33_letting_go_of_what_may_have_been_charged_is_never_skipped() {
    let (mut scene, _) = charged_and_unknown();
    scene
        .campus
        .gateway_is_down_until(scene.campus.now().plus(HOUR_MS));
    scene.by_operator(&compensate()).unwrap();
    until_stalled(&mut scene);
    let void = last(scene.order(), "void");
    assert_eq!(scene.order().calls[&void].state, CallState::Deferred);
    let kind = scene.order().calls[&void].kind;
    assert!(scene.order().moves_money(kind));
    let refused = scene.by_operator(&skip()).map(drop);
    assert_eq!(refused, Err(Rejection::MovesMoney));
    assert_eq!(code(scene.by_operator(&compensate())), "no_way_back");
    scene.campus.advance(2 * HOUR_MS);
    agrees(&mut scene);
    assert_eq!(scene.campus.gateway().cash(), Cents::ZERO);
}

#[test]
fn transition_33_a_void_that_was_given_up_before_is_still_told_of_the_charge() {
    let mut scene = Scene::at("accepted");
    scene.by(scene.customer, &cancel(0)).unwrap();
    scene
        .campus
        .gateway_is_down_until(scene.campus.now().plus(HOUR_MS));
    until_stalled(&mut scene);
    let void = last(scene.order(), "void");
    let kind = scene.order().calls[&void].kind;
    assert!(!scene.order().moves_money(kind), "nothing was charged");
    scene.by_operator(&skip()).unwrap();
    let records = scene.campus.journal().len();
    captured(&mut scene, void, K);
    assert_eq!(
        scene.campus.journal().len(),
        records,
        "what was never charged can't come back"
    );
}

#[test]
fn transition_32a_a_tip_that_was_charged_and_given_up_goes_back_to_the_card() {
    let (mut scene, call) = tipped_and_unknown();
    scene.by_operator(&compensate()).unwrap();
    agrees(&mut scene);
    assert_eq!(scene.campus.gateway().cash(), K, "the tip went back");
    assert_eq!(scene.wallet(scene.runner), Cents(2649), "not the runner's");
    assert_eq!(scene.wallet(scene.customer), Cents::ZERO);
    assert_eq!(scene.order().calls[&call].outcome, Outcome::Succeeded);
    let tips: Vec<(Cents, TipState)> = scene.order().later_tips().collect();
    assert_eq!(tips, [(TIP, TipState::Failed)]);
    assert_eq!(scene.order().tipped_later(), Cents::ZERO);
}

#[test]
fn transition_32a_a_tip_that_went_back_to_the_wallet_is_no_tip() {
    let (mut scene, _) = tipped_and_unknown();
    scene.by_operator(&compensate()).unwrap();
    let void = last(scene.order(), "void");
    captured(&mut scene, void, TIP);
    let refund = last(scene.order(), "refund");
    let reason = Decline::CardInvalid;
    scene
        .campus
        .answered(scene.order, refund, Answer::Declined { reason });
    agrees(&mut scene);
    assert_eq!(scene.wallet(scene.customer), TIP);
    let tips: Vec<(Cents, TipState)> = scene.order().later_tips().collect();
    assert_eq!(tips, [(TIP, TipState::Failed)]);
    assert_eq!(scene.order().tipped_later(), Cents::ZERO);
}

#[test]
fn transition_32a_a_tip_that_was_given_up_is_never_charged_later() {
    let mut scene = Scene::at("completed");
    scene
        .campus
        .gateway_is_down_until(scene.campus.now().plus(HOUR_MS));
    scene
        .by(scene.customer, &Command::Tip { cents: TIP })
        .unwrap();
    until_stalled(&mut scene);
    scene.by_operator(&compensate()).unwrap();
    let void = last(scene.order(), "void");
    let kind = scene.order().calls[&void].kind;
    assert!(scene.order().moves_money(kind));
    scene.campus.advance(2 * HOUR_MS);
    agrees(&mut scene);
    let call = last(scene.order(), "charge");
    let (late, _) = arrives_now(&scene, call);
    let reason = Decline::Expired;
    assert_eq!(late, Answer::Declined { reason });
}

/// Runs the contenders in a random order, with the gateway asked and everything forgotten in between, and collects how
/// it ends.
fn race(
    start: &Scene,
    contenders: &[(Principal, Command)],
    ends: impl Fn(&mut Scene) -> Cents,
) -> BTreeSet<Cents> {
    let mut found = BTreeSet::new();
    for round in 0..ROUNDS {
        let mut chance = Seeded::new(round);
        let mut scene = start.clone();
        let mut waiting: Vec<&(Principal, Command)> = contenders.iter().collect();
        while !waiting.is_empty() {
            let drawn = usize::try_from(chance.below(waiting.len() as u64)).unwrap();
            let (who, command) = waiting.remove(drawn);
            for _ in 0..=chance.below(2) {
                let id = scene.campus.fresh();
                let _refused_where_it_comes_too_late =
                    scene.campus.command(*who, scene.order, command, id);
            }
            match chance.below(5) {
                0 => scene.campus.settle(),
                1 => drop(scene.campus.step()),
                2 => scene.campus.rebuild().unwrap(),
                _ => {}
            }
        }
        found.insert(ends(&mut scene));
    }
    found
}

/// Everything that can meet over a charge that is given up; its late answer last.
fn contenders(scene: &Scene, call: CallNumber, cents: Cents) -> Vec<(Principal, Command)> {
    let operator = Principal::Operator(scene.operator);
    let answer = Answer::Captured { cents };
    let retry = Command::RetryStalled { reason: words() };
    let kind = TimerKind::StepRetry;
    vec![
        (operator, compensate()),
        (operator, retry),
        (operator, skip()),
        (Principal::System, Command::ScheduledDue { kind }),
        (Principal::Gateway, Command::Answered { call, answer }),
    ]
}

#[test]
fn transition_33_giving_up_a_charge_against_its_late_answer() {
    let (scene, call) = charged_and_unknown();
    let all = contenders(&scene, call, K);
    let owed_or_paid = |scene: &mut Scene| {
        agrees(scene);
        let debt = scene.campus.ledger().debt(scene.customer);
        let cash = scene.campus.gateway().cash();
        assert_eq!(debt + cash, K, "paid or owed, never both and never neither");
        cash
    };
    let both = BTreeSet::from([Cents::ZERO, K]);
    assert_eq!(race(&scene, &all, owed_or_paid), both);
    let untold = &all[..4];
    assert_eq!(
        race(&scene, untold, owed_or_paid),
        both,
        "asked again, or let go"
    );
}

#[test]
fn transition_32a_giving_up_a_tip_against_its_late_answer() {
    let (scene, call) = tipped_and_unknown();
    let all = contenders(&scene, call, TIP);
    let kept_or_returned = |scene: &mut Scene| {
        agrees(scene);
        let tipped = scene.wallet(scene.runner) - Cents(2649);
        assert_eq!(scene.campus.gateway().cash(), K + tipped);
        assert_eq!(scene.order().tipped_later(), tipped);
        tipped
    };
    let both = BTreeSet::from([Cents::ZERO, TIP]);
    assert_eq!(race(&scene, &all, kept_or_returned), both);
    let untold = &all[..4];
    assert_eq!(
        race(&scene, untold, kept_or_returned),
        both,
        "asked again, or let go"
    );
}
