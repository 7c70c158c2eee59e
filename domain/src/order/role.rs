//! Who the caller is to an order, and what that lets him do.

use super::{command::Command, stage::Stage, state::Order};
use crate::id::Principal;

/// What a principal is to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// C: placed it.
    Customer,
    /// R: bound to it, now or at its end.
    Runner,
    /// Was bound to it.
    FormerRunner,
    /// A: operates the platform.
    Operator,
    /// S: a timer or a saga step.
    System,
    /// G: the payment gateway.
    Gateway,
    /// Anybody else who is signed in.
    Stranger,
}

impl Order {
    /// What `principal` is to this order. An operator who is a party acts as the party.
    #[must_use]
    pub fn role(&self, principal: Principal) -> Role {
        match principal {
            Principal::System => return Role::System,
            Principal::Gateway => return Role::Gateway,
            Principal::User(_) | Principal::Operator(_) => {}
        }
        let user = principal.user();
        if user == Some(self.terms.customer) {
            Role::Customer
        } else if user.is_some() && user == self.stage.bond().map(|bond| bond.runner) {
            Role::Runner
        } else if matches!(principal, Principal::Operator(_)) {
            Role::Operator
        } else if user.is_some_and(|user| self.former_runners.contains(&user)) {
            Role::FormerRunner
        } else {
            Role::Stranger
        }
    }
}

impl Command {
    /// Who may give it: the "who" column. `Accept` is open to every runner; the directory's vote says who is one.
    #[must_use]
    pub const fn who(&self) -> &'static [Role] {
        use Role::{Customer, FormerRunner, Gateway, Operator, Runner, Stranger, System};
        match self {
            Self::Place(_) => &[Customer],
            Self::Answered { .. } => &[System, Gateway],
            Self::TimerDue { .. } | Self::ScheduledDue { .. } => &[System],
            Self::Accept { .. } => &[Customer, Runner, FormerRunner, Operator, Stranger],
            Self::CancelAcceptance => &[Runner, FormerRunner],
            Self::Reassign => &[Operator],
            Self::Cancel { .. } => &[Customer],
            Self::ArriveOnSite
            | Self::Purchase { .. }
            | Self::Collect
            | Self::Depart
            | Self::Deliver { .. } => &[Runner],
            Self::Confirm => &[Customer, Operator],
            Self::Rate { .. } => &[Customer, Runner],
        }
    }

    /// The words for [`who`](Self::who) in a refusal.
    #[must_use]
    pub const fn who_in_words(&self) -> &'static str {
        match self {
            Self::Place(_) | Self::Cancel { .. } => "the customer",
            Self::Answered { .. } => "the payment gateway",
            Self::TimerDue { .. } | Self::ScheduledDue { .. } => "the system",
            Self::Accept { .. } => "runners",
            Self::CancelAcceptance
            | Self::ArriveOnSite
            | Self::Purchase { .. }
            | Self::Collect
            | Self::Depart
            | Self::Deliver { .. } => "the runner",
            Self::Reassign => "operators",
            Self::Confirm => "the customer or an operator",
            Self::Rate { .. } => "the customer and the runner",
        }
    }
}

/// The names of the commands that fit where the order stands, for a caller in this role.
#[must_use]
pub fn allowed(order: &Order, role: Role) -> &'static [&'static str] {
    use Role::{Customer, FormerRunner, Operator, Runner, Stranger};
    match (&order.stage, role) {
        (Stage::Available { .. }, Stranger | FormerRunner) => &["accept"],
        (
            Stage::Authorizing
            | Stage::Holding
            | Stage::Scheduling
            | Stage::Waiting { .. }
            | Stage::Available { .. },
            Customer,
        ) => &["cancel"],
        (Stage::Accepted(_), Customer) => &["cancel"],
        (Stage::Accepted(_), Runner) => &["on_site", "cancel_acceptance"],
        (Stage::Accepted(_), Operator) => &["reassign"],
        (Stage::OnSite(_), Runner) => &["purchased", "cancel_acceptance"],
        (Stage::Purchased(..), Runner) => &["collected"],
        (Stage::Collected(..), Runner) => &["on_the_way"],
        (Stage::OnTheWay(..), Runner) => &["delivered"],
        (Stage::Purchased(..) | Stage::Collected(..), Customer) => &["cancel"],
        (Stage::OnTheWay(..), Customer) => &["confirm", "cancel"],
        (Stage::Delivered(..), Customer | Operator) => &["confirm"],
        (Stage::Completed(..), Customer) if order.may_rate(order.ratings.by_customer) => &["rate"],
        (Stage::Completed(..), Runner) if order.may_rate(order.ratings.by_runner) => &["rate"],
        _ => &[],
    }
}

impl Order {
    pub(super) fn may_rate(&self, given: Option<u8>) -> bool {
        given.is_none() && !self.ratings.published
    }
}
