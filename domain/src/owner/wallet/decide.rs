//! Transitions 41–44: the events that a command to a wallet becomes, and the votes that it needs before.
//!
//! Order of checks, as that of the variants of [`Rejection`]: who may, the fields, what is on file, how much is under
//! way, how much there is.

use super::{
    admit::admit,
    command::{ChargebackStage, Command},
    event::{ChargebackId, Event},
    state::{CALLS_OPEN, PayoutState, Wallet},
};
use crate::{
    call::{Answer, CallKind, CallNumber, CallState, Decline},
    id::OrderId,
    money::Cents,
    order::{Call, Outcome},
    policy::Policy,
    rejection::Rejection,
    stream::Meta,
    text::Sealed,
    time::At,
    timer::TimerKind,
    vote::{Granted, Vote, VoteRequest, Votes},
};

/// What a decision is given beside the wallet and the command.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Who gives the command, under which id.
    pub meta: &'a Meta,
    /// When it is decided; not before the wallet's last record.
    pub now: At,
    /// The limits in force.
    pub policy: &'a Policy,
    /// The owners' votes, with what they granted.
    pub votes: &'a Votes,
}

/// The events of a command, or the refusal.
pub type Decision = Result<Vec<Event>, Rejection>;

/// Returns the votes that a decision needs, those of other owners first.
#[must_use]
pub fn required_votes(
    wallet: &Wallet,
    command: &Command,
    context: &Context<'_>,
) -> Vec<VoteRequest> {
    Votes::rehearse(|votes| decide(wallet, command, &Context { votes, ..*context }))
}

/// Decides a command; `Ok(vec![])` where it is already so.
///
/// # Errors
/// The rejections named at [`Command`].
pub fn decide(wallet: &Wallet, command: &Command, context: &Context<'_>) -> Decision {
    admit(wallet, command, context.meta.principal, context.policy)?;
    let decider = Decider { wallet, context };
    match command {
        Command::RequestPayout { cents } => decider.payout(*cents),
        Command::PayDebt { cents } => decider.pay_debt(*cents),
        Command::WriteOff { cents, reason } => Ok(vec![Event::WrittenOff {
            cents: decider.owed(*cents)?,
            reason: reason.clone(),
        }]),
        Command::Chargeback {
            id,
            order,
            cents,
            fee,
            stage,
        } => Ok(decider.chargeback(id, *order, *cents, *fee, *stage)),
        Command::TopUp { cents, reason } => {
            decider.ask(VoteRequest::Losses { cents: *cents })?;
            Ok(vec![Event::ToppedUp {
                cents: *cents,
                reason: reason.clone(),
            }])
        }
        Command::Withdraw { cents, reason } => {
            decider.ask(VoteRequest::Fees { cents: *cents })?;
            Ok(vec![Event::Withdrawn {
                cents: *cents,
                reason: reason.clone(),
            }])
        }
        Command::Retry { reason } => decider.retry(reason),
        Command::Answered { call, answer } => decider.answered(*call, answer),
        Command::TimerDue { kind, generation } => Ok(decider.timer_due(*kind, *generation)),
        Command::SetClockBack { ms } if wallet.last_at > context.now => {
            Ok(vec![Event::ClockSetBack { ms: *ms }])
        }
        Command::SetClockBack { .. } => Ok(vec![]),
    }
}

/// Refuses an answer that says nothing about what the call asked for.
fn misfit() -> Decision {
    Err(Rejection::field("answer", "does not fit the call"))
}

fn set_off(cents: Cents) -> Option<Event> {
    cents.is_positive().then_some(Event::SetOff { cents })
}

struct Decider<'a> {
    wallet: &'a Wallet,
    context: &'a Context<'a>,
}

impl Decider<'_> {
    fn ask(&self, request: VoteRequest) -> Vote {
        self.context.votes.ask(request)
    }

    /// Returns the part of a credit that pays its owner's debt, in cents.
    fn debt_of(&self, cents: Cents) -> Cents {
        self.context.votes.set_off(self.wallet.user, cents)
    }

    fn set_off_of(&self, credit: Cents) -> Option<Event> {
        set_off(self.debt_of(credit))
    }

    /// What of the debt this command may pay, in cents, as the escrow granted it.
    fn owed(&self, cents: Option<Cents>) -> Result<Cents, Rejection> {
        let user = self.wallet.user;
        let Granted::Owed(cents) = self.ask(VoteRequest::Debt { user, cents })? else {
            return Err(Rejection::TransferRefused);
        };
        Ok(cents)
    }

    /// Notes that less money is at the gateway than leaves it.
    fn cash_short(&self, leaves: Cents) -> Option<Event> {
        match self.ask(VoteRequest::Cash { cents: leaves }) {
            Ok(Granted::Short(cents)) if cents.is_positive() => Some(Event::CashShort { cents }),
            Ok(_) | Err(_) => None,
        }
    }

    /// The number of the next call, unless too many are under way.
    fn next_call(&self) -> Result<CallNumber, Rejection> {
        if self.wallet.open_calls() >= CALLS_OPEN {
            return Err(Rejection::TooManyPayments { limit: CALLS_OPEN });
        }
        let next = self.wallet.last_call.checked_add(1);
        next.ok_or(Rejection::TransferRefused)
    }

    /// Transition 42: the wallet pays its owner's debt first; the payout comes out of the rest.
    fn payout(&self, cents: Cents) -> Decision {
        let user = self.wallet.user;
        let Granted::PayoutMethod(method) = self.ask(VoteRequest::PayoutMethod { user })? else {
            return Err(Rejection::NoPayoutMethod);
        };
        let call = self.next_call()?;
        let Granted::SetOff(debt) = self.ask(VoteRequest::PayOut { user, cents })? else {
            return Err(Rejection::TransferRefused);
        };
        let mut events: Vec<Event> = set_off(debt).into_iter().collect();
        events.push(Event::PayoutRequested {
            call,
            cents,
            method,
        });
        events.extend(self.cash_short(cents));
        Ok(events)
    }

    /// Transition 41: the debt is paid from the card on file.
    fn pay_debt(&self, cents: Option<Cents>) -> Decision {
        let user = self.wallet.user;
        let Granted::Card(card) = self.ask(VoteRequest::Card { user })? else {
            return Err(Rejection::NoPaymentMethod);
        };
        let call = self.next_call()?;
        let cents = self.owed(cents)?;
        Ok(vec![Event::DebtPaymentRequested {
            call,
            cents,
            charge: cents.max(self.context.policy.gateway_minimum_cents),
            card,
        }])
    }

    /// Transition 43. A chargeback that becomes known only once it is decided has both events in one record.
    fn chargeback(
        &self,
        id: &ChargebackId,
        order: Option<OrderId>,
        cents: Cents,
        fee: Cents,
        stage: ChargebackStage,
    ) -> Vec<Event> {
        let known = self.wallet.chargeback(id);
        if known.is_some_and(|known| known.won.is_some()) {
            return vec![];
        }
        let mut events = vec![];
        if known.is_none() {
            events.push(Event::ChargedBack {
                id: id.clone(),
                order,
                cents,
                fee,
            });
            events.extend(self.cash_short(cents + fee));
        }
        let id = id.clone();
        match stage {
            ChargebackStage::Open => {}
            ChargebackStage::Won => {
                let to_debt = known.map_or(cents, |known| self.debt_of(known.cents));
                events.push(Event::ChargebackWon { id, to_debt });
            }
            ChargebackStage::Lost => events.push(Event::ChargebackLost { id }),
        }
        events
    }

    fn answered(&self, n: CallNumber, answer: &Answer) -> Decision {
        let Some(call) = self.wallet.calls.get(&n) else {
            return Err(Rejection::NotFound {
                what: "call".into(),
            });
        };
        if call.state == CallState::Closed {
            return Ok(self.answered_late(n, call.outcome, answer));
        }
        if *answer == Answer::Unavailable {
            return Ok(self.unanswered(n, call));
        }
        match call.kind {
            CallKind::PayOut { cents } => self.payout_answered(n, cents, answer),
            CallKind::Charge { .. } => self.payment_answered(n, answer),
            CallKind::Void { authorization } => self.void_answered(n, authorization, answer),
            CallKind::Authorize { .. } | CallKind::Capture { .. } | CallKind::Refund { .. } => {
                misfit()
            }
        }
    }

    fn unanswered(&self, n: CallNumber, call: &Call) -> Vec<Event> {
        if call.state == CallState::Deferred {
            return vec![];
        }
        let failures = call.failures.saturating_add(1);
        vec![Event::CallDeferred { call: n, failures }]
    }

    fn payout_answered(&self, n: CallNumber, asked: Cents, answer: &Answer) -> Decision {
        match *answer {
            Answer::PaidOut { cents } if cents.is_positive() => {
                Ok(vec![Event::PayoutPaid { call: n, cents }])
            }
            Answer::SentBack { cents: back } if back.is_positive() => {
                let paid = Event::PayoutPaid {
                    call: n,
                    cents: asked,
                };
                let back = self.sent_back(n, back.min(asked));
                Ok(std::iter::once(paid).chain(back).collect())
            }
            Answer::Declined { reason } => Ok(vec![Event::PayoutFailed { call: n, reason }]),
            Answer::PaidOut { .. }
            | Answer::SentBack { .. }
            | Answer::Authorized { .. }
            | Answer::ActionRequired { .. }
            | Answer::Captured { .. }
            | Answer::Voided
            | Answer::Refunded { .. }
            | Answer::Unavailable => misfit(),
        }
    }

    fn payment_answered(&self, n: CallNumber, answer: &Answer) -> Decision {
        let failed = |reason| Ok(vec![Event::DebtPaymentFailed { call: n, reason }]);
        match *answer {
            Answer::Captured { cents } if cents.is_positive() => {
                let promised = self.wallet.promises.get(&n).copied().unwrap_or_default();
                let paid = Event::DebtPaid { call: n, cents };
                let rest = self.set_off_of(cents - promised);
                Ok(std::iter::once(paid).chain(rest).collect())
            }
            Answer::Declined { reason } => failed(reason),
            // Nobody is there to confirm, and the debt can wait for another card: the charge is let go of at the gateway.
            Answer::ActionRequired { .. } => failed(Decline::NotConfirmed),
            Answer::Captured { .. }
            | Answer::Authorized { .. }
            | Answer::Voided
            | Answer::Refunded { .. }
            | Answer::Unavailable
            | Answer::PaidOut { .. }
            | Answer::SentBack { .. } => misfit(),
        }
    }

    /// What letting go of `charge` was answered: it may have been made, and only its answer lost.
    fn void_answered(&self, n: CallNumber, charge: CallNumber, answer: &Answer) -> Decision {
        let voided = Event::ChargeVoided { call: n };
        match answer {
            Answer::Voided | Answer::Declined { .. } => Ok(vec![voided]),
            Answer::Captured { .. } => {
                let known = self.wallet.calls.get(&charge);
                let outcome = known.map_or(Outcome::Succeeded, |charge| charge.outcome);
                let late = self.answered_late(charge, outcome, answer);
                Ok(std::iter::once(voided).chain(late).collect())
            }
            Answer::ActionRequired { .. }
            | Answer::Authorized { .. }
            | Answer::Refunded { .. }
            | Answer::Unavailable
            | Answer::PaidOut { .. }
            | Answer::SentBack { .. } => misfit(),
        }
    }

    /// An answer for a call that is decided: a payout may come back, and what was refused may have happened all the
    /// same.
    fn answered_late(&self, n: CallNumber, outcome: Outcome, answer: &Answer) -> Vec<Event> {
        let payout = self.wallet.payout(n);
        let paid = payout.filter(|payout| payout.state == PayoutState::Paid);
        let payment = self.wallet.payment(n).is_some();
        let refused = outcome == Outcome::Refused;
        match (answer, paid) {
            (&Answer::SentBack { cents }, Some(payout)) if cents.is_positive() => {
                self.sent_back(n, cents.min(payout.paid)).collect()
            }
            (&Answer::PaidOut { cents }, None) if refused && !payment && cents.is_positive() => {
                vec![Event::PayoutLate { call: n, cents }]
            }
            (&Answer::Captured { cents }, _) if refused && payment && cents.is_positive() => {
                let late = Event::LateCharge { call: n, cents };
                std::iter::once(late)
                    .chain(self.set_off_of(cents))
                    .collect()
            }
            _ => vec![],
        }
    }

    /// Transition 42: a payout came back, at most as much as was paid, and pays its owner's debt first.
    fn sent_back(&self, n: CallNumber, cents: Cents) -> impl Iterator<Item = Event> {
        let back = Event::PayoutSentBack { call: n, cents };
        std::iter::once(back).chain(self.set_off_of(cents))
    }

    /// A timer of an old generation does nothing; one of the current generation always leaves a record.
    fn timer_due(&self, kind: TimerKind, generation: u32) -> Vec<Event> {
        let armed = self.wallet.armed();
        if kind != TimerKind::StepRetry || armed.is_none_or(|timer| timer.generation != generation)
        {
            return vec![];
        }
        std::iter::once(Event::TimerFired { kind, generation })
            .chain(self.again())
            .collect()
    }

    /// Transitions 41 and 42: every deferred call is tried again now. The timer stays, for what is deferred again.
    fn retry(&self, reason: &Sealed) -> Decision {
        let again: Vec<Event> = self.again().collect();
        if again.is_empty() {
            let what = "payout or payment that waits to be tried again";
            return Err(Rejection::NotFound { what: what.into() });
        }
        let reason = reason.clone();
        let acted = Event::OperatorRetried { reason };
        Ok(std::iter::once(acted).chain(again).collect())
    }

    fn again(&self) -> impl Iterator<Item = Event> {
        let calls = self.wallet.calls.iter();
        let resting = calls.filter(|(_, call)| call.state == CallState::Deferred);
        resting.map(|(n, _)| Event::CallRetried { call: *n })
    }
}

#[cfg(test)]
mod tests;
