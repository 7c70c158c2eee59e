//! The fold: what a record makes of a wallet. Total, and never refuses; replay is nothing else.
//!
//! Must not: take a policy, a clock or randomness.

use super::{
    event::Event,
    state::{
        Chargeback, DECIDED_KEPT, Payment, PaymentState, Payout, PayoutState, Wallet, is_past,
    },
};
use crate::{
    call::{CallChange, CallNumber, CallState},
    id::{Seq, Stream, UserId},
    money::Cents,
    order::{Call, Outcome, absorb_call, absorb_promise},
    record::{Events, Record},
    time::At,
    timer::{Timer, TimerChange, TimerState},
};
use std::{collections::BTreeMap, sync::Arc};

/// Every wallet that something has happened to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wallets {
    wallets: BTreeMap<UserId, Arc<Wallet>>,
}

impl Wallets {
    /// A wallet, if anything has happened to it.
    #[must_use]
    pub fn get(&self, user: UserId) -> Option<&Arc<Wallet>> {
        self.wallets.get(&user)
    }

    /// Every wallet, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Wallet>> {
        self.wallets.values()
    }

    /// Puts a wallet read from a snapshot in place.
    pub fn restore(&mut self, wallet: Arc<Wallet>) {
        self.wallets.insert(wallet.user, wallet);
    }

    /// Folds one record, if it is a wallet's.
    pub fn fold(&mut self, seq: Seq, record: &Record) {
        if let (Stream::Wallet(user), Events::Wallet(_)) = (record.stream, &record.events) {
            let new = || Arc::new(Wallet::new(user));
            Arc::make_mut(self.wallets.entry(user).or_insert_with(new)).fold(seq, record);
        }
    }
}

impl Wallet {
    /// Folds one record of this wallet; skips a record that it knows, and those of others.
    pub fn fold(&mut self, seq: Seq, record: &Record) {
        let Events::Wallet(events) = &record.events else {
            return;
        };
        if self.last_seq >= seq || record.stream != Stream::Wallet(self.user) {
            return;
        }
        for event in events {
            self.evolve(event, record.at);
        }
        self.absorb(record);
        self.close(seq, record);
    }

    /// The wallet with the sequence that its last record was given.
    #[must_use]
    pub const fn numbered(mut self, seq: Seq) -> Self {
        self.last_seq = seq;
        self
    }

    /// Evolves by one event decided at `at`.
    pub(super) fn evolve(&mut self, event: &Event, at: At) {
        match event {
            Event::PayoutRequested { .. } => self.payouts.extend(Payout::asked(event, at)),
            Event::PayoutPaid { call, cents } | Event::PayoutLate { call, cents } => {
                self.payout_is(*call, PayoutState::Paid, Outcome::Succeeded, at);
                self.payout_paid(*call, *cents);
            }
            Event::PayoutFailed { call, reason } => {
                self.payout_is(*call, PayoutState::Failed(*reason), Outcome::Refused, at);
            }
            Event::PayoutSentBack { call, .. } => {
                self.payout_is(*call, PayoutState::SentBack, Outcome::Succeeded, at);
            }
            Event::DebtPaymentRequested { .. } => self.payments.extend(Payment::asked(event, at)),
            Event::DebtPaid { call, .. } => {
                self.payment_is(*call, PaymentState::Paid, Outcome::Succeeded, at);
            }
            Event::DebtPaymentFailed { call, reason } => {
                self.payment_is(*call, PaymentState::Failed(*reason), Outcome::Refused, at);
            }
            Event::LateCharge { call, .. } => {
                self.payment_is(*call, PaymentState::Late, Outcome::Succeeded, at);
            }
            Event::ChargedBack {
                id,
                order,
                cents,
                fee,
            } => self.chargebacks.push(Chargeback {
                id: id.clone(),
                order: *order,
                cents: *cents,
                fee: *fee,
                won: None,
                at,
            }),
            Event::ChargebackWon { id, .. } => self.chargeback_is(id, true),
            Event::ChargebackLost { id } => self.chargeback_is(id, false),
            Event::SetOff { .. }
            | Event::WrittenOff { .. }
            | Event::ToppedUp { .. }
            | Event::Withdrawn { .. }
            | Event::CashShort { .. }
            | Event::ClockSetBack { .. }
            | Event::CallDeferred { .. }
            | Event::CallRetried { .. }
            | Event::TimerFired { .. }
            | Event::OperatorRetried { .. } => {}
            Event::ChargeVoided { call } => self.decided(*call, Outcome::Succeeded),
        }
    }

    /// Folds a record's own sections: timers, calls, promised transfers.
    pub(super) fn absorb(&mut self, record: &Record) {
        for change in &record.timers {
            self.absorb_timer(change);
        }
        for change in &record.calls {
            absorb_call(&mut self.calls, change);
            if let CallChange::Open { n, .. } = change {
                self.last_call = *n;
            }
        }
        for transfer in &record.money {
            absorb_promise(&mut self.promises, transfer);
        }
    }

    /// Ends a record: version, sequence, time, and the XX what is too old to keep.
    pub(super) fn close(&mut self, seq: Seq, record: &Record) {
        self.version += 1;
        self.last_seq = seq;
        self.last_at = record.at;
        let now = self.last_at;
        keep_last(&mut self.payouts, DECIDED_KEPT, |payout| {
            payout.state != PayoutState::Requested && is_past(payout.changed_at, now)
        });
        keep_last(&mut self.payments, DECIDED_KEPT, |payment| {
            payment.state != PaymentState::Requested && is_past(payment.changed_at, now)
        });
        let kept = |n: &CallNumber, call: &Call| {
            call.state != CallState::Closed
                || self.payouts.iter().any(|payout| payout.call == *n)
                || self.payments.iter().any(|payment| payment.call == *n)
        };
        self.calls.retain(|n, call| kept(n, call));
    }

    fn payout_is(&mut self, n: CallNumber, state: PayoutState, outcome: Outcome, at: At) {
        if let Some(payout) = self.payouts.iter_mut().find(|payout| payout.call == n) {
            payout.state = state;
            payout.changed_at = at;
        }
        self.decided(n, outcome);
    }

    fn payout_paid(&mut self, n: CallNumber, cents: Cents) {
        if let Some(payout) = self.payouts.iter_mut().find(|payout| payout.call == n) {
            payout.paid = cents.min(payout.cents);
        }
    }

    fn payment_is(&mut self, n: CallNumber, state: PaymentState, outcome: Outcome, at: At) {
        if let Some(payment) = self.payments.iter_mut().find(|payment| payment.call == n) {
            payment.state = state;
            payment.changed_at = at;
        }
        self.decided(n, outcome);
    }

    fn decided(&mut self, n: CallNumber, outcome: Outcome) {
        if let Some(call) = self.calls.get_mut(&n) {
            call.outcome = outcome;
        }
    }

    fn chargeback_is(&mut self, id: &super::ChargebackId, won: bool) {
        if let Some(known) = self.chargebacks.iter_mut().find(|known| known.id == *id) {
            known.won = Some(won);
        }
    }

    fn absorb_timer(&mut self, change: &TimerChange) {
        let (ended, state) = match *change {
            TimerChange::Arm {
                generation, due, ..
            } => {
                self.retry = Some(Timer {
                    generation,
                    due,
                    state: TimerState::Pending,
                });
                return;
            }
            TimerChange::Disarm { generation, .. } => (generation, TimerState::Cancelled),
            TimerChange::Fire { generation, .. } => (generation, TimerState::Processed),
        };
        if let Some(timer) = self.retry.as_mut()
            && timer.generation == ended
        {
            timer.state = state;
        }
    }
}

impl Payout {
    /// The payout that such an event begins; `None` for any other event.
    #[must_use]
    pub fn asked(event: &Event, at: At) -> Option<Self> {
        let Event::PayoutRequested {
            call,
            cents,
            method,
        } = event
        else {
            return None;
        };
        Some(Self {
            call: *call,
            cents: *cents,
            paid: Cents::ZERO,
            method: method.clone(),
            state: PayoutState::Requested,
            requested_at: at,
            changed_at: at,
        })
    }
}

impl Payment {
    /// The payment that such an event begins; `None` for any other event.
    #[must_use]
    pub fn asked(event: &Event, at: At) -> Option<Self> {
        let Event::DebtPaymentRequested {
            call,
            cents,
            charge,
            card,
        } = event
        else {
            return None;
        };
        Some(Self {
            call: *call,
            cents: *cents,
            charge: *charge,
            card: card.clone(),
            state: PaymentState::Requested,
            requested_at: at,
            changed_at: at,
        })
    }
}

/// Drops the oldest of those that `may_go` until at most `most` of them are left.
fn keep_last<T>(kept: &mut Vec<T>, most: usize, may_go: impl Fn(&T) -> bool) {
    let going = kept.iter().filter(|one| may_go(one)).count();
    let mut excess = going.saturating_sub(most);
    kept.retain(|one| {
        let goes = excess > 0 && may_go(one);
        excess -= usize::from(goes);
        !goes
    });
}
