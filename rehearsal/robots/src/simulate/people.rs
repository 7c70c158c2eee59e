//! Who is on the campus, and what robots remember of each other.

use super::world::Part;
use campusg_domain::{
    id::{OrderId, PhotoId, StoreId, UserId},
    time::At,
};
use std::collections::{BTreeMap, BTreeSet};

/// A robot, by its place among its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Robot {
    /// Orders.
    Student(usize),
    /// Runs.
    Runner(usize),
    /// Operates the platform: whichever of the operators has time.
    Operator,
    /// The world around: gateway, banks, stores.
    World,
}

/// Everybody on the campus.
#[derive(Clone, Debug, Default)]
pub struct Crowd {
    /// Those who order.
    pub students: Vec<UserId>,
    /// Those who run.
    pub runners: Vec<UserId>,
    /// Those who operate the platform.
    pub operators: Vec<UserId>,
    /// Where food is bought.
    pub stores: Vec<StoreId>,
    /// Until when each runner looks for work; none: on the following days too.
    pub shifts: Vec<Option<At>>,
    /// Which orders each runner carries.
    pub carried: BTreeMap<usize, BTreeSet<OrderId>>,
    /// The last receipt that each runner showed.
    pub receipts: BTreeMap<usize, PhotoId>,
    /// Orders that have not ended, as far as anybody has heard.
    pub open: BTreeSet<OrderId>,
    robots: BTreeMap<UserId, Robot>,
    binds: BTreeMap<OrderId, u32>,
    calls: BTreeMap<OrderId, u32>,
}

impl Crowd {
    /// Somebody came.
    pub fn joined(&mut self, user: UserId, part: Part) {
        let (kind, robot): (&mut Vec<UserId>, fn(usize) -> Robot) = match part {
            Part::Student(_) => (&mut self.students, Robot::Student),
            Part::Runner(_) => (&mut self.runners, Robot::Runner),
            Part::Operator => (&mut self.operators, |_| Robot::Operator),
        };
        self.robots.insert(user, robot(kind.len()));
        kind.push(user);
    }

    /// Who somebody is.
    #[must_use]
    pub fn robot(&self, user: UserId) -> Option<Robot> {
        self.robots.get(&user).copied()
    }

    /// How many orders a runner carries.
    #[must_use]
    pub fn load(&self, runner: usize) -> usize {
        self.carried.get(&runner).map_or(0, BTreeSet::len)
    }

    /// A runner has an order.
    pub fn takes(&mut self, runner: usize, order: OrderId) {
        self.carried.entry(runner).or_default().insert(order);
        *self.binds.entry(order).or_default() += 1;
    }

    /// A runner has an order no more.
    pub fn puts_down(&mut self, runner: usize, order: OrderId) {
        if let Some(carried) = self.carried.get_mut(&runner) {
            carried.remove(&order);
        }
    }

    /// Whether nobody had this order before who has it now.
    #[must_use]
    pub fn is_the_first(&self, order: OrderId) -> bool {
        self.binds.get(&order).copied().unwrap_or(0) <= 1
    }

    /// How often a runner has written to the customer of this order from the door.
    #[must_use]
    pub fn calls(&self, order: OrderId) -> u32 {
        self.calls.get(&order).copied().unwrap_or(0)
    }

    /// A runner writes to the customer from the door.
    pub fn called(&mut self, order: OrderId) {
        *self.calls.entry(order).or_default() += 1;
    }
}
