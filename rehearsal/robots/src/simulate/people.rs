//! The robots on a campus, and what they remember of orders and of each other.

use super::world::Part;
use campusg_domain::{
    id::{OrderId, PhotoId, StoreId, UserId},
    time::At,
};
use std::collections::{BTreeMap, BTreeSet};

/// A robot, by its index among those of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Robot {
    /// A student, who orders.
    Student(usize),
    /// A runner.
    Runner(usize),
    /// Any of the operators.
    Operator,
    /// What happens outside of people: gateway, banks, stores.
    World,
}

/// Everybody on the campus, with what robots remember.
#[derive(Clone, Debug, Default)]
pub struct Crowd {
    /// Accounts of the students, who order.
    pub students: Vec<UserId>,
    /// Accounts of the runners.
    pub runners: Vec<UserId>,
    /// Accounts of the operators.
    pub operators: Vec<UserId>,
    /// The stores of the operators' directory.
    pub stores: Vec<StoreId>,
    /// Until when each runner looks for work, by index; `None`: on the following days too.
    pub shifts: Vec<Option<At>>,
    /// The open orders that each runner has accepted, by the runner's index.
    pub carried: BTreeMap<usize, BTreeSet<OrderId>>,
    /// Photo of the last receipt that each runner showed, by the runner's index.
    pub receipts: BTreeMap<usize, PhotoId>,
    /// Orders that have not ended, as far as robots have heard.
    pub open: BTreeSet<OrderId>,
    robots: BTreeMap<UserId, Robot>,
    binds: BTreeMap<OrderId, u32>,
    calls: BTreeMap<OrderId, u32>,
}

impl Crowd {
    /// Adds a user who plays this part.
    pub fn joined(&mut self, user: UserId, part: Part) {
        let (kind, robot): (&mut Vec<UserId>, fn(usize) -> Robot) = match part {
            Part::Student(_) => (&mut self.students, Robot::Student),
            Part::Runner(_) => (&mut self.runners, Robot::Runner),
            Part::Operator => (&mut self.operators, |_| Robot::Operator),
        };
        self.robots.insert(user, robot(kind.len()));
        kind.push(user);
    }

    /// The robot behind an account; `None` for any other account.
    #[must_use]
    pub fn robot(&self, user: UserId) -> Option<Robot> {
        self.robots.get(&user).copied()
    }

    /// Number of open orders that a runner has accepted.
    #[must_use]
    pub fn load(&self, runner: usize) -> usize {
        self.carried.get(&runner).map_or(0, BTreeSet::len)
    }

    /// Notes that a runner has accepted an order.
    pub fn takes(&mut self, runner: usize, order: OrderId) {
        self.carried.entry(runner).or_default().insert(order);
        *self.binds.entry(order).or_default() += 1;
    }

    /// Notes that a runner does not have an order any more.
    pub fn puts_down(&mut self, runner: usize, order: OrderId) {
        if let Some(carried) = self.carried.get_mut(&runner) {
            carried.remove(&order);
        }
    }

    /// Whether this order has had no runner before its present one.
    #[must_use]
    pub fn is_the_first(&self, order: OrderId) -> bool {
        self.binds.get(&order).copied().unwrap_or(0) <= 1
    }

    /// Number of messages that runners wrote to this order's customer from the door.
    #[must_use]
    pub fn calls(&self, order: OrderId) -> u32 {
        self.calls.get(&order).copied().unwrap_or(0)
    }

    /// Counts a message from the door.
    pub fn called(&mut self, order: OrderId) {
        *self.calls.entry(order).or_default() += 1;
    }
}
