//! Transitions 2–6, 19, 33, 36 and 38: what the gateway's answers to an order's calls do.

use super::{Decider, Decision};
use crate::{
    call::{Answer, CallKind, CallNumber, CallState, Decline},
    money::Cents,
    order::{
        Call, CallEvent, CancelReason, Event, Outcome, PlacingEvent, Settlement, Stage, TimerEvent,
        marks::{done, finish, mark},
    },
    rejection::Rejection,
    saga::{CompleteStep, CreateStep, Failing, Mark, Step},
    time::At,
    timer::TimerKind,
    vote::VoteRequest,
};

/// The vote on room for the timers that an order arms once its card is authorised.
const TIMERS_OF_AN_ORDER: VoteRequest = VoteRequest::Capacity { timers: 3 };

impl Decider<'_> {
    /// Decides the gateway's answer to call `n`, by the call's kind; no answer is `Unavailable`.
    pub(super) fn answered(&self, n: CallNumber, answer: &Answer) -> Decision {
        let Some(call) = self.order.calls.get(&n) else {
            return Err(Rejection::field("call", "was never made"));
        };
        if call.state == CallState::Closed {
            return Ok(self.answered_late(n, call, answer));
        }
        if *answer == Answer::Unavailable {
            return Ok(if self.is_raise(n) {
                self.raise_unanswered(n, call)
            } else {
                self.unanswered(n, call)
            });
        }
        match call.kind {
            CallKind::Authorize { cents } if self.is_raise(n) => {
                self.raise_answered(n, cents, answer)
            }
            CallKind::Authorize { cents } => self.authorize_answered(n, cents, answer),
            CallKind::Capture { .. } => self.capture_answered(n, answer),
            CallKind::Void { authorization } => self.void_answered(n, authorization, answer),
            CallKind::Refund { cents, .. } => refund_answered(n, cents, answer),
            CallKind::Charge { .. } => self.tip_answered(n, answer),
            CallKind::PayOut { .. } => misfit(),
        }
    }

    fn authorize_answered(&self, n: CallNumber, asked: Cents, answer: &Answer) -> Decision {
        match answer {
            Answer::Authorized {
                cents,
                capture_before,
            } => Ok(self.authorized(n, asked, *cents, *capture_before)),
            Answer::ActionRequired { url } => Ok(self.action_required(url)),
            Answer::Declined { reason } => Ok(self.declined(n, *reason)),
            Answer::Captured { .. }
            | Answer::Voided
            | Answer::Refunded { .. }
            | Answer::Unavailable
            | Answer::PaidOut { .. }
            | Answer::SentBack { .. } => misfit(),
        }
    }

    /// Transition 36: the bank asks the customer; said once.
    pub(super) fn action_required(&self, url: &str) -> Vec<Event> {
        if self.order.action_url.as_deref() == Some(url) {
            return vec![];
        }
        let url = url.to_owned();
        vec![Event::Placing(PlacingEvent::ActionRequired { url })]
    }

    fn capture_answered(&self, n: CallNumber, answer: &Answer) -> Decision {
        match answer {
            Answer::Captured { cents } => Ok(vec![
                Event::Call(CallEvent::Captured {
                    call: n,
                    cents: *cents,
                }),
                done(CompleteStep::CapturePayment),
            ]),
            Answer::Declined { reason } => Ok(self.collect_failed(n, Some(*reason))),
            Answer::Authorized { .. }
            | Answer::ActionRequired { .. }
            | Answer::Voided
            | Answer::Refunded { .. }
            | Answer::Unavailable
            | Answer::PaidOut { .. }
            | Answer::SentBack { .. } => misfit(),
        }
    }

    fn void_answered(&self, n: CallNumber, authorization: CallNumber, answer: &Answer) -> Decision {
        let late = match answer {
            Answer::Voided | Answer::Declined { .. } => None,
            Answer::Captured { cents } => self.charged_after_all(authorization, *cents),
            Answer::Authorized { .. }
            | Answer::ActionRequired { .. }
            | Answer::Refunded { .. }
            | Answer::Unavailable
            | Answer::PaidOut { .. }
            | Answer::SentBack { .. } => return misfit(),
        };
        let voided = Event::Call(CallEvent::Voided { call: n });
        Ok(std::iter::once(voided).chain(late).collect())
    }

    /// Decides an answer to a call that is closed. A success of what was given up is sent back (transition 33), and an
    /// authorisation that ran out ends the order (38); anything else is known already.
    fn answered_late(&self, n: CallNumber, call: &Call, answer: &Answer) -> Vec<Event> {
        let succeeded = call.outcome == Outcome::Succeeded;
        let late = match (call.kind, answer) {
            (CallKind::Authorize { .. }, Answer::Declined { reason })
                if succeeded && *reason == Decline::Expired =>
            {
                return self.lapsed(n);
            }
            (CallKind::Authorize { .. }, Answer::Authorized { .. }) => {
                Some(Event::Call(CallEvent::LateAuthorization { call: n }))
            }
            (CallKind::Capture { .. } | CallKind::Charge { .. }, Answer::Captured { cents }) => {
                late_charge(n, call, *cents)
            }
            (CallKind::Void { authorization }, Answer::Captured { cents }) => {
                self.charged_after_all(authorization, *cents)
            }
            (
                CallKind::Authorize { .. }
                | CallKind::Capture { .. }
                | CallKind::Void { .. }
                | CallKind::Refund { .. }
                | CallKind::Charge { .. }
                | CallKind::PayOut { .. },
                _,
            ) => None,
        };
        late.filter(|_| !succeeded).into_iter().collect()
    }

    /// Decides that a void found its authorisation charged (transition 33): only the answer to the charge was lost. Nothing
    /// is left to be done where that is known already, or where the charge itself is still being asked for.
    fn charged_after_all(&self, authorization: CallNumber, cents: Cents) -> Option<Event> {
        let (n, charge) = self.order.charge_of(authorization)?;
        let given_up = charge.state == CallState::Closed && charge.outcome != Outcome::Succeeded;
        late_charge(n, charge, cents).filter(|_| given_up)
    }

    /// Returns whether call `n` is the second authorisation that is under way.
    fn is_raise(&self, n: CallNumber) -> bool {
        self.order.raise_under_way() == Some(n)
    }

    /// Decides that an authorisation that is held ran out at the gateway (transition 38). From `purchased` on nothing is
    /// held, and the charge fails instead.
    fn lapsed(&self, n: CallNumber) -> Vec<Event> {
        let order = self.order;
        let by = self.context.meta.principal;
        let why = CancelReason::AuthorizationExpired;
        if !order.promises.contains_key(&n) {
            return vec![];
        }
        let ends = if order.operator_hold {
            let kind = TimerKind::PaymentAuthorizationExpiry;
            vec![Event::Timer(TimerEvent::TimerNoted { kind })]
        } else if let Stage::OnSite(_, visit) = &order.stage {
            self.at_the_till(visit, why, by, self.trip_compensation())
        } else {
            self.ended(why, by, Settlement::Free)
        };
        std::iter::once(Event::Call(CallEvent::AuthorizationLapsed { call: n }))
            .chain(ends)
            .collect()
    }

    /// Decides that the card is authorised: transitions 3, 4 and 6 in one record, or 2 or 5 where a step fails. `asked` and
    /// `cents` are what was asked for and what was authorised.
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

    /// Puts the order on the board at once, or lets it wait until `board_lead_ms` before `deliver_after`.
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

    /// Decides that the first authorisation was declined: placing fails (transition 2).
    pub(super) fn declined(&self, n: CallNumber, reason: Decline) -> Vec<Event> {
        let mut events = vec![Event::Placing(PlacingEvent::Declined { call: n, reason })];
        events.extend(self.failed(CancelReason::PaymentFailed, CreateStep::AuthorizePayment));
        events
    }

    /// Decides that a call had no answer: it is deferred and made again. After the last try placing fails, a charge whose
    /// `capture_before` is over fails (transition 19), and everything else waits for a person, still being tried.
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

    /// Transition 19: charging the card failed for good; `reason` is the gateway's, `None` where it was given up.
    pub(super) fn collect_failed(&self, n: CallNumber, reason: Option<Decline>) -> Vec<Event> {
        vec![
            Event::Call(CallEvent::CollectFailed { call: n, reason }),
            mark(CompleteStep::CapturePayment, Mark::Failed),
        ]
    }
}

fn refund_answered(n: CallNumber, asked: Cents, answer: &Answer) -> Decision {
    match answer {
        Answer::Refunded { cents } => Ok(vec![Event::Call(CallEvent::Refunded {
            call: n,
            cents: *cents,
        })]),
        Answer::Declined { .. } => Ok(vec![Event::Call(CallEvent::RefundKept {
            call: n,
            cents: asked,
        })]),
        Answer::Authorized { .. }
        | Answer::ActionRequired { .. }
        | Answer::Captured { .. }
        | Answer::Voided
        | Answer::Unavailable
        | Answer::PaidOut { .. }
        | Answer::SentBack { .. } => misfit(),
    }
}

/// Refuses an answer that says nothing about what the call asked for.
pub(super) fn misfit() -> Decision {
    Err(Rejection::field("answer", "does not fit the call"))
}

/// Returns the event that a charge was made after it had been given up; it counts at most the amount that was asked for.
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

/// Returns the saga step that waits for the answer to a call of this kind, if there is one.
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

impl crate::order::Order {
    /// Returns whether the order waits for its first authorisation.
    pub(in crate::order) const fn is_authorizing(&self) -> bool {
        matches!(self.stage, Stage::Authorizing)
    }
}
