//! What a wallet knows beside its balances: what is on its way, what became of it, and the commands that took effect.

use super::event::ChargebackId;
use crate::{
    call::{CallKind, CallNumber, CallState, CardToken, Decline},
    id::{OrderId, Seq, UserId},
    money::{Account, Cents, Promised},
    order::Call,
    owner::directory::PayoutMethod,
    time::{At, DAY_MS},
    timer::{Timer, TimerState},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whose wallet is the platform's: transition 44. Nobody has this id, since ids are made of time and chance.
///
/// It is a wallet like any other because its writer is: `system` belongs to the journal, and a stream has one writer.
pub const PLATFORM: UserId = UserId::from_bytes([0; 16]);

/// How far a payout has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutState {
    /// The gateway is asked to pay it.
    Requested,
    /// The gateway paid it.
    Paid,
    /// Never paid; the money is in the wallet again.
    Failed(Decline),
    /// Paid, and sent back by the bank; the money is in the wallet again.
    SentBack,
}

/// A payout from a wallet to a bank account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    /// Number of the call that pays it; also the payout's id within the wallet.
    pub call: CallNumber,
    /// Amount that was asked for, in cents.
    pub cents: Cents,
    /// Amount that was paid, in cents, as far as that is known.
    pub paid: Cents,
    /// The bank account on file when it was asked for.
    pub method: PayoutMethod,
    /// How far the payout has come.
    pub state: PayoutState,
    /// When it was asked for.
    pub requested_at: At,
    /// When its state last changed.
    pub changed_at: At,
}

/// How far the payment of a debt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// The card is being charged.
    Requested,
    /// The card was charged.
    Paid,
    /// The card was refused, or the bank wanted a confirmation.
    Failed(Decline),
    /// It counted as refused, and the card was charged after all: the money is in the wallet.
    Late,
}

/// A card that is charged for a debt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Number of the call that charges; also the payment's id within the wallet.
    pub call: CallNumber,
    /// Amount of the debt that it pays, in cents.
    pub cents: Cents,
    /// Amount that is charged, in cents; above `cents` where the debt is below the gateway's minimum.
    pub charge: Cents,
    /// The card on file when it was asked for.
    pub card: CardToken,
    /// How far the payment has come.
    pub state: PaymentState,
    /// When it was asked for.
    pub requested_at: At,
    /// When its state last changed.
    pub changed_at: At,
}

/// A charge that the bank took back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chargeback {
    /// The gateway's id of it.
    pub id: ChargebackId,
    /// The order that was charged for; `None` where the charge paid a debt.
    pub order: Option<OrderId>,
    /// Amount that was taken back, in cents.
    pub cents: Cents,
    /// Fee of the bank, in cents.
    pub fee: Cents,
    /// Whether the bank returned it; `None` while it has not decided.
    pub won: Option<bool>,
    /// When it was taken back.
    pub at: At,
}

/// How long payouts and payments are kept once decided, in milliseconds: longer than any bank takes to send one back, or a
/// gateway to find a lost charge.
const PAST_MS: u64 = 400 * DAY_MS;
/// Number of payouts, and of payments, that are kept once they are too old to come up again; older ones are in the
/// journal only.
pub(super) const DECIDED_KEPT: usize = 128;

/// Whether something that was decided then is too old to come up again.
pub(super) fn is_past(decided: At, now: At) -> bool {
    now > decided.plus(PAST_MS)
}
/// Number of calls that may be under way at once.
pub(super) const CALLS_OPEN: u32 = 16;

/// A person's wallet, or the platform's: a fold of its records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wallet {
    /// The user who owns it; [`PLATFORM`](super::PLATFORM) for the platform's.
    pub user: UserId,
    /// Every payout that is under way or may still come back, and the last of the others, oldest first.
    pub payouts: Vec<Payout>,
    /// Every payment that is under way or may still come up again, and the last of the others, oldest first.
    pub payments: Vec<Payment>,
    /// Every chargeback ever, oldest first, so that one that the gateway sends again after years is still booked once.
    pub chargebacks: Vec<Chargeback>,
    /// Every call that is under way, and those of what is kept.
    pub calls: BTreeMap<CallNumber, Call>,
    /// Every promised transfer not yet settled, by the number of the call that settles it.
    pub promises: BTreeMap<CallNumber, Cents>,
    /// The newest `STEP_RETRY`, armed or ended.
    pub retry: Option<Timer>,
    /// Number of the last call that was opened.
    pub last_call: CallNumber,
    /// Count of the wallet's records; the `ETag`.
    pub version: u32,
    /// Sequence of its last record.
    pub last_seq: Seq,
    /// When the last record was decided; goes back only with a clock that was set back.
    pub last_at: At,
}

impl Wallet {
    /// A wallet to which nothing has happened.
    #[must_use]
    pub const fn new(user: UserId) -> Self {
        Self {
            user,
            payouts: vec![],
            payments: vec![],
            chargebacks: vec![],
            calls: BTreeMap::new(),
            promises: BTreeMap::new(),
            retry: None,
            last_call: 0,
            version: 0,
            last_seq: Seq::NONE,
            last_at: At(0),
        }
    }

    /// The retry timer, if it is armed.
    #[must_use]
    pub fn armed(&self) -> Option<&Timer> {
        self.retry
            .as_ref()
            .filter(|timer| timer.state == TimerState::Pending)
    }

    /// The payout that this call pays, if it is kept.
    #[must_use]
    pub fn payout(&self, call: CallNumber) -> Option<&Payout> {
        self.payouts.iter().find(|payout| payout.call == call)
    }

    /// The payment that this call charges, if it is kept.
    #[must_use]
    pub fn payment(&self, call: CallNumber) -> Option<&Payment> {
        self.payments.iter().find(|payment| payment.call == call)
    }

    /// The card that a call charges, or charged where the call lets go of that.
    #[must_use]
    pub fn card(&self, call: CallNumber) -> Option<&CardToken> {
        let charge = match self.calls.get(&call)?.kind {
            CallKind::Void { authorization } => authorization,
            CallKind::Authorize { .. }
            | CallKind::Capture { .. }
            | CallKind::Refund { .. }
            | CallKind::Charge { .. }
            | CallKind::PayOut { .. } => call,
        };
        self.payment(charge).map(|payment| &payment.card)
    }

    /// The chargeback with this id, if the gateway has reported it.
    #[must_use]
    pub fn chargeback(&self, id: &ChargebackId) -> Option<&Chargeback> {
        self.chargebacks.iter().find(|known| known.id == *id)
    }

    /// Whether a call of it is not decided yet.
    #[must_use]
    pub fn has_open_call(&self) -> bool {
        self.open_calls() > 0
    }

    pub(super) fn open_calls(&self) -> u32 {
        let open = self.calls.values();
        let open = open.filter(|call| call.state != CallState::Closed);
        u32::try_from(open.count()).unwrap_or(u32::MAX)
    }

    /// Calls that were tried as often as `tries` without an answer: those that are deferred, and those that are being
    /// tried again, until the gateway answers.
    pub fn failing(&self, tries: u16) -> impl Iterator<Item = (CallNumber, &Call)> {
        let fails = move |call: &Call| call.state != CallState::Closed && call.failures >= tries;
        let calls = self.calls.iter().map(|(n, call)| (*n, call));
        calls.filter(move |(_, call)| fails(call))
    }

    /// Whether something that was begun will never end: a payout, payment or promise without a live call, or a deferred
    /// call without a timer.
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        let state = |n: &CallNumber| self.calls.get(n).map(|call| call.state);
        let rests = |n: &CallNumber| state(n) == Some(CallState::Deferred);
        let dead = |n: &CallNumber| state(n).is_none_or(|state| state == CallState::Closed);
        let payouts = self.payouts.iter();
        let payments = self.payments.iter();
        let mut under_way = payouts
            .filter(|payout| payout.state == PayoutState::Requested)
            .map(|payout| payout.call)
            .chain(
                payments
                    .filter(|payment| payment.state == PaymentState::Requested)
                    .map(|payment| payment.call),
            )
            .chain(self.promises.keys().copied());
        under_way.any(|n| dead(&n)) || (self.calls.keys().any(rests) && self.armed().is_none())
    }

    /// The promise that call `n` settles, with its two accounts.
    pub(super) fn promise(&self, n: CallNumber) -> Option<Promised> {
        let cents = *self.promises.get(&n)?;
        let (debit, credit) = match self.calls.get(&n)?.kind {
            CallKind::Charge { .. } => (Account::Gateway, Account::Receivable(self.user)),
            CallKind::PayOut { .. } => (Account::Payable(self.user), Account::Gateway),
            CallKind::Authorize { .. }
            | CallKind::Capture { .. }
            | CallKind::Void { .. }
            | CallKind::Refund { .. } => return None,
        };
        Some(Promised {
            debit,
            credit,
            cents,
        })
    }

    /// Every promise not settled, as the ledger knows it.
    pub fn promised(&self) -> impl Iterator<Item = (CallNumber, Promised)> + '_ {
        self.promises
            .keys()
            .filter_map(|n| Some((*n, self.promise(*n)?)))
    }
}
