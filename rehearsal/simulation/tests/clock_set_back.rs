//! An order whose last record lies ahead of the clock, and commands that the system gives twice.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    id::{CommandId, Principal},
    invariant::check_order,
    order::{Command, Context, Filled, Order, Turn, turn},
    stream::Meta,
    time::{At, HOUR_MS, MINUTE_MS},
    timer::{TimerKind, TimerState},
    vote::Votes,
};

mod common;
use common::{Scene, figures, words};

/// What an order that is told so becomes at this time.
fn told(order: &Order, ms: u64, now: At) -> Option<Filled> {
    let meta = Meta::own(Principal::System, CommandId(1), "test");
    let (policy, votes) = (figures(), Votes::default());
    let context = Context {
        meta: &meta,
        now,
        policy: &policy,
        votes: &votes,
        pin: 0,
    };
    let command = Command::SetClockBack { ms };
    match turn(order.id, Some(order), &command, &context).unwrap() {
        Turn::Commit { filled, .. } => Some(*filled),
        Turn::AlreadySo => None,
    }
}

#[test]
fn what_lies_ahead_comes_earlier_but_what_the_gateway_set() {
    let mut scene = Scene::at("accepted");
    scene.campus.advance(MINUTE_MS);
    scene
        .by(scene.customer, &Command::Message { text: words() })
        .unwrap();
    let mut order = scene.order().clone();
    let now = order.last_at.minus(HOUR_MS);
    assert!(
        told(&order, HOUR_MS, order.last_at).is_none(),
        "it does not lie ahead"
    );
    order.timers.get_mut(&TimerKind::EscrowTimeout).unwrap().due = now;
    let Filled { record, after } = told(&order, HOUR_MS, now).unwrap();
    check_order(Some(&order), &after, &record).unwrap();
    let due = |order: &Order, kind| order.armed(kind).unwrap().due;
    for (kind, earlier_ms) in [
        (TimerKind::RunnerIdle, HOUR_MS),
        (TimerKind::PaymentAuthorizationExpiry, 0),
        (TimerKind::EscrowTimeout, 0),
    ] {
        let before = due(&order, kind);
        assert_eq!(due(&after, kind), before.minus(earlier_ms), "{kind:?}");
    }
    let ended = |order: &Order| order.timers[&TimerKind::OrderTimeout];
    assert_eq!(ended(&after).state, TimerState::Cancelled);
    assert_eq!(ended(&after), ended(&order));
}

#[test]
fn what_the_system_gives_twice_is_done_once_and_an_id_of_somebody_else_is_another() {
    let mut scene = Scene::at("accepted");
    let kind = TimerKind::RunnerIdle;
    let due = Command::ScheduledDue { kind };
    let (order, id) = (scene.order, scene.campus.fresh());
    let first = scene.campus.command(Principal::System, order, &due, id);
    let version = first.unwrap().version;
    let second = scene.campus.command(Principal::System, order, &due, id);
    assert_eq!(
        second.unwrap().version,
        version,
        "reminded, and not unbound"
    );
    let (runner, written) = (
        Principal::User(scene.runner),
        Command::Message { text: words() },
    );
    let third = scene.campus.command(runner, order, &written, id);
    assert_eq!(third.unwrap().version, version + 1);
}
