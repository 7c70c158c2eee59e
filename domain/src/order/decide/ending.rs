//! How an order ends, and how its money is divided: what the rows of every place share.

use super::Decider;
use crate::{
    id::{Principal, UserId},
    money::Cents,
    order::{
        CancelReason, DisputeEvent, EndEvent, Event, Release, Settlement,
        attachments::{CancelWait, Fault},
        marks::{mark, unwind},
        stage::StoreVisit,
    },
    rejection::Rejection,
    saga::{CompleteStep, Failing, Mark, Progress, Saga, Step},
    vote::{Granted, VoteRequest},
};

impl Decider<'_> {
    /// Ends the order; what was begun before the pivot is taken back.
    pub(super) fn ended(
        &self,
        reason: CancelReason,
        by: Principal,
        settlement: Settlement,
    ) -> Vec<Event> {
        self.unwound(&self.order.saga, reason, by, settlement, None)
    }

    /// As [`ended`](Self::ended), by the sender, where placing failed at a step.
    pub(super) fn failed(&self, reason: CancelReason, step: impl Into<Step>) -> Vec<Event> {
        let by = self.context.meta.principal;
        let progress = &self.order.saga;
        self.unwound(progress, reason, by, Settlement::Free, Some(step.into()))
    }

    /// As [`ended`](Self::ended), where earlier events of the same record moved the sagas on.
    pub(super) fn unwound(
        &self,
        progress: &Progress,
        reason: CancelReason,
        by: Principal,
        settlement: Settlement,
        failed: Option<Step>,
    ) -> Vec<Event> {
        let mut events = vec![];
        if self.order.stage.bought().is_none() {
            events.extend(unwind(progress, Saga::Accept, None));
            events.extend(unwind(progress, Saga::Create, failed));
        }
        events.push(Event::End(EndEvent::Cancelled {
            reason,
            by,
            settlement,
        }));
        events
    }

    /// Transition 35: the runner may be at the till, so a cancellation waits; at once while a proposal is open.
    pub(super) fn at_the_till(
        &self,
        visit: &StoreVisit,
        reason: CancelReason,
        by: Principal,
        to_runner: Cents,
    ) -> Vec<Event> {
        match visit {
            StoreVisit::CancelWait(_) => vec![],
            StoreVisit::Proposal(_) => self.ended(reason, by, self.trip(to_runner)),
            StoreVisit::Buying => vec![Event::End(EndEvent::CancelWaiting(CancelWait {
                reason,
                by,
                to_runner,
                at: self.context.now,
            }))],
        }
    }

    /// The settlement that pays the runner for a lost trip; free where that is nothing.
    pub(super) fn trip(&self, to_runner: Cents) -> Settlement {
        if to_runner.is_positive() {
            Settlement::Trip {
                to_runner,
                set_off: self.runners_debt(to_runner),
            }
        } else {
            Settlement::Free
        }
    }

    /// X of this order.
    pub(super) fn trip_compensation(&self) -> Cents {
        self.order.terms.price.trip_compensation
    }

    /// What of the runner's part pays the runner's debt.
    pub(super) fn runners_debt(&self, to_runner: Cents) -> Cents {
        let assignment = self.order.stage.assignment();
        assignment.map_or(Cents::ZERO, |bound| self.debt_of(bound.runner, to_runner))
    }

    /// What of a credit pays the debt of the person it goes to; nothing without a vote, since a debt can wait.
    fn debt_of(&self, user: UserId, cents: Cents) -> Cents {
        if !cents.is_positive() {
            return Cents::ZERO;
        }
        match self.context.votes.ask(VoteRequest::SetOff { user, cents }) {
            Ok(Granted::SetOff(debt)) => debt.min(cents),
            Ok(_) | Err(_) => Cents::ZERO,
        }
    }

    /// What of a refund was never charged pays what the customer owes; without a vote it stays in the wallet.
    pub(super) fn customer_set_off(&self, refund: Cents) -> Option<Event> {
        let customer = self.order.terms.customer;
        let cents = self.debt_of(customer, self.order.uncollected(refund));
        cents
            .is_positive()
            .then_some(Event::Dispute(DisputeEvent::CustomerSetOff { cents }))
    }

    /// Divides the charge K: `refund` to the customer, the fee to the platform, the rest to the runner.
    pub(super) fn release_of(&self, refund: Cents) -> Result<Release, Rejection> {
        let Some(bought) = self.order.stage.bought() else {
            return Err(Rejection::TransferRefused);
        };
        let price = &self.order.terms.price;
        let charge = price.charge(bought.food);
        self.context.votes.ask(VoteRequest::Release {
            order: self.order.id,
            cents: charge,
        })?;
        let rest = charge - refund;
        let to_platform = price.fee_of(rest);
        let to_runner = rest - to_platform;
        Ok(Release {
            to_runner,
            to_platform,
            to_customer: refund,
            set_off: self.runners_debt(to_runner),
        })
    }

    /// The division, and what follows it, where the customer gets `refund` back: out of the runner's share where the
    /// runner is at fault, else out of goodwill.
    pub(super) fn divide(
        &self,
        refund: Cents,
        at_fault: Fault,
    ) -> Result<(Release, Vec<Event>), Rejection> {
        let (release, goodwill) = match at_fault {
            Fault::Runner => (self.release_of(refund)?, None),
            _ => (
                self.release_of(Cents::ZERO)?,
                refund
                    .is_positive()
                    .then_some(Event::Dispute(DisputeEvent::GoodwillPaid { cents: refund })),
            ),
        };
        let follows = goodwill.into_iter().chain(self.customer_set_off(refund));
        Ok((release, follows.collect()))
    }

    /// Transition 27: the runner is gone, and the customer gets everything back.
    pub(super) fn abandoned(&self, by: Principal) -> Result<Vec<Event>, Rejection> {
        let (release, follows) = self.divide(self.order.charged, Fault::Runner)?;
        let settlement = Settlement::Release(release);
        let mut events = self.ended(CancelReason::RunnerAbandoned, by, settlement);
        events.extend(follows);
        Ok(events)
    }

    /// The end of a delivered order whose charge is divided: completed, or cancelled for `reason` if the runner gets
    /// nothing.
    pub(super) fn end_delivered(
        &self,
        refund: Cents,
        at_fault: Fault,
        reason: CancelReason,
    ) -> Result<Vec<Event>, Rejection> {
        let (release, follows) = self.divide(refund, at_fault)?;
        if release.to_runner == Cents::ZERO {
            let settlement = Settlement::Release(release);
            let mut events = self.ended(reason, self.context.meta.principal, settlement);
            events.extend(follows);
            return Ok(events);
        }
        let done = |step: CompleteStep| mark(step, Mark::Done);
        let mut events = vec![
            Event::End(EndEvent::Released(release)),
            done(CompleteStep::ReleaseEscrow),
        ];
        events.extend(follows);
        events.extend([
            Event::End(EndEvent::Completed),
            done(CompleteStep::MarkCompleted),
        ]);
        Ok(events)
    }

    /// Transition 22, or transition 23 where the escrow's vote is a no.
    pub(super) fn release(&self) -> Vec<Event> {
        if let Ok(events) = self.end_delivered(Cents::ZERO, Fault::Platform, CancelReason::Dispute)
        {
            return events;
        }
        let failures = self.order.release_failures.saturating_add(1);
        let step = Step::from(CompleteStep::ReleaseEscrow);
        let tried = match step.row().failing {
            Failing::RetryThenAlert if failures < self.context.policy.retry_tries => Mark::Started,
            Failing::RetryThenAlert => Mark::Stalled,
            Failing::Reject | Failing::Unwind => Mark::Failed,
        };
        vec![
            Event::End(EndEvent::ReleaseRefused { failures }),
            mark(step, tried),
        ]
    }
}
