//! What operators do about steps and calls that keep failing: have them tried again, go on without them, take them back.

use super::{Decider, Decision};
use crate::{
    call::{CallKind, CallNumber, Decline},
    order::{AfterEvent, Call, CallEvent, Event, OperatorAction},
    rejection::Rejection,
    saga::{Undo, compensation},
    text::Sealed,
};

impl Decider<'_> {
    /// Everything that rests is tried again now; under an operator's hold, all but the release.
    pub(super) fn retry_stalled(&self, reason: &Sealed) -> Decision {
        let again = if self.order.operator_hold {
            self.calls_again()
        } else {
            self.retry()
        };
        self.remedied(OperatorAction::Retry, reason, again)
    }

    /// What keeps failing and moves no money is given up.
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

    /// What keeps failing and has a way back is taken back.
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

    fn remedied(&self, action: OperatorAction, reason: &Sealed, events: Vec<Event>) -> Decision {
        if events.is_empty() {
            return self.misfit();
        }
        let acted = self.with_reason(action, reason)?;
        Ok(acted.into_iter().chain(events).collect())
    }

    /// A success that comes after all is sent back (transition 33); the call that lets go of it finds out.
    fn taken_back(&self, n: CallNumber, call: &Call) -> Vec<Event> {
        match call.kind {
            CallKind::Capture { .. } => self.collect_failed(n, None),
            CallKind::Charge { .. } => vec![Event::After(AfterEvent::TipFailed {
                call: n,
                reason: Decline::Unanswered,
            })],
            _ => vec![],
        }
    }

    /// Why the first thing that keeps failing can't be taken back, where something keeps failing.
    fn no_way_back(&self) -> Option<&'static str> {
        let calls = self.failing().map(|(_, call)| compensation(call.kind));
        let steps = self.order.saga.stalled();
        let steps = steps.map(|step| step.row().undo);
        calls.chain(steps).find_map(|back| match back {
            Undo::Never(why) => Some(why),
            Undo::By(_) => None,
        })
    }

    fn failing(&self) -> impl Iterator<Item = (CallNumber, &Call)> {
        self.order.failing(self.tries())
    }

    fn tries(&self) -> u16 {
        self.context.policy.retry_tries
    }
}
