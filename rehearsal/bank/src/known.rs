//! What the bank has recorded under each key, and the answer that follows from it.
//!
//! Must not: change by itself; the state moves it from one stage to the next.

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

/// The stage of an authorisation.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hold {
    AwaitsCustomer,
    Late {
        due: At,
    },
    /// Blocks its amount until `until`: there the bank lets it go early, or it runs out if that is `capture_before`.
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
    /// Nobody captured it or let go of it until `capture_before`.
    RanOut,
    Declined(Decline),
}

/// The stage of a capture, charge or refund.
#[derive(Clone, Copy, Debug)]
pub(super) enum Move {
    Done,
    Late { due: At },
    Declined(Decline),
}

/// The stage of a payout.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sending {
    /// Paid; the account sends it back at `back`, if at all.
    Done {
        back: Option<At>,
    },
    /// Not answered yet; decided at `due`.
    Late {
        due: At,
    },
    Declined(Decline),
    SentBack,
}

/// The stage of the chargeback of a charge: what the customer's bank does about it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Objection {
    None,
    /// The bank will take the charge back at `due`.
    Coming {
        due: At,
    },
    /// The bank has taken the charge back, and decides about it at `verdict`; `None`: never.
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

/// What the bank has recorded under a key.
#[derive(Clone, Debug)]
pub(super) enum Known {
    Authorization {
        card: CardToken,
        /// The amount that was asked for.
        cents: Cents,
        /// The amount that the bank blocks while the authorisation is open.
        blocks: Cents,
        hold: Hold,
    },
    /// An authorisation or a charge that was voided before it arrived; it will be declined.
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
    /// The stage after the first answer; `due` is when a late authorisation is decided, or an open one is let go of early.
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

    /// When a late one is decided, or an open one is let go of early; `None` if neither is to come.
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

    /// When it runs out by itself; `None` if it is not open, or is let go of before.
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
    /// Whether a try under this key repeats the recorded call. Another card does not make it another call.
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

    /// The answer to a repeat of this call, as things stand now.
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

    /// The stage of the chargeback; `None` for what is no charge.
    pub fn objection(&self) -> Objection {
        match self {
            Self::Capture { objection, .. } | Self::Charge { objection, .. } => *objection,
            _ => Objection::None,
        }
    }

    /// The stage of the chargeback, to be changed; nothing for what is no charge.
    pub fn objection_mut(&mut self) -> Option<&mut Objection> {
        match self {
            Self::Capture { objection, .. } | Self::Charge { objection, .. } => Some(objection),
            _ => None,
        }
    }
}

impl Sending {
    /// The stage after the first answer; `due` is when a late payout is decided, or a paid one comes back.
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

    /// When a late payout is decided, or a paid one comes back; `None` if nothing follows.
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
    /// The stage after the charge's first answer; `due` is when the bank takes the charge back.
    pub const fn after(answer: &Answer, due: Option<At>) -> Self {
        match (answer, due) {
            (Answer::Captured { .. }, Some(due)) => Self::Coming { due },
            _ => Self::None,
        }
    }

    /// When the bank takes the charge back or decides about it; `None` if nothing follows.
    pub const fn end(self) -> Option<At> {
        match self {
            Self::Coming { due } => Some(due),
            Self::Open { verdict, .. } => verdict,
            Self::None | Self::Decided { .. } => None,
        }
    }

    /// The cents of the charge that the bank has taken back now, and its fee.
    pub const fn taken(self) -> (Cents, Cents) {
        match self {
            Self::None | Self::Coming { .. } => (Cents::ZERO, Cents::ZERO),
            Self::Open { cents, fee, .. } => (cents, fee),
            Self::Decided { fee, won: true, .. } => (Cents::ZERO, fee),
            Self::Decided { cents, fee, .. } => (cents, fee),
        }
    }

    /// The chargeback as events and look-ups report it; `None` before the bank has taken anything.
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
    /// The stage after the first answer; `due` is when a late one is decided.
    pub fn after(answer: &Answer, due: Option<At>) -> Self {
        match answer {
            Answer::Captured { .. } | Answer::Refunded { .. } => Self::Done,
            Answer::Declined { reason } => Self::Declined(*reason),
            _ => Self::Late {
                due: due.unwrap_or_default(),
            },
        }
    }

    /// When a late one is decided; `None` if it is decided.
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
