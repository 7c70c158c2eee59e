//! What operators do about steps and calls that keep failing: retry them, skip them, or compensate for them.

use super::{Decider, Decision};
use crate::{
    call::{CallKind, CallNumber, Decline},
    order::{AfterEvent, Call, CallEvent, Event, OperatorAction},
    rejection::Rejection,
    saga::{Undo, compensation},
    text::Sealed,
};

impl Decider<'_> {
    /// Decides an operator's retry: every deferred call is made again now, and a refused release is tried again unless the
    /// order is on hold.
    pub(super) fn retry_stalled(&self, reason: &Sealed) -> Decision {
        let again = if self.order.operator_hold {
            self.calls_again()
        } else {
            self.retry()
        };
        self.remedied(OperatorAction::Retry, reason, again)
    }

    /// Decides an operator's skip: calls that keep failing and move no money are given up.
    pub(super) fn skip_stalled(&self, reason: &Sealed) -> Decision {
        let idle = self.failing();
        let idle = idle.filter(|(_, call)| !self.order.moves_money(call.kind));
        let skipped: Vec<Event> = idle
            .map(|(call, _)| Event::Call(CallEvent::CallGivenUp { call }))
            .collect();
        if skipped.is_empty() && self.order.keeps_failing(self.tries()) {
            return Err(Rejection::MovesMoney);
        }
        self.remedied(OperatorAction::Skip, reason, skipped)
    }

    /// Decides an operator's compensation: of the calls that keep failing, charges and later tips are given up.
    pub(super) fn compensate_stalled(&self, reason: &Sealed) -> Decision {
        let back = self
            .failing()
            .flat_map(|(n, call)| self.taken_back(n, call));
        let back: Vec<Event> = back.collect();
        match self.no_way_back() {
            Some(why) if back.is_empty() => Err(Rejection::NoCompensation { why: why.into() }),
            _ => self.remedied(OperatorAction::Compensate, reason, back),
        }
    }

    /// Records the operator's reason with the events of their remedy; refuses one that has nothing to do.
    fn remedied(&self, action: OperatorAction, reason: &Sealed, events: Vec<Event>) -> Decision {
        if events.is_empty() {
            return self.misfit();
        }
        let acted = self.with_reason(action, reason)?;
        Ok(acted.into_iter().chain(events).collect())
    }

    /// Returns the events that give a call up for good. The call that voids it finds out if it succeeded after all, and then
    /// the money is sent back (transition 33).
    fn taken_back(&self, n: CallNumber, call: &Call) -> Vec<Event> {
        match call.kind {
            CallKind::Capture { .. } => self.collect_failed(n, None),
            CallKind::Charge { .. } => vec![Event::After(AfterEvent::TipFailed {
                call: n,
                reason: Decline::Unanswered,
            })],
            CallKind::Authorize { .. }
            | CallKind::Void { .. }
            | CallKind::Refund { .. }
            | CallKind::PayOut { .. } => vec![],
        }
    }

    /// Returns why the first call or step that keeps failing and has no compensation can't be compensated for.
    fn no_way_back(&self) -> Option<&'static str> {
        let calls = self.failing().map(|(_, call)| compensation(call.kind));
        let steps = self.order.saga.stalled();
        let steps = steps.map(|step| step.row().undo);
        calls.chain(steps).find_map(|back| match back {
            Undo::Never(why) => Some(why),
            Undo::By(_) => None,
        })
    }

    /// Returns the deferred calls that had no answer `retry_tries` times, so that a person should look.
    fn failing(&self) -> impl Iterator<Item = (CallNumber, &Call)> {
        self.order.failing(self.tries())
    }

    /// Returns the number of tries after which a call waits for a person.
    fn tries(&self) -> u16 {
        self.context.policy.retry_tries
    }
}
