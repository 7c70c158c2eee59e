//! Random commands by random people on three orders, with a gateway that misbehaves, owners that refuse, time that
//! passes and crashes in between: every invariant holds after every record, and every order comes to its end.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    order::{EndEvent, Event},
    record::Events,
    transitions::{Met, TRANSITIONS},
};
use campusg_simulation::{Behaviour, Simulation};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::{cell::RefCell, collections::BTreeSet};

#[path = "../common/mod.rs"]
mod common;

mod command;
mod moves;
mod run;
use moves::moves;
use run::Run;

fn cases() -> u32 {
    std::env::var("CAMPUSG_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(2000)
}

fn card() -> impl Strategy<Value = usize> {
    prop_oneof![5 => Just(0), 2 => Just(9), 1 => Just(10), 2 => Just(11), 2 => Just(12), 4 => 0..Behaviour::TOKENS.len()]
}

/// Everything that can happen to an order, as the names of its events.
const EVENTS: [&str; 77] = [
    "Placed",
    "ActionRequired",
    "Authorized",
    "Declined",
    "Held",
    "Waiting",
    "Available",
    "Accepted",
    "Unbound",
    "ArrivedOnSite",
    "Purchased",
    "Collected",
    "Departed",
    "WrongPinShown",
    "Delivered",
    "Released",
    "ReleaseRefused",
    "Completed",
    "Cancelled",
    "Captured",
    "CollectFailed",
    "Voided",
    "Refunded",
    "RefundKept",
    "CallDeferred",
    "CallRetried",
    "CallGivenUp",
    "LateAuthorization",
    "LateCharge",
    "TimerFired",
    "Reminded",
    "Overdue",
    "Rated",
    "RatingsPublished",
    "Step",
    "Trip",
    "Release",
    "Free",
    "Proposed",
    "RaiseAsked",
    "Raised",
    "RaiseFailed",
    "ProposalClosed",
    "CancelWaiting",
    "MessageSent",
    "ProblemReported",
    "NoShowAnswered",
    "NoShowOver",
    "OperatorHeld",
    "OperatorReleased",
    "TimerNoted",
    "OperatorActed",
    "Disputed",
    "Frozen",
    "DisputeReplied",
    "DisputeResolved",
    "ClaimPaid",
    "GoodwillPaid",
    "RunnerMadeGood",
    "CustomerSetOff",
    "TipGiven",
    "TipPaid",
    "TipFailed",
    "AuthorizationLapsed",
    "because PaymentFailed",
    "because Customer",
    "because NoRunnerTimeout",
    "because StoreClosed",
    "because SoldOut",
    "because PriceRejected",
    "because CustomerNoShow",
    "because RunnerAbandoned",
    "because AuthorizationExpired",
    "because Operator",
    "because Dispute",
    "because EscrowFailed",
    "because SchedulingFailed",
];

/// The names in a run's records, those of settlements and of reasons among them.
fn names(campus: &Simulation, seen: &mut BTreeSet<String>) {
    for entry in campus.journal() {
        let Events::Order(events) = &entry.record.events else {
            continue;
        };
        for event in events {
            let name = match event {
                Event::End(EndEvent::Cancelled {
                    settlement, reason, ..
                }) => {
                    seen.insert("Cancelled".into());
                    seen.insert(format!("because {reason:?}"));
                    format!("{settlement:?}")
                }
                event => common::event_name(event),
            };
            seen.insert(name.split([' ', '(', '{']).next().unwrap().into());
        }
    }
}

#[test]
fn every_invariant_holds_and_every_order_ends() {
    let ahead =
        || prop_oneof![3 => 0_u8..8, 1 => Just(1), 2 => Just(3), 2 => Just(6), 2 => Just(7)];
    let ahead = [ahead(), ahead(), ahead()];
    let runs = (
        any::<u64>(),
        [card(), card(), card()],
        prop::bool::weighted(0.7),
        any::<bool>(),
        ahead,
    );
    let steps = prop::collection::vec(moves(), 10..60);
    let config = Config {
        cases: cases(),
        failure_persistence: None,
        ..Config::default()
    };
    let (seen, met) = (RefCell::new(BTreeSet::new()), RefCell::new(BTreeSet::new()));
    let result = TestRunner::new(config).run(
        &(runs, steps),
        |((seed, cards, window, later, ahead), steps)| {
            let mut run = Run::new(seed, cards, window, later);
            run.set_out(ahead);
            steps.iter().for_each(|step| run.make(step));
            run.end();
            names(&run.campus, &mut seen.borrow_mut());
            let mut transitions = Met::default();
            run.campus
                .journal()
                .iter()
                .for_each(|it| transitions.fold(it));
            met.borrow_mut().extend(transitions.met());
            Ok(())
        },
    );
    result.unwrap();
    let missed: Vec<&str> = EVENTS
        .into_iter()
        .filter(|name| !seen.borrow().contains(*name))
        .collect();
    assert!(
        cases() < 2000 || missed.is_empty(),
        "never happened in {} runs: {missed:?}",
        cases()
    );
    let of_orders = TRANSITIONS.iter().take_while(|row| row.id != "41");
    let missed: Vec<&str> = of_orders
        .map(|row| row.id)
        .filter(|id| !met.borrow().contains(id))
        .collect();
    assert!(
        cases() < 2000 || missed.is_empty(),
        "rows never met in {} runs: {missed:?}",
        cases()
    );
}
