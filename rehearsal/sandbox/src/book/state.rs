//! The book's memory: a fold of its facts, and what follows from it for the next call.
//!
//! Must not: read a clock, touch the file, or change by anything but [`State::apply`] (bar the count of silent tries,
//! which need not survive).
//! Invariants: each authorisation is captured at most once; refunds never exceed their capture; a voided
//! authorisation or charge never takes money, whether it came before or after the void.

use std::collections::{BTreeSet, HashMap};

use campusg_domain::{
    call::{Answer, Decline},
    money::Cents,
    time::At,
};

use super::Tuning;
use super::fact::{BookLine, Fact, Misuse, Setup, Totals};
use super::known::{Hold, Known, Move, Objection, Sending};
use super::payout::settled;
use crate::card::{Bank, CardScript};
use campusg_domain::gateway::{CallKey, Method, News, Operation, Payout, PayoutAnswer, Standing};

/// An event as the book keeps it; its id is its place, counted from 1.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub at: At,
    pub key: CallKey,
    pub news: News,
}

/// Everything the gateway knows.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) known: HashMap<CallKey, Known>,
    // Invariant: holds exactly the late calls by their due time, the open authorisations by their end, the charges by
    // when their bank takes them back or decides, and the payouts by when they come back.
    agenda: BTreeSet<(At, CallKey)>,
    pub(super) told: Vec<Told>,
    pub(super) silent_tries: HashMap<CallKey, u32>,
    pub(super) setups: HashMap<String, Setup>,
    last_at: At,
}

impl State {
    /// The later of `now` and the last line's time, so the book's time never goes back.
    pub fn clock(&self, now: At) -> At {
        now.max(self.last_at)
    }

    /// Folds one line.
    pub fn apply(&mut self, line: &BookLine) {
        self.last_at = line.at;
        match &line.fact {
            Fact::Called {
                key,
                operation,
                answer,
                due,
            } => {
                self.silent_tries.remove(key);
                self.apply_call(key, operation, answer, *due);
            }
            Fact::Settled { key, answer } => self.apply_settled(line.at, key, answer),
            Fact::PaidOut {
                payout,
                answer,
                due,
            } => self.apply_payout(payout, *answer, *due),
            Fact::TakenBack {
                key,
                cents,
                fee,
                verdict,
            } => {
                let (cents, fee, verdict) = (*cents, *fee, *verdict);
                let open = Objection::Open {
                    cents,
                    fee,
                    verdict,
                };
                self.object(line.at, key, |_| open);
            }
            Fact::SetupBegun { id, setup } => drop(self.setups.insert(id.clone(), setup.clone())),
            Fact::Entered { id, method } => self.entered(line.at, id, method),
            Fact::Judged { key, won } => self.object(line.at, key, |before| {
                let (cents, fee) = before.taken();
                Objection::Decided {
                    cents,
                    fee,
                    won: *won,
                }
            }),
        }
    }

    /// What is due at `now`, first things first; the caller applies each before asking for the next.
    pub fn due(&self, now: At, tuning: &Tuning) -> Option<Fact> {
        let (at, key) = self.agenda.first()?;
        if *at > now {
            return None;
        }
        let known = self.known.get(key)?;
        if known.objection().end().is_some() {
            return Some(self.objected(key, known, now, tuning));
        }
        let answer = match known {
            Known::Authorization {
                cents,
                hold: Hold::Late { .. },
                ..
            } => Answer::Authorized {
                cents: *cents,
                capture_before: now.plus(tuning.capture_window_ms),
            },
            Known::Capture { cents, .. } => Answer::Captured { cents: *cents },
            known => settled(known).unwrap_or(Answer::Declined {
                reason: Decline::Expired,
            }),
        };
        Some(Fact::Settled {
            key: key.clone(),
            answer,
        })
    }

    /// The answer to a call whose key is known, or `None` if this is the first try that counts.
    ///
    /// # Errors
    /// [`Misuse::KeyReused`].
    pub fn repeat(&self, key: &CallKey, operation: &Operation) -> Result<Option<Answer>, Misuse> {
        let Some(known) = self.known.get(key) else {
            return Ok(None);
        };
        if known.is_about(operation) {
            Ok(Some(known.answer(key)))
        } else {
            Err(Misuse::KeyReused)
        }
    }

    /// Whether an authorisation was asked for in this stream before.
    pub fn has_authorized(&self, stream: &str) -> bool {
        let mut known = self.known.iter();
        known.any(|(key, known)| {
            key.stream() == stream && matches!(known, Known::Authorization { .. })
        })
    }

    /// What is known of a call.
    pub fn standing(&self, key: &CallKey) -> Option<Standing> {
        let known = self.known.get(key)?;
        Some(Standing {
            answer: known.answer(key),
            chargeback: known.objection().told(key),
        })
    }

    /// What waits for the customer's word.
    pub fn to_confirm(&self, key: &CallKey) -> Option<Cents> {
        match self.known.get(key)? {
            Known::Authorization {
                cents,
                hold: Hold::AwaitsCustomer,
                ..
            } => Some(*cents),
            _ => None,
        }
    }

    /// Adds up the calls of one stream, or all.
    pub fn totals(&self, stream: Option<&str>) -> Totals {
        let mut totals = Totals::default();
        let of_stream = |key: &CallKey| stream.is_none_or(|stream| key.stream() == stream);
        for (_, known) in self.known.iter().filter(|(key, _)| of_stream(key)) {
            match known {
                Known::Authorization {
                    cents,
                    hold: Hold::Open { .. } | Hold::Capturing { .. },
                    ..
                } => {
                    totals.blocked += *cents;
                    totals.open_authorizations += 1;
                }
                Known::Capture {
                    cents,
                    step: Move::Done,
                    objection,
                    ..
                }
                | Known::Charge {
                    cents,
                    step: Move::Done,
                    objection,
                    ..
                } => {
                    totals.captured += *cents;
                    let (taken, fee) = objection.taken();
                    totals.taken_back += taken;
                    totals.fees += fee;
                }
                Known::Refund {
                    cents,
                    step: Move::Done,
                    ..
                } => totals.refunded += *cents,
                Known::Payout {
                    cents,
                    step: Sending::Done { .. },
                    ..
                } => totals.paid_out += *cents,
                _ => {}
            }
        }
        totals
    }

    fn apply_call(
        &mut self,
        key: &CallKey,
        operation: &Operation,
        answer: &Answer,
        due: Option<At>,
    ) {
        match operation {
            Operation::Authorize { card, cents } => {
                let hold = Hold::after(answer, due);
                self.remind(key, hold);
                let card = card.clone();
                self.known.insert(
                    key.clone(),
                    Known::Authorization {
                        card,
                        cents: *cents,
                        hold,
                    },
                );
            }
            Operation::Capture {
                authorization,
                cents,
            } => {
                let step = Move::after(answer, due);
                let objection = Objection::after(answer, due);
                let ends = step.end().into_iter().chain(objection.end());
                self.agenda.extend(ends.map(|at| (at, key.clone())));
                self.capture_hold(authorization, step, *cents);
                let capture = Known::Capture {
                    authorization: authorization.clone(),
                    cents: *cents,
                    refunded: Cents::ZERO,
                    step,
                    objection,
                };
                self.known.insert(key.clone(), capture);
            }
            Operation::Void { authorization } => {
                self.let_go(authorization);
                self.known.insert(
                    key.clone(),
                    Known::Void {
                        authorization: authorization.clone(),
                        answer: answer.clone(),
                    },
                );
            }
            Operation::Refund { capture, cents } => {
                let step = Move::after(answer, None);
                if let Move::Done = step {
                    self.refund(capture, *cents);
                }
                let refund = Known::Refund {
                    capture: capture.clone(),
                    cents: *cents,
                    step,
                };
                self.known.insert(key.clone(), refund);
            }
            Operation::Charge { card, cents } => {
                let objection = Objection::after(answer, due);
                let ends = objection.end().map(|at| (at, key.clone()));
                self.agenda.extend(ends);
                let charge = Known::Charge {
                    card: card.clone(),
                    cents: *cents,
                    refunded: Cents::ZERO,
                    step: Move::after(answer, None),
                    objection,
                };
                self.known.insert(key.clone(), charge);
            }
        }
    }

    fn apply_settled(&mut self, at: At, key: &CallKey, answer: &Answer) {
        match self.known.get_mut(key) {
            Some(Known::Authorization { hold, .. }) => {
                let before = std::mem::replace(hold, Hold::after(answer, None));
                let after = *hold;
                self.forget(key, before);
                self.remind(key, after);
            }
            Some(Known::Capture {
                authorization,
                cents,
                step,
                ..
            }) => {
                let before = std::mem::replace(step, Move::after(answer, None));
                let (authorization, step, cents) = (authorization.clone(), *step, *cents);
                if let Some(at) = before.end() {
                    self.agenda.remove(&(at, key.clone()));
                }
                self.capture_hold(&authorization, step, cents);
            }
            Some(Known::Payout { step, .. }) => {
                let before = std::mem::replace(step, Sending::after(answer, None));
                if let Some(at) = before.end() {
                    self.agenda.remove(&(at, key.clone()));
                }
            }
            _ => {}
        }
        self.tell(at, key, News::Answer(answer.clone()));
    }

    fn entered(&mut self, at: At, id: &str, method: &Method) {
        let Some(setup) = self.setups.get_mut(id) else {
            return;
        };
        setup.entered = Some(method.clone());
        let key = CallKey::of_setup(setup.person, setup.kind);
        self.tell(at, &key, News::Method(method.clone()));
    }

    fn tell(&mut self, at: At, key: &CallKey, news: News) {
        let key = key.clone();
        self.told.push(Told { at, key, news });
    }

    fn apply_payout(&mut self, payout: &Payout, answer: PayoutAnswer, due: Option<At>) {
        let step = Sending::after(&answer.into(), due);
        self.silent_tries.remove(&payout.key);
        self.agenda
            .extend(step.end().map(|at| (at, payout.key.clone())));
        let known = Known::Payout {
            account: payout.account.clone(),
            cents: payout.cents,
            step,
        };
        self.known.insert(payout.key.clone(), known);
    }

    /// Moves what the bank does about a charge on, and tells it.
    fn object(&mut self, at: At, key: &CallKey, next: impl FnOnce(Objection) -> Objection) {
        let known = self.known.get_mut(key);
        let Some(objection) = known.and_then(Known::objection_mut) else {
            return;
        };
        let before = *objection;
        let after = next(before);
        *objection = after;
        if let Some(due) = before.end() {
            self.agenda.remove(&(due, key.clone()));
        }
        self.agenda
            .extend(after.end().map(|due| (due, key.clone())));
        if let Some(told) = after.told(key) {
            self.tell(at, key, News::Chargeback(told));
        }
    }

    /// What the bank does about a charge when its time has come: takes what was not sent back, or decides.
    fn objected(&self, key: &CallKey, known: &Known, now: At, tuning: &Tuning) -> Fact {
        let (cents, card) = match known {
            Known::Capture {
                authorization,
                cents,
                refunded,
                ..
            } => (*cents - *refunded, self.card(authorization)),
            Known::Charge {
                card,
                cents,
                refunded,
                ..
            } => (*cents - *refunded, Some(card)),
            _ => (Cents::ZERO, None),
        };
        let decides = match card.and_then(CardScript::of).map(|script| script.bank) {
            Some(Bank::Objects(verdict)) => verdict,
            Some(Bank::Content) | None => None,
        };
        let key = key.clone();
        if matches!(known.objection(), Objection::Open { .. }) {
            let won = decides.unwrap_or_default();
            return Fact::Judged { key, won };
        }
        Fact::TakenBack {
            key,
            cents,
            fee: tuning.chargeback_fee_cents,
            verdict: decides.map(|_| now.plus(tuning.verdict_ms)),
        }
    }

    /// Sends back what was captured; where nothing is left of it, the bank has nothing to take.
    fn refund(&mut self, capture: &CallKey, cents: Cents) {
        let Some(
            Known::Capture {
                cents: captured,
                refunded,
                objection,
                ..
            }
            | Known::Charge {
                cents: captured,
                refunded,
                objection,
                ..
            },
        ) = self.known.get_mut(capture)
        else {
            return;
        };
        *refunded += cents;
        if *refunded == *captured
            && let Objection::Coming { due } = *objection
        {
            *objection = Objection::None;
            self.agenda.remove(&(due, capture.clone()));
        }
    }

    fn capture_hold(&mut self, authorization: &CallKey, step: Move, cents: Cents) {
        let Some(Known::Authorization { hold, .. }) = self.known.get_mut(authorization) else {
            return;
        };
        let (Hold::Open { capture_before, .. } | Hold::Capturing { capture_before }) = *hold else {
            return;
        };
        let before = *hold;
        *hold = match step {
            Move::Done => Hold::Captured {
                capture_before,
                cents,
            },
            Move::Late { .. } => Hold::Capturing { capture_before },
            Move::Declined(_) => return,
        };
        self.forget(authorization, before);
    }

    fn let_go(&mut self, authorization: &CallKey) {
        let known = self
            .known
            .entry(authorization.clone())
            .or_insert(Known::Tombstone);
        if let Known::Authorization { hold, .. } = known
            && matches!(
                hold,
                Hold::AwaitsCustomer | Hold::Late { .. } | Hold::Open { .. }
            )
        {
            let before = std::mem::replace(hold, Hold::Gone);
            self.forget(authorization, before);
        }
    }

    fn remind(&mut self, key: &CallKey, hold: Hold) {
        self.agenda.extend(hold.end().map(|at| (at, key.clone())));
    }

    fn forget(&mut self, key: &CallKey, hold: Hold) {
        if let Some(at) = hold.end() {
            self.agenda.remove(&(at, key.clone()));
        }
    }
}
