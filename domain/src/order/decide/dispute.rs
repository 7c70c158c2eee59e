//! Transitions 29–31 and 34: disputes about a delivery while its money is in escrow, and cases after the order's end.

use super::{Decider, Decision};
use crate::{
    id::PhotoId,
    money::Cents,
    order::{
        CancelReason, DisputeEvent, Event, OperatorAction, OperatorEvent, Role, Stage, TimerEvent,
        attachments::{Dispute, Fault, Number, Party},
        place,
    },
    rejection::Rejection,
    text::Sealed,
    timer::TimerKind,
    vote::{Granted, VoteRequest},
};

/// Maximum number of photos with a claim or a reply.
pub const PHOTOS: usize = 10;
/// Maximum number of replies to one dispute.
const REPLIES: u16 = 20;

impl Decider<'_> {
    /// Decides a claim (transitions 29, 31): a dispute is opened, and after the end money in the runner's wallet is frozen.
    pub(super) fn dispute(
        &self,
        claim: Option<Cents>,
        reason: &Sealed,
        photos: &[PhotoId],
    ) -> Decision {
        if self.order.open_dispute().is_some() {
            return Err(Rejection::DisputeOpen);
        }
        let by = self.claimant()?;
        let most = self.order.most_claimed(by);
        let claim = claim.unwrap_or(most);
        if !(Cents(1)..=most).contains(&claim) {
            let rule = format!("must be from 1 to {}", most.0);
            return Err(Rejection::field("claim_cents", rule));
        }
        check_text("reason", reason, photos)?;
        self.used_once(photos)?;
        let mut events = vec![Event::Dispute(DisputeEvent::Disputed {
            n: self.order.disputes + 1,
            by,
            claim,
            reason: reason.clone(),
            photos: photos.to_vec(),
        })];
        events.extend(self.frozen(by, claim)?);
        Ok(events)
    }

    /// Returns as whom the caller may claim now: the customer in the dispute window after the delivery; in the time for cases
    /// after the end, the customer, or the runner of a cancelled order; at any time after the end, an operator for the
    /// customer.
    fn claimant(&self) -> Result<Party, Rejection> {
        let (order, policy, now) = (self.order, self.context.policy, self.context.now);
        let party = match (self.role, &order.stage) {
            (Role::Customer, Stage::Delivered(..)) if order.is_in_dispute_window() => {
                return Ok(Party::Customer);
            }
            (Role::Customer, Stage::Completed(..) | Stage::Cancelled(_)) => Party::Customer,
            (Role::Operator, Stage::Completed(..) | Stage::Cancelled(_)) => Party::Operator,
            (Role::Runner, Stage::Cancelled(_)) => Party::Runner,
            _ => return self.misfit(),
        };
        if party != Party::Operator && !order.is_recent(policy, now) {
            return Err(Rejection::TooLate);
        }
        if party != Party::Runner && !order.refundable().is_positive() {
            return self.misfit();
        }
        Ok(party)
    }

    /// Freezes money in the runner's wallet for a claim of `claim` cents: at most the runner's share, and what is available
    /// there. Nothing is frozen while the money is in escrow, or for a runner's own claim.
    fn frozen(&self, by: Party, claim: Cents) -> Result<Option<Event>, Rejection> {
        let most = claim.min(self.order.runners_share());
        let runner = self.order.stage.assignment().map(|bound| bound.runner);
        let Some(user) = runner.filter(|_| by != Party::Runner && most.is_positive()) else {
            return Ok(None);
        };
        let freeze = VoteRequest::Freeze { user, cents: most };
        let Granted::Frozen(free) = self.context.votes.ask(freeze)? else {
            return Ok(None);
        };
        let cents = free.min(most);
        let promise = self.order.next_number();
        Ok(cents
            .is_positive()
            .then_some(Event::Dispute(DisputeEvent::Frozen { promise, cents })))
    }

    /// Decides a reply by customer or runner to an open dispute.
    pub(super) fn reply(&self, n: Number, text: &Sealed, photos: &[PhotoId]) -> Decision {
        let open = self.open_dispute(n)?;
        check_text("text", text, photos)?;
        if open.replies >= REPLIES {
            return Err(Rejection::TooManyMessages { limit: REPLIES });
        }
        self.used_once(photos)?;
        Ok(vec![Event::Dispute(DisputeEvent::DisputeReplied {
            n,
            by: self.side(),
            text: text.clone(),
            photos: photos.to_vec(),
        })])
    }

    /// Returns the open dispute, if `n` is its number.
    fn open_dispute(&self, n: Number) -> Result<&Dispute, Rejection> {
        match self.order.open_dispute().filter(|open| open.n == n) {
            Some(open) => Ok(open),
            None if n == 0 || n > self.order.disputes => Err(Rejection::NotFound {
                what: "dispute".into(),
            }),
            None => self.misfit(),
        }
    }

    /// Decides the judgement of an operator on a dispute (transitions 30, 34); `refund` is in cents.
    pub(super) fn resolve(
        &self,
        n: Number,
        refund: Cents,
        at_fault: Fault,
        reason: &Sealed,
    ) -> Decision {
        let decided = self.order.dispute.and_then(|last| last.judgement);
        if self.order.disputes == n
            && decided.is_some_and(|it| it.refund == refund && it.at_fault == Some(at_fault))
        {
            return Ok(vec![]);
        }
        let open = self.open_dispute(n)?;
        let most = if self.order.is_terminal() {
            open.claim.min(self.order.most_claimed(open.by))
        } else {
            self.order.charged
        };
        if !(Cents::ZERO..=most).contains(&refund) {
            let rule = format!("must be from 0 to {}", most.0);
            return Err(Rejection::field("refund_cents", rule));
        }
        let mut events = self.with_reason(OperatorAction::Resolve, reason)?;
        events.extend(self.judged(open, refund, Some(at_fault))?);
        Ok(events)
    }

    /// Decides that `DISPUTE_SLA` is due: the first time operators are alarmed, the second time the dispute is resolved
    /// without a refund (transitions 30, 34).
    pub(super) fn dispute_waits(&self) -> Vec<Event> {
        match self.order.open_dispute() {
            None => vec![],
            Some(open) if !open.alarmed => vec![Event::Timer(TimerEvent::Reminded {
                kind: TimerKind::DisputeSla,
                step: 1,
            })],
            Some(open) if self.order.is_terminal() => vec![resolved(open, Cents::ZERO, None)],
            Some(open) => std::iter::once(resolved(open, Cents::ZERO, None))
                .chain(self.release())
                .collect(),
        }
    }

    /// Returns the events of a judgement: before the end the order ends with it, after the end the claim is paid.
    fn judged(
        &self,
        open: &Dispute,
        refund: Cents,
        at_fault: Option<Fault>,
    ) -> Result<Vec<Event>, Rejection> {
        let done = resolved(open, refund, at_fault);
        if !self.order.is_terminal() {
            let fault = at_fault.unwrap_or(Fault::Platform);
            let ends = self.end_delivered(refund, fault, CancelReason::Dispute)?;
            return Ok(std::iter::once(done).chain(ends).collect());
        }
        let mut events = vec![];
        if refund.is_positive() {
            events.push(self.paid(open, refund, at_fault));
            events.extend(
                (open.by != Party::Runner)
                    .then(|| self.customer_set_off(refund))
                    .flatten(),
            );
        }
        events.push(done);
        Ok(events)
    }

    /// Returns the event that pays a claim after the end (transition 34): out of the runner's money up to their share if they
    /// are at fault, else out of goodwill.
    fn paid(&self, open: &Dispute, refund: Cents, at_fault: Option<Fault>) -> Event {
        match (open.by, at_fault) {
            (Party::Runner, _) => Event::Dispute(DisputeEvent::RunnerMadeGood {
                cents: refund,
                set_off: self.runners_debt(refund),
            }),
            (_, Some(Fault::Runner)) => {
                let share = refund.min(self.order.runners_share());
                let frozen = open
                    .frozen
                    .map_or(Cents::ZERO, |(_, cents)| cents)
                    .min(share);
                Event::Dispute(DisputeEvent::ClaimPaid {
                    frozen,
                    owed: share - frozen,
                    goodwill: refund - share,
                })
            }
            _ => Event::Dispute(DisputeEvent::GoodwillPaid { cents: refund }),
        }
    }

    /// Returns the event that records what an operator does and their reason.
    pub(super) fn with_reason(
        &self,
        action: OperatorAction,
        reason: &Sealed,
    ) -> Result<Vec<Event>, Rejection> {
        place::sealed("reason", Some(reason))?;
        let reason = reason.clone();
        Ok(vec![Event::Operator(OperatorEvent::OperatorActed {
            action,
            reason,
        })])
    }
}

fn resolved(open: &Dispute, refund: Cents, at_fault: Option<Fault>) -> Event {
    Event::Dispute(DisputeEvent::DisputeResolved {
        n: open.n,
        refund,
        at_fault,
    })
}

/// Checks the length of a sealed text and the number of photos that come with it.
fn check_text(field: &str, text: &Sealed, photos: &[PhotoId]) -> Result<(), Rejection> {
    place::sealed(field, Some(text))?;
    if photos.len() > PHOTOS {
        let rule = format!("must have at most {PHOTOS} entries");
        return Err(Rejection::field("photo_ids", rule));
    }
    Ok(())
}

impl crate::order::Order {
    /// Returns the most that a party may claim, in cents: what was charged and not refunded; for the runner, H.
    pub(in crate::order) fn most_claimed(&self, by: Party) -> Cents {
        match by {
            Party::Customer | Party::Operator => self.refundable(),
            Party::Runner => self.terms.price.hold(),
        }
    }
}
