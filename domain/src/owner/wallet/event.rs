//! What happened to a wallet. Past tense; variants are only ever appended, since their order is the format.

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

/// A charge that the bank took back, as the gateway names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChargebackId(pub String);

impl fmt::Display for ChargebackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A fact about one wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// Money in the wallet paid what its owner owes: before a payout, and with each credit.
    SetOff {
        /// How much.
        cents: Cents,
    },
    /// Transition 42: money is promised to the bank account.
    PayoutRequested {
        /// The call that pays it.
        call: CallNumber,
        /// How much.
        cents: Cents,
        /// To which account, whatever is on file later.
        method: PayoutMethod,
    },
    /// Transition 42.
    PayoutPaid {
        /// The paying call.
        call: CallNumber,
        /// How much.
        cents: Cents,
    },
    /// Transition 42: nothing was paid.
    PayoutFailed {
        /// The paying call.
        call: CallNumber,
        /// Why.
        reason: Decline,
    },
    /// Transition 42: paid, and sent back later.
    PayoutSentBack {
        /// The paying call.
        call: CallNumber,
        /// How much.
        cents: Cents,
    },
    /// A payout that counted as failed was paid after all: its owner owes it.
    PayoutLate {
        /// The paying call.
        call: CallNumber,
        /// How much.
        cents: Cents,
    },
    /// Transition 41: the card is charged.
    DebtPaymentRequested {
        /// The charging call.
        call: CallNumber,
        /// What of the debt it pays.
        cents: Cents,
        /// What is charged: more where the debt is below the gateway's minimum.
        charge: Cents,
        /// Which card, whatever is on file later.
        card: CardToken,
    },
    /// Transition 41: the card was charged; what is more than promised goes to the wallet.
    DebtPaid {
        /// The charging call.
        call: CallNumber,
        /// What was charged.
        cents: Cents,
    },
    /// Transition 41: the card was refused.
    DebtPaymentFailed {
        /// The charging call.
        call: CallNumber,
        /// Why.
        reason: Decline,
    },
    /// A charge that counted as refused was made after all: it goes to the wallet.
    LateCharge {
        /// The charging call.
        call: CallNumber,
        /// How much.
        cents: Cents,
    },
    /// Transition 41: the platform bears it.
    WrittenOff {
        /// How much.
        cents: Cents,
        /// Why, sealed.
        reason: Sealed,
    },
    /// Transition 43: the bank took a charge back.
    ChargedBack {
        /// The gateway's id of it.
        id: ChargebackId,
        /// The order that was charged for; none where the charge paid a debt.
        order: Option<OrderId>,
        /// How much was taken back; owed.
        cents: Cents,
        /// What the bank wants for it; borne by the platform.
        fee: Cents,
    },
    /// Transition 43: the bank gave it again.
    ChargebackWon {
        /// The gateway's id of it.
        id: ChargebackId,
        /// What of it pays the debt; the rest goes to the wallet.
        to_debt: Cents,
    },
    /// Transition 43: it stays owed.
    ChargebackLost {
        /// The gateway's id of it.
        id: ChargebackId,
    },
    /// Transition 44: losses made good.
    ToppedUp {
        /// How much.
        cents: Cents,
        /// Why, sealed.
        reason: Sealed,
    },
    /// Transition 44: fees taken out.
    Withdrawn {
        /// How much.
        cents: Cents,
        /// Why, sealed.
        reason: Sealed,
    },
    /// More has to leave the gateway than is there.
    CashShort {
        /// How much is missing.
        cents: Cents,
    },
    /// A call had no answer and rests until its retry.
    CallDeferred {
        /// The call.
        call: CallNumber,
        /// How often so far.
        failures: u16,
    },
    /// A resting call is made again.
    CallRetried {
        /// The call.
        call: CallNumber,
    },
    /// A timer of this wallet fired.
    TimerFired {
        /// Which.
        kind: TimerKind,
        /// Its generation.
        generation: u32,
    },
    /// Transitions 41 and 42: an operator has what rests tried again.
    OperatorRetried {
        /// Why, sealed.
        reason: Sealed,
    },
}
