//! The payment gateway of a simulation: the fake bank, and the answers on their way from it.
//!
//! The bank decides about money; here answers are delayed or lost. Its events are passed on, except that an authorisation
//! ran out: an order has a timer for that. A call that the bank refuses as misuse is answered "declined", since a simulation
//! may make one: a refund that comes twice, a capture that comes too late.
//! Invariant: a key is executed at most once, however often it is tried. The bank knows what was really blocked, charged
//! and sent back, so a ledger that differs is found.

use super::scripts::{Bank as Account, Behaviour, SCRIPTS};
use campusg_bank::{Bank, Tuning};
use campusg_domain::{
    call::{Answer, CallNumber, CardToken, Decline},
    gateway::{CallKey, News, Operation, Payout, Request},
    id::{OrderId, Stream, UserId},
    money::Cents,
    time::{At, DAY_MS, HOUR_MS, MINUTE_MS},
};
use std::collections::HashMap;

/// How long an authorisation can be captured: 4 days and 18 hours, the shortest that is usual.
const CAPTURE_WITHIN_MS: u64 = 4 * DAY_MS + 18 * HOUR_MS;
/// Delay of a late answer.
const LATE_MS: u64 = 20 * MINUTE_MS;
/// Time after which a payout comes back from an account that sends payouts back.
const SENT_BACK_MS: u64 = 2 * DAY_MS;

/// An answer on its way from the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it arrives.
    pub at: At,
    /// Idempotency key of the call that it answers.
    pub key: CallKey,
    /// The stream that made the call: an order or a wallet.
    pub stream: Stream,
    /// Number of the call within its stream.
    pub call: CallNumber,
    /// What the gateway did.
    pub answer: Answer,
}

/// The gateway with its bank, and the answers on their way.
#[derive(Clone, Debug)]
pub struct Gateway {
    bank: Bank,
    /// Number of the bank's events that were passed on to `events`.
    heard: u64,
    events: Vec<Event>,
    /// The stream and number of every call that was made, by its key.
    callers: HashMap<CallKey, (Stream, CallNumber)>,
    /// Until when each late answer is held back.
    held_back: HashMap<CallKey, At>,
    /// Cash that chargebacks and operators moved without a call; positive is into the gateway.
    moved: Cents,
    /// Until then no call is answered, and nothing is done.
    pub(super) down_until: At,
}

impl Default for Gateway {
    fn default() -> Self {
        let tuning = Tuning {
            capture_window_ms: CAPTURE_WITHIN_MS,
            send_back_ms: SENT_BACK_MS,
            ..Tuning::default()
        };
        Self {
            bank: Bank::new(SCRIPTS, tuning),
            heard: 0,
            events: vec![],
            callers: HashMap::new(),
            held_back: HashMap::new(),
            moved: Cents::ZERO,
            down_until: At(0),
        }
    }
}

impl Gateway {
    /// Cash at the gateway: charged less refunded less paid out, with what chargebacks and operators moved.
    #[must_use]
    pub fn cash(&self) -> Cents {
        self.bank.totals(None).cash() + self.moved
    }

    /// The sum of the user's payouts that were paid and did not come back.
    #[must_use]
    pub fn paid_to(&self, user: UserId) -> Cents {
        let stream = Stream::Wallet(user).to_string();
        self.bank.totals(Some(&stream)).paid_out
    }

    /// The amount that was charged to cards for this order, later tips included.
    #[must_use]
    pub fn charged(&self, order: OrderId) -> Cents {
        let stream = Stream::Order(order).to_string();
        self.bank.totals(Some(&stream)).captured
    }

    /// Sum of [`Self::blocks`].
    #[must_use]
    pub fn blocked(&self) -> Cents {
        self.blocks().map(|(.., cents)| cents).sum()
    }

    /// The authorisations of orders that were neither captured nor let go of: order, number of the call, amount. One that ran
    /// out counts too, since every order has to end its own.
    pub fn blocks(&self) -> impl Iterator<Item = (OrderId, CallNumber, Cents)> + '_ {
        self.bank
            .holds()
            .filter_map(|(key, cents)| match self.callers.get(key) {
                Some((Stream::Order(order), n)) => Some((*order, *n, cents)),
                _ => None,
            })
    }

    /// Number of calls that are decided, each counted once.
    #[must_use]
    pub fn executed(&self) -> u64 {
        self.bank.executed()
    }

    /// Adds cash that comes without a call; negative is taken away.
    pub(super) fn moves(&mut self, cents: Cents) {
        self.moved += cents;
    }

    /// Removes and returns the first answer that has arrived by `now`; those to orders come before those to wallets.
    pub fn arrived(&mut self, now: At) -> Option<Event> {
        self.bank.settle(now);
        self.hear();
        let due = self.events.iter().enumerate();
        let due = due.filter(|(_, event)| event.at <= now);
        let of_wallet = |event: &Event| matches!(event.stream, Stream::Wallet(_));
        let (first, _) = due.min_by_key(|(_, event)| (of_wallet(event), event.at))?;
        Some(self.events.remove(first))
    }

    /// Makes an answer arrive at `at`, whether or not the call was answered before.
    pub(super) fn comes_at(&mut self, at: At, key: &CallKey, answer: Answer) {
        let Some((stream, call)) = self.callers.get(key).copied() else {
            return;
        };
        let key = key.clone();
        self.events.push(Event {
            at,
            key,
            stream,
            call,
            answer,
        });
    }

    /// No call is answered until `until`, whatever the card, and nothing is done.
    pub(super) fn is_down_until(&mut self, until: At) {
        self.down_until = self.down_until.max(until);
    }

    /// The bank lets go of one authorisation of this order before it runs out, which an event reports; `false` if it blocks
    /// nothing.
    pub(super) fn lapse(&mut self, order: OrderId, now: At) -> bool {
        let calls = self.callers.iter();
        let mine = calls.filter(|(_, (stream, _))| *stream == Stream::Order(order));
        let mut mine: Vec<(CallNumber, CallKey)> =
            mine.map(|(key, (_, n))| (*n, key.clone())).collect();
        mine.sort_unstable();
        let lapsed = mine.iter().any(|(_, key)| self.bank.lapse(key, now));
        self.hear();
        lapsed
    }

    /// When the next answer arrives, or the bank next does something by itself; `None`: never.
    #[must_use]
    pub fn next_arrival(&self) -> Option<At> {
        let events = self.events.iter().map(|event| event.at);
        events.chain(self.bank.next_due()).min()
    }

    /// Makes one try of a call with `card`; a repeat gets the same answer, or `Unavailable`.
    pub fn call(
        &mut self,
        caller: (Stream, CallNumber),
        request: &Request,
        card: &CardToken,
        now: At,
    ) -> Answer {
        let key = &request.key;
        self.callers.insert(key.clone(), caller);
        let handled = self.bank.call_with(request, Some(card), now);
        self.hear();
        let answer = handled
            .outcome
            .unwrap_or_else(|_| too_late(&request.operation));
        match Behaviour::of(card) {
            Behaviour::AnswersLate => self.late(key, answer, now),
            _ => answer,
        }
    }

    /// Makes one try of a payout; a repeat gets the same answer, or `Unavailable`.
    pub(super) fn pay_out(
        &mut self,
        caller: (Stream, CallNumber),
        payout: &Payout,
        now: At,
    ) -> Answer {
        self.callers.insert(payout.key.clone(), caller);
        let handled = self.bank.pay_out(payout, now);
        self.hear();
        let refused = Answer::Declined {
            reason: Decline::AccountInvalid,
        };
        let answer = handled.outcome.map_or(refused, Answer::from);
        match Account::of(&payout.account) {
            Account::AnswersLate => self.late(&payout.key, answer, now),
            _ => answer,
        }
    }

    /// The customer answers the bank, which an event reports. Nothing happens if the bank is not asking.
    pub fn confirm(&mut self, key: &CallKey, yes: bool, now: At) {
        let _nothing_to_confirm = self.bank.confirm(key, yes, now).outcome.is_err();
        self.hear();
    }

    /// Delays an answer: it arrives [`LATE_MS`] after the first try, and until then every try gets `Unavailable`.
    fn late(&mut self, key: &CallKey, answer: Answer, now: At) -> Answer {
        match self.held_back.get(key) {
            Some(until) if *until <= now => answer,
            Some(_) => Answer::Unavailable,
            None => {
                let at = now.plus(LATE_MS);
                self.held_back.insert(key.clone(), at);
                self.comes_at(at, key, answer);
                Answer::Unavailable
            }
        }
    }

    /// Turns the bank's new events into answers on their way.
    fn hear(&mut self) {
        // Nothing here survives the process, so no fact has to.
        drop(self.bank.take_fresh());
        let told: Vec<_> = self.bank.events(self.heard, usize::MAX).collect();
        self.heard += told.len() as u64;
        for (at, event) in told {
            if let News::Answer(answer) = event.news
                && !self.bank.ran_out(&event.key)
            {
                self.comes_at(at, &event.key, answer);
            }
        }
    }
}

/// The answer to a call that the bank refused as misuse.
const fn too_late(operation: &Operation) -> Answer {
    let reason = match operation {
        Operation::Refund { .. } => Decline::CardInvalid,
        Operation::Capture { .. } => Decline::Expired,
        Operation::Authorize { .. } | Operation::Void { .. } | Operation::Charge { .. } => {
            Decline::Declined
        }
    };
    Answer::Declined { reason }
}
