//! What people are told: the `notices` section of a record. Texts are rendered when read, in the reader's language.

use crate::{
    call::{CallNumber, Decline},
    id::UserId,
    money::Cents,
    order::ProposalKind,
};
use serde::{Deserialize, Serialize};

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Audience {
    /// One person.
    User(UserId),
    /// Everyone who operates the platform.
    Operators,
}

/// One notice to one audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Who is told.
    pub to: Audience,
    /// What.
    pub kind: NoticeKind,
}

/// What is said. Variants are only ever appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeKind {
    /// The order is recorded and the card is being asked.
    PaymentPending,
    /// The bank wants the customer to confirm the payment.
    PaymentActionRequired,
    /// The card's authorisation stands.
    PaymentAuthorized,
    /// The payment failed; nothing was charged.
    PaymentFailed {
        /// Why, where the gateway said so.
        reason: Option<Decline>,
    },
    /// The money is held in escrow.
    EscrowPlaced,
    /// The order is on the board, or waits for its time.
    OrderCreated,
    /// A runner took the order.
    OrderAccepted,
    /// The runner gave the order back; it is on the board again.
    RunnerCancelled,
    /// The runner was taken off the order, and why is for the runner to know.
    RunnerReleased,
    /// The runner should start now.
    RunnerReminder,
    /// The runner is at the store.
    RunnerOnSite,
    /// Told to the runner: buy only from now on.
    BuyFromNowOn,
    /// The runner has been at the store for long.
    StoreWaitLong,
    /// The food is bought.
    Purchased {
        /// What it cost.
        food: Cents,
    },
    /// The food is collected.
    Collected,
    /// The food is on its way; the PIN will be asked.
    OnTheWay,
    /// The delivery is late.
    Late,
    /// The food was handed over: confirm, or say what is wrong.
    Delivered,
    /// A wrong PIN was given.
    WrongPin {
        /// How many tries are left.
        left: u8,
    },
    /// The order is complete; the receipt is there.
    Completed,
    /// Told to the runner: the money is in the wallet.
    Paid {
        /// How much.
        cents: Cents,
    },
    /// Told to the runner: delivered, but the money is not in the wallet yet.
    PaymentDelayed,
    /// Both sides may rate.
    PleaseRate,
    /// The order is cancelled.
    Cancelled,
    /// Nobody took the order; nothing was charged.
    NobodyCame,
    /// Charging the card failed for good: please renew it.
    RenewCard {
        /// What is owed.
        owed: Cents,
    },
    /// A charge that came late was sent back.
    LateChargeReturned {
        /// How much.
        cents: Cents,
    },
    /// Money could not be sent back to the card and stays in the wallet.
    RefundKeptInWallet {
        /// How much.
        cents: Cents,
    },
    /// A step keeps failing and needs a person.
    StepStalled,
    /// A rating was given.
    Rated,
    /// An operator froze the order.
    HeldByOperator,
    /// An operator lets the order go on.
    ReleasedByOperator,
    /// The order has been unfinished for a day.
    Overdue,
    /// A payout was asked for and is on its way to the bank.
    PayoutRequested {
        /// How much.
        cents: Cents,
    },
    /// A payout was paid.
    PayoutPaid {
        /// How much.
        cents: Cents,
    },
    /// A payout failed; the money is in the wallet again.
    PayoutFailed {
        /// How much.
        cents: Cents,
        /// Why.
        reason: Decline,
    },
    /// The bank sent a payout back; the money is in the wallet again.
    PayoutSentBack {
        /// How much.
        cents: Cents,
    },
    /// A payout that counted as failed was paid after all and is owed.
    PayoutLate {
        /// How much.
        cents: Cents,
    },
    /// Money in the wallet paid what its owner owed.
    SetOff {
        /// How much.
        cents: Cents,
    },
    /// The card paid what was owed.
    DebtPaid {
        /// How much.
        cents: Cents,
    },
    /// The card did not pay what is owed.
    DebtPaymentFailed {
        /// How much.
        cents: Cents,
        /// Why.
        reason: Decline,
    },
    /// What was owed need not be paid any more.
    DebtWrittenOff {
        /// How much.
        cents: Cents,
    },
    /// A charge of the wallet came after it counted as failed; the money is in the wallet.
    LateChargeKept {
        /// How much.
        cents: Cents,
    },
    /// The customer's bank took a charge back; it is owed.
    ChargedBack {
        /// How much.
        cents: Cents,
    },
    /// The bank gave a charge that it had taken back again.
    ChargebackWon {
        /// How much.
        cents: Cents,
    },
    /// The bank keeps the charge that it took back; it stays owed.
    ChargebackLost {
        /// How much.
        cents: Cents,
    },
    /// Less cash is at the gateway than has to leave it.
    CashShort {
        /// How much is missing.
        cents: Cents,
    },
    /// An operator made losses good.
    ToppedUp {
        /// How much.
        cents: Cents,
    },
    /// An operator took fees out.
    Withdrawn {
        /// How much.
        cents: Cents,
    },
    /// The runner at the store asks something.
    Proposed {
        /// What it is about.
        kind: ProposalKind,
        /// F′, where the proposal names one.
        total: Option<Cents>,
    },
    /// Told to the runner: the customer has decided, or nobody has and the order goes on.
    ProposalClosed,
    /// Told to the customer: the runner took the proposal back.
    ProposalWithdrawn,
    /// The card did not hold what the proposal needs; it is still open.
    RaiseFailed {
        /// Why, where the gateway said so.
        reason: Option<Decline>,
    },
    /// The order will be cancelled unless the runner is paying at this moment.
    CancelWaiting,
    /// The runner had paid: the order is not cancelled, and cancelling costs this from here on.
    CancelFell {
        /// What it costs.
        charge: Cents,
    },
    /// The other party wrote.
    Message,
    /// Told to the customer: the runner is there and can't reach you.
    RunnerAtTheDoor,
    /// Told to the runner: the customer is there after all.
    CustomerIsThere,
    /// Told to the runner: the wait is over; leave the food with a photo, or take it back.
    NoShowOver,
    /// A runner reports a problem.
    ProblemReported,
    /// Somebody claims something.
    Disputed {
        /// How much.
        claim: Cents,
    },
    /// Told to the runner: money in the wallet waits for the judgement.
    Frozen {
        /// How much.
        cents: Cents,
    },
    /// The other party said more about the dispute.
    DisputeReplied,
    /// A dispute has waited for long.
    DisputeWaits,
    /// The dispute is decided.
    DisputeResolved {
        /// What the claimant gets.
        refund: Cents,
    },
    /// The platform gives something back.
    Goodwill {
        /// How much.
        cents: Cents,
    },
    /// Told to the runner: a judgement took money back.
    TakenBack {
        /// Out of the wallet, or as a debt.
        cents: Cents,
    },
    /// Told to the runner: the customer gave a tip.
    Tipped {
        /// How much.
        cents: Cents,
    },
    /// Told to the customer: the card did not pay the tip.
    TipFailed {
        /// Why.
        reason: Decline,
    },
    /// A payout keeps failing and needs a person.
    PayoutStalled {
        /// Whose wallet.
        user: UserId,
        /// Its number in the wallet.
        call: CallNumber,
    },
    /// A card that pays a debt keeps failing and needs a person.
    DebtPaymentStalled {
        /// Whose wallet.
        user: UserId,
        /// Its number in the wallet.
        call: CallNumber,
    },
}
