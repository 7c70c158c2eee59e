//! Random commands by random people on three orders, with a gateway that misbehaves, owners that refuse, time that
//! passes and crashes in between: every invariant holds after every record, and every order comes to its end.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::Answer,
    campus::{AskKind, Behaviour, Campus},
    id::{OrderId, Principal, UserId},
    money::{Account, Cents},
    order::{Command, Handover, Shown, TimerKind},
    policy::Policy,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
};
use proptest::{prelude::*, test_runner::Config};

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
        2 => (0_u8..4).prop_map(What::Cancel),
        1 => Just(What::Arrive),
        1 => (0_u8..3).prop_map(What::Purchase),
        1 => Just(What::Collect),
        1 => Just(What::Depart),
        2 => any::<bool>().prop_map(What::Deliver),
        1 => Just(What::Confirm),
        1 => (0_u8..7).prop_map(What::Rate),
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
        4 => (1_u16..90).prop_map(Move::Pass),
        1 => (60_u16..3000).prop_map(Move::Pass),
        2 => (0_u8..3, any::<bool>()).prop_map(|(order, yes)| Move::Confirm { order, yes }),
        1 => (0_u8..3, 1_u8..5, 0_u8..3).prop_map(|(order, call, answer)| Move::Claim { order, call, answer }),
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
            campus.set_card(customer, Behaviour::TOKENS[card].1).unwrap();
            let mut wish = wish(customer);
            wish.deliver_after = (later && i == 2).then(|| campus.now().plus(5 * HOUR_MS));
            wish.dropoff.handover = if i == 1 { Handover::Door } else { Handover::Pin };
            orders.push(campus.place(customer, wish, i as u64).unwrap());
        }
        Self { campus, people, orders, last: None, lied: false }
    }

    fn make(&mut self, step: &Move) {
        match step {
            Move::Give { who, order, what } => self.give(*who, *order, *what),
            Move::Again => {
                if let Some((who, order, command, id)) = self.last.clone() {
                    let records = self.campus.journal().len();
                    let again = self.campus.command(who, order, &command, id);
                    let known = self.campus.order(order).unwrap().executed.iter().any(|e| e.command == id);
                    assert!(!known || self.campus.journal().len() == records, "a repeat was executed: {again:?}");
                }
            }
            Move::Refuse(kind) => {
                use AskKind::{Capacity, Hold, NoDebt, Placement, Release, RunnerSlot, SetOff, UsedOnce};
                let kinds = [Placement, NoDebt, Hold, Capacity, RunnerSlot, UsedOnce, Release, SetOff];
                self.campus.refuse(kinds[usize::from(*kind)], 1);
            }
            Move::Step => drop(self.campus.step()),
            Move::Settle => self.campus.settle(),
            Move::Pass(minutes) => self.campus.advance(u64::from(*minutes) * MINUTE_MS),
            Move::Confirm { order, yes } => self.campus.confirm_payment(self.orders[usize::from(*order)], *yes),
            Move::Claim { order, call, answer } => self.claim(*order, *call, *answer),
            Move::Crash => self.campus.rebuild().unwrap(),
            Move::SamePhoto => {
                let used = self.campus.orders().find_map(|order| order.stage.bought()?.photo);
                for order in self.orders.clone() {
                    let bond = self.campus.order(order).unwrap().stage.bond().copied();
                    if let (Some(photo), Some(bond)) = (used, bond) {
                        let buy = Command::Purchase { total: Cents(1000), photo: Some(photo) };
                        let id = self.campus.fresh();
                        drop(self.campus.command(Principal::User(bond.runner), order, &buy, id));
                    }
                }
            }
        }
    }

    /// An answer the gateway never gave to this call; a charge that never was can't be checked against its book.
    fn claim(&mut self, order: u8, call: u8, answer: u8) {
        let id = self.orders[usize::from(order)];
        let answer = match answer {
            0 => Answer::Unavailable,
            1 => Answer::ActionRequired { url: "https://bank.example/again".into() },
            _ => Answer::Declined { reason: campusg_domain::call::Decline::Declined },
        };
        self.lied |= matches!(answer, Answer::Declined { .. });
        let command = Command::Answered { call: u16::from(call), answer };
        let fresh = self.campus.fresh();
        drop(self.campus.command(Principal::Gateway, id, &command, fresh));
    }

    fn give(&mut self, who: u8, order: u8, what: What) {
        let id = self.orders[usize::from(order)];
        let mut user = self.people[usize::from(who)];
        let state = self.campus.order(id).unwrap().clone();
        let photo = self.campus.photo();
        if let (What::Onward, Some(bond)) = (what, state.stage.bond()) {
            user = bond.runner;
        }
        let onward = match state.status().as_str() {
            "pending" => Command::Accept { runner: user },
            "accepted" => Command::ArriveOnSite,
            "on-site" => Command::Purchase { total: Cents(2150), photo: Some(photo) },
            "purchased" => Command::Collect,
            "collected" => Command::Depart,
            "on-the-way" if state.terms.dropoff.handover == Handover::Door => Command::Deliver { shown: Shown::Photo(photo) },
            _ => Command::Deliver { shown: Shown::Pin(self.campus.pin(id)) },
        };
        let command = match what {
            What::Accept => Command::Accept { runner: user },
            What::CancelAcceptance => Command::CancelAcceptance,
            What::Reassign => Command::Reassign,
            What::Cancel(much) => Command::Cancel { accept_charge: Cents(i64::from(much) * 1000) },
            What::Arrive => Command::ArriveOnSite,
            What::Purchase(0) => Command::Purchase { total: Cents(0), photo: Some(photo) },
            What::Purchase(1) => Command::Purchase { total: Cents(2301), photo: Some(photo) },
            What::Purchase(_) => Command::Purchase { total: Cents(2300), photo: Some(photo) },
            What::Collect => Command::Collect,
            What::Depart => Command::Depart,
            What::Deliver(true) => Command::Deliver { shown: Shown::Photo(photo) },
            What::Deliver(false) => Command::Deliver { shown: Shown::Pin((self.campus.pin(id) + 1) % 10_000) },
            What::Confirm => Command::Confirm,
            What::Rate(stars) => Command::Rate { stars },
            What::Scheduled(kind) => Command::ScheduledDue { kind: KINDS[usize::from(kind)] },
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
            assert!(order.is_terminal(), "{} is {} for ever", order.id, order.status());
            assert!(!order.has_open_call(), "a call of {} is open for ever", order.id);
            assert!(order.promises.is_empty(), "{} is promised for ever", order.id);
        }
        let totals = self.campus.ledger().totals();
        assert_eq!((totals.posted, totals.pending, totals.open_escrows, totals.held), Default::default());
        for (_, person) in self.campus.directory().people() {
            assert_eq!((person.open_orders, person.slots), (0, 0));
        }
        if !self.lied {
            let cash = -self.campus.ledger().balance(Account::Gateway).posted;
            assert_eq!(self.campus.gateway().cash(), cash, "the ledger and the gateway's book differ");
            assert_eq!(self.campus.gateway().blocked(), Cents::ZERO, "money stays blocked on a card");
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
    std::env::var("CAMPUSG_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000)
}

fn card() -> impl Strategy<Value = usize> {
    prop_oneof![2 => Just(0), 3 => 0..Behaviour::TOKENS.len()]
}

proptest! {
    #![proptest_config(Config { cases: cases(), failure_persistence: None, ..Config::default() })]

    #[test]
    fn every_invariant_holds_and_every_order_ends(
        seed in any::<u64>(),
        cards in [card(), card(), card()],
        window in any::<bool>(),
        later in any::<bool>(),
        steps in prop::collection::vec(moves(), 1..60),
    ) {
        let mut run = Run::new(seed, cards, window, later);
        steps.iter().for_each(|step| run.make(step));
        run.end();
    }
}
