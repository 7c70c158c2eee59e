//! The tally of a day: how orders ended, how long people waited, what was refused.
//!
//! Must not: depend on the kind of campus; a simulation and a server give the same tally.

use super::world::{News, OrderView};
use campusg_domain::{
    id::OrderId,
    notice::NoticeKind,
    order::{CancelReason, Status},
    time::At,
};
use std::{borrow::Cow, collections::BTreeMap};

/// How an order stood when the day was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was delivered and the runner was paid.
    Completed,
    /// It was cancelled for this reason.
    Cancelled(CancelReason),
    /// It had not ended and was in this status.
    Open(Status),
}

impl Outcome {
    /// The code of the outcome, as in `docs/lifecycle.md`.
    #[must_use]
    pub const fn says(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Cancelled(reason) => reason.code(),
            Self::Open(status) => status.as_str(),
        }
    }
}

/// When an order reached its milestones, as far as robots were told; and its outcome.
#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    placed: Option<At>,
    on_board: Option<At>,
    accepted: Option<At>,
    delivered: Option<At>,
    outcome: Option<Outcome>,
}

/// Waiting times of one kind, in milliseconds, in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waits(Vec<u64>);

impl Waits {
    /// Number of waits.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// A percentile by nearest rank, in milliseconds: at least `percent` in a hundred waits are not longer. `None` if
    /// there are no waits.
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

/// Counts of one day.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Milliseconds from when students began to order until the day was over.
    pub lasted_ms: u64,
    marks: BTreeMap<OrderId, Marks>,
    refused: BTreeMap<(&'static str, String), u64>,
}

impl Tally {
    /// Counts an order that was placed at `at`.
    pub fn placed(&mut self, order: OrderId, at: At) {
        self.marks.entry(order).or_default().placed = Some(at);
    }

    /// Counts a refusal: of which command or question, with which code.
    pub fn refused(&mut self, what: &'static str, code: Cow<'static, str>) {
        *self.refused.entry((what, code.into_owned())).or_default() += 1;
    }

    /// Notes the milestone that a notice tells of, if it tells of one.
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

    /// Notes how an order stands when the day is over.
    pub fn ended(&mut self, view: &OrderView) {
        let outcome = match (view.status, view.reason) {
            (Status::Completed, _) => Outcome::Completed,
            (Status::Cancelled, Some(reason)) => Outcome::Cancelled(reason),
            (status, _) => Outcome::Open(status),
        };
        self.marks.entry(view.id).or_default().outcome = Some(outcome);
    }

    /// Number of orders.
    #[must_use]
    pub fn orders(&self) -> usize {
        self.marks.len()
    }

    /// Ids of all orders, in ascending order.
    #[must_use]
    pub fn known(&self) -> Vec<OrderId> {
        self.marks.keys().copied().collect()
    }

    /// Number of orders by outcome: completed first, then cancelled, then open; the most frequent first.
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

    /// Number of orders that had not ended when the day was over.
    #[must_use]
    pub fn unfinished(&self) -> u64 {
        let open = |(outcome, _): &&(Outcome, u64)| matches!(outcome, Outcome::Open(_));
        let outcomes = self.outcomes();
        outcomes.iter().filter(open).map(|(_, count)| count).sum()
    }

    /// Waits from the board until the first runner accepted.
    #[must_use]
    pub fn until_accepted(&self) -> Waits {
        let wait = |marks: &Marks| Some(marks.accepted?.since(marks.on_board?));
        Waits::of(self.marks.values().filter_map(wait))
    }

    /// Waits from the board until the delivery.
    #[must_use]
    pub fn until_delivered(&self) -> Waits {
        let wait = |marks: &Marks| Some(marks.delivered?.since(marks.on_board?));
        Waits::of(self.marks.values().filter_map(wait))
    }

    /// Refusals: name of the command or question, code, number of times.
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
