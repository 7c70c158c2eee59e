//! What does not answer, by kind of call: the gateway, a brand of cards, or one card.
//!
//! For the gateway and for a brand a circuit breaker holds calls back. A card that does not answer holds back nobody:
//! it narrows its own lane ([`super::lanes`]).
//! Must not: read a clock, make a call, or know what an answer means for an order.
//! Invariant: an open breaker has had no answer since it opened.

use crate::port::gateway::{Breaker, BreakerConfig, HeldBack, Subject};
use campusg_domain::{
    call::{AccountToken, CallKind, CardToken},
    id::UserId,
    time::At,
};
use std::{collections::HashMap, sync::Arc};

/// Most cards that are remembered, by kind of call; then those that were tried longest ago are forgotten.
const MOST_CARDS: usize = 20_000;

/// The person whose money a call moves, and the card or the bank account that it uses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Payer {
    pub(super) user: UserId,
    pub(super) method: Method,
}

/// A card or a bank account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Method {
    Card(CardToken),
    Account(AccountToken),
}

/// What a call needs to be answered.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) kind: CallKind,
    pub(super) payer: Payer,
    /// Brand of the card, where that is known.
    pub(super) brand: Option<Arc<str>>,
}

impl Lane {
    const fn purpose(&self) -> &'static str {
        self.kind.purpose()
    }

    fn scopes(&self) -> impl Iterator<Item = (&'static str, Scope)> + '_ {
        let brand = self.brand.clone().map(Scope::Brand);
        let scopes = std::iter::once(Scope::Gateway).chain(brand);
        scopes.map(|scope| (self.purpose(), scope))
    }

    fn card(&self) -> (&'static str, Payer) {
        (self.purpose(), self.payer.clone())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Scope {
    Gateway,
    Brand(Arc<str>),
}

/// What is known of a card by its last tries.
#[derive(Clone, Copy, Debug)]
struct Tried {
    /// Tries without an answer in a row; 0 if the last one was answered.
    failures: u32,
    last: At,
}

/// What does not answer at the moment.
#[derive(Debug)]
pub(crate) struct Breakers {
    config: BreakerConfig,
    breakers: HashMap<(&'static str, Scope), Breaker>,
    cards: HashMap<(&'static str, Payer), Tried>,
    /// How often the gateway was heard of, whatever it said.
    heard: u64,
}

impl Breakers {
    pub(crate) fn new(config: BreakerConfig) -> Self {
        Self {
            config,
            breakers: HashMap::new(),
            cards: HashMap::new(),
            heard: 0,
        }
    }

    /// How often the gateway was heard of. If that grows while a call is under way, its silence speaks of the card.
    pub(super) const fn heard(&self) -> u64 {
        self.heard
    }

    /// Notes that the gateway was heard of, beside its answers to calls.
    pub(super) const fn hears(&mut self) {
        self.heard += 1;
    }

    /// Whether no breaker keeps this call from going out now.
    pub(super) fn admits(&self, lane: &Lane, now: At) -> bool {
        self.on(lane).all(|breaker| breaker.admits(now))
    }

    /// Whether this call would be a probe.
    pub(super) fn is_open(&self, lane: &Lane) -> bool {
        self.on(lane).any(Breaker::is_open)
    }

    pub(super) fn any_open(&self) -> bool {
        self.breakers.values().any(Breaker::is_open)
    }

    /// Whether the last try with this card was not answered, and that spoke of the card.
    pub(super) fn fails(&self, lane: &Lane) -> bool {
        let tried = self.cards.get(&lane.card());
        tried.is_some_and(|tried| tried.failures > 0)
    }

    /// Whether the last try with this card was answered, so that its next one will hardly hang.
    pub(super) fn is_proven(&self, lane: &Lane) -> bool {
        let tried = self.cards.get(&lane.card());
        tried.is_some_and(|tried| tried.failures == 0)
    }

    /// Notes that the call goes out.
    pub(super) fn let_through(&mut self, lane: &Lane, now: At) {
        for scope in lane.scopes() {
            if let Some(breaker) = self.breakers.get_mut(&scope) {
                breaker.let_through(now);
            }
        }
    }

    /// Takes in an answer, whatever it says: all that the call needed is there.
    pub(super) fn answered(&mut self, lane: &Lane, now: At) {
        self.hears();
        for (purpose, scope) in lane.scopes() {
            self.close(purpose, scope);
        }
        self.card_tried(lane, now, |_| 0);
    }

    /// Takes in a try that was not answered, and that went out when the gateway had been heard of `heard` times.
    pub(super) fn unanswered(&mut self, lane: &Lane, of: Subject, heard: u64, now: At) {
        let purpose = lane.purpose();
        let heard_meanwhile = self.heard > heard;
        let of = if of == Subject::Unknown && heard_meanwhile {
            Subject::Card
        } else {
            of
        };
        if !matches!(of, Subject::Unknown | Subject::Gateway) {
            self.hears();
            self.close(purpose, Scope::Gateway);
        }
        match of {
            Subject::Gateway => self.fail(purpose, Scope::Gateway, now),
            Subject::Brand(brand) => self.fail(purpose, Scope::Brand(brand.into()), now),
            Subject::Card => {
                self.card_fails(lane, now);
            }
            // A card that is silent again says nothing new about the gateway.
            Subject::Unknown => {
                if self.card_fails(lane, now) == 1 {
                    self.fail(purpose, Scope::Gateway, now);
                }
            }
            Subject::Order => {}
        }
    }

    /// The calls that are held back, in a fixed order.
    pub(crate) fn held_back(&self) -> Vec<HeldBack> {
        let open = self.breakers.iter().filter(|(_, it)| it.is_open());
        let mut held_back: Vec<_> = open
            .map(|((purpose, scope), _)| HeldBack {
                purpose,
                brand: match scope {
                    Scope::Gateway => None,
                    Scope::Brand(brand) => Some(Arc::clone(brand)),
                },
            })
            .collect();
        held_back.sort();
        held_back
    }

    /// How many cards and bank accounts do not answer.
    pub(crate) fn silent_cards(&self) -> usize {
        let silent = self.cards.values().filter(|tried| tried.failures > 0);
        silent.count()
    }

    fn on(&self, lane: &Lane) -> impl Iterator<Item = &Breaker> {
        lane.scopes().filter_map(|scope| self.breakers.get(&scope))
    }

    fn fail(&mut self, purpose: &'static str, scope: Scope, now: At) {
        let config = self.config;
        let breaker = self.breakers.entry((purpose, scope.clone()));
        if breaker
            .or_insert_with(|| Breaker::new(config))
            .record_failure(now)
        {
            tracing::warn!(purpose, of = ?scope, "calls to the gateway are held back: nothing answers");
        }
    }

    fn close(&mut self, purpose: &'static str, scope: Scope) {
        let key = (purpose, scope);
        if let Some(breaker) = self.breakers.remove(&key)
            && breaker.is_open()
        {
            tracing::info!(purpose, of = ?key.1, "calls to the gateway go out again");
        }
    }

    /// Counts a try without an answer that speaks of the card; returns how many there were in a row.
    fn card_fails(&mut self, lane: &Lane, now: At) -> u32 {
        self.card_tried(lane, now, |failures| failures.saturating_add(1))
    }

    fn card_tried(&mut self, lane: &Lane, now: At, failures: impl Fn(u32) -> u32) -> u32 {
        let known = self.cards.get(&lane.card());
        let failures = failures(known.map_or(0, |known| known.failures));
        let tried = Tried {
            failures,
            last: now,
        };
        self.cards.insert(lane.card(), tried);
        if self.cards.len() > MOST_CARDS {
            let mut times: Vec<At> = self.cards.values().map(|tried| tried.last).collect();
            let (_, middle, _) = times.select_nth_unstable(MOST_CARDS / 2);
            let middle = *middle;
            self.cards.retain(|_, tried| tried.last > middle);
        }
        failures
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use campusg_domain::money::Cents;

    pub(in super::super) const NOW: At = At(1_000);

    pub(in super::super) fn breakers() -> Breakers {
        Breakers::new(BreakerConfig {
            failures: 3,
            open_ms: 100,
        })
    }

    /// The authorisation of a customer with a card of their own.
    pub(in super::super) fn of(user: u8) -> Lane {
        Lane {
            kind: CallKind::Authorize { cents: Cents(1) },
            payer: Payer {
                user: UserId::from_bytes([user; 16]),
                method: Method::Card(CardToken("tok".into())),
            },
            brand: Some("visa".into()),
        }
    }

    fn held_back(breakers: &Breakers) -> Vec<Option<&str>> {
        let held_back = breakers.breakers.iter().filter(|(_, it)| it.is_open());
        held_back
            .map(|((_, scope), _)| match scope {
                Scope::Gateway => None,
                Scope::Brand(brand) => Some(&**brand),
            })
            .collect()
    }

    #[test]
    fn only_what_speaks_of_the_gateway_holds_every_card_back() {
        let visa = Subject::Brand("visa".into());
        let table: [(Subject, Option<Option<&str>>); 5] = [
            (Subject::Gateway, Some(None)),
            (Subject::Unknown, Some(None)),
            (visa, Some(Some("visa"))),
            (Subject::Card, None),
            (Subject::Order, None),
        ];
        for (subject, expected) in table {
            let mut breakers = breakers();
            for user in 1..=3 {
                breakers.unanswered(&of(user), subject.clone(), 0, NOW);
            }
            let expected: Vec<_> = expected.into_iter().collect();
            assert_eq!(held_back(&breakers), expected, "{subject:?}");
            let other_brand = Lane {
                brand: Some("amex".into()),
                ..of(9)
            };
            let gateway = subject == Subject::Gateway || subject == Subject::Unknown;
            assert_eq!(breakers.admits(&other_brand, NOW), !gateway, "{subject:?}");
            assert_eq!(breakers.admits(&of(9), NOW), expected.is_empty());
            let other_kind = Lane {
                kind: CallKind::Charge { cents: Cents(1) },
                ..of(9)
            };
            assert!(breakers.admits(&other_kind, NOW), "{subject:?}");
            breakers.answered(&of(9), NOW);
            assert_eq!(held_back(&breakers), [], "an answer ends it");
        }
    }

    #[test]
    fn one_silent_card_says_once_that_the_gateway_may_be_silent() {
        let mut breakers = breakers();
        for _ in 0..20 {
            breakers.unanswered(&of(1), Subject::Unknown, 0, NOW);
        }
        assert!(breakers.admits(&of(2), NOW));
        assert!(breakers.fails(&of(1)) && !breakers.fails(&of(2)));
        assert_eq!(breakers.silent_cards(), 1);
        breakers.answered(&of(1), NOW);
        assert!(!breakers.fails(&of(1)) && breakers.is_proven(&of(1)));
        assert!(!breakers.is_proven(&of(2)));
    }

    #[test]
    fn a_time_out_speaks_of_the_card_where_the_gateway_was_heard_of_meanwhile() {
        let mut breakers = breakers();
        let before = breakers.heard();
        breakers.hears();
        for user in 1..=9 {
            breakers.unanswered(&of(user), Subject::Unknown, before, NOW);
        }
        assert!(breakers.admits(&of(10), NOW));
        assert_eq!(breakers.silent_cards(), 9);
        for user in 11..=13 {
            breakers.unanswered(&of(user), Subject::Unknown, breakers.heard(), NOW);
        }
        assert!(!breakers.admits(&of(10), NOW));
    }

    #[test]
    fn an_answer_that_speaks_of_a_card_shows_that_the_gateway_is_there() {
        let mut breakers = breakers();
        for _ in 0..5 {
            breakers.unanswered(&of(1), Subject::Gateway, 0, NOW);
            breakers.unanswered(&of(2), Subject::Gateway, 0, NOW);
            breakers.unanswered(&of(3), Subject::Card, 0, NOW);
        }
        assert!(!breakers.any_open());
    }

    #[test]
    fn of_many_cards_those_tried_longest_ago_are_forgotten() {
        let mut breakers = breakers();
        for n in 0..=MOST_CARDS {
            let mut lane = of(1);
            lane.payer.method = Method::Card(CardToken(n.to_string()));
            breakers.answered(&lane, NOW.plus(n as u64));
        }
        assert!(breakers.cards.len() <= MOST_CARDS / 2);
        let mut last = of(1);
        last.payer.method = Method::Card(CardToken(MOST_CARDS.to_string()));
        assert!(breakers.is_proven(&last));
    }

    #[test]
    fn the_same_token_of_another_customer_is_another_card() {
        let mut breakers = breakers();
        breakers.unanswered(&of(1), Subject::Card, 0, NOW);
        assert!(!breakers.fails(&of(2)));
    }
}
