//! Transitions 20–22, 25 and 26: the way from the store to the customer's door, and the messages between the two.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a stage that no transition names refuses the command"
)]

use super::{Decider, Decision};
use crate::{
    id::PhotoId,
    order::{
        Approach, CancelReason, ContactEvent, Event, Role, RunEvent, Settlement, Shown, Stage,
        event::Problem,
        marks::done,
        place,
        stage::{Assignment, Bought, Proof},
        terms::Handover,
    },
    people::Side,
    rejection::Rejection,
    saga::CompleteStep,
    text::Sealed,
    time::At,
    timer::TimerKind,
};

impl Decider<'_> {
    /// Decides that the runner has collected the food (transition 20).
    pub(super) fn collect(&self) -> Decision {
        match &self.order.stage {
            Stage::Purchased(..) => Ok(vec![
                Event::Run(RunEvent::Collected),
                done(CompleteStep::CollectFood),
            ]),
            Stage::Collected(..) => Ok(vec![]),
            _ => self.misfit(),
        }
    }

    /// Decides that the runner sets out for the customer (transition 20).
    pub(super) fn depart(&self) -> Decision {
        match &self.order.stage {
            Stage::Collected(..) => Ok(vec![
                Event::Run(RunEvent::Departed),
                done(CompleteStep::Depart),
            ]),
            Stage::OnTheWay(..) => Ok(vec![]),
            _ => self.misfit(),
        }
    }

    /// Decides the handover with a PIN or a photo (transition 21). A wrong PIN is recorded, so that it counts.
    pub(super) fn deliver(&self, shown: Shown) -> Decision {
        let (assignment, bought) = match &self.order.stage {
            Stage::OnTheWay(assignment, bought, _) => (assignment, bought),
            Stage::Delivered(..) | Stage::Completed(..) => return Ok(vec![]),
            _ => return self.misfit(),
        };
        let out_of_tries = self.order.wrong_pins >= self.context.policy.pin_tries;
        let waited = self.order.stage.no_show().is_some_and(|wait| wait.over);
        let in_person = self.order.terms.dropoff.handover == Handover::Pin;
        match shown {
            Shown::Pin(_) if out_of_tries => Err(Rejection::PhotoNeeded {
                field: "proof.photo_id",
            }),
            Shown::Pin(pin) if pin != self.context.pin => {
                Ok(vec![Event::Run(RunEvent::WrongPinShown {
                    tries: self.order.wrong_pins + 1,
                })])
            }
            Shown::Photo(_) if in_person && !out_of_tries && !waited => {
                self.not_waiting()?;
                Err(Rejection::field("proof", "must be the customer's PIN"))
            }
            Shown::Photo(photo) => {
                self.expected()?;
                if bought.shows(photo) {
                    return Err(Rejection::PhotoUsed);
                }
                self.used_once(&[photo])?;
                Ok(self.delivered(assignment, bought, shown.into(), false))
            }
            shown @ Shown::Pin(_) => Ok(self.delivered(assignment, bought, shown.into(), false)),
        }
    }

    /// Decides a confirmation: by the customer on the way it counts as the handover (transition 21), at `delivered` it
    /// releases the money (22).
    pub(super) fn confirm(&self) -> Decision {
        match &self.order.stage {
            Stage::OnTheWay(assignment, bought, _) if self.role == Role::Customer => {
                Ok(self.delivered(assignment, bought, Proof::Confirmed, true))
            }
            Stage::Delivered(..) => {
                self.not_held()?;
                match self.order.open_dispute() {
                    Some(_) => Err(Rejection::DisputeOpen),
                    None => Ok(self.release()),
                }
            }
            Stage::Completed(..) => Ok(vec![]),
            _ => self.misfit(),
        }
    }

    /// Returns the events of a delivery; the release follows at once if the customer confirmed or this proof has no dispute
    /// window, unless the order is on hold.
    fn delivered(
        &self,
        assignment: &Assignment,
        bought: &Bought,
        proof: Proof,
        confirmed: bool,
    ) -> Vec<Event> {
        let mut events = vec![
            Event::Run(RunEvent::Delivered { proof }),
            done(CompleteStep::MarkDelivered),
        ];
        let window_ms = self.order.dispute_window_ms(proof, self.context.policy);
        let at_once = confirmed || window_ms == 0;
        debug_assert!(
            self.order.stage.assignment() == Some(assignment)
                && self.order.stage.bought() == Some(bought)
        );
        if at_once && !self.order.operator_hold {
            events.extend(self.release());
        }
        events
    }

    /// Decides a message between customer and runner. A runner's message on the way may count as an attempt to reach the
    /// customer (transition 25).
    pub(super) fn message(&self, text: &Sealed) -> Decision {
        let (order, policy, now) = (self.order, self.context.policy, self.context.now);
        if !order.may_talk(policy, now) {
            return self.misfit();
        }
        place::sealed("text", Some(text))?;
        if order.messages >= policy.messages_per_order {
            return Err(Rejection::TooManyMessages {
                limit: policy.messages_per_order,
            });
        }
        let by = self.side();
        let counts = |approach: &Approach| {
            let last = approach.contact.last_at;
            last.is_none_or(|last| now.since(last) >= policy.contact_gap_ms)
        };
        Ok(vec![Event::Contact(ContactEvent::MessageSent {
            by,
            text: text.clone(),
            attempt: by == Side::Runner
                && order.not_expected_until(now).is_none()
                && order.stage.approach().is_some_and(counts),
        })])
    }

    /// Returns the side of the caller, who is customer or runner.
    pub(super) const fn side(&self) -> Side {
        match self.role {
            Role::Customer => Side::Customer,
            Role::Runner
            | Role::FormerRunner
            | Role::Operator
            | Role::System
            | Role::Gateway
            | Role::Stranger => Side::Runner,
        }
    }

    /// Decides a report by the runner: the customer can't be reached (transition 25), the food was taken back (26), or
    /// another problem, which operators look at.
    pub(super) fn report(
        &self,
        kind: Problem,
        photo: Option<PhotoId>,
        note: Option<&Sealed>,
    ) -> Decision {
        let order = self.order;
        let approach = order.stage.approach();
        let waits = order.stage.no_show();
        let talks = order.may_talk(self.context.policy, self.context.now) && !order.is_terminal();
        let returned = matches!(&order.stage, Stage::Cancelled(end) if end.reason == CancelReason::CustomerNoShow);
        match kind {
            Problem::CustomerUnreachable if waits.is_some() => return Ok(vec![]),
            Problem::CustomerUnreachable if let Some(approach) = approach => {
                self.expected()?;
                self.contacted(approach)?;
            }
            Problem::Returned if returned => return Ok(vec![]),
            Problem::Returned if waits.is_some_and(|wait| wait.over) => {
                self.not_held()?;
                let shown = photo.ok_or(Rejection::PhotoNeeded { field: "photo_id" })?;
                if order
                    .stage
                    .bought()
                    .is_some_and(|bought| bought.shows(shown))
                {
                    return Err(Rejection::PhotoUsed);
                }
            }
            Problem::Other if talks => {}
            Problem::Returned if waits.is_some() => {
                self.not_waiting()?;
                return self.misfit();
            }
            _ => return self.misfit(),
        }
        place::sealed("note", note)?;
        self.used_once(photo.as_slice())?;
        let mut events = vec![Event::Contact(ContactEvent::ProblemReported {
            kind,
            photo,
            note: note.cloned(),
        })];
        if kind == Problem::Returned {
            let release = self.release_of(crate::money::Cents::ZERO)?;
            let (reason, by) = (CancelReason::CustomerNoShow, self.context.meta.principal);
            events.extend(self.ended(reason, by, Settlement::Release(release)));
        }
        Ok(events)
    }

    /// Says when the wait for the customer is over, as long as it is not.
    fn not_waiting(&self) -> Result<(), Rejection> {
        let order = self.order;
        let waits = order.stage.no_show().is_some_and(|wait| !wait.over);
        match order.timers.get(&TimerKind::NoShowWait) {
            Some(timer) if waits => Err(self.too_early(timer.due)),
            Some(_) | None => Ok(()),
        }
    }

    /// Says from when the customer of an order for later can be expected to be there, as long as it is not yet.
    fn expected(&self) -> Result<(), Rejection> {
        match self.order.not_expected_until(self.context.now) {
            Some(after) => Err(self.too_early(after)),
            None => Ok(()),
        }
    }

    const fn too_early(&self, opens: At) -> Rejection {
        Rejection::TooEarly {
            opens,
            in_ms: opens.since(self.context.now),
        }
    }

    /// Checks that the runner has written to the customer often enough since setting out, without an answer (transition 25).
    fn contacted(&self, approach: &Approach) -> Result<(), Rejection> {
        let wanted = self.context.policy.contact_attempts;
        match wanted.saturating_sub(approach.contact.attempts) {
            0 => Ok(()),
            left => Err(Rejection::ContactFirst { left }),
        }
    }

    /// Decides the answer of a customer who was reported as unreachable (transition 25); they can answer once per order.
    pub(super) fn answer_no_show(&self) -> Decision {
        let order = self.order;
        if order.may_answer_no_show() {
            return Ok(vec![Event::Contact(ContactEvent::NoShowAnswered)]);
        }
        match order.stage.approach() {
            Some(approach) if approach.no_show.is_some() => Err(Rejection::TooLate),
            Some(approach) if approach.no_show_answered => Ok(vec![]),
            _ => self.misfit(),
        }
    }
}
