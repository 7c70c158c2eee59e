//! What an order is: its terms, its stage, what it has under way, and the commands that took effect.

use super::{
    effects::{Call, Collection, EscrowStatus, PaymentStatus, Timer, TimerKind, TimerState},
    stage::{Stage, Status},
    terms::Terms,
};
use crate::{
    call::{CallNumber, CallState, Decline},
    id::{CommandId, Fingerprint, OrderId, Seq, UserId},
    money::Cents,
    saga::Progress,
    time::At,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

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
    /// Runners who were unbound, once for each time; one of them may be bound again.
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
        self.calls
            .values()
            .any(|call| call.state != CallState::Closed)
    }

    /// The timer of this kind, if it is armed.
    #[must_use]
    pub fn armed(&self, kind: TimerKind) -> Option<&Timer> {
        self.timers
            .get(&kind)
            .filter(|timer| timer.state == TimerState::Pending)
    }

    /// Whether snapshots keep it among what is live: not ended, or with a call or a timer still out.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !self.is_terminal() || self.has_open_call()
    }
}
