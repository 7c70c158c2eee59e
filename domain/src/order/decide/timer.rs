//! Transitions 2, 9, 11, 17, 22, 26–28, 30, 34, 35, 37–39 and every retry: what a timer that is due does.

use super::{Decider, Decision};
use crate::{
    call::{CallKind, CallState},
    id::Principal,
    money::Cents,
    order::{
        AfterEvent, CallEvent, CancelReason, ContactEvent, EndEvent, Event, Settlement, Stage,
        TimerEvent, Unbinding,
    },
    saga::CreateStep,
    timer::TimerKind,
};

/// Days after which an unfinished order counts as abandoned. Source: lifecycle transition 27.
const ABANDONED_AFTER_DAYS: u16 = 14;

impl Decider<'_> {
    /// A timer of an old generation does nothing. One of the current generation always leaves a record, so that it
    /// never fires again.
    pub(super) fn timer_due(&self, kind: TimerKind, generation: u32) -> Decision {
        if self
            .order
            .armed(kind)
            .is_none_or(|timer| timer.generation != generation)
        {
            return Ok(vec![]);
        }
        let mut events = vec![Event::Timer(TimerEvent::TimerFired { kind, generation })];
        events.extend(if self.order.operator_hold {
            self.fired_on_hold(kind)
        } else {
            self.fired(kind)
        });
        Ok(events)
    }

    /// Transition 28: nothing is cancelled or released; what would be is noted, and transition 39 only alarms.
    fn fired_on_hold(&self, kind: TimerKind) -> Vec<Event> {
        match kind {
            TimerKind::EscrowTimeout => vec![self.overdue()],
            TimerKind::StepRetry => self.calls_again(),
            _ => {
                let fired = self.fired(kind);
                if fired.iter().any(ends) {
                    vec![Event::Timer(TimerEvent::TimerNoted { kind })]
                } else {
                    fired
                }
            }
        }
    }

    pub(super) fn fired(&self, kind: TimerKind) -> Vec<Event> {
        let stage = &self.order.stage;
        match (stage, kind) {
            (Stage::Authorizing, TimerKind::PaymentAction) => self.not_confirmed(),
            (Stage::Waiting { .. }, TimerKind::BoardOpen) => vec![self.available()],
            (Stage::Available { .. }, TimerKind::OrderTimeout) => {
                self.free(CancelReason::NoRunnerTimeout)
            }
            (Stage::Accepted(_), TimerKind::RunnerIdle) if self.order.reminded >= 1 => {
                self.unbind(Unbinding::Idle)
            }
            (Stage::Accepted(_), TimerKind::RunnerIdle) => self.reminded(kind),
            (Stage::OnSite(..), TimerKind::StoreWait) => self.reminded(kind),
            (
                Stage::Purchased(..) | Stage::Collected(..) | Stage::OnTheWay(..),
                TimerKind::DeliveryReminder,
            ) => self.reminded(kind),
            (Stage::OnSite(..), TimerKind::ProposalExpiry) => self.proposal_expired(),
            (Stage::OnSite(..), TimerKind::CancelWait) => self.waited(),
            (Stage::OnTheWay(..), TimerKind::NoShowWait) if stage.no_show().is_some() => {
                vec![Event::Contact(ContactEvent::NoShowOver)]
            }
            (_, TimerKind::DisputeSla) => self.dispute_waits(),
            (Stage::Delivered(..), TimerKind::DisputeWindow)
                if self.order.open_dispute().is_none() =>
            {
                self.release()
            }
            (_, TimerKind::EscrowTimeout) => self.looked_at(),
            (Stage::OnSite(_, visit), TimerKind::PaymentAuthorizationExpiry) => self.at_the_till(
                visit,
                CancelReason::AuthorizationExpired,
                self.context.meta.principal,
                self.trip_compensation(),
            ),
            (
                Stage::Waiting { .. } | Stage::Available { .. } | Stage::Accepted(_),
                TimerKind::PaymentAuthorizationExpiry,
            ) => self.free(CancelReason::AuthorizationExpired),
            (Stage::Completed(..), TimerKind::RatingWindow) => {
                vec![Event::After(AfterEvent::RatingsPublished)]
            }
            (_, TimerKind::StepRetry) => self.retry(),
            _ => vec![],
        }
    }

    fn free(&self, reason: CancelReason) -> Vec<Event> {
        self.ended(reason, self.context.meta.principal, Settlement::Free)
    }

    fn not_confirmed(&self) -> Vec<Event> {
        let waiting = self.order.calls.iter().find(|(_, call)| {
            call.state != CallState::Closed && matches!(call.kind, CallKind::Authorize { .. })
        });
        let mut events: Vec<Event> = waiting
            .map(|(n, _)| Event::Call(CallEvent::CallGivenUp { call: *n }))
            .into_iter()
            .collect();
        events.extend(self.failed(CancelReason::PaymentFailed, CreateStep::AuthorizePayment));
        events
    }

    fn reminded(&self, kind: TimerKind) -> Vec<Event> {
        vec![Event::Timer(TimerEvent::Reminded {
            kind,
            step: self.order.reminded + 1,
        })]
    }

    /// Transition 35: the runner said nothing, so nothing was bought.
    fn waited(&self) -> Vec<Event> {
        match self.order.stage.cancel_wait() {
            Some(wait) => self.ended(wait.reason, wait.by, self.trip(wait.to_runner)),
            None => vec![],
        }
    }

    fn overdue(&self) -> Event {
        Event::End(EndEvent::Overdue {
            days: self.order.overdue_days.saturating_add(1),
        })
    }

    /// Transition 39: the daily look. At the store the end waits for the till (transition 35), so the next day is armed all the same.
    fn looked_at(&self) -> Vec<Event> {
        let by = self.context.meta.principal;
        let ends = match &self.order.stage {
            Stage::Available { .. } | Stage::Accepted(_) => {
                return self.free(CancelReason::NoRunnerTimeout);
            }
            Stage::OnSite(_, visit) => {
                self.at_the_till(visit, CancelReason::RunnerAbandoned, by, Cents::ZERO)
            }
            Stage::Purchased(..) | Stage::Collected(..) | Stage::OnTheWay(..) => {
                return self.given_up_at_last(by);
            }
            Stage::Delivered(..) if self.order.open_dispute().is_none() => self.release(),
            Stage::Delivered(..) => vec![],
            _ => return vec![],
        };
        std::iter::once(self.overdue()).chain(ends).collect()
    }

    /// Transition 27 on the 14th day: the runner counts as gone. If the escrow refuses that, the next day tries again.
    fn given_up_at_last(&self, by: Principal) -> Vec<Event> {
        let last = self.order.overdue_days.saturating_add(1) >= ABANDONED_AFTER_DAYS;
        match self.abandoned(by) {
            Ok(events) if last => events,
            Ok(_) | Err(_) => vec![self.overdue()],
        }
    }

    pub(super) fn retry(&self) -> Vec<Event> {
        let mut events = self.calls_again();
        let refused = self.order.release_failures > 0 && self.order.open_dispute().is_none();
        if matches!(self.order.stage, Stage::Delivered(..)) && refused {
            events.extend(self.release());
        }
        events
    }

    /// Every call that may be is made again.
    pub(super) fn calls_again(&self) -> Vec<Event> {
        let again = self.order.retriable();
        again
            .map(|call| Event::Call(CallEvent::CallRetried { call }))
            .collect()
    }
}

/// Whether an event ends the order, moves its money, or begins to.
const fn ends(event: &Event) -> bool {
    matches!(
        event,
        Event::End(EndEvent::Cancelled { .. })
            | Event::End(EndEvent::CancelWaiting(_))
            | Event::End(EndEvent::Released(_))
            | Event::End(EndEvent::ReleaseRefused { .. })
    )
}
