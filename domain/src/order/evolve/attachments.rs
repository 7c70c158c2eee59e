//! The fold of what is attached to a stage or follows the end: proposals, contact, operators' holds, disputes, tips and
//! ratings.
//!
//! Invariant: nothing in here moves an order from one stage to another.

use crate::{
    call::{CallKind, CallNumber},
    money::Cents,
    order::{
        AfterEvent, ContactEvent, DisputeEvent, OperatorEvent, ProposalEvent,
        attachments::{Closing, Contact, Dispute, Judgement, LaterTip, NoShow, Number, Proposal},
        effects::{Collection, Outcome, PaymentStatus},
        event::{Problem, RaiseFailure},
        stage::{Approach, Stage, StoreVisit},
        state::Order,
    },
    people::Side,
    time::At,
};

impl Order {
    pub(super) fn asked(&mut self, event: &ProposalEvent, at: At) {
        match event {
            ProposalEvent::Proposed { n, offer, note } => {
                self.proposals = *n;
                self.closed = None;
                if let Stage::OnSite(_, visit) = &mut self.stage {
                    *visit = StoreVisit::Proposal(Proposal {
                        n: *n,
                        offer: offer.clone(),
                        note: note.clone(),
                        opened_at: at,
                        raise: None,
                        declined: None,
                    });
                }
            }
            ProposalEvent::RaiseAsked { call, .. } => self.raise_asked(*call),
            ProposalEvent::Raised {
                call,
                capture_before,
                ..
            } => {
                self.decided(*call, Outcome::Succeeded);
                self.deadline(*call, *capture_before);
                self.raise_ended(None);
            }
            ProposalEvent::RaiseFailed { call, why } => self.raise_failed(*call, *why),
            ProposalEvent::ProposalClosed { how, .. } => self.closed(how),
        }
    }

    pub(super) fn contacted(&mut self, event: &ContactEvent, at: At) {
        match event {
            ContactEvent::MessageSent { by, attempt, .. } => self.message(*by, *attempt, at),
            ContactEvent::ProblemReported { kind, .. } => match kind {
                Problem::CustomerUnreachable => {
                    self.with_approach(|approach| {
                        approach.no_show = Some(NoShow {
                            since: at,
                            over: false,
                        });
                    });
                }
                Problem::Returned | Problem::Other => {}
            },
            ContactEvent::NoShowAnswered => self.with_approach(|approach| {
                *approach = Approach {
                    no_show_answered: true,
                    ..Approach::default()
                };
            }),
            ContactEvent::NoShowOver => self.with_approach(|approach| {
                if let Some(wait) = &mut approach.no_show {
                    wait.over = true;
                }
            }),
        }
    }

    pub(super) fn operated(&mut self, event: &OperatorEvent) {
        match event {
            OperatorEvent::OperatorHeld { .. } => self.operator_hold = true,
            OperatorEvent::OperatorReleased { .. } => {
                self.operator_hold = false;
                self.noted.clear();
            }
            OperatorEvent::OperatorActed { .. } => {}
        }
    }

    pub(super) fn disputed(&mut self, event: &DisputeEvent, at: At) {
        match event {
            DisputeEvent::Disputed { n, by, claim, .. } => {
                self.disputes = *n;
                self.dispute = Some(Dispute {
                    n: *n,
                    by: *by,
                    claim: *claim,
                    opened_at: at,
                    frozen: None,
                    alarmed: false,
                    replies: 0,
                    judgement: None,
                });
            }
            DisputeEvent::Frozen { promise, cents } => {
                self.with_dispute(|open| open.frozen = Some((*promise, *cents)));
            }
            DisputeEvent::DisputeReplied { .. } => self.with_dispute(|open| open.replies += 1),
            DisputeEvent::DisputeResolved {
                refund, at_fault, ..
            } => {
                let judgement = Judgement {
                    refund: *refund,
                    at_fault: *at_fault,
                    at,
                };
                self.with_dispute(|open| open.judgement = Some(judgement));
            }
            DisputeEvent::ClaimPaid {
                frozen,
                owed,
                goodwill,
            } => {
                self.taken_back += *frozen + *owed;
                self.paid_back(*frozen + *owed + *goodwill);
            }
            DisputeEvent::GoodwillPaid { cents } => self.paid_back(*cents),
            DisputeEvent::RunnerMadeGood { .. } | DisputeEvent::CustomerSetOff { .. } => {}
        }
    }

    pub(super) fn after(&mut self, event: &AfterEvent) {
        match event {
            AfterEvent::TipGiven { call, cents, card } => {
                let tip = LaterTip {
                    cents: *cents,
                    paid: Cents::ZERO,
                    card: card.clone(),
                };
                self.tips.insert(*call, tip);
            }
            AfterEvent::TipPaid { call, cents, .. } => {
                self.decided(*call, Outcome::Succeeded);
                if let Some(tip) = self.tips.get_mut(call) {
                    tip.paid = *cents;
                }
            }
            AfterEvent::TipFailed { call, .. } => self.decided(*call, Outcome::Refused),
            AfterEvent::Rated { by, stars } => match by {
                Side::Customer => self.ratings.by_customer = Some(*stars),
                Side::Runner => self.ratings.by_runner = Some(*stars),
            },
            AfterEvent::RatingsPublished => self.ratings.published = true,
        }
    }

    fn with_approach(&mut self, change: impl FnOnce(&mut Approach)) {
        if let Stage::OnTheWay(_, _, approach) = &mut self.stage {
            change(approach);
        }
    }

    fn with_proposal(&mut self, change: impl FnOnce(&mut Proposal)) {
        if let Stage::OnSite(_, StoreVisit::Proposal(open)) = &mut self.stage {
            change(open);
        }
    }

    fn take_proposal(&mut self) -> Option<Proposal> {
        let Stage::OnSite(_, visit @ StoreVisit::Proposal(_)) = &mut self.stage else {
            return None;
        };
        match std::mem::replace(visit, StoreVisit::Buying) {
            StoreVisit::Proposal(open) => Some(open),
            StoreVisit::Buying | StoreVisit::CancelWait(_) => None,
        }
    }

    fn with_dispute(&mut self, change: impl FnOnce(&mut Dispute)) {
        if let Some(dispute) = &mut self.dispute {
            change(dispute);
        }
    }

    /// Counts what was given back to the customer after the end: of the statuses, only the payment's changes.
    fn paid_back(&mut self, cents: Cents) {
        self.refunded += cents;
        if cents.is_positive() {
            self.payment = if self.refundable().is_positive() {
                PaymentStatus::PartiallyRefunded
            } else {
                PaymentStatus::Refunded
            };
        }
    }

    fn raise_asked(&mut self, call: CallNumber) {
        self.action_url = None;
        self.with_proposal(|open| (open.raise, open.declined) = (Some(call), None));
    }

    fn raise_failed(&mut self, call: CallNumber, why: RaiseFailure) {
        let (outcome, declined) = match why {
            RaiseFailure::Declined(reason) => (Outcome::Refused, Some(reason)),
            RaiseFailure::NotHeld => (Outcome::Succeeded, None),
            RaiseFailure::GivenUp => (Outcome::Unknown, None),
        };
        self.decided(call, outcome);
        self.raise_ended(declined);
    }

    fn raise_ended(&mut self, declined: Option<crate::call::Decline>) {
        self.action_url = None;
        self.with_proposal(|open| (open.raise, open.declined) = (None, declined));
    }

    fn closed(&mut self, how: &Closing) {
        self.action_url = None;
        let Some(proposal) = self.take_proposal() else {
            return;
        };
        self.closed = Some(how.clone());
        match how {
            Closing::Approved => {
                self.approved_total = proposal.offer.total.unwrap_or(self.approved_total);
                let lines = proposal.offer.items.into_iter();
                self.replaced
                    .extend(lines.filter_map(|line| Some((line.item, line.offer?))));
            }
            Closing::Dropped { items } => {
                self.replaced.retain(|item, _| !items.contains(item));
                self.dropped.extend(items);
            }
            Closing::OtherStore { store } => {
                self.store = store.clone();
                self.reminded = 0;
            }
            Closing::Withdrawn | Closing::RunnerLeft => {}
        }
    }

    fn message(&mut self, by: Side, attempt: bool, at: At) {
        self.messages = self.messages.saturating_add(1);
        match by {
            Side::Customer => self.with_approach(|approach| approach.contact = Contact::default()),
            Side::Runner if attempt => self.with_approach(|Approach { contact, .. }| {
                contact.attempts = contact.attempts.saturating_add(1);
                contact.last_at = Some(at);
            }),
            Side::Runner => {}
        }
    }

    /// Notes until when an authorisation can be captured; `capture_before` is the earliest of all.
    pub(super) fn deadline(&mut self, call: CallNumber, before: At) {
        self.deadlines.insert(call, before);
        self.capture_before = self.deadlines.values().min().copied();
    }

    /// Resets the shopping list, the approved total and the authorisations to how they were at placing, since the order goes
    /// back on the board. Another store stays.
    pub(super) fn at_first(&mut self) {
        self.approved_total = self.terms.price.cap();
        self.dropped.clear();
        self.replaced.clear();
        let first = self.deadlines.first_key_value().map(|(n, _)| *n);
        self.deadlines.retain(|n, _| Some(*n) == first);
        self.capture_before = self.deadlines.values().min().copied();
    }

    /// Returns the status of charging the card, over all its captures.
    pub(super) fn collected(&self) -> Collection {
        if self.collection == Collection::Owed {
            return Collection::Owed;
        }
        let captures = self
            .calls
            .values()
            .filter(|call| matches!(call.kind, CallKind::Capture { .. }));
        let outcomes: Vec<Outcome> = captures.map(|call| call.outcome).collect();
        if outcomes.contains(&Outcome::Refused) {
            Collection::Owed
        } else if outcomes.contains(&Outcome::Unknown) {
            Collection::Collecting
        } else {
            Collection::Collected
        }
    }

    /// Notes the end of the order, and drops hold, noted timers and the bank's page, which do not outlive it.
    pub(super) fn end(&mut self, at: At) {
        self.ended_at = Some(at);
        self.operator_hold = false;
        self.noted.clear();
        self.action_url = None;
    }

    /// Returns the number that the next proposal gets.
    pub(in crate::order) const fn next_proposal(&self) -> Number {
        self.proposals + 1
    }
}
