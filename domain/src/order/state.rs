//! What an order is: its terms, its stage, what it has under way, and the commands that took effect.

use super::{
    attachments::{Closing, Dispute, LaterTip, Number, TipState},
    effects::{Call, Collection, EscrowStatus, Outcome, PaymentStatus},
    settlement::{Release, Settlement},
    stage::{Stage, Status},
    terms::{Item, StoreRef, Terms},
};
use crate::{
    call::{CallKind, CallNumber, CallState, CardToken, Decline},
    id::{CommandId, Fingerprint, OrderId, Seq, UserId},
    money::Cents,
    policy::Policy,
    saga::Progress,
    time::At,
    timer::{Timer, TimerKind, TimerState},
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
    /// How the charge was divided at the end.
    pub shared: Option<Release>,
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
    /// Until when each authorisation that is held, or was charged, can be captured, by its call.
    pub deadlines: BTreeMap<CallNumber, At>,
    /// Where to buy: another store than at first, once the customer said so.
    pub store: StoreRef,
    /// Items that are not bought: places on the shopping list.
    pub dropped: Vec<u16>,
    /// What the customer agreed to instead, by place on the shopping list.
    pub replaced: BTreeMap<u16, Item>,
    /// How many proposals there were.
    pub proposals: Number,
    /// How the last proposal was closed; `None` while one is open, and where an end closed it.
    pub closed: Option<Closing>,
    /// How many messages the parties sent.
    pub messages: u16,
    /// Timers that fired during an operator's hold and take effect at its end.
    pub noted: Vec<TimerKind>,
    /// How many disputes there were.
    pub disputes: Number,
    /// The newest dispute, open or decided.
    pub dispute: Option<Dispute>,
    /// What came back from the runner's share after the end, paid or owed.
    pub taken_back: Cents,
    /// Tips given after the end, by the call that charges them.
    pub tips: BTreeMap<CallNumber, LaterTip>,
    /// When it ended.
    pub ended_at: Option<At>,
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
    /// Every promised transfer not yet settled, by its number: that of the call that settles it, or one of its own.
    pub promises: BTreeMap<CallNumber, Cents>,
    /// The last number given to a call or a promise. Calls and promises count together, so that a number names one
    /// thing in the whole stream and a promise that waits for no call needs no second kind of key.
    pub last_number: CallNumber,
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

    /// Calls that rest and may be made again: all but an authorisation that waits for the customer and the bank.
    pub(super) fn retriable(&self) -> impl Iterator<Item = CallNumber> {
        let asked = self.action_url.is_some();
        let waits = move |kind| asked && matches!(kind, CallKind::Authorize { .. });
        let rests = move |call: &Call| call.state == CallState::Deferred && !waits(call.kind);
        let calls = self.calls.iter().filter(move |(_, call)| rests(call));
        calls.map(|(n, _)| *n)
    }

    /// Calls that had no answer as often as they are tried by themselves, and rest.
    pub fn failing(&self, tries: u16) -> impl Iterator<Item = (CallNumber, &Call)> {
        let rests = move |call: &Call| call.state == CallState::Deferred && call.failures >= tries;
        let calls = self.calls.iter().map(|(n, call)| (*n, call));
        calls.filter(move |(_, call)| rests(call))
    }

    /// Whether a step or a call of it keeps failing and needs a person.
    #[must_use]
    pub fn keeps_failing(&self, tries: u16) -> bool {
        self.saga.stalled().next().is_some() || self.failing(tries).next().is_some()
    }

    /// The timer of this kind, if it is armed.
    #[must_use]
    pub fn armed(&self, kind: TimerKind) -> Option<&Timer> {
        self.timers
            .get(&kind)
            .filter(|timer| timer.state == TimerState::Pending)
    }

    /// Whether snapshots keep it among what is live: not ended, or with a call or a dispute still open.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !self.is_terminal() || self.has_open_call() || self.open_dispute().is_some()
    }

    /// The dispute that nobody has decided.
    #[must_use]
    pub fn open_dispute(&self) -> Option<&Dispute> {
        self.dispute
            .as_ref()
            .filter(|dispute| dispute.judgement.is_none())
    }

    /// The card that call `n` is made with: fixed by the order's terms, or by a later tip.
    #[must_use]
    pub fn card(&self, n: CallNumber) -> &CardToken {
        self.tips.get(&n).map_or(&self.terms.card, |tip| &tip.card)
    }

    /// What is promised to the escrow: a and b.
    #[must_use]
    pub fn held(&self) -> Cents {
        self.holds().map(|(_, cents)| cents).sum()
    }

    /// Every promise to the escrow, by the call that authorised it.
    pub fn holds(&self) -> impl Iterator<Item = (CallNumber, Cents)> + '_ {
        let authorizes = |n: &CallNumber| {
            self.calls
                .get(n)
                .is_some_and(|call| matches!(call.kind, CallKind::Authorize { .. }))
        };
        self.promises
            .iter()
            .filter(move |(n, _)| authorizes(n))
            .map(|(n, cents)| (*n, *cents))
    }

    /// The number that the next call or promise gets.
    #[must_use]
    pub const fn next_number(&self) -> CallNumber {
        self.last_number + 1
    }

    /// What the runner got out of this order and did not have to give back.
    #[must_use]
    pub fn runners_share(&self) -> Cents {
        let paid = match (&self.stage, self.shared) {
            (Stage::Completed(..), Some(release)) => release.to_runner,
            (Stage::Cancelled(end), _) => match end.settlement {
                Settlement::Free => Cents::ZERO,
                Settlement::Trip { to_runner, .. } => to_runner,
                Settlement::Release(release) => release.to_runner,
            },
            _ => Cents::ZERO,
        };
        (paid - self.taken_back).or_zero()
    }

    /// What was charged and did not come back.
    #[must_use]
    pub fn refundable(&self) -> Cents {
        (self.charged - self.refunded).or_zero()
    }

    /// The tips given after the end, oldest first, and what became of each.
    pub fn later_tips(&self) -> impl Iterator<Item = (Cents, TipState)> + '_ {
        let state = |n: &CallNumber| match self.calls.get(n).map(|call| call.outcome) {
            Some(Outcome::Succeeded) if self.was_returned(*n) => TipState::Failed,
            Some(Outcome::Succeeded) => TipState::Paid,
            Some(Outcome::Refused) => TipState::Failed,
            Some(Outcome::Unknown) | None => TipState::Asked,
        };
        self.tips.iter().map(move |(n, tip)| (tip.cents, state(n)))
    }

    /// What was authorised for it and not let go before it was charged: H, and more after second authorisations.
    #[must_use]
    pub fn authorized(&self) -> Cents {
        let of_call = |n: &CallNumber| match self.calls.get(n)?.kind {
            CallKind::Authorize { cents } => Some(cents),
            CallKind::Capture { .. }
            | CallKind::Void { .. }
            | CallKind::Refund { .. }
            | CallKind::Charge { .. }
            | CallKind::PayOut { .. } => None,
        };
        self.deadlines.keys().filter_map(of_call).sum()
    }

    /// Everything the customer has given, or promised and not been refused, in later tips.
    #[must_use]
    pub fn tipped_later(&self) -> Cents {
        let refused = |n: &CallNumber| {
            self.calls
                .get(n)
                .is_some_and(|call| call.outcome == Outcome::Refused)
        };
        let kept = |n: &CallNumber| !refused(n) && !self.was_returned(*n);
        let tips = self.tips.iter().filter(|(n, _)| kept(n));
        tips.map(|(_, tip)| tip.cents).sum()
    }

    /// Whether the food is bought and not handed over.
    pub(super) const fn is_under_way_with_food(&self) -> bool {
        matches!(
            self.stage,
            Stage::Purchased(..) | Stage::Collected(..) | Stage::OnTheWay(..)
        )
    }

    /// Transition 28: from the board to the handing over.
    pub(super) const fn may_be_held(&self) -> bool {
        !matches!(
            self.stage,
            Stage::Authorizing
                | Stage::Holding
                | Stage::Scheduling
                | Stage::Waiting { .. }
                | Stage::Completed(..)
                | Stage::Cancelled(_)
        )
    }

    /// How many lines of the shopping list are still to be bought.
    pub(super) fn items_left(&self) -> usize {
        self.terms.items.len().saturating_sub(self.dropped.len())
    }

    /// Whether both parties are there to write to each other: from `accepted` until some time after the end.
    pub(super) fn may_talk(&self, policy: &Policy, now: At) -> bool {
        let ended_long_ago = self
            .ended_at
            .is_some_and(|at| now.since(at) >= policy.message_window_ms);
        self.stage.assignment().is_some() && !ended_long_ago
    }

    pub(super) fn may_answer_no_show(&self) -> bool {
        self.stage.approach().is_some_and(|approach| {
            approach.no_show.is_some_and(|wait| !wait.over) && !approach.no_show_answered
        })
    }

    /// Whether it ended so recently that a party may still open a case.
    pub(super) fn is_recent(&self, policy: &Policy, now: At) -> bool {
        self.ended_at
            .is_some_and(|at| now.since(at) < policy.case_window_ms)
    }

    /// Transition 29: handed over, and the window, if there is one, is not over or its end was only noted.
    pub(super) fn is_in_dispute_window(&self) -> bool {
        let open = self.armed(TimerKind::DisputeWindow).is_some()
            || self.noted.contains(&TimerKind::DisputeWindow);
        self.status() == Status::Delivered && open
    }

    pub(super) fn may_tip(&self, policy: &Policy, now: At) -> bool {
        let recent = self
            .ended_at
            .is_some_and(|at| now.since(at) < policy.tip_window_ms);
        self.status() == Status::Completed && recent
    }
}
