//! Which transitions the records of a life are: those that happened, and no other that looks like them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::{Answer, Decline},
    id::Stream,
    money::Cents,
    order::{Command, Ending, Fault, Order, Problem, ProposalKind, Shown, StoreRef},
    policy::Policy,
    record::Entry,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
    timer::TimerKind,
    transitions::{Fact, Met, TRANSITIONS},
};
use campusg_simulation::{AskKind, Bank, Behaviour};

mod common;
use common::{
    H, K, Scene, X, figures,
    seen::{cancel, dispute, divide, hold, reassign, resolve, trip, unhold},
    two_items, words,
};

/// The transitions from record `from` on: with `+` where one record is several.
fn named(scene: &Scene, from: usize) -> String {
    let (mut before, mut names) = (None, vec![]);
    for (at, Entry { seq, record }) in scene.campus.journal().iter().enumerate() {
        let is_order = record.stream == Stream::Order(scene.order);
        let of = before.as_ref().filter(|_| is_order);
        let ids: Vec<&str> = Fact { before: of, record }.transitions().collect();
        if at >= from && !ids.is_empty() {
            names.push(ids.join("+"));
        }
        if is_order {
            Order::fold(&mut before, *seq, record);
        }
    }
    names.join(" ")
}

/// What happens from a status on, and the transitions that it is.
type Life = (&'static str, fn(&mut Scene), &'static str);

/// Lives each life under this policy and compares what its records are called.
fn live(policy: &Policy, lives: &[Life]) {
    for (n, (status, life, expected)) in lives.iter().enumerate() {
        let mut scene = Scene::placed_under(policy.clone(), Behaviour::Succeeds, two_items);
        scene.campus.settle();
        scene.go_to(status);
        let from = scene.campus.journal().len();
        life(&mut scene);
        scene.campus.settle();
        assert_eq!(named(&scene, from), *expected, "life {n}, from {status}");
    }
}

fn customer(scene: &mut Scene, command: &Command) {
    scene.by(scene.customer, command).unwrap();
    scene.campus.settle();
}

fn runner(scene: &mut Scene, command: &Command) {
    scene.by(scene.runner, command).unwrap();
    scene.campus.settle();
}

fn operator(scene: &mut Scene, command: &Command) {
    scene.by_operator(command).unwrap();
    scene.campus.settle();
}

fn due(scene: &mut Scene, kind: TimerKind) {
    scene.by_itself(&Command::ScheduledDue { kind }).unwrap();
}

fn propose(scene: &mut Scene, kind: ProposalKind, total: Option<i64>) {
    let propose = scene.propose(kind, total);
    runner(scene, &propose);
}

fn settle(ending: Ending) -> Command {
    let reason = words();
    Command::Settle { ending, reason }
}

const APPROVE: Command = Command::Approve { proposal: 1 };
const REJECT: Command = Command::Reject { proposal: 1 };
const WITHDRAW: Command = Command::Withdraw { proposal: 1 };

#[test]
fn a_usual_day() {
    let mut scene = Scene::at("completed");
    for who in [scene.customer, scene.runner] {
        scene.by(who, &Command::Rate { stars: 5 }).unwrap();
    }
    assert_eq!(named(&scene, 0), "1 3+4+6 8 13 18 20 20 21+22 32c 32c");
    let mut met = Met::default();
    let entries = scene.campus.journal();
    entries.iter().for_each(|entry| met.fold(entry));
    let times = ["1", "20", "32c", "44", "45"].map(|id| met.times(id));
    assert_eq!(times, [1, 2, 2, 0, 0]);
    assert_eq!(met.met().len() + met.missing().count(), TRANSITIONS.len());
    let (first, last) = (met.missing().next(), met.missing().last());
    assert_eq!(
        first.zip(last).map(|(a, b)| (a.id, b.id)),
        Some(("2", "44"))
    );
}

#[test]
fn before_a_runner_comes() {
    let cards: [(Behaviour, &str); 3] = [
        (Behaviour::Declines(Decline::Declined), "1 2"),
        (Behaviour::BlocksLess, "1 2"),
        (Behaviour::AsksCustomer, "1 36"),
    ];
    for (card, expected) in cards {
        assert_eq!(named(&Scene::available_with(card), 0), expected);
    }
    for ask in [AskKind::Hold, AskKind::Capacity] {
        let mut scene = Scene::placed(Behaviour::Succeeds);
        scene.campus.refuse(ask, 1);
        scene.campus.settle();
        let expected = if ask == AskKind::Hold {
            "1 3+5"
        } else {
            "1 3+4+5"
        };
        assert_eq!(named(&scene, 0), expected);
    }
    let mut scene = Scene::placed(Behaviour::Succeeds);
    scene.by(scene.customer, &cancel(0)).unwrap();
    let capture_before = scene.campus.now().plus(DAY_MS);
    let yes = Answer::Authorized {
        cents: H,
        capture_before,
    };
    scene.campus.settle();
    scene.campus.answered(scene.order, 1, yes);
    assert_eq!(named(&scene, 0), "1 7 33");
    let (mut scene, _) = Scene::for_later(figures(), 5 * HOUR_MS, |_| ());
    assert_eq!(named(&scene, 0), "1 3+4+6 37");
    scene.go_to("accepted");
    runner(&mut scene, &Command::CancelAcceptance);
    assert_eq!(named(&scene, 0), "1 3+4+6 37 8 10");
}

#[test]
fn with_a_runner_on_the_way_to_the_store() {
    live(
        &figures(),
        &[
            ("pending", |it| customer(it, &cancel(0)), "7"),
            ("pending", |it| it.campus.advance(30 * MINUTE_MS), "9"),
            ("pending", |it| due(it, TimerKind::EscrowTimeout), "39"),
            (
                "pending",
                |it| due(it, TimerKind::PaymentAuthorizationExpiry),
                "38",
            ),
            (
                "pending",
                |it| [hold(), unhold()].iter().for_each(|c| operator(it, c)),
                "28 28",
            ),
            (
                "accepted",
                |it| runner(it, &Command::CancelAcceptance),
                "10",
            ),
            ("accepted", |it| operator(it, &reassign()), "11"),
            ("accepted", |it| it.campus.advance(30 * MINUTE_MS), "11"),
            ("accepted", |it| customer(it, &cancel(0)), "12"),
            ("on-site", |it| runner(it, &Command::CancelAcceptance), "10"),
            ("on-site", |it| customer(it, &cancel(X.0)), "35"),
            (
                "on-site",
                |it| {
                    customer(it, &cancel(X.0));
                    it.campus.advance(2 * MINUTE_MS);
                },
                "35",
            ),
        ],
    );
}

#[test]
fn while_a_proposal_is_open() {
    live(
        &figures(),
        &[
            (
                "on-site",
                |it| propose(it, ProposalKind::StoreClosed, None),
                "14",
            ),
            (
                "on-site",
                |it| propose(it, ProposalKind::SoldOut, None),
                "14",
            ),
            (
                "on-site",
                |it| propose(it, ProposalKind::Price, Some(2301)),
                "15",
            ),
            (
                "on-site",
                |it| {
                    propose(it, ProposalKind::Price, Some(2500));
                    customer(it, &APPROVE);
                },
                "15 16 16",
            ),
            (
                "on-site",
                |it| {
                    propose(it, ProposalKind::StoreClosed, None);
                    let (name, place) = ("Other".into(), "There".into());
                    let store = StoreRef::Described { name, place };
                    customer(it, &Command::OtherStore { proposal: 1, store });
                },
                "14 16",
            ),
            (
                "on-site",
                |it| {
                    propose(it, ProposalKind::Price, Some(2500));
                    runner(it, &WITHDRAW);
                },
                "15 16",
            ),
            (
                "on-site",
                |it| {
                    propose(it, ProposalKind::Price, Some(2500));
                    runner(it, &Command::CancelAcceptance);
                },
                "15 10",
            ),
            (
                "on-site",
                |it| {
                    propose(it, ProposalKind::Price, Some(2500));
                    customer(it, &REJECT);
                },
                "15 17",
            ),
            (
                "on-site",
                |it| {
                    propose(it, ProposalKind::SoldOut, None);
                    it.campus.advance(5 * MINUTE_MS);
                },
                "14 17",
            ),
            (
                "on-site",
                |it| {
                    let other = it.substitute(0, 2000);
                    runner(it, &other);
                    it.campus.advance(5 * MINUTE_MS);
                },
                "15 17",
            ),
        ],
    );
}

#[test]
fn with_the_food() {
    live(
        &figures(),
        &[
            ("purchased", |it| customer(it, &cancel(K.0)), "24"),
            ("collected", |it| customer(it, &cancel(K.0)), "24"),
            ("on-the-way", |it| customer(it, &cancel(K.0)), "24"),
            (
                "purchased",
                |it| operator(it, &Command::Abandon { reason: words() }),
                "27",
            ),
            ("on-the-way", |it| customer(it, &Command::Confirm), "21+22"),
            ("on-the-way", Scene::report_no_show, "25"),
            (
                "on-the-way",
                |it| {
                    it.report_no_show();
                    customer(it, &Command::AnswerNoShow);
                    it.go_to("completed");
                },
                "25 25 21+22",
            ),
            (
                "on-the-way",
                |it| {
                    it.report_no_show();
                    it.go_to("completed");
                },
                "25 21+22",
            ),
            (
                "on-the-way",
                |it| {
                    it.report_no_show();
                    it.campus.advance(7 * MINUTE_MS);
                    let left = Command::Deliver {
                        shown: Shown::Photo(it.photo()),
                    };
                    runner(it, &left);
                },
                "25 21+22+26",
            ),
            (
                "on-the-way",
                |it| {
                    it.report_no_show();
                    it.campus.advance(7 * MINUTE_MS);
                    let (kind, photo) = (Problem::Returned, Some(it.photo()));
                    let taken_back = Command::ReportProblem {
                        kind,
                        photo,
                        note: None,
                    };
                    runner(it, &taken_back);
                },
                "25 26",
            ),
            (
                "on-the-way",
                |it| {
                    it.campus.refuse(AskKind::Release, 1);
                    let deliver = it.next_step();
                    runner(it, &deliver);
                    it.campus.advance(MINUTE_MS);
                },
                "21+23 22",
            ),
        ],
    );
    let mut scene = Scene::at_with("on-site", Behaviour::DeclinesCapture);
    let from = scene.campus.journal().len();
    scene.go_to("purchased");
    assert_eq!(named(&scene, from), "18 19");
    scene.campus.advance(14 * DAY_MS);
    let days = vec!["39"; 13].join(" ");
    assert_eq!(named(&scene, from), format!("18 19 {days} 27+39"));
}

#[test]
fn what_an_operator_ends() {
    let windowed = Policy {
        dispute_window_ms: HOUR_MS,
        ..figures()
    };
    live(
        &windowed,
        &[
            (
                "pending",
                |it| operator(it, &settle(Ending::ToCustomer)),
                "40",
            ),
            ("accepted", |it| operator(it, &trip(X.0)), "40"),
            ("on-site", |it| operator(it, &trip(0)), "35+40"),
            (
                "purchased",
                |it| operator(it, &divide(0, Fault::Store)),
                "40",
            ),
            (
                "delivered",
                |it| operator(it, &divide(0, Fault::Store)),
                "40",
            ),
            ("delivered", |it| it.campus.advance(HOUR_MS), "22"),
            ("delivered", |it| operator(it, &Command::Confirm), "22"),
            ("delivered", |it| customer(it, &dispute(None)), "29"),
            (
                "delivered",
                |it| {
                    customer(it, &dispute(None));
                    operator(it, &resolve(1, 0, Fault::Customer));
                },
                "29 30",
            ),
            (
                "delivered",
                |it| {
                    customer(it, &dispute(None));
                    operator(it, &divide(0, Fault::Store));
                },
                "29 30",
            ),
        ],
    );
}

#[test]
fn after_the_end() {
    live(
        &figures(),
        &[
            (
                "completed",
                |it| customer(it, &Command::Tip { cents: Cents(100) }),
                "32a",
            ),
            (
                "completed",
                |it| {
                    operator(
                        it,
                        &Command::Refund {
                            cents: Cents(1),
                            reason: words(),
                        },
                    )
                },
                "32b",
            ),
            ("completed", |it| customer(it, &dispute(Some(100))), "31"),
            (
                "completed",
                |it| {
                    operator(it, &dispute(Some(100)));
                    operator(it, &resolve(1, 100, Fault::Platform));
                },
                "31 34",
            ),
            (
                "accepted",
                |it| {
                    operator(it, &trip(X.0));
                    it.by(it.runner, &dispute(Some(100))).unwrap();
                },
                "40 31",
            ),
        ],
    );
}

#[test]
fn of_wallets() {
    let mut scene = Scene::at_with("completed", Behaviour::DeclinesCapture);
    let (customer, runner, boss) = (scene.customer, scene.runner, scene.operator);
    let from = scene.campus.journal().len();
    scene.campus.write_off(boss, customer, K).unwrap();
    scene.campus.top_up(boss, K).unwrap();
    scene.campus.withdraw(boss, Cents(100)).unwrap();
    assert_eq!(named(&scene, from), "41 44 44");
    scene.campus.set_payout_method(runner, Bank::Pays).unwrap();
    scene.campus.payout(runner, Cents(2000)).unwrap();
    scene.campus.settle();
    assert_eq!(named(&scene, from), "41 44 44 42 42");
}
