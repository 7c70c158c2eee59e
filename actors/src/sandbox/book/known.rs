//! What the book knows under a key, and what that is worth as an answer.
//!
//! Must not: change by itself; the state moves it from one standing to the next.

use campusg_domain::{
    call::{Answer, CardToken, Decline},
    money::Cents,
    time::At,
};

use crate::port::gateway::{CallKey, Operation};

/// Where an authorisation stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hold {
    AwaitsCustomer,
    Late { due: At },
    Open { capture_before: At },
    Capturing { capture_before: At },
    Captured { capture_before: At },
    Gone,
    Declined(Decline),
}

/// Where a capture, refund or payout stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Move {
    Done,
    Late { due: At },
    Declined(Decline),
}

/// What is known under a key.
#[derive(Clone, Debug)]
pub(super) enum Known {
    Authorization {
        card: CardToken,
        cents: Cents,
        hold: Hold,
    },
    /// Voided before it came.
    Tombstone,
    Capture {
        authorization: CallKey,
        cents: Cents,
        refunded: Cents,
        step: Move,
    },
    Void {
        authorization: CallKey,
    },
    Refund {
        capture: CallKey,
        cents: Cents,
        step: Move,
    },
    Payout {
        cents: Cents,
        step: Move,
    },
    Charge {
        cents: Cents,
        step: Move,
    },
}

impl Hold {
    /// After an authorisation was answered so; `due` is that of a late one.
    pub fn after(answer: &Answer, due: Option<At>) -> Self {
        match (answer, due) {
            (Answer::Authorized { capture_before, .. }, _) => Self::Open {
                capture_before: *capture_before,
            },
            (Answer::ActionRequired { .. }, _) => Self::AwaitsCustomer,
            (
                Answer::Declined {
                    reason: Decline::Expired,
                },
                _,
            ) => Self::Gone,
            (Answer::Declined { reason }, _) => Self::Declined(*reason),
            (_, Some(due)) => Self::Late { due },
            (_, None) => Self::Gone,
        }
    }

    /// When something is to happen by itself.
    pub const fn end(self) -> Option<At> {
        match self {
            Self::Late { due } => Some(due),
            Self::Open { capture_before } => Some(capture_before),
            _ => None,
        }
    }
}

impl Known {
    /// Whether a try under the same key is a try of this call; another card does not make it another call.
    pub fn is_about(&self, operation: &Operation) -> bool {
        match (self, operation) {
            (Self::Authorization { cents, .. }, Operation::Authorize { cents: asked, .. }) => {
                cents == asked
            }
            (Self::Tombstone, Operation::Authorize { .. }) => true,
            (
                Self::Capture {
                    authorization,
                    cents,
                    ..
                },
                Operation::Capture {
                    authorization: named,
                    cents: asked,
                },
            ) => cents == asked && authorization == named,
            (
                Self::Void { authorization },
                Operation::Void {
                    authorization: named,
                },
            ) => authorization == named,
            (
                Self::Refund { capture, cents, .. },
                Operation::Refund {
                    capture: named,
                    cents: asked,
                },
            ) => cents == asked && capture == named,
            (Self::Charge { cents, .. }, Operation::Charge { cents: asked, .. }) => cents == asked,
            _ => false,
        }
    }

    /// What this call is answered now; `None` for a payout, which has answers of its own.
    pub fn answer(&self, key: &CallKey) -> Option<Answer> {
        Some(match self {
            Self::Authorization { cents, hold, .. } => match *hold {
                Hold::AwaitsCustomer => Answer::ActionRequired {
                    url: confirmation_url(key),
                },
                Hold::Late { .. } => Answer::Unavailable,
                Hold::Open { capture_before }
                | Hold::Capturing { capture_before }
                | Hold::Captured { capture_before } => Answer::Authorized {
                    cents: *cents,
                    capture_before,
                },
                Hold::Gone => Answer::Declined {
                    reason: Decline::Expired,
                },
                Hold::Declined(reason) => Answer::Declined { reason },
            },
            Self::Tombstone => Answer::Declined {
                reason: Decline::Expired,
            },
            Self::Capture { cents, step, .. } => step.answer(Answer::Captured { cents: *cents }),
            Self::Void { .. } => Answer::Voided,
            Self::Refund { cents, step, .. } => step.answer(Answer::Refunded { cents: *cents }),
            Self::Charge { cents, step } => step.answer(Answer::Captured { cents: *cents }),
            Self::Payout { .. } => return None,
        })
    }
}

impl Move {
    /// After a capture or refund was answered so; `due` is that of a late one.
    pub fn after(answer: &Answer, due: Option<At>) -> Self {
        match answer {
            Answer::Captured { .. } | Answer::Refunded { .. } => Self::Done,
            Answer::Declined { reason } => Self::Declined(*reason),
            _ => Self::Late {
                due: due.unwrap_or_default(),
            },
        }
    }

    /// When something is to happen by itself.
    pub const fn end(self) -> Option<At> {
        match self {
            Self::Late { due } => Some(due),
            _ => None,
        }
    }

    fn answer(self, done: Answer) -> Answer {
        match self {
            Self::Done => done,
            Self::Late { .. } => Answer::Unavailable,
            Self::Declined(reason) => Answer::Declined { reason },
        }
    }
}

/// Where a customer confirms a call: a page that the server in front of the sandbox serves.
pub(super) fn confirmation_url(key: &CallKey) -> String {
    format!("/sandbox/confirm/{key}")
}
