//! The end and what follows: transitions 21–24, 27, 32c, 38 and 39 of the lifecycle: tests named after the rows.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    id::Principal,
    money::{Account, Cents},
    notice::NoticeKind,
    order::{Collection, Command, EscrowStatus, Handover, PaymentStatus, Shown, Stage},
    policy::Policy,
    rejection::Rejection,
    time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS},
    timer::TimerKind,
};
use campusg_simulation::{AskKind, Behaviour};

mod common;
use common::{
    K, Scene, X, figures,
    seen::{armed, cancel, code, statuses, told_customer, told_operators, told_runner},
};

#[test]
fn transition_21_the_pin_is_asked_five_times_and_then_a_photo() {
    let mut scene = Scene::at("on-the-way");
    let photo = scene.photo();
    let pin = scene.campus.pin(scene.order);
    let wrong = Command::Deliver {
        shown: Shown::Pin((pin + 1) % 10_000),
    };
    let left = Command::Deliver {
        shown: Shown::Photo(photo),
    };
    assert_eq!(code(scene.by(scene.runner, &left)), "invalid_field");
    let first = scene.campus.fresh();
    let who = Principal::User(scene.runner);
    for tries in 0..2 {
        let refused = scene
            .campus
            .command(who, scene.order, &wrong, first)
            .unwrap_err();
        assert_eq!(
            refused,
            Rejection::WrongPin { left: 4 },
            "the same command, time {tries}"
        );
    }
    for left in (0..4).rev() {
        assert_eq!(
            scene.by(scene.runner, &wrong).unwrap_err(),
            Rejection::WrongPin { left }
        );
    }
    let right = Command::Deliver {
        shown: Shown::Pin(pin),
    };
    assert_eq!(code(scene.by(scene.runner, &right)), "photo_needed");
    scene.by(scene.runner, &left).unwrap();
    assert_eq!(scene.shows(), "delivered", "and 22 waits for the customer");
    scene.holds();
}

#[test]
fn transition_21_at_the_door_a_photo_is_enough_and_the_customer_may_confirm() {
    let mut scene = Scene::placed_under(figures(), Behaviour::Succeeds, |wish| {
        wish.dropoff.handover = Handover::Door
    });
    scene.campus.settle();
    scene.go_to("on-the-way");
    let photo = scene.photo();
    scene
        .by(
            scene.runner,
            &Command::Deliver {
                shown: Shown::Photo(photo),
            },
        )
        .unwrap();
    assert_eq!(scene.shows(), "completed");
    scene.holds();
    let mut scene = Scene::at("on-the-way");
    assert_eq!(
        code(scene.by_operator(&Command::Confirm)),
        "not_in_this_stage"
    );
    scene.by(scene.customer, &Command::Confirm).unwrap();
    assert_eq!(scene.shows(), "completed");
    scene.holds();
}

#[test]
fn transition_22_with_a_window_the_release_waits_for_it_or_for_a_confirmation() {
    let policy = Policy {
        dispute_window_ms: HOUR_MS,
        ..figures()
    };
    for confirmed_by in [Some("customer"), Some("operator"), None] {
        let mut scene = Scene::placed_under(policy.clone(), Behaviour::Succeeds, |_| ());
        scene.campus.settle();
        scene.go_to("delivered");
        assert_eq!(armed(&scene), ["DISPUTE_WINDOW", "ESCROW_TIMEOUT"]);
        assert_eq!(scene.wallet(scene.runner), Cents::ZERO);
        match confirmed_by {
            Some("customer") => drop(scene.by(scene.customer, &Command::Confirm).unwrap()),
            Some(_) => drop(scene.by_operator(&Command::Confirm).unwrap()),
            None => scene.campus.advance(HOUR_MS),
        }
        assert_eq!(scene.shows(), "completed");
        assert_eq!(
            (scene.wallet(scene.runner), scene.balance(Account::Revenue)),
            (Cents(2649), Cents(100))
        );
        assert_eq!(armed(&scene), ["RATING_WINDOW"]);
        let runner = scene.campus.directory().person(scene.runner).unwrap();
        assert_eq!((runner.slots, runner.runs), (0, 1));
        let version = scene.order().version;
        assert_eq!(
            scene.by(scene.customer, &Command::Confirm).unwrap().version,
            version,
            "complete ‖ complete"
        );
        scene.holds();
    }
}

#[test]
fn transition_23_a_release_that_is_refused_stays_delivered_and_is_tried_again() {
    let mut scene = Scene::at("on-the-way");
    scene.campus.refuse(AskKind::Release, 9);
    let deliver = scene.next_step();
    scene.by(scene.runner, &deliver).unwrap();
    assert_eq!(scene.shows(), "delivered");
    assert_eq!(told_operators(&scene), [NoticeKind::PaymentDelayed]);
    assert_eq!(
        told_runner(&scene).last(),
        Some(&NoticeKind::PaymentDelayed)
    );
    assert_eq!(scene.wallet(scene.runner), Cents::ZERO);
    scene.campus.advance(5 * MINUTE_MS);
    assert_eq!(
        scene.order().saga.stalled().count(),
        1,
        "after the last try it needs a person"
    );
    assert_eq!(
        told_operators(&scene).last(),
        Some(&NoticeKind::StepStalled)
    );
    scene.campus.advance(10 * MINUTE_MS);
    scene.campus.advance(10 * MINUTE_MS);
    assert_eq!(scene.shows(), "completed");
    assert_eq!(scene.order().saga.stalled().count(), 0);
    assert_eq!(
        told_operators(&scene),
        [NoticeKind::PaymentDelayed, NoticeKind::StepStalled],
        "each once"
    );
    scene.holds();
}

#[test]
fn a_step_that_stalls_is_told_once_however_often_it_is_tried() {
    let mut scene = Scene::at_with("purchased", Behaviour::LosesCharges(20));
    scene.campus.advance(10 * MINUTE_MS);
    assert_eq!(scene.order().saga.stalled().count(), 1);
    assert_eq!(told_operators(&scene), [NoticeKind::StepStalled]);
    let tries = scene.order().calls[&2].failures;
    scene.campus.advance(40 * MINUTE_MS);
    assert!(scene.order().calls[&2].failures > tries + 2);
    let stalled = |kind: &&NoticeKind| **kind == NoticeKind::StepStalled;
    assert_eq!(told_operators(&scene).iter().filter(stalled).count(), 1);
    scene.holds();
}

#[test]
fn the_customer_is_asked_to_confirm_only_while_they_can() {
    let asked = |scene: &Scene| told_customer(scene).contains(&NoticeKind::PleaseConfirm);
    let mut scene = Scene::at("on-the-way");
    scene.go_to("completed");
    assert!(told_customer(&scene).contains(&NoticeKind::Delivered));
    assert!(!asked(&scene), "completed in the same record");
    let policy = Policy {
        dispute_window_ms: HOUR_MS,
        ..figures()
    };
    let mut scene = Scene::placed_under(policy, Behaviour::Succeeds, |_| ());
    scene.campus.settle();
    scene.go_to("delivered");
    assert!(asked(&scene));
    scene.by(scene.customer, &Command::Confirm).unwrap();
    scene.holds();
}

#[test]
fn transition_24_cancel_from_purchased_on_pays_the_runner_in_full() {
    for status in ["purchased", "collected", "on-the-way"] {
        let mut scene = Scene::at(status);
        let refused = scene.by(scene.customer, &cancel(K.0 - 1)).unwrap_err();
        let Rejection::QuoteChanged { quote, .. } = refused else {
            panic!("{refused}")
        };
        assert_eq!(
            (quote.charge, quote.to_runner, quote.to_platform),
            (K, Cents(2649), Cents(100))
        );
        scene.by(scene.customer, &cancel(K.0)).unwrap();
        assert_eq!(scene.reason(), Some("customer"));
        assert_eq!(
            statuses(&scene),
            (EscrowStatus::Released, PaymentStatus::Released)
        );
        assert_eq!(scene.wallet(scene.runner), Cents(2649));
        assert!(armed(&scene).is_empty());
        scene.holds();
    }
}

#[test]
fn transition_27_on_the_fourteenth_day_the_runner_counts_as_gone_and_everything_goes_back() {
    for status in ["purchased", "collected", "on-the-way"] {
        let mut scene = Scene::at(status);
        scene.campus.advance(13 * DAY_MS);
        assert_eq!(
            (scene.shows().as_str(), scene.order().overdue_days),
            (status, 13)
        );
        scene.campus.advance(DAY_MS);
        assert_eq!(scene.reason(), Some("runner_abandoned"));
        assert_eq!(
            statuses(&scene),
            (EscrowStatus::Refunded, PaymentStatus::Refunded)
        );
        assert_eq!(
            (scene.wallet(scene.runner), scene.wallet(scene.customer)),
            (Cents::ZERO, Cents::ZERO)
        );
        assert_eq!(scene.campus.gateway().cash(), Cents::ZERO);
        scene.holds();
    }
}

#[test]
fn transition_27_a_refund_that_cannot_reach_the_card_stays_in_the_wallet() {
    let mut scene = Scene::at_with("purchased", Behaviour::DeclinesRefund);
    scene.campus.advance(14 * DAY_MS);
    assert_eq!(scene.wallet(scene.customer), K);
    let kept = NoticeKind::RefundKeptInWallet { cents: K };
    assert!(told_customer(&scene).contains(&kept) && told_operators(&scene).contains(&kept));
    scene.holds();
}

#[test]
fn transition_27_a_refund_of_what_was_never_charged_is_set_against_the_debt() {
    let mut scene = Scene::at_with("purchased", Behaviour::DeclinesCapture);
    assert_eq!(scene.campus.ledger().debt(scene.customer), K);
    scene.campus.advance(14 * DAY_MS);
    assert_eq!(scene.campus.ledger().debt(scene.customer), Cents::ZERO);
    assert_eq!(
        (scene.wallet(scene.customer), scene.campus.gateway().cash()),
        (Cents::ZERO, Cents::ZERO)
    );
    scene.holds();
}

#[test]
fn transition_32c_each_side_rates_once_and_both_are_published_together() {
    let mut scene = Scene::at("completed");
    let rate = |stars| Command::Rate { stars };
    assert_eq!(code(scene.by(scene.customer, &rate(6))), "invalid_field");
    scene.by(scene.customer, &rate(5)).unwrap();
    assert!(
        scene.by(scene.customer, &rate(5)).is_ok(),
        "again: already so"
    );
    assert_eq!(code(scene.by(scene.customer, &rate(4))), "already_rated");
    assert!(!scene.order().ratings.published);
    assert_eq!(
        scene
            .campus
            .directory()
            .person(scene.runner)
            .unwrap()
            .rated_as_runner,
        (0, 0)
    );
    let rated = |told: Vec<NoticeKind>| {
        let rated = told.iter().filter(|kind| **kind == NoticeKind::Rated);
        rated.count()
    };
    assert_eq!(
        (rated(told_customer(&scene)), rated(told_runner(&scene))),
        (0, 1)
    );
    scene.by(scene.runner, &rate(3)).unwrap();
    assert_eq!(
        (rated(told_customer(&scene)), rated(told_runner(&scene))),
        (1, 1),
        "each once"
    );
    assert!(scene.order().ratings.published);
    assert!(armed(&scene).is_empty());
    assert_eq!(
        scene
            .campus
            .directory()
            .person(scene.runner)
            .unwrap()
            .rated_as_runner,
        (1, 5)
    );
    assert_eq!(
        scene
            .campus
            .directory()
            .person(scene.customer)
            .unwrap()
            .rated_as_customer,
        (1, 3)
    );
    scene.holds();
}

#[test]
fn transition_32c_when_the_window_closes_what_is_there_is_published() {
    let mut scene = Scene::at("completed");
    scene
        .by(scene.customer, &Command::Rate { stars: 4 })
        .unwrap();
    assert_eq!(told_runner(&scene).last(), Some(&NoticeKind::Rated));
    let told = (told_customer(&scene), told_runner(&scene));
    scene.campus.advance(7 * DAY_MS);
    assert!(scene.order().ratings.published);
    assert_eq!((told_customer(&scene), told_runner(&scene)), told);
    assert_eq!(
        scene
            .campus
            .directory()
            .person(scene.runner)
            .unwrap()
            .rated_as_runner,
        (1, 4)
    );
    assert_eq!(
        code(scene.by(scene.runner, &Command::Rate { stars: 4 })),
        "too_late"
    );
    scene.holds();
}

#[test]
fn transition_38_an_authorisation_about_to_run_out_ends_the_order() {
    let expire = Command::ScheduledDue {
        kind: TimerKind::PaymentAuthorizationExpiry,
    };
    for (status, charge) in [
        ("pending", Cents::ZERO),
        ("accepted", Cents::ZERO),
        ("on-site", X),
    ] {
        let mut scene = Scene::at(status);
        let id = scene.campus.fresh();
        scene
            .campus
            .command(Principal::System, scene.order, &expire, id)
            .unwrap();
        if status == "on-site" {
            assert_eq!(
                scene.reason(),
                None,
                "the runner may be at the till: row 35"
            );
            scene.campus.advance(2 * MINUTE_MS);
        }
        scene.campus.settle();
        assert_eq!(
            (scene.reason(), scene.order().charged),
            (Some("authorization_expired"), charge),
            "{status}"
        );
        assert_eq!(scene.wallet(scene.runner), charge);
        assert_eq!(scene.campus.gateway().cash(), charge);
        assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO);
        scene.holds();
    }
    let mut scene = Scene::at("purchased");
    let id = scene.campus.fresh();
    assert_eq!(
        code(
            scene
                .campus
                .command(Principal::System, scene.order, &expire, id)
        ),
        "not_in_this_stage"
    );
}

#[test]
fn transition_39_after_a_day_an_unfinished_order_is_looked_at() {
    let policy = Policy {
        order_timeout_ms: 3 * DAY_MS,
        runner_idle_ms: 3 * DAY_MS,
        dispute_window_ms: 3 * DAY_MS,
        ..figures()
    };
    let ends = [
        ("pending", Some("no_runner_timeout")),
        ("accepted", Some("no_runner_timeout")),
        ("on-site", Some("runner_abandoned")),
        ("purchased", None),
        ("delivered", None),
    ];
    for (status, reason) in ends {
        let mut scene = Scene::placed_under(policy.clone(), Behaviour::Succeeds, |_| ());
        scene.campus.settle();
        scene.go_to(status);
        scene.campus.advance(DAY_MS);
        if status == "on-site" {
            assert_eq!(
                scene.reason(),
                None,
                "the runner may be at the till: row 35"
            );
            assert_eq!(scene.order().overdue_days, 1);
            scene.campus.advance(2 * MINUTE_MS);
        }
        assert_eq!(scene.reason(), reason, "{status}");
        match status {
            "purchased" => assert_eq!(scene.order().overdue_days, 1),
            "delivered" => {
                assert_eq!(scene.shows(), "delivered", "the window is not over");
                scene.campus.advance(2 * DAY_MS);
                assert_eq!(scene.shows(), "completed");
            }
            _ => assert_eq!(scene.campus.gateway().cash(), Cents::ZERO),
        }
        scene.holds();
    }
}

#[test]
fn transition_39_at_delivered_a_refused_release_is_looked_at_every_day() {
    let mut scene = Scene::at("on-the-way");
    scene.campus.refuse(AskKind::Release, u32::MAX);
    let deliver = scene.next_step();
    scene.by(scene.runner, &deliver).unwrap();
    scene.campus.advance(2 * DAY_MS + SECOND_MS);
    assert_eq!(
        (scene.shows().as_str(), scene.order().overdue_days),
        ("delivered", 2)
    );
    scene.holds();
}

#[test]
fn an_order_that_nobody_but_the_gateway_can_help_still_ends_when_it_helps() {
    let mut scene = Scene::available_with(Behaviour::DownFor(3));
    scene.campus.advance(MINUTE_MS);
    scene.go_to("completed");
    assert_eq!(scene.order().collection, Collection::Collecting);
    scene.campus.advance(HOUR_MS);
    assert_eq!(scene.order().collection, Collection::Collected);
    assert_eq!(scene.campus.gateway().cash(), K);
    assert!(matches!(scene.order().stage, Stage::Completed(..)));
    scene.holds();
}

#[test]
fn transition_21_the_receipt_is_no_proof_of_the_delivery() {
    let mut scene = Scene::placed_under(figures(), Behaviour::Succeeds, |wish| {
        wish.dropoff.handover = Handover::Door
    });
    scene.campus.settle();
    scene.go_to("on-the-way");
    let receipt = scene.order().stage.bought().unwrap().photo.unwrap();
    let shown = Shown::Photo(receipt);
    assert_eq!(
        code(scene.by(scene.runner, &Command::Deliver { shown })),
        "photo_used"
    );
    scene.holds();
}
