//! The transitions of the lifecycle, and which of them a record is.
//!
//! Whoever runs a campus at length (the simulator, property tests) asks here which transitions it has met. Must not:
//! decide; a record is a fact, and the transition is read off it.
//! Invariant: one line per transition of `docs/lifecycle.md`, under its number there, in the order of the table.

use crate::{
    order::{
        AfterEvent, CallEvent, CancelReason, Closing, ContactEvent, DisputeEvent, EndEvent, Event,
        OperatorAction, OperatorEvent, Order, PlacingEvent, Problem, ProposalEvent, ProposalKind,
        RunEvent, Stage, Status, TimerEvent, Unbinding,
    },
    owner::wallet,
    record::{Entry, Events, Record},
    timer::TimerKind,
};
use std::collections::{BTreeMap, BTreeSet};

/// A record, with its order as it was before.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'a> {
    /// The order before the record; `None` where the record places it, or belongs to no order.
    pub before: Option<&'a Order>,
    /// The record to be named.
    pub record: &'a Record,
}

/// A numbered transition of the lifecycle.
#[derive(Clone, Copy)]
pub struct Transition {
    /// Its number in `docs/lifecycle.md`: `1` to `44`, with `32a` to `32c`.
    pub id: &'static str,
    /// What happens, in a few words.
    pub says: &'static str,
    /// Whether a record is this transition.
    pub is: fn(&Fact<'_>) -> bool,
}

const fn transition(id: &'static str, says: &'static str, is: fn(&Fact<'_>) -> bool) -> Transition {
    Transition { id, says, is }
}

/// Every transition, in the order of the table.
#[rustfmt::skip]
pub const TRANSITIONS: [Transition; 46] = [
    transition("1", "an order is placed", |it| it.has(|e| matches!(e, Event::Placing(PlacingEvent::Placed(_))))),
    transition("2", "the card fails, the order ends", |it| it.ends(CancelReason::PaymentFailed)),
    transition("3", "the card is authorised", |it| it.has(|e| matches!(e, Event::Placing(PlacingEvent::Authorized { .. }))) && !it.ends(CancelReason::PaymentFailed)),
    transition("4", "the money is held", |it| it.has(|e| matches!(e, Event::Placing(PlacingEvent::Held { .. })))),
    transition("5", "escrow or timer refuses, the order ends", |it| it.ends(CancelReason::EscrowFailed) || it.ends(CancelReason::SchedulingFailed)),
    transition("6", "the order is on the board, or waits", |it| it.has(opens) && it.was(|stage| matches!(stage, Stage::Authorizing | Stage::Holding | Stage::Scheduling))),
    transition("7", "the customer cancels before a runner came", |it| it.ends(CancelReason::Customer) && it.was_at(&[Status::Pending])),
    transition("8", "a runner accepts", |it| it.has(|e| matches!(e, Event::Run(RunEvent::Accepted { .. })))),
    transition("9", "nobody accepts in time", |it| it.ends(CancelReason::NoRunnerTimeout) && !it.fires(TimerKind::EscrowTimeout)),
    transition("10", "the runner gives the order back", |it| it.has(|e| matches!(e, Event::Run(RunEvent::Unbound { cause: Unbinding::RunnerCancelled, .. })))),
    transition("11", "an idle runner loses the order, or an operator takes it away", |it| it.has(|e| matches!(e, Event::Run(RunEvent::Unbound { cause: Unbinding::Idle | Unbinding::Reassigned, .. })))),
    transition("12", "the customer cancels after a runner accepted", |it| it.ends(CancelReason::Customer) && it.was_at(&[Status::Accepted])),
    transition("13", "the runner is at the store", |it| it.has(|e| matches!(e, Event::Run(RunEvent::ArrivedOnSite)))),
    transition("14", "store closed, or sold out", |it| it.proposes(|kind| !kind.is_an_offer())),
    transition("15", "another price, or a substitution", |it| it.proposes(ProposalKind::is_an_offer)),
    transition("16", "a proposal is closed and the order goes on", |it| it.closes_a_proposal()),
    transition("17", "a proposal is refused or runs out", |it| it.refuses_a_proposal()),
    transition("18", "the food is bought", |it| it.has(|e| matches!(e, Event::Run(RunEvent::Purchased { .. })))),
    transition("19", "the charge fails for good", |it| it.has(|e| matches!(e, Event::Call(CallEvent::CollectFailed { .. })))),
    transition("20", "the food is collected, and on its way", |it| it.has(|e| matches!(e, Event::Run(RunEvent::Collected) | Event::Run(RunEvent::Departed)))),
    transition("21", "the food is handed over", |it| it.has(|e| matches!(e, Event::Run(RunEvent::Delivered { .. })))),
    transition("22", "the runner is paid", |it| it.completes() && !it.does(OperatorAction::Settle) && !it.judges()),
    transition("23", "the release fails and is tried again", |it| it.has(|e| matches!(e, Event::End(EndEvent::ReleaseRefused { .. })))),
    transition("24", "the customer cancels food that is bought", |it| it.ends(CancelReason::Customer) && it.was_under_way()),
    transition("25", "the customer can't be reached, or is there after all", |it| it.has(|e| matches!(e, Event::Contact(ContactEvent::ProblemReported { kind: Problem::CustomerUnreachable, .. }) | Event::Contact(ContactEvent::NoShowAnswered)))),
    transition("26", "after the wait the food is left, or taken back", |it| it.ends(CancelReason::CustomerNoShow) || it.is_left()),
    transition("27", "the runner is given up", |it| it.ends(CancelReason::RunnerAbandoned) && it.was_under_way()),
    transition("28", "an operator holds the order, or lets it go on", |it| it.has(|e| matches!(e, Event::Operator(OperatorEvent::OperatorHeld { .. }) | Event::Operator(OperatorEvent::OperatorReleased { .. })))),
    transition("29", "a dispute after the handing over", |it| it.disputes() && it.was_at(&[Status::Delivered])),
    transition("30", "that dispute is decided", |it| it.judges() && it.was_at(&[Status::Delivered])),
    transition("31", "a case after the end", |it| it.disputes() && it.was_over()),
    transition("32a", "a tip after the end", |it| it.has(|e| matches!(e, Event::After(AfterEvent::TipGiven { .. })))),
    transition("32b", "an operator's refund after the end", |it| it.does(OperatorAction::Refund)),
    transition("32c", "a rating", |it| it.has(|e| matches!(e, Event::After(AfterEvent::Rated { .. })))),
    transition("33", "a late yes of the gateway", |it| it.has(|e| matches!(e, Event::Call(CallEvent::LateAuthorization { .. }) | Event::Call(CallEvent::LateCharge { .. })))),
    transition("34", "a case is decided", |it| it.judges() && it.was_over()),
    transition("35", "a cancellation waits for the till", |it| it.has(|e| matches!(e, Event::End(EndEvent::CancelWaiting(_))))),
    transition("36", "the bank asks the customer", |it| it.has(|e| matches!(e, Event::Placing(PlacingEvent::ActionRequired { .. })))),
    transition("37", "a waiting order goes on the board", |it| it.has(opens) && it.was(|stage| matches!(stage, Stage::Waiting { .. }))),
    transition("38", "the authorisation runs out", |it| it.ends(CancelReason::AuthorizationExpired) || it.has(|e| matches!(e, Event::Call(CallEvent::AuthorizationLapsed { .. })))),
    transition("39", "the daily look at an unfinished order", |it| it.fires(TimerKind::EscrowTimeout)),
    transition("40", "an operator ends the order", |it| it.settles()),
    transition("41", "a debt is paid, or written off", |it| it.in_wallet(|e| matches!(e, wallet::Event::DebtPaymentRequested { .. } | wallet::Event::DebtPaid { .. } | wallet::Event::WrittenOff { .. }))),
    transition("42", "a payout", |it| it.in_wallet(|e| matches!(e, wallet::Event::PayoutRequested { .. } | wallet::Event::PayoutPaid { .. } | wallet::Event::PayoutFailed { .. } | wallet::Event::PayoutSentBack { .. }))),
    transition("43", "the bank takes a charge back", |it| it.in_wallet(|e| matches!(e, wallet::Event::ChargedBack { .. }))),
    transition("44", "losses made good, or fees taken out", |it| it.in_wallet(|e| matches!(e, wallet::Event::ToppedUp { .. } | wallet::Event::Withdrawn { .. }))),
];

const fn opens(event: &Event) -> bool {
    matches!(
        event,
        Event::Placing(PlacingEvent::Available { .. })
            | Event::Placing(PlacingEvent::Waiting { .. })
    )
}

impl Fact<'_> {
    /// The numbers of the transitions that this record is; often several, for some records none.
    pub fn transitions(&self) -> impl Iterator<Item = &'static str> + '_ {
        let is = |transition: &&Transition| (transition.is)(self);
        TRANSITIONS
            .iter()
            .filter(is)
            .map(|transition| transition.id)
    }

    /// Whether one of the record's events of an order is `like` this.
    #[must_use]
    pub fn has(&self, like: impl Fn(&Event) -> bool) -> bool {
        matches!(&self.record.events, Events::Order(events) if events.iter().any(like))
    }

    /// Whether one of the record's events of a wallet is `like` this.
    #[must_use]
    pub fn in_wallet(&self, like: impl Fn(&wallet::Event) -> bool) -> bool {
        matches!(&self.record.events, Events::Wallet(events) if events.iter().any(like))
    }

    /// Whether the order is cancelled for this reason.
    #[must_use]
    pub fn ends(&self, why: CancelReason) -> bool {
        self.has(|event| matches!(event, Event::End(EndEvent::Cancelled { reason, .. }) if *reason == why))
    }

    fn was(&self, like: impl Fn(&Stage) -> bool) -> bool {
        self.before.is_some_and(|order| like(&order.stage))
    }

    fn was_at(&self, statuses: &[Status]) -> bool {
        self.was(|stage| statuses.contains(&stage.status()))
    }

    fn was_over(&self) -> bool {
        self.was_at(&[Status::Completed, Status::Cancelled])
    }

    fn was_under_way(&self) -> bool {
        self.was_at(&[Status::Purchased, Status::Collected, Status::OnTheWay])
    }

    fn fires(&self, timer: TimerKind) -> bool {
        self.has(|event| matches!(event, Event::Timer(TimerEvent::TimerFired { kind, .. }) if *kind == timer))
    }

    fn proposes(&self, like: impl Fn(ProposalKind) -> bool) -> bool {
        self.has(|event| matches!(event, Event::Proposal(ProposalEvent::Proposed { offer, .. }) if like(offer.kind)))
    }

    fn closes_a_proposal(&self) -> bool {
        let closes = |event: &Event| {
            let Event::Proposal(event) = event else {
                return false;
            };
            match event {
                ProposalEvent::RaiseAsked { .. } => true,
                ProposalEvent::ProposalClosed { how, .. } => *how != Closing::RunnerLeft,
                ProposalEvent::Proposed { .. }
                | ProposalEvent::Raised { .. }
                | ProposalEvent::RaiseFailed { .. } => false,
            }
        };
        self.has(closes) && !self.fires(TimerKind::ProposalExpiry)
    }

    fn refuses_a_proposal(&self) -> bool {
        let ends = |event: &Event| matches!(event, Event::End(EndEvent::Cancelled { reason, .. }) if reason.is_of_a_proposal());
        let dropped =
            |event: &Event| matches!(event, Event::Proposal(ProposalEvent::ProposalClosed { .. }));
        self.has(ends) || (self.has(dropped) && self.fires(TimerKind::ProposalExpiry))
    }

    fn completes(&self) -> bool {
        self.has(|event| matches!(event, Event::End(EndEvent::Completed)))
    }

    fn disputes(&self) -> bool {
        self.has(|event| matches!(event, Event::Dispute(DisputeEvent::Disputed { .. })))
    }

    fn judges(&self) -> bool {
        self.has(|event| matches!(event, Event::Dispute(DisputeEvent::DisputeResolved { .. })))
    }

    fn does(&self, what: OperatorAction) -> bool {
        self.has(|event| matches!(event, Event::Operator(OperatorEvent::OperatorActed { action, .. }) if *action == what))
    }

    /// Whether the food is handed over after the wait for a customer who can't be reached.
    fn is_left(&self) -> bool {
        let waited = |order: &Order| order.stage.no_show().is_some_and(|wait| wait.over);
        self.before.is_some_and(waited)
            && self.has(|e| matches!(e, Event::Run(RunEvent::Delivered { .. })))
    }

    /// Whether an operator ends the order, or begins to at the store.
    fn settles(&self) -> bool {
        let waits = |event: &Event| matches!(event, Event::End(EndEvent::CancelWaiting(_)));
        let ends = self.ends(CancelReason::Operator) || self.has(waits) || self.completes();
        self.does(OperatorAction::Settle) && ends && !self.judges()
    }
}

/// Which transitions a journal has met, and how often.
#[derive(Clone, Debug, Default)]
pub struct Met {
    orders: BTreeMap<crate::id::OrderId, Order>,
    times: BTreeMap<&'static str, u64>,
}

impl Met {
    /// Takes the next record of a journal. Give it every record, in order.
    pub fn fold(&mut self, entry: &Entry) {
        let Entry { seq, record } = entry;
        let crate::id::Stream::Order(id) = record.stream else {
            let before = None;
            return self.count(&Fact { before, record });
        };
        let mut order = self.orders.remove(&id);
        let before = order.as_ref();
        self.count(&Fact { before, record });
        Order::fold(&mut order, *seq, record);
        self.orders.extend(order.map(|order| (id, order)));
    }

    fn count(&mut self, fact: &Fact<'_>) {
        fact.transitions()
            .for_each(|id| *self.times.entry(id).or_default() += 1);
    }

    /// How often transition `id` was met; 0 for an unknown number.
    #[must_use]
    pub fn times(&self, id: &str) -> u64 {
        self.times.get(id).copied().unwrap_or(0)
    }

    /// The numbers of the transitions that were met.
    #[must_use]
    pub fn met(&self) -> BTreeSet<&'static str> {
        self.times.keys().copied().collect()
    }

    /// The transitions that were not met, in the order of the table.
    pub fn missing(&self) -> impl Iterator<Item = &'static Transition> + '_ {
        TRANSITIONS
            .iter()
            .filter(|transition| !self.times.contains_key(transition.id))
    }
}
