//! Answers, as the API writes them. Amounts in cents, ids and times as text.
//!
//! Each names what somebody here reads; what else an answer says is left out.

use campusg_domain::order::{CancelReason, Handover, Party, ProposalKind, Status, Substitution};
use serde::Deserialize;

/// Some entries of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
}

/// An order, as its customer or an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Order {
    /// Where it stands.
    pub status: Status,
    /// Where it stands before a runner has it.
    pub placement: Option<String>,
    /// Why it was cancelled.
    pub cancel_reason: Option<CancelReason>,
    /// What it costs.
    pub price: OrderPrice,
    /// What the food may cost.
    pub approved_total_cents: i64,
    /// What was asked for.
    pub items: Vec<Line>,
    /// Where it is brought.
    pub dropoff: Place,
    /// What the card paid.
    pub payment: Charged,
    /// Who has it.
    pub runner: Option<Runner>,
    /// What the runner asks.
    pub proposal: Option<OpenProposal>,
    /// A cancellation that waits for the runner.
    pub cancel_wait: Option<CancelWait>,
    /// The wait at the door.
    pub no_show_wait: Option<NoShowWait>,
    /// What somebody claims.
    pub dispute: Option<Dispute>,
    /// Whether operators hold it.
    #[serde(default)]
    pub operator_hold: bool,
}

/// Parts of an order's price.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OrderPrice {
    /// Food, as the customer estimated it.
    pub food_estimate_cents: i64,
    /// Tip.
    pub tip_cents: i64,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Line {
    /// What to do where it is sold out.
    pub substitution: Substitution,
    /// Whether it was left out.
    #[serde(default)]
    pub dropped: bool,
}

/// Where food is brought.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// How it changes hands.
    pub handover: Handover,
}

/// What a card paid for an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Charged {
    /// Charged.
    pub charged_cents: i64,
    /// Sent back.
    pub refunded_cents: i64,
    /// Where the bank wants the customer to confirm.
    pub action_url: Option<String>,
}

/// A runner, as the customer sees them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Runner {
    /// Who.
    pub id: String,
}

/// What a runner asks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OpenProposal {
    /// Its number.
    pub n: u16,
    /// About what.
    pub kind: ProposalKind,
    /// The lines it is about.
    #[serde(default)]
    pub items: Vec<ProposedLine>,
}

/// A line that a proposal is about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProposedLine {
    /// Which, counted from 0.
    pub item: u16,
}

/// A cancellation that waits for the runner.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CancelWait {}

/// A wait at the door.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct NoShowWait {
    /// Whether it was long enough.
    pub over: bool,
}

/// A dispute.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Dispute {
    /// Its number.
    pub n: u16,
    /// Who claims.
    pub by: Party,
    /// How much.
    pub claim_cents: i64,
    /// `open`, or decided.
    pub status: String,
}

/// A line of the board.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BoardRow {
    /// The order.
    pub id: String,
    /// Delivery fee.
    pub delivery_fee_cents: i64,
    /// Tip.
    pub tip_cents: i64,
}

/// What somebody has and owes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Wallet {
    /// At their disposal.
    pub available_cents: i64,
    /// Owed.
    pub debt_cents: i64,
    /// What cards paid of what was owed.
    #[serde(default)]
    pub debt_payments: Vec<DebtPayment>,
    /// What banks took back.
    #[serde(default)]
    pub chargebacks: Vec<Chargeback>,
}

/// A card's payment of what was owed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DebtPayment {
    /// `paid`, or on its way, or failed.
    pub state: String,
    /// How much was charged.
    pub charge_cents: i64,
}

/// What a bank took back.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Chargeback {
    /// `open`, `won` or `lost`.
    pub state: String,
    /// How much.
    pub amount_cents: i64,
}

/// An account of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Its name.
    pub account: String,
    /// What is posted.
    pub posted_cents: i64,
    /// What is promised to it.
    pub pending_in_cents: i64,
    /// What is promised from it.
    pub pending_out_cents: i64,
}

/// What was moved between two accounts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Transfer {
    /// From.
    pub debit: String,
    /// To.
    pub credit: String,
    /// How much.
    pub amount_cents: i64,
    /// `posted`, or only promised.
    pub phase: String,
}

/// Where the payment of an order is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Payment {
    /// Charged.
    pub charged_cents: i64,
    /// Sent back.
    pub refunded_cents: i64,
    /// How far collecting the charge is.
    pub collection: String,
    /// Later tips.
    #[serde(default)]
    pub tips: Vec<Tip>,
}

/// A later tip.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Tip {
    /// `paid`, or on its way, or failed.
    pub state: String,
    /// How much.
    pub amount_cents: i64,
}

/// Where the escrow of an order is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Escrow {
    /// Held on the card.
    pub held_cents: i64,
}

/// Something that was made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Made {
    /// Its id.
    pub id: String,
}

/// A store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StoreAnswer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Notice {
    /// Its id.
    pub id: String,
    /// Which.
    pub kind: String,
    /// About which order.
    pub order_id: Option<String>,
}

/// What a virtual clock shows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Clock {
    /// The time.
    pub now: String,
}

/// What the runner is to be told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Pin {
    /// Four digits.
    pub pin: String,
}

/// What cancelling costs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CancellationQuote {
    /// How much.
    pub charge_cents: i64,
}

/// What the server says to anybody about its books.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Proof {
    /// When it was made.
    pub made_at: String,
    /// The journal's last record.
    pub seq: u64,
    /// The head of the journal's chain.
    pub head: String,
    /// The sum of everything posted.
    pub posted_sum_cents: i64,
    /// The sum of everything promised.
    pub pending_sum_cents: i64,
    /// How many accounts there are.
    pub accounts: u64,
    /// How many orders have money in escrow.
    pub open_escrows: u64,
}
