//! What the robots saw: how orders ended, how long people waited, what was refused.
//!
//! Must not: know how the campus keeps its books; a campus in this process and a server give the same tally.

use super::world::{News, OrderView};
use campusg_domain::{
    id::OrderId,
    notice::NoticeKind,
    order::{CancelReason, Status},
    time::At,
};
use std::{borrow::Cow, collections::BTreeMap};

/// How an order ended, as far as it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Delivered and paid.
    Completed,
    /// Ended without delivery.
    Cancelled(CancelReason),
    /// Not ended.
    Open(Status),
}

impl Outcome {
    /// In the words of the lifecycle.
    #[must_use]
    pub const fn says(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Cancelled(reason) => reason.code(),
            Self::Open(status) => status.as_str(),
        }
    }
}

/// When what happened to an order.
#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    placed: Option<At>,
    on_board: Option<At>,
    accepted: Option<At>,
    delivered: Option<At>,
    outcome: Option<Outcome>,
}

/// Waits of one kind, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waits(Vec<u64>);

impl Waits {
    /// How many waited.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// How long the shortest-waiting so many in a hundred waited at most; nobody waited, nothing.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Option<u64> {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied()
    }

    fn of(waits: impl Iterator<Item = u64>) -> Self {
        let mut waits: Vec<u64> = waits.collect();
        waits.sort_unstable();
        Self(waits)
    }
}

/// What was seen of a day.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How long the day was until nothing followed, in milliseconds.
    pub lasted_ms: u64,
    marks: BTreeMap<OrderId, Marks>,
    refused: BTreeMap<(&'static str, String), u64>,
}

impl Tally {
    /// Somebody placed an order.
    pub fn placed(&mut self, order: OrderId, at: At) {
        self.marks.entry(order).or_default().placed = Some(at);
    }

    /// Something was refused.
    pub fn refused(&mut self, what: &'static str, code: Cow<'static, str>) {
        *self.refused.entry((what, code.into_owned())).or_default() += 1;
    }

    /// Somebody was told something.
    pub fn told(&mut self, news: &News, at: At) {
        let Some(order) = news.about else {
            return;
        };
        let marks = self.marks.entry(order).or_default();
        match news.kind {
            NoticeKind::PaymentPending => marks.placed = Some(at),
            // Told twice where an order waited for its time: what counts is when a runner could take it.
            NoticeKind::OrderCreated if marks.accepted.is_none() => marks.on_board = Some(at),
            NoticeKind::OrderAccepted if marks.accepted.is_none() => marks.accepted = Some(at),
            NoticeKind::Delivered if marks.delivered.is_none() => marks.delivered = Some(at),
            _ => {}
        }
    }

    /// How an order stands at the end.
    pub fn ended(&mut self, view: &OrderView) {
        let outcome = match (view.status, view.reason) {
            (Status::Completed, _) => Outcome::Completed,
            (Status::Cancelled, Some(reason)) => Outcome::Cancelled(reason),
            (status, _) => Outcome::Open(status),
        };
        self.marks.entry(view.id).or_default().outcome = Some(outcome);
    }

    /// How many orders were placed.
    #[must_use]
    pub fn orders(&self) -> usize {
        self.marks.len()
    }

    /// Every order that was placed, by id.
    #[must_use]
    pub fn known(&self) -> Vec<OrderId> {
        self.marks.keys().copied().collect()
    }

    /// How many orders ended how, by the words of the lifecycle.
    #[must_use]
    pub fn outcomes(&self) -> Vec<(Outcome, u64)> {
        let mut counts: Vec<(Outcome, u64)> = vec![];
        for outcome in self.marks.values().filter_map(|marks| marks.outcome) {
            match counts.iter_mut().find(|(known, _)| *known == outcome) {
                Some((_, count)) => *count += 1,
                None => counts.push((outcome, 1)),
            }
        }
        counts.sort_by_key(|(outcome, count)| {
            let kind = match outcome {
                Outcome::Completed => 0,
                Outcome::Cancelled(_) => 1,
                Outcome::Open(_) => 2,
            };
            (kind, u64::MAX - count, outcome.says())
        });
        counts
    }

    /// How many orders did not end.
    #[must_use]
    pub fn unfinished(&self) -> u64 {
        let open = |(outcome, _): &&(Outcome, u64)| matches!(outcome, Outcome::Open(_));
        let outcomes = self.outcomes();
        outcomes.iter().filter(open).map(|(_, count)| count).sum()
    }

    /// How long orders were on the board until the first runner came.
    #[must_use]
    pub fn until_accepted(&self) -> Waits {
        let wait = |marks: &Marks| Some(marks.accepted?.since(marks.on_board?));
        Waits::of(self.marks.values().filter_map(wait))
    }

    /// How long it took from the board to the door.
    #[must_use]
    pub fn until_delivered(&self) -> Waits {
        let wait = |marks: &Marks| Some(marks.delivered?.since(marks.on_board?));
        Waits::of(self.marks.values().filter_map(wait))
    }

    /// What was refused how often: the command, and the code of the refusal.
    pub fn refusals(&self) -> impl Iterator<Item = (&'static str, &str, u64)> {
        let refused = self.refused.iter();
        refused.map(|((what, code), times)| (*what, code.as_str(), *times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let waits = Waits::of([30, 10, 20, 40].into_iter());
        let found = [1, 25, 50, 51, 95, 100].map(|percent| waits.percentile(percent));
        assert_eq!(found, [10, 10, 20, 30, 40, 40].map(Some));
        assert_eq!(Waits::default().percentile(50), None);
    }
}
