//! Commands to accounts and stores, and the events that they become.

use super::hours::Hours;
use super::person::{
    Card, EmailDigest, PayoutMethod, Person, RunnerState, Session, Store, StoreEvent, UserEvent,
};
use crate::{
    call::MethodKind,
    id::{Principal, SessionId, StoreId, Stream, UserId},
    money::Cents,
    rejection::Rejection,
    stream::StreamCommand,
    text::Sealed,
    time::At,
};

/// A command to one account. Text is checked and sealed before it comes here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserCommand {
    /// Opens the account. `EmailTaken`; `NotAllowed` where an operator's account is asked for by anybody but the
    /// system.
    Register {
        /// Keyed hash of the address used to sign in.
        email: EmailDigest,
        /// E-mail, names, phone and password hash, sealed under the person's key.
        profile: Sealed,
        /// Whether the person operates the platform.
        operator: bool,
        /// The first session, if one is wanted.
        session: Option<Session>,
    },
    /// Changes the sealed fields. `NotFound`.
    ChangeProfile {
        /// E-mail, names, phone and password hash, sealed under the person's key.
        profile: Sealed,
    },
    /// Opens a session, after the password was verified. `NotFound`.
    OpenSession(Session),
    /// Closes a session. `NotFound`.
    CloseSession {
        /// The session to close; an ended one is `NotFound`.
        id: SessionId,
    },
    /// Puts a card on file. `NotFound`.
    SetCard {
        /// The card, as the gateway describes it.
        card: Card,
        /// What it is to pay of its owner's debt, in cents; 0 where nothing is owed.
        pays: Cents,
        /// The number of the setup in which it was entered: it does nothing if its owner chose anew since. `None` where
        /// the owner puts it now.
        setup: Option<u32>,
    },
    /// Takes the card off, and with it one that is being entered. `NotFound`, `NoPaymentMethod`, `OrderOpen`.
    RemoveCard,
    /// Says whether the person takes orders as a runner. `NotFound`, `Suspended`.
    SetRunner(RunnerState),
    /// Bars placing, accepting and operating. `NotFound`, `NotAllowed`.
    Suspend {
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Allows them again. `NotFound`, `NotAllowed`.
    Reinstate {
        /// The operator's reason, sealed.
        reason: Sealed,
    },
    /// Puts a bank account on file. `NotFound`.
    SetPayoutMethod {
        /// The account, as the gateway describes it.
        method: PayoutMethod,
        /// As [`SetCard`](Self::SetCard) has it.
        setup: Option<u32>,
    },
    /// Takes the bank account off, and with it one that is being entered; payouts on their way keep theirs. `NotFound`,
    /// `NoPayoutMethod`.
    RemovePayoutMethod,
    /// Begins the entry of a card or of a bank account on the gateway's page. `NotFound`.
    BeginSetup(MethodKind),
}

/// A command to one store. `NotAllowed` to anybody but operators and the system; `InvalidField` where a span of its
/// opening hours is empty or leaves its day; `NotFound` for a change of an unknown one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreCommand {
    /// Adds a store to the campus.
    Create {
        /// The name that people see.
        name: String,
        /// Where on the campus it is, in words.
        place: String,
        /// When it is open; `None` counts as always.
        hours: Option<Hours>,
        /// Whether it takes no orders.
        paused: bool,
    },
    /// Changes the fields that are given.
    Change(StoreChange),
}

/// The new values of a store's fields; a field that is not given stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreChange {
    /// The name that people see.
    pub name: Option<String>,
    /// Where on the campus it is, in words.
    pub place: Option<String>,
    /// Whether it takes no orders.
    pub paused: Option<bool>,
    /// When it is open; `Some(None)` counts as always.
    pub hours: Option<Option<Hours>>,
}

fn operators_only(principal: Principal) -> Result<(), Rejection> {
    match principal {
        Principal::Operator(_) | Principal::System => Ok(()),
        Principal::User(_) | Principal::Gateway => Err(Rejection::NotAllowed {
            who: "operators".into(),
        }),
    }
}

pub(super) fn decide_user(
    person: Option<&Person>,
    command: &UserCommand,
    principal: Principal,
    now: At,
) -> Result<Vec<UserEvent>, Rejection> {
    let Some(person) = person.filter(|person| person.email.is_some()) else {
        return register(command, principal);
    };
    match command {
        UserCommand::Register { .. } => Err(Rejection::EmailTaken),
        UserCommand::ChangeProfile { profile } => Ok(vec![UserEvent::ProfileChanged {
            profile: profile.clone(),
        }]),
        UserCommand::OpenSession(session) => Ok(vec![UserEvent::SessionOpened(*session)]),
        UserCommand::CloseSession { id } => match person
            .sessions
            .iter()
            .find(|open| open.id == *id && open.is_open(now))
        {
            Some(open) => Ok(vec![UserEvent::SessionClosed { id: open.id }]),
            None => Err(Rejection::NotFound {
                what: "session".into(),
            }),
        },
        UserCommand::SetCard { setup, .. } if is_late(person, MethodKind::Card, *setup) => {
            Ok(vec![])
        }
        UserCommand::SetCard { card, pays, .. } => {
            let set = UserEvent::CardSet(card.clone());
            let promised = UserEvent::DebtPromised { cents: *pays };
            let promised = pays.is_positive().then_some(promised);
            Ok(std::iter::once(set).chain(promised).collect())
        }
        UserCommand::RemoveCard if person.card.is_none() && !person.card_choices.entering => {
            Err(Rejection::NoPaymentMethod)
        }
        UserCommand::RemoveCard if person.open_orders > 0 => Err(Rejection::OrderOpen),
        UserCommand::RemoveCard => Ok(vec![UserEvent::CardRemoved]),
        UserCommand::SetRunner(state) if state.active && person.suspended => {
            Err(Rejection::Suspended)
        }
        UserCommand::SetRunner(state) if *state == person.runner => Ok(vec![]),
        UserCommand::SetRunner(state) => Ok(vec![UserEvent::RunnerSet(*state)]),
        UserCommand::SetPayoutMethod { setup, .. }
            if is_late(person, MethodKind::BankAccount, *setup) =>
        {
            Ok(vec![])
        }
        UserCommand::SetPayoutMethod { method, .. } => {
            Ok(vec![UserEvent::PayoutMethodSet(method.clone())])
        }
        UserCommand::RemovePayoutMethod
            if person.payout_method.is_none() && !person.account_choices.entering =>
        {
            Err(Rejection::NoPayoutMethod)
        }
        UserCommand::RemovePayoutMethod => Ok(vec![UserEvent::PayoutMethodRemoved]),
        UserCommand::BeginSetup(kind) => Ok(vec![UserEvent::SetupBegun {
            kind: *kind,
            n: person.choices(*kind).count + 1,
        }]),
        UserCommand::Suspend { reason } => {
            operators_only(principal)?;
            Ok(acted(!person.suspended, UserEvent::Suspended, reason))
        }
        UserCommand::Reinstate { reason } => {
            operators_only(principal)?;
            Ok(acted(person.suspended, UserEvent::Reinstated, reason))
        }
    }
}

/// Whether a setup's outcome comes after its owner chose anew, or for a second time.
fn is_late(person: &Person, kind: MethodKind, setup: Option<u32>) -> bool {
    setup.is_some_and(|n| !person.choices(kind).awaits(n))
}

/// The event together with the operator's reason; nothing where it is so already.
fn acted(changes: bool, event: UserEvent, reason: &Sealed) -> Vec<UserEvent> {
    let reason = reason.clone();
    if changes {
        vec![event, UserEvent::OperatorActed { reason }]
    } else {
        vec![]
    }
}

fn register(command: &UserCommand, principal: Principal) -> Result<Vec<UserEvent>, Rejection> {
    let UserCommand::Register {
        email,
        profile,
        operator,
        session,
    } = command
    else {
        return Err(Rejection::NotFound {
            what: "user".into(),
        });
    };
    if *operator && principal != Principal::System {
        return Err(Rejection::NotAllowed {
            who: "the command line".into(),
        });
    }
    let registered = UserEvent::Registered {
        email: *email,
        profile: profile.clone(),
        operator: *operator,
    };
    Ok(std::iter::once(registered)
        .chain(session.map(UserEvent::SessionOpened))
        .collect())
}

pub(super) fn decide_store(
    store: Option<&Store>,
    command: &StoreCommand,
    principal: Principal,
) -> Result<Vec<StoreEvent>, Rejection> {
    operators_only(principal)?;
    match (store, command) {
        (
            _,
            StoreCommand::Create {
                name,
                place,
                hours,
                paused,
            },
        ) => {
            check(hours.as_ref())?;
            let described = StoreEvent::Described {
                name: name.clone(),
                place: place.clone(),
            };
            let hours = hours
                .clone()
                .map(|hours| StoreEvent::HoursSet { hours: Some(hours) });
            let paused = paused.then_some(StoreEvent::Paused { paused: true });
            let events = std::iter::once(described).chain(hours).chain(paused);
            Ok(events.collect())
        }
        (None, StoreCommand::Change(_)) => Err(Rejection::NotFound {
            what: "store".into(),
        }),
        (Some(store), StoreCommand::Change(change)) => changed(store, change),
    }
}

/// Events for the fields that are given and differ from what the store has.
fn changed(store: &Store, change: &StoreChange) -> Result<Vec<StoreEvent>, Rejection> {
    check(change.hours.as_ref().and_then(Option::as_ref))?;
    let name = change.name.as_ref().unwrap_or(&store.name);
    let place = change.place.as_ref().unwrap_or(&store.place);
    let described = (*name != store.name || *place != store.place).then(|| StoreEvent::Described {
        name: name.clone(),
        place: place.clone(),
    });
    let paused = change.paused.filter(|paused| *paused != store.paused);
    let hours = change.hours.clone().filter(|hours| *hours != store.hours);
    let events = described
        .into_iter()
        .chain(paused.map(|paused| StoreEvent::Paused { paused }))
        .chain(hours.map(|hours| StoreEvent::HoursSet { hours }));
    Ok(events.collect())
}

fn check(hours: Option<&Hours>) -> Result<(), Rejection> {
    hours.map_or(Ok(()), Hours::check)
}

impl StreamCommand for UserCommand {
    type Target = UserId;

    fn stream(user: UserId) -> Stream {
        Stream::User(user)
    }
}

impl StreamCommand for StoreCommand {
    type Target = StoreId;

    fn stream(store: StoreId) -> Stream {
        Stream::Store(store)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use crate::call::{AccountToken, CardToken};

    /// What can happen about a card or an account: its owner's choices, and news of what was entered.
    #[derive(Clone, Copy, Debug)]
    enum Move {
        Put,
        Remove,
        Begin,
        /// The news of the setup that was begun as this one, from 0.
        Told(usize),
    }

    const MOVES: [Move; 6] = [
        Move::Put,
        Move::Remove,
        Move::Begin,
        Move::Told(0),
        Move::Told(1),
        Move::Told(2),
    ];

    fn put(kind: MethodKind, token: String, setup: Option<u32>) -> UserCommand {
        match kind {
            MethodKind::Card => UserCommand::SetCard {
                card: Card {
                    token: CardToken(token),
                    brand: "visa".into(),
                    last4: "4242".into(),
                    exp_month: 12,
                    exp_year: 2030,
                },
                pays: Cents::ZERO,
                setup,
            },
            MethodKind::BankAccount => UserCommand::SetPayoutMethod {
                method: PayoutMethod {
                    token: AccountToken(token),
                    bank: "bank".into(),
                    last4: "6789".into(),
                },
                setup,
            },
        }
    }

    fn on_file(person: &Person, kind: MethodKind) -> Option<String> {
        match kind {
            MethodKind::Card => person.card.as_ref().map(|card| card.token.0.clone()),
            MethodKind::BankAccount => {
                let method = person.payout_method.as_ref();
                method.map(|method| method.token.0.clone())
            }
        }
    }

    /// Makes these moves, and after each compares what is on file with the last choice.
    fn play(kind: MethodKind, moves: &[Move]) {
        let mut person = Person {
            email: Some(EmailDigest([1; 32])),
            ..Person::default()
        };
        let mut begun = Vec::new();
        // The setup that was begun after every other choice, and has put nothing on file yet.
        let mut open = None;
        let mut expected = None;
        for (at, next) in moves.iter().enumerate() {
            let command = match *next {
                Move::Put => {
                    (expected, open) = (Some(format!("put {at}")), None);
                    put(kind, format!("put {at}"), None)
                }
                Move::Remove => {
                    (expected, open) = (None, None);
                    match kind {
                        MethodKind::Card => UserCommand::RemoveCard,
                        MethodKind::BankAccount => UserCommand::RemovePayoutMethod,
                    }
                }
                Move::Begin => {
                    open = Some(begun.len());
                    UserCommand::BeginSetup(kind)
                }
                Move::Told(which) => {
                    let Some(n) = begun.get(which) else { return };
                    if open == Some(which) {
                        (expected, open) = (Some(format!("entered {which}")), None);
                    }
                    put(kind, format!("entered {which}"), Some(*n))
                }
            };
            let user = Principal::System;
            // Nothing is removed where nothing is on file.
            let events = decide_user(Some(&person), &command, user, At(0)).unwrap_or_default();
            for event in &events {
                person.evolve(event, At(0));
                if let UserEvent::SetupBegun { n, .. } = event {
                    begun.push(*n);
                }
            }
            assert_eq!(
                on_file(&person, kind),
                expected,
                "{kind:?} {:?}",
                &moves[..=at]
            );
        }
    }

    #[test]
    fn a_newer_choice_beats_every_setup_that_began_before_it_in_whatever_order_news_come() {
        let all = MOVES.len().pow(6);
        for kind in [MethodKind::Card, MethodKind::BankAccount] {
            for story in 0..all {
                let moves: Vec<Move> = (0..6)
                    .map(|at| MOVES[story / MOVES.len().pow(at) % MOVES.len()])
                    .collect();
                play(kind, &moves);
            }
        }
    }

    #[test]
    fn nothing_is_removed_but_what_is_on_file_or_being_entered() {
        for (kind, remove, refusal) in [
            (
                MethodKind::Card,
                UserCommand::RemoveCard,
                Rejection::NoPaymentMethod,
            ),
            (
                MethodKind::BankAccount,
                UserCommand::RemovePayoutMethod,
                Rejection::NoPayoutMethod,
            ),
        ] {
            let mut person = Person {
                email: Some(EmailDigest([1; 32])),
                ..Person::default()
            };
            let mut gives = |command: &UserCommand| {
                let events = decide_user(Some(&person), command, Principal::System, At(0))?;
                events.iter().for_each(|event| person.evolve(event, At(0)));
                Ok(())
            };
            for begins in [put(kind, "one".into(), None), UserCommand::BeginSetup(kind)] {
                assert_eq!(gives(&remove), Err(refusal.clone()));
                gives(&begins).unwrap();
                assert_eq!(gives(&remove), Ok(()));
            }
        }
    }

    #[test]
    fn the_setup_of_a_card_says_nothing_about_an_account() {
        let mut person = Person {
            email: Some(EmailDigest([1; 32])),
            ..Person::default()
        };
        for kind in [MethodKind::Card, MethodKind::BankAccount] {
            person.evolve(&UserEvent::SetupBegun { kind, n: 1 }, At(0));
        }
        for kind in [MethodKind::Card, MethodKind::BankAccount] {
            let entered = put(kind, "entered".into(), Some(1));
            let events = decide_user(Some(&person), &entered, Principal::Gateway, At(0)).unwrap();
            events.iter().for_each(|event| person.evolve(event, At(0)));
            assert_eq!(on_file(&person, kind), Some("entered".into()));
        }
    }
}
