//! What an order is: its terms, its stage with the data that stage has, its timers, calls and promised transfers.
//!
//! Invariant: a stage carries its own data, so "accepted without a runner" cannot be written.

use super::{event::Settlement, rejection::CancelReason};
use crate::{
    call::{CallKind, CallNumber, CallState, CardToken, Decline},
    id::{CommandId, Fingerprint, OrderId, PhotoId, Principal, Seq, StoreId, UserId},
    money::Cents,
    saga::Progress,
    time::At,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// Bytes sealed under a person's key; the domain passes them on and never looks inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub Vec<u8>);

/// What the runner does when an item is not as ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Substitution {
    /// Take something like it.
    Replace,
    /// Ask first.
    Ask,
    /// Leave it out.
    Drop,
}

/// One line of the shopping list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// As the store calls it; 1 to 120 characters.
    pub name: String,
    /// Pieces; at least 1.
    pub quantity: u32,
    /// Price of one piece as the customer expects it; above zero.
    pub unit_price: Cents,
    /// What to do when it is not as ordered.
    pub substitution: Substitution,
}

/// Where the food is bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreRef {
    /// A store known to the campus.
    Known(StoreId),
    /// A store the customer describes.
    Described {
        /// Its name.
        name: String,
        /// Where it is.
        place: String,
    },
}

/// How the food changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handover {
    /// In person, against the four-digit PIN.
    Pin,
    /// Left at the door, with a photo.
    Door,
}

/// Where the food goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropoff {
    /// The building; shown on the board.
    pub building: String,
    /// Level, room, meeting point and notes, sealed under the customer's key.
    pub details: Option<Sealed>,
    /// How the food changes hands.
    pub handover: Handover,
}

/// The money of an order, fixed when it is placed. All in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// F̂: the items, added up by the server.
    pub food_estimate: Cents,
    /// B: what the food may cost beyond the estimate without asking.
    pub buffer: Cents,
    /// D: delivery fee.
    pub delivery_fee: Cents,
    /// T: tip.
    pub tip: Cents,
    /// p: platform fee, out of what the runner gets.
    pub platform_fee: Cents,
    /// X: the runner's compensation for a lost trip.
    pub trip_compensation: Cents,
}

impl Price {
    /// Most the food may cost without asking: F̂ + B.
    #[must_use]
    pub fn cap(&self) -> Cents {
        self.food_estimate + self.buffer
    }

    /// H = cap + D + T: what is authorised and held.
    #[must_use]
    pub fn hold(&self) -> Cents {
        self.cap() + self.delivery_fee + self.tip
    }

    /// K = F + D + T: what the customer is charged for food that cost `food`.
    #[must_use]
    pub fn charge(&self, food: Cents) -> Cents {
        food + self.delivery_fee + self.tip
    }
}

/// Everything fixed when the order is placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Who ordered.
    pub customer: UserId,
    /// Where to buy.
    pub store: StoreRef,
    /// What to buy.
    pub items: Vec<Item>,
    /// Where to bring it.
    pub dropoff: Dropoff,
    /// The money.
    pub price: Price,
    /// Not before this time, if the customer said so.
    pub deliver_after: Option<At>,
    /// The customer's card at the time of placing.
    pub card: CardToken,
    /// When it was placed.
    pub placed_at: At,
}

/// A runner bound to the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bond {
    /// The runner.
    pub runner: UserId,
    /// The runner epoch: rises at each bind and each unbind.
    pub epoch: u32,
    /// When the runner accepted.
    pub accepted_at: At,
}

/// What was bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bought {
    /// F: what the receipt says.
    pub food: Cents,
    /// The receipt's photo.
    pub photo: Option<PhotoId>,
    /// When.
    pub at: At,
}

/// Where the order stands, with what is known there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Pending: the card is being asked.
    Authorizing,
    /// Pending: the money is being held.
    Holding,
    /// Pending: the timers are being armed.
    Scheduling,
    /// Pending: held back from the board until its time.
    Waiting {
        /// When it goes on the board.
        opens_at: At,
    },
    /// Pending: on the board.
    Available {
        /// Until when a runner may take it.
        accept_by: At,
    },
    /// A runner is on the way to the store.
    Accepted(Bond),
    /// The runner is at the store.
    OnSite(Bond),
    /// The food is bought; from here on the runner is never out of pocket.
    Purchased(Bond, Bought),
    /// The food is collected.
    Collected(Bond, Bought),
    /// The food is on its way.
    OnTheWay(Bond, Bought),
    /// The food was handed over; the money is not released yet.
    Delivered(Bond, Bought, Delivery),
    /// Delivered and paid.
    Completed(Bond, Bought, Delivery),
    /// Ended without delivery.
    Cancelled(Cancellation),
}

/// What proves the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    /// The customer's PIN.
    Pin,
    /// A photo of the food where it was left.
    Photo(PhotoId),
    /// The customer said so.
    Confirmed,
}

/// The handing over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// What proves it.
    pub proof: Proof,
    /// When.
    pub at: At,
}

/// How an order ended without delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// Why.
    pub reason: CancelReason,
    /// Who gave the command.
    pub by: Principal,
    /// What the money did.
    pub settlement: Settlement,
    /// The runner bound at the end, if there was one.
    pub bond: Option<Bond>,
    /// What had been bought, if anything.
    pub bought: Option<Bought>,
    /// When.
    pub at: At,
}

/// The status an order shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Placed, nobody bound.
    Pending,
    /// A runner is bound.
    Accepted,
    /// At the store.
    OnSite,
    /// Bought.
    Purchased,
    /// Collected.
    Collected,
    /// On its way.
    OnTheWay,
    /// Handed over.
    Delivered,
    /// Paid: the end.
    Completed,
    /// Ended without delivery.
    Cancelled,
}

impl Status {
    /// Every status, in the order of the lifecycle.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Accepted,
        Self::OnSite,
        Self::Purchased,
        Self::Collected,
        Self::OnTheWay,
        Self::Delivered,
        Self::Completed,
        Self::Cancelled,
    ];

    /// Lower case with hyphens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::OnSite => "on-site",
            Self::Purchased => "purchased",
            Self::Collected => "collected",
            Self::OnTheWay => "on-the-way",
            Self::Delivered => "delivered",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Stage {
    /// The status this stage shows.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self {
            Self::Authorizing | Self::Holding | Self::Scheduling | Self::Waiting { .. } | Self::Available { .. } => {
                Status::Pending
            }
            Self::Accepted(_) => Status::Accepted,
            Self::OnSite(_) => Status::OnSite,
            Self::Purchased(..) => Status::Purchased,
            Self::Collected(..) => Status::Collected,
            Self::OnTheWay(..) => Status::OnTheWay,
            Self::Delivered(..) => Status::Delivered,
            Self::Completed(..) => Status::Completed,
            Self::Cancelled(_) => Status::Cancelled,
        }
    }

    /// The step of placing, while the order is pending.
    #[must_use]
    pub const fn placement(&self) -> Option<&'static str> {
        match self {
            Self::Authorizing => Some("authorizing"),
            Self::Holding => Some("holding"),
            Self::Scheduling => Some("scheduling"),
            Self::Waiting { .. } => Some("waiting"),
            Self::Available { .. } => Some("available"),
            _ => None,
        }
    }

    /// The runner bound now, or at the end.
    #[must_use]
    pub const fn bond(&self) -> Option<&Bond> {
        match self {
            Self::Accepted(bond)
            | Self::OnSite(bond)
            | Self::Purchased(bond, _)
            | Self::Collected(bond, _)
            | Self::OnTheWay(bond, _)
            | Self::Delivered(bond, ..)
            | Self::Completed(bond, ..) => Some(bond),
            Self::Cancelled(cancellation) => cancellation.bond.as_ref(),
            _ => None,
        }
    }

    /// Whether the order goes on with a runner who is not `runner`.
    #[must_use]
    pub fn is_bound_to_another(&self, runner: UserId) -> bool {
        !self.status().is_terminal() && self.bond().is_some_and(|bond| bond.runner != runner)
    }

    /// What was bought, from `purchased` on.
    #[must_use]
    pub const fn bought(&self) -> Option<&Bought> {
        match self {
            Self::Purchased(_, bought)
            | Self::Collected(_, bought)
            | Self::OnTheWay(_, bought)
            | Self::Delivered(_, bought, _)
            | Self::Completed(_, bought, _) => Some(bought),
            Self::Cancelled(cancellation) => cancellation.bought.as_ref(),
            _ => None,
        }
    }

    /// The handing over, from `delivered` on.
    #[must_use]
    pub const fn delivery(&self) -> Option<&Delivery> {
        match self {
            Self::Delivered(_, _, delivery) | Self::Completed(_, _, delivery) => Some(delivery),
            _ => None,
        }
    }
}

/// What a timer is for. Keyed by (order, kind, generation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TimerKind {
    /// The customer's time to confirm with the bank.
    PaymentAction,
    /// When a waiting order goes on the board.
    BoardOpen,
    /// How long an order waits for a runner.
    OrderTimeout,
    /// How long a runner may take to reach the store.
    RunnerIdle,
    /// How long a runner may take at the store.
    StoreWait,
    /// When a delivery is late.
    DeliveryReminder,
    /// The customer's time to confirm or dispute.
    DisputeWindow,
    /// When the authorisation must be given up.
    PaymentAuthorizationExpiry,
    /// The daily look at an unfinished order.
    EscrowTimeout,
    /// Until when both sides may rate.
    RatingWindow,
    /// The next try of a step that failed for the moment.
    StepRetry,
    /// An event scheduled over the API.
    Scheduled,
}

impl TimerKind {
    /// Upper snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaymentAction => "PAYMENT_ACTION",
            Self::BoardOpen => "BOARD_OPEN",
            Self::OrderTimeout => "ORDER_TIMEOUT",
            Self::RunnerIdle => "RUNNER_IDLE",
            Self::StoreWait => "STORE_WAIT",
            Self::DeliveryReminder => "DELIVERY_REMINDER",
            Self::DisputeWindow => "DISPUTE_WINDOW",
            Self::PaymentAuthorizationExpiry => "PAYMENT_AUTHORIZATION_EXPIRY",
            Self::EscrowTimeout => "ESCROW_TIMEOUT",
            Self::RatingWindow => "RATING_WINDOW",
            Self::StepRetry => "STEP_RETRY",
            Self::Scheduled => "SCHEDULED",
        }
    }
}

/// How a timer ended, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TimerState {
    /// Armed.
    Pending,
    /// Fired, and its command took effect.
    Processed,
    /// Disarmed.
    Cancelled,
}

/// One of an order's timers: the newest generation of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Counts the arms of this kind: 1, 2, 3 …
    pub generation: u32,
    /// When it fires.
    pub due: At,
    /// Whether it is armed.
    pub state: TimerState,
}

/// One of an order's calls to the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// What it asks.
    pub kind: CallKind,
    /// Where it stands.
    pub state: CallState,
    /// Tries that had no answer.
    pub failures: u16,
    /// What is known of it.
    pub outcome: Outcome,
}

/// What is known of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Nothing yet; a closed call that is unknown was given up.
    Unknown,
    /// It was done as asked.
    Succeeded,
    /// It was refused for good.
    Refused,
}

/// Where the payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentStatus {
    /// The card is being asked.
    Initiating,
    /// Authorised, not held yet.
    Authorized,
    /// Held in escrow.
    InEscrow,
    /// Went to the runner.
    Released,
    /// Went back to the customer.
    Refunded,
    /// Went to both.
    PartiallyRefunded,
    /// Never authorised.
    Failed,
    /// Authorised and let go.
    Voided,
}

/// Where the charge of the card stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Collection {
    /// Nothing to charge.
    None,
    /// On its way.
    Collecting,
    /// Charged.
    Collected,
    /// The card failed; the customer owes.
    Owed,
}

/// Where the escrow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EscrowStatus {
    /// Nothing held yet.
    Pending,
    /// Held.
    Held,
    /// To the runner.
    Released,
    /// To the customer.
    Refunded,
    /// To both.
    Split,
    /// Never held.
    Failed,
}

/// A command that took effect, kept so that its repeat is answered, not executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executed {
    /// The command.
    pub command: CommandId,
    /// Hash of its body.
    pub fingerprint: Fingerprint,
    /// The record it became.
    pub seq: Seq,
    /// The order's version after it.
    pub version: u32,
    /// HTTP-like status it was answered with.
    pub status: u16,
}

/// A rating given by one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratings {
    /// Stars the customer gave the runner, 1–5.
    pub by_customer: Option<u8>,
    /// Stars the runner gave the customer, 1–5.
    pub by_runner: Option<u8>,
    /// Whether both sides may see them.
    pub published: bool,
}

/// One order: a fold of its records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id; payment and escrow carry it too.
    pub id: OrderId,
    /// What was fixed when it was placed.
    pub terms: Arc<Terms>,
    /// Where it stands.
    pub stage: Stage,
    /// The runner epoch: rises at each bind and each unbind.
    pub epoch: u32,
    /// Runners who were bound before and are not now.
    pub former_runners: Vec<UserId>,
    /// Where the payment stands.
    pub payment: PaymentStatus,
    /// Where the charge of the card stands.
    pub collection: Collection,
    /// Where the escrow stands.
    pub escrow: EscrowStatus,
    /// What was charged to the card or is owed instead: K, or X for a lost trip.
    pub charged: Cents,
    /// What went back to the customer.
    pub refunded: Cents,
    /// Most the food may cost now.
    pub approved_total: Cents,
    /// Wrong PINs so far.
    pub wrong_pins: u8,
    /// Whether the delivery is late.
    pub late: bool,
    /// Whether an operator froze it.
    pub operator_hold: bool,
    /// Until when the earliest authorisation can be captured.
    pub capture_before: Option<At>,
    /// Why the card was refused, if it was.
    pub declined: Option<Decline>,
    /// Where the bank wants the customer to confirm.
    pub action_url: Option<String>,
    /// Whether the release to the runner failed and waits for its retry, with its tries.
    pub release_failures: u16,
    /// Steps of the reminder that runs in this stage.
    pub reminded: u8,
    /// How often ESCROW_TIMEOUT fired.
    pub overdue_days: u16,
    /// Ratings of both sides.
    pub ratings: Ratings,
    /// Where its sagas stand.
    pub saga: Progress,
    /// The newest timer of each kind.
    pub timers: BTreeMap<TimerKind, Timer>,
    /// Every call, by number.
    pub calls: BTreeMap<CallNumber, Call>,
    /// Every promised transfer not yet settled, by the number of the call that settles it.
    pub promises: BTreeMap<CallNumber, Cents>,
    /// Commands that took effect.
    pub executed: Vec<Executed>,
    /// Count of its records; the `ETag`.
    pub version: u32,
    /// Sequence of its last record.
    pub last_seq: Seq,
    /// When its last record was decided; never goes back.
    pub last_at: At,
}

impl Order {
    /// The status it shows.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.stage.status()
    }

    /// Whether nothing follows but effects on their way.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        self.status().is_terminal()
    }

    /// Whether a call of it is not decided yet.
    #[must_use]
    pub fn has_open_call(&self) -> bool {
        self.calls.values().any(|call| call.state != CallState::Closed)
    }

    /// The timer of this kind, if it is armed.
    #[must_use]
    pub fn armed(&self, kind: TimerKind) -> Option<&Timer> {
        self.timers.get(&kind).filter(|timer| timer.state == TimerState::Pending)
    }

    /// Whether snapshots keep it among what is live: not ended, or with a call or a timer still out.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !self.is_terminal() || self.has_open_call()
    }
}
