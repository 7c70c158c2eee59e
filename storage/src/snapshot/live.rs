//! The sets of live orders that lists are read from: the board, orders by status, orders in need.
//!
//! Owns who is in which set. Must not hold the orders themselves.
//!
//! Invariant: an order is in the sets that follow from its last folded record, and in no other.

use std::collections::{BTreeMap, BTreeSet};

use campusg_domain::{
    id::OrderId,
    order::{Order, Stage, Status},
    time::At,
};

/// An order's place in a list: when it was placed, then its id.
pub type ListPlace = (At, OrderId);

/// The sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveSets {
    board: BTreeSet<ListPlace>,
    by_status: BTreeMap<Status, BTreeSet<ListPlace>>,
    stalled: BTreeSet<ListPlace>,
}

impl LiveSets {
    /// Orders on the board, oldest first, after `after`.
    pub fn board(&self, after: Option<ListPlace>) -> impl Iterator<Item = ListPlace> + '_ {
        past(&self.board, after)
    }

    /// Live orders of one status, oldest first, after `after`.
    pub fn with_status(
        &self,
        status: Status,
        after: Option<ListPlace>,
    ) -> impl Iterator<Item = ListPlace> + '_ {
        let set = self.by_status.get(&status).into_iter();
        set.flat_map(move |set| past(set, after))
    }

    /// Orders with a step or call that keeps failing, oldest first.
    pub fn stalled(&self) -> impl Iterator<Item = ListPlace> + '_ {
        self.stalled.iter().copied()
    }

    /// How many live orders have each status.
    pub fn counts(&self) -> impl Iterator<Item = (Status, usize)> + '_ {
        self.by_status
            .iter()
            .map(|(status, set)| (*status, set.len()))
    }

    /// Moves an order to the sets it belongs to now. A call counts as stuck after `retry_tries`.
    pub(crate) fn update(&mut self, before: Option<&Order>, after: &Order, retry_tries: u16) {
        let place = (after.terms.placed_at, after.id);
        let old = before
            .filter(|order| order.is_live())
            .map(|order| order.status());
        let new = after.is_live().then(|| after.status());
        if old != new {
            if let Some(set) = old.and_then(|status| self.by_status.get_mut(&status)) {
                set.remove(&place);
            }
            if let Some(status) = new {
                self.by_status.entry(status).or_default().insert(place);
            }
        }
        set(&mut self.board, place, on_board(after));
        set(&mut self.stalled, place, is_stalled(after, retry_tries));
    }
}

fn past(
    set: &BTreeSet<ListPlace>,
    after: Option<ListPlace>,
) -> impl Iterator<Item = ListPlace> + '_ {
    use std::ops::Bound::{Excluded, Unbounded};
    set.range((after.map_or(Unbounded, Excluded), Unbounded))
        .copied()
}

fn set(set: &mut BTreeSet<ListPlace>, place: ListPlace, belongs: bool) {
    if belongs {
        set.insert(place);
    } else {
        set.remove(&place);
    }
}

fn on_board(order: &Order) -> bool {
    matches!(order.stage, Stage::Available { .. })
}

fn is_stalled(order: &Order, retry_tries: u16) -> bool {
    order.is_live() && order.keeps_failing(retry_tries)
}
