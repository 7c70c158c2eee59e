//! The bank's state: a fold of its facts, and the answers and dates that follow from it.
//!
//! Must not: change except by [`State::apply`], apart from the count of lost answers, which need not survive a restart.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use campusg_domain::{
    call::{Answer, Decline},
    money::Cents,
    time::At,
};

use super::fact::{BookLine, Fact, Misuse, Setup, Totals};
use super::known::{Hold, Known, Move, Objection, Sending};
use super::payout::settled;
use super::script::{Issuer, Scripts};
use super::tuning::Tuning;
use campusg_domain::gateway::{CallKey, Method, News, Operation, Payout, PayoutAnswer, Standing};

/// An event as the bank keeps it. Its number is its position in the list, from 1.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub at: At,
    pub key: CallKey,
    pub news: News,
}

/// The whole state of the bank.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) scripts: Scripts,
    // In the order of the keys, so that those of one stream stand together.
    pub(super) known: BTreeMap<CallKey, Known>,
    // Invariant: holds exactly the late calls by their due time, the authorisations that the bank lets go of early by
    // when it does, the charges by when their bank takes them back or decides, and the payouts by when they come back.
    agenda: BTreeSet<(At, CallKey)>,
    // Invariant: holds exactly the other open authorisations, by when they run out.
    run_outs: BTreeSet<(At, CallKey)>,
    pub(super) told: Vec<Told>,
    unheard_tries: HashMap<CallKey, u32>,
    pub(super) setups: HashMap<String, Setup>,
    last_at: At,
    // How far the bank's clock is ahead of its caller's since it was opened, if it was used since.
    lead_ms: Option<u64>,
}

impl State {
    pub fn new(scripts: Scripts) -> Self {
        Self {
            scripts,
            known: BTreeMap::new(),
            agenda: BTreeSet::new(),
            run_outs: BTreeSet::new(),
            told: vec![],
            unheard_tries: HashMap::new(),
            setups: HashMap::new(),
            last_at: At(0),
            lead_ms: None,
        }
    }

    /// The bank's time, which never goes back: its clock goes on from its last fact, even if the caller's was set back.
    pub fn clock(&mut self, now: At) -> At {
        let last_at = self.last_at;
        let lead_ms = *self.lead_ms.get_or_insert_with(|| last_at.since(now));
        now.plus(lead_ms).max(last_at)
    }

    /// Folds one entry of the book.
    pub fn apply(&mut self, line: &BookLine) {
        self.last_at = line.at;
        match &line.fact {
            Fact::Called {
                key,
                operation,
                answer,
                due,
            } => {
                self.unheard_tries.remove(key);
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

    /// The earliest thing that is due at `now`, as a fact; the caller folds it before asking for the next.
    pub fn due(&self, now: At, tuning: &Tuning) -> Option<Fact> {
        let firsts = self.agenda.first().into_iter().chain(self.run_outs.first());
        let (at, key) = firsts.min()?;
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
            known => settled(known, self.scripts.account).unwrap_or(Answer::Declined {
                reason: Decline::Expired,
            }),
        };
        Some(Fact::Settled {
            key: key.clone(),
            answer,
        })
    }

    /// The recorded answer to a call whose key is known; `None` if this is the first try that counts.
    ///
    /// # Errors
    /// [`Misuse::KeyReused`] if the key belongs to another call.
    pub fn repeat(&self, key: &CallKey, operation: &Operation) -> Result<Option<Answer>, Misuse> {
        let Some(known) = self.known.get(key) else {
            return Ok(None);
        };
        if known.is_about(operation) {
            Ok(Some(known.answer(key, self.scripts.confirmation)))
        } else {
            Err(Misuse::KeyReused)
        }
    }

    /// Counts this try, and returns whether its answer is lost: one of the first `times`, or all if `None`.
    pub fn is_unheard(&mut self, key: &CallKey, times: Option<u32>) -> bool {
        let Some(times) = times else {
            return true;
        };
        // What was done was tried, also where the count did not survive.
        let before = u32::from(self.is_done(key));
        let tries = self.unheard_tries.entry(key.clone()).or_insert(before);
        *tries += 1;
        *tries <= times
    }

    /// Whether an authorisation was requested in this stream before.
    pub fn has_authorized(&self, stream: &str) -> bool {
        let mut known = self.of_stream(stream);
        known.any(|(_, known)| matches!(known, Known::Authorization { .. }))
    }

    /// The calls of one stream (as `order:{id}`), in the order of their keys.
    fn of_stream(&self, stream: &str) -> impl Iterator<Item = (&CallKey, &Known)> {
        let from = CallKey::from(stream);
        self.known
            .range(from..)
            .take_while(move |(key, _)| key.as_str().starts_with(stream))
            .filter(move |(key, _)| key.stream() == stream)
    }

    /// When the next thing is due by itself, other than an authorisation that runs out; `None`: nothing is.
    pub fn next_due(&self) -> Option<At> {
        self.agenda.first().map(|(at, _)| *at)
    }

    /// Authorisations that were neither captured nor let go of, with the cents that they block or blocked until they ran out.
    pub fn holds(&self) -> impl Iterator<Item = (&CallKey, Cents)> {
        self.known.iter().filter_map(|(key, known)| match known {
            Known::Authorization {
                blocks,
                hold: Hold::Open { .. } | Hold::RanOut,
                ..
            } => Some((key, *blocks)),
            _ => None,
        })
    }

    /// Whether the authorisation under this key ran out before it was captured or let go of.
    pub fn ran_out(&self, key: &CallKey) -> bool {
        let hold = match self.known.get(key) {
            Some(Known::Authorization { hold, .. }) => *hold,
            _ => return false,
        };
        matches!(hold, Hold::RanOut)
    }

    /// Number of calls that are decided, each counted once.
    pub fn executed(&self) -> u64 {
        let decided = self.known.values().filter(|known| {
            let open = matches!(
                known,
                Known::Tombstone
                    | Known::Authorization {
                        hold: Hold::AwaitsCustomer | Hold::Late { .. },
                        ..
                    }
                    | Known::Capture {
                        step: Move::Late { .. },
                        ..
                    }
                    | Known::Payout {
                        step: Sending::Late { .. },
                        ..
                    }
            );
            !open
        });
        decided.count() as u64
    }

    /// The present answer to a call, and what the customer's bank did about the charge; `None` if the key is unknown.
    pub fn standing(&self, key: &CallKey) -> Option<Standing> {
        let known = self.known.get(key)?;
        Some(Standing {
            answer: known.answer(key, self.scripts.confirmation),
            chargeback: known.objection().told(key),
        })
    }

    /// The amount in cents that the customer is asked to confirm; `None` if they are not asked, or have answered.
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

    /// Sums over the calls of one stream, or of all.
    pub fn totals(&self, stream: Option<&str>) -> Totals {
        let mut totals = Totals::default();
        match stream {
            Some(stream) => self
                .of_stream(stream)
                .for_each(|(_, known)| totals.add(known)),
            None => self.known.values().for_each(|known| totals.add(known)),
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
                let known = Known::Authorization {
                    card: card.clone(),
                    cents: *cents,
                    blocks: blocked(answer).unwrap_or(*cents),
                    hold,
                };
                self.known.insert(key.clone(), known);
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
            Some(Known::Authorization { hold, blocks, .. }) => {
                let before = *hold;
                *hold = match before {
                    Hold::Open { capture_before, .. } if capture_before <= at => Hold::RanOut,
                    _ => Hold::after(answer, None),
                };
                let after = *hold;
                *blocks = blocked(answer).unwrap_or(*blocks);
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
        let key = setup.key.clone();
        self.tell(at, &key, News::Method(method.clone()));
    }

    fn tell(&mut self, at: At, key: &CallKey, news: News) {
        let key = key.clone();
        self.told.push(Told { at, key, news });
    }

    fn apply_payout(&mut self, payout: &Payout, answer: PayoutAnswer, due: Option<At>) {
        let step = Sending::after(&answer.into(), due);
        self.unheard_tries.remove(&payout.key);
        self.agenda
            .extend(step.end().map(|at| (at, payout.key.clone())));
        let known = Known::Payout {
            account: payout.account.clone(),
            cents: payout.cents,
            step,
        };
        self.known.insert(payout.key.clone(), known);
    }

    /// Moves a chargeback to its next stage, with its dates, and reports it by an event.
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

    /// What a customer's bank does at its date: takes back what was not refunded of a charge, or decides about it.
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
        let script = card.and_then(self.scripts.card);
        let decides = match script.map(|script| script.issuer) {
            Some(Issuer::Objects(verdict)) => verdict,
            Some(Issuer::Content) | None => None,
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

    /// Counts a refund; if nothing of the charge is left, the customer's bank has nothing to take back any more.
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
                Hold::AwaitsCustomer | Hold::Late { .. } | Hold::Open { .. } | Hold::RanOut
            )
        {
            let before = std::mem::replace(hold, Hold::Gone);
            self.forget(authorization, before);
        }
    }

    fn remind(&mut self, key: &CallKey, hold: Hold) {
        let at = |at| (at, key.clone());
        self.agenda.extend(hold.due().map(at));
        self.run_outs.extend(hold.runs_out().map(at));
    }

    fn forget(&mut self, key: &CallKey, hold: Hold) {
        if let Some(at) = hold.due() {
            self.agenda.remove(&(at, key.clone()));
        }
        if let Some(at) = hold.runs_out() {
            self.run_outs.remove(&(at, key.clone()));
        }
    }
}

const fn blocked(answer: &Answer) -> Option<Cents> {
    match answer {
        Answer::Authorized { cents, .. } => Some(*cents),
        _ => None,
    }
}

impl Totals {
    fn add(&mut self, known: &Known) {
        match known {
            Known::Authorization {
                blocks,
                hold: Hold::Open { .. } | Hold::Capturing { .. },
                ..
            } => {
                self.blocked += *blocks;
                self.open_authorizations += 1;
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
                self.captured += *cents;
                let (taken, fee) = objection.taken();
                self.taken_back += taken;
                self.fees += fee;
            }
            Known::Refund {
                cents,
                step: Move::Done,
                ..
            } => self.refunded += *cents,
            Known::Payout {
                cents,
                step: Sending::Done { .. },
                ..
            } => self.paid_out += *cents,
            _ => {}
        }
    }
}
