//! The state of an order: its terms, its stage, its timers and calls under way.

use super::{
    attachments::{Closing, Dispute, LaterTip, Number, TipState},
    effects::{Call, Collection, EscrowStatus, Outcome, PaymentStatus},
    settlement::{Release, Settlement},
    stage::{Proof, Stage, Status},
    terms::{Handover, Item, StoreRef, Terms},
};
use crate::{
    call::{CallKind, CallNumber, CallState, CardToken, Decline},
    id::{CommandId, OrderId, Seq, UserId},
    money::Cents,
    policy::Policy,
    saga::Progress,
    time::At,
    timer::{Timer, TimerKind, TimerState},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// The ratings that customer and runner of a completed order give each other (transition 32c).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratings {
    /// Stars that the customer gave the runner, 1–5; `None` until they rate.
    pub by_customer: Option<u8>,
    /// Stars that the runner gave the customer, 1–5; `None` until they rate.
    pub by_runner: Option<u8>,
    /// Whether the ratings are shown: once both are given, or `RATING_WINDOW` is over.
    pub published: bool,
}

/// One order, as the fold of its records leaves it. Amounts are in cents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Id of the order; its payment and its escrow are named by it too.
    pub id: OrderId,
    /// What was fixed when the order was placed.
    pub terms: Arc<Terms>,
    /// The stage that the order has reached, with the data of that stage.
    pub stage: Stage,
    /// The runner epoch: 0 at first, rises by one whenever a runner is bound or unbound.
    pub epoch: u32,
    /// Runners who were unbound, listed once for each time; one of them may be bound again.
    pub former_runners: Vec<UserId>,
    /// Status of the payment.
    pub payment: PaymentStatus,
    /// Status of charging the customer's card.
    pub collection: Collection,
    /// Status of the order's escrow.
    pub escrow: EscrowStatus,
    /// What the card is charged, or what is owed where that failed: K once the food is bought, what was decided for a lost
    /// trip, 0 before.
    pub charged: Cents,
    /// What was given back to the customer: r at the end, and later claims and goodwill; counted once it is decided.
    pub refunded: Cents,
    /// How the charge was divided at the end; `None` before it, and where there was no release.
    pub shared: Option<Release>,
    /// The most that the food may cost now: the cap at first, then what the customer approved.
    pub approved_total: Cents,
    /// Number of wrong PINs that the runner has shown.
    pub wrong_pins: u8,
    /// Whether `DELIVERY_REMINDER` fired before the delivery.
    pub late: bool,
    /// Whether an operator has put the order on hold (transition 28).
    pub operator_hold: bool,
    /// When the first of the authorisations in `deadlines` runs out; `None` before there is one.
    pub capture_before: Option<At>,
    /// Until when each authorisation that is held, or was charged, can be captured, by the number of its call.
    pub deadlines: BTreeMap<CallNumber, At>,
    /// The store where the food is bought: that of the terms, or the one that the customer named later (transition 16).
    pub store: StoreRef,
    /// Items that are not to be bought any more, by index on the shopping list.
    pub dropped: Vec<u16>,
    /// What the customer approved in place of an item, by the item's index on the shopping list.
    pub replaced: BTreeMap<u16, Item>,
    /// Number of proposals so far; also the number of the newest.
    pub proposals: Number,
    /// How the newest proposal was closed; `None` before the first, while one is open, and where the order's end closed it.
    pub closed: Option<Closing>,
    /// Number of messages between customer and runner.
    pub messages: u16,
    /// Timers that fired during an operator's hold and may take effect at its end, oldest first.
    pub noted: Vec<TimerKind>,
    /// Number of disputes so far; also the number of the newest.
    pub disputes: Number,
    /// The newest dispute, open or decided; `None` if there was none.
    pub dispute: Option<Dispute>,
    /// What was taken back from the runner's share after the end, paid by them or owed.
    pub taken_back: Cents,
    /// Later tips, by the number of the call that charges them.
    pub tips: BTreeMap<CallNumber, LaterTip>,
    /// When the order was completed or cancelled; `None` while it goes on.
    pub ended_at: Option<At>,
    /// Why the order's first authorisation was declined; `None` if it was not.
    pub declined: Option<Decline>,
    /// Page on which the customer confirms an authorisation with their bank; `None` unless the bank has asked.
    pub action_url: Option<String>,
    /// How often the escrow has refused the release (transition 23); above 0, `STEP_RETRY` tries it again.
    pub release_failures: u16,
    /// How many steps of its reminder timer have fired in this stage: 0, 1 or 2.
    pub reminded: u8,
    /// How often `ESCROW_TIMEOUT` found the order unfinished and left it so: days.
    pub overdue_days: u16,
    /// What customer and runner gave each other as ratings.
    pub ratings: Ratings,
    /// How far the order's sagas have come.
    pub saga: Progress,
    /// The newest timer of each kind, armed or not.
    pub timers: BTreeMap<TimerKind, Timer>,
    /// Every call to the gateway that the order has opened, by number.
    pub calls: BTreeMap<CallNumber, Call>,
    /// Every promised transfer that is not settled yet, by its number: that of the call that settles it, or one of its own.
    pub promises: BTreeMap<CallNumber, Cents>,
    /// The last number given to a call or a promise. Calls and promises count together, so that a number names one
    /// thing in the whole stream and a promise that waits for no call needs no second kind of key.
    pub last_number: CallNumber,
    /// The newest commands of the system that took effect, oldest first: a repeat changes nothing.
    pub fired: VecDeque<CommandId>,
    /// Number of the order's records; clients see it as the `ETag`.
    pub version: u32,
    /// Sequence of the order's last record.
    pub last_seq: Seq,
    /// When the order's last record was decided; goes back only with a clock that was set back.
    pub last_at: At,
}

impl Order {
    /// Returns the status that the order shows.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.stage.status()
    }

    /// Returns whether the order is `completed` or `cancelled`: no stage follows, only calls and cases.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        self.status().is_terminal()
    }

    /// Returns whether a call of the order is neither decided nor given up.
    #[must_use]
    pub fn has_open_call(&self) -> bool {
        self.calls
            .values()
            .any(|call| call.state != CallState::Closed)
    }

    /// Returns the deferred calls that may be made again: all but an authorisation that the customer has to confirm with
    /// their bank.
    pub(super) fn retriable(&self) -> impl Iterator<Item = CallNumber> {
        let asked = self.action_url.is_some();
        let waits = move |kind| asked && matches!(kind, CallKind::Authorize { .. });
        let rests = move |call: &Call| call.state == CallState::Deferred && !waits(call.kind);
        let calls = self.calls.iter().filter(move |(_, call)| rests(call));
        calls.map(|(n, _)| *n)
    }

    /// Returns the deferred calls that had no answer at least `tries` times, so that a person should look at them.
    pub fn failing(&self, tries: u16) -> impl Iterator<Item = (CallNumber, &Call)> {
        let rests = move |call: &Call| call.state == CallState::Deferred && call.failures >= tries;
        let calls = self.calls.iter().map(|(n, call)| (*n, call));
        calls.filter(move |(_, call)| rests(call))
    }

    /// Returns whether a saga step is stalled, or a call had no answer at least `tries` times: a person should look.
    #[must_use]
    pub fn keeps_failing(&self, tries: u16) -> bool {
        self.saga.stalled().next().is_some() || self.failing(tries).next().is_some()
    }

    /// Returns the timer of this kind, if it is armed.
    #[must_use]
    pub fn armed(&self, kind: TimerKind) -> Option<&Timer> {
        self.timers
            .get(&kind)
            .filter(|timer| timer.state == TimerState::Pending)
    }

    /// Returns whether the snapshots keep the order in the hot store: it has not ended, or a call or a dispute is open.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !self.is_terminal() || self.has_open_call() || self.open_dispute().is_some()
    }

    /// Returns the open dispute, if there is one.
    #[must_use]
    pub fn open_dispute(&self) -> Option<&Dispute> {
        self.dispute
            .as_ref()
            .filter(|dispute| dispute.judgement.is_none())
    }

    /// Returns the card that call `n` is made with: that of the order's terms, or for a later tip the one fixed with it.
    #[must_use]
    pub fn card(&self, n: CallNumber) -> &CardToken {
        self.tips.get(&n).map_or(&self.terms.card, |tip| &tip.card)
    }

    /// Returns what is promised to the escrow, in cents: the promises a and b of `docs/lifecycle.md` together.
    #[must_use]
    pub fn held(&self) -> Cents {
        self.holds().map(|(_, cents)| cents).sum()
    }

    /// Returns every promise to the escrow in cents, with the number of the call that authorised it.
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

    /// Returns the number that the next call or promise gets.
    #[must_use]
    pub const fn next_number(&self) -> CallNumber {
        self.last_number + 1
    }

    /// Returns what the runner was paid by this order and did not have to give back, in cents; later tips do not count.
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
        (paid + self.tips_paid() - self.taken_back).or_zero()
    }

    /// Returns what the customer was charged, later tips included, and has not got back, in cents: the most that can
    /// still be refunded.
    #[must_use]
    pub fn refundable(&self) -> Cents {
        (self.charged + self.tips_paid() - self.refunded).or_zero()
    }

    /// Returns what later tips brought the runner, in cents.
    fn tips_paid(&self) -> Cents {
        self.tips.values().map(|tip| tip.paid).sum()
    }

    /// Returns the later tips in cents, oldest first, and what became of each.
    pub fn later_tips(&self) -> impl Iterator<Item = (Cents, TipState)> + '_ {
        let state = |n: &CallNumber, tip: &LaterTip| match self.calls.get(n).map(|it| it.outcome) {
            Some(Outcome::Succeeded) if tip.paid == Cents::ZERO => TipState::Failed,
            Some(Outcome::Succeeded) => TipState::Paid,
            Some(Outcome::Refused) => TipState::Failed,
            Some(Outcome::Unknown) | None => TipState::Asked,
        };
        let tips = self.tips.iter();
        tips.map(move |(n, tip)| (tip.cents, state(n, tip)))
    }

    /// Returns what was authorised and not let go of before it was charged, in cents: H, and more after second
    /// authorisations.
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

    /// Returns the later tips that were paid or are still asked for, in cents.
    #[must_use]
    pub fn tipped_later(&self) -> Cents {
        let tips = self.later_tips();
        let kept = tips.filter(|(_, state)| *state != TipState::Failed);
        kept.map(|(cents, _)| cents).sum()
    }

    /// Returns whether the food is bought and not handed over yet.
    pub(super) const fn is_under_way_with_food(&self) -> bool {
        matches!(
            self.stage,
            Stage::Purchased(..) | Stage::Collected(..) | Stage::OnTheWay(..)
        )
    }

    /// Returns whether the order may be put on hold (transition 28): from `available` to `delivered`.
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

    /// Returns when the customer can be expected at the earliest, if that is later than `now`: an order for later counts
    /// nothing against them before `deliver_after`.
    pub(super) fn not_expected_until(&self, now: At) -> Option<At> {
        self.terms.deliver_after.filter(|after| *after > now)
    }

    /// Returns how many items of the shopping list are still to be bought.
    pub(super) fn items_left(&self) -> usize {
        self.terms.items.len().saturating_sub(self.dropped.len())
    }

    /// Returns whether customer and runner may write to each other: while a runner is bound, and until `message_window_ms`
    /// after the end.
    pub(super) fn may_talk(&self, policy: &Policy, now: At) -> bool {
        let ended_long_ago = self
            .ended_at
            .is_some_and(|at| now.since(at) >= policy.message_window_ms);
        self.stage.assignment().is_some() && !ended_long_ago
    }

    /// Returns whether the customer may answer a no-show report (transition 25): the wait is not over, and it is the first.
    pub(super) fn may_answer_no_show(&self) -> bool {
        self.stage.approach().is_some_and(|approach| {
            approach.no_show.is_some_and(|wait| !wait.over) && !approach.no_show_answered
        })
    }

    /// Returns whether the order has ended less than `case_window_ms` ago, so that a party may still open a case (31).
    pub(super) fn is_recent(&self, policy: &Policy, now: At) -> bool {
        self.ended_at
            .is_some_and(|at| now.since(at) < policy.case_window_ms)
    }

    /// Returns whether the customer may dispute the delivery (transition 29): it is `delivered`, and `DISPUTE_WINDOW` is
    /// armed, or fired during an operator's hold that still lasts.
    pub(super) fn is_in_dispute_window(&self) -> bool {
        let open = self.armed(TimerKind::DisputeWindow).is_some()
            || self.noted.contains(&TimerKind::DisputeWindow);
        self.status() == Status::Delivered && open
    }

    /// Returns whether this proof took the place of the PIN after wrong ones, so that nothing but the runner's word says that
    /// the customer has the food.
    pub(super) fn is_proven_by_runner_alone(&self, proof: Proof) -> bool {
        let shows_a_photo = matches!(proof, Proof::Photo(_));
        let in_person = self.terms.dropoff.handover == Handover::Pin;
        shows_a_photo && in_person && self.wrong_pins > 0
    }

    /// Returns how long the customer has to confirm or dispute a delivery with this proof, in milliseconds; 0 where the
    /// release follows at once.
    pub(super) fn dispute_window_ms(&self, proof: Proof, policy: &Policy) -> u64 {
        if self.is_proven_by_runner_alone(proof) {
            policy.wrong_pin_window_ms.max(policy.dispute_window_ms)
        } else {
            policy.dispute_window_ms
        }
    }

    /// Returns whether the customer may give a later tip (32a): completed less than `tip_window_ms` ago.
    pub(super) fn may_tip(&self, policy: &Policy, now: At) -> bool {
        let recent = self
            .ended_at
            .is_some_and(|at| now.since(at) < policy.tip_window_ms);
        self.status() == Status::Completed && recent
    }
}
