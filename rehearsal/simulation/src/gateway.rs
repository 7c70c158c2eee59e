//! A model payment gateway: its own book, idempotent by key, and as badly behaved as the card's token says.
//!
//! Invariant: a key (order, purpose, call) is executed at most once, whatever is asked how often; the book knows what
//! was really blocked, charged and sent back, so that a ledger that says otherwise is found out.

use super::bank::BankBook;
use campusg_domain::{
    call::{Answer, CallKind, CallNumber, CardToken, Decline},
    id::{OrderId, UserId},
    money::Cents,
    time::{At, DAY_MS, HOUR_MS, MINUTE_MS},
};
use std::collections::{BTreeMap, HashMap};

/// How long an authorisation can be captured: the shortest usual, 4 days and 18 hours.
const CAPTURE_WITHIN_MS: u64 = 4 * DAY_MS + 18 * HOUR_MS;
/// How late a late answer comes.
const LATE_MS: u64 = 20 * MINUTE_MS;

/// How the gateway treats a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Everything works.
    Succeeds,
    /// Authorisations are refused.
    Declines(Decline),
    /// The bank wants the customer to confirm each authorisation.
    AsksCustomer,
    /// The first `n` tries of each call find nobody, and do nothing.
    DownFor(u8),
    /// The first `n` answers of each call are lost after it was done.
    LosesAnswers(u8),
    /// Each call is done at once and answered twenty minutes later.
    AnswersLate,
    /// Authorisations block one cent less than asked.
    BlocksLess,
    /// Captures are refused.
    DeclinesCapture,
    /// The first `n` answers of each charge, and of each capture, are lost after it was done.
    LosesCharges(u8),
    /// Refunds are refused.
    DeclinesRefund,
    /// Every authorisation of an order but its first is refused.
    DeclinesRaise,
}

impl Behaviour {
    /// Every behaviour, with the token that asks for it.
    pub const TOKENS: [(&'static str, Self); 13] = [
        ("success", Self::Succeeds),
        ("declined", Self::Declines(Decline::Declined)),
        (
            "insufficient_funds",
            Self::Declines(Decline::InsufficientFunds),
        ),
        ("action_required", Self::AsksCustomer),
        ("down_for_3", Self::DownFor(3)),
        ("down_for_20", Self::DownFor(20)),
        ("lost_answer", Self::LosesAnswers(2)),
        ("late", Self::AnswersLate),
        ("blocks_less", Self::BlocksLess),
        ("capture_declined", Self::DeclinesCapture),
        ("refund_declined", Self::DeclinesRefund),
        ("raise_declined", Self::DeclinesRaise),
        ("lost_charge", Self::LosesCharges(20)),
    ];

    /// The behaviour that a token asks for; a token nobody knows is an invalid card.
    #[must_use]
    pub fn of(card: &CardToken) -> Self {
        let known = Self::TOKENS.iter().find(|(token, _)| *token == card.0);
        known.map_or(Self::Declines(Decline::CardInvalid), |(_, behaviour)| {
            *behaviour
        })
    }

    /// How many tries of this call get no answer, and whether it is done all the same.
    const fn silent(self, kind: CallKind) -> (u8, bool) {
        match (self, kind) {
            (Self::DownFor(tries), _) => (tries, false),
            (Self::LosesAnswers(tries), _)
            | (Self::LosesCharges(tries), CallKind::Capture { .. } | CallKind::Charge { .. }) => {
                (tries, true)
            }
            _ => (0, true),
        }
    }
}

type Key = (OrderId, &'static str, CallNumber);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    /// The bank waits for the customer.
    Asked(Cents),
    Held(Cents, At),
    Let,
    Charged(Cents),
}

/// An answer on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it arrives.
    pub at: At,
    /// The order.
    pub order: OrderId,
    /// The call it answers.
    pub call: CallNumber,
    /// The answer.
    pub answer: Answer,
}

/// The gateway and its book.
#[derive(Clone, Debug, Default)]
pub struct Gateway {
    blocks: BTreeMap<(OrderId, CallNumber), Block>,
    charges: HashMap<(OrderId, CallNumber), Cents>,
    sent_back: HashMap<(OrderId, CallNumber), Cents>,
    answers: HashMap<Key, Answer>,
    tries: HashMap<Key, (u8, At)>,
    events: Vec<Event>,
    executed: u64,
    /// Until when nobody answers, and nothing is done.
    pub(super) down_until: At,
    /// Charges and payouts of wallets.
    pub(super) bank: BankBook,
}

impl Gateway {
    /// Cash there: charged less sent back, and what wallets and the operator moved.
    #[must_use]
    pub fn cash(&self) -> Cents {
        let charged: Cents = self.charges.values().copied().sum();
        charged - self.sent_back.values().copied().sum() + self.bank.cash()
    }

    /// What reached this person's bank account and stayed there.
    #[must_use]
    pub fn paid_to(&self, user: UserId) -> Cents {
        self.bank.paid_to(user)
    }

    /// What was charged to the card for this order.
    #[must_use]
    pub fn charged(&self, order: OrderId) -> Cents {
        self.charges
            .iter()
            .filter(|((of, _), _)| *of == order)
            .map(|(_, cents)| *cents)
            .sum()
    }

    /// What is blocked on cards and neither charged nor let go.
    #[must_use]
    pub fn blocked(&self) -> Cents {
        self.blocks().map(|(.., cents)| cents).sum()
    }

    /// Every amount that is blocked on a card and neither charged nor let go, by the call that blocked it.
    pub fn blocks(&self) -> impl Iterator<Item = (OrderId, CallNumber, Cents)> + '_ {
        let blocks = self.blocks.iter();
        blocks.filter_map(|(&(order, n), block)| match block {
            Block::Held(cents, _) => Some((order, n, *cents)),
            Block::Asked(_) | Block::Let | Block::Charged(_) => None,
        })
    }

    /// How many keys were executed, each once.
    #[must_use]
    pub fn executed(&self) -> u64 {
        self.executed + self.bank.executed()
    }

    /// Takes the first answer on its way that has arrived by `now`.
    pub fn arrived(&mut self, now: At) -> Option<Event> {
        let first = self
            .events
            .iter()
            .enumerate()
            .filter(|(_, event)| event.at <= now)
            .min_by_key(|(_, event)| event.at);
        first.map(|(i, _)| i).map(|i| self.events.remove(i))
    }

    /// Sends an answer on its way, whether it was given before or not.
    pub(super) fn comes_at(&mut self, at: At, order: OrderId, call: CallNumber, answer: Answer) {
        self.events.push(Event {
            at,
            order,
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
        let blocks = self.blocks.range((order, 0)..=(order, CallNumber::MAX));
        let held = |block: &Block| matches!(block, Block::Held(..));
        let first = blocks.filter(|(_, block)| held(block)).map(|(key, _)| *key);
        let Some((_, call)) = first.min() else {
            return false;
        };
        self.blocks.insert((order, call), Block::Let);
        let reason = Decline::Expired;
        self.comes_at(now, order, call, Answer::Declined { reason });
        true
    }

    /// When the next answer on its way arrives.
    #[must_use]
    pub fn next_arrival(&self) -> Option<At> {
        let orders = self.events.iter().map(|event| event.at);
        orders.chain(self.bank.next_arrival()).min()
    }

    /// Makes a call; the same call again gets the same answer, or none.
    pub fn call(
        &mut self,
        order: OrderId,
        n: CallNumber,
        kind: CallKind,
        card: &CardToken,
        now: At,
    ) -> Answer {
        let behaviour = Behaviour::of(card);
        let key = (order, kind.purpose(), n);
        let (tries, first_at) = self.tries.get(&key).copied().unwrap_or((0, now));
        self.tries.insert(key, (tries.saturating_add(1), first_at));
        let (silent, done_anyway) = behaviour.silent(kind);
        if tries < silent && !done_anyway {
            return Answer::Unavailable;
        }
        let answer = self.once(key, kind, behaviour, now);
        if behaviour == Behaviour::AnswersLate && now < first_at.plus(LATE_MS) {
            if tries == 0 {
                self.events.push(Event {
                    at: now.plus(LATE_MS),
                    order,
                    call: n,
                    answer,
                });
            }
            return Answer::Unavailable;
        }
        if tries < silent {
            Answer::Unavailable
        } else {
            answer
        }
    }

    /// The customer answers the bank; the decision arrives as an event. Nothing happens if the bank is not asking.
    pub fn confirm(&mut self, order: OrderId, call: CallNumber, yes: bool, now: At) {
        let Some(Block::Asked(cents)) = self.blocks.get(&(order, call)).copied() else {
            return;
        };
        let answer = if yes {
            self.block(order, call, cents, now)
        } else {
            self.blocks.insert((order, call), Block::Let);
            Answer::Declined {
                reason: Decline::NotConfirmed,
            }
        };
        self.answers.insert(
            (order, CallKind::Authorize { cents }.purpose(), call),
            answer.clone(),
        );
        self.events.push(Event {
            at: now,
            order,
            call,
            answer,
        });
    }

    fn once(&mut self, key: Key, kind: CallKind, behaviour: Behaviour, now: At) -> Answer {
        if let Some(answer) = self.answers.get(&key) {
            return answer.clone();
        }
        let (order, _, n) = key;
        let answer = match kind {
            CallKind::Authorize { cents } => self.authorize(order, n, cents, behaviour, now),
            CallKind::Capture {
                authorization,
                cents,
            } => self.capture(order, n, authorization, cents, behaviour, now),
            CallKind::Void { authorization } => self.void(order, authorization),
            CallKind::Refund { capture, cents } => self.refund(order, capture, cents, behaviour),
            CallKind::Charge { cents } => self.charge(order, n, cents, behaviour),
            CallKind::PayOut { .. } => Answer::Declined {
                reason: Decline::AccountInvalid,
            },
        };
        if !matches!(answer, Answer::ActionRequired { .. }) {
            self.executed += 1;
            self.answers.insert(key, answer.clone());
        }
        answer
    }

    fn authorize(
        &mut self,
        order: OrderId,
        n: CallNumber,
        cents: Cents,
        behaviour: Behaviour,
        now: At,
    ) -> Answer {
        match (self.blocks.get(&(order, n)), behaviour) {
            (Some(Block::Let | Block::Charged(_)), _) => Answer::Declined {
                reason: Decline::Expired,
            },
            (_, Behaviour::Declines(reason)) => Answer::Declined { reason },
            (_, Behaviour::AsksCustomer) => {
                self.blocks.insert((order, n), Block::Asked(cents));
                Answer::ActionRequired {
                    url: format!("https://bank.example/confirm/{order}/{n}"),
                }
            }
            (_, Behaviour::DeclinesRaise) if self.has_blocked(order, n) => Answer::Declined {
                reason: Decline::InsufficientFunds,
            },
            (_, Behaviour::BlocksLess) => self.block(order, n, cents - Cents(1), now),
            _ => self.block(order, n, cents, now),
        }
    }

    /// Whether the order had an authorisation before this one.
    fn has_blocked(&self, order: OrderId, n: CallNumber) -> bool {
        self.blocks
            .keys()
            .any(|(other, first)| *other == order && *first < n)
    }

    /// Charges at once, unless that was given up before; the bank can't ask a customer who is not there.
    fn charge(
        &mut self,
        order: OrderId,
        n: CallNumber,
        cents: Cents,
        behaviour: Behaviour,
    ) -> Answer {
        match behaviour {
            _ if self.blocks.contains_key(&(order, n)) => Answer::Declined {
                reason: Decline::Expired,
            },
            Behaviour::Declines(reason) => Answer::Declined { reason },
            Behaviour::DeclinesCapture => Answer::Declined {
                reason: Decline::CardInvalid,
            },
            Behaviour::AsksCustomer => Answer::Declined {
                reason: Decline::NotConfirmed,
            },
            Behaviour::Succeeds
            | Behaviour::DownFor(_)
            | Behaviour::LosesAnswers(_)
            | Behaviour::AnswersLate
            | Behaviour::BlocksLess
            | Behaviour::LosesCharges(_)
            | Behaviour::DeclinesRefund
            | Behaviour::DeclinesRaise => {
                self.charges.insert((order, n), cents);
                self.blocks.insert((order, n), Block::Charged(cents));
                Answer::Captured { cents }
            }
        }
    }

    fn block(&mut self, order: OrderId, n: CallNumber, cents: Cents, now: At) -> Answer {
        let capture_before = now.plus(CAPTURE_WITHIN_MS);
        self.blocks
            .insert((order, n), Block::Held(cents, capture_before));
        Answer::Authorized {
            cents,
            capture_before,
        }
    }

    fn capture(
        &mut self,
        order: OrderId,
        n: CallNumber,
        authorization: CallNumber,
        cents: Cents,
        behaviour: Behaviour,
        now: At,
    ) -> Answer {
        if behaviour == Behaviour::DeclinesCapture {
            return Answer::Declined {
                reason: Decline::CardInvalid,
            };
        }
        match self.blocks.get(&(order, authorization)) {
            Some(Block::Held(held, before)) if cents <= *held && now < *before => {
                self.blocks
                    .insert((order, authorization), Block::Charged(cents));
                self.charges.insert((order, n), cents);
                Answer::Captured { cents }
            }
            _ => Answer::Declined {
                reason: Decline::Expired,
            },
        }
    }

    fn void(&mut self, order: OrderId, authorization: CallNumber) -> Answer {
        match self.blocks.get(&(order, authorization)) {
            Some(Block::Charged(cents)) => Answer::Captured { cents: *cents },
            _ => {
                self.blocks.insert((order, authorization), Block::Let);
                Answer::Voided
            }
        }
    }

    fn refund(
        &mut self,
        order: OrderId,
        capture: CallNumber,
        cents: Cents,
        behaviour: Behaviour,
    ) -> Answer {
        let charged = self
            .charges
            .get(&(order, capture))
            .copied()
            .unwrap_or_default();
        let back = self.sent_back.entry((order, capture)).or_default();
        if behaviour == Behaviour::DeclinesRefund || *back + cents > charged {
            return Answer::Declined {
                reason: Decline::CardInvalid,
            };
        }
        *back += cents;
        Answer::Refunded { cents }
    }
}
