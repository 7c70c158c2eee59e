//! Decides what the bank does with the first try of a call, from the test card's script and the bank's state.
//!
//! Must not: change the state, except the count of lost answers; it returns the fact that the bank then folds.

use campusg_domain::{
    call::{Answer, CardToken, Decline},
    money::Cents,
    time::At,
};

use super::fact::{Fact, Misuse};
use super::known::{Hold, Known, Move};
use super::script::{Behaviour, CardScript, Issuer};
use super::state::State;
use super::tuning::Tuning;
use campusg_domain::gateway::{CallKey, Operation, Request};

const MAX_KEY_BYTES: usize = 200;

/// The fact to record for a try, if there is one, and the answer to give.
#[derive(Debug)]
pub(super) struct Decision<A> {
    pub fact: Option<Fact>,
    pub answer: A,
    pub slow: bool,
}

/// What the bank does with a first try.
struct Course {
    /// The answer that is recorded; `None`: nothing was done.
    done: Option<Answer>,
    due: Option<At>,
}

impl Course {
    /// Nothing is done, and the caller gets no answer.
    const NOTHING: Self = Self {
        done: None,
        due: None,
    };

    const fn done(answer: Answer) -> Self {
        Self {
            done: Some(answer),
            due: None,
        }
    }

    /// Sets when the customer's bank takes the charge back, if the card's bank objects to charges.
    fn objected(mut self, issuer: Issuer, now: At, tuning: &Tuning) -> Self {
        if matches!(
            (&self.done, issuer),
            (Some(Answer::Captured { .. }), Issuer::Objects(_))
        ) {
            self.due = Some(now.plus(tuning.chargeback_ms));
        }
        self
    }
}

/// Decides one try of a call that is made with `card`; `None`: the bank does not know whose card it is.
///
/// # Errors
/// The first of [`Misuse`] that applies, in its order.
pub(super) fn call(
    state: &mut State,
    request: &Request,
    card: Option<&CardToken>,
    now: At,
    tuning: &Tuning,
) -> Result<Decision<Answer>, Misuse> {
    check(request)?;
    let script = card.and_then(state.scripts.card);
    let slow = script.is_some_and(|script| script.slow);
    let said = |answer| Decision {
        fact: None,
        answer,
        slow,
    };
    let repeated = state.repeat(&request.key, &request.operation)?;
    let unheard = match script.map(|script| script.of(&request.operation)) {
        Some(Behaviour::LoseAnswers(tries)) => state.is_unheard(&request.key, Some(tries)),
        Some(Behaviour::Down(tries)) if !state.is_done(&request.key) => {
            if state.is_unheard(&request.key, tries) {
                return Ok(said(Answer::Unavailable));
            }
            false
        }
        _ => false,
    };
    let heard = |answer| {
        if unheard { Answer::Unavailable } else { answer }
    };
    if let Some(answer) = repeated {
        return Ok(said(heard(answer)));
    }
    let course = first_try(state, request, script, now, tuning)?;
    let answer = heard(course.done.clone().unwrap_or(Answer::Unavailable));
    let fact = course.done.map(|answer| Fact::Called {
        key: request.key.clone(),
        operation: request.operation.clone(),
        answer,
        due: course.due,
    });
    Ok(Decision { fact, answer, slow })
}

/// Decides what the customer's answer to the bank does to an authorisation; the same answer again changes nothing.
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
    let Some(Known::Authorization {
        card,
        cents,
        blocks,
        hold,
    }) = state.known.get(key)
    else {
        return Err(Misuse::NothingToConfirm);
    };
    if (state.scripts.card)(card).is_none_or(|script| script.authorize != Behaviour::AskCustomer) {
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
                cents: *blocks,
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

/// Lets go of an authorisation before it runs out.
///
/// # Errors
/// [`Misuse::NotAuthorized`] if it blocks nothing.
pub(super) fn lapse(state: &State, key: &CallKey) -> Result<Decision<()>, Misuse> {
    let Some(Known::Authorization {
        hold: Hold::Open { .. },
        ..
    }) = state.known.get(key)
    else {
        return Err(Misuse::NotAuthorized);
    };
    let fact = Some(Fact::Settled {
        key: key.clone(),
        answer: Answer::Declined {
            reason: Decline::Expired,
        },
    });
    Ok(Decision {
        fact,
        answer: (),
        slow: false,
    })
}

fn first_try(
    state: &State,
    request: &Request,
    script: Option<CardScript>,
    now: At,
    tuning: &Tuning,
) -> Result<Course, Misuse> {
    let (key, late) = (&request.key, now.plus(tuning.late_ms));
    let declined = |reason| Ok(Course::done(Answer::Declined { reason }));
    if charged_by(&request.operation).is_some_and(|cents| cents < tuning.least_charge_cents) {
        return Err(Misuse::BelowLeastCharge);
    }
    match &request.operation {
        Operation::Authorize { cents, .. } => {
            let Some(script) = script else {
                return declined(Decline::CardInvalid);
            };
            let blocked = match script.authorize {
                Behaviour::BlockLess => *cents - Cents(1),
                _ => *cents,
            };
            let success = Answer::Authorized {
                cents: blocked,
                capture_before: now.plus(tuning.capture_window_ms),
            };
            Ok(follow(state, key, script.authorize, success, late))
        }
        Operation::Capture {
            authorization,
            cents,
        } => {
            if !chargeable(state, authorization, *cents)? {
                return declined(Decline::Expired);
            }
            let script = script.ok_or(Misuse::NotAuthorized)?;
            let success = Answer::Captured { cents: *cents };
            let course = follow(state, key, script.capture, success, late);
            Ok(course.objected(script.issuer, now, tuning))
        }
        Operation::Void { authorization } => void(state, authorization),
        Operation::Refund { capture, cents } => {
            if !refundable(state, capture, *cents)? {
                return declined(Decline::Declined);
            }
            let script = script.ok_or(Misuse::UnknownCapture)?;
            let success = Answer::Refunded { cents: *cents };
            Ok(follow(state, key, script.refund, success, late))
        }
        Operation::Charge { cents, .. } => {
            let Some(script) = script else {
                return declined(Decline::CardInvalid);
            };
            let success = Answer::Captured { cents: *cents };
            let course = follow(state, key, script.charge, success, late);
            Ok(course.objected(script.issuer, now, tuning))
        }
    }
}

/// Decides a void. What was captured stays captured, and the answer says so; while a capture is under way there is no
/// answer, and the caller has to ask again.
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

/// What the bank does with a first try whose answer is not lost.
fn follow(state: &State, key: &CallKey, behaviour: Behaviour, success: Answer, due: At) -> Course {
    match behaviour {
        Behaviour::OnlyFirst if state.has_authorized(key.stream()) => {
            Course::done(Answer::Declined {
                reason: Decline::InsufficientFunds,
            })
        }
        Behaviour::Decline(reason) => Course::done(Answer::Declined { reason }),
        Behaviour::Succeed
        | Behaviour::OnlyFirst
        | Behaviour::BlockLess
        | Behaviour::LoseAnswers(_)
        | Behaviour::Down(_) => Course::done(success),
        Behaviour::AskCustomer => Course::done(Answer::ActionRequired {
            url: (state.scripts.confirmation)(key),
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

/// Whether an authorisation can be captured; `false` if it was voided or has run out.
fn chargeable(state: &State, authorization: &CallKey, cents: Cents) -> Result<bool, Misuse> {
    match state.known.get(authorization) {
        Some(Known::Tombstone) => Ok(false),
        Some(Known::Authorization { blocks, hold, .. }) => match hold {
            Hold::Open { .. } if cents > *blocks => Err(Misuse::ExceedsAuthorized),
            Hold::Open { .. } => Ok(true),
            Hold::Capturing { .. } | Hold::Captured { .. } => Err(Misuse::AlreadyCaptured),
            Hold::Gone | Hold::RanOut => Ok(false),
            Hold::AwaitsCustomer | Hold::Late { .. } | Hold::Declined(_) => {
                Err(Misuse::NotAuthorized)
            }
        },
        _ => Err(Misuse::UnknownAuthorization),
    }
}

/// Whether a capture can be refunded; `false` if the bank took the charge back, so the customer has the money already.
fn refundable(state: &State, capture: &CallKey, cents: Cents) -> Result<bool, Misuse> {
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
    Ok(!objection.taken().0.is_positive())
}

impl State {
    /// The card behind an authorisation, a charge or a capture; `None` if the bank does not know the key.
    pub(super) fn card(&self, key: &CallKey) -> Option<&CardToken> {
        match self.known.get(key) {
            Some(Known::Authorization { card, .. } | Known::Charge { card, .. }) => Some(card),
            Some(Known::Capture { authorization, .. }) => self.card(authorization),
            _ => None,
        }
    }

    /// The card that a call is made with; `None` if the bank does not know what the call refers to.
    pub(super) fn card_of<'a>(&'a self, operation: &'a Operation) -> Option<&'a CardToken> {
        match operation {
            Operation::Authorize { card, .. } | Operation::Charge { card, .. } => Some(card),
            Operation::Capture {
                authorization: named,
                ..
            }
            | Operation::Void {
                authorization: named,
            }
            | Operation::Refund { capture: named, .. } => self.card(named),
        }
    }

    /// Whether the bank has done something under this key. A void that came before its authorisation does not count.
    pub(super) fn is_done(&self, key: &CallKey) -> bool {
        let known = self.known.get(key);
        known.is_some_and(|known| !matches!(known, Known::Tombstone))
    }
}

/// What a card will be charged by the call, or at most by its authorisation; `None` where nothing is charged.
const fn charged_by(operation: &Operation) -> Option<Cents> {
    match operation {
        Operation::Authorize { cents, .. }
        | Operation::Capture { cents, .. }
        | Operation::Charge { cents, .. } => Some(*cents),
        Operation::Void { .. } | Operation::Refund { .. } => None,
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
