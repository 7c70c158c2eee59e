//! Why a command is refused: a closed set of reasons with stable codes, for all rules of the product.
//!
//! Invariant: the variants of [`Rejection`] stand in the order in which the rules are checked.

use crate::{
    money::{Cents, Currency, Money},
    order::{Quote, Status},
    time::At,
};

/// Why a rule refuses a command. Nothing is recorded then, except for a wrong PIN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It does not exist, or the caller may not know of it.
    #[error("no such {what}")]
    NotFound {
        /// The kind of thing that was looked for, as `order`.
        what: String,
    },
    /// The caller may see it, but not do this.
    #[error("{who} may do this")]
    NotAllowed {
        /// Who may do it, as the beginning of a sentence.
        who: String,
    },
    /// The idempotency key was used with another body.
    #[error("this idempotency key was used for another request: send this one with a new key")]
    KeyReused,
    /// The first request with this idempotency key is still running.
    #[error("the first request with this idempotency key is still running")]
    StillRunning,
    /// The caller has as many idempotency keys as are kept.
    #[error(
        "at most {limit} idempotency keys are kept for a caller: a new one is taken once the oldest is over"
    )]
    TooManyKeys {
        /// Most keys of one caller.
        limit: u32,
        /// How long until the oldest is over, in milliseconds.
        in_ms: u64,
    },
    /// The caller's photos of the last day that serve no order are too many, or too large together.
    #[error(
        "at most {limit} photos of a day, and 50 MiB, may serve no order: another one is taken once an order has one of them, or the oldest is a day old"
    )]
    TooManyPhotos {
        /// Most photos of one person and day that serve no order.
        limit: u32,
        /// How long until this one is taken, in milliseconds, if no order takes one before.
        in_ms: u64,
    },
    /// A field's value breaks a rule.
    #[error("{field} {rule}")]
    InvalidField {
        /// Path of the field, as the caller wrote it.
        field: String,
        /// The rule, as the end of a sentence.
        rule: String,
    },
    /// The caller's account is suspended.
    #[error("this account is suspended")]
    Suspended,
    /// Placing an order needs a card on file.
    #[error("add a payment method first")]
    NoPaymentMethod,
    /// A payout needs a bank account on file.
    #[error("add a payout method first")]
    NoPayoutMethod,
    /// The customer has a debt, so they can't place an order.
    #[error(
        "{owed} is owed: pay it first, with POST /api/users/me/wallet/pay-debt or by setting a new payment method"
    )]
    InDebt {
        /// The debt.
        owed: Money,
    },
    /// The customer has as many open orders as allowed.
    #[error("at most {limit} orders may be open at once")]
    TooManyOpenOrders {
        /// Most open orders of one customer.
        limit: u32,
    },
    /// As many scheduled events are pending as may be.
    #[error(
        "at most {limit} scheduled events may be pending at once: cancel some, or let them fire"
    )]
    TooManyScheduled {
        /// Most scheduled events that are pending at once.
        limit: u32,
    },
    /// The store takes no orders now.
    #[error("the store takes no orders now")]
    StorePaused,
    /// The store is closed at that time.
    #[error("the store is closed at that time")]
    StoreClosed,
    /// Another runner accepted the order first.
    #[error("another runner took this order")]
    TakenByAnotherRunner,
    /// The command is not possible at the order's stage.
    #[error("an order that is {status} can't do this")]
    NotInThisStage {
        /// The present status of the order.
        status: Status,
        /// Names of the commands that this caller can give now.
        allowed: Vec<String>,
    },
    /// The deadline for this command has passed.
    #[error("the time for this has passed")]
    TooLate,
    /// The wait before it is not over, or the customer wants the order later.
    #[error("it is too early for this")]
    TooEarly {
        /// When it opens.
        opens: At,
        /// How long until then, in milliseconds.
        in_ms: u64,
    },
    /// Runners can't accept an order that they placed themselves.
    #[error("you can't run your own order")]
    OwnOrder,
    /// The caller is not an active runner.
    #[error("activate yourself as a runner first")]
    NotARunner,
    /// The runner is bound to as many orders as allowed.
    #[error("a runner may have at most {limit} orders at once")]
    TooManyRuns {
        /// Most orders that a runner is bound to at once.
        limit: u32,
    },
    /// The runner was unbound from this order too often.
    #[error("you had this order {limit} times: leave it to others")]
    HadTooOften {
        /// Most times that a runner may be bound to one order.
        limit: u32,
    },
    /// An operator has put the order on hold.
    #[error("an operator has put this order on hold")]
    OnHold,
    /// A proposal waits for the customer's decision.
    #[error("a proposal is open")]
    ProposalOpen,
    /// An open dispute waits for its decision.
    #[error("a dispute is open")]
    DisputeOpen,
    /// A clock that was set back is accepted with a new start only.
    #[error(
        "the clock was set back: set it right, or, if it is right now, stop the server and start it with --accept-clock"
    )]
    ClockSetBack {
        /// How far, in milliseconds.
        ms: u64,
    },
    /// The failing step can't be skipped: it moves money, or finds out whether money was moved.
    #[error(
        "what keeps failing moves money, or finds out whether it was moved, so it can't be skipped: have it tried again"
    )]
    MovesMoney,
    /// The failing step can't be compensated.
    #[error("there is no way back: {why}")]
    NoCompensation {
        /// The reason, as the end of a sentence.
        why: String,
    },
    /// The runner has not written to the customer often enough to report that they can't be reached.
    #[error("send the customer {left} more messages, some minutes apart")]
    ContactFirst {
        /// Number of further messages that are needed.
        left: u8,
    },
    /// The order has as many messages as allowed.
    #[error("an order may have at most {limit} messages")]
    TooManyMessages {
        /// Most messages of one order.
        limit: u16,
    },
    /// The order has had as many proposals as allowed.
    #[error("an order may have at most {limit} proposals: buy it, or give the order back")]
    TooManyProposals {
        /// Most proposals of one order.
        limit: u16,
    },
    /// Cancelling costs more than the caller agreed to pay.
    #[error(
        "cancelling now costs {}: agree to it with accept_charge_cents = {}",
        currency.of(quote.charge),
        quote.charge.0
    )]
    QuoteChanged {
        /// The present price of cancelling.
        quote: Quote,
        /// The currency of its amounts.
        currency: Currency,
    },
    /// The receipt is above what the customer approved.
    #[error(
        "the receipt is above the {approved} that the customer approved: propose the new price first"
    )]
    AboveApproved {
        /// The approved total of the food.
        approved: Money,
    },
    /// The command needs a photo.
    #[error("a photo is needed: name it in {field}")]
    PhotoNeeded {
        /// Path of the field for the photo's id.
        field: &'static str,
    },
    /// The photo was already used for an order.
    #[error("this photo already serves an order: take another one")]
    PhotoUsed,
    /// The PIN is wrong. This refusal is recorded, since tries are counted.
    #[error("wrong PIN, {}", tries(*left))]
    WrongPin {
        /// Number of tries that are left.
        left: u8,
    },
    /// The caller has rated this order already.
    #[error("you have rated this order")]
    AlreadyRated,
    /// The e-mail address belongs to another account.
    #[error("this e-mail address is taken")]
    EmailTaken,
    /// The amount, or all holds together, would be above the escrow's limits.
    #[error("the escrow can't take this amount now")]
    HoldRefused,
    /// As many timers are armed as allowed.
    #[error("no more timers can be armed now")]
    TimersFull,
    /// As many calls to the gateway are under way for this wallet as allowed.
    #[error("at most {limit} payments may be under way at once")]
    TooManyPayments {
        /// Most calls under way for one wallet.
        limit: u32,
    },
    /// The amount is above the debt.
    #[error("{}", above_debt(*owed))]
    AboveDebt {
        /// The part of the debt that is not being paid already.
        owed: Money,
    },
    /// The amount is above what can be taken out.
    #[error("{available} is available, no more")]
    AboveAvailable {
        /// What can be taken out.
        available: Money,
    },
    /// The amount is above the platform's losses.
    #[error("{losses} was lost, no more can be made good")]
    AboveLosses {
        /// The losses that are not covered yet.
        losses: Money,
    },
    /// The ledger refuses to move the money.
    #[error("the ledger refuses this transfer")]
    TransferRefused,
    /// The card can't be removed while an order is open.
    #[error("an order is open")]
    OrderOpen,
    /// The order's own timers can't be cancelled from outside, and ended events not at all.
    #[error("this event can't be cancelled")]
    NotCancellable,
}

impl Rejection {
    /// Stable lower-snake-case code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::NotAllowed { .. } => "not_allowed",
            Self::KeyReused => "key_reused",
            Self::StillRunning => "still_running",
            Self::TooManyKeys { .. } => "too_many_keys",
            Self::TooManyPhotos { .. } => "too_many_photos",
            Self::InvalidField { .. } => "invalid_field",
            Self::Suspended => "suspended",
            Self::NoPaymentMethod => "no_payment_method",
            Self::NoPayoutMethod => "no_payout_method",
            Self::InDebt { .. } => "in_debt",
            Self::TooManyOpenOrders { .. } => "too_many_open_orders",
            Self::StorePaused => "store_paused",
            Self::StoreClosed => "store_closed",
            Self::TakenByAnotherRunner => "taken_by_another_runner",
            Self::NotInThisStage { .. } => "not_in_this_stage",
            Self::TooLate => "too_late",
            Self::TooEarly { .. } => "too_early",
            Self::OwnOrder => "own_order",
            Self::NotARunner => "not_a_runner",
            Self::TooManyRuns { .. } => "too_many_runs",
            Self::TooManyScheduled { .. } => "too_many_scheduled",
            Self::HadTooOften { .. } => "had_too_often",
            Self::OnHold => "on_hold",
            Self::ProposalOpen => "proposal_open",
            Self::DisputeOpen => "dispute_open",
            Self::ClockSetBack { .. } => "clock_set_back",
            Self::MovesMoney => "moves_money",
            Self::NoCompensation { .. } => "no_way_back",
            Self::ContactFirst { .. } => "contact_first",
            Self::TooManyMessages { .. } => "too_many_messages",
            Self::TooManyProposals { .. } => "too_many_proposals",
            Self::QuoteChanged { .. } => "quote_changed",
            Self::AboveApproved { .. } => "above_approved",
            Self::PhotoNeeded { .. } => "photo_needed",
            Self::PhotoUsed => "photo_used",
            Self::WrongPin { .. } => "wrong_pin",
            Self::AlreadyRated => "already_rated",
            Self::EmailTaken => "email_taken",
            Self::HoldRefused => "hold_refused",
            Self::TimersFull => "timers_full",
            Self::TooManyPayments { .. } => "too_many_payments",
            Self::AboveDebt { .. } => "above_debt",
            Self::AboveAvailable { .. } => "above_available",
            Self::AboveLosses { .. } => "above_losses",
            Self::TransferRefused => "transfer_refused",
            Self::OrderOpen => "order_open",
            Self::NotCancellable => "not_cancellable",
        }
    }

    /// Says that a field's value breaks a rule.
    #[must_use]
    pub fn field(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::InvalidField {
            field: field.into(),
            rule: rule.into(),
        }
    }
}

/// How many tries there are, in words.
fn tries(left: u8) -> String {
    match left {
        0 => "no tries left: show a photo of the food at the door, as proof.photo_id".into(),
        1 => "1 try left".into(),
        _ => format!("{left} tries left"),
    }
}

/// The message of [`Rejection::AboveDebt`].
fn above_debt(owed: Money) -> String {
    match owed.cents {
        Cents::ZERO => "nothing is owed".into(),
        _ => format!("{owed} is owed, no more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_what_is_left_or_owed() {
        let usd = |cents| Currency::USD.of(Cents(cents));
        let table = [
            (
                Rejection::WrongPin { left: 0 },
                "wrong PIN, no tries left: show a photo of the food at the door, as proof.photo_id",
            ),
            (Rejection::WrongPin { left: 1 }, "wrong PIN, 1 try left"),
            (Rejection::WrongPin { left: 2 }, "wrong PIN, 2 tries left"),
            (Rejection::AboveDebt { owed: usd(0) }, "nothing is owed"),
            (
                Rejection::AboveDebt { owed: usd(150) },
                "1.50 USD is owed, no more",
            ),
            (
                Rejection::field("items[0].quantity", "must be 1 to 50"),
                "items[0].quantity must be 1 to 50",
            ),
        ];
        for (rejection, message) in table {
            assert_eq!(rejection.to_string(), message);
        }
    }
}
