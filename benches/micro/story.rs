//! One lifecycle by the domain's own rules: its records, and the order before each of them.

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

/// The names of a lifecycle's records, in order.
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

/// One lifecycle.
#[derive(Debug)]
pub struct Story {
    /// The policy under which the order was placed.
    pub policy: Policy,
    /// The order that is placed and completed.
    pub order: OrderId,
    /// The runner who accepts the order.
    pub runner: UserId,
    /// Each record, with the order before it.
    pub pages: Vec<(Option<Arc<Order>>, Entry)>,
}

impl Story {
    /// Runs the lifecycle in a simulation.
    pub fn new() -> Self {
        let mut town = Town::new();
        let first = town.campus.journal().len();
        let order = town.place(0);
        let mut pages = vec![];
        let mut before: Option<Arc<Order>> = None;
        // Each call to `give` writes the records of one command and of the gateway's answer to it.
        let mut commands = town.way(order).into_iter();
        loop {
            let known = pages.len();
            for entry in &town.campus.journal()[first + known..] {
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

/// A simulation with one customer and one runner.
#[derive(Debug)]
pub struct Town {
    /// The simulation in which they are registered.
    pub campus: Simulation,
    customer: UserId,
    runner: UserId,
}

impl Town {
    /// Registers the customer and the runner.
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

    /// Returns the commands from the board to completion.
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
        // As many bytes as a sealed room and a short note have.
        dropoff: Dropoff {
            building: "B7".into(),
            details: Some(Sealed(vec![7; 64])),
            handover: Handover::Pin,
        },
        tip: Cents(200),
        deliver_after: None,
    }
}
