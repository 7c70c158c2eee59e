//! What test cards and test accounts do.
//!
//! Must not: keep state; the bank counts and remembers.

use campusg_domain::{
    call::{AccountToken, CardToken, Decline},
    gateway::{CallKey, Operation},
};

/// What stands in front of a bank: what each card and account does, and where a customer confirms a call.
#[derive(Clone, Copy, Debug)]
pub struct Scripts {
    /// What a card does; `None`: there is no such card.
    pub card: fn(&CardToken) -> Option<CardScript>,
    /// What an account does; `None`: there is no such account.
    pub account: fn(&AccountToken) -> Option<AccountScript>,
    /// The address of the page where a customer confirms the call.
    pub confirmation: fn(&CallKey) -> String,
}

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// It is done.
    Succeed,
    /// It is refused.
    Decline(Decline),
    /// It is done at the first try, if it can be, and the answers to so many tries are lost, whatever they say.
    LoseAnswers(u32),
    /// Not answered so many times (for ever: `None`), and nothing is done.
    Down(Option<u32>),
    /// The customer is to confirm it.
    AskCustomer,
    /// It is done after [`Tuning::late_ms`](crate::Tuning::late_ms), which an event tells.
    Late,
    /// Succeeds where nothing was authorised for the same order before.
    OnlyFirst,
    /// Done, and let go by the bank long before it has to be.
    Lapse,
    /// Blocks one cent less than asked.
    BlockLess,
}

/// What the customer's bank does about a charge some time after it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// Nothing.
    Content,
    /// Takes it back, and decides for the platform (`true`), against it, or never.
    Objects(Option<bool>),
}

/// What happens to one payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payee {
    /// It is paid.
    Takes,
    /// It is refused.
    Refuses(Decline),
    /// It is paid at the first try, and the answers to so many tries are lost.
    LosesAnswers(u32),
    /// Not answered so many times (for ever: `None`), and nothing is done.
    Down(Option<u32>),
    /// It is paid after [`Tuning::late_ms`](crate::Tuning::late_ms), which an event tells.
    TakesLate,
    /// It is refused after that time, which an event tells.
    RefusesLate,
    /// It is paid, and comes back after [`Tuning::send_back_ms`](crate::Tuning::send_back_ms).
    SendsBack,
}

/// What happens to every call with one card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardScript {
    /// To an authorisation.
    pub authorize: Behaviour,
    /// To a capture.
    pub capture: Behaviour,
    /// To a refund.
    pub refund: Behaviour,
    /// To a void, which is never refused.
    pub void: Behaviour,
    /// To a charge without an authorisation: nobody is there to confirm it, and it is done now or not at all.
    pub charge: Behaviour,
    /// What the customer's bank does afterwards.
    pub issuer: Issuer,
    /// Whether each answer takes [`Tuning::slow_ms`](crate::Tuning::slow_ms).
    pub slow: bool,
}

impl CardScript {
    /// A card with which everything works.
    pub const GOOD: Self = Self::all(Behaviour::Succeed);

    /// A card that treats every call alike.
    #[must_use]
    pub const fn all(behaviour: Behaviour) -> Self {
        Self {
            authorize: behaviour,
            capture: behaviour,
            refund: behaviour,
            void: behaviour,
            charge: behaviour,
            issuer: Issuer::Content,
            slow: false,
        }
    }

    pub(crate) const fn of(&self, operation: &Operation) -> Behaviour {
        match operation {
            Operation::Authorize { .. } => self.authorize,
            Operation::Capture { .. } => self.capture,
            Operation::Void { .. } => self.void,
            Operation::Refund { .. } => self.refund,
            Operation::Charge { .. } => self.charge,
        }
    }
}

/// What happens to every payout to one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountScript {
    /// What becomes of the payout.
    pub payee: Payee,
    /// Whether each answer takes [`Tuning::slow_ms`](crate::Tuning::slow_ms).
    pub slow: bool,
}
