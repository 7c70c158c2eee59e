//! The columns of transitions 41–44: the transfers, calls, timers and notices of each event, put together into a record.
//!
//! Invariant: an amount of zero makes no transfer. A promise carries the number of the call that settles it.

use super::{event::Event, state::Wallet};
use crate::{
    call::{CallChange, CallKind, CallNumber, Decline},
    id::{Seq, Stream},
    money::{Account, Cents, Phase, Transfer},
    notice::{Audience, Notice, NoticeKind},
    order::Header,
    policy::Policy,
    record::{Events, Record},
    time::At,
    timer::{TimerChange, TimerKind},
};

/// A record that is ready to be committed, and the wallet after it.
#[derive(Clone, Debug)]
pub struct Filled {
    /// The record that is to be committed.
    pub record: Record,
    /// The wallet after the record, but for the record's sequence.
    pub after: Wallet,
}

impl Filled {
    /// The wallet after its record was committed as `seq`.
    #[must_use]
    pub fn committed(self, seq: Seq) -> (Record, Wallet) {
        (self.record, self.after.numbered(seq))
    }
}

/// Fills a record with the columns of its events.
#[must_use]
pub fn fill(before: &Wallet, events: Vec<Event>, header: Header<'_>, policy: &Policy) -> Filled {
    let mut record = Record::of_owner(
        Stream::Wallet(before.user),
        before.last_seq,
        header.at,
        header.meta,
        Events::Wallet(vec![]),
    );
    record.status = header.status;
    let mut after = before.clone();
    for event in &events {
        let mut part = record.clone();
        part.money = money(&after, event);
        part.calls = calls(&after, event);
        part.timers = timers(&after, event, policy, header.at);
        part.notices = notices(&after, event, policy);
        after.evolve(event, header.at);
        after.absorb(&part);
        record.money.extend(part.money);
        record.calls.extend(part.calls);
        record.timers.extend(part.timers);
        record.notices.extend(part.notices);
    }
    record.events = Events::Wallet(events);
    after.close(Seq::NONE, &record);
    Filled { record, after }
}

/// The transfers that `event` books, named after the moves of the lifecycle.
fn money(wallet: &Wallet, event: &Event) -> Vec<Transfer> {
    use Account::{Gateway, Goodwill, Revenue};
    let receivable = Account::Receivable(wallet.user);
    let payable = Account::Payable(wallet.user);
    let post = |debit, credit, cents| transfer(debit, credit, cents, Phase::Posted);
    let pending = |debit, credit, cents, n| transfer(debit, credit, cents, Phase::Pending { n });
    match event {
        Event::SetOff { cents } => post(payable, receivable, *cents),
        Event::PayoutRequested { call, cents, .. } => pending(payable, Gateway, *cents, *call),
        Event::PayoutPaid { call, cents } => settle(wallet, *call, *cents),
        Event::PayoutFailed { call, .. } | Event::DebtPaymentFailed { call, .. } => {
            settle(wallet, *call, Cents::ZERO)
        }
        Event::PayoutSentBack { cents, .. } | Event::LateCharge { cents, .. } => {
            post(Gateway, payable, *cents)
        }
        Event::PayoutLate { cents, .. } => post(receivable, Gateway, *cents),
        Event::DebtPaymentRequested { call, cents, .. } => {
            pending(Gateway, receivable, *cents, *call)
        }
        Event::DebtPaid { call, cents } => {
            let promised = wallet.promises.get(call).copied().unwrap_or_default();
            let mut transfers = settle(wallet, *call, *cents);
            transfers.extend(post(Gateway, payable, *cents - promised));
            transfers
        }
        Event::WrittenOff { cents, .. } => post(Goodwill, receivable, *cents),
        Event::ChargedBack { cents, fee, .. } => {
            let mut transfers = post(receivable, Gateway, *cents);
            transfers.extend(post(Goodwill, Gateway, *fee));
            transfers
        }
        Event::ChargebackWon { id, to_debt } => {
            let known = wallet.chargeback(id);
            let cents = known.map_or(Cents::ZERO, |known| known.cents);
            let mut transfers = post(Gateway, receivable, *to_debt);
            transfers.extend(post(Gateway, payable, cents - *to_debt));
            transfers
        }
        Event::ToppedUp { cents, .. } => post(Gateway, Goodwill, *cents),
        Event::Withdrawn { cents, .. } => post(Revenue, Gateway, *cents),
        Event::ChargebackLost { .. }
        | Event::CashShort { .. }
        | Event::ClockSetBack { .. }
        | Event::CallDeferred { .. }
        | Event::CallRetried { .. }
        | Event::TimerFired { .. }
        | Event::OperatorRetried { .. }
        | Event::ChargeVoided { .. } => vec![],
    }
}

fn transfer(debit: Account, credit: Account, cents: Cents, phase: Phase) -> Vec<Transfer> {
    if !cents.is_positive() {
        return vec![];
    }
    vec![Transfer {
        debit,
        credit,
        cents,
        phase,
    }]
}

/// Posts `cents` of promise `n`, at most its amount; the rest lapses. Voids it where `cents` is 0.
fn settle(wallet: &Wallet, n: CallNumber, cents: Cents) -> Vec<Transfer> {
    let Some(promise) = wallet.promise(n) else {
        return vec![];
    };
    let promised = promise.cents;
    let (cents, phase) = if cents.is_positive() {
        (cents.min(promised), Phase::Post { n, promised })
    } else {
        (promised, Phase::Void { n })
    };
    transfer(promise.debit, promise.credit, cents, phase)
}

fn calls(wallet: &Wallet, event: &Event) -> Vec<CallChange> {
    match *event {
        Event::PayoutRequested { call, cents, .. } => vec![CallChange::Open {
            n: call,
            kind: CallKind::PayOut { cents },
        }],
        Event::DebtPaymentRequested { call, charge, .. } => vec![CallChange::Open {
            n: call,
            kind: CallKind::Charge { cents: charge },
        }],
        // Whoever may still confirm it must not be charged for what counts as refused.
        Event::DebtPaymentFailed {
            call,
            reason: Decline::NotConfirmed,
        } => vec![
            CallChange::Close { n: call },
            CallChange::Open {
                n: wallet.last_call + 1,
                kind: CallKind::Void {
                    authorization: call,
                },
            },
        ],
        Event::PayoutPaid { call, .. }
        | Event::PayoutFailed { call, .. }
        | Event::DebtPaid { call, .. }
        | Event::DebtPaymentFailed { call, .. }
        | Event::ChargeVoided { call } => vec![CallChange::Close { n: call }],
        Event::CallDeferred { call, .. } => vec![CallChange::Defer { n: call }],
        Event::CallRetried { call } => vec![CallChange::Retry { n: call }],
        Event::SetOff { .. }
        | Event::PayoutSentBack { .. }
        | Event::PayoutLate { .. }
        | Event::LateCharge { .. }
        | Event::WrittenOff { .. }
        | Event::ChargedBack { .. }
        | Event::ChargebackWon { .. }
        | Event::ChargebackLost { .. }
        | Event::ToppedUp { .. }
        | Event::Withdrawn { .. }
        | Event::CashShort { .. }
        | Event::ClockSetBack { .. }
        | Event::TimerFired { .. }
        | Event::OperatorRetried { .. } => vec![],
    }
}

fn timers(wallet: &Wallet, event: &Event, policy: &Policy, now: At) -> Vec<TimerChange> {
    match event {
        Event::TimerFired { kind, generation } => vec![TimerChange::Fire {
            kind: *kind,
            generation: *generation,
        }],
        Event::CallDeferred { failures, .. } => {
            let wait = policy.back_off_ms(*failures, wallet.user.as_bytes());
            retry_at(wallet, now.plus(wait))
        }
        Event::ClockSetBack { ms } => {
            let ahead = wallet.armed().filter(|timer| timer.due > now);
            ahead.map_or_else(Vec::new, |timer| retry_at(wallet, timer.due.minus(*ms)))
        }
        Event::SetOff { .. }
        | Event::PayoutRequested { .. }
        | Event::PayoutPaid { .. }
        | Event::PayoutFailed { .. }
        | Event::PayoutSentBack { .. }
        | Event::PayoutLate { .. }
        | Event::DebtPaymentRequested { .. }
        | Event::DebtPaid { .. }
        | Event::DebtPaymentFailed { .. }
        | Event::LateCharge { .. }
        | Event::WrittenOff { .. }
        | Event::ChargedBack { .. }
        | Event::ChargebackWon { .. }
        | Event::ChargebackLost { .. }
        | Event::ToppedUp { .. }
        | Event::Withdrawn { .. }
        | Event::CashShort { .. }
        | Event::CallRetried { .. }
        | Event::OperatorRetried { .. }
        | Event::ChargeVoided { .. } => vec![],
    }
}

/// All deferred calls share one retry, due when the first of them is: a call that failed once does not wait for one
/// that has failed for long.
fn retry_at(wallet: &Wallet, due: At) -> Vec<TimerChange> {
    let kind = TimerKind::StepRetry;
    let armed = wallet.armed();
    if armed.is_some_and(|timer| timer.due <= due) {
        return vec![];
    }
    let later = armed.map(|timer| TimerChange::Disarm {
        kind,
        generation: timer.generation,
    });
    let generation = wallet.retry.map_or(1, |newest| newest.generation + 1);
    let arm = TimerChange::Arm {
        kind,
        generation,
        due,
    };
    later.into_iter().chain([arm]).collect()
}

fn notices(wallet: &Wallet, event: &Event, policy: &Policy) -> Vec<Notice> {
    use NoticeKind as Kind;
    let user = Audience::User(wallet.user);
    let to = |audience, kind| vec![Notice { to: audience, kind }];
    let both = |kind| {
        [Audience::Operators, user]
            .map(|to| Notice { to, kind })
            .into()
    };
    let payout = |n: &CallNumber| wallet.payout(*n).map_or(Cents::ZERO, |known| known.cents);
    let payment = |n: &CallNumber| wallet.payment(*n).map_or(Cents::ZERO, |known| known.cents);
    let charged = |id| {
        let known = wallet.chargeback(id);
        known.map_or(Cents::ZERO, |known| known.cents)
    };
    match event {
        Event::SetOff { cents } => to(user, Kind::SetOff { cents: *cents }),
        Event::PayoutRequested { cents, .. } => to(user, Kind::PayoutRequested { cents: *cents }),
        Event::PayoutPaid { call, cents } => {
            let cents = (*cents).min(payout(call));
            to(user, Kind::PayoutPaid { cents })
        }
        Event::PayoutFailed { call, reason } => {
            let (cents, reason) = (payout(call), *reason);
            to(user, Kind::PayoutFailed { cents, reason })
        }
        Event::PayoutSentBack { cents, .. } => to(user, Kind::PayoutSentBack { cents: *cents }),
        Event::PayoutLate { cents, .. } => both(Kind::PayoutLate { cents: *cents }),
        Event::DebtPaid { cents, .. } => to(user, Kind::DebtPaid { cents: *cents }),
        Event::DebtPaymentFailed { call, reason } => {
            let (cents, reason) = (payment(call), *reason);
            to(user, Kind::DebtPaymentFailed { cents, reason })
        }
        Event::LateCharge { cents, .. } => both(Kind::LateChargeKept { cents: *cents }),
        Event::WrittenOff { cents, .. } => to(user, Kind::DebtWrittenOff { cents: *cents }),
        Event::ChargedBack { cents, .. } => both(Kind::ChargedBack { cents: *cents }),
        Event::ChargebackWon { id, .. } => both(Kind::ChargebackWon { cents: charged(id) }),
        Event::ChargebackLost { id } => both(Kind::ChargebackLost { cents: charged(id) }),
        Event::ToppedUp { cents, .. } => to(Audience::Operators, Kind::ToppedUp { cents: *cents }),
        Event::Withdrawn { cents, .. } => {
            to(Audience::Operators, Kind::Withdrawn { cents: *cents })
        }
        Event::CashShort { cents } => to(Audience::Operators, Kind::CashShort { cents: *cents }),
        // Not at each failure: one retry tries all deferred calls, so one that keeps failing is tried as often as a new one.
        Event::CallDeferred { call, failures } if failures.is_multiple_of(policy.retry_tries) => {
            stalled(wallet, *call)
        }
        Event::CallDeferred { .. }
        | Event::OperatorRetried { .. }
        | Event::ChargeVoided { .. }
        | Event::CallRetried { .. }
        | Event::DebtPaymentRequested { .. }
        | Event::TimerFired { .. }
        | Event::ClockSetBack { .. } => vec![],
    }
}

/// Returns the notice to operators that says whose payout or payment keeps failing, and which.
fn stalled(wallet: &Wallet, call: CallNumber) -> Vec<Notice> {
    let user = wallet.user;
    let kind = match wallet.payout(call) {
        Some(_) => NoticeKind::PayoutStalled { user, call },
        None => NoticeKind::DebtPaymentStalled { user, call },
    };
    vec![Notice {
        to: Audience::Operators,
        kind,
    }]
}
