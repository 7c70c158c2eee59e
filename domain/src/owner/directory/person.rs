//! A person and a store, as folds of their events and of what orders change about them.

use super::hours::Hours;
use crate::{
    call::{AccountToken, CardToken, MethodKind},
    id::{Seq, SessionId},
    money::Cents,
    people::{PeopleChange, Side},
    text::Sealed,
    time::{At, MINUTE_MS},
};
use serde::{Deserialize, Serialize};

/// Keyed hash of an e-mail address in lower case: equal addresses meet, no address can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailDigest(pub [u8; 32]);

/// Hash of a session's token; the token itself is never kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenDigest(pub [u8; 32]);

/// A card on file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The gateway's token; never shown.
    pub token: CardToken,
    /// Brand in lower case, such as `visa`.
    pub brand: String,
    /// Last four digits.
    pub last4: String,
    /// Month in which it expires, 1–12.
    pub exp_month: u8,
    /// Year in which it expires, four digits.
    pub exp_year: u16,
}

/// A bank account on file, for payouts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutMethod {
    /// The gateway's token; never shown.
    pub token: AccountToken,
    /// Name of the bank.
    pub bank: String,
    /// Last four digits.
    pub last4: String,
}

/// What a person chose about their card, or about their bank account, counted: each was put on file or taken off, and each
/// visit to the gateway's page was begun. A visit counts only while it is the last choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// How many there were.
    pub count: u32,
    /// Whether the last one is a visit to the gateway's page that has put nothing on file yet.
    pub entering: bool,
}

impl Choices {
    /// Whether setup `n` may still put something on file: nothing was chosen since it began.
    #[must_use]
    pub const fn awaits(self, n: u32) -> bool {
        self.entering && self.count == n
    }

    const fn choose(&mut self, entering: bool) {
        self.count += 1;
        self.entering = entering;
    }
}

/// One sign-in of a person, until they sign out or it expires. Its token is kept as a hash only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The id under which its owner sees it; it opens nothing.
    pub id: SessionId,
    /// Hash of its token.
    pub token: TokenDigest,
    /// When it was opened.
    pub opened_at: At,
    /// When it ends at the latest.
    pub expires_at: At,
}

impl Session {
    /// Whether its token opens it at `now`. One that a clock opened which was set back since is over: it would last as
    /// much longer.
    #[must_use]
    pub fn is_open(&self, now: At) -> bool {
        self.opened_at <= now.plus(MINUTE_MS) && now < self.expires_at
    }
}

/// Whether a person takes orders as a runner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunnerState {
    /// They may take orders.
    pub active: bool,
    /// They want notices of new orders.
    pub online: bool,
}

/// What happened to a person's account. Variants are only ever appended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserEvent {
    /// The account exists.
    Registered {
        /// Keyed hash of the address used to sign in.
        email: EmailDigest,
        /// E-mail, names, phone and password hash, sealed under the person's key.
        profile: Sealed,
        /// Whether the person operates the platform.
        operator: bool,
    },
    /// The sealed fields changed.
    ProfileChanged {
        /// E-mail, names, phone and password hash, sealed under the person's key.
        profile: Sealed,
    },
    /// A session was opened.
    SessionOpened(Session),
    /// A session was closed.
    SessionClosed {
        /// The session that ended.
        id: SessionId,
    },
    /// A card was put on file.
    CardSet(Card),
    /// The card was taken off.
    CardRemoved,
    /// The person said whether they take orders as a runner.
    RunnerSet(RunnerState),
    /// The person may not place, accept or operate.
    Suspended,
    /// The person may place, accept and operate again.
    Reinstated,
    /// A bank account was put on file.
    PayoutMethodSet(PayoutMethod),
    /// The bank account was taken off.
    PayoutMethodRemoved,
    /// The reason of an operator for what this record does.
    OperatorActed {
        /// In the operator's words, sealed under their key.
        reason: Sealed,
    },
    /// Transition 41: the card that this record puts on file pays what its owner owes. It is carried out after a crash too,
    /// however often the process ends before the wallet has the command.
    DebtPromised {
        /// Amount in cents, as it was shown to the card's owner.
        cents: Cents,
    },
    /// The person was sent to the gateway's page to enter a card or a bank account. What they enter there is put on file
    /// unless they choose anew before it is told.
    SetupBegun {
        /// What they are to enter.
        kind: MethodKind,
        /// Its number among their choices of this kind.
        n: u32,
    },
}

/// What happened to a store. Variants are only ever appended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreEvent {
    /// The store exists, or its description changed.
    Described {
        /// The name that people see.
        name: String,
        /// Where on the campus it is, in words.
        place: String,
    },
    /// The store stopped taking orders, or takes them again.
    Paused {
        /// Whether it takes no orders.
        paused: bool,
    },
    /// The opening hours were set.
    HoursSet {
        /// When it is open; `None` where nobody knows, and then it counts as open.
        hours: Option<Hours>,
    },
}

/// Number of sessions kept per person; the oldest goes first.
const SESSIONS_KEPT: usize = 20;

/// What is known of a person: their account, and what orders have counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Keyed hash of the address used to sign in; `None` before registration is folded.
    pub email: Option<EmailDigest>,
    /// E-mail, names, phone and password hash, sealed under the person's key.
    pub profile: Option<Sealed>,
    /// When the account was opened.
    pub registered_at: At,
    /// Whether the person operates the platform.
    pub operator: bool,
    /// Whether placing, accepting and operating are barred.
    pub suspended: bool,
    /// The card on file.
    pub card: Option<Card>,
    /// The bank account on file.
    pub payout_method: Option<PayoutMethod>,
    /// What the person chose about their card.
    pub card_choices: Choices,
    /// What the person chose about their bank account.
    pub account_choices: Choices,
    /// Whether the person takes orders as a runner.
    pub runner: RunnerState,
    /// Open sessions, oldest first.
    pub sessions: Vec<Session>,
    /// Number of orders that are open with this person as customer.
    pub open_orders: u32,
    /// Number of orders that are bound to this person as runner.
    pub slots: u32,
    /// Number of orders that this person completed as runner.
    pub runs: u32,
    /// Number of orders that this person gave back as runner.
    pub cancellations: u32,
    /// Number of deliveries that this person as runner proved by a photo after wrong PINs.
    pub photos_after_wrong_pins: u32,
    /// Ratings of this person as runner: number, and sum of stars.
    pub rated_as_runner: (u32, u32),
    /// Ratings of this person as customer: number, and sum of stars.
    pub rated_as_customer: (u32, u32),
    /// Sequence of the account's own last record.
    pub last_seq: Seq,
}

impl Person {
    /// Whether the person may operate the platform now.
    #[must_use]
    pub const fn operates(&self) -> bool {
        self.operator && !self.suspended
    }

    /// What the person chose about this kind of payment.
    #[must_use]
    pub const fn choices(&self, kind: MethodKind) -> Choices {
        match kind {
            MethodKind::Card => self.card_choices,
            MethodKind::BankAccount => self.account_choices,
        }
    }

    /// Applies one event of the account.
    pub fn evolve(&mut self, event: &UserEvent, at: At) {
        match event {
            UserEvent::Registered {
                email,
                profile,
                operator,
            } => {
                self.email = Some(*email);
                self.profile = Some(profile.clone());
                self.operator = *operator;
                self.registered_at = at;
            }
            UserEvent::ProfileChanged { profile } => self.profile = Some(profile.clone()),
            UserEvent::SessionOpened(session) => {
                self.sessions.retain(|open| at < open.expires_at);
                keep_last(&mut self.sessions, *session, SESSIONS_KEPT);
            }
            UserEvent::SessionClosed { id } => self.sessions.retain(|open| open.id != *id),
            UserEvent::CardSet(card) => {
                self.card = Some(card.clone());
                self.card_choices.choose(false);
            }
            UserEvent::CardRemoved => {
                self.card = None;
                self.card_choices.choose(false);
            }
            UserEvent::RunnerSet(state) => self.runner = *state,
            UserEvent::Suspended => self.suspended = true,
            UserEvent::Reinstated => self.suspended = false,
            UserEvent::PayoutMethodSet(method) => {
                self.payout_method = Some(method.clone());
                self.account_choices.choose(false);
            }
            UserEvent::PayoutMethodRemoved => {
                self.payout_method = None;
                self.account_choices.choose(false);
            }
            UserEvent::SetupBegun { kind, .. } => match kind {
                MethodKind::Card => self.card_choices.choose(true),
                MethodKind::BankAccount => self.account_choices.choose(true),
            },
            UserEvent::OperatorActed { .. } | UserEvent::DebtPromised { .. } => {}
        }
    }

    /// Applies what an order changes about the person.
    pub fn change(&mut self, change: &PeopleChange) {
        match *change {
            PeopleChange::OrderOpened { .. } => self.open_orders += 1,
            PeopleChange::OrderClosed { .. } => {
                self.open_orders = self.open_orders.saturating_sub(1)
            }
            PeopleChange::SlotTaken { .. } => self.slots += 1,
            PeopleChange::SlotFreed { .. } => self.slots = self.slots.saturating_sub(1),
            PeopleChange::RunnerCancelled { .. } => self.cancellations += 1,
            PeopleChange::RunCompleted { .. } => self.runs += 1,
            PeopleChange::PhotoAfterWrongPins { .. } => self.photos_after_wrong_pins += 1,
            PeopleChange::Rated { by, stars, .. } => {
                let tally = match by {
                    Side::Customer => &mut self.rated_as_runner,
                    Side::Runner => &mut self.rated_as_customer,
                };
                *tally = (tally.0 + 1, tally.1 + u32::from(stars));
            }
            PeopleChange::PhotoUsed { .. } => {}
        }
    }
}

/// What is known of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Store {
    /// The name that people see.
    pub name: String,
    /// Where on the campus it is, in words.
    pub place: String,
    /// Whether it takes no orders.
    pub paused: bool,
    /// When it is open; `None` where nobody knows, and then it counts as open.
    pub hours: Option<Hours>,
    /// Sequence of its last record.
    pub last_seq: Seq,
}

impl Store {
    /// Applies one event.
    pub fn evolve(&mut self, event: &StoreEvent) {
        match event {
            StoreEvent::Described { name, place } => {
                self.name.clone_from(name);
                self.place.clone_from(place);
            }
            StoreEvent::Paused { paused } => self.paused = *paused,
            StoreEvent::HoursSet { hours } => self.hours.clone_from(hours),
        }
    }
}

fn keep_last<T>(kept: &mut Vec<T>, newest: T, most: usize) {
    kept.push(newest);
    let excess = kept.len().saturating_sub(most);
    kept.drain(..excess);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_operates_until_suspended() {
        let table = [
            (false, false, false),
            (false, true, false),
            (true, true, false),
            (true, false, true),
        ];
        for (operator, suspended, operates) in table {
            let person = Person {
                operator,
                suspended,
                ..Person::default()
            };
            assert_eq!(person.operates(), operates);
        }
    }
}
