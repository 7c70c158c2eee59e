//! Transitions 11, 27, 28, 32b and 40: what operators do with an order, each time with a reason.

use super::{Decider, Decision};
use crate::{
    id::Principal,
    money::Cents,
    order::{
        CancelReason, DisputeEvent, Event, OperatorAction, OperatorEvent, Settlement, Stage,
        Unbinding,
        attachments::Fault,
        command::Ending,
        place,
        stage::{Delivery, Proof},
    },
    rejection::Rejection,
    stream::Meta,
    text::Sealed,
    timer::TimerKind,
};

impl Decider<'_> {
    /// Decides that an operator takes an accepted order away from its runner (transition 11).
    pub(super) fn reassign(&self, reason: &Sealed) -> Decision {
        if !matches!(self.order.stage, Stage::Accepted(_)) {
            return self.misfit();
        }
        let mut events = self.with_reason(OperatorAction::Reassign, reason)?;
        events.extend(self.unbind(Unbinding::Reassigned));
        Ok(events)
    }

    /// Decides that an operator gives the runner up (transition 27).
    pub(super) fn abandon(&self, reason: &Sealed) -> Decision {
        if matches!(&self.order.stage, Stage::Cancelled(end) if end.reason == CancelReason::RunnerAbandoned)
        {
            return Ok(vec![]);
        }
        if !self.order.is_under_way_with_food() {
            return self.misfit();
        }
        let mut events = self.with_reason(OperatorAction::Abandon, reason)?;
        events.extend(self.abandoned(self.context.meta.principal)?);
        Ok(events)
    }

    /// Decides an operator's hold (transition 28).
    pub(super) fn hold(&self, reason: &Sealed) -> Decision {
        if !self.order.may_be_held() {
            return self.misfit();
        }
        place::sealed("reason", Some(reason))?;
        if self.order.operator_hold {
            return Ok(vec![]);
        }
        Ok(vec![Event::Operator(OperatorEvent::OperatorHeld {
            reason: reason.clone(),
        })])
    }

    /// Decides the end of an operator's hold (transition 28). Of the timers that were noted meanwhile, the first that still
    /// does anything takes effect now, as a command of the system.
    pub(super) fn unhold(&self, reason: &Sealed) -> Decision {
        if !self.order.may_be_held() {
            return self.misfit();
        }
        place::sealed("reason", Some(reason))?;
        if !self.order.operator_hold {
            return Ok(vec![]);
        }
        let meta = Meta {
            principal: Principal::System,
            ..self.context.meta.clone()
        };
        let context = super::Context {
            meta: &meta,
            ..*self.context
        };
        let system = Decider {
            context: &context,
            ..*self
        };
        let noted = self.order.noted.iter().map(|kind| system.fired(*kind));
        let follows = noted
            .chain(std::iter::once_with(|| system.release_if_due()))
            .find(|events| !events.is_empty());
        let released = Event::Operator(OperatorEvent::OperatorReleased {
            reason: reason.clone(),
        });
        Ok(std::iter::once(released)
            .chain(follows.unwrap_or_default())
            .collect())
    }

    /// Releases the money of a delivery that nothing but a hold, or a refusal of the escrow, kept from being paid: the customer
    /// confirmed it, or no dispute window runs.
    pub(super) fn release_if_due(&self) -> Vec<Event> {
        let Stage::Delivered(_, _, Delivery { proof, .. }) = self.order.stage else {
            return vec![];
        };
        let window = self.order.armed(TimerKind::DisputeWindow).is_some();
        if self.order.open_dispute().is_some() || (window && proof != Proof::Confirmed) {
            return vec![];
        }
        self.release()
    }

    /// Decides how an operator settles the order (transition 40).
    pub(super) fn settle(&self, ending: Ending, reason: &Sealed) -> Decision {
        let order = self.order;
        let ending = self.spelled_out(ending)?;
        match (&order.stage, ending) {
            _ if order.stage.cancel_wait().is_some() => self.misfit(),
            (Stage::Completed(..) | Stage::Cancelled(_), _) => self.misfit(),
            (Stage::Delivered(..), Ending::Divide { refund, at_fault }) => {
                self.settle_delivered(refund, at_fault, reason)
            }
            (
                Stage::Purchased(..) | Stage::Collected(..) | Stage::OnTheWay(..),
                Ending::Divide { refund, at_fault },
            ) => self.settle_bought(refund, at_fault, reason),
            (stage, Ending::Trip { to_runner }) if stage.bought().is_none() => {
                self.settle_early(to_runner, reason)
            }
            (stage, _) if stage.bought().is_none() => {
                Err(Rejection::field("to_runner_cents", "is needed"))
            }
            _ => Err(Rejection::field("refund_cents", "is needed")),
        }
    }

    /// Returns an ending with its amounts: replaces the short forms `ToRunner` and `ToCustomer`.
    fn spelled_out(&self, ending: Ending) -> Result<Ending, Rejection> {
        let charged = self.order.stage.bought().map(|_| self.order.charged);
        Ok(match (ending, charged) {
            (Ending::ToRunner, None) => return self.misfit(),
            (Ending::ToRunner, Some(_)) => Ending::Divide {
                refund: Cents::ZERO,
                at_fault: Fault::Platform,
            },
            (Ending::ToCustomer, None) => Ending::Trip {
                to_runner: Cents::ZERO,
            },
            (Ending::ToCustomer, Some(refund)) => Ending::Divide {
                refund,
                at_fault: Fault::Runner,
            },
            (in_figures, _) => in_figures,
        })
    }

    /// Settles before `purchased`: the runner gets `to_runner` cents for the trip, at `on-site` by way of transition 35.
    fn settle_early(&self, to_runner: Cents, reason: &Sealed) -> Decision {
        let bound = self.order.stage.assignment().is_some();
        let most = if bound {
            self.order.terms.price.delivery_fee
        } else {
            Cents::ZERO
        };
        let least = self.order.terms.price.least_charge;
        let within = (Cents::ZERO..=most).contains(&to_runner);
        if !within || (to_runner.is_positive() && to_runner < least) {
            let rule = match bound {
                true => format!("must be 0, or from {} to {}", least.0, most.0),
                false => "must be 0 while nobody is bound".into(),
            };
            return Err(Rejection::field("to_runner_cents", rule));
        }
        let mut events = self.with_reason(OperatorAction::Settle, reason)?;
        let (why, by) = (CancelReason::Operator, self.context.meta.principal);
        events.extend(if let Stage::OnSite(_, visit) = &self.order.stage {
            self.at_the_till(visit, why, by, to_runner)
        } else {
            self.ended(why, by, self.trip(to_runner))
        });
        Ok(events)
    }

    /// Settles from `purchased` to `on-the-way`: the charge is divided, and the order is cancelled.
    fn settle_bought(&self, refund: Cents, at_fault: Fault, reason: &Sealed) -> Decision {
        self.within_charge(refund)?;
        let mut events = self.with_reason(OperatorAction::Settle, reason)?;
        let (release, follows) = self.divide(refund, at_fault)?;
        let settlement = Settlement::Release(release);
        events.extend(self.ended(
            CancelReason::Operator,
            self.context.meta.principal,
            settlement,
        ));
        events.extend(follows);
        Ok(events)
    }

    /// Settles at `delivered`: the charge is divided, and an open dispute is decided with it.
    fn settle_delivered(&self, refund: Cents, at_fault: Fault, reason: &Sealed) -> Decision {
        self.within_charge(refund)?;
        let mut events = self.with_reason(OperatorAction::Settle, reason)?;
        events.extend(self.order.open_dispute().map(|open| {
            Event::Dispute(DisputeEvent::DisputeResolved {
                n: open.n,
                refund,
                at_fault: Some(at_fault),
            })
        }));
        events.extend(self.end_delivered(refund, at_fault, CancelReason::Operator)?);
        Ok(events)
    }

    /// Checks that a refund is from 0 to K.
    fn within_charge(&self, refund: Cents) -> Result<(), Rejection> {
        let most = self.order.charged;
        if (Cents::ZERO..=most).contains(&refund) {
            return Ok(());
        }
        let rule = format!("must be from 0 to {}", most.0);
        Err(Rejection::field("refund_cents", rule))
    }

    /// Decides a refund out of goodwill after the end (transition 32b); `cents` is at most what was charged and not refunded.
    pub(super) fn refund(&self, cents: Cents, reason: &Sealed) -> Decision {
        if !self.order.is_terminal() || !self.order.refundable().is_positive() {
            return self.misfit();
        }
        let most = self.order.refundable();
        if !(Cents(1)..=most).contains(&cents) {
            let rule = format!("must be from 1 to {}", most.0);
            return Err(Rejection::field("amount_cents", rule));
        }
        let mut events = self.with_reason(OperatorAction::Refund, reason)?;
        events.push(Event::Dispute(DisputeEvent::GoodwillPaid { cents }));
        events.extend(self.customer_set_off(cents));
        Ok(events)
    }
}
