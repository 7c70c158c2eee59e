//! Transitions 2, 9, 11, 17, 22, 26–28, 30, 32c, 34, 35, 37–39 and every retry: what a timer that is due does.

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

/// Number of daily looks after which the runner of food that is bought counts as gone. Source: lifecycle transition 27.
const ABANDONED_AFTER_DAYS: u16 = 14;

impl Decider<'_> {
    /// Decides that a timer is due. One of an old generation does nothing; one of the current generation always leaves a
    /// record, so that it never fires again.
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

    /// Decides a timer that is due during an operator's hold (transition 28): one that would cancel or release is noted
    /// instead, and the daily look (39) only alarms.
    fn fired_on_hold(&self, kind: TimerKind) -> Vec<Event> {
        match kind {
            TimerKind::EscrowTimeout => vec![self.overdue()],
            TimerKind::StepRetry => self.calls_again(),
            TimerKind::PaymentAction
            | TimerKind::BoardOpen
            | TimerKind::OrderTimeout
            | TimerKind::RunnerIdle
            | TimerKind::StoreWait
            | TimerKind::DeliveryReminder
            | TimerKind::DisputeWindow
            | TimerKind::PaymentAuthorizationExpiry
            | TimerKind::RatingWindow
            | TimerKind::Scheduled
            | TimerKind::ProposalExpiry
            | TimerKind::CancelWait
            | TimerKind::NoShowWait
            | TimerKind::DisputeSla => {
                let fired = self.fired(kind);
                if fired.iter().any(ends) {
                    vec![Event::Timer(TimerEvent::TimerNoted { kind })]
                } else {
                    fired
                }
            }
        }
    }

    /// Returns the events of a timer that is due and not held back, by stage and kind.
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
            // The stage that the timer was for is over.
            (
                _,
                TimerKind::PaymentAction
                | TimerKind::BoardOpen
                | TimerKind::OrderTimeout
                | TimerKind::RunnerIdle
                | TimerKind::StoreWait
                | TimerKind::DeliveryReminder
                | TimerKind::DisputeWindow
                | TimerKind::PaymentAuthorizationExpiry
                | TimerKind::RatingWindow
                | TimerKind::Scheduled
                | TimerKind::ProposalExpiry
                | TimerKind::CancelWait
                | TimerKind::NoShowWait,
            ) => vec![],
        }
    }

    /// Ends the order without a charge.
    fn free(&self, reason: CancelReason) -> Vec<Event> {
        self.ended(reason, self.context.meta.principal, Settlement::Free)
    }

    /// Transition 2: the customer did not confirm with the bank in time, so the authorisation is given up and placing fails.
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

    /// Returns the next step of a reminder timer; notices and the timer's second step follow from it.
    fn reminded(&self, kind: TimerKind) -> Vec<Event> {
        vec![Event::Timer(TimerEvent::Reminded {
            kind,
            step: self.order.reminded + 1,
        })]
    }

    /// Decides that `CANCEL_WAIT` is due (transition 35): the runner reported no purchase, so the cancellation takes effect.
    fn waited(&self) -> Vec<Event> {
        match self.order.stage.cancel_wait() {
            Some(wait) => self.ended(wait.reason, wait.by, self.trip(wait.to_runner)),
            None => vec![],
        }
    }

    /// Returns the event that counts one more day on which the order was left unfinished.
    fn overdue(&self) -> Event {
        Event::End(EndEvent::Overdue {
            days: self.order.overdue_days.saturating_add(1),
        })
    }

    /// Decides the daily look at an unfinished order (transition 39). At `on-site` its cancellation may have to wait for the
    /// runner at the till (35), so the next daily look is armed all the same.
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
            Stage::Delivered(..) => self.release_if_due(),
            Stage::Authorizing
            | Stage::Holding
            | Stage::Scheduling
            | Stage::Waiting { .. }
            | Stage::Completed(..)
            | Stage::Cancelled(_) => return vec![],
        };
        std::iter::once(self.overdue()).chain(ends).collect()
    }

    /// Decides that what lies ahead of the clock is `ms` earlier; nothing where the order does not.
    pub(super) fn set_clock_back(&self, ms: u64) -> Vec<Event> {
        if self.order.last_at > self.context.now {
            vec![Event::Timer(TimerEvent::ClockSetBack { ms })]
        } else {
            vec![]
        }
    }

    /// Decides the daily look at food that is bought: on the 14th day the runner is given up (transition 27), before it
    /// operators are alarmed. If the escrow refuses the release, the next day tries again.
    fn given_up_at_last(&self, by: Principal) -> Vec<Event> {
        let last = self.order.overdue_days.saturating_add(1) >= ABANDONED_AFTER_DAYS;
        match self.abandoned(by) {
            Ok(events) if last => events,
            Ok(_) | Err(_) => vec![self.overdue()],
        }
    }

    /// Returns the events of a retry: deferred calls are made again, and a release that was refused is tried again.
    pub(super) fn retry(&self) -> Vec<Event> {
        let mut events = self.calls_again();
        let refused = self.order.release_failures > 0 && self.order.open_dispute().is_none();
        if matches!(self.order.stage, Stage::Delivered(..)) && refused {
            events.extend(self.release());
        }
        events
    }

    /// Returns an event for each deferred call that is to be made again.
    pub(super) fn calls_again(&self) -> Vec<Event> {
        let again = self.order.retriable();
        again
            .map(|call| Event::Call(CallEvent::CallRetried { call }))
            .collect()
    }
}

/// Returns whether an event ends the order or releases its money, or is the attempt to.
const fn ends(event: &Event) -> bool {
    matches!(
        event,
        Event::End(EndEvent::Cancelled { .. })
            | Event::End(EndEvent::CancelWaiting(_))
            | Event::End(EndEvent::Released(_))
            | Event::End(EndEvent::ReleaseRefused { .. })
    )
}
