//! What a caller could do where the order stands: the names under which commands would take effect now.
//!
//! Must not: decide. A name in the list says that the row fits, not that every guard of it holds.

use super::{
    role::Role,
    stage::{Stage, Status},
    state::Order,
};
use crate::{
    call::CallKind,
    policy::Policy,
    saga::{Undo, compensation},
    time::At,
    timer::TimerKind,
};

/// The names of the commands that fit where the order stands at `now`, for a caller in this role.
#[must_use]
pub fn allowed(order: &Order, role: Role, policy: &Policy, now: At) -> Vec<&'static str> {
    let transitions = match role {
        Role::Customer => customer(order, policy, now),
        Role::Runner => runner(order, policy, now),
        Role::Operator => operator(order, policy),
        Role::Stranger | Role::FormerRunner => {
            let on_board = matches!(order.stage, Stage::Available { .. });
            vec![("accept", on_board && !order.operator_hold)]
        }
        Role::System | Role::Gateway => vec![],
    };
    transitions
        .into_iter()
        .filter(|(_, fits)| *fits)
        .map(|(name, _)| name)
        .collect()
}

type Rows = Vec<(&'static str, bool)>;

fn customer(order: &Order, policy: &Policy, now: At) -> Rows {
    let (open, free) = (order.proposal.as_ref(), !order.operator_hold);
    let offer = open.is_some_and(|open| open.offer.kind.is_an_offer());
    let approving = open.is_some_and(|open| open.raise.is_some());
    vec![
        ("cancel", free && order.may_be_cancelled()),
        ("confirm", order.may_be_confirmed()),
        ("approve", offer && !approving),
        ("drop_item", offer && order.items_left() > 1),
        ("other_store", open.is_some() && !offer),
        ("reject", open.is_some() && free),
        ("message", order.may_talk(policy, now)),
        ("no_show_answer", order.may_answer_no_show()),
        ("dispute", order.may_claim(policy, now)),
        ("reply", order.open_dispute().is_some()),
        ("tip", order.may_tip(policy, now)),
        ("rate", order.may_rate(order.ratings.by_customer)),
    ]
}

fn runner(order: &Order, policy: &Policy, now: At) -> Rows {
    let at = |status: Status| order.status() == status;
    let (free, waiting) = (!order.operator_hold, order.cancel_wait.is_some());
    let open = order.proposal.is_some();
    let left = at(Status::Accepted) || (at(Status::OnSite) && (free || !waiting));
    let over = order.no_show.is_some_and(|wait| wait.over);
    let talks = order.may_talk(policy, now);
    let claims = at(Status::Cancelled) && order.is_recent(policy, now);
    let disputed = order.open_dispute().is_some();
    vec![
        ("on_site", at(Status::Accepted)),
        ("cancel_acceptance", left),
        ("propose", at(Status::OnSite) && !waiting && !open),
        ("withdraw", open),
        ("purchased", at(Status::OnSite) && !open),
        ("collected", at(Status::Purchased)),
        ("on_the_way", at(Status::Collected)),
        ("delivered", at(Status::OnTheWay)),
        ("customer_unreachable", order.may_report_no_show(policy)),
        ("returned", at(Status::OnTheWay) && over && free),
        ("problem", talks && !order.is_terminal()),
        ("message", talks),
        ("dispute", claims && !disputed),
        ("reply", disputed),
        ("rate", order.may_rate(order.ratings.by_runner)),
    ]
}

fn operator(order: &Order, policy: &Policy) -> Rows {
    let ended = order.is_terminal();
    let holdable = order.may_be_held();
    let bought = order.is_under_way_with_food();
    let disputed = order.open_dispute().is_some();
    let refundable = ended && order.refundable().is_positive();
    let failing = |fits: &dyn Fn(CallKind) -> bool| {
        let mut failing = order.failing(policy.retry_tries);
        failing.any(|(_, call)| fits(call.kind))
    };
    vec![
        ("reassign", order.status() == Status::Accepted),
        (
            "confirm",
            order.status() == Status::Delivered && order.may_be_confirmed(),
        ),
        ("hold", holdable && !order.operator_hold),
        ("unhold", order.operator_hold),
        ("abandon", bought),
        ("settle", !ended && order.cancel_wait.is_none()),
        ("dispute", refundable && !disputed),
        ("resolve", disputed),
        ("refund", refundable),
        ("retry", order.may_be_retried()),
        ("skip", failing(&|kind| !order.moves_money(kind))),
        (
            "compensate",
            failing(&|kind| matches!(compensation(kind), Undo::By(_))),
        ),
    ]
}

impl Order {
    pub(super) fn may_rate(&self, given: Option<u8>) -> bool {
        self.status() == Status::Completed && given.is_none() && !self.ratings.published
    }

    /// Whether the food is bought and not handed over.
    pub(super) const fn is_under_way_with_food(&self) -> bool {
        matches!(
            self.stage,
            Stage::Purchased(..) | Stage::Collected(..) | Stage::OnTheWay(..)
        )
    }

    fn may_be_cancelled(&self) -> bool {
        !self.is_terminal() && self.status() != Status::Delivered && self.cancel_wait.is_none()
    }

    fn may_be_confirmed(&self) -> bool {
        let releases = !self.operator_hold && self.open_dispute().is_none();
        match self.status() {
            Status::OnTheWay => true,
            Status::Delivered => releases,
            Status::Pending
            | Status::Accepted
            | Status::OnSite
            | Status::Purchased
            | Status::Collected
            | Status::Completed
            | Status::Cancelled => false,
        }
    }

    /// Transition 28: from the board to the handing over.
    pub(super) const fn may_be_held(&self) -> bool {
        !matches!(
            self.stage,
            Stage::Authorizing
                | Stage::Holding
                | Stage::Scheduling
                | Stage::Waiting { .. }
                | Stage::Completed(..)
                | Stage::Cancelled(_)
        )
    }

    /// Whether something rests until its retry.
    fn may_be_retried(&self) -> bool {
        let release = self.status() == Status::Delivered && self.release_failures > 0;
        let free = !self.operator_hold && self.open_dispute().is_none();
        self.retriable().next().is_some() || (release && free)
    }

    /// How many lines of the shopping list are still to be bought.
    pub(super) fn items_left(&self) -> usize {
        self.terms.items.len().saturating_sub(self.dropped.len())
    }

    /// Whether both parties are there to write to each other: from `accepted` until some time after the end.
    pub(super) fn may_talk(&self, policy: &Policy, now: At) -> bool {
        let ended_long_ago = self
            .ended_at
            .is_some_and(|at| now.since(at) >= policy.message_window_ms);
        self.stage.assignment().is_some() && !ended_long_ago
    }

    /// Whether one who is this to the order may read what its parties wrote: they as long as they may write, everybody
    /// who is in a dispute until it is decided.
    #[must_use]
    pub fn shows_messages(&self, role: Role, policy: &Policy, now: At) -> bool {
        let disputed = self.open_dispute().is_some();
        match role {
            Role::Customer | Role::Runner => disputed || self.may_talk(policy, now),
            Role::Operator => disputed,
            Role::FormerRunner | Role::Stranger | Role::System | Role::Gateway => false,
        }
    }

    fn may_report_no_show(&self, policy: &Policy) -> bool {
        self.status() == Status::OnTheWay
            && self.no_show.is_none()
            && self.contact.attempts >= policy.contact_attempts
    }

    pub(super) fn may_answer_no_show(&self) -> bool {
        self.no_show.is_some_and(|wait| !wait.over) && !self.no_show_answered
    }

    /// Whether it ended so recently that a party may still open a case.
    pub(super) fn is_recent(&self, policy: &Policy, now: At) -> bool {
        self.ended_at
            .is_some_and(|at| now.since(at) < policy.case_window_ms)
    }

    /// Whether the customer may dispute: in the window after the handing over, or soon after the end.
    fn may_claim(&self, policy: &Policy, now: At) -> bool {
        let in_window = self.is_in_dispute_window();
        let after = self.is_recent(policy, now) && self.refundable().is_positive();
        self.open_dispute().is_none() && (in_window || after)
    }

    /// Transition 29: handed over, and the window, if there is one, is not over or its end was only noted.
    pub(super) fn is_in_dispute_window(&self) -> bool {
        let open = self.armed(TimerKind::DisputeWindow).is_some()
            || self.noted.contains(&TimerKind::DisputeWindow);
        self.status() == Status::Delivered && open
    }

    pub(super) fn may_tip(&self, policy: &Policy, now: At) -> bool {
        let recent = self
            .ended_at
            .is_some_and(|at| now.since(at) < policy.tip_window_ms);
        self.status() == Status::Completed && recent
    }
}
