//! Notices to people: the `notices` section of a record. Texts are rendered when read, in the reader's language.

use crate::{
    call::{CallNumber, Decline},
    id::UserId,
    money::Cents,
    order::ProposalKind,
};
use serde::{Deserialize, Serialize};

/// Who receives a notice.
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
    /// The user who receives it, or all operators.
    pub to: Audience,
    /// The kind of notice, with its figures.
    pub kind: NoticeKind,
}

/// What a notice says, with the figures its text needs. Variants are only ever appended.
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
        /// The gateway's reason, where it gave one.
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
    /// The runner was taken off the order: they did not start in time, or an operator decided so.
    RunnerReleased,
    /// To the runner: start now, or buy now.
    RunnerReminder,
    /// The runner is at the store.
    RunnerOnSite,
    /// To the runner: buy only from now on.
    BuyFromNowOn,
    /// The runner has been at the store for long; wait, or cancel.
    StoreWaitLong,
    /// The food is bought.
    Purchased {
        /// Total of the receipt, in cents.
        food: Cents,
    },
    /// The food is collected.
    Collected,
    /// The food is on its way; the PIN will be asked.
    OnTheWay,
    /// The delivery is late.
    Late,
    /// The food was handed over.
    Delivered,
    /// A wrong PIN was given.
    WrongPin {
        /// How many tries are left before a photo is needed instead.
        left: u8,
    },
    /// The order is complete; the receipt is there.
    Completed,
    /// To the runner: the money is in the wallet.
    Paid {
        /// Amount that was paid, in cents.
        cents: Cents,
    },
    /// To the runner and to operators: delivered, but the money is not in the wallet yet.
    PaymentDelayed,
    /// Both sides may rate.
    PleaseRate,
    /// The order is cancelled.
    Cancelled,
    /// Nobody took the order; nothing was charged.
    NobodyCame,
    /// The card could not be charged, so the customer owes the amount: please renew the card.
    RenewCard {
        /// Amount that is owed, in cents.
        owed: Cents,
    },
    /// A charge that came after it was given up was sent back; or an authorisation was let go of.
    LateChargeReturned {
        /// Amount of the charge, in cents; 0 for an authorisation.
        cents: Cents,
    },
    /// Money could not be sent back to the card and stays in the wallet.
    RefundKeptInWallet {
        /// Amount that stays, in cents.
        cents: Cents,
    },
    /// To operators: a step or a call of an order keeps failing and needs a person.
    StepStalled,
    /// The other side has rated, or the ratings are published.
    Rated,
    /// An operator has put the order on hold.
    HeldByOperator,
    /// An operator has ended the hold.
    ReleasedByOperator,
    /// To operators: the order has been unfinished for another day.
    Overdue,
    /// A payout was asked for and is on its way to the bank.
    PayoutRequested {
        /// Amount that is to be paid out, in cents.
        cents: Cents,
    },
    /// A payout was paid.
    PayoutPaid {
        /// Amount that was paid out, in cents.
        cents: Cents,
    },
    /// A payout failed; the money is in the wallet again.
    PayoutFailed {
        /// Amount of the payout, in cents.
        cents: Cents,
        /// The gateway's reason.
        reason: Decline,
    },
    /// The bank sent a payout back; the money is in the wallet again.
    PayoutSentBack {
        /// Amount that came back, in cents.
        cents: Cents,
    },
    /// A payout that counted as failed was paid after all and is owed.
    PayoutLate {
        /// Amount that is owed, in cents.
        cents: Cents,
    },
    /// Money in the wallet paid what its owner owed.
    SetOff {
        /// Amount that was set off, in cents.
        cents: Cents,
    },
    /// The card paid what was owed.
    DebtPaid {
        /// Amount that was charged, in cents.
        cents: Cents,
    },
    /// The card did not pay what is owed.
    DebtPaymentFailed {
        /// Amount that is still owed, in cents.
        cents: Cents,
        /// The gateway's reason.
        reason: Decline,
    },
    /// What was owed need not be paid any more.
    DebtWrittenOff {
        /// Amount that was written off, in cents.
        cents: Cents,
    },
    /// A charge of the wallet came after it counted as failed; the money is in the wallet.
    LateChargeKept {
        /// Amount that was charged, in cents.
        cents: Cents,
    },
    /// The customer's bank took a charge back; it is owed.
    ChargedBack {
        /// Amount that was taken back, in cents.
        cents: Cents,
    },
    /// The bank returned a charge that it had taken back.
    ChargebackWon {
        /// Amount that was returned, in cents.
        cents: Cents,
    },
    /// The bank keeps the charge that it took back; it stays owed.
    ChargebackLost {
        /// Amount that stays owed, in cents.
        cents: Cents,
    },
    /// To operators: less cash is at the gateway than has to leave it.
    CashShort {
        /// Amount that is missing, in cents.
        cents: Cents,
    },
    /// An operator made losses good.
    ToppedUp {
        /// Amount that was put in, in cents.
        cents: Cents,
    },
    /// An operator took fees out.
    Withdrawn {
        /// Amount that was taken out, in cents.
        cents: Cents,
    },
    /// The runner at the store proposes something that the customer has to decide.
    Proposed {
        /// What the proposal is about.
        kind: ProposalKind,
        /// F′, the proposed total of the food in cents, where the proposal names one.
        total: Option<Cents>,
    },
    /// The proposal is closed and the order goes on: the customer decided, or its items were dropped.
    ProposalClosed,
    /// To the customer: the runner took the proposal back.
    ProposalWithdrawn,
    /// To the customer: the card did not give what the proposal needs on top; the proposal is still open.
    RaiseFailed {
        /// The gateway's reason, where it gave one.
        reason: Option<Decline>,
    },
    /// The order will be cancelled unless the runner is paying at this moment.
    CancelWaiting,
    /// To the customer: the runner had paid already, so the order is not cancelled, and cancelling has a new price.
    CancelFell {
        /// What cancelling costs from now on, in cents.
        charge: Cents,
    },
    /// The other party wrote.
    Message,
    /// To the customer: the runner is at the door and can't reach you.
    RunnerAtTheDoor,
    /// To the runner: the customer is there after all.
    CustomerIsThere,
    /// To the runner: the wait is over; leave the food with a photo, or take it back.
    NoShowOver,
    /// To operators: a runner reports a problem.
    ProblemReported,
    /// Somebody opened a dispute or a case.
    Disputed {
        /// Amount that is claimed, in cents.
        claim: Cents,
    },
    /// To the runner: money in the wallet is frozen until the case is decided.
    Frozen {
        /// Amount that is frozen, in cents.
        cents: Cents,
    },
    /// The other party said more about the dispute.
    DisputeReplied,
    /// To operators: a dispute has waited for long.
    DisputeWaits,
    /// The dispute is decided.
    DisputeResolved {
        /// Amount that the claimant gets, in cents.
        refund: Cents,
    },
    /// To the customer: the platform gives something back.
    Goodwill {
        /// Amount that is given, in cents.
        cents: Cents,
    },
    /// To the runner: a judgement took money back.
    TakenBack {
        /// Amount in cents, out of the wallet or as a debt.
        cents: Cents,
    },
    /// To the runner: the customer gave a tip.
    Tipped {
        /// Amount of the tip, in cents.
        cents: Cents,
    },
    /// To the customer: the card did not pay the tip.
    TipFailed {
        /// The gateway's reason.
        reason: Decline,
    },
    /// To operators: a payout keeps failing and needs a person.
    PayoutStalled {
        /// Owner of the wallet.
        user: UserId,
        /// Number of the call within the wallet.
        call: CallNumber,
    },
    /// To operators: charging a card for a debt keeps failing and needs a person.
    DebtPaymentStalled {
        /// Owner of the wallet.
        user: UserId,
        /// Number of the call within the wallet.
        call: CallNumber,
    },
    /// To the customer: confirm the delivery, which pays the runner; until then it can be disputed.
    PleaseConfirm,
    /// To operators: the server's clock jumped, which a person has to look at.
    ClockStepped {
        /// Whether it was set back.
        back: bool,
        /// How far, in milliseconds.
        ms: u64,
    },
    /// To the customer: wrong PINs were shown, and then a photo in place of the PIN. They have to confirm or dispute.
    ConfirmOrDispute {
        /// How long, in milliseconds, until the runner is paid if they do neither.
        window_ms: u64,
    },
    /// To the runner: the customer has to confirm what a photo shows in place of the PIN, before the money follows.
    PaymentWaits {
        /// How long it waits at most, in milliseconds, unless there is a dispute.
        window_ms: u64,
    },
    /// To operators: a snapshot store was found damaged and is rebuilt from the journal; nothing is lost.
    SnapshotsDamaged {
        /// Whether it is the one with what has ended; otherwise the one with what is live.
        archive: bool,
    },
    /// To operators: both snapshot stores are whole again.
    SnapshotsWhole,
}
