//! Bodies of answers, as the API writes them. Amounts are in cents; ids and times (RFC 3339) are text.
//!
//! Each type has only the fields that walkthrough, robots and tests read; other fields of the answer are ignored.

use crate::Price;
use campusg_domain::money::Currency;
use campusg_domain::order::{CancelReason, Handover, Party, ProposalKind, Status, Substitution};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// The cursor of the next page; `None` if nothing follows.
    pub next_cursor: Option<String>,
}

/// An order in the view of its customer or of an operator.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: String,
    /// Number of its records.
    pub version: i64,
    /// Status, as `pending` or `on-site`.
    pub status: Status,
    /// How far placing is while the order is `pending`, as `authorizing` or `available`; else `None`.
    pub placement: Option<String>,
    /// Why the order was cancelled; `None` unless it was.
    pub cancel_reason: Option<CancelReason>,
    /// Who cancelled it, as `customer` or `system`; `None` unless it was cancelled.
    pub cancelled_by: Option<String>,
    /// Who got the money of a cancelled order: `free`, `trip` or `release`; `None` unless it was cancelled.
    pub settlement: Option<String>,
    /// The store where the runner buys.
    pub store: Store,
    /// The agreed price.
    pub price: Price,
    /// The most that the food may cost without asking the customer again, in cents.
    pub approved_total_cents: i64,
    /// The shopping list.
    pub items: Vec<Line>,
    /// The place where the food is brought, and how it is handed over.
    pub dropoff: Place,
    /// When it is wanted; `None` for an order for now.
    pub deliver_after: Option<String>,
    /// The state of the payment.
    pub payment: Payment,
    /// The state of the escrow.
    pub escrow: Escrow,
    /// The bound runner; `None` if the order has none.
    pub runner: Option<Runner>,
    /// What was bought; `None` before the purchase.
    pub receipt: Option<Bought>,
    /// How the food was handed over; `None` before that.
    pub delivery: Option<Delivery>,
    /// The runner's open proposal; `None` if there is none.
    pub proposal: Option<OpenProposal>,
    /// A cancellation that waits for the runner at the till to answer; `None` if there is none.
    pub cancel_wait: Option<CancelWait>,
    /// The runner's wait before a closed door; `None` if they do not wait.
    pub no_show_wait: Option<NoShowWait>,
    /// The newest dispute, open or resolved; `None` if there was none.
    pub dispute: Option<Dispute>,
    /// The ratings that the reader gave and got.
    pub ratings: Ratings,
    /// Its newest timer of each kind.
    pub timers: Vec<Timer>,
    /// Whether the delivery is late.
    pub late: bool,
    /// Whether an operator has put the order on hold.
    pub operator_hold: bool,
    /// The steps of its sagas that were begun; shown to operators only.
    #[serde(default)]
    pub saga: Vec<Step>,
    /// Its calls to the payment gateway; shown to operators only.
    #[serde(default)]
    pub calls: Vec<Call>,
    /// Days for which it has not gone on; shown to operators only.
    pub overdue_days: Option<i64>,
}

impl Order {
    /// How the handover was proved: `pin`, `photo` or `confirmed`; `None` before the handover.
    #[must_use]
    pub fn proof(&self) -> Option<&str> {
        self.delivery.as_ref().map(|it| it.proof.as_str())
    }
}

/// An order in the view of its bound runner.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RunnersOrder {
    /// Status, as `pending` or `on-site`.
    pub status: Status,
    /// The place where the food is brought; `None` from a day after the end.
    pub dropoff: Option<Place>,
    /// What the runner is paid.
    pub earnings: Earnings,
    /// The ratings that the runner gave and got.
    pub ratings: Ratings,
}

/// What the runner of an order is paid.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Earnings {
    /// Paid for the order, in cents; before its end what will be paid if nothing goes wrong.
    pub total_cents: i64,
    /// Tips that were added after the end, in cents; not part of the total.
    pub later_tips_cents: i64,
    /// The platform's fee, in cents; already taken off the total.
    pub platform_fee_cents: i64,
    /// Whether the total is paid.
    pub paid: bool,
}

/// The ratings of an order, as one of its parties sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Ratings {
    /// Stars that the reader got; `None` until they are published.
    pub received: Option<u8>,
}

/// The store of an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Store {
    /// Its name.
    pub name: Option<String>,
}

/// An item of the shopping list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Line {
    /// What the runner does if the item can't be bought as ordered.
    pub substitution: Substitution,
    /// Whether the customer has given the item up.
    pub dropped: bool,
}

/// Where and how the food is handed over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// Against a PIN, or left at the door.
    pub handover: Handover,
    /// The room; `None` if the customer named none.
    pub room: Option<String>,
}

/// The bound runner, as the customer sees them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Runner {
    /// Id of the runner's account.
    pub id: String,
    /// First name.
    pub first_name: Option<String>,
}

/// What the runner bought.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Bought {
    /// Total of the store's receipt, in cents.
    pub total_cents: i64,
    /// Id of the photo of the receipt.
    pub photo_id: Option<String>,
}

/// How the food was handed over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Delivery {
    /// How it was proved: `pin`, `photo` or `confirmed`.
    pub proof: String,
}

/// A runner's proposal that waits for the customer's decision.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OpenProposal {
    /// Number of the proposal within the order.
    pub n: u16,
    /// What the customer has to decide.
    pub kind: ProposalKind,
    /// `open`, or `awaiting_payment` while the card is asked for more.
    pub state: String,
    /// Why the card gave no more; `None` unless it was asked and refused.
    pub declined: Option<String>,
    /// The items that it is about; empty if it is not about items.
    pub items: Vec<ProposedLine>,
}

/// An item that a proposal is about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProposedLine {
    /// Index of the item in the shopping list, from 0.
    pub item: u16,
    /// What the runner would buy instead; `None` if nothing is offered.
    pub offer: Option<Offered>,
}

/// An item that the runner offers in place of another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Offered {
    /// Its name.
    pub name: String,
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

/// A timer of an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Timer {
    /// Its kind, as `ORDER_TIMEOUT`.
    pub event_type: String,
    /// How often a timer of this kind was set.
    pub generation: i64,
    /// When it is due.
    pub scheduled_time: String,
    /// `PENDING`, `PROCESSED` or `CANCELLED`.
    pub status: String,
}

/// A step of an order's saga.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Step {
    /// How far it is, as `done` or `stalled`.
    pub state: String,
}

/// A call of an order to the payment gateway.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Call {
    /// Its number within the order.
    pub call: u16,
    /// What it is for, as `capture`.
    pub purpose: String,
    /// How often it had no answer.
    pub failures: i64,
    /// `open` while an answer is awaited, `deferred` until it is tried again, then `closed`.
    pub state: String,
}

/// An event of an order's history.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Event {
    /// What happened, in lower snake case.
    pub r#type: String,
}

/// An order on the board, as runners see it before they accept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BoardEntry {
    /// Id of the order.
    pub id: String,
    /// What the runner lays out for the food by the customer's estimate, in cents.
    pub food_estimate_cents: i64,
    /// Delivery fee, in cents.
    pub delivery_fee_cents: i64,
    /// Tip, in cents.
    pub tip_cents: i64,
    /// All other fields.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// The receipt of an order, as its reader gets it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Receipt {
    /// What the customer paid, or what the runner was paid, in cents.
    pub total_cents: i64,
}

/// A user's own profile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Profile {
    /// Id of the account.
    pub id: String,
    /// First name.
    pub first_name: String,
    /// Whether the user is an operator.
    pub operator: bool,
    /// Number of orders that the user delivered.
    pub runs: i64,
    /// Number of orders that the user accepted and gave back.
    pub runner_cancellations: i64,
}

/// The profile of another user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PublicProfile {
    /// The stars that the user got.
    pub ratings: RatingsByRole,
}

/// The stars that a user got, by the role in which they got them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RatingsByRole {
    /// As runner.
    pub as_runner: Stars,
}

/// The stars that a user got in a role.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Stars {
    /// How often the user was rated.
    pub count: i64,
}

/// The answer to a registration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Registered {
    /// The new account.
    pub user: Made,
    /// Its first session.
    pub session: Session,
}

/// A session that was opened.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Session {
    /// The token that authenticates its requests.
    pub token: String,
}

/// A user's wallet and debt.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Wallet {
    /// What the user can have paid out now, in cents.
    pub available_cents: i64,
    /// On its way to the user's bank, in cents.
    pub in_payout_cents: i64,
    /// On its way out or frozen in a dispute, in cents.
    pub pending_out_cents: i64,
    /// What the user owes the platform, in cents.
    pub debt_cents: i64,
    /// What a new card or bank account would be charged at once, in cents.
    pub new_payment_method_pays_cents: i64,
    /// The latest card payments of debt, newest first.
    pub debt_payments: Vec<DebtPayment>,
    /// The latest charges that banks took back, newest first.
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
    /// How far it is, as `in-escrow` or `voided`.
    pub status: String,
    /// Charged to the customer's card so far, in cents.
    pub charged_cents: i64,
    /// Sent back to the customer's card so far, in cents.
    pub refunded_cents: i64,
    /// How far collecting the charge is: `none`, `collecting`, `collected` or `owed`.
    pub collection: String,
    /// The bank's page where the customer confirms the payment; `None` unless the bank asks for it.
    pub action_url: Option<String>,
    /// Why the bank declined the card; `None` unless it did.
    pub declined: Option<String>,
    /// Tips added after the order had ended; each is a charge of its own.
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
    /// How far it is, as `held` or `released`.
    pub status: String,
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
pub struct KnownStore {
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
    /// What it says.
    pub message: String,
    /// What it is about, for programs.
    pub data: Value,
}

/// What a refusal says beside its code; each is `None` unless the refusal is about it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Refusal {
    /// How often a PIN may still be tried.
    pub tries_left: Option<i64>,
    /// What the user owes, in cents.
    pub owed_cents: Option<i64>,
    /// What cancelling would cost now.
    pub quote: Option<CancellationQuote>,
    /// When it opens, if it is too early for it.
    pub opens_at: Option<String>,
}

/// The price of an order that is not placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Quoted {
    /// The currency of all amounts.
    pub currency: Currency,
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
    /// The currency of all amounts.
    pub currency: Currency,
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
