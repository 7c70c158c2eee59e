//! The price of a cancellation, quoted to the customer before they cancel.

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

/// Returns what a cancellation by the customer at `now` would cost; `None` from `delivered` on, where they can't cancel.
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
            // A cancellation that waits for the runner at the till has its price already, whoever began it.
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
    /// Sums up the authorisations that were neither refused nor let go of, in cents: H at first, more after a second
    /// authorisation.
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
