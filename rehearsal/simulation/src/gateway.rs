//! The payment gateway of a campus: the fake bank, and what a campus sees of it.
//!
//! The bank decides about money; here answers come late, or nobody answers. Of what the bank says by itself a campus
//! hears all but that an authorisation ran out: an order knows when its own does. What the bank refuses as misuse is
//! declined, since a campus may meet it: a refund that comes twice, a capture that comes too late.
//! Invariant: a key is executed at most once, whatever is asked how often; the bank knows what was really blocked,
//! charged and sent back, so that a ledger that says otherwise is found out.

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

/// How long an authorisation can be captured: the shortest usual, 4 days and 18 hours.
const CAPTURE_WITHIN_MS: u64 = 4 * DAY_MS + 18 * HOUR_MS;
/// How late a late answer comes.
const LATE_MS: u64 = 20 * MINUTE_MS;
/// After how long a payout is sent back that is.
const SENT_BACK_MS: u64 = 2 * DAY_MS;

/// An answer on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it arrives.
    pub at: At,
    /// The key of the call it answers.
    pub key: CallKey,
    /// Who made the call: an order or a wallet.
    pub stream: Stream,
    /// The call.
    pub call: CallNumber,
    /// The answer.
    pub answer: Answer,
}

/// The gateway and its bank.
#[derive(Clone, Debug)]
pub struct Gateway {
    bank: Bank,
    /// How many of the bank's events are among `events`, or have arrived.
    heard: u64,
    events: Vec<Event>,
    /// Every call that was made.
    callers: HashMap<CallKey, (Stream, CallNumber)>,
    /// Until when the answer to a call is held back.
    held_back: HashMap<CallKey, At>,
    /// What banks took back or gave again, and what operators moved.
    moved: Cents,
    /// Until when nobody answers, and nothing is done.
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
    /// Cash there: what cards paid and were not sent back, less payouts, and what banks and operators moved.
    #[must_use]
    pub fn cash(&self) -> Cents {
        self.bank.totals(None).cash() + self.moved
    }

    /// What reached this person's bank account and stayed there.
    #[must_use]
    pub fn paid_to(&self, user: UserId) -> Cents {
        let stream = Stream::Wallet(user).to_string();
        self.bank.totals(Some(&stream)).paid_out
    }

    /// What was charged to the card for this order.
    #[must_use]
    pub fn charged(&self, order: OrderId) -> Cents {
        let stream = Stream::Order(order).to_string();
        self.bank.totals(Some(&stream)).captured
    }

    /// What is blocked on cards and neither charged nor let go, also where it ran out.
    #[must_use]
    pub fn blocked(&self) -> Cents {
        self.blocks().map(|(.., cents)| cents).sum()
    }

    /// Every amount that is blocked on a card and neither charged nor let go, by the call that blocked it. One that ran
    /// out counts: an order is to end each of its own.
    pub fn blocks(&self) -> impl Iterator<Item = (OrderId, CallNumber, Cents)> + '_ {
        self.bank
            .holds()
            .filter_map(|(key, cents)| match self.callers.get(key) {
                Some((Stream::Order(order), n)) => Some((*order, *n, cents)),
                _ => None,
            })
    }

    /// How many keys were executed, each once.
    #[must_use]
    pub fn executed(&self) -> u64 {
        self.bank.executed()
    }

    /// Cash that comes or goes without a call.
    pub(super) fn moves(&mut self, cents: Cents) {
        self.moved += cents;
    }

    /// Takes the first answer on its way that has arrived by `now`; those to orders come before those to wallets.
    pub fn arrived(&mut self, now: At) -> Option<Event> {
        self.bank.settle(now);
        self.hear();
        let due = self.events.iter().enumerate();
        let due = due.filter(|(_, event)| event.at <= now);
        let of_wallet = |event: &Event| matches!(event.stream, Stream::Wallet(_));
        let (first, _) = due.min_by_key(|(_, event)| (of_wallet(event), event.at))?;
        Some(self.events.remove(first))
    }

    /// Sends an answer on its way, whether it was given before or not.
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

    /// From now on until then nobody answers, whatever the card, and nothing is done.
    pub(super) fn is_down_until(&mut self, until: At) {
        self.down_until = self.down_until.max(until);
    }

    /// The bank lets go of what it blocks for this order, before its time; the order is told. Nothing happens if it
    /// blocks nothing.
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

    /// When the next answer on its way arrives.
    #[must_use]
    pub fn next_arrival(&self) -> Option<At> {
        let events = self.events.iter().map(|event| event.at);
        events.chain(self.bank.next_due()).min()
    }

    /// Makes a call with a card; the same call again gets the same answer, or none.
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

    /// Pays out to a bank account; the same call again gets the same answer, or none.
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

    /// The customer answers the bank; the decision arrives as an event. Nothing happens if the bank is not asking.
    pub fn confirm(&mut self, key: &CallKey, yes: bool, now: At) {
        let _nothing_to_confirm = self.bank.confirm(key, yes, now).outcome.is_err();
        self.hear();
    }

    /// An answer that is held back: the first try sends it on its way, and until it arrives no try is answered.
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

    /// Takes in what the bank says by itself.
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

/// What a call is answered that fits nothing the bank knows.
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
