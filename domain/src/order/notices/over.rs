//! Who is told what by the events that lie over an order: proposals, waits, holds, disputes, tips.

use crate::{
    id::UserId,
    money::Cents,
    notice::{Audience, Notice, NoticeKind},
    order::{
        AfterEvent, ContactEvent, DisputeEvent, EndEvent, Event, OperatorEvent, ProposalEvent,
        attachments::{CancelWait, Closing},
        event::{Problem, RaiseFailure, Side},
        state::Order,
    },
};

/// The notices that `event` gives.
pub(super) fn notices(order: &Order, event: &Event) -> Vec<Notice> {
    use NoticeKind as Kind;
    let party = Parties::of(order);
    match event {
        Event::Proposal(ProposalEvent::Proposed { offer, .. }) => party.customer(Kind::Proposed {
            kind: offer.kind,
            total: offer.total,
        }),
        Event::Proposal(ProposalEvent::RaiseFailed { why, .. }) => {
            party.customer(Kind::RaiseFailed {
                reason: match why {
                    RaiseFailure::Declined(reason) => Some(*reason),
                    RaiseFailure::NotHeld | RaiseFailure::GivenUp => None,
                },
            })
        }
        Event::Proposal(ProposalEvent::ProposalClosed { how, .. }) => closed(&party, how),
        Event::End(EndEvent::CancelWaiting(wait)) => waiting(&party, wait),
        Event::Contact(ContactEvent::MessageSent { by, .. }) => party.other(*by, Kind::Message),
        Event::Contact(ContactEvent::ProblemReported {
            kind: Problem::CustomerUnreachable,
            ..
        }) => party.customer(Kind::RunnerAtTheDoor),
        Event::Contact(ContactEvent::ProblemReported {
            kind: Problem::Other,
            ..
        }) => Parties::operators(Kind::ProblemReported),
        Event::Contact(ContactEvent::NoShowAnswered) => party.runner(Kind::CustomerIsThere),
        Event::Contact(ContactEvent::NoShowOver) => party.runner(Kind::NoShowOver),
        Event::Operator(OperatorEvent::OperatorHeld { .. }) => party.both(Kind::HeldByOperator),
        Event::Operator(OperatorEvent::OperatorReleased { .. }) => {
            party.both(Kind::ReleasedByOperator)
        }
        _ => disputed(&party, event),
    }
}

fn closed(party: &Parties, how: &Closing) -> Vec<Notice> {
    match how {
        Closing::Approved | Closing::OtherStore { .. } => party.runner(NoticeKind::ProposalClosed),
        Closing::Dropped { .. } => party.both(NoticeKind::ProposalClosed),
        Closing::Withdrawn => party.customer(NoticeKind::ProposalWithdrawn),
        Closing::RunnerLeft => vec![],
    }
}

fn waiting(party: &Parties, wait: &CancelWait) -> Vec<Notice> {
    let mut notices = party.both(NoticeKind::CancelWaiting);
    if wait.by.user() != Some(party.customer) {
        notices.extend(Parties::operators(NoticeKind::CancelWaiting));
    }
    notices
}

fn disputed(party: &Parties, event: &Event) -> Vec<Notice> {
    use NoticeKind as Kind;
    let everybody = |kind: Kind| [party.both(kind), Parties::operators(kind)].concat();
    match event {
        Event::Dispute(DisputeEvent::Disputed { claim, .. }) => {
            everybody(Kind::Disputed { claim: *claim })
        }
        Event::Dispute(DisputeEvent::Frozen { cents, .. }) => {
            party.runner(Kind::Frozen { cents: *cents })
        }
        Event::Dispute(DisputeEvent::DisputeReplied { by, .. }) => [
            party.other(*by, Kind::DisputeReplied),
            Parties::operators(Kind::DisputeReplied),
        ]
        .concat(),
        Event::Dispute(DisputeEvent::DisputeResolved { refund, .. }) => {
            party.both(Kind::DisputeResolved { refund: *refund })
        }
        Event::Dispute(DisputeEvent::ClaimPaid { frozen, owed, .. }) => {
            let cents = *frozen + *owed;
            match cents {
                Cents::ZERO => vec![],
                cents => party.runner(Kind::TakenBack { cents }),
            }
        }
        Event::Dispute(DisputeEvent::GoodwillPaid { cents }) => {
            party.customer(Kind::Goodwill { cents: *cents })
        }
        Event::Dispute(DisputeEvent::RunnerMadeGood { cents, .. }) => {
            party.runner(Kind::Paid { cents: *cents })
        }
        Event::Dispute(DisputeEvent::CustomerSetOff { cents }) => {
            party.customer(Kind::SetOff { cents: *cents })
        }
        Event::After(AfterEvent::TipPaid { cents, .. }) => {
            party.runner(Kind::Tipped { cents: *cents })
        }
        Event::After(AfterEvent::TipFailed { reason, .. }) => {
            party.customer(Kind::TipFailed { reason: *reason })
        }
        _ => vec![],
    }
}

/// Who is in the order.
struct Parties {
    customer: UserId,
    runner: Option<UserId>,
}

impl Parties {
    fn of(order: &Order) -> Self {
        Self {
            customer: order.terms.customer,
            runner: order.stage.assignment().map(|assignment| assignment.runner),
        }
    }

    fn operators(kind: NoticeKind) -> Vec<Notice> {
        let to = Audience::Operators;
        vec![Notice { to, kind }]
    }

    fn customer(&self, kind: NoticeKind) -> Vec<Notice> {
        let to = Audience::User(self.customer);
        vec![Notice { to, kind }]
    }

    fn runner(&self, kind: NoticeKind) -> Vec<Notice> {
        let to = self.runner.map(Audience::User);
        to.map(|to| Notice { to, kind }).into_iter().collect()
    }

    fn both(&self, kind: NoticeKind) -> Vec<Notice> {
        [self.customer(kind), self.runner(kind)].concat()
    }

    fn other(&self, by: Side, kind: NoticeKind) -> Vec<Notice> {
        match by {
            Side::Customer => self.runner(kind),
            Side::Runner => self.customer(kind),
        }
    }
}
