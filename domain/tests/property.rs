//! Random commands by random people on three orders, with a gateway that misbehaves, owners that refuse, time that
//! passes and crashes in between: every invariant holds after every record, and every order comes to its end.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::{Answer, CallKind, CallNumber},
    campus::{AskKind, Behaviour, Campus},
    id::{OrderId, Principal, UserId},
    money::{Account, Cents},
    order::{Command, Event, Handover, Shown, TimerKind},
    policy::Policy,
    record::Events,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::{cell::RefCell, collections::BTreeSet};

mod common;
use common::wish;

/// One random move.
#[derive(Clone, Debug)]
enum Move {
    /// A person gives a command to an order.
    Give { who: u8, order: u8, what: What },
    /// The last command again, under the same id.
    Again,
    /// An owner refuses a question.
    Refuse(u8),
    /// One call is made, or one answer arrives.
    Step,
    /// Everything that is due happens.
    Settle,
    /// Time passes, in minutes.
    Pass(u16),
    /// The customer answers the bank.
    Confirm { order: u8, yes: bool },
    /// The gateway says something nobody asked for.
    Claim { order: u8, call: u8, answer: u8 },
    /// A crash.
    Crash,
    /// A photo that served another order.
    SamePhoto,
}

/// What is commanded.
#[derive(Clone, Copy, Debug)]
enum What {
    Accept,
    CancelAcceptance,
    Reassign,
    Cancel(u8),
    Arrive,
    Purchase(u8),
    Collect,
    Depart,
    Deliver(bool),
    Confirm,
    Rate(u8),
    Scheduled(u8),
    /// Whatever the bound runner would do next.
    Onward,
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        3 => Just(What::Accept),
        1 => Just(What::CancelAcceptance),
        1 => Just(What::Reassign),
        4 => (0_u8..4).prop_map(What::Cancel),
        1 => Just(What::Arrive),
        1 => (0_u8..3).prop_map(What::Purchase),
        1 => Just(What::Collect),
        1 => Just(What::Depart),
        3 => any::<bool>().prop_map(What::Deliver),
        1 => Just(What::Confirm),
        2 => (0_u8..7).prop_map(What::Rate),
        1 => (0_u8..12).prop_map(What::Scheduled),
        12 => Just(What::Onward),
    ]
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        20 => (0_u8..6, 0_u8..3, what()).prop_map(|(who, order, what)| Move::Give { who, order, what }),
        2 => Just(Move::Again),
        2 => (0_u8..8).prop_map(Move::Refuse),
        3 => Just(Move::Step),
        4 => Just(Move::Settle),
        4 => (1_u16..25).prop_map(Move::Pass),
        1 => (60_u16..3000).prop_map(Move::Pass),
        1 => (0_u8..3, any::<bool>()).prop_map(|(order, yes)| Move::Confirm { order, yes }),
        4 => (0_u8..3, 0_u8..4, 0_u8..5).prop_map(|(order, call, answer)| Move::Claim { order, call, answer }),
        1 => Just(Move::Crash),
        1 => Just(Move::SamePhoto),
    ]
}

struct Run {
    campus: Campus,
    people: Vec<UserId>,
    orders: Vec<OrderId>,
    last: Option<(Principal, OrderId, Command, campusg_domain::id::CommandId)>,
    lied: bool,
}

impl Run {
    fn new(seed: u64, cards: [usize; 3], window: bool, later: bool) -> Self {
        let policy = Policy {
            platform_fee_cents: Cents(100),
            dispute_window_ms: if window { HOUR_MS } else { 0 },
            ..Policy::default()
        };
        let mut campus = Campus::new(policy, seed);
        let mut people: Vec<UserId> = (0..5).map(|_| campus.register()).collect();
        people.push(campus.register_operator());
        for runner in &people[2..5] {
            campus.activate_runner(*runner).unwrap();
        }
        let mut orders = vec![];
        for (i, card) in cards.into_iter().enumerate() {
            let customer = people[i % 2];
            campus
                .set_card(customer, Behaviour::TOKENS[card].1)
                .unwrap();
            let mut wish = wish(customer);
            wish.deliver_after = (later && i == 2).then(|| campus.now().plus(5 * HOUR_MS));
            wish.dropoff.handover = if i == 1 {
                Handover::Door
            } else {
                Handover::Pin
            };
            orders.push(campus.place(customer, wish, i as u64).unwrap());
        }
        Self {
            campus,
            people,
            orders,
            last: None,
            lied: false,
        }
    }

    /// Brings each order a few steps on its way, so that the moves meet every stage.
    fn set_out(&mut self, ahead: [u8; 3]) {
        for (order, steps) in (0..).zip(ahead) {
            for _ in 0..steps {
                self.campus.settle();
                self.give(2 + order, order, What::Onward);
            }
        }
    }

    fn make(&mut self, step: &Move) {
        match step {
            Move::Give { who, order, what } => self.give(*who, *order, *what),
            Move::Again => {
                if let Some((who, order, command, id)) = self.last.clone() {
                    let records = self.campus.journal().len();
                    let known = self
                        .campus
                        .order(order)
                        .unwrap()
                        .executed
                        .iter()
                        .any(|e| e.command == id);
                    let again = self.campus.command(who, order, &command, id);
                    assert!(
                        !known || self.campus.journal().len() == records,
                        "a repeat was executed: {again:?}"
                    );
                }
            }
            Move::Refuse(kind) => {
                use AskKind::{
                    Capacity, Hold, NoDebt, Placement, Release, RunnerSlot, SetOff, UsedOnce,
                };
                let kinds = [
                    Placement, NoDebt, Hold, Capacity, RunnerSlot, UsedOnce, Release, SetOff,
                ];
                self.campus.refuse(kinds[usize::from(*kind)], 1);
            }
            Move::Step => drop(self.campus.step()),
            Move::Settle => self.campus.settle(),
            Move::Pass(minutes) => self.campus.advance(u64::from(*minutes) * MINUTE_MS),
            Move::Confirm { order, yes } => self
                .campus
                .confirm_payment(self.orders[usize::from(*order)], *yes),
            Move::Claim {
                order,
                call,
                answer,
            } => self.claim(*order, *call, *answer),
            Move::Crash => self.campus.rebuild().unwrap(),
            Move::SamePhoto => {
                let used = self
                    .campus
                    .orders()
                    .find_map(|order| order.stage.bought()?.photo);
                for order in self.orders.clone() {
                    let bond = self.campus.order(order).unwrap().stage.bond().copied();
                    if let (Some(photo), Some(bond)) = (used, bond) {
                        let buy = Command::Purchase {
                            total: Cents(1000),
                            photo: Some(photo),
                        };
                        let id = self.campus.fresh();
                        drop(
                            self.campus
                                .command(Principal::User(bond.runner), order, &buy, id),
                        );
                    }
                }
            }
        }
    }

    /// An answer the gateway never gave to this call; a charge that never was can't be checked against its book.
    fn claim(&mut self, order: u8, call: u8, answer: u8) {
        let id = self.orders[usize::from(order)];
        let calls: Vec<CallNumber> = self
            .campus
            .order(id)
            .unwrap()
            .calls
            .keys()
            .copied()
            .collect();
        let call = calls[usize::from(call) % calls.len()];
        let answer = match answer {
            0 => Answer::Unavailable,
            1 => Answer::ActionRequired {
                url: "https://bank.example/again".into(),
            },
            2 => Answer::Declined {
                reason: campusg_domain::call::Decline::Declined,
            },
            _ => match self.campus.order(id).unwrap().calls[&call].kind {
                CallKind::Capture { cents, .. } => Answer::Captured { cents },
                _ => Answer::Authorized {
                    cents: Cents(2899),
                    capture_before: self.campus.now().plus(3 * DAY_MS),
                },
            },
        };
        self.lied |= !matches!(answer, Answer::Unavailable | Answer::ActionRequired { .. });
        let command = Command::Answered { call, answer };
        let fresh = self.campus.fresh();
        drop(self.campus.command(Principal::Gateway, id, &command, fresh));
    }

    fn give(&mut self, who: u8, order: u8, what: What) {
        let id = self.orders[usize::from(order)];
        let mut user = self.people[usize::from(who)];
        let state = self.campus.order(id).unwrap().clone();
        let photo = self.campus.photo();
        let fitting = matches!(what, What::Onward) || who.is_multiple_of(2);
        match (what, state.stage.bond()) {
            (What::Cancel(_) | What::Confirm, _) if fitting => user = state.terms.customer,
            (What::Accept | What::Reassign, _) | (_, None) => {}
            (_, Some(bond)) if fitting => user = bond.runner,
            _ => {}
        }
        let onward = match state.status().as_str() {
            "pending" => Command::Accept { runner: user },
            "accepted" => Command::ArriveOnSite,
            "on-site" => Command::Purchase {
                total: Cents(2150),
                photo: Some(photo),
            },
            "purchased" => Command::Collect,
            "collected" => Command::Depart,
            "on-the-way" if state.terms.dropoff.handover == Handover::Door => Command::Deliver {
                shown: Shown::Photo(photo),
            },
            _ => Command::Deliver {
                shown: Shown::Pin(self.campus.pin(id)),
            },
        };
        let command = match what {
            What::Accept => Command::Accept { runner: user },
            What::CancelAcceptance => Command::CancelAcceptance,
            What::Reassign => Command::Reassign,
            What::Cancel(much) => Command::Cancel {
                accept_charge: Cents(i64::from(much) * 1000),
            },
            What::Arrive => Command::ArriveOnSite,
            What::Purchase(0) => Command::Purchase {
                total: Cents(0),
                photo: Some(photo),
            },
            What::Purchase(1) => Command::Purchase {
                total: Cents(2301),
                photo: Some(photo),
            },
            What::Purchase(_) => Command::Purchase {
                total: Cents(2300),
                photo: Some(photo),
            },
            What::Collect => Command::Collect,
            What::Depart => Command::Depart,
            What::Deliver(true) => Command::Deliver {
                shown: Shown::Photo(photo),
            },
            What::Deliver(false) => Command::Deliver {
                shown: Shown::Pin((self.campus.pin(id) + 1) % 10_000),
            },
            What::Confirm => Command::Confirm,
            What::Rate(stars) => Command::Rate { stars },
            What::Scheduled(kind) => Command::ScheduledDue {
                kind: KINDS[usize::from(kind)],
            },
            What::Onward => onward,
        };
        let principal = match (what, usize::from(who) == 5) {
            (What::Scheduled(_), _) => Principal::System,
            (_, true) => Principal::Operator(user),
            (_, false) => Principal::User(user),
        };
        let fresh = self.campus.fresh();
        drop(self.campus.command(principal, id, &command, fresh));
        self.last = Some((principal, id, command, fresh));
    }

    /// Nothing fails any more, and fifteen days pass: everything has ended and every cent is where it belongs.
    fn end(&mut self) {
        self.campus.settle();
        self.campus.advance(15 * DAY_MS);
        self.campus.rebuild().unwrap();
        self.campus.verify().unwrap();
        for order in self.campus.orders() {
            assert!(
                order.is_terminal(),
                "{} is {} for ever",
                order.id,
                order.status()
            );
            assert!(
                !order.has_open_call(),
                "a call of {} is open for ever",
                order.id
            );
            assert!(
                order.promises.is_empty(),
                "{} is promised for ever",
                order.id
            );
        }
        let totals = self.campus.ledger().totals();
        assert_eq!(
            (
                totals.posted,
                totals.pending,
                totals.open_escrows,
                totals.held
            ),
            Default::default()
        );
        for (_, person) in self.campus.directory().people() {
            assert_eq!((person.open_orders, person.slots), (0, 0));
        }
        if !self.lied {
            let cash = -self.campus.ledger().balance(Account::Gateway).posted;
            assert_eq!(
                self.campus.gateway().cash(),
                cash,
                "the ledger and the gateway's book differ"
            );
            assert_eq!(
                self.campus.gateway().blocked(),
                Cents::ZERO,
                "money stays blocked on a card"
            );
        }
    }
}

const KINDS: [TimerKind; 12] = [
    TimerKind::PaymentAction,
    TimerKind::BoardOpen,
    TimerKind::OrderTimeout,
    TimerKind::RunnerIdle,
    TimerKind::StoreWait,
    TimerKind::DeliveryReminder,
    TimerKind::DisputeWindow,
    TimerKind::PaymentAuthorizationExpiry,
    TimerKind::EscrowTimeout,
    TimerKind::RatingWindow,
    TimerKind::StepRetry,
    TimerKind::Scheduled,
];

fn cases() -> u32 {
    std::env::var("CAMPUSG_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(2000)
}

fn card() -> impl Strategy<Value = usize> {
    prop_oneof![5 => Just(0), 2 => Just(9), 1 => Just(10), 4 => 0..Behaviour::TOKENS.len()]
}

/// Everything that can happen to an order, as the names of its events.
const EVENTS: [&str; 38] = [
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
    "CallRested",
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
];

/// The names in a run's records, those of settlements among them.
fn names(campus: &Campus, seen: &mut BTreeSet<String>) {
    for entry in campus.journal() {
        let Events::Order(events) = &entry.record.events else {
            continue;
        };
        for event in events {
            let name = match event {
                Event::Cancelled { settlement, .. } => {
                    seen.insert("Cancelled".into());
                    format!("{settlement:?}")
                }
                event => format!("{event:?}"),
            };
            seen.insert(name.split([' ', '(', '{']).next().unwrap().into());
        }
    }
}

#[test]
fn every_invariant_holds_and_every_order_ends() {
    let ahead = || prop_oneof![3 => 0_u8..8, 1 => Just(1)];
    let ahead = [ahead(), ahead(), ahead()];
    let runs = (
        any::<u64>(),
        [card(), card(), card()],
        any::<bool>(),
        any::<bool>(),
        ahead,
    );
    let steps = prop::collection::vec(moves(), 1..60);
    let config = Config {
        cases: cases(),
        failure_persistence: None,
        ..Config::default()
    };
    let seen = RefCell::new(BTreeSet::new());
    let result = TestRunner::new(config).run(
        &(runs, steps),
        |((seed, cards, window, later, ahead), steps)| {
            let mut run = Run::new(seed, cards, window, later);
            run.set_out(ahead);
            steps.iter().for_each(|step| run.make(step));
            run.end();
            names(&run.campus, &mut seen.borrow_mut());
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
}
