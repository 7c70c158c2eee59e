//! The directory: accounts, stores, runner slots, used-once photos, and what orders change about people.
//!
//! Votes on placements, runner slots and used-once photos. Decides for the streams `user:{id}` and `store:{id}`.
//! Invariant: a reservation counts against a limit exactly until its command's record is folded or it is dropped.

mod command;
mod hours;
mod person;

pub use command::{StoreChange, StoreCommand, UserCommand};
pub use hours::{Hours, OpenSpan};
pub use person::{
    Card, Choices, EmailDigest, PayoutMethod, Person, RunnerState, Session, Store, StoreEvent,
    TokenDigest, UserEvent,
};

use crate::{
    id::{OrderId, PhotoId, Principal, Seq, SessionId, StoreId, Stream, UserId},
    people::PeopleChange,
    policy::Policy,
    record::{Events, Record},
    rejection::Rejection,
    text::as_people_compare,
    time::At,
    vote::{Granted, Token, Vote, VoteRequest},
};
use std::{collections::HashMap, sync::Arc};

/// What is reserved for a command that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reserved {
    Placement { customer: UserId },
    Slot { runner: UserId },
    Photo { photo: PhotoId, order: OrderId },
    Email { email: EmailDigest },
}

/// Every person and every store, in memory.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    people: HashMap<UserId, Arc<Person>>,
    stores: HashMap<StoreId, Arc<Store>>,
    by_email: HashMap<EmailDigest, UserId>,
    by_token: HashMap<TokenDigest, (UserId, SessionId)>,
    reserved: HashMap<Token, Vec<Reserved>>,
}

impl Directory {
    /// A person, if there is a record of them.
    #[must_use]
    pub fn person(&self, user: UserId) -> Option<&Arc<Person>> {
        self.people.get(&user)
    }

    /// A store, if there is a record of it.
    #[must_use]
    pub fn store(&self, store: StoreId) -> Option<&Arc<Store>> {
        self.stores.get(&store)
    }

    /// Every person, in no order.
    pub fn people(&self) -> impl Iterator<Item = (UserId, &Arc<Person>)> {
        self.people.iter().map(|(id, person)| (*id, person))
    }

    /// The store of this name, however it is written; of several, rather the one at this place.
    #[must_use]
    pub fn store_called(&self, name: &str, place: &str) -> Option<StoreId> {
        let (name, place) = (as_people_compare(name), as_people_compare(place));
        let called = self
            .stores()
            .filter(|(_, store)| as_people_compare(&store.name) == name);
        called
            .map(|(id, store)| (as_people_compare(&store.place) != place, id))
            .min()
            .map(|(_, id)| id)
    }

    /// Every store, in no order.
    pub fn stores(&self) -> impl Iterator<Item = (StoreId, &Arc<Store>)> {
        self.stores.iter().map(|(id, store)| (*id, store))
    }

    /// The person with this e-mail address.
    #[must_use]
    pub fn by_email(&self, email: &EmailDigest) -> Option<UserId> {
        self.by_email.get(email).copied()
    }

    /// The person whose session this token opens, with that session, unless it has ended.
    #[must_use]
    pub fn by_token(&self, token: &TokenDigest, now: At) -> Option<(UserId, SessionId)> {
        let (user, session) = self.by_token.get(token)?;
        let open = self
            .people
            .get(user)?
            .sessions
            .iter()
            .any(|s| s.id == *session && s.is_open(now));
        open.then_some((*user, *session))
    }

    /// Sequence of the last record of an account's or a store's own stream.
    #[must_use]
    pub fn last_seq(&self, stream: Stream) -> Seq {
        match stream {
            Stream::User(user) => self
                .people
                .get(&user)
                .map_or(Seq::NONE, |person| person.last_seq),
            Stream::Store(store) => self
                .stores
                .get(&store)
                .map_or(Seq::NONE, |store| store.last_seq),
            Stream::System
            | Stream::Order(_)
            | Stream::Wallet(_)
            | Stream::Inbox(_)
            | Stream::Schedule(_) => Seq::NONE,
        }
    }

    /// Puts a person read from a snapshot in place.
    pub fn restore_person(&mut self, user: UserId, person: Arc<Person>) {
        self.forget_sessions(user);
        self.index(user, &person);
        self.people.insert(user, person);
    }

    /// Puts a store read from a snapshot in place.
    pub fn restore_store(&mut self, id: StoreId, store: Arc<Store>) {
        self.stores.insert(id, store);
    }

    /// Answers a vote request; a yes to something scarce is reserved under `token`.
    ///
    /// # Errors
    /// `Suspended`, `NoPaymentMethod`, `TooManyOpenOrders`, `StorePaused`, `StoreClosed` for a placement; `NotARunner`, `Suspended`, `TooManyRuns` for a slot; `PhotoUsed`
    /// for a photo; `NotFound`, `NoPaymentMethod` or `NoPayoutMethod` for what is on file. `TransferRefused` for a
    /// question to another owner.
    pub fn vote(&mut self, token: Token, ask: &VoteRequest, policy: &Policy) -> Vote {
        match *ask {
            VoteRequest::Placement {
                customer,
                store,
                open_at,
            } => {
                let card = self.judge_placement(customer, policy)?;
                if let Some(store) = store {
                    self.judge_store(store, open_at, policy)?;
                }
                self.reserve(token, Reserved::Placement { customer });
                Ok(Granted::Card(card))
            }
            VoteRequest::StoreOpen { store, at } => {
                self.judge_store(store, at, policy)?;
                Ok(Granted::Granted)
            }
            VoteRequest::RunnerSlot { runner } => {
                self.judge_slot(runner, policy)?;
                self.reserve(token, Reserved::Slot { runner });
                Ok(Granted::Granted)
            }
            VoteRequest::UsedOnce { photo, order } => {
                self.judge_photo(photo, order)?;
                self.reserve(token, Reserved::Photo { photo, order });
                Ok(Granted::Granted)
            }
            VoteRequest::Card { user } => {
                let card = self.registered(user)?.card.as_ref();
                let card = card.ok_or(Rejection::NoPaymentMethod)?;
                Ok(Granted::Card(card.token.clone()))
            }
            VoteRequest::PayoutMethod { user } => {
                let method = self.registered(user)?.payout_method.as_ref();
                let method = method.ok_or(Rejection::NoPayoutMethod)?;
                Ok(Granted::PayoutMethod(method.clone()))
            }
            VoteRequest::NoDebt { .. }
            | VoteRequest::Hold { .. }
            | VoteRequest::Raise { .. }
            | VoteRequest::Capacity { .. }
            | VoteRequest::Release { .. }
            | VoteRequest::SetOff { .. }
            | VoteRequest::Debt { .. }
            | VoteRequest::PayOut { .. }
            | VoteRequest::Freeze { .. }
            | VoteRequest::Cash { .. }
            | VoteRequest::Losses { .. }
            | VoteRequest::Fees { .. } => Err(Rejection::TransferRefused),
        }
    }

    /// Gives back what is reserved under `token`.
    pub fn release(&mut self, token: Token) {
        self.reserved.remove(&token);
    }

    /// Whether a command under way refers to this photo.
    #[must_use]
    pub fn holds_photo(&self, photo: PhotoId) -> bool {
        self.is_reserved(|held| matches!(held, Reserved::Photo { photo: p, .. } if *p == photo))
    }

    /// How many commands have something reserved.
    #[must_use]
    pub fn reservations(&self) -> usize {
        self.reserved.len()
    }

    /// Decides a command for a person's account; a new e-mail address is reserved under `token`.
    ///
    /// # Errors
    /// The rejections named at [`UserCommand`].
    pub fn decide_user(
        &mut self,
        token: Token,
        user: UserId,
        command: &UserCommand,
        principal: Principal,
        now: At,
    ) -> Result<Vec<UserEvent>, Rejection> {
        if let UserCommand::Register { email, .. } = command {
            let wanted = Reserved::Email { email: *email };
            if self.by_email.contains_key(email) || self.is_reserved(|held| *held == wanted) {
                return Err(Rejection::EmailTaken);
            }
            self.reserve(token, wanted);
        }
        command::decide_user(
            self.people.get(&user).map(Arc::as_ref),
            command,
            principal,
            now,
        )
    }

    /// Decides a command for a store.
    ///
    /// # Errors
    /// The rejections named at [`StoreCommand`].
    pub fn decide_store(
        &self,
        store: StoreId,
        command: &StoreCommand,
        principal: Principal,
    ) -> Result<Vec<StoreEvent>, Rejection> {
        command::decide_store(self.stores.get(&store).map(Arc::as_ref), command, principal)
    }

    /// Folds one record: its own streams' events, everybody's `people` section, the end of a reservation.
    pub fn fold(&mut self, seq: Seq, record: &Record) {
        self.reserved.remove(&record.command);
        match (&record.events, record.stream) {
            (Events::User(events), Stream::User(user)) => {
                self.forget_sessions(user);
                let person = Arc::make_mut(self.people.entry(user).or_default());
                person.last_seq = seq;
                for event in events {
                    person.evolve(event, record.at);
                }
                let person = Arc::clone(&self.people[&user]);
                self.index(user, &person);
            }
            (Events::Store(events), Stream::Store(store)) => {
                let store = Arc::make_mut(self.stores.entry(store).or_default());
                store.last_seq = seq;
                events.iter().for_each(|event| store.evolve(event));
            }
            _ => {}
        }
        for change in &record.people {
            if let Some(user) = change.user() {
                Arc::make_mut(self.people.entry(user).or_default()).change(change);
            }
        }
    }

    fn index(&mut self, user: UserId, person: &Person) {
        if let Some(email) = person.email {
            self.by_email.insert(email, user);
        }
        for session in &person.sessions {
            self.by_token.insert(session.token, (user, session.id));
        }
    }

    /// Takes the sessions that a person has had so far out of the index, before they change.
    fn forget_sessions(&mut self, user: UserId) {
        let sessions = self
            .people
            .get(&user)
            .map_or(&[][..], |known| &known.sessions);
        for session in sessions {
            self.by_token.remove(&session.token);
        }
    }

    fn is_reserved(&self, wanted: impl Fn(&Reserved) -> bool) -> bool {
        self.reserved.values().flatten().any(wanted)
    }

    fn reserve(&mut self, token: Token, what: Reserved) {
        self.reserved.entry(token).or_default().push(what);
    }

    fn judge_placement(
        &self,
        customer: UserId,
        policy: &Policy,
    ) -> Result<crate::call::CardToken, Rejection> {
        let person = self.registered(customer)?;
        if person.suspended {
            return Err(Rejection::Suspended);
        }
        let card = person.card.as_ref().ok_or(Rejection::NoPaymentMethod)?;
        let running = self.count_reserved(|held| *held == Reserved::Placement { customer });
        if person.open_orders.saturating_add(running) >= policy.open_orders_per_customer {
            return Err(Rejection::TooManyOpenOrders {
                limit: policy.open_orders_per_customer,
            });
        }
        Ok(card.token.clone())
    }

    /// Whether a store takes orders for that time.
    ///
    /// # Errors
    /// `InvalidField` where it is not known, `StorePaused`, `StoreClosed`.
    pub fn judge_store(&self, id: StoreId, at: At, policy: &Policy) -> Result<(), Rejection> {
        let unknown = || Rejection::field("store.id", "is not a store of this campus");
        let store = self.stores.get(&id).ok_or_else(unknown)?;
        if store.paused {
            return Err(Rejection::StorePaused);
        }
        let open = |hours: &Hours| hours.is_open(at, policy.utc_offset_minutes);
        if store.hours.as_ref().is_none_or(open) {
            Ok(())
        } else {
            Err(Rejection::StoreClosed)
        }
    }

    fn registered(&self, user: UserId) -> Result<&Arc<Person>, Rejection> {
        let person = self.people.get(&user);
        person.ok_or_else(|| Rejection::NotFound {
            what: "user".into(),
        })
    }

    fn judge_slot(&self, runner: UserId, policy: &Policy) -> Result<(), Rejection> {
        let person = self.people.get(&runner).ok_or(Rejection::NotARunner)?;
        if person.suspended {
            return Err(Rejection::Suspended);
        }
        if !person.runner.active {
            return Err(Rejection::NotARunner);
        }
        let running = self.count_reserved(|held| *held == Reserved::Slot { runner });
        if person.slots.saturating_add(running) >= policy.orders_per_runner {
            return Err(Rejection::TooManyRuns {
                limit: policy.orders_per_runner,
            });
        }
        Ok(())
    }

    fn judge_photo(&self, photo: PhotoId, order: OrderId) -> Result<(), Rejection> {
        let taken = |held: &Reserved| matches!(held, Reserved::Photo { photo: p, order: o } if p.picture() == photo.picture() && *o != order);
        if self.is_reserved(taken) {
            Err(Rejection::PhotoUsed)
        } else {
            Ok(())
        }
    }

    fn count_reserved(&self, wanted: impl Fn(&Reserved) -> bool) -> u32 {
        u32::try_from(
            self.reserved
                .values()
                .flatten()
                .filter(|held| wanted(held))
                .count(),
        )
        .unwrap_or(u32::MAX)
    }
}

impl PeopleChange {
    /// The person whose entry changes; `None` where the change is about a photo.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::OrderOpened { customer } | Self::OrderClosed { customer } => Some(*customer),
            Self::SlotTaken { runner }
            | Self::SlotFreed { runner }
            | Self::RunnerCancelled { runner }
            | Self::RunCompleted { runner }
            | Self::PhotoAfterWrongPins { runner } => Some(*runner),
            Self::Rated { user, .. } => Some(*user),
            Self::PhotoUsed { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::CommandId, record::Events, stream::Meta};

    const ORDER: OrderId = OrderId::from_bytes([1; 16]);
    const OTHER: OrderId = OrderId::from_bytes([2; 16]);

    /// The photo of this person of one picture.
    fn photo(picture: u8, uploader: u8) -> PhotoId {
        let mut bytes = [picture; 16];
        bytes[15] = uploader;
        PhotoId::from_bytes(bytes)
    }

    fn ask(directory: &mut Directory, token: u64, photo: PhotoId, order: OrderId) -> Vote {
        let ask = VoteRequest::UsedOnce { photo, order };
        directory.vote(CommandId(token), &ask, &Policy::default())
    }

    #[test]
    fn a_picture_serves_one_order_and_its_photo_is_held_until_the_record_is_there() {
        let mut directory = Directory::default();
        let (mine, repacked) = (photo(1, 1), photo(1, 2));
        assert!(!directory.holds_photo(mine));
        assert_eq!(ask(&mut directory, 1, mine, ORDER), Ok(Granted::Granted));
        let taken = Err(Rejection::PhotoUsed);
        assert_eq!(ask(&mut directory, 2, mine, OTHER), taken);
        assert_eq!(ask(&mut directory, 2, repacked, OTHER), taken);
        assert_eq!(ask(&mut directory, 2, mine, ORDER), Ok(Granted::Granted));
        let another = ask(&mut directory, 3, photo(2, 1), OTHER);
        assert_eq!(another, Ok(Granted::Granted));
        assert!(directory.holds_photo(mine) && !directory.holds_photo(repacked));
        assert_eq!(directory.reservations(), 3);
        directory.release(CommandId(2));
        assert!(directory.holds_photo(mine), "the other command goes on");
        let meta = Meta::own(Principal::System, CommandId(1), "test");
        let (stream, events) = (Stream::Order(ORDER), Events::Order(vec![]));
        let record = Record::of_owner(stream, Seq::NONE, At(0), &meta, events);
        directory.fold(Seq(1), &record);
        assert!(!directory.holds_photo(mine));
        assert_eq!(directory.reservations(), 1);
    }
}
