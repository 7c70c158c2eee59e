//! Bodies of answers, as the API writes them. Amounts are in cents; ids and times (RFC 3339) are text.
//!
//! Each type has only the fields that walkthrough, robots and tests read; other fields of the answer are ignored.

use campusg_domain::order::{CancelReason, Handover, Party, ProposalKind, Status, Substitution};
use serde::Deserialize;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
}

/// An order in the view of its customer or of an operator.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Order {
    /// Status, as `pending` or `on-site`.
    pub status: Status,
    /// How far placing is while the order is `pending`, as `authorizing` or `available`; else `None`.
    pub placement: Option<String>,
    /// Why the order was cancelled; `None` unless it was.
    pub cancel_reason: Option<CancelReason>,
    /// The agreed price.
    pub price: OrderPrice,
    /// The most that the food may cost without asking the customer again, in cents.
    pub approved_total_cents: i64,
    /// The shopping list.
    pub items: Vec<Line>,
    /// The place where the food is brought, and how it is handed over.
    pub dropoff: Place,
    /// The state of the payment.
    pub payment: Charged,
    /// The bound runner; `None` if the order has none.
    pub runner: Option<Runner>,
    /// The runner's open proposal; `None` if there is none.
    pub proposal: Option<OpenProposal>,
    /// A cancellation that waits for the runner at the till to answer; `None` if there is none.
    pub cancel_wait: Option<CancelWait>,
    /// The runner's wait before a closed door; `None` if they do not wait.
    pub no_show_wait: Option<NoShowWait>,
    /// The newest dispute, open or resolved; `None` if there was none.
    pub dispute: Option<Dispute>,
    /// Whether an operator has put the order on hold.
    #[serde(default)]
    pub operator_hold: bool,
}

/// The parts of an order's price that are read here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OrderPrice {
    /// What the food costs by the customer's estimate, in cents.
    pub food_estimate_cents: i64,
    /// Tip given with the order, in cents.
    pub tip_cents: i64,
}

/// An item of the shopping list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Line {
    /// What the runner does if the item can't be bought as ordered.
    pub substitution: Substitution,
    /// Whether the customer has given the item up.
    #[serde(default)]
    pub dropped: bool,
}

/// Where and how the food is handed over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// Against a PIN, or left at the door.
    pub handover: Handover,
}

/// The state of an order's payment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Charged {
    /// Charged to the customer's card so far, in cents.
    pub charged_cents: i64,
    /// Sent back to the customer's card so far, in cents.
    pub refunded_cents: i64,
    /// The bank's page where the customer confirms the payment; `None` unless the bank asks for it.
    pub action_url: Option<String>,
}

/// The bound runner, as the customer sees them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Runner {
    /// Id of the runner's account.
    pub id: String,
}

/// A runner's proposal that waits for the customer's decision.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OpenProposal {
    /// Number of the proposal within the order.
    pub n: u16,
    /// What the customer has to decide.
    pub kind: ProposalKind,
    /// The items that it is about; empty if it is not about items.
    #[serde(default)]
    pub items: Vec<ProposedLine>,
}

/// An item that a proposal is about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProposedLine {
    /// Index of the item in the shopping list, from 0.
    pub item: u16,
}

/// A cancellation that waits for the runner at the till; only its presence is read here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CancelWait {}

/// The runner's wait before a closed door.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct NoShowWait {
    /// Whether the wait has lasted long enough for the runner to leave.
    pub over: bool,
}

/// A dispute about an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Dispute {
    /// Number of the dispute within the order.
    pub n: u16,
    /// The party that opened it.
    pub by: Party,
    /// The amount claimed, in cents.
    pub claim_cents: i64,
    /// `open` or `resolved`.
    pub status: String,
}

/// An order on the board, as runners see it before they accept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BoardRow {
    /// Id of the order.
    pub id: String,
    /// Delivery fee, in cents.
    pub delivery_fee_cents: i64,
    /// Tip, in cents.
    pub tip_cents: i64,
}

/// A user's wallet and debt.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Wallet {
    /// What the user can have paid out now, in cents.
    pub available_cents: i64,
    /// What the user owes the platform, in cents.
    pub debt_cents: i64,
    /// The latest card payments of debt, newest first.
    #[serde(default)]
    pub debt_payments: Vec<DebtPayment>,
    /// The latest charges that banks took back, newest first.
    #[serde(default)]
    pub chargebacks: Vec<Chargeback>,
}

/// A card payment of debt.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DebtPayment {
    /// `requested`, `paid`, `failed`, or `late`: charged although it had been given up.
    pub state: String,
    /// The amount charged, in cents.
    pub charge_cents: i64,
}

/// A charge that the customer's bank took back.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Chargeback {
    /// `open` until the bank decides, then `won` (the platform has the money again) or `lost`.
    pub state: String,
    /// The amount that the bank took back, in cents.
    pub amount_cents: i64,
}

/// An account of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Its name, as `escrow:{order}`.
    pub account: String,
    /// Posted balance in cents: what came in less what went out.
    pub posted_cents: i64,
    /// Sum of the pending transfers to the account, in cents.
    pub pending_in_cents: i64,
    /// Sum of the pending transfers from the account, in cents.
    pub pending_out_cents: i64,
}

/// A transfer of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Transfer {
    /// The account that the money comes from.
    pub debit: String,
    /// The account that the money goes to.
    pub credit: String,
    /// The amount, in cents.
    pub amount_cents: i64,
    /// `posted`, `pending`, `voided` or `expired`.
    pub phase: String,
}

/// The payment of an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Payment {
    /// Charged to the customer's card so far, in cents.
    pub charged_cents: i64,
    /// Sent back to the customer's card so far, in cents.
    pub refunded_cents: i64,
    /// How far collecting the charge is: `none`, `collecting`, `collected` or `owed`.
    pub collection: String,
    /// Tips added after the order had ended; each is a charge of its own.
    #[serde(default)]
    pub tips: Vec<Tip>,
}

/// A tip added after the order had ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Tip {
    /// `asked` while the card is being charged, then `paid` or `failed`.
    pub state: String,
    /// The tip, in cents.
    pub amount_cents: i64,
}

/// The escrow of an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Escrow {
    /// The amount in escrow, promised or posted, in cents.
    pub held_cents: i64,
}

/// Anything that was created: only its id is read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Made {
    /// Id of what was created.
    pub id: String,
}

/// A store of the operators' directory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StoreAnswer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A notice in an inbox.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Notice {
    /// Its id.
    pub id: String,
    /// The kind of notice, in lower snake case.
    pub kind: String,
    /// The order that it is about; `None` if it is about a wallet or the platform.
    pub order_id: Option<String>,
}

/// The server's virtual clock.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Clock {
    /// The server's time.
    pub now: String,
}

/// The PIN that the customer tells the runner at the handover.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Pin {
    /// Four digits.
    pub pin: String,
}

/// The price of a cancellation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CancellationQuote {
    /// What the customer would be charged if they cancelled now, in cents.
    pub charge_cents: i64,
}

/// The ledger's public proof: all sums are 0, and the journal still contains what it contained before.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Proof {
    /// When it was made.
    pub made_at: String,
    /// Number of the journal's last record.
    pub seq: u64,
    /// Hash at the head of the journal's chain, in hexadecimal.
    pub head: String,
    /// Sum of all posted balances in cents; 0 if the ledger is sound.
    pub posted_sum_cents: i64,
    /// Sum over all accounts of what is pending in less what is pending out, in cents; 0 if the ledger is sound.
    pub pending_sum_cents: i64,
    /// Number of accounts.
    pub accounts: u64,
    /// Number of orders with money in escrow.
    pub open_escrows: u64,
}
