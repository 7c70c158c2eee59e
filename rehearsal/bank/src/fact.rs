//! What the bank remembers: facts, which are never changed; and the errors of calls that do not fit them.

use campusg_domain::{
    call::Answer,
    gateway::{CallKey, Method, MethodKind, Operation, Payout, PayoutAnswer},
    money::Cents,
    time::At,
};
use serde::{Deserialize, Serialize};

/// Something that happened at the bank; written to its book and folded into its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fact {
    /// A call was tried for the first time. A call that did nothing, now or later, leaves no fact.
    Called {
        /// Idempotency key of the call.
        key: CallKey,
        /// The call itself: authorise, capture, void, refund or charge.
        operation: Operation,
        /// What the bank did, even if the caller never got the answer; `Unavailable`: it will be done at `due`.
        answer: Answer,
        /// When a late call is done, an authorisation is let go of early or a charge is taken back; `None`: never.
        due: Option<At>,
    },
    /// Something happened later to a call or payout: it was decided, ran out or came back. An event reports it.
    Settled {
        /// Idempotency key of the call or payout.
        key: CallKey,
        /// The answer that it has from now on.
        answer: Answer,
    },
    /// A payout was tried for the first time.
    PaidOut {
        /// The payout: key, account and amount.
        payout: Payout,
        /// What the bank did; `Unavailable`: it will be decided at `due`.
        answer: PayoutAnswer,
        /// When a late payout is decided, or a paid one comes back; `None`: nothing follows.
        due: Option<At>,
    },
    /// The customer's bank took a charge back. An event reports it.
    TakenBack {
        /// Key of the charging call.
        key: CallKey,
        /// The amount taken back, in cents.
        cents: Cents,
        /// The bank's fee for it in cents, kept whatever it decides.
        fee: Cents,
        /// When the bank decides about it; `None`: never.
        verdict: Option<At>,
    },
    /// The bank decided about a charge that it had taken back. An event reports it.
    Judged {
        /// Key of the charging call.
        key: CallKey,
        /// Whether the platform gets the charge again.
        won: bool,
    },
    /// A person was sent to the bank's page to enter a card or a bank account.
    SetupBegun {
        /// Unguessable id of the setup, which is part of its page's address.
        id: String,
        /// Who enters what, and where they go on.
        setup: Setup,
    },
    /// The person has entered a card or a bank account. An event reports it.
    Entered {
        /// Id of the setup.
        id: String,
        /// The entered card or account, as its token.
        method: Method,
    },
}

/// One visit of a person to the bank's page to enter a card or a bank account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Under which an event tells what was entered.
    pub key: CallKey,
    /// Whether a card or a bank account is entered.
    pub kind: MethodKind,
    /// Address to which the person goes back afterwards.
    pub return_url: String,
    /// What was entered; `None` until then.
    pub entered: Option<Method>,
}

/// A fact with its time: one entry of the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookLine {
    /// When it happened; never earlier than the entry before.
    pub at: At,
    /// What happened.
    pub fact: Fact,
}

/// Sums over the book in cents, for comparing with the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Charged to cards.
    pub captured: Cents,
    /// Sent back to cards.
    pub refunded: Cents,
    /// Sent to bank accounts and not sent back.
    pub paid_out: Cents,
    /// Taken back by customers' banks and not given again.
    pub taken_back: Cents,
    /// Fees that banks took for taking charges back.
    pub fees: Cents,
    /// Blocked on cards now.
    pub blocked: Cents,
    /// Number of authorisations that make up `blocked`.
    pub open_authorizations: u64,
}

impl Totals {
    /// Cash at the gateway in cents, apart from what operators bring there and take from there.
    #[must_use]
    pub fn cash(&self) -> Cents {
        self.captured - self.refunded - self.paid_out - self.taken_back - self.fees
    }
}

/// Why a call was refused that a correct caller never makes. Nothing was done for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Misuse {
    /// The key or token is empty, longer than 200 bytes, or has other characters than `A–Z a–z 0–9 : / _ . -`.
    #[error("the key or token is malformed")]
    MalformedKey,
    /// The amount is 0, negative, or above the largest accepted input.
    #[error("the amount is out of range")]
    AmountOutOfRange,
    /// The amount is below the least that a card is charged at once.
    #[error("the amount is below the least that a card is charged at once")]
    BelowLeastCharge,
    /// The key was used for another call.
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
    /// The amount is above the authorised one.
    #[error("the amount is above the authorised one")]
    ExceedsAuthorized,
    /// No capture has that key.
    #[error("there is no such capture")]
    UnknownCapture,
    /// Together with earlier refunds, the amount is above the captured one.
    #[error("the amount is above what is left of the captured one")]
    ExceedsCaptured,
    /// The customer was not asked to confirm that call, has decided the other way, or the call was voided.
    #[error("there is nothing to confirm under that key")]
    NothingToConfirm,
    /// The return address is longer than 500 bytes, or has other characters than visible ASCII.
    #[error("the return address is malformed")]
    MalformedAddress,
    /// There is no such setup, something else was entered in it, or there is no such card or account.
    #[error("nothing is to be entered there")]
    NothingToEnter,
}
