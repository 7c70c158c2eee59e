//! Transitions 32a and 32c: what customer and runner may still do once the order is completed: a later tip, ratings.

use super::{Decider, Decision, answer::misfit};
use crate::{
    call::{Answer, CallNumber},
    money::Cents,
    order::{AfterEvent, Event, Stage},
    people::Side,
    rejection::Rejection,
    timer::TimerKind,
    vote::{Granted, VoteRequest},
};
use std::ops::RangeInclusive;

/// The stars of a rating.
pub const STARS: RangeInclusive<u8> = 1..=5;

impl Decider<'_> {
    /// Decides a later tip (transition 32a). All later tips of an order together stay within the limit of one.
    pub(super) fn tip(&self, cents: Cents) -> Decision {
        let (order, policy) = (self.order, self.context.policy);
        if !matches!(order.stage, Stage::Completed(..)) {
            return self.misfit();
        }
        if !order.may_tip(policy, self.context.now) {
            return Err(Rejection::TooLate);
        }
        let least = order.terms.price.least_charge.max(Cents(1));
        let most = policy.tip_limit_cents - order.tipped_later();
        if !(least..=most).contains(&cents) {
            let rule = format!("must be from {} to {}", least.0, most.or_zero().0);
            return Err(Rejection::field("tip_cents", rule));
        }
        let user = order.terms.customer;
        let Granted::Card(card) = self.context.votes.ask(VoteRequest::Card { user })? else {
            return Err(Rejection::NoPaymentMethod);
        };
        Ok(vec![Event::After(AfterEvent::TipGiven {
            call: order.next_number(),
            cents,
            card,
        })])
    }

    /// Decides the gateway's answer to the charge of a later tip. Where the bank wants a confirmation, the tip has failed.
    pub(super) fn tip_answered(&self, call: CallNumber, answer: &Answer) -> Decision {
        let failed = |reason| Ok(vec![Event::After(AfterEvent::TipFailed { call, reason })]);
        match answer {
            Answer::Captured { cents } => {
                let given = self.order.tips.get(&call).map(|tip| tip.cents);
                let cents = given.unwrap_or_default().min(*cents);
                Ok(vec![Event::After(AfterEvent::TipPaid {
                    call,
                    cents,
                    set_off: self.runners_debt(cents),
                })])
            }
            Answer::Declined { reason } => failed(*reason),
            Answer::ActionRequired { .. } => failed(crate::call::Decline::NotConfirmed),
            Answer::Authorized { .. }
            | Answer::Voided
            | Answer::Refunded { .. }
            | Answer::Unavailable
            | Answer::PaidOut { .. }
            | Answer::SentBack { .. } => misfit(),
        }
    }

    /// Decides a rating (transition 32c); the second of the two publishes both.
    pub(super) fn rate(&self, stars: u8) -> Decision {
        if !matches!(self.order.stage, Stage::Completed(..)) {
            return self.misfit();
        }
        if !STARS.contains(&stars) {
            let rule = format!("must be from {} to {}", STARS.start(), STARS.end());
            return Err(Rejection::field("stars", rule));
        }
        let ratings = &self.order.ratings;
        let by = self.side();
        let (given, other) = match by {
            Side::Customer => (ratings.by_customer, ratings.by_runner),
            Side::Runner => (ratings.by_runner, ratings.by_customer),
        };
        match given {
            Some(before) if before == stars => return Ok(vec![]),
            Some(_) => return Err(Rejection::AlreadyRated),
            None if self.order.armed(TimerKind::RatingWindow).is_none() => {
                return Err(Rejection::TooLate);
            }
            None => {}
        }
        let mut events = vec![Event::After(AfterEvent::Rated { by, stars })];
        if other.is_some() {
            events.push(Event::After(AfterEvent::RatingsPublished));
        }
        Ok(events)
    }
}
