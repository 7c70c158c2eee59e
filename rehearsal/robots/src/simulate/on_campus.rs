//! The campus as a simulation in this process. Equal seeds give equal days.
//!
//! Invariant: a command that is repeated under the same id leaves no second record.

use super::world::{
    Answer, Asked, Claimed, News, OnBoard, OrderView, Outside, Part, WalletBalance, World,
    WorldError,
};
use campusg_domain::{
    id::{CommandId, OrderId, PhotoId, Principal, StoreId, UserId},
    invariant::{Broken, Id},
    money::{Account, Cents},
    order::{self, Command, Order, Placement, Stage},
    owner::{
        directory::{Hours, StoreChange, StoreCommand},
        wallet::{self, ChargebackStage, PLATFORM},
    },
    rejection::Rejection,
    time::{At, DAY_MS},
};
use campusg_simulation::{Behaviour, Seeded, Simulation};
use std::{borrow::Cow, collections::BTreeMap};

/// Longest wait for the end of a day. Disputes take up to two weeks, ratings one, payouts that come back some days.
const PATIENCE_MS: u64 = 60 * DAY_MS;
/// Fee of the bank for taking a charge back.
const CHARGEBACK_FEE: Cents = Cents(1500);

/// A simulation as a campus on which robots live, and the repeats that were not answered as they should be.
#[derive(Clone, Debug)]
pub struct OnCampus {
    simulation: Simulation,
    heard: usize,
    placed: u64,
    dice: Seeded,
    again: u32,
    repeats: u64,
    broken: Vec<Broken>,
    taken_back: BTreeMap<OrderId, Cents>,
}

impl OnCampus {
    /// A campus on this simulation, on which `given_again` in a thousand commands are repeated.
    #[must_use]
    pub fn new(simulation: Simulation, seed: u64, given_again: u32) -> Self {
        Self {
            heard: simulation.journal().len(),
            simulation,
            placed: 0,
            dice: Seeded::new(seed.rotate_left(32) ^ 0x5eed),
            again: given_again,
            repeats: 0,
            broken: vec![],
            taken_back: BTreeMap::new(),
        }
    }

    /// The simulation.
    #[must_use]
    pub const fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// Number of commands that were repeated.
    #[must_use]
    pub const fn repeats(&self) -> u64 {
        self.repeats
    }

    /// Repeats that were refused or left a record; empty unless a rule is wrong.
    #[must_use]
    pub fn broken(&self) -> &[Broken] {
        &self.broken
    }

    fn known(&self, id: OrderId) -> Answer<&Order> {
        let known = self.simulation.order(id).map(AsRef::as_ref);
        known.ok_or(WorldError::Refused(Cow::Borrowed("not_found")))
    }

    /// Gives a command, and by chance repeats it under the same id; checks that the repeat is answered and leaves no record.
    fn give<T>(
        &mut self,
        what: &str,
        mut command: impl FnMut(&mut Simulation, CommandId) -> Result<T, Rejection>,
    ) -> Answer<T> {
        let id = self.simulation.fresh();
        let first = command(&mut self.simulation, id);
        if first.is_ok() && self.dice.happens(self.again) {
            self.repeats += 1;
            let records = self.simulation.journal().len();
            let second = command(&mut self.simulation, id);
            if second.is_err() || self.simulation.journal().len() != records {
                let why = format!("{what} under {} was not answered as the first time", id.0);
                self.broken.push(Broken { id: Id(8), why });
            }
        }
        first.map_err(refused)
    }

    fn charge_back(&mut self, order: OrderId, stage: ChargebackStage) -> Answer<bool> {
        let charged = self.simulation.gateway().charged(order);
        // What was taken back once stays that much, whatever is charged for the order later.
        let cents = *self.taken_back.entry(order).or_insert(charged);
        if !cents.is_positive() {
            return Ok(false);
        }
        let name = format!("cb_{order}");
        let done = self
            .simulation
            .chargeback(&name, order, [cents, CHARGEBACK_FEE], stage);
        Ok(done.is_ok())
    }
}

fn refused(rejection: Rejection) -> WorldError {
    WorldError::Refused(Cow::Borrowed(rejection.code()))
}

impl World for OnCampus {
    fn now(&self) -> At {
        self.simulation.now()
    }

    fn patience_ms(&self) -> u64 {
        PATIENCE_MS
    }

    fn pass_until(&mut self, end: At) -> Answer<bool> {
        loop {
            let (records, more) = (
                self.simulation.journal().len(),
                self.simulation.next_until(end),
            );
            let new = &self.simulation.journal()[records..];
            if new.iter().any(|entry| !entry.record.notices.is_empty()) {
                return Ok(true);
            }
            if !more {
                return Ok(false);
            }
        }
    }

    fn news(&mut self) -> Answer<Vec<News>> {
        let new = &self.simulation.journal()[self.heard..];
        let news = new.iter().flat_map(|entry| {
            let about = entry.record.stream.order();
            entry.record.notices.iter().map(move |notice| News {
                to: notice.to,
                about,
                kind: notice.kind,
            })
        });
        let news = news.collect();
        self.heard = self.simulation.journal().len();
        Ok(news)
    }

    fn is_at_rest(&mut self) -> Answer<bool> {
        let simulation = &self.simulation;
        let quiet = simulation.gateway().next_arrival().is_none() && simulation.calls().is_empty();
        Ok(quiet && simulation.timetable().armed() == 0)
    }

    fn join(&mut self, part: Part) -> Answer<UserId> {
        let simulation = &mut self.simulation;
        let user = match part {
            Part::Operator => simulation.register_operator(),
            Part::Student(_) | Part::Runner(_) => simulation.register(),
        };
        match part {
            Part::Operator => Ok(()),
            Part::Student(card) => simulation.set_card(user, card),
            Part::Runner(bank) => simulation
                .activate_runner(user)
                .and_then(|()| simulation.set_payout_method(user, bank)),
        }
        .map_err(refused)?;
        Ok(user)
    }

    fn open_store(&mut self, name: &str, hours: Option<Hours>) -> Answer<StoreId> {
        let store = self.simulation.create_store(name).map_err(refused)?;
        let set = StoreCommand::Change(StoreChange {
            hours: Some(hours),
            ..StoreChange::default()
        });
        self.simulation.store(store, &set).map_err(refused)?;
        Ok(store)
    }

    fn pause_store(&mut self, store: StoreId, paused: bool) -> Answer<()> {
        let change = StoreCommand::Change(StoreChange {
            paused: Some(paused),
            ..StoreChange::default()
        });
        self.simulation.store(store, &change).map_err(refused)
    }

    fn place(&mut self, wish: Placement) -> Answer<OrderId> {
        self.placed += 1;
        let key = self.placed;
        self.give("a placement", |simulation, _| {
            simulation.place(wish.customer, wish.clone(), key)
        })
    }

    fn act(&mut self, who: Principal, order: OrderId, command: Command) -> Answer<()> {
        self.give(command.name(), |simulation, id| {
            simulation.command(who, order, &command, id).map(drop)
        })
    }

    fn wallet(&mut self, who: Principal, of: UserId, command: wallet::Command) -> Answer<()> {
        match (who, command) {
            (Principal::Operator(by), wallet::Command::TopUp { cents, .. }) => {
                self.simulation.top_up(by, cents).map_err(refused)
            }
            (Principal::Operator(by), wallet::Command::Withdraw { cents, .. }) => {
                self.simulation.withdraw(by, cents).map_err(refused)
            }
            (who, command) => self.give("a wallet's command", |simulation, id| {
                simulation.wallet_command(who, of, &command, id).map(drop)
            }),
        }
    }

    fn new_card(&mut self, student: UserId, card: Behaviour) -> Answer<()> {
        self.simulation.set_card(student, card).map_err(refused)
    }

    fn answer_bank(&mut self, order: OrderId, yes: bool) -> Answer<()> {
        self.simulation.confirm_payment(order, yes);
        Ok(())
    }

    fn order_view(&mut self, order: OrderId) -> Answer<OrderView> {
        self.known(order).map(OrderView::from)
    }

    fn board(&mut self, _runner: UserId) -> Answer<Vec<OnBoard>> {
        let open = |order: &&std::sync::Arc<Order>| {
            matches!(order.stage, Stage::Available { .. }) && !order.operator_hold
        };
        let row = |order: &std::sync::Arc<Order>| OnBoard {
            order: order.id,
            reward: order.terms.price.delivery_fee + order.terms.price.tip,
        };
        Ok(self.simulation.orders().filter(open).map(row).collect())
    }

    fn wallet_balance(&mut self, of: UserId) -> Answer<WalletBalance> {
        let ledger = self.simulation.ledger();
        Ok(if of == PLATFORM {
            WalletBalance {
                available: ledger.balance(Account::Revenue).available(),
                debt: -ledger.balance(Account::Goodwill).expected(),
            }
        } else {
            WalletBalance {
                available: ledger.balance(Account::Payable(of)).available(),
                debt: ledger.debt(of),
            }
        })
    }

    fn cancel_price(&mut self, order: OrderId) -> Answer<Option<Cents>> {
        let (policy, now) = (self.simulation.policy(), self.simulation.now());
        let quote = order::quote(self.known(order)?, policy, now);
        Ok(quote.map(|quote| quote.charge))
    }

    fn photo(&mut self, _by: UserId) -> Answer<PhotoId> {
        Ok(self.simulation.photo())
    }

    fn pin(&mut self, order: OrderId) -> Answer<u16> {
        Ok(self.simulation.pin(order))
    }

    fn happens(&mut self, what: Outside) -> Answer<bool> {
        match what {
            Outside::Outage { for_ms } => {
                let until = self.simulation.now().plus(for_ms);
                self.simulation.gateway_is_down_until(until);
                Ok(true)
            }
            Outside::BankLetsGo(order) => Ok(self.simulation.bank_lets_go(order)),
            Outside::OwnerRefuses(question) => {
                self.simulation.refuse(question, 1);
                Ok(true)
            }
            Outside::Chargeback(order, stage) => self.charge_back(order, stage),
        }
    }
}

impl From<&Order> for OrderView {
    fn from(order: &Order) -> Self {
        let price = &order.terms.price;
        let lines = (0..).zip(&order.terms.items);
        let left = lines.filter(|(line, _)| !order.dropped.contains(line));
        Self {
            id: order.id,
            customer: order.terms.customer,
            runner: order.stage.assignment().map(|assignment| assignment.runner),
            status: order.status(),
            on_board: matches!(order.stage, Stage::Available { .. }),
            reason: match &order.stage {
                Stage::Cancelled(end) => Some(end.reason),
                _ => None,
            },
            estimate: price.food_estimate,
            approved: order.approved_total,
            tip: price.tip,
            handover: order.terms.dropoff.handover,
            deliver_after: order.terms.deliver_after,
            items: left.map(|(line, item)| (line, item.substitution)).collect(),
            proposals: order.proposals,
            asked: order.stage.proposal().map(|open| Asked {
                n: open.n,
                kind: open.offer.kind,
                items: open.offer.items.iter().map(|line| line.item).collect(),
            }),
            cancel_waits: order.stage.cancel_wait().is_some(),
            no_show: order.stage.no_show().map(|wait| wait.over),
            held: order.operator_hold,
            refundable: order.refundable(),
            charged: order.charged,
            claimed: order.open_dispute().map(|open| Claimed {
                n: open.n,
                by: open.by,
                claim: open.claim,
            }),
        }
    }
}
