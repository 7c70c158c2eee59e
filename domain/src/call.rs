//! Calls to the payment gateway: the intent that a record opens, and the answer that comes back as a command.
//!
//! Must not: make a call. The payment owner makes it, from folded records, under a key made of stream, purpose and number,
//! so that asking again is always safe.

use crate::{money::Cents, time::At};
use serde::{Deserialize, Serialize};

/// Number of a call within its stream: 1, 2, 3 …; calls of one order go out one after another, in this order.
pub type CallNumber = u16;

/// A customer's card as the gateway knows it; never a card number, never shown.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CardToken(pub String);

impl std::fmt::Debug for CardToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardToken(…)")
    }
}

/// A person's bank account as the gateway knows it; never an account number, never shown.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountToken(pub String);

impl std::fmt::Debug for AccountToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccountToken(…)")
    }
}

/// What the gateway is asked to do. Variants are only ever appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallKind {
    /// Block the amount on the customer's card.
    Authorize {
        /// Amount to block, in cents.
        cents: Cents,
    },
    /// Charge the amount from the authorisation that call `authorization` made; what is left of it is released.
    Capture {
        /// Number of the authorising call.
        authorization: CallNumber,
        /// Amount to charge, in cents; at most what was authorised.
        cents: Cents,
    },
    /// Void the authorisation that call `authorization` made, or turns out to have made; keep a `Charge` from being made.
    /// Answered `Captured` where it was charged already: then nothing can be voided, and the money is to be sent back.
    Void {
        /// Number of the authorising call, or of the charge.
        authorization: CallNumber,
    },
    /// Send back money that call `capture` charged.
    Refund {
        /// Number of the capturing call, or of the charge.
        capture: CallNumber,
        /// Amount to send back, in cents; at most what was captured.
        cents: Cents,
    },
    /// Block and charge the amount at once, on the card that its stream fixed for this call: `Captured` or `Declined`.
    Charge {
        /// Amount to charge, in cents.
        cents: Cents,
    },
    /// Send the amount to the bank account that its stream fixed for this call.
    PayOut {
        /// Amount to send, in cents.
        cents: Cents,
    },
}

impl CallKind {
    /// Lower-case name of the purpose, part of the key under which the gateway knows the call.
    #[must_use]
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Authorize { .. } => "authorize",
            Self::Capture { .. } => "capture",
            Self::Void { .. } => "void",
            Self::Refund { .. } => "refund",
            Self::Charge { .. } => "charge",
            Self::PayOut { .. } => "payout",
        }
    }

    /// What the card is charged by the call, or may be by what it authorises, in cents; `None` where nothing is charged.
    #[must_use]
    pub const fn charges(self) -> Option<Cents> {
        match self {
            Self::Authorize { cents } | Self::Capture { cents, .. } | Self::Charge { cents } => {
                Some(cents)
            }
            Self::Void { .. } | Self::Refund { .. } | Self::PayOut { .. } => None,
        }
    }
}

/// Why a card or a bank account was refused for good. Variants are only ever appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// The bank refused without saying why.
    Declined,
    /// Not enough money on the card.
    InsufficientFunds,
    /// The card is no longer valid, or its token is unknown.
    CardInvalid,
    /// The authorisation ran out before it was used.
    Expired,
    /// The customer did not confirm with the bank in time, or refused.
    NotConfirmed,
    /// The bank account can't be paid: closed, or its token is unknown.
    AccountInvalid,
    /// The gateway never answered, and an operator gave the call up.
    Unanswered,
}

impl Decline {
    /// Stable lower-snake-case code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::InsufficientFunds => "insufficient_funds",
            Self::CardInvalid => "card_invalid",
            Self::Expired => "expired",
            Self::NotConfirmed => "not_confirmed",
            Self::AccountInvalid => "account_invalid",
            Self::Unanswered => "unanswered",
        }
    }
}

/// The gateway's answer to a call. A timeout is `Unavailable`: the result is unknown, and the call is made again under the
/// same key. Variants are only ever appended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The amount is blocked.
    Authorized {
        /// Amount that is blocked, in cents.
        cents: Cents,
        /// Until when it can be captured.
        capture_before: At,
    },
    /// The bank wants the customer to confirm; the final answer comes later.
    ActionRequired {
        /// The bank's page on which the customer confirms.
        url: String,
    },
    /// The amount was charged. As the answer to a `Void`: what it was to let go of had been charged already.
    Captured {
        /// Amount that was charged, in cents.
        cents: Cents,
    },
    /// Nothing is blocked under that authorisation any more, and nothing will be.
    Voided,
    /// The money is on its way back to the card.
    Refunded {
        /// Amount that was sent back, in cents.
        cents: Cents,
    },
    /// The gateway refuses for good; asking again is no use.
    Declined {
        /// The gateway's reason.
        reason: Decline,
    },
    /// No answer, or one that says "later": whether it happened is unknown.
    Unavailable,
    /// The money is on its way to the bank account.
    PaidOut {
        /// Amount that was sent, in cents.
        cents: Cents,
    },
    /// The bank sent a payout back after it was paid.
    SentBack {
        /// Amount that came back, in cents.
        cents: Cents,
    },
}

impl Answer {
    /// A lower-case word for logs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Authorized { .. } => "authorized",
            Self::ActionRequired { .. } => "action required",
            Self::Captured { .. } => "captured",
            Self::Voided => "voided",
            Self::Refunded { .. } => "refunded",
            Self::Declined { reason } => reason.code(),
            Self::Unavailable => "unavailable",
            Self::PaidOut { .. } => "paid out",
            Self::SentBack { .. } => "sent back",
        }
    }
}

/// A change to a stream's calls: the `calls` section of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallChange {
    /// The payment owner is to make call `n`.
    Open {
        /// Number of the call.
        n: CallNumber,
        /// What the gateway is asked to do.
        kind: CallKind,
    },
    /// Call `n` had no answer and waits for its `Retry`.
    Defer {
        /// Number of the call.
        n: CallNumber,
    },
    /// Call `n` is to be made again, under the same key.
    Retry {
        /// Number of the call.
        n: CallNumber,
    },
    /// Call `n` is decided, or given up: it is not made again.
    Close {
        /// Number of the call.
        n: CallNumber,
    },
}

/// Whether a call is still to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallState {
    /// The call is being made, or waits for its turn.
    Open,
    /// The call had no answer and waits for its retry timer.
    Deferred,
    /// The call is decided, or was given up.
    Closed,
}

/// What a person is paid from, or paid to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MethodKind {
    /// A card, which pays orders and debts.
    Card,
    /// A bank account, to which payouts go.
    BankAccount,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_shows_no_token() {
        let (card, account) = (CardToken("secret".into()), AccountToken("secret".into()));
        let shown = format!("{card:?} {account:?}");
        assert_eq!(shown, "CardToken(…) AccountToken(…)");
    }
}
