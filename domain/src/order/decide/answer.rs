//! Transitions 2–6, 19, 33, 36 and 38: what the gateway's answers do.

use super::{Decider, Decision};
use crate::{
    call::{Answer, CallKind, CallNumber, CallState, Decline},
    money::Cents,
    order::{
        Call, CallEvent, CancelReason, Event, Outcome, PlacingEvent, Settlement, Stage, TimerEvent,
        marks::{finish, mark},
    },
    rejection::Rejection,
    saga::{CompleteStep, CreateStep, Failing, Mark, Step},
    time::At,
    timer::TimerKind,
    vote::VoteRequest,
};

/// Room for the timers that an order arms when it is placed.
const TIMERS_OF_AN_ORDER: VoteRequest = VoteRequest::Capacity { timers: 3 };

impl Decider<'_> {
    pub(super) fn answered(&self, n: CallNumber, answer: &Answer) -> Decision {
        let Some(call) = self.order.calls.get(&n) else {
            return Err(Rejection::field("call", "was never made"));
        };
        if call.state == CallState::Closed {
            return Ok(self.answered_late(n, call, answer));
        }
        match (call.kind, answer) {
            (CallKind::Authorize { .. }, Answer::Unavailable) if self.is_raise(n) => {
                Ok(self.raise_unanswered(n, call))
            }
            (_, Answer::Unavailable) => Ok(self.unanswered(n, call)),
            (CallKind::Authorize { cents }, _) if self.is_raise(n) => {
                self.raise_answered(n, cents, answer)
            }
            (CallKind::Charge { .. }, _) => self.tip_answered(n, answer),
            (
                CallKind::Authorize { cents: asked },
                Answer::Authorized {
                    cents,
                    capture_before,
                },
            ) => Ok(self.authorized(n, asked, *cents, *capture_before)),
            (CallKind::Authorize { .. }, Answer::ActionRequired { url }) => {
                match &self.order.action_url {
                    Some(known) if known == url => Ok(vec![]),
                    _ => Ok(vec![Event::Placing(PlacingEvent::ActionRequired {
                        url: url.clone(),
                    })]),
                }
            }
            (CallKind::Authorize { .. }, Answer::Declined { reason }) => {
                Ok(self.declined(n, *reason))
            }
            (CallKind::Capture { .. }, Answer::Captured { cents }) => Ok(vec![
                Event::Call(CallEvent::Captured {
                    call: n,
                    cents: *cents,
                }),
                capture_mark(Mark::Done),
            ]),
            (CallKind::Capture { .. }, Answer::Declined { reason }) => {
                Ok(self.collect_failed(n, Some(*reason)))
            }
            (CallKind::Void { .. }, Answer::Voided | Answer::Declined { .. }) => {
                Ok(vec![Event::Call(CallEvent::Voided { call: n })])
            }
            (CallKind::Void { authorization }, Answer::Captured { cents }) => {
                let late = self.charged_after_all(authorization, *cents);
                Ok(std::iter::once(Event::Call(CallEvent::Voided { call: n }))
                    .chain(late)
                    .collect())
            }
            (CallKind::Refund { .. }, Answer::Refunded { cents }) => {
                Ok(vec![Event::Call(CallEvent::Refunded {
                    call: n,
                    cents: *cents,
                })])
            }
            (CallKind::Refund { cents, .. }, Answer::Declined { .. }) => {
                Ok(vec![Event::Call(CallEvent::RefundKept { call: n, cents })])
            }
            _ => Err(Rejection::field("answer", "does not fit the call")),
        }
    }

    /// Transition 33: a success for something given up is sent back; everything else is known already.
    fn answered_late(&self, n: CallNumber, call: &Call, answer: &Answer) -> Vec<Event> {
        match (call.kind, answer) {
            (
                CallKind::Authorize { .. },
                Answer::Declined {
                    reason: Decline::Expired,
                },
            ) if call.outcome == Outcome::Succeeded => self.lapsed(n),
            _ if call.outcome == Outcome::Succeeded => vec![],
            (CallKind::Authorize { .. }, Answer::Authorized { .. }) => {
                vec![Event::Call(CallEvent::LateAuthorization { call: n })]
            }
            (CallKind::Capture { .. } | CallKind::Charge { .. }, Answer::Captured { cents }) => {
                late_charge(n, call, *cents).into_iter().collect()
            }
            (CallKind::Void { authorization }, Answer::Captured { cents }) => self
                .charged_after_all(authorization, *cents)
                .into_iter()
                .collect(),
            _ => vec![],
        }
    }

    /// Transition 33: what was to be let go of had been charged, and only the answer was lost. Nothing is left to be done where
    /// that is known already, or where the charge is still asked for itself.
    fn charged_after_all(&self, authorization: CallNumber, cents: Cents) -> Option<Event> {
        let (n, charge) = self.order.charge_of(authorization)?;
        let given_up = charge.state == CallState::Closed && charge.outcome != Outcome::Succeeded;
        late_charge(n, charge, cents).filter(|_| given_up)
    }

    fn is_raise(&self, n: CallNumber) -> bool {
        self.order.raise_under_way() == Some(n)
    }

    /// Transition 38: an authorisation that is held ran out at the gateway. From `purchased` on its charge says so.
    fn lapsed(&self, n: CallNumber) -> Vec<Event> {
        let order = self.order;
        let by = self.context.meta.principal;
        let why = CancelReason::AuthorizationExpired;
        if !order.promises.contains_key(&n) {
            return vec![];
        }
        let ends = match &order.stage {
            _ if order.operator_hold => vec![Event::Timer(TimerEvent::TimerNoted {
                kind: TimerKind::PaymentAuthorizationExpiry,
            })],
            Stage::OnSite(_, visit) => self.at_the_till(visit, why, by, self.trip_compensation()),
            _ => self.ended(why, by, Settlement::Free),
        };
        std::iter::once(Event::Call(CallEvent::AuthorizationLapsed { call: n }))
            .chain(ends)
            .collect()
    }

    /// Transitions 3, 4 and 6 in one record; transitions 2 and 5 where a step fails.
    fn authorized(
        &self,
        n: CallNumber,
        asked: Cents,
        cents: Cents,
        capture_before: At,
    ) -> Vec<Event> {
        let mut events = vec![Event::Placing(PlacingEvent::Authorized {
            call: n,
            cents,
            capture_before,
        })];
        if cents != asked {
            events.extend(self.failed(CancelReason::PaymentFailed, CreateStep::AuthorizePayment));
            return events;
        }
        let mut done = self.order.saga.clone();
        let mut step = |last: CreateStep, event: Option<Event>| {
            events.extend(event);
            for mark in finish(&done, last) {
                if let Event::Step { step, mark } = mark {
                    done.mark(step, mark);
                }
                events.push(mark);
            }
        };
        step(CreateStep::AuthorizePayment, None);
        let votes = self.context.votes;
        if votes.ask(VoteRequest::Hold { cents }).is_err() {
            events.extend(self.failed(CancelReason::EscrowFailed, CreateStep::HoldFunds));
            return events;
        }
        step(
            CreateStep::HoldFunds,
            Some(Event::Placing(PlacingEvent::Held {
                authorization: n,
                cents,
            })),
        );
        if votes.ask(TIMERS_OF_AN_ORDER).is_err() {
            let (failed, by) = (
                Some(CreateStep::ArmTimer.into()),
                self.context.meta.principal,
            );
            let why = CancelReason::SchedulingFailed;
            events.extend(self.unwound(&done, why, by, Settlement::Free, failed));
            return events;
        }
        step(CreateStep::ArmTimer, None);
        step(CreateStep::MakeAvailable, Some(self.opened()));
        events
    }

    /// Available at once, or waiting until shortly before the wished time.
    fn opened(&self) -> Event {
        let opens_at = self
            .order
            .terms
            .deliver_after
            .map(|after| after.minus(self.context.policy.board_lead_ms));
        match opens_at.filter(|opens_at| *opens_at > self.context.now) {
            Some(opens_at) => Event::Placing(PlacingEvent::Waiting { opens_at }),
            None => self.available(),
        }
    }

    pub(super) fn declined(&self, n: CallNumber, reason: Decline) -> Vec<Event> {
        let mut events = vec![Event::Placing(PlacingEvent::Declined { call: n, reason })];
        events.extend(self.failed(CancelReason::PaymentFailed, CreateStep::AuthorizePayment));
        events
    }

    /// No answer: rests and is asked again; after the last try placing fails, everything else waits for a person.
    fn unanswered(&self, n: CallNumber, call: &Call) -> Vec<Event> {
        if call.state == CallState::Deferred {
            return vec![];
        }
        let failures = call.failures.saturating_add(1);
        let last = failures >= self.context.policy.retry_tries;
        if let CallKind::Capture { authorization, .. } = call.kind
            && let Some(end) = self.order.deadlines.get(&authorization)
            && self.context.now >= *end
        {
            return self.collect_failed(n, None);
        }
        let deferred = Event::Call(CallEvent::CallDeferred { call: n, failures });
        let Some(step) = waits_for(call.kind).filter(|_| last) else {
            return vec![deferred];
        };
        match step.row().failing {
            Failing::Unwind => {
                let mut events = vec![Event::Call(CallEvent::CallGivenUp { call: n })];
                events.extend(self.failed(CancelReason::PaymentFailed, step));
                events
            }
            Failing::RetryThenAlert => vec![deferred, mark(step, Mark::Stalled)],
            Failing::Reject => vec![deferred],
        }
    }

    pub(super) fn collect_failed(&self, n: CallNumber, reason: Option<Decline>) -> Vec<Event> {
        vec![
            Event::Call(CallEvent::CollectFailed { call: n, reason }),
            capture_mark(Mark::Failed),
        ]
    }
}

/// A charge that was given up was done: no more of it counts than was asked for.
fn late_charge(n: CallNumber, charge: &Call, charged: Cents) -> Option<Event> {
    let (CallKind::Capture { cents: asked, .. } | CallKind::Charge { cents: asked }) = charge.kind
    else {
        return None;
    };
    Some(Event::Call(CallEvent::LateCharge {
        call: n,
        cents: asked.min(charged),
    }))
}

/// The step that waits for this call's answer, if there is one.
fn waits_for(kind: CallKind) -> Option<Step> {
    match kind {
        CallKind::Authorize { .. } => Some(CreateStep::AuthorizePayment.into()),
        CallKind::Capture { .. } => Some(CompleteStep::CapturePayment.into()),
        CallKind::Void { .. }
        | CallKind::Refund { .. }
        | CallKind::Charge { .. }
        | CallKind::PayOut { .. } => None,
    }
}

/// Marks the pivot of the complete-order saga.
fn capture_mark(how: Mark) -> Event {
    mark(CompleteStep::CapturePayment, how)
}

impl crate::order::Order {
    /// Whether the order waits for its first authorisation.
    pub(in crate::order) const fn is_authorizing(&self) -> bool {
        matches!(self.stage, Stage::Authorizing)
    }
}
