//! The book's memory: a fold of its facts, and what follows from it for the next call.
//!
//! Must not: read a clock, touch the file, or change by anything but [`State::apply`] (bar the count of silent tries,
//! which need not survive).
//! Invariants: each authorisation is captured at most once; refunds never exceed their capture; a voided
//! authorisation never blocks money, whether it came before or after the void.

use std::collections::{BTreeSet, HashMap};

use campusg_domain::{
    call::{Answer, Decline},
    money::Cents,
    time::At,
};

use super::fact::{BookLine, Fact, Misuse, Totals};
use super::known::{Hold, Known, Move};
use crate::port::gateway::{CallKey, Operation, Payout, PayoutAnswer};

/// An event as the book keeps it; its id is its place, counted from 1.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub at: At,
    pub key: CallKey,
    pub answer: Answer,
}

/// Everything the gateway knows.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) known: HashMap<CallKey, Known>,
    // Invariant: holds exactly the late calls by their due time and the open authorisations by their end.
    agenda: BTreeSet<(At, CallKey)>,
    pub(super) told: Vec<Told>,
    pub(super) silent_tries: HashMap<CallKey, u32>,
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
            Fact::PaidOut { payout, answer } => self.apply_payout(payout, *answer),
        }
    }

    /// What is due at `now`, first things first; the caller applies each before asking for the next.
    pub fn due(&self, now: At, capture_window_ms: u64) -> Option<Fact> {
        let (at, key) = self.agenda.first()?;
        if *at > now {
            return None;
        }
        let answer = match self.known.get(key)? {
            Known::Authorization {
                cents,
                hold: Hold::Late { .. },
                ..
            } => Answer::Authorized {
                cents: *cents,
                capture_before: now.plus(capture_window_ms),
            },
            Known::Capture { cents, .. } => Answer::Captured { cents: *cents },
            _ => Answer::Declined {
                reason: Decline::Expired,
            },
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
            Ok(known.answer(key))
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
                    ..
                }
                | Known::Charge {
                    cents,
                    step: Move::Done,
                } => totals.captured += *cents,
                Known::Refund {
                    cents,
                    step: Move::Done,
                    ..
                } => totals.refunded += *cents,
                Known::Payout {
                    cents,
                    step: Move::Done,
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
                self.agenda.extend(step.end().map(|at| (at, key.clone())));
                self.capture_hold(authorization, step);
                let capture = Known::Capture {
                    authorization: authorization.clone(),
                    cents: *cents,
                    refunded: Cents::ZERO,
                    step,
                };
                self.known.insert(key.clone(), capture);
            }
            Operation::Void { authorization } => {
                self.let_go(authorization);
                self.known.insert(
                    key.clone(),
                    Known::Void {
                        authorization: authorization.clone(),
                    },
                );
            }
            Operation::Refund { capture, cents } => {
                let step = Move::after(answer, None);
                if let (Move::Done, Some(Known::Capture { refunded, .. })) =
                    (step, self.known.get_mut(capture))
                {
                    *refunded += *cents;
                }
                let refund = Known::Refund {
                    capture: capture.clone(),
                    cents: *cents,
                    step,
                };
                self.known.insert(key.clone(), refund);
            }
            Operation::Charge { cents, .. } => {
                let step = Move::after(answer, None);
                let cents = *cents;
                self.known
                    .insert(key.clone(), Known::Charge { cents, step });
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
                step,
                ..
            }) => {
                let before = std::mem::replace(step, Move::after(answer, None));
                let (authorization, step) = (authorization.clone(), *step);
                if let Some(at) = before.end() {
                    self.agenda.remove(&(at, key.clone()));
                }
                self.capture_hold(&authorization, step);
            }
            _ => {}
        }
        self.told.push(Told {
            at,
            key: key.clone(),
            answer: answer.clone(),
        });
    }

    fn apply_payout(&mut self, payout: &Payout, answer: PayoutAnswer) {
        let step = match answer {
            PayoutAnswer::Declined { reason } => Move::Declined(reason),
            PayoutAnswer::PaidOut { .. } | PayoutAnswer::Unavailable => Move::Done,
        };
        self.silent_tries.remove(&payout.key);
        self.known.insert(
            payout.key.clone(),
            Known::Payout {
                cents: payout.cents,
                step,
            },
        );
    }

    fn capture_hold(&mut self, authorization: &CallKey, step: Move) {
        let Some(Known::Authorization { hold, .. }) = self.known.get_mut(authorization) else {
            return;
        };
        let (Hold::Open { capture_before } | Hold::Capturing { capture_before }) = *hold else {
            return;
        };
        let before = *hold;
        *hold = match step {
            Move::Done => Hold::Captured { capture_before },
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
