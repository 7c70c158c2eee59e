//! The three sagas, walked: each step twice, a failure at each step, each undo twice, a crash after each record.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::{Answer, CallKind, CallNumber, CallState, Decline},
    id::{CommandId, Principal, UserId},
    money::{Account, Cents},
    notice::{Audience, NoticeKind},
    order::{Command, Fault, Offer, Order, Problem, ProposalKind, Shown},
    saga::{AcceptStep, CompleteStep, CreateStep, Failing, Mark, Saga, Step, Undo},
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
};
use campusg_simulation::{AskKind, Behaviour, Simulation};

mod common;
use common::{FOOD, Scene, figures, wish};

/// The answer that the gateway would give to this call again.
fn answer_again(order: &Order, n: CallNumber) -> Answer {
    let capture_before = order.terms.placed_at.plus(DAY_MS);
    match order.calls[&n].kind {
        CallKind::Authorize { cents } => Answer::Authorized {
            cents,
            capture_before,
        },
        CallKind::Capture { cents, .. } => Answer::Captured { cents },
        CallKind::Void { .. } => Answer::Voided,
        CallKind::Refund { cents, .. } => Answer::Refunded { cents },
        CallKind::Charge { cents } => Answer::Captured { cents },
        CallKind::PayOut { cents } => Answer::PaidOut { cents },
    }
}

/// Gives every closed call its answer once more, and every old timer its firing.
fn everything_again(scene: &mut Scene) {
    let records = scene.campus.journal().len();
    let order = scene.order().clone();
    for n in order
        .calls
        .iter()
        .filter(|(_, call)| call.state == CallState::Closed)
        .map(|(n, _)| *n)
    {
        scene.campus.answered(order.id, n, answer_again(&order, n));
    }
    for (kind, timer) in order
        .timers
        .iter()
        .filter(|(kind, _)| order.armed(**kind).is_none())
    {
        let due = Command::TimerDue {
            kind: *kind,
            generation: timer.generation,
        };
        let id = scene.campus.fresh();
        scene
            .campus
            .command(Principal::System, order.id, &due, id)
            .unwrap();
    }
    assert_eq!(
        scene.campus.journal().len(),
        records,
        "said twice, done twice"
    );
}

/// A command, the same again under its id, and the same again under another.
fn twice(who: UserId, scene: &mut Scene, command: &Command) {
    let id = scene.campus.fresh();
    let first = scene
        .campus
        .command(Principal::User(who), scene.order, command, id)
        .unwrap();
    let records = scene.campus.journal().len();
    assert_eq!(
        scene
            .campus
            .command(Principal::User(who), scene.order, command, id),
        Ok(first)
    );
    let other = Command::Cancel {
        accept_charge: Cents(1),
    };
    let reused = scene
        .campus
        .command(Principal::User(who), scene.order, &other, id)
        .unwrap_err();
    assert_eq!(reused.code(), "key_reused");
    let fresh = scene.campus.fresh();
    scene
        .campus
        .command(Principal::User(who), scene.order, command, fresh)
        .unwrap();
    assert_eq!(
        scene.campus.journal().len(),
        records,
        "done twice: {command:?}"
    );
    scene.campus.settle();
    everything_again(scene);
}

#[test]
fn each_step_twice() {
    let mut scene = Scene::available();
    everything_again(&mut scene);
    while scene.shows() != "completed" {
        let next = scene.next_step();
        twice(scene.runner, &mut scene, &next);
    }
    twice(scene.customer, &mut scene, &Command::Rate { stars: 5 });
    assert_eq!(scene.wallet(scene.runner), Cents(2649));
    assert_eq!(
        scene.campus.gateway().executed(),
        2,
        "one authorisation, one charge"
    );
    scene.holds();
}

#[test]
fn each_step_of_each_plan_is_walked() {
    let mut scene = Scene::available();
    while scene.shows() != "completed" {
        let next = scene.next_step();
        scene.by(scene.runner, &next).unwrap();
        scene.campus.settle();
    }
    for step in Saga::ALL.into_iter().flat_map(Saga::steps) {
        let state = scene.order().saga.state(*step);
        assert_eq!(state, Some(Mark::Done), "{step:?}");
    }
}

/// The scene just before the step, and the same with the step made to fail for good. `None`: the step shares its
/// record with the one before it and cannot fail alone.
fn failed_at(step: Step) -> Option<Scene> {
    let refused = |status: &str, kind: AskKind, times: u32| {
        let mut scene = Scene::at(status);
        scene.campus.refuse(kind, times);
        let next = scene.next_step();
        let _refused_or_not = scene.by(scene.runner, &next);
        scene
    };
    let placing = |kind: AskKind| {
        let mut scene = Scene::placed(Behaviour::Succeeds);
        scene.campus.refuse(kind, 1);
        scene.campus.settle();
        scene
    };
    let wrong_stage = |status: &str, command: Command| {
        let mut scene = Scene::at(status);
        scene.by(scene.runner, &command).unwrap_err();
        scene
    };
    Some(match step {
        Step::Create(CreateStep::CheckCustomer) | Step::Create(CreateStep::RecordOrder) => {
            let mut scene = Scene::available();
            let mut bad = wish(scene.customer);
            if step == CreateStep::CheckCustomer.into() {
                scene.campus.refuse(AskKind::Placement, 1)
            } else {
                bad.tip = Cents(-1)
            }
            scene.campus.place(scene.customer, bad, 2).unwrap_err();
            scene
        }
        Step::Create(CreateStep::AuthorizePayment) => {
            Scene::available_with(Behaviour::Declines(Decline::Declined))
        }
        Step::Create(CreateStep::HoldFunds) => placing(AskKind::Hold),
        Step::Create(CreateStep::ArmTimer) => placing(AskKind::Capacity),
        Step::Accept(AcceptStep::VerifyAvailable) => {
            let mut scene = Scene::at("accepted");
            let rival = scene.rival;
            scene
                .by(rival, &Command::Accept { runner: rival })
                .unwrap_err();
            scene
        }
        Step::Accept(AcceptStep::BindRunner) => refused("pending", AskKind::RunnerSlot, 1),
        Step::Complete(CompleteStep::ArriveOnSite) => {
            wrong_stage("purchased", Command::ArriveOnSite)
        }
        Step::Complete(CompleteStep::BuyFood) => refused("on-site", AskKind::UsedOnce, 1),
        Step::Complete(CompleteStep::CapturePayment) => {
            let mut scene = Scene::at("on-site");
            let buy = scene.next_step();
            scene.by(scene.runner, &buy).unwrap();
            for _ in 0..8 {
                scene.campus.answered(scene.order, 2, Answer::Unavailable);
                let retry = Command::ScheduledDue {
                    kind: campusg_domain::timer::TimerKind::StepRetry,
                };
                let id = scene.campus.fresh();
                scene
                    .campus
                    .command(Principal::System, scene.order, &retry, id)
                    .unwrap();
            }
            scene
        }
        Step::Complete(CompleteStep::CollectFood) => wrong_stage("on-site", Command::Collect),
        Step::Complete(CompleteStep::Depart) => wrong_stage("purchased", Command::Depart),
        Step::Complete(CompleteStep::MarkDelivered) => {
            let pin = |scene: &Scene| Shown::Pin(scene.campus.pin(scene.order));
            let mut scene = Scene::at("collected");
            let shown = pin(&scene);
            scene
                .by(scene.runner, &Command::Deliver { shown })
                .unwrap_err();
            scene
        }
        Step::Complete(CompleteStep::ReleaseEscrow) => {
            let mut scene = refused("on-the-way", AskKind::Release, u32::MAX);
            scene.campus.advance(HOUR_MS);
            scene
        }
        Step::Create(CreateStep::MakeAvailable)
        | Step::Accept(AcceptStep::MarkAccepted)
        | Step::Accept(AcceptStep::StopTimer)
        | Step::Accept(AcceptStep::NotifyCustomer)
        | Step::Complete(CompleteStep::MarkCompleted) => return None,
    })
}

#[test]
fn a_failure_at_each_step() {
    for step in Saga::ALL.into_iter().flat_map(Saga::steps).copied() {
        let Some(mut scene) = failed_at(step) else {
            continue;
        };
        match step.row().failing {
            Failing::Reject => assert_refused_without_a_trace(&scene, step),
            Failing::Unwind => assert_unwound(&mut scene, step),
            Failing::RetryThenAlert => assert_alarmed(&scene, step),
        }
        scene.holds();
    }
}

fn assert_refused_without_a_trace(scene: &Scene, step: Step) {
    let failed = scene
        .order()
        .saga
        .steps()
        .any(|(.., mark)| matches!(mark, Mark::Failed | Mark::Undone));
    assert!(!failed, "{step:?}: a refusal writes nothing");
    let state = scene.order().saga.state(step);
    assert!(
        matches!(state, None | Some(Mark::Done)),
        "{step:?} is {state:?}"
    );
    assert_eq!(scene.campus.orders().count(), 1);
}

fn assert_unwound(scene: &mut Scene, failed: Step) {
    scene.campus.settle();
    assert_eq!(
        scene.order().saga.state(failed),
        Some(Mark::Failed),
        "{failed:?}"
    );
    let before = failed.saga().steps().iter().filter(|step| **step < failed);
    for step in before.copied() {
        let expected = match step.row().undo {
            Undo::By(_) => Mark::Undone,
            Undo::Never(_) => Mark::Done,
        };
        assert_eq!(
            scene.order().saga.state(step),
            Some(expected),
            "{step:?}, after {failed:?} failed"
        );
    }
    assert!(scene.order().is_terminal());
    assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO, "{failed:?}");
    assert_eq!(scene.campus.ledger().accounts().count(), 0, "{failed:?}");
    assert_eq!(scene.campus.timetable().armed(), 0, "{failed:?}");
    let customer = scene.campus.directory().person(scene.customer).unwrap();
    assert_eq!(customer.open_orders, 0);
    everything_again_but_yes(scene);
}

/// A late yes to what was undone is transition 33; everything else said twice does nothing.
fn everything_again_but_yes(scene: &mut Scene) {
    let order = scene.order().clone();
    let records = scene.campus.journal().len();
    for (n, call) in &order.calls {
        if !matches!(call.kind, CallKind::Authorize { .. }) {
            scene
                .campus
                .answered(order.id, *n, answer_again(&order, *n));
        }
    }
    assert_eq!(scene.campus.journal().len(), records);
}

fn assert_alarmed(scene: &Scene, step: Step) {
    assert_eq!(
        scene.order().saga.state(step),
        Some(Mark::Stalled),
        "{step:?}"
    );
    assert!(!scene.order().is_terminal(), "{step:?}");
    let stalled = |notice: &campusg_domain::notice::Notice| {
        notice.to == Audience::Operators && notice.kind == NoticeKind::StepStalled
    };
    assert!(
        scene
            .campus
            .journal()
            .iter()
            .any(|entry| entry.record.notices.iter().any(stalled)),
        "{step:?}"
    );
}

#[test]
fn each_undo_twice() {
    for status in ["pending", "accepted"] {
        let mut scene = Scene::at(status);
        twice(
            scene.customer,
            &mut scene,
            &Command::Cancel {
                accept_charge: Cents::ZERO,
            },
        );
        assert_eq!(scene.campus.ledger().accounts().count(), 0);
        assert_eq!(
            scene.campus.gateway().executed(),
            2,
            "one authorisation, one reversal"
        );
        assert_eq!(
            scene.campus.directory().person(scene.runner).unwrap().slots,
            0
        );
        scene.holds();
    }
    for status in ["accepted", "on-site"] {
        let mut scene = Scene::at(status);
        twice(scene.runner, &mut scene, &Command::CancelAcceptance);
        for step in Saga::Accept.steps() {
            let undone = scene.order().saga.state(*step) == Some(Mark::Undone);
            assert_eq!(undone, matches!(step.row().undo, Undo::By(_)), "{step:?}");
        }
        let runner = scene.campus.directory().person(scene.runner).unwrap();
        assert_eq!((runner.slots, runner.cancellations), (0, 1));
        scene.go_to("completed");
        let anew = scene.order().saga.state(AcceptStep::BindRunner);
        assert_eq!(
            anew,
            Some(Mark::Done),
            "the second runner's saga starts anew"
        );
        scene.holds();
    }
}

/// A whole life with a change of runner, a silent gateway and a rating; gives what it comes to.
fn life(card: Behaviour, crash: bool) -> (Simulation, Vec<u8>) {
    let (mut campus, [customer, runner, rival, _]) = Scene::people(figures(), card);
    if crash {
        campus.crash_after_each_record();
    }
    let order = campus.place(customer, wish(customer), 1).unwrap();
    campus.advance(25 * MINUTE_MS);
    campus.confirm_payment(order, true);
    let photo = campus.photo();
    let shown = Shown::Pin(campus.pin(order));
    let commands = [
        (rival, Command::Accept { runner: rival }),
        (rival, Command::ArriveOnSite),
        (rival, Command::CancelAcceptance),
        (runner, Command::Accept { runner }),
        (runner, Command::ArriveOnSite),
        (
            runner,
            Command::Purchase {
                total: FOOD,
                photo: Some(photo),
            },
        ),
        (runner, Command::Collect),
        (runner, Command::Depart),
        (runner, Command::Deliver { shown }),
        (customer, Command::Rate { stars: 5 }),
    ];
    for (i, (who, command)) in commands.into_iter().enumerate() {
        let id = CommandId(1000 + i as u64);
        let _refused_where_the_card_failed =
            campus.command(Principal::User(who), order, &command, id);
        campus.advance(MINUTE_MS);
    }
    campus.advance(15 * DAY_MS);
    let hash = campus.state_hash().to_vec();
    (campus, hash)
}

#[test]
fn a_crash_after_each_record() {
    for (_, card) in Behaviour::TOKENS {
        let (quiet, expected) = life(card, false);
        let (crashed, found) = life(card, true);
        assert_eq!(quiet.journal(), crashed.journal(), "{card:?}");
        assert_eq!(expected, found, "{card:?}");
        crashed.verify().unwrap();
        assert!(
            crashed
                .orders()
                .all(|order| order.is_terminal() && !order.has_open_call()),
            "{card:?}"
        );
        let cash = -crashed.ledger().balance(Account::Gateway).posted;
        assert_eq!(crashed.gateway().cash(), cash, "{card:?}");
    }
}

/// A life with everything that can lie over it: another price, a hold, a wait at the door, a dispute, a case, a tip.
fn hard_life(card: Behaviour, crash: bool) -> (Simulation, Vec<u8>) {
    let policy = campusg_domain::policy::Policy {
        dispute_window_ms: HOUR_MS,
        ..figures()
    };
    let (mut campus, [customer, runner, _, operator]) = Scene::people(policy, card);
    if crash {
        campus.crash_after_each_record();
    }
    let order = campus.place(customer, wish(customer), 1).unwrap();
    campus.advance(25 * MINUTE_MS);
    campus.confirm_payment(order, true);
    let photo = campus.photo();
    let reason = common::words;
    let by = Principal::User;
    let price = Offer {
        kind: ProposalKind::Price,
        total: Some(Cents(2500)),
        items: vec![],
        photo,
    };
    let message = || Command::Message { text: reason() };
    let claim = |cents| common::seen::dispute(Some(cents));
    let unreachable = Command::ReportProblem {
        kind: Problem::CustomerUnreachable,
        photo: None,
        note: None,
    };
    let commands = [
        (by(runner), Command::Accept { runner }),
        (by(runner), Command::ArriveOnSite),
        (
            by(runner),
            Command::Propose {
                offer: price,
                note: None,
            },
        ),
        (by(customer), Command::Approve { proposal: 1 }),
        (by(customer), common::seen::cancel(199)),
        (
            by(runner),
            Command::Purchase {
                total: Cents(2500),
                photo: Some(photo),
            },
        ),
        (by(runner), Command::Collect),
        (by(runner), Command::Depart),
        (Principal::Operator(operator), common::seen::hold()),
        (by(runner), message()),
        (by(runner), message()),
        (by(runner), message()),
        (by(runner), unreachable),
        (by(customer), Command::AnswerNoShow),
        (
            by(runner),
            Command::Deliver {
                shown: Shown::Pin(campus.pin(order)),
            },
        ),
        (Principal::Operator(operator), common::seen::unhold()),
        (by(customer), claim(500)),
        (
            Principal::Operator(operator),
            common::seen::resolve(1, 500, Fault::Runner),
        ),
        (by(customer), Command::Tip { cents: Cents(300) }),
        (by(customer), claim(1000)),
        (
            Principal::Operator(operator),
            common::seen::resolve(2, 1000, Fault::Runner),
        ),
    ];
    for (i, (who, command)) in commands.into_iter().enumerate() {
        let id = CommandId(1000 + i as u64);
        let _refused_where_the_card_failed = campus.command(who, order, &command, id);
        campus.advance(2 * MINUTE_MS - 1);
        campus.confirm_payment(order, true);
    }
    campus.advance(30 * DAY_MS);
    let hash = campus.state_hash().to_vec();
    (campus, hash)
}

#[test]
fn a_crash_after_each_record_of_a_hard_life() {
    for (_, card) in Behaviour::TOKENS {
        let (quiet, expected) = hard_life(card, false);
        let (crashed, found) = hard_life(card, true);
        assert_eq!(quiet.journal(), crashed.journal(), "{card:?}");
        assert_eq!(expected, found, "{card:?}");
        crashed.verify().unwrap();
        for order in crashed.orders() {
            assert!(order.is_terminal() && !order.is_live(), "{card:?}");
            assert!(order.promises.is_empty(), "{card:?}");
        }
        let cash = -crashed.ledger().balance(Account::Gateway).posted;
        assert_eq!(crashed.gateway().cash(), cash, "{card:?}");
        assert_eq!(crashed.gateway().blocked(), Cents::ZERO, "{card:?}");
    }
    let (good, _) = hard_life(Behaviour::Succeeds, false);
    let order = good.orders().next().unwrap();
    assert_eq!(
        (order.disputes, order.refunded),
        (2, Cents(1500)),
        "nothing was refused"
    );
    assert_eq!(order.tipped_later(), Cents(300));
}
