//! How an order ends and how its money is divided: what the transitions of the other files have in common.

use super::Decider;
use crate::{
    id::Principal,
    money::Cents,
    order::{
        CancelReason, DisputeEvent, EndEvent, Event, Release, Settlement,
        attachments::{CancelWait, Fault},
        marks::{done, mark, unwind},
        stage::StoreVisit,
    },
    rejection::Rejection,
    saga::{CompleteStep, Failing, Mark, Progress, Saga, Step},
    vote::VoteRequest,
};

impl Decider<'_> {
    /// Cancels the order. Before the food is bought, saga steps that were begun are marked as undone.
    pub(super) fn ended(
        &self,
        reason: CancelReason,
        by: Principal,
        settlement: Settlement,
    ) -> Vec<Event> {
        self.unwound(&self.order.saga, reason, by, settlement, None)
    }

    /// As [`ended`](Self::ended), without a charge and by the caller, where placing failed at a step.
    pub(super) fn failed(&self, reason: CancelReason, step: impl Into<Step>) -> Vec<Event> {
        let by = self.context.meta.principal;
        let progress = &self.order.saga;
        self.unwound(progress, reason, by, Settlement::Free, Some(step.into()))
    }

    /// As [`ended`](Self::ended), from `progress`, to which earlier events of the same record may have moved the sagas.
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

    /// Cancels at `on-site` (transition 35): the runner may be paying at this moment, so the cancellation waits. While a
    /// proposal is open it takes effect at once, and where one waits already this adds nothing.
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

    /// Returns the settlement that pays the runner `to_runner` for a lost trip; `Free` where that is 0.
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

    /// Returns X of this order, in cents.
    pub(super) fn trip_compensation(&self) -> Cents {
        self.order.terms.price.trip_compensation
    }

    /// Returns the part of what the runner gets that pays their own debt, in cents.
    pub(super) fn runners_debt(&self, to_runner: Cents) -> Cents {
        let assignment = self.order.stage.assignment();
        assignment.map_or(Cents::ZERO, |bound| {
            self.context.votes.set_off(bound.runner, to_runner)
        })
    }

    /// Sets the part of a refund that was never charged off against what the customer owes; without a vote it stays in their
    /// wallet.
    pub(super) fn customer_set_off(&self, refund: Cents) -> Option<Event> {
        let customer = self.order.terms.customer;
        let cents = self
            .context
            .votes
            .set_off(customer, self.order.uncollected(refund));
        cents
            .is_positive()
            .then_some(Event::Dispute(DisputeEvent::CustomerSetOff { cents }))
    }

    /// Divides the charge K: `refund` to the customer, the fee to the platform, the rest to the runner. The escrow votes on
    /// it, and its refusal is returned.
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

    /// Divides the charge where the customer gets `refund` back: out of the runner's share if the runner is at fault, else
    /// out of goodwill. Returns the division, and the events that are to follow the order's end.
    pub(super) fn divide(
        &self,
        refund: Cents,
        at_fault: Fault,
    ) -> Result<(Release, Vec<Event>), Rejection> {
        let (release, goodwill) = match at_fault {
            Fault::Runner => (self.release_of(refund)?, None),
            Fault::Customer | Fault::Store | Fault::Platform => (
                self.release_of(Cents::ZERO)?,
                refund
                    .is_positive()
                    .then_some(Event::Dispute(DisputeEvent::GoodwillPaid { cents: refund })),
            ),
        };
        let follows = goodwill.into_iter().chain(self.customer_set_off(refund));
        Ok((release, follows.collect()))
    }

    /// Gives the runner up (transition 27): the order is cancelled, and the customer gets all of K back.
    pub(super) fn abandoned(&self, by: Principal) -> Result<Vec<Event>, Rejection> {
        let (release, follows) = self.divide(self.order.charged, Fault::Runner)?;
        let settlement = Settlement::Release(release);
        let mut events = self.ended(CancelReason::RunnerAbandoned, by, settlement);
        events.extend(follows);
        Ok(events)
    }

    /// Ends a delivered order and divides its charge: it is completed, or cancelled for `reason` if the runner gets nothing.
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

    /// Completes a delivered order without a refund (transition 22); if the escrow refuses, notes that the release is to be
    /// tried again (23).
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
