//! Why a command is refused, whoever refuses it. A closed set with stable codes.
//!
//! Invariant: the variants of [`Rejection`] stand in the order in which the rules are checked.

use crate::{
    id::OrderId,
    money::Cents,
    order::{Quote, Status},
    time::At,
};

/// A rule said no. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No such thing, or not the caller's to know of.
    #[error("no such {what}")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// The caller may see it, and may not do this.
    #[error("{who} may do this")]
    NotAllowed {
        /// Who may.
        who: String,
    },
    /// The key was used with another body.
    #[error("this idempotency key was used for another request: send this one with a new key")]
    KeyReused,
    /// The first request with this key is still running.
    #[error("the first request with this idempotency key is still running")]
    StillRunning,
    /// A field's value breaks a rule.
    #[error("{field} {rule}")]
    InvalidField {
        /// Path of the field, as the caller wrote it.
        field: String,
        /// The rule, as the end of a sentence.
        rule: String,
    },
    /// The account is suspended.
    #[error("this account is suspended")]
    Suspended,
    /// Placing needs a card.
    #[error("add a payment method first")]
    NoPaymentMethod,
    /// A payout needs a bank account.
    #[error("add a payout method first")]
    NoPayoutMethod,
    /// Placing needs a clean slate.
    #[error(
        "{owed} is owed: pay it first, with POST /api/users/me/wallet/pay-debt or by setting a new payment method"
    )]
    InDebt {
        /// How much is owed.
        owed: Cents,
    },
    /// Too many orders open at once.
    #[error("at most {limit} orders may be open at once")]
    TooManyOpenOrders {
        /// The limit.
        limit: u32,
    },
    /// The store takes no orders now.
    #[error("the store takes no orders now")]
    StorePaused,
    /// The store is closed at that time.
    #[error("the store is closed at that time")]
    StoreClosed,
    /// Another runner was faster.
    #[error("another runner took this order")]
    TakenByAnotherRunner,
    /// The command does not fit where the order stands.
    #[error("an order that is {status} can't do this")]
    NotInThisStage {
        /// Where it stands.
        status: Status,
        /// What this caller can do now.
        allowed: Vec<String>,
    },
    /// The time for it has passed.
    #[error("the time for this has passed")]
    TooLate,
    /// The wait before it is not over.
    #[error("the wait before this is not over")]
    TooEarly {
        /// When it opens.
        opens: At,
        /// How long until then, in milliseconds.
        in_ms: u64,
    },
    /// A runner can't take his own order.
    #[error("you can't run your own order")]
    OwnOrder,
    /// Only active runners take orders.
    #[error("activate yourself as a runner first")]
    NotARunner,
    /// Too many orders bound at once.
    #[error("a runner may have at most {limit} orders at once")]
    TooManyRuns {
        /// The limit.
        limit: u32,
    },
    /// The runner was unbound from this order too often.
    #[error("you had this order {limit} times: leave it to others")]
    HadTooOften {
        /// The limit.
        limit: u32,
    },
    /// An operator froze the order.
    #[error("an operator has put this order on hold")]
    OnHold,
    /// The customer has not decided the runner's proposal.
    #[error("a proposal is open")]
    ProposalOpen,
    /// Nobody has decided the dispute.
    #[error("a dispute is open")]
    DisputeOpen,
    /// Going on without it would leave money where it is, or would never tell whether it was moved.
    #[error(
        "what keeps failing moves money, or finds out whether it was moved, so it can't be skipped: have it tried again"
    )]
    MovesMoney,
    /// What keeps failing can't be taken back.
    #[error("there is no way back: {why}")]
    NoCompensation {
        /// Why not.
        why: String,
    },
    /// The customer was not tried hard enough.
    #[error("send the customer {left} more messages, some minutes apart")]
    ContactFirst {
        /// How many are missing.
        left: u8,
    },
    /// The order has as many messages as it may.
    #[error("an order may have at most {limit} messages")]
    TooManyMessages {
        /// The limit.
        limit: u16,
    },
    /// The runner has proposed as often as an order may be proposed to.
    #[error("an order may have at most {limit} proposals: buy it, or give the order back")]
    TooManyProposals {
        /// The limit.
        limit: u16,
    },
    /// Cancelling costs more than the caller agreed to.
    #[error(
        "cancelling now costs {}: agree to it with accept_charge_cents = {}",
        quote.charge,
        quote.charge.0
    )]
    QuoteChanged {
        /// What it costs now.
        quote: Quote,
    },
    /// The receipt is above what the customer approved.
    #[error(
        "the receipt is above the {approved} that the customer approved: propose the new price first"
    )]
    AboveApproved {
        /// How much is approved.
        approved: Cents,
    },
    /// A photo is needed.
    #[error("a photo is needed: name it in {field}")]
    PhotoNeeded {
        /// Path of the field that takes it.
        field: &'static str,
    },
    /// The photo already serves another order.
    #[error("this photo already serves an order: take another one")]
    PhotoUsed,
    /// The PIN is wrong. This refusal is remembered.
    #[error("wrong PIN, {}", tries(*left))]
    WrongPin {
        /// Tries left.
        left: u8,
    },
    /// Each side rates once.
    #[error("you have rated this order")]
    AlreadyRated,
    /// The e-mail address is taken.
    #[error("this e-mail address is taken")]
    EmailTaken,
    /// The escrow holds as much as it may.
    #[error("the escrow can't take this amount now")]
    HoldRefused,
    /// As many timers are armed as may be.
    #[error("no more timers can be armed now")]
    TimersFull,
    /// As many calls to the gateway are under way for this wallet as may be.
    #[error("at most {limit} payments may be under way at once")]
    TooManyPayments {
        /// The limit.
        limit: u32,
    },
    /// More than is owed.
    #[error("{}", above_debt(*owed))]
    AboveDebt {
        /// How much is owed and not being paid already.
        owed: Cents,
    },
    /// More than is there to be taken out.
    #[error("{available} is available, no more")]
    AboveAvailable {
        /// How much there is.
        available: Cents,
    },
    /// More than the platform has lost.
    #[error("{losses} was lost, no more can be made good")]
    AboveLosses {
        /// How much was lost.
        losses: Cents,
    },
    /// The ledger refuses to move the money.
    #[error("the ledger refuses this transfer")]
    TransferRefused,
    /// The placement is known: it became this order.
    #[error("this placement became order {order}")]
    AlreadyPlaced {
        /// The order.
        order: OrderId,
    },
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
            Self::HadTooOften { .. } => "had_too_often",
            Self::OnHold => "on_hold",
            Self::ProposalOpen => "proposal_open",
            Self::DisputeOpen => "dispute_open",
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
            Self::AlreadyPlaced { .. } => "already_placed",
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

/// How much may be paid.
fn above_debt(owed: Cents) -> String {
    match owed {
        Cents::ZERO => "nothing is owed".into(),
        _ => format!("{owed} is owed, no more"),
    }
}
