//! A campus with a customer, two runners and an operator, and the way of an order through its stages.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

pub mod seen;
pub mod table;

use campusg_domain::{
    id::{OrderId, PhotoId, Principal, UserId},
    money::{Account, Cents, Phase},
    order::{
        Command, Dropoff, Handover, Item, Offer, Order, Placement, Problem, ProposalKind,
        ProposedItem, Shown, StoreRef, Substitution,
    },
    policy::Policy,
    rejection::Rejection,
    text::Sealed,
    time::{At, MINUTE_MS},
};
use campusg_simulation::{Behaviour, Simulation};
use std::{fmt::Write, sync::Arc};

/// F of the lifecycle's figures.
pub const FOOD: Cents = Cents(2150);
/// H of the lifecycle's figures.
pub const H: Cents = Cents(2899);
/// K of the lifecycle's figures.
pub const K: Cents = Cents(2749);
/// X of the lifecycle's figures.
pub const X: Cents = Cents(199);

/// The policy with the figures of the lifecycle: p is 100, everything else is the default.
pub fn figures() -> Policy {
    Policy {
        platform_fee_cents: Cents(100),
        ..Policy::default()
    }
}

/// Two pieces at 10.00 with a tip of 2.00.
pub fn wish(customer: UserId) -> Placement {
    Placement {
        customer,
        store: StoreRef::Described {
            name: "Corner shop".into(),
            place: "Main street 1".into(),
        },
        items: vec![Item {
            name: "Bowl".into(),
            quantity: 2,
            unit_price: Cents(1000),
            substitution: Substitution::Ask,
        }],
        dropoff: Dropoff {
            building: "Library".into(),
            details: None,
            handover: Handover::Pin,
        },
        tip: Cents(200),
        deliver_after: None,
    }
}

/// The same food as two lines of the list: one piece each, and the second may be replaced.
pub fn two_items(wish: &mut Placement) {
    let item = |name: &str, substitution| Item {
        name: name.into(),
        quantity: 1,
        unit_price: Cents(1000),
        substitution,
    };
    wish.items = vec![
        item("Bowl", Substitution::Ask),
        item("Tea", Substitution::Replace),
    ];
}

/// Some words, sealed.
pub fn words() -> Sealed {
    Sealed(vec![7; 24])
}

/// A campus with one order.
#[derive(Clone)]
pub struct Scene {
    pub campus: Simulation,
    pub customer: UserId,
    pub runner: UserId,
    pub rival: UserId,
    pub operator: UserId,
    pub order: OrderId,
}

impl Scene {
    /// People, and nothing placed yet.
    pub fn people(policy: Policy, card: Behaviour) -> (Simulation, [UserId; 4]) {
        let mut campus = Simulation::new(policy, 7);
        let people = [
            campus.register(),
            campus.register(),
            campus.register(),
            campus.register_operator(),
        ];
        campus.set_card(people[0], card).unwrap();
        campus.activate_runner(people[1]).unwrap();
        campus.activate_runner(people[2]).unwrap();
        (campus, people)
    }

    /// Placed with this card; the gateway was not asked yet.
    pub fn placed(card: Behaviour) -> Self {
        Self::placed_under(figures(), card, |_| ())
    }

    pub fn placed_under(
        policy: Policy,
        card: Behaviour,
        change: impl FnOnce(&mut Placement),
    ) -> Self {
        let (mut campus, [customer, runner, rival, operator]) = Self::people(policy, card);
        let mut wish = wish(customer);
        change(&mut wish);
        let order = campus.place(customer, wish, 1).unwrap();
        Self {
            campus,
            customer,
            runner,
            rival,
            operator,
            order,
        }
    }

    /// An order for `ahead_ms` from now, which has just gone on the board; returns the time asked for too.
    pub fn for_later(
        policy: Policy,
        ahead_ms: u64,
        change: impl FnOnce(&mut Placement),
    ) -> (Self, At) {
        let lead_ms = policy.board_lead_ms;
        let after = Simulation::new(policy.clone(), 7).now().plus(ahead_ms);
        let mut scene = Self::placed_under(policy, Behaviour::Succeeds, |wish| {
            wish.deliver_after = Some(after);
            change(wish);
        });
        scene.campus.settle();
        scene.campus.advance(ahead_ms - lead_ms);
        (scene, after)
    }

    pub fn available() -> Self {
        Self::available_with(Behaviour::Succeeds)
    }

    pub fn available_with(card: Behaviour) -> Self {
        let mut scene = Self::placed(card);
        scene.campus.settle();
        scene
    }

    /// At the named status, by the shortest way; the card's captures and refunds behave as told.
    pub fn at(status: &str) -> Self {
        Self::at_with(status, Behaviour::Succeeds)
    }

    pub fn at_with(status: &str, card: Behaviour) -> Self {
        let mut scene = Self::available_with(card);
        scene.go_to(status);
        scene
    }

    /// The way from where it stands to `status`.
    pub fn go_to(&mut self, status: &str) {
        while self.shows() != status {
            let next = self.next_step();
            self.by(self.runner, &next).unwrap();
            self.campus.settle();
        }
    }

    /// The runner's next command on the shortest way.
    pub fn next_step(&mut self) -> Command {
        match self.shows().as_str() {
            "pending" => Command::Accept {
                runner: self.runner,
            },
            "accepted" => Command::ArriveOnSite,
            "on-site" => Command::Purchase {
                total: FOOD,
                photo: Some(self.campus.photo()),
            },
            "purchased" => Command::Collect,
            "collected" => Command::Depart,
            "on-the-way" => Command::Deliver {
                shown: Shown::Pin(self.campus.pin(self.order)),
            },
            other => panic!("no way on from {other}"),
        }
    }

    pub fn order(&self) -> &Order {
        self.campus.order(self.order).unwrap()
    }

    pub fn shows(&self) -> String {
        self.order().status().as_str().into()
    }

    /// A command by a person, under a fresh id.
    pub fn by(&mut self, who: UserId, command: &Command) -> Result<Arc<Order>, Rejection> {
        let id = self.campus.fresh();
        self.campus
            .command(Principal::User(who), self.order, command, id)
    }

    pub fn by_operator(&mut self, command: &Command) -> Result<Arc<Order>, Rejection> {
        let id = self.campus.fresh();
        self.campus
            .command(Principal::Operator(self.operator), self.order, command, id)
    }

    /// Bought for more than was held at first: F is 2500, and its two charges are on their way.
    pub fn dear() -> Self {
        let mut scene = Self::at("on-site");
        let (customer, runner) = (scene.customer, scene.runner);
        let price = scene.propose(ProposalKind::Price, Some(2500));
        scene.by(runner, &price).unwrap();
        scene
            .by(customer, &Command::Approve { proposal: 1 })
            .unwrap();
        scene.campus.settle();
        let photo = Some(scene.photo());
        let total = Cents(2500);
        scene
            .by(runner, &Command::Purchase { total, photo })
            .unwrap();
        scene
    }

    /// A command by the system or the gateway, under a fresh id.
    pub fn by_itself(&mut self, command: &Command) -> Result<Arc<Order>, Rejection> {
        let id = self.campus.fresh();
        self.campus
            .command(Principal::System, self.order, command, id)
    }

    /// A proposal about the whole list, with a fresh photo.
    pub fn propose(&mut self, kind: ProposalKind, total: Option<i64>) -> Command {
        let offer = Offer {
            kind,
            total: total.map(Cents),
            items: vec![],
            photo: self.photo(),
        };
        Command::Propose { offer, note: None }
    }

    /// A substitution of one line by something else.
    pub fn substitute(&mut self, line: u16, total: i64) -> Command {
        let other = Item {
            name: "Noodles".into(),
            quantity: 1,
            unit_price: Cents(900),
            substitution: Substitution::Ask,
        };
        let offer = Offer {
            kind: ProposalKind::Substitution,
            total: Some(Cents(total)),
            items: vec![ProposedItem {
                item: line,
                offer: Some(other),
            }],
            photo: self.photo(),
        };
        Command::Propose { offer, note: None }
    }

    /// The runner writes twice, two minutes apart, and says that nobody answers.
    pub fn report_no_show(&mut self) {
        let runner = self.runner;
        for _ in 0..2 {
            self.by(runner, &Command::Message { text: words() })
                .unwrap();
            self.campus.advance(2 * MINUTE_MS);
        }
        let report = Command::ReportProblem {
            kind: Problem::CustomerUnreachable,
            photo: None,
            note: None,
        };
        self.by(runner, &report).unwrap();
    }

    /// The runner shows so many wrong PINs.
    pub fn shows_wrong_pins(&mut self, many: usize) {
        let shown = Shown::Pin((self.campus.pin(self.order) + 1) % 10_000);
        for _ in 0..many {
            let refused = self.by(self.runner, &Command::Deliver { shown });
            assert_eq!(refused.unwrap_err().code(), "wrong_pin");
        }
    }

    /// The runner shows a photo of the handover.
    pub fn shows_a_photo(&mut self) -> Result<Arc<Order>, Rejection> {
        let shown = Shown::Photo(self.campus.photo());
        self.by(self.runner, &Command::Deliver { shown })
    }

    /// The reason of the cancellation.
    pub fn reason(&self) -> Option<&'static str> {
        match self.order().stage {
            campusg_domain::order::Stage::Cancelled(end) => Some(end.reason.code()),
            _ => None,
        }
    }

    pub fn balance(&self, account: Account) -> Cents {
        self.campus.ledger().balance(account).posted
    }

    pub fn wallet(&self, user: UserId) -> Cents {
        self.balance(Account::Payable(user))
    }

    /// Everything holds, and the journal folds to what is there.
    pub fn holds(&mut self) {
        self.campus.rebuild().unwrap();
        self.campus.verify().unwrap();
        for entry in self.campus.journal() {
            let notices = &entry.record.notices;
            for (i, notice) in notices.iter().enumerate() {
                let again = notices[..i].contains(notice);
                assert!(!again, "told twice in one record: {notice:?}");
            }
        }
    }

    pub fn photo(&mut self) -> PhotoId {
        self.campus.photo()
    }

    /// Every transfer of the order so far, one line per record: who, to whom, how much, which phase.
    pub fn transfers(&self) -> String {
        self.transfers_from(0)
    }

    pub fn transfers_from(&self, from: usize) -> String {
        let mut text = String::new();
        for entry in self.campus.journal().iter().skip(from) {
            for transfer in &entry.record.money {
                let (n, phase) = match transfer.phase {
                    Phase::Posted => (None, "posted"),
                    Phase::Pending { n } => (Some(n), "pending"),
                    Phase::Post { n, .. } => (Some(n), "post"),
                    Phase::Void { n } => (Some(n), "void"),
                    Phase::Expire { n } => (Some(n), "expire"),
                };
                let n = n.map_or(String::new(), |n| n.to_string());
                let ends = format!(
                    "{:>7} → {:<7}",
                    self.name(transfer.debit),
                    self.name(transfer.credit)
                );
                writeln!(text, "{phase:<8}{n:<3}{ends}{:>6}", transfer.cents.0).unwrap();
            }
        }
        text
    }

    /// As in the lifecycle: `gw`, `rec:C`, `pay:R`, `esc`.
    pub fn name(&self, account: Account) -> String {
        let who = |user: UserId| match user {
            user if user == self.customer => "C",
            user if user == self.runner => "R",
            user if user == self.rival => "R2",
            _ => "?",
        };
        match account {
            Account::Gateway => "gw".into(),
            Account::Receivable(user) => format!("rec:{}", who(user)),
            Account::Escrow(_) => "esc".into(),
            Account::Payable(user) => format!("pay:{}", who(user)),
            Account::Revenue => "revenue".into(),
            Account::Goodwill => "goodwill".into(),
        }
    }
}

/// The name of an event without its theme.
pub fn event_name(event: &campusg_domain::order::Event) -> String {
    let text = format!("{event:?}");
    let mut parts = text.split([' ', '(', ')', '{']);
    match parts.next() {
        Some("Step") => "Step".into(),
        _ => parts.next().unwrap().into(),
    }
}
