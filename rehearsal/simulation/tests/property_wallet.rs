//! Random commands to wallets between orders that are bought, delivered and cancelled, with cards, banks and a gateway
//! that misbehave, owners that refuse, time and crashes: every invariant holds after every record, everything that was
//! on its way ends, the gateway's book agrees, and every cent of every wallet stands on a line.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::{Answer, CallKind, Decline},
    id::{CommandId, OrderId, Principal, Stream, UserId},
    keys::KEPT_MS,
    money::{Account, Cents, Phase, Transfer},
    order::{Command, Fault, Shown},
    owner::wallet::{self, ChargebackStage, PaymentState, PayoutState},
    policy::Policy,
    record::Events,
    text::Sealed,
    time::{DAY_MS, MINUTE_MS},
};
use campusg_simulation::{AskKind, Bank, Behaviour, Simulation};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::{cell::RefCell, collections::BTreeSet};

mod common;
use common::{event_name, wish};

/// One random move. Persons 0 and 1 order, 2 and 3 run; all of them have wallets.
#[derive(Clone, Debug)]
enum Move {
    Place(u8),
    Onward(u8),
    Cancel(u8),
    After { order: u8, what: u8, cents: u16 },
    PayOut { who: u8, cents: u16 },
    PayDebt { who: u8, cents: Option<u16> },
    NewCard { who: u8, card: usize },
    NewAccount { who: u8, bank: usize },
    WriteOff { who: u8, cents: u16 },
    Chargeback { order: u8, id: u8, stage: u8 },
    TopUp(u16),
    Withdraw(u16),
    Claim { who: u8, call: u8, answer: u8 },
    Retry(u8),
    Again,
    Refuse(usize),
    Step,
    Settle,
    Pass(u16),
    Crash,
}

const ASKS: [AskKind; 8] = [
    AskKind::SetOff,
    AskKind::Card,
    AskKind::PayoutMethod,
    AskKind::Debt,
    AskKind::PayOut,
    AskKind::Cash,
    AskKind::Losses,
    AskKind::Fees,
];

fn moves() -> impl Strategy<Value = Move> {
    let who = || 0_u8..4;
    prop_oneof![
        3 => (0_u8..2).prop_map(Move::Place),
        16 => (0_u8..6).prop_map(Move::Onward),
        1 => (0_u8..6).prop_map(Move::Cancel),
        6 => (0_u8..6, 0_u8..6, 1_u16..3000).prop_map(|(order, what, cents)| Move::After { order, what, cents }),
        12 => (2_u8..4, 1_u16..2000).prop_map(|(who, cents)| Move::PayOut { who, cents }),
        2 => (who(), 1_u16..3000).prop_map(|(who, cents)| Move::PayOut { who, cents }),
        3 => (who(), prop::option::of(1_u16..3000)).prop_map(|(who, cents)| Move::PayDebt { who, cents }),
        3 => (who(), card()).prop_map(|(who, card)| Move::NewCard { who, card }),
        2 => (who(), bank()).prop_map(|(who, bank)| Move::NewAccount { who, bank }),
        2 => (who(), 1_u16..3000).prop_map(|(who, cents)| Move::WriteOff { who, cents }),
        3 => (0_u8..6, 0_u8..3, 0_u8..3).prop_map(|(order, id, stage)| Move::Chargeback { order, id, stage }),
        1 => (1_u16..5000).prop_map(Move::TopUp),
        1 => (1_u16..300).prop_map(Move::Withdraw),
        4 => (who(), 0_u8..8, 0_u8..5).prop_map(|(who, call, answer)| Move::Claim { who, call, answer }),
        2 => who().prop_map(Move::Retry),
        1 => Just(Move::Again),
        1 => (0..ASKS.len()).prop_map(Move::Refuse),
        5 => Just(Move::Step),
        3 => Just(Move::Settle),
        2 => (1_u16..120).prop_map(Move::Pass),
        1 => (1000_u16..5000).prop_map(Move::Pass),
        1 => Just(Move::Crash),
    ]
}

fn card() -> impl Strategy<Value = usize> {
    let declines_capture = Behaviour::TOKENS
        .iter()
        .position(|(_, behaviour)| *behaviour == Behaviour::DeclinesCapture)
        .unwrap();
    prop_oneof![4 => Just(0), 3 => Just(declines_capture), 3 => 0..Behaviour::TOKENS.len()]
}

fn bank() -> impl Strategy<Value = usize> {
    let declines = Bank::TOKENS
        .iter()
        .position(|(_, bank)| *bank == Bank::Declines)
        .unwrap();
    prop_oneof![2 => Just(0), 2 => Just(declines), 3 => 0..Bank::TOKENS.len()]
}

struct Run {
    campus: Simulation,
    people: Vec<UserId>,
    operator: UserId,
    orders: Vec<OrderId>,
    last: Option<(UserId, wallet::Command, CommandId)>,
    lied: bool,
}

impl Run {
    fn new(seed: u64, cards: [usize; 2], banks: [usize; 2]) -> Self {
        let policy = Policy {
            platform_fee_cents: Cents(100),
            ..Policy::default()
        };
        let mut campus = Simulation::new(policy, seed);
        let people: Vec<UserId> = (0..4).map(|_| campus.register()).collect();
        for (customer, card) in people[..2].iter().zip(cards) {
            campus
                .set_card(*customer, Behaviour::TOKENS[card].1)
                .unwrap();
        }
        for (runner, bank) in people[2..].iter().zip(banks) {
            campus.activate_runner(*runner).unwrap();
            campus
                .set_payout_method(*runner, Bank::TOKENS[bank].1)
                .unwrap();
        }
        let operator = campus.register_operator();
        Self {
            campus,
            people,
            operator,
            orders: vec![],
            last: None,
            lied: false,
        }
    }

    /// Both customers have ordered, and their orders are so many steps on their way.
    fn set_out(&mut self, ahead: [u8; 2]) {
        for (who, steps) in (0..).zip(ahead) {
            self.place(who);
            let placed = self.orders.last().copied();
            for _ in 0..steps {
                self.campus.settle();
                placed.into_iter().for_each(|id| self.onward(id));
            }
        }
    }

    fn person(&self, who: u8) -> UserId {
        self.people[usize::from(who)]
    }

    fn order(&self, order: u8) -> Option<OrderId> {
        let len = self.orders.len().max(1);
        self.orders.get(usize::from(order) % len).copied()
    }

    fn make(&mut self, step: &Move) {
        match *step {
            Move::Place(who) => self.place(who),
            Move::Onward(order) => self.order(order).into_iter().for_each(|id| self.onward(id)),
            Move::Cancel(order) => {
                if let Some(id) = self.order(order) {
                    let customer = self.campus.order(id).unwrap().terms.customer;
                    let cancel = Command::Cancel {
                        accept_charge: Cents(10_000),
                    };
                    let fresh = self.campus.fresh();
                    let who = Principal::User(customer);
                    drop(self.campus.command(who, id, &cancel, fresh));
                }
            }
            Move::After { order, what, cents } => {
                if let Some(id) = self.order(order) {
                    self.after(id, what, Cents(i64::from(cents)));
                }
            }
            Move::PayOut { who, cents } => {
                let cents = Cents(i64::from(cents));
                self.give(who, wallet::Command::RequestPayout { cents });
            }
            Move::PayDebt { who, cents } => {
                let cents = cents.map(|cents| Cents(i64::from(cents)));
                self.give(who, wallet::Command::PayDebt { cents });
            }
            Move::NewCard { who, card } => {
                let (user, card) = (self.person(who), Behaviour::TOKENS[card].1);
                self.campus.set_card(user, card).unwrap();
            }
            Move::NewAccount { who, bank } => {
                let (user, bank) = (self.person(who), Bank::TOKENS[bank].1);
                self.campus.set_payout_method(user, bank).unwrap();
            }
            Move::WriteOff { who, cents } => {
                let (user, cents) = (self.person(who), Cents(i64::from(cents)));
                drop(self.campus.write_off(self.operator, user, cents));
            }
            Move::Chargeback { order, id, stage } => self.chargeback(order, id, stage),
            Move::TopUp(cents) => {
                let cents = Cents(i64::from(cents));
                drop(self.campus.top_up(self.operator, cents));
            }
            Move::Withdraw(cents) => {
                let cents = Cents(i64::from(cents));
                drop(self.campus.withdraw(self.operator, cents));
            }
            Move::Claim { who, call, answer } => self.claim(who, call, answer),
            Move::Retry(who) => {
                let reason = Sealed(b"the bank is back".to_vec());
                let (user, retry) = (self.person(who), wallet::Command::Retry { reason });
                let (boss, id) = (Principal::Operator(self.operator), self.campus.fresh());
                drop(self.campus.wallet_command(boss, user, &retry, id));
            }
            Move::Again => self.again(),
            Move::Refuse(kind) => self.campus.refuse(ASKS[kind], 1),
            Move::Step => drop(self.campus.step()),
            Move::Settle => self.campus.settle(),
            Move::Pass(minutes) => self.campus.advance(u64::from(minutes) * MINUTE_MS),
            Move::Crash => self.campus.rebuild().unwrap(),
        }
        self.wallet_balances_agree();
    }

    /// What leaves each wallet, told apart by what it is for, is what the promises say.
    fn wallet_balances_agree(&self) {
        let ledger = self.campus.ledger();
        for user in self.people.clone() {
            let wallet_balance = ledger.wallet_balance(user);
            let out = |wanted: &dyn Fn(Stream, Account) -> bool| -> Cents {
                let promises = ledger.promised();
                let mine = promises.filter(|(stream, _, promise)| {
                    promise.debit == Account::Payable(user) && wanted(*stream, promise.credit)
                });
                mine.map(|(_, _, promise)| promise.cents).sum()
            };
            let of_wallet = |stream| matches!(stream, Stream::Wallet(_));
            let to_card = |stream, to| !of_wallet(stream) && to == Account::Gateway;
            assert_eq!(
                wallet_balance.in_payout,
                out(&|stream, _| of_wallet(stream))
            );
            assert_eq!(wallet_balance.to_card, out(&to_card));
            assert_eq!(
                wallet_balance.frozen,
                out(&|_, to| matches!(to, Account::Payable(_)))
            );
        }
    }

    fn place(&mut self, who: u8) {
        let (customer, key) = (self.person(who), self.orders.len() as u64);
        if let Ok(order) = self.campus.place(customer, wish(customer), key) {
            self.orders.push(order);
        }
    }

    /// Whatever the bound runner would do next.
    fn onward(&mut self, id: OrderId) {
        let order = self.campus.order(id).unwrap().clone();
        let odd = usize::from(id.as_bytes()[15] % 2);
        let assignment = order.stage.assignment();
        let runner = assignment.map_or(self.people[2 + odd], |assignment| assignment.runner);
        let command = match order.status().as_str() {
            "pending" => Command::Accept { runner },
            "accepted" => Command::ArriveOnSite,
            "on-site" => Command::Purchase {
                total: Cents(2150),
                photo: Some(self.campus.photo()),
            },
            "purchased" => Command::Collect,
            "collected" => Command::Depart,
            _ => Command::Deliver {
                shown: Shown::Pin(self.campus.pin(id)),
            },
        };
        let fresh = self.campus.fresh();
        drop(
            self.campus
                .command(Principal::User(runner), id, &command, fresh),
        );
    }

    /// What follows the end of an order: a tip, a refund, a case and its judgement.
    fn after(&mut self, id: OrderId, what: u8, cents: Cents) {
        let order = self.campus.order(id).unwrap().clone();
        let customer = Principal::User(order.terms.customer);
        let reason = Sealed(vec![1]);
        let operator = Principal::Operator(self.operator);
        let dispute = order.dispute.map_or(1, |dispute| dispute.n);
        let (who, command) = match what {
            0 => (customer, Command::Tip { cents }),
            1 => (operator, Command::Refund { cents, reason }),
            2 | 3 => (
                customer,
                Command::Dispute {
                    claim: Some(cents),
                    reason,
                    photos: vec![],
                },
            ),
            _ => (
                operator,
                Command::Resolve {
                    dispute,
                    refund: cents,
                    at_fault: if what == 4 {
                        Fault::Runner
                    } else {
                        Fault::Customer
                    },
                    reason,
                },
            ),
        };
        let fresh = self.campus.fresh();
        drop(self.campus.command(who, id, &command, fresh));
    }

    fn give(&mut self, who: u8, command: wallet::Command) {
        let (user, id) = (self.person(who), self.campus.fresh());
        let who = Principal::User(user);
        drop(self.campus.wallet_command(who, user, &command, id));
        self.last = Some((user, command, id));
    }

    fn again(&mut self) {
        let Some((user, command, id)) = self.last.clone() else {
            return;
        };
        let records = self.campus.journal().len();
        let now = self.campus.now();
        let known = self
            .campus
            .journal()
            .iter()
            .any(|entry| entry.record.command == id && now < entry.record.at.plus(KEPT_MS));
        let who = Principal::User(user);
        drop(self.campus.wallet_command(who, user, &command, id));
        assert!(
            !known || self.campus.journal().len() == records,
            "a repeat was executed"
        );
    }

    fn chargeback(&mut self, order: u8, id: u8, stage: u8) {
        let Some(order) = self.order(order) else {
            return;
        };
        let stages = [
            ChargebackStage::Open,
            ChargebackStage::Won,
            ChargebackStage::Lost,
        ];
        let taken = [Cents(2749), Cents(1500)];
        let name = format!("{order}/{id}");
        self.campus
            .chargeback(&name, order, taken, stages[usize::from(stage)])
            .unwrap();
    }

    /// An answer the gateway never gave to this call; what it says can't be checked against its book.
    fn claim(&mut self, who: u8, call: u8, answer: u8) {
        let user = self.person(who);
        let wallet = self.campus.wallet(user);
        let calls: Vec<u16> = wallet.calls.keys().rev().copied().collect();
        let Some(call) = calls.get(usize::from(call) % calls.len().max(1)).copied() else {
            return;
        };
        let cents = Cents(700);
        let answer = match (answer, wallet.calls[&call].kind) {
            (0, _) => Answer::Unavailable,
            (1 | 2, CallKind::PayOut { .. }) => Answer::PaidOut { cents },
            (1 | 2, _) => Answer::Captured { cents },
            (3, _) => Answer::SentBack { cents },
            _ => Answer::Declined {
                reason: Decline::Declined,
            },
        };
        let lie = answer != Answer::Unavailable;
        let taken = self.campus.wallet_answered(user, call, answer);
        self.lied |= lie && taken.is_ok();
    }

    /// Nothing fails any more and a month passes: what nobody brings to its end is abandoned.
    fn end(&mut self) {
        self.campus.advance(30 * DAY_MS);
        self.campus.rebuild().unwrap();
        self.campus.verify().unwrap();
        for user in self.people.clone() {
            self.has_ended(user);
            self.stands_on_lines(user);
        }
        let totals = self.campus.ledger().totals();
        assert_eq!((totals.posted, totals.pending), Default::default());
        if !self.lied {
            let cash = -self.campus.ledger().balance(Account::Gateway).posted;
            assert_eq!(
                self.campus.gateway().cash(),
                cash,
                "the ledger and the gateway's book differ"
            );
        }
    }

    fn has_ended(&self, user: UserId) {
        let wallet = self.campus.wallet(user);
        assert!(!wallet.has_open_call(), "a call of {user} is open for ever");
        assert!(wallet.promises.is_empty());
        assert!(wallet.armed().is_none());
        let mut payouts = wallet.payouts.iter();
        assert!(payouts.all(|payout| payout.state != PayoutState::Requested));
        let mut payments = wallet.payments.iter();
        assert!(payments.all(|payment| payment.state != PaymentState::Requested));
        let book = self.campus.gateway().paid_to(user);
        let payouts = wallet.payouts.iter();
        let paid: Cents = payouts
            .filter(|payout| payout.state == PayoutState::Paid)
            .map(|payout| payout.paid)
            .sum();
        assert!(
            self.lied || paid == book,
            "{user}: {paid:?} paid, {book:?} booked"
        );
    }

    /// The statements of all orders, and the wallet's own records, add up to what wallet and debt hold.
    fn stands_on_lines(&self, user: UserId) {
        let orders = self.orders.iter();
        let lines = orders.flat_map(|order| self.campus.statement(user, *order));
        let from_orders: Cents = lines.map(|line| line.cents).sum();
        let mine = |account: Account| {
            account == Account::Payable(user) || account == Account::Receivable(user)
        };
        let moved = |transfer: &Transfer| match transfer.phase {
            Phase::Posted | Phase::Post { .. } => {
                match (mine(transfer.debit), mine(transfer.credit)) {
                    (true, false) => -transfer.cents,
                    (false, true) => transfer.cents,
                    _ => Cents::ZERO,
                }
            }
            Phase::Pending { .. } | Phase::Void { .. } | Phase::Expire { .. } => Cents::ZERO,
        };
        let journal = self.campus.journal().iter();
        let own = journal.filter(|entry| matches!(entry.record.stream, Stream::Wallet(_)));
        let from_wallets: Cents = own
            .flat_map(|entry| entry.record.money.iter())
            .map(moved)
            .sum();
        let ledger = self.campus.ledger();
        let held = ledger.balance(Account::Payable(user)).posted
            + ledger.balance(Account::Receivable(user)).posted;
        assert_eq!(from_orders + from_wallets, held, "the lines of {user}");
    }
}

fn cases() -> u32 {
    std::env::var("CAMPUSG_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(1000)
}

/// Everything that can happen to a wallet, and what orders do with wallets, as the names of the events.
const EVENTS: [&str; 26] = [
    "SetOff",
    "PayoutRequested",
    "PayoutPaid",
    "PayoutFailed",
    "PayoutSentBack",
    "PayoutLate",
    "DebtPaymentRequested",
    "DebtPaid",
    "DebtPaymentFailed",
    "LateCharge",
    "WrittenOff",
    "ChargedBack",
    "ChargebackWon",
    "ChargebackLost",
    "ToppedUp",
    "Withdrawn",
    "CashShort",
    "CallDeferred",
    "CallRetried",
    "TimerFired",
    "Frozen",
    "ClaimPaid",
    "GoodwillPaid",
    "CustomerSetOff",
    "TipPaid",
    "CollectFailed",
];

fn names(campus: &Simulation, seen: &mut BTreeSet<String>) {
    for entry in campus.journal() {
        let events: Vec<String> = match &entry.record.events {
            Events::Wallet(events) => events.iter().map(|event| format!("{event:?}")).collect(),
            Events::Order(events) => events.iter().map(event_name).collect(),
            _ => vec![],
        };
        for event in events {
            seen.insert(event.split([' ', '(', '{']).next().unwrap().into());
        }
    }
}

#[test]
fn every_invariant_holds_and_everything_on_its_way_ends() {
    let ahead = || prop_oneof![2 => Just(7_u8), 1 => 0_u8..7];
    let runs = (
        any::<u64>(),
        [card(), card()],
        [bank(), bank()],
        [ahead(), ahead()],
    );
    let steps = prop::collection::vec(moves(), 1..100);
    let config = Config {
        cases: cases(),
        failure_persistence: None,
        ..Config::default()
    };
    let seen = RefCell::new(BTreeSet::new());
    let result =
        TestRunner::new(config).run(&(runs, steps), |((seed, cards, banks, ahead), steps)| {
            let mut run = Run::new(seed, cards, banks);
            run.set_out(ahead);
            steps.iter().for_each(|step| run.make(step));
            run.end();
            names(&run.campus, &mut seen.borrow_mut());
            Ok(())
        });
    result.unwrap();
    let missed: Vec<&str> = EVENTS
        .into_iter()
        .filter(|name| !seen.borrow().contains(*name))
        .collect();
    assert!(
        cases() < 1000 || missed.is_empty(),
        "never happened in {} runs: {missed:?}",
        cases()
    );
}
