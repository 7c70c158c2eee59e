//! Transition 16: the customer approves a proposal that costs more than is held, so a second authorisation is asked for
//! first. The proposal stays open meanwhile, and also if the authorisation fails.

use super::{Decider, Decision, answer::misfit};
use crate::{
    call::{Answer, CallNumber, CallState},
    money::Cents,
    order::{
        Call, CallEvent, Event, ProposalEvent,
        attachments::{Closing, Number},
        event::RaiseFailure,
    },
    time::At,
    vote::VoteRequest,
};

impl Decider<'_> {
    /// Decides the customer's approval of a proposal (transition 16): approved at once where enough is held, else a second
    /// authorisation of what is missing is asked for.
    pub(super) fn approve(&self, n: Number) -> Decision {
        let order = self.order;
        if self.closed_so(n, &Closing::Approved) {
            return Ok(vec![]);
        }
        let open = self.open(n, Some(true))?;
        if open.raise.is_some() {
            return Ok(vec![]);
        }
        let total = open.offer.total.unwrap_or(order.approved_total);
        let missing = order.terms.price.charge(total) - order.held();
        if missing.is_positive() {
            return Ok(vec![Event::Proposal(ProposalEvent::RaiseAsked {
                n,
                call: order.next_number(),
                cents: missing.max(order.terms.price.least_charge),
            })]);
        }
        Ok(vec![approved(n)])
    }

    /// Decides the gateway's answer to a second authorisation that is under way.
    pub(super) fn raise_answered(
        &self,
        call: CallNumber,
        asked: Cents,
        answer: &Answer,
    ) -> Decision {
        let failed = |why| {
            Ok(vec![Event::Proposal(ProposalEvent::RaiseFailed {
                call,
                why,
            })])
        };
        match answer {
            Answer::Authorized {
                cents,
                capture_before,
            } => Ok(self.raised(call, asked, *cents, *capture_before)),
            Answer::Declined { reason } => failed(RaiseFailure::Declined(*reason)),
            Answer::ActionRequired { url } => Ok(self.action_required(url)),
            Answer::Captured { .. }
            | Answer::Voided
            | Answer::Refunded { .. }
            | Answer::Unavailable
            | Answer::PaidOut { .. }
            | Answer::SentBack { .. } => misfit(),
        }
    }

    /// Decides that a second authorisation was given: if the escrow holds it, the proposal is approved; if the escrow refuses
    /// or the amount is another, the authorisation is let go of.
    fn raised(&self, call: CallNumber, asked: Cents, cents: Cents, before: At) -> Vec<Event> {
        let order = self.order.id;
        let more = self.context.votes.ask(VoteRequest::Raise { order, cents });
        let n = self.order.stage.proposal().map(|open| open.n);
        match (more, n) {
            (Ok(_), Some(n)) if cents == asked => {
                let raised = Event::Proposal(ProposalEvent::Raised {
                    call,
                    cents,
                    capture_before: before,
                });
                vec![raised, approved(n)]
            }
            _ => vec![Event::Proposal(ProposalEvent::RaiseFailed {
                call,
                why: RaiseFailure::NotHeld,
            })],
        }
    }

    /// Decides that a second authorisation had no answer: it is deferred until its retry; after the last try it is given up
    /// and voided.
    pub(super) fn raise_unanswered(&self, n: CallNumber, call: &Call) -> Vec<Event> {
        if call.state == CallState::Deferred {
            return vec![];
        }
        let failures = call.failures.saturating_add(1);
        if failures < self.context.policy.retry_tries {
            return vec![Event::Call(CallEvent::CallDeferred { call: n, failures })];
        }
        vec![Event::Proposal(ProposalEvent::RaiseFailed {
            call: n,
            why: RaiseFailure::GivenUp,
        })]
    }
}

fn approved(n: Number) -> Event {
    Event::Proposal(ProposalEvent::ProposalClosed {
        n,
        how: Closing::Approved,
    })
}
