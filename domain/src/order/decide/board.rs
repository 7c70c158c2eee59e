//! Transitions 7, 8, 10–12, 24 and 35: a runner accepts an order or gives it back, and the customer cancels it.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a stage that no transition names refuses the command"
)]

use super::{Decider, Decision};
use crate::{
    id::UserId,
    money::Cents,
    order::{
        CancelReason, Event, PlacingEvent, ProposalEvent, Role, RunEvent, Settlement, Stage,
        Unbinding,
        attachments::Closing,
        marks::{finish, unwind},
        stage::StoreVisit,
    },
    rejection::Rejection,
    saga::{AcceptStep, Saga},
    vote::VoteRequest,
};

impl Decider<'_> {
    /// Decides a runner's acceptance (transition 8).
    pub(super) fn accept(&self, runner: UserId) -> Decision {
        match &self.order.stage {
            Stage::Available { accept_by }
                if self.context.meta.principal.user() == Some(runner) =>
            {
                if self.context.now >= *accept_by {
                    return Err(Rejection::TooLate);
                }
                self.bind(runner)
            }
            Stage::Available { .. } => Err(Rejection::NotAllowed {
                who: "only the runner himself".into(),
            }),
            Stage::Accepted(assignment) if assignment.runner == runner => Ok(vec![]),
            stage if stage.is_bound_to_another(runner) => Err(Rejection::TakenByAnotherRunner),
            _ => self.misfit(),
        }
    }

    /// Checks that this runner may accept, and binds them.
    fn bind(&self, runner: UserId) -> Decision {
        if runner == self.order.terms.customer {
            return Err(Rejection::OwnOrder);
        }
        let limit = self.context.policy.binds_per_runner;
        let had = self
            .order
            .former_runners
            .iter()
            .filter(|former| **former == runner);
        if had.count() >= limit as usize {
            return Err(Rejection::HadTooOften { limit });
        }
        self.context.votes.ask(VoteRequest::RunnerSlot { runner })?;
        self.not_held()?;
        let mut events = vec![Event::Run(RunEvent::Accepted {
            runner,
            epoch: self.order.epoch + 1,
        })];
        events.extend(finish(&Default::default(), AcceptStep::NotifyCustomer));
        Ok(events)
    }

    /// Decides that the runner gives the order back (transition 10). Where a cancellation waits, this means that they agree
    /// to it (transition 35).
    pub(super) fn cancel_acceptance(&self) -> Decision {
        match &self.order.stage {
            _ if self.role == Role::FormerRunner => Ok(vec![]),
            Stage::OnSite(_, StoreVisit::CancelWait(wait)) => {
                self.not_held()?;
                Ok(self.ended(wait.reason, wait.by, self.trip(wait.to_runner)))
            }
            Stage::Accepted(_) | Stage::OnSite(_, StoreVisit::Buying | StoreVisit::Proposal(_)) => {
                Ok(self.unbind(Unbinding::RunnerCancelled))
            }
            _ => self.misfit(),
        }
    }

    /// Unbinds the runner before anything is bought and puts the order back on the board (transitions 10, 11).
    pub(super) fn unbind(&self, cause: Unbinding) -> Vec<Event> {
        let Some(assignment) = self.order.stage.assignment() else {
            return vec![];
        };
        let mut events = unwind(&self.order.saga, Saga::Accept, None);
        let open = self.order.stage.proposal();
        events.extend(open.map(|open| {
            Event::Proposal(ProposalEvent::ProposalClosed {
                n: open.n,
                how: Closing::RunnerLeft,
            })
        }));
        events.push(Event::Run(RunEvent::Unbound {
            runner: assignment.runner,
            epoch: self.order.epoch + 1,
            cause,
        }));
        events.push(self.available());
        events
    }

    /// Puts the order on the board, where it can be accepted for `order_timeout_ms`.
    pub(super) fn available(&self) -> Event {
        Event::Placing(PlacingEvent::Available {
            accept_by: self.context.now.plus(self.context.policy.order_timeout_ms),
        })
    }

    /// Decides a cancellation by the customer (transitions 7, 12, 24, 35). It is refused with the current quote if it costs
    /// more than `accept_charge`, in cents.
    pub(super) fn cancel(&self, accept_charge: Cents) -> Decision {
        let order = self.order;
        let already =
            matches!(&order.stage, Stage::Cancelled(end) if end.reason == CancelReason::Customer);
        if already || order.stage.cancel_wait().is_some() {
            return Ok(vec![]);
        }
        let Some(quote) = crate::order::quote(order, self.context.policy, self.context.now) else {
            return self.misfit();
        };
        self.not_held()?;
        if quote.charge > accept_charge {
            let currency = self.context.policy.currency;
            return Err(Rejection::QuoteChanged { quote, currency });
        }
        let (reason, by) = (CancelReason::Customer, self.context.meta.principal);
        Ok(match &order.stage {
            Stage::OnSite(_, visit) => self.at_the_till(visit, reason, by, quote.charge),
            Stage::Accepted(_) => self.ended(reason, by, self.trip(quote.charge)),
            Stage::Purchased(..) | Stage::Collected(..) | Stage::OnTheWay(..) => {
                let release = self.release_of(Cents::ZERO)?;
                self.ended(reason, by, Settlement::Release(release))
            }
            Stage::Authorizing
            | Stage::Holding
            | Stage::Scheduling
            | Stage::Waiting { .. }
            | Stage::Available { .. } => self.ended(reason, by, Settlement::Free),
            Stage::Delivered(..) | Stage::Completed(..) | Stage::Cancelled(_) => {
                return self.misfit();
            }
        })
    }
}
