//! A photo in place of the PIN after wrong ones: the runner is not paid on their own word.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    money::Cents,
    notice::NoticeKind,
    order::{Command, Fault, Handover, Placement},
    policy::Policy,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
    timer::TimerKind,
};
use campusg_simulation::Behaviour;

mod common;
use common::{
    Scene, figures,
    seen::{
        armed, code, dispute, hold, resolve, told_customer, told_operators, told_runner, unhold,
    },
};

const PAID: Cents = Cents(2649);

fn on_the_way_under(policy: Policy, change: impl FnOnce(&mut Placement)) -> Scene {
    let mut scene = Scene::placed_under(policy, Behaviour::Succeeds, change);
    scene.campus.settle();
    scene.go_to("on-the-way");
    // The daily look comes before the window is over.
    scene.campus.advance(30 * MINUTE_MS);
    scene
}

fn on_the_way() -> Scene {
    on_the_way_under(figures(), |_| ())
}

/// Five wrong PINs, and a photo in place of the right one.
fn by_photo() -> Scene {
    let mut scene = on_the_way();
    scene.shows_wrong_pins(5);
    scene.shows_a_photo().unwrap();
    scene
}

fn counted(scene: &Scene) -> u32 {
    let runner = scene.campus.directory().person(scene.runner).unwrap();
    runner.photos_after_wrong_pins
}

#[test]
fn v8_five_wrong_pins_and_any_photo_are_not_paid_at_once() {
    let mut scene = by_photo();
    assert_eq!(scene.shows(), "delivered");
    assert_eq!(scene.wallet(scene.runner), Cents::ZERO);
    let window_ms = DAY_MS;
    let asked = NoticeKind::ConfirmOrDispute { window_ms };
    assert_eq!(told_customer(&scene).last(), Some(&asked));
    let waits = NoticeKind::PaymentWaits { window_ms };
    assert_eq!(told_runner(&scene).last(), Some(&waits));
    assert_eq!(armed(&scene), ["DISPUTE_WINDOW", "ESCROW_TIMEOUT"]);
    assert_eq!(counted(&scene), 1);
    scene.holds();
}

#[test]
fn v8_the_customers_confirmation_pays_at_once() {
    let mut scene = by_photo();
    assert_eq!(
        code(scene.by(scene.runner, &Command::Confirm)),
        "not_allowed"
    );
    scene.by(scene.customer, &Command::Confirm).unwrap();
    assert_eq!(
        (scene.shows().as_str(), scene.wallet(scene.runner)),
        ("completed", PAID)
    );
    scene.holds();
}

#[test]
fn v8_an_operators_confirmation_pays_too() {
    let mut scene = by_photo();
    scene.by_operator(&Command::Confirm).unwrap();
    assert_eq!(scene.wallet(scene.runner), PAID);
    scene.holds();
}

#[test]
fn v8_a_silent_customer_has_the_whole_window_and_the_daily_look_does_not_end_it() {
    let mut scene = by_photo();
    scene.campus.advance(DAY_MS - 1);
    assert_eq!(
        (scene.shows().as_str(), scene.order().overdue_days),
        ("delivered", 1)
    );
    assert_eq!(scene.wallet(scene.runner), Cents::ZERO);
    scene.campus.advance(1);
    assert_eq!(
        (scene.shows().as_str(), scene.wallet(scene.runner)),
        ("completed", PAID)
    );
    scene.holds();
}

#[test]
fn v8_the_customer_can_dispute_before_anybody_is_paid() {
    let mut scene = by_photo();
    scene.by(scene.customer, &dispute(None)).unwrap();
    assert!(!armed(&scene).contains(&"DISPUTE_WINDOW"));
    scene.campus.advance(2 * DAY_MS);
    assert_eq!(scene.wallet(scene.runner), Cents::ZERO);
    let all = scene.order().charged.0;
    scene.by_operator(&resolve(1, all, Fault::Runner)).unwrap();
    assert_eq!(
        (scene.reason(), scene.wallet(scene.runner)),
        (Some("dispute"), Cents::ZERO)
    );
    scene.holds();
}

#[test]
fn v8_one_wrong_pin_before_a_no_show_is_enough() {
    let mut scene = on_the_way();
    scene.shows_wrong_pins(1);
    scene.report_no_show();
    scene.campus.advance(7 * MINUTE_MS);
    scene.shows_a_photo().unwrap();
    assert_eq!((scene.shows().as_str(), counted(&scene)), ("delivered", 1));
    scene.holds();
}

#[test]
fn v8_the_ordinary_ways_pay_at_once_as_before() {
    type Wish = fn(&mut Placement);
    type Way = fn(&mut Scene);
    let at_the_door: Wish = |wish| wish.dropoff.handover = Handover::Door;
    let in_person: Wish = |_| ();
    let ways: [(&str, Wish, Way); 5] = [
        ("the right PIN after four wrong ones", in_person, |scene| {
            scene.shows_wrong_pins(4);
            scene.go_to("completed");
        }),
        ("the customer after five wrong PINs", in_person, |scene| {
            scene.shows_wrong_pins(5);
            scene.by(scene.customer, &Command::Confirm).unwrap();
        }),
        ("a photo at the door", at_the_door, |scene| {
            scene.shows_a_photo().unwrap();
        }),
        (
            "a photo at the door after a wrong PIN",
            at_the_door,
            |scene| {
                scene.shows_wrong_pins(1);
                scene.shows_a_photo().unwrap();
            },
        ),
        ("a photo after the wait for nobody", in_person, |scene| {
            scene.report_no_show();
            scene.campus.advance(7 * MINUTE_MS);
            scene.shows_a_photo().unwrap();
        }),
    ];
    for (way, change, deliver) in ways {
        let mut scene = on_the_way_under(figures(), change);
        deliver(&mut scene);
        assert_eq!(
            (scene.shows().as_str(), scene.wallet(scene.runner)),
            ("completed", PAID),
            "{way}"
        );
        assert_eq!(counted(&scene), 0, "{way}");
        scene.holds();
    }
}

#[test]
fn v8_of_two_windows_the_longer_counts() {
    for (dispute_window_ms, lasts_ms) in [(HOUR_MS, DAY_MS), (3 * DAY_MS, 3 * DAY_MS)] {
        let policy = Policy {
            dispute_window_ms,
            ..figures()
        };
        let mut scene = on_the_way_under(policy, |_| ());
        scene.shows_wrong_pins(5);
        scene.shows_a_photo().unwrap();
        let due = scene.order().armed(TimerKind::DisputeWindow).unwrap().due;
        assert_eq!(due.since(scene.campus.now()), lasts_ms);
        scene.campus.advance(lasts_ms - 1);
        assert_eq!(scene.shows(), "delivered");
        scene.campus.advance(1);
        assert_eq!(scene.shows(), "completed");
        scene.holds();
    }
}

#[test]
fn v8_a_hold_neither_hides_the_question_nor_ends_the_window() {
    let mut scene = on_the_way();
    scene.shows_wrong_pins(5);
    scene.by_operator(&hold()).unwrap();
    scene.shows_a_photo().unwrap();
    let asked = |kind: &NoticeKind| matches!(kind, NoticeKind::ConfirmOrDispute { .. });
    assert!(told_customer(&scene).iter().any(asked));
    scene.by_operator(&unhold()).unwrap();
    assert_eq!(scene.wallet(scene.runner), Cents::ZERO);
    scene.campus.advance(DAY_MS);
    assert_eq!(scene.wallet(scene.runner), PAID);
    assert_eq!(told_operators(&scene), [NoticeKind::Overdue]);
    scene.holds();
}
