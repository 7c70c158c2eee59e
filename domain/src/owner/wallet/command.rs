//! The commands to a wallet.

use super::event::ChargebackId;
use crate::{
    call::{Answer, CallNumber},
    id::{Fingerprint, OrderId, Stream, UserId},
    money::Cents,
    stream::{StreamCommand, fingerprint},
    text::Sealed,
    timer::TimerKind,
    vote::VoteRequest,
};
use serde::{Deserialize, Serialize};

/// How far the bank has come with a charge that it took back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargebackStage {
    /// The bank took the charge back and has not decided yet.
    Open,
    /// The bank returned the charge to the platform.
    Won,
    /// The bank keeps the charge for good.
    Lost,
}

/// A command to one wallet. Amounts are judged against what is committed less what is reserved; all in cents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Command {
    /// Transition 42, by its owner: money to the bank account on file. `NotAllowed`, `InvalidField` below the gateway's minimum,
    /// `NoPayoutMethod`, `TooManyPayments`, `AboveAvailable`.
    RequestPayout {
        /// Amount to pay out.
        cents: Cents,
    },
    /// Transition 41, by its owner or after a new card: the card on file pays what is owed. A whole debt below the gateway's
    /// minimum is rounded up, and the rest goes to the wallet. `NotAllowed`, `InvalidField` below the minimum,
    /// `NoPaymentMethod`, `TooManyPayments`, `AboveDebt`.
    PayDebt {
        /// Amount to pay; the whole debt where none is given.
        cents: Option<Cents>,
    },
    /// Transition 41, by operators: what is owed need not be paid. `NotAllowed`, `InvalidField`, `AboveDebt`.
    WriteOff {
        /// Amount to write off; the whole debt where none is given.
        cents: Option<Cents>,
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Transition 43, by the gateway: the state of a charge that the bank took back, as fetched from the gateway.
    /// `NotAllowed`, `InvalidField`.
    Chargeback {
        /// The gateway's id of the chargeback.
        id: ChargebackId,
        /// The order that was charged for; none where the charge paid a debt.
        order: Option<OrderId>,
        /// Amount that was taken back.
        cents: Cents,
        /// Fee of the bank; 0 allowed.
        fee: Cents,
        /// How far the bank has come with it.
        stage: ChargebackStage,
    },
    /// Transition 44, by operators on the platform's wallet: cash to the gateway for losses. `NotAllowed`, `InvalidField`,
    /// `AboveLosses`.
    TopUp {
        /// Amount that is put in.
        cents: Cents,
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Transition 44, by operators on the platform's wallet: fees taken out. `NotAllowed`, `InvalidField`, `AboveAvailable`.
    Withdraw {
        /// Amount that is taken out.
        cents: Cents,
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Transitions 41 and 42, by operators: what is deferred is tried again now. `NotAllowed`, `InvalidField`,
    /// `NotFound` where nothing is. A call without an answer is never given up: it may have been paid.
    Retry {
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// The gateway answers a call, asked or not. `NotAllowed`, `NotFound`, `InvalidField` where it does not fit.
    Answered {
        /// Number of the call that is answered.
        call: CallNumber,
        /// What the gateway says of it.
        answer: Answer,
    },
    /// A timer of this wallet is due. `NotAllowed`.
    TimerDue {
        /// What the timer is for.
        kind: TimerKind,
        /// Its generation; a timer of an old one does nothing.
        generation: u32,
    },
    /// A person accepted that the clock was set back, and this wallet lies ahead of it. `NotAllowed`.
    SetClockBack {
        /// How far the clock was set back, in milliseconds.
        ms: u64,
    },
}

impl StreamCommand for Command {
    type Target = UserId;

    fn stream(user: UserId) -> Stream {
        Stream::Wallet(user)
    }

    fn own_fingerprint(&self) -> Fingerprint {
        fingerprint(self)
    }

    fn foreign_votes(&self, user: UserId) -> Vec<VoteRequest> {
        match self {
            Self::RequestPayout { .. } => vec![VoteRequest::PayoutMethod { user }],
            Self::PayDebt { .. } => vec![VoteRequest::Card { user }],
            Self::WriteOff { .. }
            | Self::Chargeback { .. }
            | Self::TopUp { .. }
            | Self::Withdraw { .. }
            | Self::Retry { .. }
            | Self::Answered { .. }
            | Self::TimerDue { .. }
            | Self::SetClockBack { .. } => vec![],
        }
    }
}
