//! The races of the lifecycle, each in a thousand orders of arrival, with answers and crashes in between: the first
//! command in the order's mailbox wins, exactly one end happens, and every invariant holds.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::{Answer, Decline},
    id::Principal,
    money::{Account, Cents},
    order::{Command, Fault, Problem, ProposalKind, Shown},
    policy::Policy,
    time::{DAY_MS, HOUR_MS},
    timer::TimerKind,
};
use campusg_simulation::{Behaviour, Seeded};
use std::collections::BTreeSet;

mod common;
use common::{
    K, Scene, X, figures,
    seen::{cancel, dispute, hold, reassign, resolve, trip, unhold},
    words,
};

const ROUNDS: u64 = 1_000;

type Contender = (Principal, Command);

/// What became of a race: how often each contender took effect or was refused, by its place among them.
type Taken = Vec<Result<(), &'static str>>;

/// Runs the contenders in a random order from the same start, with calls, repeats and crashes in between.
fn race(
    start: &Scene,
    contenders: &[Contender],
    check: impl Fn(&Scene, &Taken),
) -> BTreeSet<String> {
    let mut ends = BTreeSet::new();
    for round in 0..ROUNDS {
        let mut chance = Seeded::new(round);
        let mut scene = start.clone();
        let mut waiting: Vec<usize> = (0..contenders.len()).collect();
        let mut taken: Taken = vec![Err("not_given"); contenders.len()];
        while !waiting.is_empty() {
            let drawn = usize::try_from(chance.below(waiting.len() as u64)).unwrap();
            let i = waiting.remove(drawn);
            taken[i] = give(&mut scene, &contenders[i], chance.below(2) == 0);
            match chance.below(4) {
                0 => scene.campus.settle(),
                1 => scene.campus.rebuild().unwrap(),
                _ => {}
            }
        }
        check(&scene, &taken);
        ends.insert(format!("{} {:?}", scene.shows(), scene.reason()));
        scene.campus.settle();
        scene.holds();
    }
    ends
}

/// Gives one command, and half of the time the same again under its id.
fn give(scene: &mut Scene, (who, command): &Contender, again: bool) -> Result<(), &'static str> {
    let (id, order) = (scene.campus.fresh(), scene.order);
    let first = scene.campus.command(*who, order, command, id).map(drop);
    if again {
        let second = scene.campus.command(*who, order, command, id).map(drop);
        assert_eq!(first.is_ok(), second.is_ok(), "{command:?}");
    }
    first.map_err(|refused| refused.code())
}

fn due(kind: TimerKind) -> Contender {
    (Principal::System, Command::ScheduledDue { kind })
}

fn ends(expected: &[&str]) -> BTreeSet<String> {
    expected.iter().map(ToString::to_string).collect()
}

fn windowed(status: &str) -> Scene {
    let policy = Policy {
        dispute_window_ms: HOUR_MS,
        ..figures()
    };
    let mut scene = Scene::placed_under(policy, Behaviour::Succeeds, |_| ());
    scene.campus.settle();
    scene.go_to(status);
    scene
}

fn parties(scene: &Scene) -> [Principal; 3] {
    [
        Principal::User(scene.customer),
        Principal::User(scene.runner),
        Principal::Operator(scene.operator),
    ]
}

fn purchase(scene: &mut Scene) -> Command {
    Command::Purchase {
        total: Cents(2150),
        photo: Some(scene.photo()),
    }
}

#[test]
fn accept_against_accept() {
    let scene = Scene::available();
    let [one, two] = [scene.runner, scene.rival];
    let contenders = [one, two].map(|runner| (Principal::User(runner), Command::Accept { runner }));
    race(&scene, &contenders, |scene, taken| {
        let won: Vec<bool> = taken.iter().map(Result::is_ok).collect();
        assert!(won[0] != won[1], "exactly one is bound: {taken:?}");
        let lost = taken.iter().find_map(|it| it.err());
        assert_eq!(lost, Some("taken_by_another_runner"));
        let runner = scene.order().stage.assignment().unwrap().runner;
        assert_eq!(runner, if won[0] { one } else { two });
        let slots = |user| scene.campus.directory().person(user).unwrap().slots;
        assert_eq!(
            slots(one) + slots(two),
            1,
            "the loser's failure changes nothing"
        );
    });
}

#[test]
fn accept_against_the_timeout_and_a_hold() {
    let scene = Scene::available();
    let [customer, runner, operator] = parties(&scene);
    let accept = Command::Accept {
        runner: scene.runner,
    };
    let contenders = [
        (runner, accept),
        due(TimerKind::OrderTimeout),
        (operator, hold()),
        (customer, cancel(0)),
    ];
    let found = race(&scene, &contenders, |scene, taken| {
        let bound = scene.order().stage.assignment().is_some();
        assert_eq!(bound, taken[0].is_ok(), "{taken:?}");
    });
    let all = [
        "accepted None",
        "cancelled Some(\"customer\")",
        "cancelled Some(\"no_runner_timeout\")",
        "pending None",
    ];
    assert_eq!(found, ends(&all));
}

#[test]
fn cancel_against_what_changes_its_price() {
    let mut scene = Scene::at("on-site");
    let [customer, runner, _] = parties(&scene);
    let buy = purchase(&mut scene);
    let contenders = [
        (customer, cancel(0)),
        (customer, cancel(X.0)),
        (runner, buy),
    ];
    let found = race(&scene, &contenders, |scene, taken| {
        assert!(
            taken[0].is_err() || scene.order().stage.cancel_wait().is_some() || taken[2].is_ok()
        );
        assert!(taken[2].is_ok(), "what was paid at the till counts");
        assert_eq!(scene.order().charged, K);
        assert!(scene.order().stage.cancel_wait().is_none());
    });
    assert_eq!(found, ends(&["purchased None"]));
}

#[test]
fn cancel_against_the_till() {
    let mut scene = Scene::at("on-site");
    let [customer, runner, operator] = parties(&scene);
    let buy = purchase(&mut scene);
    scene.by(scene.customer, &cancel(X.0)).unwrap();
    let contenders = [
        (runner, buy),
        (runner, Command::CancelAcceptance),
        due(TimerKind::CancelWait),
        (customer, cancel(X.0)),
        (operator, trip(0)),
    ];
    let found = race(&scene, &contenders, |scene, taken| {
        let bought = scene.order().stage.bought().is_some();
        assert_eq!(taken[0].is_ok(), bought);
        assert!(
            taken[4].is_err(),
            "only 10 and 18 fit, and afterwards a trip does not: {taken:?}"
        );
        let paid = if bought { Cents::ZERO } else { X };
        assert_eq!(scene.wallet(scene.runner), paid);
    });
    assert_eq!(
        found,
        ends(&["cancelled Some(\"customer\")", "purchased None"])
    );
}

#[test]
fn cancel_against_deliver_and_abandon() {
    let mut scene = Scene::at("on-the-way");
    let [customer, runner, operator] = parties(&scene);
    let deliver = scene.next_step();
    let abandon = Command::Abandon { reason: words() };
    let contenders = [
        (customer, cancel(K.0)),
        (runner, deliver),
        (operator, abandon),
        (customer, Command::Confirm),
    ];
    let found = race(&scene, &contenders, |scene, _| {
        let gone = scene.reason() == Some("runner_abandoned");
        let wallet = if gone { Cents::ZERO } else { Cents(2649) };
        assert_eq!(
            scene.wallet(scene.runner),
            wallet,
            "exactly one of release and refund"
        );
    });
    let all = [
        "cancelled Some(\"customer\")",
        "cancelled Some(\"runner_abandoned\")",
        "completed None",
    ];
    assert_eq!(found, ends(&all));
}

#[test]
fn complete_against_complete_and_a_dispute() {
    let scene = windowed("delivered");
    let [customer, _, operator] = parties(&scene);
    let contenders = [
        (customer, Command::Confirm),
        (operator, Command::Confirm),
        due(TimerKind::DisputeWindow),
        due(TimerKind::EscrowTimeout),
    ];
    let found = race(&scene, &contenders, |scene, _| {
        assert_eq!(
            scene.wallet(scene.runner),
            Cents(2649),
            "one set of transfers"
        );
        assert_eq!(scene.balance(Account::Revenue), Cents(100));
    });
    assert_eq!(found, ends(&["completed None"]));
    let contenders = [
        (customer, dispute(Some(1000))),
        (customer, Command::Confirm),
        due(TimerKind::DisputeWindow),
    ];
    race(&scene, &contenders, |scene, taken| {
        assert!(taken[0].is_ok(), "before the end, or as a case after it");
        let before = scene.shows() == "delivered";
        let frozen = scene.order().dispute.unwrap().frozen;
        assert_eq!(
            frozen.is_none(),
            before,
            "in escrow, or frozen in the wallet"
        );
    });
}

#[test]
fn approve_against_the_proposals_end() {
    let mut scene = Scene::at("on-site");
    let [customer, runner, _] = parties(&scene);
    let price = scene.propose(ProposalKind::Price, Some(2500));
    scene.by(scene.runner, &price).unwrap();
    let n = 1;
    let contenders = [
        (customer, Command::Approve { proposal: n }),
        due(TimerKind::ProposalExpiry),
        (runner, Command::Withdraw { proposal: n }),
        (customer, Command::Reject { proposal: n }),
    ];
    let found = race(&scene, &contenders, |scene, _| {
        let order = scene.order();
        assert!(
            order.stage.proposal().is_none() || order.stage.proposal().unwrap().raise.is_some()
        );
        let approved = order.approved_total == Cents(2500);
        let raised = order
            .calls
            .get(&2)
            .is_some_and(|call| call.outcome == campusg_domain::order::Outcome::Succeeded);
        assert!(!approved || raised, "nothing is approved that is not held");
    });
    assert_eq!(
        found,
        ends(&["cancelled Some(\"price_rejected\")", "on-site None"])
    );
}

#[test]
fn the_second_authorisation_against_everything_that_ends_the_proposal() {
    let mut scene = Scene::at("on-site");
    let [customer, runner, _] = parties(&scene);
    let price = scene.propose(ProposalKind::Price, Some(2500));
    scene.by(scene.runner, &price).unwrap();
    scene
        .by(scene.customer, &Command::Approve { proposal: 1 })
        .unwrap();
    let capture_before = scene.campus.now().plus(4 * DAY_MS);
    let cents = Cents(200);
    let yes = Answer::Authorized {
        cents,
        capture_before,
    };
    let gone = Answer::Declined {
        reason: Decline::Expired,
    };
    let contenders = [
        (
            Principal::Gateway,
            Command::Answered {
                call: 2,
                answer: yes,
            },
        ),
        (
            Principal::Gateway,
            Command::Answered {
                call: 1,
                answer: gone,
            },
        ),
        due(TimerKind::ProposalExpiry),
        (runner, Command::CancelAcceptance),
        (customer, cancel(X.0)),
    ];
    race(&scene, &contenders, |scene, taken| {
        assert!(
            taken[0].is_ok(),
            "an answer is always taken: late, it is let go (33)"
        );
        let order = scene.order();
        let held: Cents = order.holds().map(|(_, cents)| cents).sum();
        assert_eq!(scene.campus.ledger().held(scene.order), held);
    });
}

#[test]
fn a_runner_who_comes_back_is_another_epoch() {
    let mut scene = Scene::at("accepted");
    let [_, runner, operator] = parties(&scene);
    let old = scene
        .order()
        .armed(TimerKind::RunnerIdle)
        .unwrap()
        .generation;
    let accept = Command::Accept {
        runner: scene.runner,
    };
    scene.by(scene.runner, &Command::CancelAcceptance).unwrap();
    scene.by(scene.runner, &accept).unwrap();
    let stale = Command::TimerDue {
        kind: TimerKind::RunnerIdle,
        generation: old,
    };
    let contenders = [
        (Principal::System, stale),
        (runner, Command::ArriveOnSite),
        (operator, reassign()),
    ];
    race(&scene, &contenders, |scene, taken| {
        let epoch = scene.order().epoch;
        assert_eq!(taken[0], Ok(()), "an old generation is a no-op");
        let arrived = scene.shows() == "on-site";
        assert_eq!(epoch, if arrived { 3 } else { 4 });
        assert_eq!(scene.order().reminded, 0);
    });
}

#[test]
fn a_customer_at_the_door_against_the_end_of_the_wait() {
    let mut scene = Scene::at("on-the-way");
    scene.report_no_show();
    let [customer, runner, _] = parties(&scene);
    let photo = scene.photo();
    let returned = Command::ReportProblem {
        kind: Problem::Returned,
        photo: Some(photo),
        note: None,
    };
    let shown = Shown::Photo(photo);
    let contenders = [
        (customer, Command::AnswerNoShow),
        due(TimerKind::NoShowWait),
        (runner, returned),
        (runner, Command::Deliver { shown }),
    ];
    let found = race(&scene, &contenders, |scene, taken| {
        let ended = scene.order().is_terminal();
        assert_eq!(ended, taken[2].is_ok() || taken[3].is_ok(), "{taken:?}");
        assert!(
            !(taken[0].is_ok() && ended),
            "who is there is not left alone: {taken:?}"
        );
    });
    assert_eq!(
        found,
        ends(&[
            "cancelled Some(\"customer_no_show\")",
            "completed None",
            "on-the-way None"
        ])
    );
}

#[test]
fn a_hold_against_what_would_end_the_order() {
    let mut scene = Scene::at("on-site");
    let [customer, _, operator] = parties(&scene);
    let sold_out = scene.propose(ProposalKind::SoldOut, None);
    scene.by(scene.runner, &sold_out).unwrap();
    let contenders = [
        (operator, hold()),
        (customer, Command::Reject { proposal: 1 }),
        due(TimerKind::ProposalExpiry),
        (operator, unhold()),
        (customer, cancel(X.0)),
    ];
    race(&scene, &contenders, |scene, _| {
        let order = scene.order();
        assert!(!order.is_terminal() || scene.wallet(scene.runner) == X);
        assert!(order.operator_hold || order.noted.is_empty());
    });
}

#[test]
fn judgements_refunds_and_the_last_day_of_a_case() {
    let mut scene = Scene::at("completed");
    scene.by(scene.customer, &dispute(Some(2000))).unwrap();
    scene.campus.advance(2 * DAY_MS);
    let [_, _, operator] = parties(&scene);
    let refund = Command::Refund {
        cents: Cents(1500),
        reason: words(),
    };
    let contenders = [
        (operator, resolve(1, 2000, Fault::Runner)),
        (operator, resolve(1, 1000, Fault::Store)),
        due(TimerKind::DisputeSla),
        (operator, refund),
    ];
    race(&scene, &contenders, |scene, _| {
        let order = scene.order();
        assert!(order.open_dispute().is_none());
        assert!(
            order.refunded <= order.charged,
            "never more than was charged"
        );
        let frozen = scene
            .campus
            .ledger()
            .balance(Account::Payable(scene.runner));
        assert_eq!(frozen.pending_out, Cents::ZERO);
    });
}

#[test]
fn judgements_against_the_end_of_a_disputed_delivery() {
    let mut scene = windowed("delivered");
    scene.by(scene.customer, &dispute(Some(2000))).unwrap();
    scene.campus.advance(2 * DAY_MS);
    let [_, _, operator] = parties(&scene);
    let contenders = [
        (operator, resolve(1, K.0, Fault::Runner)),
        (operator, common::seen::divide(0, Fault::Platform)),
        due(TimerKind::DisputeSla),
        due(TimerKind::EscrowTimeout),
    ];
    let found = race(&scene, &contenders, |scene, _| {
        let all = [Cents::ZERO, Cents(2649)];
        assert!(scene.order().is_terminal() && all.contains(&scene.wallet(scene.runner)));
    });
    assert_eq!(
        found,
        ends(&["cancelled Some(\"dispute\")", "completed None"])
    );
}

#[test]
fn tips_against_their_limit() {
    let scene = Scene::at("completed");
    let [customer, ..] = parties(&scene);
    let tip = |cents| Command::Tip {
        cents: Cents(cents),
    };
    let contenders = [
        (customer, tip(3000)),
        (customer, tip(2500)),
        (customer, tip(2000)),
    ];
    race(&scene, &contenders, |scene, taken| {
        assert!(taken.iter().filter(|it| it.is_ok()).count() <= 2);
        assert!(scene.order().tipped_later() <= Cents(5000));
    });
}
