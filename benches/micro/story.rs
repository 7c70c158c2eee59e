//! One lifecycle out of the domain's own rules: the order before each of its records, and the records.

use campusg_domain::{
    id::{OrderId, Principal, UserId},
    money::Cents,
    order::{Command, Dropoff, Handover, Item, Order, Placement, Shown, StoreRef, Substitution},
    policy::Policy,
    record::Entry,
    text::Sealed,
};
use campusg_simulation::{Behaviour, Simulation};
use std::sync::Arc;

/// What each record of a lifecycle is.
pub const RECORDS: [&str; 9] = [
    "placed",
    "authorised",
    "accepted",
    "on-site",
    "purchased",
    "captured",
    "collected",
    "on-the-way",
    "completed",
];

/// A lifecycle.
#[derive(Debug)]
pub struct Story {
    /// Its policy.
    pub policy: Policy,
    /// Its order.
    pub order: OrderId,
    /// Its runner.
    pub runner: UserId,
    /// The order before each record, and the record.
    pub pages: Vec<(Option<Arc<Order>>, Entry)>,
}

impl Story {
    /// Tells it.
    pub fn new() -> Self {
        let mut town = Town::new();
        let first = town.campus.journal().len();
        let order = town.place(0);
        let mut pages = vec![];
        let mut before: Option<Arc<Order>> = None;
        // Each call to `give` writes the records of one command and of the gateway's answer to it.
        let mut commands = town.way(order).into_iter();
        loop {
            let told = pages.len();
            for entry in &town.campus.journal()[first + told..] {
                pages.push((before.clone(), entry.clone()));
                let mut folded = before.take().map(Arc::unwrap_or_clone);
                Order::fold(&mut folded, entry.seq, &entry.record);
                before = folded.map(Arc::new);
            }
            match commands.next() {
                Some(command) => town.give(order, &command),
                None => break,
            }
        }
        assert_eq!(pages.len(), RECORDS.len(), "a lifecycle has nine records");
        Self {
            policy: town.campus.policy().clone(),
            order,
            runner: town.runner,
            pages,
        }
    }
}

/// A campus with one customer and one runner.
#[derive(Debug)]
pub struct Town {
    /// The campus.
    pub campus: Simulation,
    customer: UserId,
    runner: UserId,
}

impl Town {
    /// Registers them.
    pub fn new() -> Self {
        let policy = Policy {
            receipt_photo_required: false,
            ..Policy::default()
        };
        let mut campus = Simulation::new(policy, 1);
        let (customer, runner) = (campus.register(), campus.register());
        campus
            .set_card(customer, Behaviour::Succeeds)
            .expect("a fresh account takes a card");
        campus
            .activate_runner(runner)
            .expect("a fresh account may run");
        Self {
            campus,
            customer,
            runner,
        }
    }

    /// Places the `n`th order and lets the gateway answer.
    pub fn place(&mut self, n: u64) -> OrderId {
        let order = self
            .campus
            .place(self.customer, wish(self.customer), n)
            .expect("nothing speaks against it");
        self.campus.settle();
        order
    }

    /// The commands from the board to the end.
    pub fn way(&self, order: OrderId) -> [Command; 6] {
        [
            Command::Accept {
                runner: self.runner,
            },
            Command::ArriveOnSite,
            Command::Purchase {
                total: Cents(2150),
                photo: None,
            },
            Command::Collect,
            Command::Depart,
            Command::Deliver {
                shown: Shown::Pin(self.campus.pin(order)),
            },
        ]
    }

    /// Gives the runner's command and lets the gateway answer.
    pub fn give(&mut self, order: OrderId, command: &Command) {
        let id = self.campus.fresh();
        let given = self
            .campus
            .command(Principal::User(self.runner), order, command, id);
        given.expect("the way of an order is allowed");
        self.campus.settle();
    }
}

fn wish(customer: UserId) -> Placement {
    let bagel = Item {
        name: "Bagel".into(),
        quantity: 2,
        unit_price: Cents(1000),
        substitution: Substitution::Drop,
    };
    Placement {
        customer,
        store: StoreRef::Described {
            name: "Corner".into(),
            place: "Library".into(),
        },
        items: vec![bagel],
        // As many bytes as a sealed room and a short note take.
        dropoff: Dropoff {
            building: "B7".into(),
            details: Some(Sealed(vec![7; 64])),
            handover: Handover::Pin,
        },
        tip: Cents(200),
        deliver_after: None,
    }
}
