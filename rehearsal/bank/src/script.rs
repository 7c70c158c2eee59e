//! The scripts of test cards and test accounts: how the bank treats calls with them.
//!
//! Must not: keep state; the bank counts tries and remembers.

use campusg_domain::{
    call::{AccountToken, CardToken, Decline},
    gateway::{CallKey, Operation},
};

/// The behaviour of every test token, and the page where customers confirm; given to a bank when it is made.
#[derive(Clone, Copy, Debug)]
pub struct Scripts {
    /// The script of a card; `None`: there is no such card.
    pub card: fn(&CardToken) -> Option<CardScript>,
    /// The script of an account; `None`: there is no such account.
    pub account: fn(&AccountToken) -> Option<AccountScript>,
    /// The address of the page where a customer confirms the call with this key.
    pub confirmation: fn(&CallKey) -> String,
}

/// How the bank treats one kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// It succeeds.
    Succeed,
    /// It is declined, for this reason.
    Decline(Decline),
    /// It is done at the first try, but the answers to this many tries are lost, whatever they are.
    LoseAnswers(u32),
    /// This many tries (`None`: all) get no answer, and nothing is done; the next one succeeds.
    Down(Option<u32>),
    /// The bank asks the customer to confirm it.
    AskCustomer,
    /// It gets no answer and is done after [`Tuning::late_ms`](crate::Tuning::late_ms), which an event reports.
    Late,
    /// It succeeds if nothing was authorised for the same order before, and is declined otherwise.
    OnlyFirst,
    /// It succeeds, and the bank lets go of the authorisation after [`Tuning::late_ms`](crate::Tuning::late_ms).
    Lapse,
    /// It succeeds, but one cent less than asked for is blocked.
    BlockLess,
}

/// What the customer's bank does about a charge some time after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// It leaves the charge alone.
    Content,
    /// It takes the charge back; then decides for the platform (`true`), against it (`false`), or never (`None`).
    Objects(Option<bool>),
}

/// How the bank treats payouts to one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payee {
    /// It is paid.
    Takes,
    /// It is declined, for this reason.
    Refuses(Decline),
    /// It is paid at the first try, but the answers to this many tries are lost.
    LosesAnswers(u32),
    /// This many tries (`None`: all) get no answer, and nothing is done; the next one is paid.
    Down(Option<u32>),
    /// It gets no answer and is paid after [`Tuning::late_ms`](crate::Tuning::late_ms), which an event reports.
    TakesLate,
    /// It gets no answer and is declined after the same time, which an event reports.
    RefusesLate,
    /// It is paid, and comes back after [`Tuning::send_back_ms`](crate::Tuning::send_back_ms).
    SendsBack,
}

/// How the bank treats every call with one card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardScript {
    /// Authorisations.
    pub authorize: Behaviour,
    /// Captures.
    pub capture: Behaviour,
    /// Refunds.
    pub refund: Behaviour,
    /// Voids, which are never declined.
    pub void: Behaviour,
    /// Charges without an authorisation: no customer is there to confirm them, and they are done at once or not at all.
    pub charge: Behaviour,
    /// What the customer's bank does about a charge afterwards.
    pub issuer: Issuer,
    /// Whether each answer is delayed by [`Tuning::slow_ms`](crate::Tuning::slow_ms).
    pub slow: bool,
}

impl CardScript {
    /// A card whose calls all succeed.
    pub const GOOD: Self = Self::all(Behaviour::Succeed);

    /// A card whose calls of every kind are treated alike.
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

/// How the bank treats every payout to one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountScript {
    /// What happens to the payout.
    pub payee: Payee,
    /// Whether each answer is delayed by [`Tuning::slow_ms`](crate::Tuning::slow_ms).
    pub slow: bool,
}
