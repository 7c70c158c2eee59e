//! What the bank remembers: facts, each once, and the reasons for refusing a call that does not fit them.

use campusg_domain::{
    call::Answer,
    gateway::{Method, MethodKind},
    id::UserId,
    money::Cents,
    time::At,
};
use serde::{Deserialize, Serialize};

use campusg_domain::gateway::{CallKey, Operation, Payout, PayoutAnswer};

/// One thing that happened at the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fact {
    /// A call was answered for the first time; a call that did nothing and will do nothing may leave none.
    Called {
        /// The call's key.
        key: CallKey,
        /// What was asked.
        operation: Operation,
        /// What the gateway did, even if its answer was lost; `Unavailable`: it will be done at `due`.
        answer: Answer,
        /// When a late call is done, the bank lets an authorisation go early, or it takes a charge back.
        due: Option<At>,
    },
    /// A call that had been left open was decided, an authorisation ran out, or a payout came back; an event tells it.
    Settled {
        /// The call's key.
        key: CallKey,
        /// Its answer from now on.
        answer: Answer,
    },
    /// A payout was answered for the first time.
    PaidOut {
        /// What was asked.
        payout: Payout,
        /// What the gateway did; `Unavailable`: it will be decided at `due`.
        answer: PayoutAnswer,
        /// When a late payout is decided, or one comes back.
        due: Option<At>,
    },
    /// The customer's bank took a charge back; an event tells it.
    TakenBack {
        /// Key of the charging call.
        key: CallKey,
        /// How much it took.
        cents: Cents,
        /// What it takes for that, whoever is right.
        fee: Cents,
        /// When it decides; `None`: never.
        verdict: Option<At>,
    },
    /// The bank decided about a charge that it had taken back; an event tells it.
    Judged {
        /// Key of the charging call.
        key: CallKey,
        /// Whether it gave the charge again.
        won: bool,
    },
    /// Somebody is to enter a card or a bank account.
    SetupBegun {
        /// The sandbox's name of it, which nobody guesses.
        id: String,
        /// Of what, and for whom.
        setup: Setup,
    },
    /// It was entered; an event tells it.
    Entered {
        /// Of which setup.
        id: String,
        /// What.
        method: Method,
    },
}

/// A setup of a card or of a bank account, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Whose.
    pub person: UserId,
    /// What is entered.
    pub kind: MethodKind,
    /// Where the person goes on.
    pub return_url: String,
    /// What was entered, once it was.
    pub entered: Option<Method>,
}

/// A fact with its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookLine {
    /// When it happened; never before the line above it.
    pub at: At,
    /// What happened.
    pub fact: Fact,
}

/// Sums over the book, for comparing with the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Charged to cards.
    pub captured: Cents,
    /// Sent back to cards.
    pub refunded: Cents,
    /// Sent to bank accounts, and not sent back.
    pub paid_out: Cents,
    /// Taken back by customers' banks, and not given again.
    pub taken_back: Cents,
    /// Taken by banks for taking charges back.
    pub fees: Cents,
    /// Blocked on cards now.
    pub blocked: Cents,
    /// How many authorisations block it.
    pub open_authorizations: u64,
}

impl Totals {
    /// What is at the gateway, but for what operators bring there and take from there.
    #[must_use]
    pub fn cash(&self) -> Cents {
        self.captured - self.refunded - self.paid_out - self.taken_back - self.fees
    }
}

/// Why a call was refused that no correct caller makes. Nothing was done for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Misuse {
    /// The key or token is empty, longer than 200 bytes, or has other characters than `A–Z a–z 0–9 : / _ . -`.
    #[error("the key or token is malformed")]
    MalformedKey,
    /// The amount is not above zero, or past the largest accepted input.
    #[error("the amount is out of range")]
    AmountOutOfRange,
    /// The key was used for something else.
    #[error("the key was used for another call")]
    KeyReused,
    /// No authorisation has that key.
    #[error("there is no such authorisation")]
    UnknownAuthorization,
    /// The authorisation was declined, or is not decided yet.
    #[error("nothing is authorised under that key")]
    NotAuthorized,
    /// The authorisation was captured, or is being captured, under another key.
    #[error("the authorisation was captured before")]
    AlreadyCaptured,
    /// More than was authorised.
    #[error("the amount is above the authorised one")]
    ExceedsAuthorized,
    /// No capture has that key.
    #[error("there is no such capture")]
    UnknownCapture,
    /// With the refunds before it, more than was captured.
    #[error("the amount is above what is left of the captured one")]
    ExceedsCaptured,
    /// The customer was not asked to confirm that call, or has decided otherwise, or it was voided.
    #[error("there is nothing to confirm under that key")]
    NothingToConfirm,
    /// The address to go on to is longer than 500 bytes, or not of visible ASCII characters.
    #[error("the return address is malformed")]
    MalformedAddress,
    /// Nothing is to be entered under that name, or something else was, or there is no such card or account.
    #[error("nothing is to be entered there")]
    NothingToEnter,
}
