//! What the gateway does with a first try: the one place where a test card's script and the book's state meet.
//!
//! Must not: change the state (bar the count of silent tries) or write; it returns the fact that the book then folds.

use campusg_domain::{
    call::{Answer, CardToken, Decline},
    money::Cents,
    time::At,
};

use super::Tuning;
use super::fact::{Fact, Misuse};
use super::known::{Hold, Known, Move, confirmation_url};
use super::state::State;
use crate::card::{Bank, Behaviour, CardScript};
use campusg_domain::gateway::{CallKey, Operation, Request};

const MAX_KEY_BYTES: usize = 200;

/// What to write down for a try, and what to answer.
#[derive(Debug)]
pub(super) struct Decision<A> {
    pub fact: Option<Fact>,
    pub answer: A,
    pub slow: bool,
}

/// What becomes of one call under one behaviour.
struct Course {
    /// What the book keeps; `None`: nothing was done.
    done: Option<Answer>,
    due: Option<At>,
    /// Whether the caller hears nothing of it.
    lost: bool,
}

impl Course {
    /// Nothing was done, and the caller hears nothing.
    const NOTHING: Self = Self {
        done: None,
        due: None,
        lost: true,
    };

    const fn done(answer: Answer) -> Self {
        Self {
            done: Some(answer),
            due: None,
            lost: false,
        }
    }

    /// What of a charge the customer's bank takes back some time later.
    fn objected(mut self, bank: Bank, now: At, tuning: &Tuning) -> Self {
        if matches!(
            (&self.done, bank),
            (Some(Answer::Captured { .. }), Bank::Objects(_))
        ) {
            self.due = Some(now.plus(tuning.chargeback_ms));
        }
        self
    }
}

/// Decides a call.
///
/// # Errors
/// The first that applies, in the order of [`Misuse`].
pub(super) fn call(
    state: &mut State,
    request: &Request,
    now: At,
    tuning: &Tuning,
) -> Result<Decision<Answer>, Misuse> {
    check(request)?;
    let slow = is_slow(state, &request.operation);
    if let Some(answer) = state.repeat(&request.key, &request.operation)? {
        return Ok(Decision {
            fact: None,
            answer,
            slow,
        });
    }
    let course = first_try(state, request, now, tuning)?;
    let answer = match &course.done {
        Some(done) if !course.lost => done.clone(),
        _ => Answer::Unavailable,
    };
    let fact = course.done.map(|answer| Fact::Called {
        key: request.key.clone(),
        operation: request.operation.clone(),
        answer,
        due: course.due,
    });
    Ok(Decision { fact, answer, slow })
}

/// Decides what the customer's word to the bank does to an authorisation; a repeated word changes nothing.
///
/// # Errors
/// [`Misuse::NothingToConfirm`].
pub(super) fn confirm(
    state: &State,
    key: &CallKey,
    approve: bool,
    now: At,
    tuning: &Tuning,
) -> Result<Decision<Answer>, Misuse> {
    let Some(Known::Authorization { card, cents, hold }) = state.known.get(key) else {
        return Err(Misuse::NothingToConfirm);
    };
    if CardScript::of(card).is_none_or(|script| script.authorize != Behaviour::AskCustomer) {
        return Err(Misuse::NothingToConfirm);
    }
    let refused = Answer::Declined {
        reason: Decline::NotConfirmed,
    };
    let (fact, answer) = match (hold, approve) {
        (Hold::AwaitsCustomer, true) => {
            let capture_before = now.plus(tuning.capture_window_ms);
            (
                true,
                Answer::Authorized {
                    cents: *cents,
                    capture_before,
                },
            )
        }
        (Hold::AwaitsCustomer, false) => (true, refused),
        (
            Hold::Open { capture_before, .. }
            | Hold::Capturing { capture_before }
            | Hold::Captured { capture_before, .. },
            true,
        ) => (
            false,
            Answer::Authorized {
                cents: *cents,
                capture_before: *capture_before,
            },
        ),
        (Hold::Declined(_), false) => (false, refused),
        _ => return Err(Misuse::NothingToConfirm),
    };
    let fact = fact.then(|| Fact::Settled {
        key: key.clone(),
        answer: answer.clone(),
    });
    Ok(Decision {
        fact,
        answer,
        slow: false,
    })
}

fn first_try(
    state: &mut State,
    request: &Request,
    now: At,
    tuning: &Tuning,
) -> Result<Course, Misuse> {
    match &request.operation {
        Operation::Authorize { card, cents } => {
            let Some(script) = CardScript::of(card) else {
                return Ok(Course::done(Answer::Declined {
                    reason: Decline::CardInvalid,
                }));
            };
            let capture_before = now.plus(tuning.capture_window_ms);
            let success = Answer::Authorized {
                cents: *cents,
                capture_before,
            };
            Ok(follow(
                state,
                &request.key,
                script.authorize,
                success,
                now.plus(tuning.late_ms),
            ))
        }
        Operation::Capture {
            authorization,
            cents,
        } => {
            let script = match chargeable(state, authorization, *cents)? {
                Some(script) => script,
                None => {
                    return Ok(Course::done(Answer::Declined {
                        reason: Decline::Expired,
                    }));
                }
            };
            let success = Answer::Captured { cents: *cents };
            let late = now.plus(tuning.late_ms);
            let course = follow(state, &request.key, script.capture, success, late);
            Ok(course.objected(script.bank, now, tuning))
        }
        Operation::Void { authorization } => void(state, authorization),
        Operation::Refund { capture, cents } => {
            let Some(script) = refundable(state, capture, *cents)? else {
                return Ok(Course::done(Answer::Declined {
                    reason: Decline::Declined,
                }));
            };
            let success = Answer::Refunded { cents: *cents };
            Ok(follow(state, &request.key, script.refund, success, now))
        }
        Operation::Charge { card, cents } => {
            let course = charge(state, &request.key, card, *cents);
            let bank = CardScript::of(card).map_or(Bank::Content, |script| script.bank);
            Ok(course.objected(bank, now, tuning))
        }
    }
}

/// What was taken is not given back, and the caller is told; what is being taken has to be asked about again.
fn void(state: &State, named: &CallKey) -> Result<Course, Misuse> {
    let taken = |cents: &Cents| Course::done(Answer::Captured { cents: *cents });
    match state.known.get(named) {
        Some(Known::Authorization { hold, .. }) => Ok(match hold {
            Hold::Captured { cents, .. } => taken(cents),
            Hold::Capturing { .. } => Course::NOTHING,
            _ => Course::done(Answer::Voided),
        }),
        Some(Known::Charge { cents, step, .. }) => Ok(match step {
            Move::Done => taken(cents),
            Move::Late { .. } => Course::NOTHING,
            Move::Declined(_) => Course::done(Answer::Voided),
        }),
        None | Some(Known::Tombstone) => Ok(Course::done(Answer::Voided)),
        Some(_) => Err(Misuse::UnknownAuthorization),
    }
}

/// A charge blocks and takes at once: nobody is there to confirm, and what comes late is a first answer that is lost.
fn charge(state: &mut State, key: &CallKey, card: &CardToken, cents: Cents) -> Course {
    let behaviour = CardScript::of(card).map_or(
        Behaviour::Decline(Decline::CardInvalid),
        |script| match script.authorize {
            Behaviour::Succeed => script.capture,
            other => other,
        },
    );
    let behaviour = match behaviour {
        Behaviour::OnlyFirst => Behaviour::Decline(Decline::InsufficientFunds),
        Behaviour::AskCustomer => Behaviour::Decline(Decline::NotConfirmed),
        Behaviour::Late => Behaviour::LoseFirstAnswer,
        Behaviour::Lapse => Behaviour::Succeed,
        other => other,
    };
    follow(state, key, behaviour, Answer::Captured { cents }, At(0))
}

fn follow(
    state: &mut State,
    key: &CallKey,
    behaviour: Behaviour,
    success: Answer,
    due: At,
) -> Course {
    match behaviour {
        Behaviour::OnlyFirst if state.has_authorized(key.stream()) => {
            Course::done(Answer::Declined {
                reason: Decline::InsufficientFunds,
            })
        }
        Behaviour::Decline(reason) => Course::done(Answer::Declined { reason }),
        Behaviour::LoseFirstAnswer => Course {
            lost: true,
            ..Course::done(success)
        },
        Behaviour::Down(times) if state.is_silent(key, times) => Course::NOTHING,
        Behaviour::Succeed | Behaviour::OnlyFirst | Behaviour::Down(_) => Course::done(success),
        Behaviour::AskCustomer => Course::done(Answer::ActionRequired {
            url: confirmation_url(key),
        }),
        Behaviour::Late => Course {
            due: Some(due),
            ..Course::done(Answer::Unavailable)
        },
        Behaviour::Lapse => Course {
            due: Some(due),
            ..Course::done(success)
        },
    }
}

/// The script for a capture, or `None` if the authorisation is gone.
fn chargeable(
    state: &State,
    authorization: &CallKey,
    cents: Cents,
) -> Result<Option<CardScript>, Misuse> {
    match state.known.get(authorization) {
        Some(Known::Tombstone) => Ok(None),
        Some(Known::Authorization {
            card,
            cents: blocked,
            hold,
        }) => match hold {
            Hold::Open { .. } if cents > *blocked => Err(Misuse::ExceedsAuthorized),
            Hold::Open { .. } => CardScript::of(card).map(Some).ok_or(Misuse::NotAuthorized),
            Hold::Capturing { .. } | Hold::Captured { .. } => Err(Misuse::AlreadyCaptured),
            Hold::Gone => Ok(None),
            Hold::AwaitsCustomer | Hold::Late { .. } | Hold::Declined(_) => {
                Err(Misuse::NotAuthorized)
            }
        },
        _ => Err(Misuse::UnknownAuthorization),
    }
}

/// The script for a refund, or `None` if the bank took the charge back: the customer has the money already.
fn refundable(
    state: &State,
    capture: &CallKey,
    cents: Cents,
) -> Result<Option<CardScript>, Misuse> {
    let Some(
        Known::Capture {
            cents: captured,
            refunded,
            step: Move::Done,
            objection,
            ..
        }
        | Known::Charge {
            cents: captured,
            refunded,
            step: Move::Done,
            objection,
            ..
        },
    ) = state.known.get(capture)
    else {
        return Err(Misuse::UnknownCapture);
    };
    if *refunded + cents > *captured {
        return Err(Misuse::ExceedsCaptured);
    }
    if objection.taken().0.is_positive() {
        return Ok(None);
    }
    let script = state.card(capture).and_then(CardScript::of);
    script.map(Some).ok_or(Misuse::UnknownCapture)
}

fn is_slow(state: &State, operation: &Operation) -> bool {
    let card = match operation {
        Operation::Authorize { card, .. } | Operation::Charge { card, .. } => Some(card),
        Operation::Capture {
            authorization: named,
            ..
        }
        | Operation::Void {
            authorization: named,
        }
        | Operation::Refund { capture: named, .. } => state.card(named),
    };
    card.and_then(CardScript::of)
        .is_some_and(|script| script.slow)
}

impl State {
    /// The card that a call blocks or charges.
    pub(super) fn card(&self, key: &CallKey) -> Option<&CardToken> {
        match self.known.get(key) {
            Some(Known::Authorization { card, .. } | Known::Charge { card, .. }) => Some(card),
            Some(Known::Capture { authorization, .. }) => self.card(authorization),
            _ => None,
        }
    }

    /// Counts this try, and says whether it is one of those that are not answered.
    pub(super) fn is_silent(&mut self, key: &CallKey, times: Option<u32>) -> bool {
        let Some(times) = times else {
            return true;
        };
        let tries = self.silent_tries.entry(key.clone()).or_default();
        *tries += 1;
        *tries <= times
    }
}

fn check(request: &Request) -> Result<(), Misuse> {
    check_name(request.key.as_str())?;
    match &request.operation {
        Operation::Authorize { card, cents } | Operation::Charge { card, cents } => {
            check_name(&card.0)?;
            check_amount(*cents)
        }
        Operation::Capture {
            authorization: named,
            cents,
        }
        | Operation::Refund {
            capture: named,
            cents,
        } => {
            check_name(named.as_str())?;
            check_amount(*cents)
        }
        Operation::Void { authorization } => check_name(authorization.as_str()),
    }
}

pub(super) fn check_name(name: &str) -> Result<(), Misuse> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b":/_.-".contains(&byte);
    let well_formed = !name.is_empty() && name.len() <= MAX_KEY_BYTES && name.bytes().all(fits);
    if well_formed {
        Ok(())
    } else {
        Err(Misuse::MalformedKey)
    }
}

pub(super) fn check_amount(cents: Cents) -> Result<(), Misuse> {
    let in_range = cents.is_positive() && cents <= Cents::MAX_INPUT;
    if in_range {
        Ok(())
    } else {
        Err(Misuse::AmountOutOfRange)
    }
}
