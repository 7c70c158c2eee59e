//! The calls column: which calls an event opens, rests, repeats and closes.
//!
//! A call's number is also the number of the transfer it settles, so the money column asks [`opened`] too.

use super::{
    effects::{Collection, Outcome},
    event::{Event, Settlement},
    state::Order,
};
use crate::{
    call::{CallChange, CallKind, CallNumber, CallState},
    money::Cents,
};

/// The calls that `event` opens, with their numbers.
pub(super) fn opened(order: &Order, event: &Event) -> Vec<(CallNumber, CallKind)> {
    let kinds = match event {
        Event::Placed(terms) => vec![CallKind::Authorize {
            cents: terms.price.hold(),
        }],
        Event::Purchased { food, .. } => charge(order, order.terms.price.charge(*food)),
        Event::Cancelled {
            settlement: Settlement::Free,
            ..
        } => charge(order, Cents::ZERO),
        Event::Cancelled {
            settlement: Settlement::Trip { to_runner, .. },
            ..
        } => charge(order, *to_runner),
        Event::Cancelled {
            settlement: Settlement::Release(release),
            ..
        }
        | Event::Released(release) => refund(order, release.to_customer),
        Event::CollectFailed { call, .. } => given_up(order, *call),
        Event::LateAuthorization { call } if !order.is_voided(*call) => vec![CallKind::Void {
            authorization: *call,
        }],
        Event::LateCharge { call, cents } => vec![CallKind::Refund {
            capture: *call,
            cents: *cents,
        }],
        _ => vec![],
    };
    let next = order.calls.keys().next_back().map_or(1, |last| last + 1);
    (next..).zip(kinds).collect()
}

/// Captures `cents` from the authorisations in their order, and lets go of those that are not needed.
fn charge(order: &Order, cents: Cents) -> Vec<CallKind> {
    let mut rest = cents;
    let mut kinds = vec![];
    for (n, call) in &order.calls {
        let CallKind::Authorize { cents: authorized } = call.kind else {
            continue;
        };
        let part = rest.min(authorized);
        rest -= part;
        if part.is_positive() {
            kinds.push(CallKind::Capture {
                authorization: *n,
                cents: part,
            });
        } else if call.outcome != Outcome::Refused && !order.is_voided(*n) {
            kinds.push(CallKind::Void { authorization: *n });
        }
    }
    kinds
}

/// Sends `cents` back from the captures in their order; nothing where the card failed and the customer owes.
fn refund(order: &Order, cents: Cents) -> Vec<CallKind> {
    if order.collection == Collection::Owed {
        return vec![];
    }
    let mut rest = cents;
    let mut kinds = vec![];
    for (n, call) in &order.calls {
        let CallKind::Capture {
            cents: captured, ..
        } = call.kind
        else {
            continue;
        };
        let part = rest.min(captured);
        rest -= part;
        if part.is_positive() {
            kinds.push(CallKind::Refund {
                capture: *n,
                cents: part,
            });
        }
    }
    kinds
}

/// A charge that is given up is taken back under its own key: what was blocked for it is let go.
fn given_up(order: &Order, capture: CallNumber) -> Vec<CallKind> {
    match order.calls.get(&capture).map(|call| call.kind) {
        Some(CallKind::Capture { authorization, .. }) => vec![CallKind::Void { authorization }],
        _ => vec![],
    }
}

/// Every change to the order's calls that `event` makes.
pub(super) fn calls(order: &Order, event: &Event) -> Vec<CallChange> {
    let mut changes = match *event {
        Event::Authorized { call, .. }
        | Event::Declined { call, .. }
        | Event::Captured { call, .. }
        | Event::Voided { call }
        | Event::Refunded { call, .. }
        | Event::RefundKept { call, .. }
        | Event::CallGivenUp { call } => vec![CallChange::Close { n: call }],
        Event::CollectFailed { call, .. } => {
            let refunds = order.open_calls(
                |kind| matches!(kind, CallKind::Refund { capture, .. } if capture == call),
            );
            std::iter::once(call)
                .chain(refunds)
                .map(|n| CallChange::Close { n })
                .collect()
        }
        Event::ActionRequired { .. } => order
            .open_calls(|kind| matches!(kind, CallKind::Authorize { .. }))
            .map(|n| CallChange::Rest { n })
            .collect(),
        Event::CallRested { call, .. } => vec![CallChange::Rest { n: call }],
        Event::CallRetried { call } => vec![CallChange::Retry { n: call }],
        Event::Cancelled { .. } => order
            .open_calls(|kind| matches!(kind, CallKind::Authorize { .. }))
            .map(|n| CallChange::Close { n })
            .collect(),
        _ => vec![],
    };
    changes.extend(
        opened(order, event)
            .into_iter()
            .map(|(n, kind)| CallChange::Open { n, kind }),
    );
    changes
}

impl Order {
    /// Whether letting go of this authorisation was asked for.
    fn is_voided(&self, authorization: CallNumber) -> bool {
        self.calls
            .values()
            .any(|call| call.kind == CallKind::Void { authorization })
    }

    /// Calls of a kind that are not decided.
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
