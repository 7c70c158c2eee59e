//! Who the caller is to an order, and who may give which command.

use super::{command::Command, state::Order};
use crate::{id::Principal, policy::Policy, time::At};

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
        } else if user.is_some()
            && user == self.stage.assignment().map(|assignment| assignment.runner)
        {
            Role::Runner
        } else if matches!(principal, Principal::Operator(_)) {
            Role::Operator
        } else if user.is_some_and(|user| self.former_runners.contains(&user)) {
            Role::FormerRunner
        } else {
            Role::Stranger
        }
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
            Self::Cancel { .. } => &[Customer],
            Self::ArriveOnSite
            | Self::Purchase { .. }
            | Self::Collect
            | Self::Depart
            | Self::Deliver { .. } => &[Runner],
            Self::Confirm => &[Customer, Operator],
            Self::Rate { .. } | Self::Message { .. } | Self::Reply { .. } => &[Customer, Runner],
            Self::Propose { .. } | Self::Withdraw { .. } | Self::ReportProblem { .. } => &[Runner],
            Self::Approve { .. }
            | Self::DropItems { .. }
            | Self::OtherStore { .. }
            | Self::Reject { .. }
            | Self::AnswerNoShow
            | Self::Tip { .. } => &[Customer],
            Self::Reassign { .. }
            | Self::Abandon { .. }
            | Self::Hold { .. }
            | Self::Unhold { .. }
            | Self::Settle { .. }
            | Self::Resolve { .. }
            | Self::Refund { .. }
            | Self::RetryStalled { .. }
            | Self::SkipStalled { .. }
            | Self::CompensateStalled { .. } => &[Operator],
            Self::Dispute { .. } => &[Customer, Runner, Operator],
        }
    }

    /// The words for [`who`](Self::who) in a refusal.
    #[must_use]
    pub const fn who_in_words(&self) -> &'static str {
        use Role::{Customer, Operator, Runner, Stranger, System};
        match (self, self.who()) {
            (_, [Customer]) => "the customer",
            (_, [Runner] | [Runner, Role::FormerRunner]) => "the runner",
            (_, [Operator]) => "operators",
            (_, [System]) => "the system",
            (_, [System, Role::Gateway]) => "the payment gateway",
            (_, [Customer, Operator]) => "the customer or an operator",
            (_, [.., Stranger]) => "runners",
            (Self::Dispute { .. }, _) => "the customer, the runner or an operator",
            _ => "the customer and the runner",
        }
    }
}
