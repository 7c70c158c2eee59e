//! The money column: the transfers of each event, named after the moves of the lifecycle.
//!
//! Invariant: an amount of zero makes no transfer. A promise carries the number of the call that settles it; one that
//! no call settles has a number of its own out of the same counter.

use super::{
    calls::opened,
    effects::Outcome,
    event::{
        AfterEvent, CallEvent, ContactEvent, DisputeEvent, EndEvent, Event, OperatorEvent,
        PlacingEvent, ProposalEvent, RunEvent, TimerEvent,
    },
    settlement::{Release, Settlement},
    state::Order,
};
use crate::{
    call::{CallKind, CallNumber},
    money::{Account, Cents, Phase, Transfer},
};

/// Returns the transfers that `event` books.
pub(super) fn money(order: &Order, event: &Event) -> Vec<Transfer> {
    let mut book = Book {
        order,
        transfers: vec![],
    };
    match event {
        Event::Placing(PlacingEvent::Held {
            authorization,
            cents,
        }) => book.hold(*authorization, *cents),
        Event::Run(RunEvent::Purchased { .. }) => book.buy(event),
        Event::End(EndEvent::Cancelled {
            settlement: Settlement::Free,
            ..
        }) => book.free(),
        Event::End(EndEvent::Cancelled {
            settlement: Settlement::Trip { to_runner, set_off },
            ..
        }) => {
            book.buy(event);
            book.trip(*to_runner, *set_off);
        }
        Event::End(EndEvent::Cancelled {
            settlement: Settlement::Release(release),
            ..
        })
        | Event::End(EndEvent::Released(release)) => {
            book.release(event, release);
        }
        Event::Call(CallEvent::Captured { call, cents })
        | Event::Call(CallEvent::Refunded { call, cents }) => book.settle(*call, *cents),
        Event::Call(CallEvent::CollectFailed { call, .. }) => book.owe(*call),
        Event::Call(CallEvent::RefundKept { call, .. }) => book.void(*call),
        Event::Call(CallEvent::LateCharge { cents, .. }) => book.late(event, *cents),
        Event::Proposal(ProposalEvent::Raised { call, cents, .. }) => book.hold(*call, *cents),
        Event::Run(RunEvent::Unbound { .. }) => order.raises().for_each(|n| book.void(n)),
        Event::Dispute(DisputeEvent::Frozen { promise, cents }) => book.freeze(*promise, *cents),
        Event::Dispute(DisputeEvent::ClaimPaid {
            frozen,
            owed,
            goodwill,
        }) => book.claim(event, *frozen, *owed, *goodwill),
        Event::Dispute(DisputeEvent::DisputeResolved { .. }) => book.thaw(Cents::ZERO),
        Event::Dispute(DisputeEvent::GoodwillPaid { cents }) => book.goodwill(event, *cents),
        Event::Dispute(DisputeEvent::RunnerMadeGood { cents, set_off }) => {
            book.pay_runner(Account::Goodwill, *cents, *set_off)
        }
        Event::Dispute(DisputeEvent::CustomerSetOff { cents }) => {
            book.post(book.payable(), book.receivable(), *cents)
        }
        Event::After(AfterEvent::TipGiven { call, cents, .. }) => book.tip(*call, *cents),
        Event::After(AfterEvent::TipPaid {
            call,
            cents,
            set_off,
        }) => {
            book.settle(*call, *cents);
            book.set_off(*set_off);
        }
        Event::After(AfterEvent::TipFailed { call, .. }) => book.void(*call),
        Event::Placing(
            PlacingEvent::Placed(_)
            | PlacingEvent::ActionRequired { .. }
            | PlacingEvent::Authorized { .. }
            | PlacingEvent::Declined { .. }
            | PlacingEvent::Waiting { .. }
            | PlacingEvent::Available { .. },
        )
        | Event::Run(
            RunEvent::Accepted { .. }
            | RunEvent::ArrivedOnSite
            | RunEvent::Collected
            | RunEvent::Departed
            | RunEvent::WrongPinShown { .. }
            | RunEvent::Delivered { .. },
        )
        | Event::End(
            EndEvent::CancelWaiting(_)
            | EndEvent::ReleaseRefused { .. }
            | EndEvent::Completed
            | EndEvent::Overdue { .. },
        )
        | Event::Call(
            CallEvent::Voided { .. }
            | CallEvent::CallDeferred { .. }
            | CallEvent::CallRetried { .. }
            | CallEvent::CallGivenUp { .. }
            | CallEvent::LateAuthorization { .. }
            | CallEvent::AuthorizationLapsed { .. },
        )
        | Event::Timer(
            TimerEvent::TimerFired { .. }
            | TimerEvent::Reminded { .. }
            | TimerEvent::TimerNoted { .. }
            | TimerEvent::ClockSetBack { .. },
        )
        | Event::Proposal(
            ProposalEvent::Proposed { .. }
            | ProposalEvent::RaiseAsked { .. }
            | ProposalEvent::RaiseFailed { .. }
            | ProposalEvent::ProposalClosed { .. },
        )
        | Event::Contact(
            ContactEvent::MessageSent { .. }
            | ContactEvent::ProblemReported { .. }
            | ContactEvent::NoShowAnswered
            | ContactEvent::NoShowOver,
        )
        | Event::Operator(
            OperatorEvent::OperatorHeld { .. }
            | OperatorEvent::OperatorReleased { .. }
            | OperatorEvent::OperatorActed { .. },
        )
        | Event::Dispute(DisputeEvent::Disputed { .. } | DisputeEvent::DisputeReplied { .. })
        | Event::After(AfterEvent::Rated { .. } | AfterEvent::RatingsPublished)
        | Event::Step { .. } => {}
    }
    book.transfers
}

struct Book<'a> {
    order: &'a Order,
    transfers: Vec<Transfer>,
}

impl Book<'_> {
    fn receivable(&self) -> Account {
        Account::Receivable(self.order.terms.customer)
    }

    fn payable(&self) -> Account {
        Account::Payable(self.order.terms.customer)
    }

    fn escrow(&self) -> Account {
        Account::Escrow(self.order.id)
    }

    fn push(&mut self, debit: Account, credit: Account, cents: Cents, phase: Phase) {
        if cents.is_positive() {
            self.transfers.push(Transfer {
                debit,
                credit,
                cents,
                phase,
            });
        }
    }

    fn post(&mut self, debit: Account, credit: Account, cents: Cents) {
        self.push(debit, credit, cents, Phase::Posted);
    }

    /// Promises an authorised amount from the customer's receivable to the escrow: H at first, later what was raised.
    fn hold(&mut self, authorization: CallNumber, cents: Cents) {
        self.push(
            self.receivable(),
            self.escrow(),
            cents,
            Phase::Pending { n: authorization },
        );
    }

    /// Voids every hold; one whose authorisation ran out at the gateway is marked as expired instead.
    fn free(&mut self) {
        for n in self.holds() {
            match self.order.promise_ends(n) {
                Some((debit, credit, cents)) if self.order.has_lapsed(n) => {
                    self.push(debit, credit, cents, Phase::Expire { n });
                }
                _ => self.void(n),
            }
        }
    }

    /// Posts what is charged out of the holds in their order, voids the rest, and promises the collection of each part from
    /// the gateway.
    fn buy(&mut self, event: &Event) {
        let captures: Vec<(CallNumber, CallNumber, Cents)> = opened(self.order, event)
            .into_iter()
            .filter_map(|(n, kind)| match kind {
                CallKind::Capture {
                    authorization,
                    cents,
                } => Some((n, authorization, cents)),
                CallKind::Authorize { .. }
                | CallKind::Void { .. }
                | CallKind::Refund { .. }
                | CallKind::Charge { .. }
                | CallKind::PayOut { .. } => None,
            })
            .collect();
        for hold in self.holds() {
            match captures
                .iter()
                .find(|(_, authorization, _)| *authorization == hold)
            {
                Some((_, _, cents)) => self.settle(hold, *cents),
                None => self.void(hold),
            }
        }
        for (n, _, cents) in captures {
            self.push(
                Account::Gateway,
                self.receivable(),
                cents,
                Phase::Pending { n },
            );
        }
    }

    /// Pays the runner out of the escrow: the move *trip*, and the runner's part of a release.
    fn trip(&mut self, to_runner: Cents, set_off: Cents) {
        self.pay_runner(self.escrow(), to_runner, set_off);
    }

    /// Pays the runner, and sets off part of it against their own debt at once.
    fn pay_runner(&mut self, from: Account, cents: Cents, set_off: Cents) {
        if let Some(assignment) = self.order.stage.assignment() {
            self.post(from, Account::Payable(assignment.runner), cents);
            self.set_off(set_off);
        }
    }

    fn set_off(&mut self, cents: Cents) {
        if let Some(assignment) = self.order.stage.assignment() {
            let runner = assignment.runner;
            self.post(Account::Payable(runner), Account::Receivable(runner), cents);
        }
    }

    /// Empties the escrow: pays the runner, the platform's fee, and the refund into the customer's wallet.
    fn release(&mut self, event: &Event, release: &Release) {
        self.trip(release.to_runner, release.set_off);
        self.post(self.escrow(), Account::Revenue, release.to_platform);
        self.post(self.escrow(), self.payable(), release.to_customer);
        self.refunds(event);
    }

    fn goodwill(&mut self, event: &Event, cents: Cents) {
        self.post(Account::Goodwill, self.payable(), cents);
        self.refunds(event);
    }

    /// Promises money in the runner's wallet to the customer's wallet until the case is decided.
    fn freeze(&mut self, promise: CallNumber, cents: Cents) {
        if let Some(assignment) = self.order.stage.assignment() {
            let (from, to) = (Account::Payable(assignment.runner), self.payable());
            self.push(from, to, cents, Phase::Pending { n: promise });
        }
    }

    /// Pays a customer's claim out of what is frozen, then as a debt of the runner, then out of goodwill.
    fn claim(&mut self, event: &Event, frozen: Cents, owed: Cents, goodwill: Cents) {
        self.thaw(frozen);
        if let Some(assignment) = self.order.stage.assignment() {
            self.post(Account::Receivable(assignment.runner), self.payable(), owed);
        }
        self.goodwill(event, goodwill);
    }

    /// Ends the freeze, if it has not ended: `cents` of it go to the customer, the rest stays with the runner.
    fn thaw(&mut self, cents: Cents) {
        let frozen = self.order.dispute.and_then(|dispute| dispute.frozen);
        if let Some((promise, _)) = frozen {
            self.settle(promise, cents);
        }
    }

    /// Promises the runner a later tip that is being charged.
    fn tip(&mut self, call: CallNumber, cents: Cents) {
        if let Some(assignment) = self.order.stage.assignment() {
            let to = Account::Payable(assignment.runner);
            self.push(Account::Gateway, to, cents, Phase::Pending { n: call });
        }
    }

    /// Promises each refund that `event` asks the gateway for, from the customer's wallet to the gateway.
    fn refunds(&mut self, event: &Event) {
        for (n, kind) in opened(self.order, event) {
            if let CallKind::Refund { cents, .. } = kind {
                self.push(
                    self.payable(),
                    Account::Gateway,
                    cents,
                    Phase::Pending { n },
                );
            }
        }
    }

    /// Posts `cents` of promise `n`, at most its amount; the rest lapses. Voids it where `cents` is 0.
    fn settle(&mut self, n: CallNumber, cents: Cents) {
        match self.order.promise_ends(n) {
            Some((debit, credit, promised)) if cents.is_positive() => {
                self.push(
                    debit,
                    credit,
                    cents.min(promised),
                    Phase::Post { n, promised },
                );
            }
            Some(_) => self.void(n),
            None => {}
        }
    }

    fn void(&mut self, n: CallNumber) {
        if let Some((debit, credit, cents)) = self.order.promise_ends(n) {
            self.push(debit, credit, cents, Phase::Void { n });
        }
    }

    /// Books a charge that failed for good: its promise is voided, and refunds of it that are under way are set against the
    /// customer's debt instead.
    fn owe(&mut self, call: CallNumber) {
        self.void(call);
        let refunds: Vec<CallNumber> = self
            .order
            .open_calls(|kind| matches!(kind, CallKind::Refund { capture, .. } if capture == call))
            .collect();
        for n in refunds {
            if let Some((debit, _, cents)) = self.order.promise_ends(n) {
                self.void(n);
                self.post(debit, self.receivable(), cents);
            }
        }
    }

    /// Books a charge that succeeded after it was given up: it goes to the customer's wallet and back to the card.
    fn late(&mut self, event: &Event, cents: Cents) {
        self.post(Account::Gateway, self.payable(), cents);
        self.refunds(event);
    }

    fn holds(&self) -> Vec<CallNumber> {
        self.order.holds().map(|(n, _)| n).collect()
    }
}

impl Order {
    /// Returns whether the gateway said that this authorisation, which is held, ran out.
    fn has_lapsed(&self, authorization: CallNumber) -> bool {
        let call = self.calls.get(&authorization);
        call.is_some_and(|call| call.outcome == Outcome::Refused)
    }
}
