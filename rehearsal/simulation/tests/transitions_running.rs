//! A runner and the store: transitions 8–13, 18–20 of the lifecycle: tests named after the rows.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    id::Principal,
    money::{Account, Cents},
    notice::NoticeKind,
    order::{Collection, Command, EscrowStatus, PaymentStatus},
    rejection::Rejection,
    time::MINUTE_MS,
    timer::TimerKind,
};
use campusg_simulation::Behaviour;

mod common;
use common::{
    FOOD, H, K, Scene, X,
    seen::{armed, cancel, code, reassign, statuses, told_customer, told_operators, told_runner},
    wish,
};

#[test]
fn transition_08_accept_binds_the_runner() {
    let mut scene = Scene::at("accepted");
    let assignment = *scene.order().stage.assignment().unwrap();
    assert_eq!(
        (assignment.runner, assignment.epoch, scene.order().epoch),
        (scene.runner, 1, 1)
    );
    assert_eq!(
        armed(&scene),
        [
            "RUNNER_IDLE",
            "PAYMENT_AUTHORIZATION_EXPIRY",
            "ESCROW_TIMEOUT"
        ]
    );
    assert_eq!(
        told_customer(&scene).last(),
        Some(&NoticeKind::OrderAccepted)
    );
    assert_eq!(
        scene.campus.directory().person(scene.runner).unwrap().slots,
        1
    );
    let accept = Command::Accept {
        runner: scene.runner,
    };
    assert_eq!(
        scene.by(scene.runner, &accept).unwrap().version,
        3,
        "a double tap is already so"
    );
    scene.holds();
}

#[test]
fn transition_08_accept_refuses_the_customer_strangers_the_slow_and_the_busy() {
    let mut scene = Scene::available();
    let [customer, runner, rival] = [scene.customer, scene.runner, scene.rival];
    assert_eq!(
        code(scene.by(customer, &Command::Accept { runner: customer })),
        "own_order"
    );
    assert_eq!(
        code(scene.by(rival, &Command::Accept { runner })),
        "not_allowed",
        "nobody is bound by another"
    );
    let nobody = scene.campus.register();
    assert_eq!(
        code(scene.by(nobody, &Command::Accept { runner: nobody })),
        "not_a_runner"
    );
    scene.by(runner, &Command::Accept { runner }).unwrap();
    assert_eq!(
        code(scene.by(rival, &Command::Accept { runner: rival })),
        "taken_by_another_runner"
    );
    for key in [2, 3] {
        let order = scene.campus.place(customer, wish(customer), key).unwrap();
        scene.campus.settle();
        let id = scene.campus.fresh();
        let taken = scene.campus.command(
            Principal::User(runner),
            order,
            &Command::Accept { runner },
            id,
        );
        assert_eq!(
            taken.map(|_| ()).err().map(|refused| refused.code()),
            (key == 3).then_some("too_many_runs")
        );
    }
    scene.go_to("on-site");
    assert_eq!(
        code(scene.by(runner, &Command::Accept { runner })),
        "not_in_this_stage",
        "nobody else took it"
    );
    scene.holds();
}

#[test]
fn transition_09_nobody_came() {
    let mut scene = Scene::available();
    scene.campus.advance(30 * MINUTE_MS - 1);
    assert_eq!(scene.shows(), "pending");
    scene.campus.advance(1);
    assert_eq!(scene.reason(), Some("no_runner_timeout"));
    assert_eq!(told_customer(&scene).last(), Some(&NoticeKind::NobodyCame));
    assert_eq!(scene.campus.gateway().blocked(), Cents::ZERO);
    scene.holds();
}

#[test]
fn transition_10_cancel_acceptance_puts_the_order_back_with_a_full_period() {
    for status in ["accepted", "on-site"] {
        let mut scene = Scene::at(status);
        scene.campus.advance(10 * MINUTE_MS);
        scene.by(scene.runner, &Command::CancelAcceptance).unwrap();
        assert_eq!(scene.order().stage.placement(), Some("available"));
        assert_eq!(
            scene.order().armed(TimerKind::OrderTimeout).unwrap().due,
            scene.campus.now().plus(30 * MINUTE_MS)
        );
        assert_eq!(
            armed(&scene),
            [
                "ORDER_TIMEOUT",
                "PAYMENT_AUTHORIZATION_EXPIRY",
                "ESCROW_TIMEOUT"
            ]
        );
        assert_eq!(scene.order().epoch, 2);
        let runner = scene.campus.directory().person(scene.runner).unwrap();
        assert_eq!((runner.slots, runner.cancellations), (0, 1));
        assert_eq!(
            told_customer(&scene).last(),
            Some(&NoticeKind::RunnerCancelled)
        );
        assert!(
            scene.by(scene.runner, &Command::CancelAcceptance).is_ok(),
            "again: already so"
        );
        let rival = scene.rival;
        scene.by(rival, &Command::Accept { runner: rival }).unwrap();
        assert_eq!(scene.order().stage.assignment().unwrap().epoch, 3);
        assert_eq!(
            code(scene.by(scene.runner, &Command::ArriveOnSite)),
            "not_allowed"
        );
        scene.by(rival, &Command::ArriveOnSite).unwrap();
        scene.holds();
    }
}

#[test]
fn transition_11_an_idle_runner_is_reminded_and_then_loses_the_order() {
    let mut scene = Scene::at("accepted");
    scene.campus.advance(15 * MINUTE_MS);
    assert_eq!(
        told_runner(&scene).last(),
        Some(&NoticeKind::RunnerReminder)
    );
    assert_eq!(scene.shows(), "accepted");
    scene.campus.advance(15 * MINUTE_MS);
    assert_eq!(scene.order().stage.placement(), Some("available"));
    assert_eq!(
        told_runner(&scene).last(),
        Some(&NoticeKind::RunnerReleased)
    );
    assert_eq!(
        scene
            .campus
            .directory()
            .person(scene.runner)
            .unwrap()
            .cancellations,
        0
    );
    scene.holds();
}

#[test]
fn transition_11_an_operator_reassigns() {
    let mut scene = Scene::at("accepted");
    assert_eq!(code(scene.by(scene.rival, &reassign())), "not_found");
    assert_eq!(code(scene.by(scene.runner, &reassign())), "not_allowed");
    scene.by_operator(&reassign()).unwrap();
    assert_eq!(scene.order().stage.placement(), Some("available"));
    assert_eq!(
        told_runner(&scene).last(),
        Some(&NoticeKind::RunnerReleased)
    );
    scene.holds();
}

#[test]
fn transition_12_cancel_is_free_for_two_minutes_and_then_costs_the_trip() {
    let mut scene = Scene::at("accepted");
    scene.campus.advance(2 * MINUTE_MS - 1);
    scene.by(scene.customer, &cancel(0)).unwrap();
    assert_eq!(
        (scene.reason(), scene.order().charged),
        (Some("customer"), Cents::ZERO)
    );
    scene.holds();
    let mut scene = Scene::at("accepted");
    scene.campus.advance(2 * MINUTE_MS);
    let refused = scene.by(scene.customer, &cancel(X.0 - 1)).unwrap_err();
    let Rejection::QuoteChanged { quote, .. } = refused else {
        panic!("{refused}")
    };
    assert_eq!((quote.charge, quote.to_runner, quote.let_go), (X, X, H - X));
    scene.by(scene.customer, &cancel(X.0)).unwrap();
    assert_eq!(
        statuses(&scene),
        (EscrowStatus::Split, PaymentStatus::PartiallyRefunded)
    );
    assert_eq!(
        scene.wallet(scene.runner),
        X,
        "at once, before the gateway answers"
    );
    scene.campus.settle();
    assert_eq!(scene.order().collection, Collection::Collected);
    assert_eq!(scene.campus.gateway().cash(), X);
    assert_eq!(
        told_runner(&scene).last(),
        Some(&NoticeKind::Paid { cents: X })
    );
    scene.holds();
}

#[test]
fn transition_13_on_site() {
    let mut scene = Scene::at("on-site");
    assert_eq!(
        armed(&scene),
        [
            "STORE_WAIT",
            "PAYMENT_AUTHORIZATION_EXPIRY",
            "ESCROW_TIMEOUT"
        ]
    );
    assert_eq!(told_runner(&scene).last(), Some(&NoticeKind::BuyFromNowOn));
    scene.campus.advance(20 * MINUTE_MS);
    assert_eq!(
        told_runner(&scene).last(),
        Some(&NoticeKind::RunnerReminder)
    );
    scene.campus.advance(20 * MINUTE_MS);
    assert_eq!(
        told_customer(&scene).last(),
        Some(&NoticeKind::StoreWaitLong)
    );
    assert_eq!(told_operators(&scene), [NoticeKind::StoreWaitLong]);
    scene.holds();
}

#[test]
fn transition_18_purchased_captures_what_the_receipt_says() {
    let mut scene = Scene::at("on-site");
    let photo = Some(scene.photo());
    let buy = |total: i64, photo| Command::Purchase {
        total: Cents(total),
        photo,
    };
    assert_eq!(
        code(scene.by(scene.runner, &buy(0, photo))),
        "invalid_field"
    );
    assert_eq!(
        code(scene.by(scene.runner, &buy(2301, photo))),
        "above_approved"
    );
    assert_eq!(
        code(scene.by(scene.runner, &buy(FOOD.0, None))),
        "photo_needed"
    );
    assert_eq!(
        code(scene.by(scene.customer, &buy(FOOD.0, photo))),
        "not_allowed"
    );
    scene.by(scene.runner, &buy(FOOD.0, photo)).unwrap();
    assert_eq!(
        (scene.order().charged, scene.order().collection),
        (K, Collection::Collecting)
    );
    assert_eq!(
        scene.balance(Account::Escrow(scene.order)),
        K,
        "before the gateway answers"
    );
    assert_eq!(armed(&scene), ["DELIVERY_REMINDER", "ESCROW_TIMEOUT"]);
    assert!(
        scene.by(scene.runner, &buy(FOOD.0, photo)).is_ok(),
        "again: already so"
    );
    scene.campus.settle();
    assert_eq!(
        (scene.order().collection, scene.campus.gateway().cash()),
        (Collection::Collected, K)
    );
    scene.holds();
}

#[test]
fn transition_18_a_receipt_serves_one_order() {
    let mut scene = Scene::at("purchased");
    let photo = scene.order().stage.bought().unwrap().photo;
    let [customer, runner] = [scene.customer, scene.runner];
    scene.order = scene.campus.place(customer, wish(customer), 2).unwrap();
    scene.campus.settle();
    scene.by(runner, &Command::Accept { runner }).unwrap();
    scene.by(runner, &Command::ArriveOnSite).unwrap();
    assert_eq!(
        code(scene.by(runner, &Command::Purchase { total: FOOD, photo })),
        "photo_used"
    );
    scene.holds();
}

#[test]
fn transition_19_a_charge_that_fails_leaves_a_debt_and_pays_the_runner() {
    let mut scene = Scene::at_with("completed", Behaviour::DeclinesCapture);
    assert_eq!(scene.order().collection, Collection::Owed);
    assert_eq!(scene.campus.ledger().debt(scene.customer), K);
    assert_eq!(scene.wallet(scene.runner), Cents(2649));
    assert!(told_customer(&scene).contains(&NoticeKind::RenewCard { owed: K }));
    assert!(told_operators(&scene).contains(&NoticeKind::RenewCard { owed: K }));
    assert_eq!(
        scene.campus.gateway().blocked(),
        Cents::ZERO,
        "what was blocked is let go"
    );
    scene.holds();
}

#[test]
fn transition_20_collected_and_on_the_way() {
    let mut scene = Scene::at("purchased");
    assert_eq!(
        code(scene.by(scene.runner, &Command::Depart)),
        "not_in_this_stage"
    );
    scene.by(scene.runner, &Command::Collect).unwrap();
    scene.by(scene.runner, &Command::Collect).unwrap();
    scene.by(scene.runner, &Command::Depart).unwrap();
    scene.by(scene.runner, &Command::Depart).unwrap();
    assert_eq!(
        told_customer(&scene)[7..],
        [NoticeKind::Collected, NoticeKind::OnTheWay]
    );
    scene.campus.advance(45 * MINUTE_MS);
    assert!(scene.order().late);
    assert_eq!(told_runner(&scene).last(), Some(&NoticeKind::Late));
    scene.campus.advance(60 * MINUTE_MS);
    assert_eq!(told_operators(&scene), [NoticeKind::Late]);
    scene.holds();
}

#[test]
fn transition_08_a_runner_takes_the_same_order_three_times_at_most() {
    let mut scene = Scene::available();
    let accept = Command::Accept {
        runner: scene.runner,
    };
    for _ in 0..3 {
        scene.by(scene.runner, &accept).unwrap();
        scene.by(scene.runner, &Command::CancelAcceptance).unwrap();
    }
    assert_eq!(code(scene.by(scene.runner, &accept)), "had_too_often");
    let other = scene.rival;
    scene.by(other, &Command::Accept { runner: other }).unwrap();
    scene.holds();
}
