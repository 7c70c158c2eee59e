//! What an operator's records are called in the audit log, and which of them are no operator's acts.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    id::Principal,
    money::Cents,
    operator_action::name,
    order::{Command, Ending, Fault, Order},
    owner::{directory::UserCommand, wallet},
    policy::Policy,
    time::HOUR_MS,
};
use campusg_simulation::Behaviour;

mod common;
use common::{
    Scene, figures,
    seen::{code, dispute, divide, hold, reassign, resolve, trip, unhold},
    wish, words,
};

/// What the newest record is called.
fn last(scene: &Scene) -> Option<&'static str> {
    let entry = scene.campus.journal().last().unwrap();
    let known = scene
        .campus
        .order(scene.order)
        .map(|order| -> &Order { order });
    name(&entry.record, known)
}

#[test]
fn every_command_of_an_operator_has_its_name() {
    let refund = Command::Refund {
        cents: Cents(1),
        reason: words(),
    };
    let abandon = Command::Abandon { reason: words() };
    for (status, commands) in [
        ("pending", vec![(hold(), "hold"), (unhold(), "unhold")]),
        ("accepted", vec![(reassign(), "reassign")]),
        ("accepted", vec![(trip(0), "settle")]),
        ("purchased", vec![(abandon, "abandon")]),
        ("on-the-way", vec![(divide(1, Fault::Store), "settle")]),
        (
            "completed",
            vec![
                (refund, "refund"),
                (dispute(Some(100)), "dispute"),
                (resolve(1, 100, Fault::Platform), "resolve"),
            ],
        ),
    ] {
        let mut scene = Scene::at(status);
        for (command, name) in commands {
            scene.by_operator(&command).unwrap();
            assert_eq!(last(&scene), Some(name), "{status} {command:?}");
            scene.campus.settle();
            assert_eq!(last(&scene).filter(|other| *other != name), None);
        }
    }
}

#[test]
fn confirming_for_a_customer_is_an_operators_act_too() {
    let policy = Policy {
        dispute_window_ms: HOUR_MS,
        ..figures()
    };
    let mut scene = Scene::placed_under(policy, Behaviour::Succeeds, |_| ());
    scene.campus.settle();
    scene.go_to("delivered");
    scene.by_operator(&Command::Confirm).unwrap();
    assert_eq!(
        (last(&scene), scene.shows().as_str()),
        (Some("confirm"), "completed")
    );
}

#[test]
fn an_operator_who_is_a_party_acts_as_the_party() {
    let mut scene = Scene::at("pending");
    let boss = scene.operator;
    scene.campus.activate_runner(boss).unwrap();
    assert_eq!(last(&scene), None, "running is everybody's own business");
    scene
        .by_operator(&Command::Accept { runner: boss })
        .unwrap();
    assert_eq!(last(&scene), None);
    assert_eq!(code(scene.by_operator(&hold())), "not_allowed");
    for status in [
        "on-site",
        "purchased",
        "collected",
        "on-the-way",
        "completed",
    ] {
        let next = scene.next_step();
        scene.by_operator(&next).unwrap();
        assert_eq!((last(&scene), scene.shows().as_str()), (None, status));
        scene.campus.settle();
    }
    let mut scene = Scene::at("pending");
    scene.campus.set_card(boss, Behaviour::Succeeds).unwrap();
    let placed = scene.campus.place(boss, wish(boss), 2).unwrap();
    scene.order = placed;
    scene.campus.settle();
    let cancel = Command::Cancel {
        accept_charge: Cents::ZERO,
    };
    scene.by_operator(&cancel).unwrap();
    assert_eq!(last(&scene), None);
    let ending = Ending::ToCustomer;
    let settle = Command::Settle {
        ending,
        reason: words(),
    };
    assert_eq!(
        code(scene.by_operator(&settle)),
        "not_allowed",
        "nobody settles their own order"
    );
}

#[test]
fn accounts_and_wallets_name_what_is_done_to_others() {
    let mut scene = Scene::at("pending");
    let (boss, runner) = (Principal::Operator(scene.operator), scene.runner);
    let reason = words;
    for (command, name) in [
        (UserCommand::Suspend { reason: reason() }, Some("suspend")),
        (
            UserCommand::Reinstate { reason: reason() },
            Some("reinstate"),
        ),
    ] {
        scene.campus.user(boss, runner, &command).unwrap();
        assert_eq!(last(&scene), name);
        let written = scene.campus.journal().len();
        scene.campus.user(boss, runner, &command).unwrap();
        assert_eq!(scene.campus.journal().len(), written, "it is so already");
    }
    let mut scene = Scene::at_with("completed", Behaviour::DeclinesCapture);
    let (boss, customer) = (Principal::Operator(scene.operator), scene.customer);
    let (cents, reason) = (Cents(1), words());
    let write_off = wallet::Command::WriteOff {
        cents: Some(cents),
        reason,
    };
    let reason = words();
    let top_up = wallet::Command::TopUp { cents, reason };
    let reason = words();
    let withdraw = wallet::Command::Withdraw { cents, reason };
    for (user, command, name) in [
        (customer, write_off, "write_off"),
        (wallet::PLATFORM, top_up, "top_up"),
        (wallet::PLATFORM, withdraw, "withdraw"),
    ] {
        let id = scene.campus.fresh();
        scene
            .campus
            .wallet_command(boss, user, &command, id)
            .unwrap();
        assert_eq!(last(&scene), Some(name));
    }
}
