//! Orders for later: before `deliver_after` nothing counts against the customer, nor against the runner as late.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    notice::NoticeKind,
    order::{Command, Handover, Placement, Problem, ProposalKind, Shown},
    policy::Policy,
    rejection::Rejection,
    time::{At, HOUR_MS, MINUTE_MS},
    timer::TimerKind,
};

mod common;
use common::{
    Scene, figures,
    seen::{code, hold, told_customer, told_operators, told_runner, unhold},
    words,
};

/// An order for an hour later: its runner is on the way to the customer 43 minutes before the time.
fn too_early_on_the_way(change: impl FnOnce(&mut Placement)) -> (Scene, At) {
    let (mut scene, after) = Scene::for_later(figures(), HOUR_MS, change);
    scene.go_to("on-the-way");
    scene.campus.advance(2 * MINUTE_MS);
    (scene, after)
}

/// As above, with a runner who may accept three hours before the time.
fn hours_before() -> (Scene, At) {
    let policy = Policy {
        board_lead_ms: 3 * HOUR_MS,
        ..figures()
    };
    Scene::for_later(policy, 5 * HOUR_MS, |_| ())
}

fn refused_until(scene: &mut Scene, command: &Command, opens: At) {
    let in_ms = opens.since(scene.campus.now());
    let refused = scene.by(scene.runner, command).unwrap_err();
    assert_eq!(refused, Rejection::TooEarly { opens, in_ms });
}

fn unreachable() -> Command {
    Command::ReportProblem {
        kind: Problem::CustomerUnreachable,
        photo: None,
        note: None,
    }
}

fn left_at_the_door(scene: &mut Scene) -> Command {
    let shown = Shown::Photo(scene.photo());
    Command::Deliver { shown }
}

/// Lets time pass until a millisecond before `at`.
fn just_before(scene: &mut Scene, at: At) {
    let now = scene.campus.now();
    scene.campus.advance(at.since(now) - 1);
}

#[test]
fn a4_a_customer_is_no_no_show_before_the_time_they_asked_for() {
    let (mut scene, after) = too_early_on_the_way(|_| ());
    let message = Command::Message { text: words() };
    scene.by(scene.runner, &message).unwrap();
    scene.campus.advance(2 * MINUTE_MS);
    scene.by(scene.runner, &message).unwrap();
    refused_until(&mut scene, &unreachable(), after);
    let returned = Command::ReportProblem {
        kind: Problem::Returned,
        photo: Some(scene.photo()),
        note: None,
    };
    scene.campus.advance(7 * MINUTE_MS);
    let refused = scene.by(scene.runner, &returned);
    assert_eq!(code(refused), "not_in_this_stage");

    just_before(&mut scene, after);
    refused_until(&mut scene, &unreachable(), after);
    scene.campus.advance(1);
    let refused = scene.by(scene.runner, &unreachable());
    assert_eq!(
        refused.unwrap_err(),
        Rejection::ContactFirst { left: 2 },
        "what was written before the time is no attempt"
    );
    scene.report_no_show();
    let opens = scene.campus.now().plus(7 * MINUTE_MS);
    assert!(opens >= after.plus(7 * MINUTE_MS));
    refused_until(&mut scene, &returned, opens);
    scene.campus.advance(7 * MINUTE_MS);
    scene.by(scene.runner, &returned).unwrap();
    assert_eq!(scene.reason(), Some("customer_no_show"));
    scene.holds();
}

#[test]
fn a4_nothing_is_left_at_the_door_before_the_time() {
    let (mut scene, after) = too_early_on_the_way(|wish| wish.dropoff.handover = Handover::Door);
    let left = left_at_the_door(&mut scene);
    refused_until(&mut scene, &left, after);
    just_before(&mut scene, after);
    refused_until(&mut scene, &left, after);
    scene.campus.advance(1);
    scene.by(scene.runner, &left).unwrap();
    assert_eq!(scene.shows(), "completed");
    scene.holds();
}

#[test]
fn a4_wrong_pins_open_the_photo_at_the_time_and_not_before() {
    let (mut scene, after) = too_early_on_the_way(|_| ());
    scene.shows_wrong_pins(5);
    let photo = left_at_the_door(&mut scene);
    refused_until(&mut scene, &photo, after);
    scene.holds();
}

#[test]
fn a4_who_is_there_before_the_time_gets_the_food() {
    let (scene, _) = too_early_on_the_way(|_| ());
    let mut by_pin = scene.clone();
    by_pin.go_to("completed");
    by_pin.holds();
    let mut confirmed = scene;
    let customer = confirmed.customer;
    confirmed.by(customer, &Command::Confirm).unwrap();
    assert_eq!(confirmed.shows(), "completed");
    confirmed.holds();
}

#[test]
fn a4_a_delivery_is_late_counted_from_the_time_asked_for() {
    let (mut scene, after) = too_early_on_the_way(|_| ());
    let late = after.plus(45 * MINUTE_MS);
    just_before(&mut scene, late);
    assert!(!scene.order().late);
    scene.campus.advance(1);
    assert!(scene.order().late);
    assert_eq!(told_operators(&scene), []);
    scene.campus.advance(HOUR_MS);
    assert_eq!(told_operators(&scene), [NoticeKind::Late]);
    scene.holds();
}

#[test]
fn a4_food_that_is_bought_after_the_time_is_late_as_always() {
    let (mut scene, after) = Scene::for_later(figures(), HOUR_MS, |_| ());
    scene.go_to("on-site");
    let now = scene.campus.now();
    scene.campus.advance(after.since(now) + MINUTE_MS);
    scene.go_to("purchased");
    let late = scene.campus.now().plus(45 * MINUTE_MS);
    assert_eq!(
        scene
            .order()
            .armed(TimerKind::DeliveryReminder)
            .unwrap()
            .due,
        late
    );
    scene.holds();
}

#[test]
fn a4_a_proposal_does_not_run_out_on_a_customer_before_the_time() {
    for (kind, total) in [
        (ProposalKind::Price, Some(2500)),
        (ProposalKind::StoreClosed, None),
    ] {
        let (mut scene, after) = Scene::for_later(figures(), HOUR_MS, |_| ());
        scene.go_to("on-site");
        let asked = scene.propose(kind, total);
        scene.by(scene.runner, &asked).unwrap();
        just_before(&mut scene, after.plus(5 * MINUTE_MS));
        assert_eq!(scene.shows(), "on-site", "{kind:?}");
        scene.campus.advance(1);
        assert_eq!(scene.shows(), "cancelled", "{kind:?}");
        scene.holds();
    }
}

#[test]
fn a4_nor_does_one_whose_card_is_asked_for_more() {
    let (mut scene, after) = Scene::for_later(figures(), HOUR_MS, |_| ());
    scene.go_to("on-site");
    let asked = scene.propose(ProposalKind::Price, Some(2500));
    scene.by(scene.runner, &asked).unwrap();
    let approve = Command::Approve { proposal: 1 };
    scene.by(scene.customer, &approve).unwrap();
    let expiry = scene.order().armed(TimerKind::ProposalExpiry).unwrap().due;
    assert_eq!(expiry, after.plus(5 * MINUTE_MS));
}

#[test]
fn a4_a_runner_loses_the_order_at_the_time_at_the_earliest() {
    let (mut scene, after) = hours_before();
    scene.go_to("accepted");
    just_before(&mut scene, after);
    assert_eq!(scene.shows(), "accepted");
    assert_eq!(told_runner(&scene), [NoticeKind::RunnerReminder]);
    scene.campus.advance(1);
    assert_eq!(scene.shows(), "pending");
    scene.holds();
}

#[test]
fn a4_a_runner_is_long_at_the_store_at_the_time_at_the_earliest() {
    let (mut scene, after) = hours_before();
    scene.go_to("on-site");
    just_before(&mut scene, after);
    assert_eq!(told_operators(&scene), []);
    scene.campus.advance(1);
    assert_eq!(told_operators(&scene), [NoticeKind::StoreWaitLong]);
    scene.holds();
}

/// Whatever is waited for: until the time asked for nobody is held to anything. Only the runner is reminded.
#[test]
fn a4_waiting_until_the_time_changes_nothing_at_any_stage() {
    type Change = fn(&mut Scene);
    let alone: Change = |_| ();
    let asked: Change = |scene| {
        let asked = scene.propose(ProposalKind::SoldOut, None);
        scene.by(scene.runner, &asked).unwrap();
    };
    let other_store: Change = |scene| {
        let asked = scene.propose(ProposalKind::StoreClosed, None);
        scene.by(scene.runner, &asked).unwrap();
        let store = common::wish(scene.customer).store;
        let other = Command::OtherStore { proposal: 1, store };
        scene.by(scene.customer, &other).unwrap();
    };
    let held: Change = |scene| {
        scene.by_operator(&hold()).unwrap();
    };
    let stages = [
        ("accepted", alone),
        ("accepted", held),
        ("on-site", alone),
        ("on-site", asked),
        ("on-site", other_store),
        ("on-site", held),
        ("purchased", alone),
        ("collected", alone),
        ("on-the-way", alone),
        ("on-the-way", held),
    ];
    for (stage, over) in stages {
        let (mut scene, after) = hours_before();
        scene.go_to(stage);
        over(&mut scene);
        let before = [told_customer(&scene), told_operators(&scene)];
        just_before(&mut scene, after);
        if scene.order().operator_hold {
            assert_eq!(scene.order().noted, [], "{stage}");
            scene.by_operator(&unhold()).unwrap();
        }
        assert_eq!((scene.shows().as_str(), scene.order().late), (stage, false));
        let mut now = [told_customer(&scene), told_operators(&scene)];
        now[0].retain(|kind| *kind != NoticeKind::ReleasedByOperator);
        assert_eq!(now, before, "{stage}");
        let runner = told_runner(&scene);
        assert!(!runner.contains(&NoticeKind::Late), "{stage}");
        scene.holds();
    }
}
