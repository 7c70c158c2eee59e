//! The role that a caller has in an order, and the roles that may give each command.

use super::{command::Command, state::Order};
use crate::{id::Principal, policy::Policy, time::At};

/// The role of a caller in one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// C: the customer who placed the order.
    Customer,
    /// R: the runner who is bound to the order, or was when it ended.
    Runner,
    /// A runner who was bound to the order and unbound from it.
    FormerRunner,
    /// A: an operator of the platform who is not a party of this order.
    Operator,
    /// S: the server itself: a timer that is due, or the next step of what was begun.
    System,
    /// G: the payment gateway.
    Gateway,
    /// Any other signed-in user; the order's existence is not shown to them.
    Stranger,
}

impl Order {
    /// Returns the role of `principal` in this order. An operator who is its customer or bound runner acts as such.
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

    /// Returns whether a caller in this role may read the messages: customer and runner while they may write, and they and
    /// operators while a dispute is open.
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
    /// Returns the roles that may give the command: the "who" of `docs/lifecycle.md`. `Accept` is open to every user; the
    /// directory's vote says who is a runner.
    #[must_use]
    pub const fn who(&self) -> &'static [Role] {
        use Role::{Customer, FormerRunner, Gateway, Operator, Runner, Stranger, System};
        match self {
            Self::Place(_) => &[Customer],
            Self::Answered { .. } => &[System, Gateway],
            Self::TimerDue { .. } | Self::ScheduledDue { .. } | Self::SetClockBack { .. } => {
                &[System]
            }
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

    /// Returns the roles of [`who`](Self::who) in words, for the text of a refusal.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{call::Answer, id::UserId, text::Sealed, timer::TimerKind};

    #[test]
    fn a_refusal_says_who_may_give_the_command() {
        let runner = UserId::from_bytes([1; 16]);
        let kind = TimerKind::StepRetry;
        let (call, answer) = (1, Answer::Unavailable);
        let reason = Sealed(vec![]);
        let dispute = Command::Dispute {
            claim: None,
            reason: reason.clone(),
            photos: vec![],
        };
        let table = [
            (Command::AnswerNoShow, "the customer"),
            (Command::Depart, "the runner"),
            (Command::CancelAcceptance, "the runner"),
            (Command::Reassign { reason }, "operators"),
            (Command::ScheduledDue { kind }, "the system"),
            (Command::Answered { call, answer }, "the payment gateway"),
            (Command::Confirm, "the customer or an operator"),
            (Command::Accept { runner }, "runners"),
            (dispute, "the customer, the runner or an operator"),
            (Command::Rate { stars: 5 }, "the customer and the runner"),
        ];
        for (command, who) in table {
            assert_eq!(command.who_in_words(), who, "{}", command.name());
        }
    }
}
