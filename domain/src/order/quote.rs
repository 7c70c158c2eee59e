//! What cancelling costs, to the cent, before it is done.

use super::{effects::Outcome, settlement::Quote, stage::Stage, state::Order};
use crate::{call::CallKind, money::Cents, policy::Policy, time::At};

impl Quote {
    fn charging(order: &Order, charge: Cents, to_platform: Cents) -> Self {
        let hold = order.authorized_in_all();
        Self {
            charge,
            to_runner: charge - to_platform,
            to_platform,
            let_go: hold - charge,
        }
    }
}

/// Quotes a cancellation by the customer; `None` where the order can't be cancelled by him.
#[must_use]
pub fn quote(order: &Order, policy: &Policy, now: At) -> Option<Quote> {
    let price = &order.terms.price;
    match &order.stage {
        Stage::Authorizing
        | Stage::Holding
        | Stage::Scheduling
        | Stage::Waiting { .. }
        | Stage::Available { .. } => Some(Quote::charging(order, Cents::ZERO, Cents::ZERO)),
        Stage::Accepted(assignment)
            if now.since(assignment.accepted_at) < policy.free_cancel_ms =>
        {
            Some(Quote::charging(order, Cents::ZERO, Cents::ZERO))
        }
        Stage::Accepted(_) => Some(Quote::charging(order, price.trip_compensation, Cents::ZERO)),
        Stage::OnSite(..) => {
            // What waits for the runner at the till, whoever began it, is what a cancellation comes to.
            let begun = order.stage.cancel_wait().map(|wait| wait.to_runner);
            let charge = begun.unwrap_or(price.trip_compensation);
            Some(Quote::charging(order, charge, Cents::ZERO))
        }
        Stage::Purchased(_, bought)
        | Stage::Collected(_, bought)
        | Stage::OnTheWay(_, bought, _) => {
            let charge = price.charge(bought.food);
            Some(Quote::charging(order, charge, price.fee_of(charge)))
        }
        Stage::Delivered(..) | Stage::Completed(..) | Stage::Cancelled(_) => None,
    }
}

impl Order {
    /// What was authorised in all, but for what was refused or let go: H at first, more after a second authorisation.
    fn authorized_in_all(&self) -> Cents {
        let authorized = self.calls.iter().filter_map(|(n, call)| match call.kind {
            CallKind::Authorize { cents }
                if call.outcome != Outcome::Refused && !self.is_voided(*n) =>
            {
                Some(cents)
            }
            CallKind::Authorize { .. }
            | CallKind::Capture { .. }
            | CallKind::Void { .. }
            | CallKind::Refund { .. }
            | CallKind::Charge { .. }
            | CallKind::PayOut { .. } => None,
        });
        authorized.sum()
    }
}
