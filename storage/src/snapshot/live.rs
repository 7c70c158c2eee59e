//! The sets of live orders from which lists are read: the board, orders by status, stalled orders.
//!
//! Must not: contain the orders themselves.
//!
//! Invariant: an order is exactly in the sets that follow from its last folded record.

use std::collections::{BTreeMap, BTreeSet};

use campusg_domain::{
    id::OrderId,
    order::{Order, Stage, Status},
    time::At,
};

/// An order's position in a list: when it was placed, then its id.
pub type ListPlace = (At, OrderId);

/// The sets of live orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveSets {
    board: BTreeSet<ListPlace>,
    by_status: BTreeMap<Status, BTreeSet<ListPlace>>,
    stalled: BTreeSet<ListPlace>,
}

impl LiveSets {
    /// Returns the orders on the board after `after`, oldest first.
    pub fn board(&self, after: Option<ListPlace>) -> impl Iterator<Item = ListPlace> + '_ {
        past(&self.board, after)
    }

    /// Returns the live orders in one status after `after`, oldest first.
    pub fn with_status(
        &self,
        status: Status,
        after: Option<ListPlace>,
    ) -> impl Iterator<Item = ListPlace> + '_ {
        let set = self.by_status.get(&status).into_iter();
        set.flat_map(move |set| past(set, after))
    }

    /// Returns the orders with a stalled step or call, oldest first.
    pub fn stalled(&self) -> impl Iterator<Item = ListPlace> + '_ {
        self.stalled.iter().copied()
    }

    /// Returns the number of live orders in each status.
    pub fn counts(&self) -> impl Iterator<Item = (Status, usize)> + '_ {
        self.by_status
            .iter()
            .map(|(status, set)| (*status, set.len()))
    }

    /// Moves an order to the sets that it belongs to now. A call counts as stalled after `retry_tries` tries. Returns whether
    /// the order is or was on the board.
    pub(crate) fn update(
        &mut self,
        before: Option<&Order>,
        after: &Order,
        retry_tries: u16,
    ) -> bool {
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
        on_board(after) || before.is_some_and(on_board)
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
