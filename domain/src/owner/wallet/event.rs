//! What happened to a wallet. Past tense; variants are only ever appended, since their order is the format. Amounts are
//! in cents.

use crate::{
    call::{CallNumber, CardToken, Decline},
    id::OrderId,
    money::Cents,
    owner::directory::PayoutMethod,
    text::Sealed,
    timer::TimerKind,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The gateway's id of a charge that the bank took back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChargebackId(pub String);

impl fmt::Display for ChargebackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Something that happened to one wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// Money in the wallet paid what its owner owes: before a payout, and with each credit.
    SetOff {
        /// Amount that moved from the wallet to the debt.
        cents: Cents,
    },
    /// Transition 42: money is promised to the bank account.
    PayoutRequested {
        /// The call that pays it.
        call: CallNumber,
        /// Amount that is to be paid.
        cents: Cents,
        /// The bank account on file at that time; a later one changes nothing.
        method: PayoutMethod,
    },
    /// Transition 42: the payout was paid.
    PayoutPaid {
        /// The paying call.
        call: CallNumber,
        /// Amount that was paid.
        cents: Cents,
    },
    /// Transition 42: the payout failed, and nothing was paid.
    PayoutFailed {
        /// The paying call.
        call: CallNumber,
        /// The gateway's reason.
        reason: Decline,
    },
    /// Transition 42: the bank sent the payout back after it was paid.
    PayoutSentBack {
        /// The paying call.
        call: CallNumber,
        /// Amount that came back.
        cents: Cents,
    },
    /// A payout that counted as failed was paid after all: its owner owes it.
    PayoutLate {
        /// The paying call.
        call: CallNumber,
        /// Amount that was paid, and is owed.
        cents: Cents,
    },
    /// Transition 41: the card is charged.
    DebtPaymentRequested {
        /// The charging call.
        call: CallNumber,
        /// Amount of the debt that it pays.
        cents: Cents,
        /// Amount that is charged: above `cents` where the debt is below the gateway's minimum.
        charge: Cents,
        /// The card on file at that time; a later one changes nothing.
        card: CardToken,
    },
    /// Transition 41: the card was charged; what is more than promised goes to the wallet.
    DebtPaid {
        /// The charging call.
        call: CallNumber,
        /// Amount that was charged.
        cents: Cents,
    },
    /// Transition 41: the card was refused.
    DebtPaymentFailed {
        /// The charging call.
        call: CallNumber,
        /// The gateway's reason.
        reason: Decline,
    },
    /// A charge that counted as refused was made after all: it goes to the wallet.
    LateCharge {
        /// The charging call.
        call: CallNumber,
        /// Amount that was charged.
        cents: Cents,
    },
    /// Transition 41: a debt was written off, and the platform bears it.
    WrittenOff {
        /// Amount that is not owed any more.
        cents: Cents,
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Transition 43: the bank took a charge back.
    ChargedBack {
        /// The gateway's id of the chargeback.
        id: ChargebackId,
        /// The order that was charged for; none where the charge paid a debt.
        order: Option<OrderId>,
        /// Amount that was taken back, and is owed.
        cents: Cents,
        /// Fee of the bank, borne by the platform.
        fee: Cents,
    },
    /// Transition 43: the bank returned the charge.
    ChargebackWon {
        /// The gateway's id of the chargeback.
        id: ChargebackId,
        /// What of it pays the debt; the rest goes to the wallet.
        to_debt: Cents,
    },
    /// Transition 43: the bank keeps the charge, which stays owed.
    ChargebackLost {
        /// The gateway's id of the chargeback.
        id: ChargebackId,
    },
    /// Transition 44: losses were made good.
    ToppedUp {
        /// Amount that was put in.
        cents: Cents,
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Transition 44: fees were taken out.
    Withdrawn {
        /// Amount that was taken out.
        cents: Cents,
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Less cash is at the gateway than has to leave it.
    CashShort {
        /// Amount that is missing.
        cents: Cents,
    },
    /// A call had no answer and is deferred until its retry.
    CallDeferred {
        /// Number of the call.
        call: CallNumber,
        /// How many of its tries had no answer.
        failures: u16,
    },
    /// A deferred call is made again.
    CallRetried {
        /// Number of the call.
        call: CallNumber,
    },
    /// A timer of this wallet fired.
    TimerFired {
        /// What the timer was for.
        kind: TimerKind,
        /// The generation that fired.
        generation: u32,
    },
    /// Transitions 41 and 42: an operator has deferred calls tried again.
    OperatorRetried {
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Transition 41: a charge that was not confirmed is let go of at the gateway, or turned out to have been made.
    ChargeVoided {
        /// The call that let go of it.
        call: CallNumber,
    },
    /// A person accepted that the clock was set back: the retry that lay ahead of it is as much earlier.
    ClockSetBack {
        /// How far the clock was set back, in milliseconds.
        ms: u64,
    },
}
