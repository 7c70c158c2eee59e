//! On the way and at the door: transitions 25–28 and 40 of the lifecycle: tests named after the rows.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    id::Principal,
    money::{Account, Cents},
    notice::NoticeKind,
    order::{Command, Ending, EscrowStatus, Fault, PaymentStatus, Problem, Shown, Stage},
    policy::Policy,
    rejection::Rejection,
    text::Sealed,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
    timer::TimerKind,
};
use campusg_simulation::{AskKind, Behaviour};

mod common;
use common::{
    H, K, Scene, X, figures,
    seen::{
        armed, cancel, code, divide, hold, statuses, told_customer, told_operators, told_runner,
        trip, unhold,
    },
    words,
};

fn message() -> Command {
    Command::Message { text: words() }
}

fn report(kind: Problem, scene: &mut Scene) -> Command {
    let photo = Some(scene.photo());
    Command::ReportProblem {
        kind,
        photo,
        note: None,
    }
}

fn windowed() -> Policy {
    Policy {
        dispute_window_ms: HOUR_MS,
        ..figures()
    }
}

fn delivered() -> Scene {
    let mut scene = Scene::placed_under(windowed(), Behaviour::Succeeds, |_| ());
    scene.campus.settle();
    scene.go_to("delivered");
    scene
}

#[test]
fn transition_25_messages_run_from_acceptance_until_a_day_after_the_end() {
    let mut scene = Scene::available();
    assert_eq!(
        code(scene.by(scene.customer, &message())),
        "not_in_this_stage"
    );
    scene.go_to("accepted");
    scene.by(scene.customer, &message()).unwrap();
    assert_eq!(told_runner(&scene).last(), Some(&NoticeKind::Message));
    scene.by(scene.runner, &message()).unwrap();
    assert_eq!(told_customer(&scene).last(), Some(&NoticeKind::Message));
    let empty = Command::Message {
        text: Sealed(vec![]),
    };
    assert_eq!(code(scene.by(scene.runner, &empty)), "invalid_field");
    let long = Command::Message {
        text: Sealed(vec![0; 4097]),
    };
    assert_eq!(code(scene.by(scene.runner, &long)), "invalid_field");
    assert_eq!(code(scene.by(scene.rival, &message())), "not_found");
    scene.go_to("completed");
    scene.campus.advance(DAY_MS - 1);
    scene.by(scene.customer, &message()).unwrap();
    scene.campus.advance(1);
    assert_eq!(
        code(scene.by(scene.customer, &message())),
        "not_in_this_stage"
    );
    assert_eq!(scene.order().messages, 3);
    scene.holds();
}

#[test]
fn transition_25_an_order_has_so_many_messages_and_no_more() {
    let policy = Policy {
        messages_per_order: 2,
        ..figures()
    };
    let mut scene = Scene::placed_under(policy, Behaviour::Succeeds, |_| ());
    scene.campus.settle();
    scene.go_to("accepted");
    scene.by(scene.customer, &message()).unwrap();
    scene.by(scene.customer, &message()).unwrap();
    let refused = scene.by(scene.customer, &message()).unwrap_err();
    assert_eq!(refused, Rejection::TooManyMessages { limit: 2 });
    scene.holds();
}

#[test]
fn transition_25_a_customer_is_unreachable_after_two_unanswered_messages() {
    let mut scene = Scene::at("collected");
    scene.by(scene.runner, &message()).unwrap();
    scene.campus.advance(2 * MINUTE_MS);
    scene.go_to("on-the-way");
    let unreachable = report(Problem::CustomerUnreachable, &mut scene);
    let left = |scene: &mut Scene| match scene.by(scene.runner, &unreachable) {
        Err(Rejection::ContactFirst { left }) => left,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        left(&mut scene),
        2,
        "only what was sent since on the way counts"
    );
    scene.by(scene.runner, &message()).unwrap();
    scene.campus.advance(2 * MINUTE_MS - 1);
    scene.by(scene.runner, &message()).unwrap();
    assert_eq!(left(&mut scene), 1, "too soon after the first");
    scene.campus.advance(1);
    scene.by(scene.runner, &message()).unwrap();
    scene.by(scene.customer, &message()).unwrap();
    assert_eq!(left(&mut scene), 2, "answered");
    scene.report_no_show();
    assert_eq!(
        told_customer(&scene).last(),
        Some(&NoticeKind::RunnerAtTheDoor)
    );
    assert!(armed(&scene).contains(&"NO_SHOW_WAIT"));
    scene.by(scene.runner, &unreachable).unwrap();
    scene.holds();
}

#[test]
fn transition_25_the_customer_answers_once() {
    let mut scene = Scene::at("on-the-way");
    assert_eq!(
        code(scene.by(scene.customer, &Command::AnswerNoShow)),
        "not_in_this_stage"
    );
    scene.report_no_show();
    scene.by(scene.customer, &Command::AnswerNoShow).unwrap();
    assert_eq!(
        told_runner(&scene).last(),
        Some(&NoticeKind::CustomerIsThere)
    );
    assert!(!armed(&scene).contains(&"NO_SHOW_WAIT"));
    scene.by(scene.customer, &Command::AnswerNoShow).unwrap();
    scene.report_no_show();
    assert_eq!(
        code(scene.by(scene.customer, &Command::AnswerNoShow)),
        "too_late",
        "once per order"
    );
    scene.campus.advance(7 * MINUTE_MS);
    assert!(scene.order().stage.no_show().unwrap().over);
    scene.holds();
}

#[test]
fn d10_before_the_wait_is_over_the_runner_is_told_when_it_is() {
    let mut scene = Scene::at("on-the-way");
    let shown = Shown::Photo(scene.photo());
    let left = Command::Deliver { shown };
    let returned = report(Problem::Returned, &mut scene);
    assert_eq!(
        code(scene.by(scene.runner, &returned)),
        "not_in_this_stage",
        "nothing that would open it has begun"
    );
    assert_eq!(code(scene.by(scene.runner, &left)), "invalid_field");
    scene.report_no_show();
    let opens = scene.campus.now().plus(7 * MINUTE_MS);
    scene.campus.advance(3 * MINUTE_MS);
    for command in [&left, &returned] {
        let refused = scene.by(scene.runner, command).unwrap_err();
        let in_ms = 4 * MINUTE_MS;
        assert_eq!(refused, Rejection::TooEarly { opens, in_ms });
    }
    scene.campus.advance(4 * MINUTE_MS);
    scene.by(scene.runner, &left).unwrap();
    scene.holds();
}

#[test]
fn transition_26_left_safe_with_a_photo_or_taken_back() {
    let mut scene = Scene::at("on-the-way");
    scene.report_no_show();
    let shown = Shown::Photo(scene.photo());
    let left = Command::Deliver { shown };
    let returned = report(Problem::Returned, &mut scene);
    assert_eq!(code(scene.by(scene.runner, &left)), "too_early");
    assert_eq!(code(scene.by(scene.runner, &returned)), "too_early");
    scene.campus.advance(7 * MINUTE_MS);
    assert_eq!(told_runner(&scene).last(), Some(&NoticeKind::NoShowOver));
    assert_eq!(
        code(scene.by(scene.customer, &Command::AnswerNoShow)),
        "too_late"
    );
    let mut safe = scene.clone();
    safe.by(safe.runner, &left).unwrap();
    assert_eq!(
        (safe.shows().as_str(), safe.wallet(safe.runner)),
        ("completed", Cents(2649))
    );
    safe.holds();
    let without = Command::ReportProblem {
        kind: Problem::Returned,
        photo: None,
        note: None,
    };
    assert_eq!(code(scene.by(scene.runner, &without)), "photo_needed");
    scene.by(scene.runner, &returned).unwrap();
    scene.by(scene.runner, &returned).unwrap();
    assert_eq!(
        (scene.reason(), scene.wallet(scene.runner)),
        (Some("customer_no_show"), Cents(2649))
    );
    assert_eq!(told_operators(&scene).last(), Some(&NoticeKind::Cancelled));
    assert!(armed(&scene).is_empty());
    scene.holds();
}

#[test]
fn transition_26_other_problems_go_to_the_operators() {
    let mut scene = Scene::at("accepted");
    let other = report(Problem::Other, &mut scene);
    scene.by(scene.runner, &other).unwrap();
    assert_eq!(told_operators(&scene), [NoticeKind::ProblemReported]);
    assert_eq!(code(scene.by(scene.customer, &other)), "not_allowed");
    scene.holds();
}

#[test]
fn transition_27_an_operator_gives_the_runner_up() {
    let abandon = Command::Abandon { reason: words() };
    for status in ["purchased", "collected", "on-the-way"] {
        let mut scene = Scene::at(status);
        assert_eq!(code(scene.by(scene.customer, &abandon)), "not_allowed");
        scene.by_operator(&abandon).unwrap();
        scene.by_operator(&abandon).unwrap();
        assert_eq!(scene.reason(), Some("runner_abandoned"));
        assert_eq!(
            statuses(&scene),
            (EscrowStatus::Refunded, PaymentStatus::Refunded)
        );
        scene.campus.settle();
        assert_eq!(
            (scene.wallet(scene.runner), scene.campus.gateway().cash()),
            (Cents::ZERO, Cents::ZERO)
        );
        assert_eq!(told_operators(&scene).last(), Some(&NoticeKind::Cancelled));
        scene.holds();
    }
    for status in ["pending", "accepted", "on-site", "completed"] {
        let mut scene = Scene::at(status);
        assert_eq!(
            code(scene.by_operator(&abandon)),
            "not_in_this_stage",
            "{status}"
        );
    }
}

#[test]
fn transition_27_of_two_charges_one_failed_and_one_comes_back() {
    let mut scene = Scene::dear();
    let (order, no) = (scene.order, campusg_domain::call::Decline::CardInvalid);
    let call = |scene: &Scene, cents| {
        let calls = &scene.order().calls;
        let capture = |call: &campusg_domain::order::Call| matches!(call.kind, campusg_domain::call::CallKind::Capture { cents: c, .. } if c == cents);
        *calls.iter().find(|(_, call)| capture(call)).unwrap().0
    };
    let (a, b) = (call(&scene, H), call(&scene, Cents(200)));
    let charged = |cents| campusg_domain::call::Answer::Captured { cents };
    let refused = campusg_domain::call::Answer::Declined { reason: no };
    scene.campus.answered(order, a, charged(H));
    scene.campus.answered(order, b, refused);
    assert_eq!(scene.campus.ledger().debt(scene.customer), Cents(200));
    let abandon = Command::Abandon { reason: words() };
    scene.by_operator(&abandon).unwrap();
    assert_eq!(scene.campus.ledger().debt(scene.customer), Cents::ZERO);
    assert_eq!(
        scene
            .campus
            .ledger()
            .balance(Account::Payable(scene.customer))
            .pending_out,
        H
    );
    scene.holds();
}

#[test]
fn transition_28_a_hold_stops_what_would_cancel_accept_or_release() {
    let mut scene = Scene::available();
    scene.by_operator(&hold()).unwrap();
    scene.by_operator(&hold()).unwrap();
    assert_eq!(
        told_customer(&scene).last(),
        Some(&NoticeKind::HeldByOperator)
    );
    let runner = scene.runner;
    assert_eq!(
        code(scene.by(runner, &Command::Accept { runner })),
        "on_hold"
    );
    assert_eq!(code(scene.by(scene.customer, &cancel(0))), "on_hold");
    scene.campus.advance(2 * DAY_MS);
    assert_eq!(
        (scene.shows().as_str(), scene.order().overdue_days),
        ("pending", 2)
    );
    assert_eq!(scene.order().noted, [TimerKind::OrderTimeout]);
    scene.by_operator(&unhold()).unwrap();
    assert_eq!(scene.reason(), Some("no_runner_timeout"));
    scene.holds();
    let mut scene = Scene::placed(Behaviour::Succeeds);
    assert_eq!(code(scene.by_operator(&hold())), "not_in_this_stage");
}

#[test]
fn transition_28_the_runners_steps_and_the_customers_approvals_go_on() {
    let mut scene = Scene::at("on-site");
    scene.by_operator(&hold()).unwrap();
    let dear = scene.propose(campusg_domain::order::ProposalKind::Price, Some(2500));
    scene.by(scene.runner, &dear).unwrap();
    assert_eq!(
        code(scene.by(scene.customer, &Command::Reject { proposal: 1 })),
        "on_hold"
    );
    scene.campus.advance(5 * MINUTE_MS);
    assert_eq!(scene.order().noted, [TimerKind::ProposalExpiry]);
    scene
        .by(scene.customer, &Command::Approve { proposal: 1 })
        .unwrap();
    scene.campus.settle();
    scene.go_to("delivered");
    assert_eq!(
        scene.wallet(scene.runner),
        Cents::ZERO,
        "nothing is released"
    );
    assert_eq!(code(scene.by(scene.customer, &Command::Confirm)), "on_hold");
    scene.by_operator(&unhold()).unwrap();
    assert_eq!(scene.shows(), "completed");
    scene.holds();
}

#[test]
fn transition_28_a_window_that_closed_during_a_hold_releases_at_its_end() {
    for wait in [30 * MINUTE_MS, 2 * HOUR_MS] {
        let mut scene = delivered();
        scene.by_operator(&hold()).unwrap();
        scene.campus.advance(wait);
        assert_eq!(scene.shows(), "delivered");
        scene.by_operator(&unhold()).unwrap();
        let over = wait > HOUR_MS;
        assert_eq!(scene.shows(), if over { "completed" } else { "delivered" });
        scene.campus.advance(HOUR_MS);
        assert_eq!(scene.shows(), "completed");
        scene.holds();
    }
}

#[test]
fn transition_28_a_time_that_ran_out_during_a_hold_ends_the_order_and_not_the_operator() {
    let mut scene = Scene::available();
    scene.by_operator(&hold()).unwrap();
    scene.campus.advance(HOUR_MS);
    assert_eq!(scene.reason(), None);
    scene.by_operator(&unhold()).unwrap();
    assert_eq!(scene.reason(), Some("no_runner_timeout"));
    let Stage::Cancelled(end) = scene.order().stage else {
        panic!("it has ended")
    };
    assert_eq!(end.by, Principal::System);
    scene.holds();
}

#[test]
fn transition_28_on_hold_only_the_calls_are_tried_again() {
    let mut scene = Scene::at("on-the-way");
    scene.campus.refuse(AskKind::Release, 1);
    let deliver = scene.next_step();
    scene.by(scene.runner, &deliver).unwrap();
    scene.by_operator(&hold()).unwrap();
    scene.campus.advance(10 * MINUTE_MS);
    assert_eq!(scene.shows(), "delivered");
    scene.by_operator(&unhold()).unwrap();
    assert_eq!(scene.shows(), "completed");
    scene.holds();
}

#[test]
fn transition_40_before_buying_an_operator_ends_it_with_or_without_a_trip() {
    for (status, to_runner) in [
        ("pending", 0),
        ("accepted", 399),
        ("accepted", 0),
        ("on-site", 250),
    ] {
        let mut scene = Scene::at(status);
        assert_eq!(code(scene.by(scene.customer, &trip(0))), "not_allowed");
        for wrong in [400, -1, 49] {
            assert_eq!(
                code(scene.by_operator(&trip(wrong))),
                "invalid_field",
                "{status} {wrong}"
            );
        }
        assert_eq!(
            code(scene.by_operator(&divide(0, Fault::Runner))),
            "invalid_field"
        );
        scene.by_operator(&trip(to_runner)).unwrap();
        if status == "on-site" {
            assert_eq!(scene.reason(), None, "by row 35");
            scene.campus.advance(2 * MINUTE_MS);
        }
        scene.campus.settle();
        assert_eq!(scene.reason(), Some("operator"));
        assert_eq!(scene.wallet(scene.runner), Cents(to_runner));
        assert_eq!(scene.campus.gateway().cash(), Cents(to_runner));
        scene.holds();
    }
    let mut scene = Scene::available();
    assert_eq!(
        code(scene.by_operator(&trip(X.0))),
        "invalid_field",
        "nobody is bound"
    );
}

#[test]
fn transition_40_after_buying_the_charge_is_divided() {
    let ends = [
        (0, Fault::Platform, 2649, 0, 2749),
        (1000, Fault::Runner, 1649, 0, 1749),
        (1000, Fault::Store, 2649, 1000, 1749),
        (2749, Fault::Runner, 0, 0, 0),
    ];
    for status in ["purchased", "on-the-way", "delivered"] {
        for (refund, fault, runner, goodwill, cash) in ends {
            let mut scene = Scene::placed_under(windowed(), Behaviour::Succeeds, |_| ());
            scene.campus.settle();
            scene.go_to(status);
            assert_eq!(
                code(scene.by_operator(&divide(K.0 + 1, fault))),
                "invalid_field"
            );
            assert_eq!(code(scene.by_operator(&trip(0))), "invalid_field");
            scene.by_operator(&divide(refund, fault)).unwrap();
            scene.campus.settle();
            let completed = status == "delivered" && runner > 0;
            assert_eq!(
                scene.shows(),
                if completed { "completed" } else { "cancelled" }
            );
            assert_eq!(scene.wallet(scene.runner), Cents(runner));
            assert_eq!(-scene.balance(Account::Goodwill), Cents(goodwill));
            assert_eq!(scene.campus.gateway().cash(), Cents(cash));
            assert_eq!(scene.order().refunded, Cents(refund));
            scene.holds();
        }
    }
}

#[test]
fn transition_40_an_operators_end_is_not_stopped_by_the_operators_hold() {
    let mut scene = Scene::at("purchased");
    scene.by_operator(&hold()).unwrap();
    scene.by_operator(&divide(0, Fault::Platform)).unwrap();
    assert_eq!(
        (scene.reason(), scene.order().operator_hold),
        (Some("operator"), false)
    );
    assert_eq!(
        code(scene.by_operator(&divide(0, Fault::Platform))),
        "not_in_this_stage"
    );
    scene.holds();
}

#[test]
fn transition_40_the_short_forms_give_everything_to_one_side() {
    let to = |ending| Command::Settle {
        ending,
        reason: words(),
    };
    for status in ["pending", "accepted", "on-site"] {
        let mut scene = Scene::at(status);
        let early = scene.by_operator(&to(Ending::ToRunner));
        assert_eq!(code(early), "not_in_this_stage", "{status}");
        scene.by_operator(&to(Ending::ToCustomer)).unwrap();
        scene.campus.advance(2 * MINUTE_MS);
        assert_eq!(scene.reason(), Some("operator"));
        assert_eq!(scene.campus.gateway().cash(), Cents::ZERO);
        scene.holds();
    }
    for status in ["purchased", "collected", "on-the-way", "delivered"] {
        for (ending, runner, cash) in [(Ending::ToRunner, 2649, 2749), (Ending::ToCustomer, 0, 0)] {
            let mut scene = Scene::placed_under(windowed(), Behaviour::Succeeds, |_| ());
            scene.campus.settle();
            scene.go_to(status);
            scene.by_operator(&to(ending)).unwrap();
            scene.campus.settle();
            assert_eq!(scene.wallet(scene.runner), Cents(runner), "{status}");
            assert_eq!(scene.campus.gateway().cash(), Cents(cash), "{status}");
            assert_eq!(scene.balance(Account::Goodwill), Cents::ZERO);
            assert_eq!(code(scene.by_operator(&to(ending))), "not_in_this_stage");
            scene.holds();
        }
    }
}
