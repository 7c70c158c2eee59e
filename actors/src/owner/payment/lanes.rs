//! Calls that wait for a place at the gateway, and those that have one. Who goes next: the call with least failures,
//! then the customer whose turn it is, then the one that came first.
//!
//! Must not: make a call or read a clock.
//! Invariants:
//! - one customer has at most [`CALLS_OF_ONE`] places, and never all of several;
//! - calls that failed, or whose card was not answered the last time, or never, have at most half of the places
//!   together, so that they can't keep others waiting by hanging; of a card that fails one call is under way;
//! - a call that waits has no place, and has not been tried.

use super::{
    breakers::{Breakers, Lane},
    call::{CallQueue, Party},
};
use campusg_domain::{call::CallNumber, id::UserId, time::At};
use std::collections::{BTreeMap, HashMap};

/// Most calls of one customer, or of one wallet, under way at once.
const CALLS_OF_ONE: usize = 4;

/// A call that is due, and what it needs to be answered.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) party: Party,
    pub(super) n: CallNumber,
    /// Tries that were not answered.
    pub(super) failures: u16,
    pub(super) lane: Lane,
}

impl Due {
    pub(super) const fn queue(&self) -> CallQueue {
        self.party.queue(self.n)
    }

    const fn user(&self) -> UserId {
        self.lane.payer.user
    }

    fn is_suspect(&self, breakers: &Breakers) -> bool {
        self.failures > 0 || !breakers.is_proven(&self.lane)
    }
}

/// Place in the order of those that wait, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    failures: u16,
    /// Each customer's calls have one turn after another, so that many calls of one do not go before one of another.
    turn: u64,
    arrival: u64,
}

/// Waiting calls and taken places.
#[derive(Debug)]
pub(super) struct Lanes {
    places: usize,
    waiting: BTreeMap<Rank, Due>,
    // Invariant: the ranks of `waiting`, by queue.
    ranks: HashMap<CallQueue, Rank>,
    under_way: HashMap<CallQueue, Due>,
    /// The last turn of each customer who waits.
    turns: HashMap<UserId, u64>,
    /// The turn of the call that went last.
    turn: u64,
    arrivals: u64,
}

impl Lanes {
    pub(super) fn new(places: usize) -> Self {
        Self {
            places,
            waiting: BTreeMap::new(),
            ranks: HashMap::new(),
            under_way: HashMap::new(),
            turns: HashMap::new(),
            turn: 0,
            arrivals: 0,
        }
    }

    /// The call of this queue that waits, if one does.
    pub(super) fn waits(&self, queue: CallQueue) -> Option<&Due> {
        self.waiting.get(self.ranks.get(&queue)?)
    }

    pub(super) fn is_under_way(&self, queue: CallQueue) -> bool {
        self.under_way.contains_key(&queue)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds a call; one of the same queue that waits is replaced.
    pub(super) fn add(&mut self, due: Due) {
        self.withdraw(due.queue());
        let last = self.turns.entry(due.user()).or_insert(self.turn);
        *last = (*last).max(self.turn) + 1;
        self.arrivals += 1;
        let rank = Rank {
            failures: due.failures,
            turn: *last,
            arrival: self.arrivals,
        };
        self.ranks.insert(due.queue(), rank);
        self.waiting.insert(rank, due);
    }

    /// Removes the call of this queue that waits.
    pub(super) fn withdraw(&mut self, queue: CallQueue) {
        if let Some(rank) = self.ranks.remove(&queue) {
            self.remove(rank);
        }
    }

    /// Gives a place to the call that goes next, if there is a place and one may go.
    pub(super) fn next(&mut self, breakers: &mut Breakers, now: At) -> Option<Due> {
        let rank = self.find(breakers, now)?;
        let due = self.remove(rank)?;
        let queue = due.queue();
        self.ranks.remove(&queue);
        self.turn = self.turn.max(rank.turn);
        breakers.let_through(&due.lane, now);
        self.under_way.insert(queue, due.clone());
        Some(due)
    }

    /// Frees the place of a call.
    pub(super) fn done(&mut self, queue: CallQueue) {
        self.under_way.remove(&queue);
    }

    fn find(&self, breakers: &Breakers, now: At) -> Option<Rank> {
        if self.under_way.len() >= self.places {
            return None;
        }
        let mut of_customer: HashMap<UserId, usize> = HashMap::new();
        let mut suspects = 0;
        for due in self.under_way.values() {
            *of_customer.entry(due.user()).or_default() += 1;
            suspects += usize::from(due.is_suspect(breakers));
        }
        let half = self.places.div_ceil(2);
        let most_of_one = CALLS_OF_ONE.min(half);
        let fits = |due: &Due| {
            let taken = of_customer.get(&due.user()).copied().unwrap_or_default();
            taken < most_of_one
                && (!due.is_suspect(breakers) || suspects < half)
                && !(breakers.fails(&due.lane) && self.has_under_way(&due.lane))
                && breakers.admits(&due.lane, now)
        };
        // Those that failed come last.
        let candidates = self
            .waiting
            .iter()
            .take_while(|(rank, _)| suspects < half || rank.failures == 0);
        let mut candidates = candidates.filter(|(_, due)| fits(due));
        candidates.next().map(|(rank, _)| *rank)
    }

    /// Whether a call of the same kind with the same card is under way.
    fn has_under_way(&self, lane: &Lane) -> bool {
        let purpose = lane.kind.purpose();
        let mut lanes = self.under_way.values().map(|due| &due.lane);
        lanes.any(|other| other.kind.purpose() == purpose && other.payer == lane.payer)
    }

    fn remove(&mut self, rank: Rank) -> Option<Due> {
        let due = self.waiting.remove(&rank)?;
        if self.turns.get(&due.user()) == Some(&rank.turn) {
            self.turns.remove(&due.user());
        }
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::breakers::tests::{NOW, breakers, of},
        *,
    };
    use crate::port::gateway::Subject;
    use campusg_domain::id::OrderId;

    fn due(user: u8, order: u8, failures: u16) -> Due {
        Due {
            party: Party::Order(OrderId::from_bytes([order; 16])),
            n: 1,
            failures,
            lane: of(user),
        }
    }

    fn order(due: &Due) -> u8 {
        match due.party {
            Party::Order(id) => id.as_bytes()[0],
            Party::Wallet(_) => 0,
        }
    }

    fn go(lanes: &mut Lanes, breakers: &mut Breakers, now: At) -> Vec<u8> {
        std::iter::from_fn(|| lanes.next(breakers, now))
            .map(|due| order(&due))
            .collect()
    }

    #[test]
    fn one_customer_never_takes_all_places() {
        let (mut lanes, mut breakers) = (Lanes::new(32), breakers());
        for n in 1..=40 {
            lanes.add(due(1, n, 0));
        }
        assert_eq!(go(&mut lanes, &mut breakers, NOW), [1, 2, 3, 4]);
        lanes.add(due(2, 41, 0));
        assert_eq!(go(&mut lanes, &mut breakers, NOW), [41]);
        let mut lanes = Lanes::new(2);
        lanes.add(due(1, 1, 0));
        lanes.add(due(1, 2, 0));
        assert_eq!(go(&mut lanes, &mut breakers, NOW), [1], "one place is left");
    }

    #[test]
    fn customers_take_turns() {
        let (mut lanes, mut breakers) = (Lanes::new(1), breakers());
        for (user, order) in [(1, 1), (1, 2), (1, 3), (2, 4), (2, 5), (3, 6)] {
            lanes.add(due(user, order, 0));
        }
        let mut went = vec![];
        while let Some(due) = lanes.next(&mut breakers, NOW) {
            went.push(order(&due));
            lanes.done(due.queue());
        }
        assert_eq!(went, [1, 4, 6, 2, 5, 3]);
        assert!(lanes.turns.is_empty() && lanes.ranks.is_empty());
    }

    #[test]
    fn what_failed_has_at_most_half_of_the_places_and_a_silent_card_one() {
        let (mut lanes, mut breakers) = (Lanes::new(4), breakers());
        breakers.unanswered(&of(1), Subject::Card, 0, NOW);
        for (user, order, failures) in [(1, 1, 0), (1, 2, 0), (2, 3, 5), (3, 4, 1), (4, 5, 2)] {
            lanes.add(due(user, order, failures));
        }
        assert_eq!(go(&mut lanes, &mut breakers, NOW), [1, 4]);
        lanes.add(due(7, 8, 0));
        assert!(go(&mut lanes, &mut breakers, NOW).is_empty(), "not proven");
        for (user, order) in [(5, 6), (6, 7)] {
            breakers.answered(&of(user), NOW);
            lanes.add(due(user, order, 0));
        }
        assert_eq!(go(&mut lanes, &mut breakers, NOW), [6, 7]);
        lanes.withdraw(due(7, 8, 0).queue());
        lanes.done(due(1, 1, 0).queue());
        assert_eq!(go(&mut lanes, &mut breakers, NOW), [2], "one after another");
    }

    #[test]
    fn a_probe_is_the_call_with_least_failures() {
        let (mut lanes, mut breakers) = (Lanes::new(8), breakers());
        for user in 1..=3 {
            breakers.unanswered(&of(user), Subject::Gateway, 0, NOW);
        }
        for (user, order, failures) in [(1, 1, 7), (2, 2, 3), (3, 3, 1), (4, 4, 2)] {
            lanes.add(due(user, order, failures));
        }
        assert!(go(&mut lanes, &mut breakers, NOW).is_empty(), "held back");
        assert_eq!(go(&mut lanes, &mut breakers, NOW.plus(100)), [3]);
        lanes.add(due(5, 5, 0));
        assert!(go(&mut lanes, &mut breakers, NOW.plus(199)).is_empty());
        assert_eq!(go(&mut lanes, &mut breakers, NOW.plus(200)), [5]);
        breakers.answered(&of(5), NOW);
        assert_eq!(go(&mut lanes, &mut breakers, NOW.plus(200)), [4, 2, 1]);
    }

    #[test]
    fn a_call_that_is_withdrawn_does_not_go() {
        let (mut lanes, mut breakers) = (Lanes::new(8), breakers());
        lanes.add(due(1, 1, 0));
        lanes.add(due(1, 1, 0));
        lanes.withdraw(due(1, 1, 0).queue());
        assert!(lanes.is_empty() && lanes.turns.is_empty());
        assert!(go(&mut lanes, &mut breakers, NOW).is_empty());
    }
}
