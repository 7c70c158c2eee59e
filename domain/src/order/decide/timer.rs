//! Rows 2, 9, 11, 22, 37–39 and every retry: what a timer that is due does.

use super::{Decision, Row};
use crate::{
    call::{CallKind, CallState},
    order::{CancelReason, Event, Settlement, Stage, TimerKind, Unbinding},
};

/// Days after which an unfinished order counts as abandoned. Source: lifecycle row 27.
const ABANDONED_AFTER_DAYS: u16 = 14;

impl Row<'_> {
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
        let mut events = vec![Event::TimerFired { kind, generation }];
        events.extend(self.fired(kind));
        Ok(events)
    }

    fn fired(&self, kind: TimerKind) -> Vec<Event> {
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
            (Stage::OnSite(_), TimerKind::StoreWait) => self.reminded(kind),
            (
                Stage::Purchased(..) | Stage::Collected(..) | Stage::OnTheWay(..),
                TimerKind::DeliveryReminder,
            ) => self.reminded(kind),
            (Stage::Delivered(..), TimerKind::DisputeWindow) => self.release(),
            (Stage::Delivered(..), TimerKind::EscrowTimeout) => {
                let days = self.order.overdue_days.saturating_add(1);
                std::iter::once(Event::Overdue { days })
                    .chain(self.release())
                    .collect()
            }
            (Stage::OnSite(_), TimerKind::PaymentAuthorizationExpiry) => {
                self.cancelled(CancelReason::AuthorizationExpired, self.trip(), None)
            }
            (
                Stage::Waiting { .. } | Stage::Available { .. } | Stage::Accepted(_),
                TimerKind::PaymentAuthorizationExpiry,
            ) => self.free(CancelReason::AuthorizationExpired),
            (Stage::Available { .. } | Stage::Accepted(_), TimerKind::EscrowTimeout) => {
                self.free(CancelReason::NoRunnerTimeout)
            }
            (Stage::OnSite(_), TimerKind::EscrowTimeout) => {
                self.free(CancelReason::RunnerAbandoned)
            }
            (
                Stage::Purchased(..) | Stage::Collected(..) | Stage::OnTheWay(..),
                TimerKind::EscrowTimeout,
            ) => self.overdue(),
            (Stage::Completed(..), TimerKind::RatingWindow) => vec![Event::RatingsPublished],
            (_, TimerKind::StepRetry) => self.retry(),
            _ => vec![],
        }
    }

    fn free(&self, reason: CancelReason) -> Vec<Event> {
        self.cancelled(reason, Settlement::Free, None)
    }

    fn not_confirmed(&self) -> Vec<Event> {
        let waiting = self.order.calls.iter().find(|(_, call)| {
            call.state != CallState::Closed && matches!(call.kind, CallKind::Authorize { .. })
        });
        let mut events: Vec<Event> = waiting
            .map(|(n, _)| Event::CallGivenUp { call: *n })
            .into_iter()
            .collect();
        events.extend(self.cancelled(
            CancelReason::PaymentFailed,
            Settlement::Free,
            Some("authorize-payment"),
        ));
        events
    }

    fn reminded(&self, kind: TimerKind) -> Vec<Event> {
        vec![Event::Reminded {
            kind,
            step: self.order.reminded + 1,
        }]
    }

    /// Row 39 from `purchased` on; the 14th time the runner counts as gone and the customer gets everything back. If
    /// the escrow refuses that, the next day tries again.
    fn overdue(&self) -> Vec<Event> {
        let days = self.order.overdue_days.saturating_add(1);
        match self.divide(self.order.charged) {
            Ok(refund) if days >= ABANDONED_AFTER_DAYS => {
                self.cancelled(CancelReason::RunnerAbandoned, refund, None)
            }
            Ok(_) | Err(_) => vec![Event::Overdue { days }],
        }
    }

    fn retry(&self) -> Vec<Event> {
        let resting = self
            .order
            .calls
            .iter()
            .filter(|(_, call)| call.state == CallState::Resting);
        let waits_for_bank = self.order.action_url.is_some() && self.order.is_authorizing();
        let mut events: Vec<Event> = resting
            .filter(|_| !waits_for_bank)
            .map(|(n, _)| Event::CallRetried { call: *n })
            .collect();
        if matches!(self.order.stage, Stage::Delivered(..)) && self.order.release_failures > 0 {
            events.extend(self.release());
        }
        events
    }
}
