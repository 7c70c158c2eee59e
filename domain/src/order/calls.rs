//! The calls column: which calls to the gateway an event opens, defers, retries and closes.
//!
//! A call's number is also the number of the transfer it settles, so the money column asks [`opened`] too. Calls and
//! promises are numbered together.

use super::{
    effects::{Call, Outcome},
    event::{
        AfterEvent, CallEvent, ContactEvent, DisputeEvent, EndEvent, Event, OperatorEvent,
        PlacingEvent, ProposalEvent, RaiseFailure, RunEvent, TimerEvent,
    },
    settlement::Settlement,
    state::Order,
};
use crate::{
    call::{CallChange, CallKind, CallNumber, CallState, Decline},
    money::Cents,
};

/// Returns the calls that `event` opens, with their numbers.
pub(super) fn opened(order: &Order, event: &Event) -> Vec<(CallNumber, CallKind)> {
    let kinds = match event {
        Event::Placing(PlacingEvent::Placed(terms)) => vec![CallKind::Authorize {
            cents: terms.price.hold(),
        }],
        Event::Run(RunEvent::Purchased { food, .. }) => {
            charge(order, order.terms.price.charge(*food))
        }
        Event::End(EndEvent::Cancelled {
            settlement: Settlement::Free,
            ..
        }) => charge(order, Cents::ZERO),
        Event::End(EndEvent::Cancelled {
            settlement: Settlement::Trip { to_runner, .. },
            ..
        }) => charge(order, *to_runner),
        Event::End(EndEvent::Cancelled {
            settlement: Settlement::Release(release),
            ..
        })
        | Event::End(EndEvent::Released(release)) => refund(order, release.to_customer),
        Event::Call(CallEvent::CollectFailed { call, .. }) => given_up(order, *call),
        Event::Call(CallEvent::LateAuthorization { call }) if !order.is_voided(*call) => {
            vec![CallKind::Void {
                authorization: *call,
            }]
        }
        Event::Call(CallEvent::LateCharge { call, cents }) => vec![CallKind::Refund {
            capture: *call,
            cents: *cents,
        }],
        Event::Run(RunEvent::Unbound { .. }) => second_authorizations(order),
        Event::Proposal(ProposalEvent::RaiseAsked { cents, .. }) => {
            vec![CallKind::Authorize { cents: *cents }]
        }
        Event::Proposal(ProposalEvent::RaiseFailed {
            why: RaiseFailure::Declined(_),
            ..
        }) => vec![],
        Event::Proposal(ProposalEvent::RaiseFailed { call, .. }) => vec![CallKind::Void {
            authorization: *call,
        }],
        Event::Proposal(ProposalEvent::ProposalClosed { .. }) => order
            .raise_under_way()
            .map(|authorization| CallKind::Void { authorization })
            .into_iter()
            .collect(),
        Event::Dispute(DisputeEvent::ClaimPaid {
            frozen,
            owed,
            goodwill,
        }) => refund(order, *frozen + *owed + *goodwill),
        Event::Dispute(DisputeEvent::GoodwillPaid { cents }) => refund(order, *cents),
        Event::After(AfterEvent::TipGiven { cents, .. }) => {
            vec![CallKind::Charge { cents: *cents }]
        }
        Event::After(AfterEvent::TipFailed { call, reason }) => match reason {
            // The customer may still confirm it, or its answer was lost: a tip that counts as refused must not be charged.
            Decline::Unanswered | Decline::NotConfirmed => vec![CallKind::Void {
                authorization: *call,
            }],
            Decline::Declined
            | Decline::InsufficientFunds
            | Decline::CardInvalid
            | Decline::Expired
            | Decline::AccountInvalid => vec![],
        },
        Event::Placing(
            PlacingEvent::ActionRequired { .. }
            | PlacingEvent::Authorized { .. }
            | PlacingEvent::Declined { .. }
            | PlacingEvent::Held { .. }
            | PlacingEvent::Waiting { .. }
            | PlacingEvent::Available { .. },
        )
        | Event::Run(
            RunEvent::Accepted { .. }
            | RunEvent::ArrivedOnSite
            | RunEvent::Collected
            | RunEvent::Departed
            | RunEvent::WrongPinShown { .. }
            | RunEvent::Delivered { .. },
        )
        | Event::End(
            EndEvent::CancelWaiting(_)
            | EndEvent::ReleaseRefused { .. }
            | EndEvent::Completed
            | EndEvent::Overdue { .. },
        )
        | Event::Call(
            CallEvent::Captured { .. }
            | CallEvent::Voided { .. }
            | CallEvent::Refunded { .. }
            | CallEvent::RefundKept { .. }
            | CallEvent::CallDeferred { .. }
            | CallEvent::CallRetried { .. }
            | CallEvent::CallGivenUp { .. }
            | CallEvent::LateAuthorization { .. }
            | CallEvent::AuthorizationLapsed { .. },
        )
        | Event::Timer(
            TimerEvent::TimerFired { .. }
            | TimerEvent::Reminded { .. }
            | TimerEvent::TimerNoted { .. }
            | TimerEvent::ClockSetBack { .. },
        )
        | Event::Proposal(ProposalEvent::Proposed { .. } | ProposalEvent::Raised { .. })
        | Event::Contact(
            ContactEvent::MessageSent { .. }
            | ContactEvent::ProblemReported { .. }
            | ContactEvent::NoShowAnswered
            | ContactEvent::NoShowOver,
        )
        | Event::Operator(
            OperatorEvent::OperatorHeld { .. }
            | OperatorEvent::OperatorReleased { .. }
            | OperatorEvent::OperatorActed { .. },
        )
        | Event::Dispute(
            DisputeEvent::Disputed { .. }
            | DisputeEvent::Frozen { .. }
            | DisputeEvent::DisputeReplied { .. }
            | DisputeEvent::DisputeResolved { .. }
            | DisputeEvent::RunnerMadeGood { .. }
            | DisputeEvent::CustomerSetOff { .. },
        )
        | Event::After(
            AfterEvent::TipPaid { .. } | AfterEvent::Rated { .. } | AfterEvent::RatingsPublished,
        )
        | Event::Step { .. } => vec![],
    };
    (order.next_number()..).zip(kinds).collect()
}

/// Returns calls that capture `cents` from the authorisations that are held, in their order, and void those that are not
/// needed. Each capture is at least the least charge: what the last one lacks, the first leaves to it. `cents` is 0 or at
/// least that, and the first authorisation is at least twice as much.
fn charge(order: &Order, cents: Cents) -> Vec<CallKind> {
    let least = order.terms.price.least_charge;
    let authorizations = || {
        let calls = order.calls.iter();
        calls.filter(|(_, call)| matches!(call.kind, CallKind::Authorize { .. }))
    };
    let mut rest = cents;
    let mut parts: Vec<(CallNumber, Cents)> = vec![];
    for (n, _) in authorizations() {
        let held = order.promises.get(n).copied().unwrap_or_default();
        let part = rest.min(held);
        rest -= part;
        if part.is_positive() {
            parts.push((*n, part));
        }
    }
    if let [(_, first), .., (_, last)] = parts.as_mut_slice() {
        let lack = (least - *last).max(Cents::ZERO);
        *first -= lack;
        *last += lack;
    }
    let mut kinds = vec![];
    for (n, call) in authorizations() {
        let part = parts.iter().find(|(authorization, _)| authorization == n);
        if let Some((authorization, cents)) = part.copied() {
            kinds.push(CallKind::Capture {
                authorization,
                cents,
            });
        } else if call.outcome != Outcome::Refused && !order.is_voided(*n) {
            kinds.push(CallKind::Void { authorization: *n });
        }
    }
    kinds
}

/// Returns calls that void every authorisation that is held beside the first.
fn second_authorizations(order: &Order) -> Vec<CallKind> {
    order
        .raises()
        .map(|authorization| CallKind::Void { authorization })
        .collect()
}

/// Returns calls that send `cents` back from the captures in their order, at most what is left of each; nothing from
/// those that failed.
fn refund(order: &Order, cents: Cents) -> Vec<CallKind> {
    let mut rest = cents;
    let mut kinds = vec![];
    for (n, left) in order.collectable() {
        let part = rest.min(left);
        rest -= part;
        if part.is_positive() {
            kinds.push(CallKind::Refund {
                capture: n,
                cents: part,
            });
        }
    }
    kinds
}

/// Returns the call that voids the authorisation of a charge that failed or was given up. If the charge was made and only
/// its answer was lost, the answer to this call says so, and transition 33 follows.
fn given_up(order: &Order, capture: CallNumber) -> Vec<CallKind> {
    let call = order.calls.get(&capture);
    if let Some(CallKind::Capture { authorization, .. }) = call.map(|call| call.kind) {
        vec![CallKind::Void { authorization }]
    } else {
        vec![]
    }
}

/// Returns every change to the order's calls that `event` makes.
pub(super) fn calls(order: &Order, event: &Event) -> Vec<CallChange> {
    let mut changes = match *event {
        Event::Placing(PlacingEvent::Authorized { call, .. })
        | Event::Placing(PlacingEvent::Declined { call, .. })
        | Event::Call(CallEvent::Captured { call, .. })
        | Event::Call(CallEvent::Voided { call })
        | Event::Call(CallEvent::Refunded { call, .. })
        | Event::Call(CallEvent::RefundKept { call, .. })
        | Event::Call(CallEvent::CallGivenUp { call })
        | Event::Proposal(ProposalEvent::Raised { call, .. })
        | Event::Proposal(ProposalEvent::RaiseFailed { call, .. })
        | Event::After(AfterEvent::TipPaid { call, .. })
        | Event::After(AfterEvent::TipFailed { call, .. }) => vec![CallChange::Close { n: call }],
        Event::Proposal(ProposalEvent::ProposalClosed { .. }) => order
            .raise_under_way()
            .map(|n| CallChange::Close { n })
            .into_iter()
            .collect(),
        Event::Call(CallEvent::CollectFailed { call, .. }) => {
            let refunds = order.open_calls(
                |kind| matches!(kind, CallKind::Refund { capture, .. } if capture == call),
            );
            std::iter::once(call)
                .chain(refunds)
                .map(|n| CallChange::Close { n })
                .collect()
        }
        Event::Placing(PlacingEvent::ActionRequired { .. }) => order
            .open_calls(|kind| matches!(kind, CallKind::Authorize { .. }))
            .map(|n| CallChange::Defer { n })
            .collect(),
        Event::Call(CallEvent::CallDeferred { call, .. }) => vec![CallChange::Defer { n: call }],
        Event::Call(CallEvent::CallRetried { call }) => vec![CallChange::Retry { n: call }],
        Event::End(EndEvent::Cancelled { .. }) => order
            .open_calls(|kind| matches!(kind, CallKind::Authorize { .. }))
            .map(|n| CallChange::Close { n })
            .collect(),
        Event::Placing(
            PlacingEvent::Placed(_)
            | PlacingEvent::Held { .. }
            | PlacingEvent::Waiting { .. }
            | PlacingEvent::Available { .. },
        )
        | Event::Run(
            RunEvent::Accepted { .. }
            | RunEvent::Unbound { .. }
            | RunEvent::ArrivedOnSite
            | RunEvent::Purchased { .. }
            | RunEvent::Collected
            | RunEvent::Departed
            | RunEvent::WrongPinShown { .. }
            | RunEvent::Delivered { .. },
        )
        | Event::End(
            EndEvent::CancelWaiting(_)
            | EndEvent::Released(_)
            | EndEvent::ReleaseRefused { .. }
            | EndEvent::Completed
            | EndEvent::Overdue { .. },
        )
        | Event::Call(
            CallEvent::LateAuthorization { .. }
            | CallEvent::LateCharge { .. }
            | CallEvent::AuthorizationLapsed { .. },
        )
        | Event::Timer(
            TimerEvent::TimerFired { .. }
            | TimerEvent::Reminded { .. }
            | TimerEvent::TimerNoted { .. }
            | TimerEvent::ClockSetBack { .. },
        )
        | Event::Proposal(ProposalEvent::Proposed { .. } | ProposalEvent::RaiseAsked { .. })
        | Event::Contact(
            ContactEvent::MessageSent { .. }
            | ContactEvent::ProblemReported { .. }
            | ContactEvent::NoShowAnswered
            | ContactEvent::NoShowOver,
        )
        | Event::Operator(
            OperatorEvent::OperatorHeld { .. }
            | OperatorEvent::OperatorReleased { .. }
            | OperatorEvent::OperatorActed { .. },
        )
        | Event::Dispute(
            DisputeEvent::Disputed { .. }
            | DisputeEvent::Frozen { .. }
            | DisputeEvent::DisputeReplied { .. }
            | DisputeEvent::DisputeResolved { .. }
            | DisputeEvent::ClaimPaid { .. }
            | DisputeEvent::GoodwillPaid { .. }
            | DisputeEvent::RunnerMadeGood { .. }
            | DisputeEvent::CustomerSetOff { .. },
        )
        | Event::After(
            AfterEvent::TipGiven { .. } | AfterEvent::Rated { .. } | AfterEvent::RatingsPublished,
        )
        | Event::Step { .. } => vec![],
    };
    changes.extend(
        opened(order, event)
            .into_iter()
            .map(|(n, kind)| CallChange::Open { n, kind }),
    );
    changes
}

impl Order {
    /// Returns the call of the second authorisation that is asked for and not decided, if there is one.
    pub(super) fn raise_under_way(&self) -> Option<CallNumber> {
        let raise = self.stage.proposal()?.raise?;
        let open = self.calls.get(&raise)?.state != CallState::Closed;
        open.then_some(raise)
    }

    /// Returns every authorisation that is held beside the first.
    pub(super) fn raises(&self) -> impl Iterator<Item = CallNumber> {
        let first = self
            .calls
            .iter()
            .find(|(_, call)| matches!(call.kind, CallKind::Authorize { .. }))
            .map(|(n, _)| *n);
        self.holds()
            .map(|(n, _)| n)
            .filter(move |n| Some(*n) != first)
    }

    /// Returns what can still be sent back of each capture and each later tip, in cents; what failed is left out.
    fn collectable(&self) -> impl Iterator<Item = (CallNumber, Cents)> {
        self.calls.iter().filter_map(|(n, call)| match call.kind {
            CallKind::Capture { cents, .. } if call.outcome != Outcome::Refused => {
                Some((*n, cents - self.sent_back(*n)))
            }
            CallKind::Charge { .. } => {
                let paid = self.tips.get(n)?.paid;
                Some((*n, (paid - self.sent_back(*n)).or_zero()))
            }
            CallKind::Authorize { .. }
            | CallKind::Capture { .. }
            | CallKind::Void { .. }
            | CallKind::Refund { .. }
            | CallKind::PayOut { .. } => None,
        })
    }

    /// Returns what was sent back of a charge, or is on its way, in cents. A refund that was closed without an answer never
    /// went out: its charge had been given up, and the refund was set against the debt.
    fn sent_back(&self, charge: CallNumber) -> Cents {
        let goes = |call: &Call| {
            call.outcome == Outcome::Succeeded
                || (call.outcome == Outcome::Unknown && call.state != CallState::Closed)
        };
        let refunds = self.calls.values().filter(|call| goes(call));
        let refunds = refunds.filter_map(|call| match call.kind {
            CallKind::Refund { capture, cents } if capture == charge => Some(cents),
            CallKind::Authorize { .. }
            | CallKind::Capture { .. }
            | CallKind::Void { .. }
            | CallKind::Refund { .. }
            | CallKind::Charge { .. }
            | CallKind::PayOut { .. } => None,
        });
        refunds.sum()
    }

    /// Returns the part of `cents` that can't go back to the card, since it was never charged.
    pub(super) fn uncollected(&self, cents: Cents) -> Cents {
        let left: Cents = self.collectable().map(|(_, left)| left).sum();
        (cents - left).or_zero()
    }

    /// Returns the capture of the authorisation `authorization`; for the number of a later tip, which is charged without an
    /// authorisation, the charge itself.
    pub(super) fn charge_of(&self, authorization: CallNumber) -> Option<(CallNumber, &Call)> {
        let of = |n: &CallNumber, call: &Call| match call.kind {
            CallKind::Capture {
                authorization: from,
                ..
            } => from == authorization,
            CallKind::Charge { .. } => *n == authorization,
            CallKind::Authorize { .. }
            | CallKind::Void { .. }
            | CallKind::Refund { .. }
            | CallKind::PayOut { .. } => false,
        };
        let mut calls = self.calls.iter();
        let found = calls.find(|(n, call)| of(n, call));
        found.map(|(n, call)| (*n, call))
    }

    /// Returns whether a call of this kind moves money, or may find out that money was moved: voiding an authorisation whose
    /// charge failed or was given up tells whether it was charged after all. Such a call is never skipped.
    #[must_use]
    pub fn moves_money(&self, kind: CallKind) -> bool {
        match kind {
            CallKind::Void { authorization } => self
                .charge_of(authorization)
                .is_some_and(|(_, charge)| charge.outcome != Outcome::Succeeded),
            CallKind::Authorize { .. } => false,
            CallKind::Capture { .. }
            | CallKind::Refund { .. }
            | CallKind::Charge { .. }
            | CallKind::PayOut { .. } => true,
        }
    }

    /// Returns whether the order has opened a call that voids this authorisation.
    pub(super) fn is_voided(&self, authorization: CallNumber) -> bool {
        self.calls
            .values()
            .any(|call| call.kind == CallKind::Void { authorization })
    }

    /// Returns whether voiding this authorisation was given up, so that it runs out at the gateway by itself.
    #[must_use]
    pub fn gave_up_voiding(&self, authorization: CallNumber) -> bool {
        self.calls.values().any(|call| {
            call.kind == CallKind::Void { authorization }
                && call.state == CallState::Closed
                && call.outcome == Outcome::Unknown
        })
    }

    /// Returns the calls of the wanted kind that are neither decided nor given up.
    pub(super) fn open_calls(
        &self,
        wanted: impl Fn(CallKind) -> bool,
    ) -> impl Iterator<Item = CallNumber> {
        let open = self
            .calls
            .iter()
            .filter(move |(_, call)| call.state != CallState::Closed && wanted(call.kind));
        open.map(|(n, _)| *n)
    }
}
