//! The fold of a record's sections: keeps an order's timers, calls and promised transfers as the record says.
//!
//! Must not: derive anything from events. What the sections say counts, so that a later rule never changes history.

use super::{
    effects::{absorb_call, absorb_promise},
    state::Order,
};
use crate::{
    call::{CallChange, CallKind, CallNumber},
    money::{Account, Cents, Phase, Promised, Transfer},
    record::Record,
    timer::{Timer, TimerChange, TimerKind, TimerState},
};

impl Order {
    /// Folds a record's sections `timers`, `calls` and `money` into the order.
    pub(super) fn absorb(&mut self, record: &Record) {
        record
            .timers
            .iter()
            .for_each(|change| self.absorb_timer(change));
        record
            .calls
            .iter()
            .for_each(|change| self.absorb_call(change));
        record
            .money
            .iter()
            .for_each(|transfer| self.absorb_promise(transfer));
    }

    fn absorb_timer(&mut self, change: &TimerChange) {
        match *change {
            TimerChange::Arm {
                kind,
                generation,
                due,
            } => {
                self.timers.insert(
                    kind,
                    Timer {
                        generation,
                        due,
                        state: TimerState::Pending,
                    },
                );
            }
            TimerChange::Disarm { kind, generation } => {
                self.end_timer(kind, generation, TimerState::Cancelled)
            }
            TimerChange::Fire { kind, generation } => {
                self.end_timer(kind, generation, TimerState::Processed)
            }
        }
    }

    fn end_timer(&mut self, kind: TimerKind, generation: u32, state: TimerState) {
        if let Some(timer) = self
            .timers
            .get_mut(&kind)
            .filter(|timer| timer.generation == generation)
        {
            timer.state = state;
        }
    }

    fn absorb_call(&mut self, change: &CallChange) {
        absorb_call(&mut self.calls, change);
        if let CallChange::Open { n, .. } = *change {
            self.last_number = self.last_number.max(n);
        }
    }

    fn absorb_promise(&mut self, transfer: &Transfer) {
        absorb_promise(&mut self.promises, transfer);
        if let Phase::Pending { n } = transfer.phase {
            self.last_number = self.last_number.max(n);
        }
    }

    /// Returns debit account, credit account and cents of promise `n`, if it is not settled. A promise that no call settles
    /// is money frozen in the runner's wallet.
    pub(super) fn promise_ends(&self, n: CallNumber) -> Option<(Account, Account, Cents)> {
        let cents = *self.promises.get(&n)?;
        let customer = self.terms.customer;
        let runner = self
            .stage
            .assignment()
            .map(|assignment| Account::Payable(assignment.runner));
        let (debit, credit) = match self.calls.get(&n).map(|call| call.kind) {
            Some(CallKind::Authorize { .. }) => {
                (Account::Receivable(customer), Account::Escrow(self.id))
            }
            Some(CallKind::Capture { .. }) => (Account::Gateway, Account::Receivable(customer)),
            Some(CallKind::Refund { .. }) => (Account::Payable(customer), Account::Gateway),
            Some(CallKind::Charge { .. }) => (Account::Gateway, runner?),
            None => (runner?, Account::Payable(customer)),
            Some(CallKind::Void { .. } | CallKind::PayOut { .. }) => return None,
        };
        Some((debit, credit, cents))
    }

    /// Returns every promise that is not settled, as the ledger keeps it.
    pub fn promised(&self) -> impl Iterator<Item = (CallNumber, Promised)> + '_ {
        self.promises.keys().filter_map(|n| {
            let (debit, credit, cents) = self.promise_ends(*n)?;
            Some((
                *n,
                Promised {
                    debit,
                    credit,
                    cents,
                },
            ))
        })
    }
}
