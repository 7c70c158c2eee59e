//! What the bank knows under a key, and what that is worth as an answer.
//!
//! Must not: change by itself; the state moves it from one standing to the next.

use campusg_domain::{
    call::{Answer, CardToken, Decline},
    money::Cents,
    time::At,
};

use campusg_domain::{
    call::AccountToken,
    gateway::{CallKey, Chargeback, Operation},
    owner::wallet::ChargebackStage,
};

/// Where an authorisation stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hold {
    AwaitsCustomer,
    Late {
        due: At,
    },
    /// The bank may let it go before it has to.
    Open {
        capture_before: At,
        until: At,
    },
    Capturing {
        capture_before: At,
    },
    Captured {
        capture_before: At,
        cents: Cents,
    },
    Gone,
    /// Nobody captured it or let go of it in time.
    RanOut,
    Declined(Decline),
}

/// Where a capture, charge or refund stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Move {
    Done,
    Late { due: At },
    Declined(Decline),
}

/// Where a payout stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sending {
    /// Paid; it comes back at `back`, if at all.
    Done {
        back: Option<At>,
    },
    /// Decided at `due`.
    Late {
        due: At,
    },
    Declined(Decline),
    SentBack,
}

/// What the customer's bank does about a charge.
#[derive(Clone, Copy, Debug)]
pub(super) enum Objection {
    None,
    /// It takes the charge back at `due`.
    Coming {
        due: At,
    },
    /// It has, and decides at `verdict`, if ever.
    Open {
        cents: Cents,
        fee: Cents,
        verdict: Option<At>,
    },
    Decided {
        cents: Cents,
        fee: Cents,
        won: bool,
    },
}

/// What is known under a key.
#[derive(Clone, Debug)]
pub(super) enum Known {
    Authorization {
        card: CardToken,
        /// What was asked.
        cents: Cents,
        /// What the bank blocks, if it does.
        blocks: Cents,
        hold: Hold,
    },
    /// An authorisation or a charge that was voided before it came.
    Tombstone,
    Capture {
        authorization: CallKey,
        cents: Cents,
        refunded: Cents,
        step: Move,
        objection: Objection,
    },
    Void {
        authorization: CallKey,
        answer: Answer,
    },
    Refund {
        capture: CallKey,
        cents: Cents,
        step: Move,
    },
    Payout {
        account: AccountToken,
        cents: Cents,
        step: Sending,
    },
    Charge {
        card: CardToken,
        cents: Cents,
        refunded: Cents,
        step: Move,
        objection: Objection,
    },
}

impl Hold {
    /// After an authorisation was answered so; `due` is when a late one is decided, or when the bank lets it go.
    pub fn after(answer: &Answer, due: Option<At>) -> Self {
        match (answer, due) {
            (Answer::Authorized { capture_before, .. }, _) => Self::Open {
                capture_before: *capture_before,
                until: due.unwrap_or(*capture_before),
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

    /// When it is decided, or the bank lets it go before its time.
    pub fn due(self) -> Option<At> {
        match self {
            Self::Late { due } => Some(due),
            Self::Open {
                capture_before,
                until,
            } => (until < capture_before).then_some(until),
            _ => None,
        }
    }

    /// When it runs out.
    pub fn runs_out(self) -> Option<At> {
        match self {
            Self::Open {
                capture_before,
                until,
            } => (until >= capture_before).then_some(until),
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
            (Self::Tombstone, Operation::Authorize { .. } | Operation::Charge { .. }) => true,
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
                Self::Void { authorization, .. },
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

    /// What this call is answered now.
    pub fn answer(&self, key: &CallKey, confirmation: fn(&CallKey) -> String) -> Answer {
        match self {
            Self::Authorization { blocks, hold, .. } => match *hold {
                Hold::AwaitsCustomer => Answer::ActionRequired {
                    url: confirmation(key),
                },
                Hold::Late { .. } => Answer::Unavailable,
                Hold::Open { capture_before, .. }
                | Hold::Capturing { capture_before }
                | Hold::Captured { capture_before, .. } => Answer::Authorized {
                    cents: *blocks,
                    capture_before,
                },
                Hold::Gone | Hold::RanOut => Answer::Declined {
                    reason: Decline::Expired,
                },
                Hold::Declined(reason) => Answer::Declined { reason },
            },
            Self::Tombstone => Answer::Declined {
                reason: Decline::Expired,
            },
            Self::Capture { cents, step, .. } => step.answer(Answer::Captured { cents: *cents }),
            Self::Void { answer, .. } => answer.clone(),
            Self::Refund { cents, step, .. } => step.answer(Answer::Refunded { cents: *cents }),
            Self::Charge { cents, step, .. } => step.answer(Answer::Captured { cents: *cents }),
            Self::Payout { cents, step, .. } => step.answer(*cents),
        }
    }

    /// What the bank did about this charge.
    pub fn objection(&self) -> Objection {
        match self {
            Self::Capture { objection, .. } | Self::Charge { objection, .. } => *objection,
            _ => Objection::None,
        }
    }

    /// The same, to be changed.
    pub fn objection_mut(&mut self) -> Option<&mut Objection> {
        match self {
            Self::Capture { objection, .. } | Self::Charge { objection, .. } => Some(objection),
            _ => None,
        }
    }
}

impl Sending {
    /// After a payout was answered so; `due` is when a late one is decided, or when it comes back.
    pub fn after(answer: &Answer, due: Option<At>) -> Self {
        match (answer, due) {
            (Answer::PaidOut { .. }, back) => Self::Done { back },
            (Answer::SentBack { .. }, _) => Self::SentBack,
            (Answer::Declined { reason }, _) => Self::Declined(*reason),
            (_, due) => Self::Late {
                due: due.unwrap_or_default(),
            },
        }
    }

    /// When something is to happen by itself.
    pub const fn end(self) -> Option<At> {
        match self {
            Self::Done { back } => back,
            Self::Late { due } => Some(due),
            Self::Declined(_) | Self::SentBack => None,
        }
    }

    const fn answer(self, cents: Cents) -> Answer {
        match self {
            Self::Done { .. } => Answer::PaidOut { cents },
            Self::Late { .. } => Answer::Unavailable,
            Self::Declined(reason) => Answer::Declined { reason },
            Self::SentBack => Answer::SentBack { cents },
        }
    }
}

impl Objection {
    /// After a charge was answered so; `due` is when the bank takes it back.
    pub const fn after(answer: &Answer, due: Option<At>) -> Self {
        match (answer, due) {
            (Answer::Captured { .. }, Some(due)) => Self::Coming { due },
            _ => Self::None,
        }
    }

    /// When something is to happen by itself.
    pub const fn end(self) -> Option<At> {
        match self {
            Self::Coming { due } => Some(due),
            Self::Open { verdict, .. } => verdict,
            Self::None | Self::Decided { .. } => None,
        }
    }

    /// What of the charge the bank has now, and what it took for that.
    pub const fn taken(self) -> (Cents, Cents) {
        match self {
            Self::None | Self::Coming { .. } => (Cents::ZERO, Cents::ZERO),
            Self::Open { cents, fee, .. } => (cents, fee),
            Self::Decided { fee, won: true, .. } => (Cents::ZERO, fee),
            Self::Decided { cents, fee, .. } => (cents, fee),
        }
    }

    /// As it is told of the charge under `key`.
    pub fn told(self, key: &CallKey) -> Option<Chargeback> {
        let (cents, fee, stage) = match self {
            Self::None | Self::Coming { .. } => return None,
            Self::Open { cents, fee, .. } => (cents, fee, ChargebackStage::Open),
            Self::Decided { cents, fee, won } => {
                let stage = if won {
                    ChargebackStage::Won
                } else {
                    ChargebackStage::Lost
                };
                (cents, fee, stage)
            }
        };
        Some(Chargeback {
            id: format!("{key}/chargeback"),
            cents,
            fee,
            stage,
        })
    }
}

impl Move {
    /// After a capture, charge or refund was answered so; `due` is that of a late one.
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
