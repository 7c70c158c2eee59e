//! A campus with three orders, and what each random move does to it.

use super::{
    common::{two_items, wish, words},
    moves::{Move, What},
};
use campusg_domain::{
    call::{Answer, CallKind, CallNumber, Decline},
    id::{CommandId, OrderId, Principal, UserId},
    keys::KEPT_MS,
    money::{Account, Cents},
    order::{Command, Handover, Role},
    policy::Policy,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
    timer::TimerKind,
};
use campusg_simulation::{AskKind, Behaviour, Mishap, Simulation};

pub struct Run {
    pub campus: Simulation,
    people: Vec<UserId>,
    orders: Vec<OrderId>,
    last: Option<(Principal, OrderId, Command, CommandId)>,
    lied: bool,
}

impl Run {
    pub fn new(seed: u64, cards: [usize; 3], window: bool, later: bool) -> Self {
        let policy = Policy {
            platform_fee_cents: Cents(100),
            dispute_window_ms: if window { HOUR_MS } else { 0 },
            ..Policy::default()
        };
        let mut campus = Simulation::new(policy, seed);
        let mut people: Vec<UserId> = (0..5).map(|_| campus.register()).collect();
        people.push(campus.register_operator());
        for runner in &people[2..5] {
            campus.activate_runner(*runner).unwrap();
        }
        match seed % 12 {
            0 => campus.refuse(AskKind::Hold, 1),
            1 => campus.refuse(AskKind::Capacity, 1),
            2 => campus.refuse(AskKind::Release, 1),
            _ => {}
        }
        if seed.is_multiple_of(4) {
            let all = Mishap::ALL.into_iter();
            all.for_each(|mishap| campus.let_happen(mishap, 9));
        }
        let mut orders = vec![];
        for (i, card) in cards.into_iter().enumerate() {
            let customer = people[i % 2];
            campus
                .set_card(customer, Behaviour::TOKENS[card].1)
                .unwrap();
            let mut wish = wish(customer);
            if i != 2 {
                two_items(&mut wish);
            }
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
    pub fn set_out(&mut self, ahead: [u8; 3]) {
        for (order, steps) in (0..).zip(ahead) {
            for _ in 0..steps {
                self.campus.settle();
                self.give(2 + order, order, What::Onward);
            }
        }
    }

    pub fn make(&mut self, step: &Move) {
        match step {
            Move::Give { who, order, what } => self.give(*who, *order, *what),
            Move::Again => {
                if let Some((who, order, command, id)) = self.last.clone() {
                    let records = self.campus.journal().len();
                    let now = self.campus.now();
                    let known = self.campus.journal().iter().any(|entry| {
                        entry.record.command == id && now < entry.record.at.plus(KEPT_MS)
                    });
                    let again = self.campus.command(who, order, &command, id);
                    assert!(
                        !known || self.campus.journal().len() == records,
                        "a repeat was executed: {again:?}"
                    );
                }
            }
            Move::Refuse(kind) => {
                self.campus.refuse(ASKS[usize::from(*kind)], 1);
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
                    let assignment = self
                        .campus
                        .order(order)
                        .unwrap()
                        .stage
                        .assignment()
                        .copied();
                    if let (Some(photo), Some(assignment)) = (used, assignment) {
                        let buy = Command::Purchase {
                            total: Cents(1000),
                            photo: Some(photo),
                        };
                        let id = self.campus.fresh();
                        drop(self.campus.command(
                            Principal::User(assignment.runner),
                            order,
                            &buy,
                            id,
                        ));
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
                reason: Decline::Declined,
            },
            5 => Answer::Declined {
                reason: Decline::Expired,
            },
            _ => match self.campus.order(id).unwrap().calls[&call].kind {
                CallKind::Capture { cents, .. } | CallKind::Charge { cents } => {
                    Answer::Captured { cents }
                }
                CallKind::Authorize { cents } => Answer::Authorized {
                    cents,
                    capture_before: self.campus.now().plus(3 * DAY_MS),
                },
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
        let user = self.people[usize::from(who)];
        let fitting = matches!(what, What::Onward) || !who.is_multiple_of(4);
        match what {
            What::Wait(then) => return self.wait(order, then),
            What::GiveUp => {
                self.campus.advance(15 * MINUTE_MS);
                return self.give(5, order, What::Operate(8));
            }
            What::Dearer(total) => {
                self.give(2, order, What::Propose(0, total));
                return self.give(1, order, What::Answer(0));
            }
            What::VoteRequest(kind, how) => {
                self.give(2, order, What::Propose(kind, 1));
                return self.give(1, order, What::Answer(how));
            }
            What::Quarrel(claimant, much, fault) => {
                self.give(1, order, What::Dispute(claimant, 0));
                self.give(1, order, What::Reply(claimant == 1));
                return self.give(5, order, What::Resolve(much, fault));
            }
            _ => {}
        }
        let command = self.command(id, user, what);
        let state = self.campus.order(id).unwrap();
        let fits = command.who().contains(&Role::Operator);
        let principal = match (&command, state.stage.assignment()) {
            (Command::ScheduledDue { .. }, _) => Principal::System,
            (Command::Accept { .. }, _) => Principal::User(user),
            _ if !fitting && usize::from(who) == 5 => Principal::Operator(user),
            _ if !fitting => Principal::User(user),
            (Command::Dispute { .. }, assignment) => match (what, assignment) {
                (What::Dispute(0, _), _) => Principal::User(state.terms.customer),
                (What::Dispute(1, _), Some(assignment)) => Principal::User(assignment.runner),
                _ => Principal::Operator(self.people[5]),
            },
            (Command::Message { .. } | Command::Reply { .. }, Some(assignment)) => match what {
                What::Message(true) | What::Reply(true) => Principal::User(state.terms.customer),
                _ => Principal::User(assignment.runner),
            },
            (command, _) if command.who().contains(&Role::Customer) && who != 5 => {
                Principal::User(state.terms.customer)
            }
            _ if fits => Principal::Operator(self.people[5]),
            (_, Some(assignment)) => Principal::User(assignment.runner),
            _ => Principal::User(user),
        };
        let fresh = self.campus.fresh();
        drop(self.campus.command(principal, id, &command, fresh));
        self.last = Some((principal, id, command, fresh));
    }

    /// The runner on the way writes twice and reports that nobody answers; then nothing, or he waits and takes the
    /// food back, or the customer is there.
    fn wait(&mut self, order: u8, then: u8) {
        for _ in 0..2 {
            self.give(2, order, What::Message(false));
            self.campus.advance(2 * MINUTE_MS);
        }
        self.give(2, order, What::Report(0));
        match then {
            0 => {}
            1 => {
                self.campus.advance(7 * MINUTE_MS);
                self.give(2, order, What::Report(1));
            }
            _ => self.give(1, order, What::AnswerNoShow),
        }
    }

    /// Nothing fails any more, and fifteen days pass: everything has ended and every cent is where it belongs.
    pub fn end(&mut self) {
        self.campus.settle();
        for order in self.orders.clone() {
            let fresh = self.campus.fresh();
            let operator = Principal::Operator(self.people[5]);
            let unhold = Command::Unhold { reason: words() };
            drop(self.campus.command(operator, order, &unhold, fresh));
        }
        self.campus.advance(30 * DAY_MS);
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
                order.open_dispute().is_none(),
                "a dispute of {} is open for ever",
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
                self.campus.left_to_run_out(),
                "money stays blocked on a card, and no operator gave it up"
            );
        }
    }
}

pub const KINDS: [TimerKind; 16] = [
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
    TimerKind::ProposalExpiry,
    TimerKind::CancelWait,
    TimerKind::NoShowWait,
    TimerKind::DisputeSla,
];

const ASKS: [AskKind; 12] = [
    AskKind::Placement,
    AskKind::NoDebt,
    AskKind::Hold,
    AskKind::Capacity,
    AskKind::RunnerSlot,
    AskKind::UsedOnce,
    AskKind::Release,
    AskKind::SetOff,
    AskKind::Raise,
    AskKind::StoreOpen,
    AskKind::Freeze,
    AskKind::Card,
];
