//! Folds one record into the values of the snapshots: determines which keys it changes, and how.
//!
//! Must not: write to the stores; it fills the overlay.
//!
//! Invariants: a value that already contains a record is not changed by it, so the end of the journal can be folded
//! again safely. An order or a wallet is folded from exactly its previous record, whatever the stores contain, so
//! that everything derived from the change (timers, feeds) is complete even if it was only partly written.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use campusg_domain::{
    call::{CallChange, CallState},
    id::{OrderId, ScheduleId, Seq, Stream, UserId},
    money::Account,
    order::Order,
    owner::{calls::OpenCall, directory::Person, schedule::Scheduled, wallet::Wallet},
    people::PeopleChange,
    record::{Events, Record, SystemEvent},
    time::At,
    timer::{TimerChange, TimerKind, TimerState},
};

use super::Projection;
use crate::replay::{refold, refold_wallet};
use crate::snapshot::SnapshotFault;
use crate::snapshot::key::Key;
use crate::snapshot::value::{Slot, Value};
use crate::snapshot::watchers::Watched;

/// The changes of one record, on top of the present values.
pub(super) struct Changes<'a> {
    pub(super) projection: &'a Projection,
    pub(super) seq: Seq,
    pub(super) record: &'a Record,
    pub(super) slots: BTreeMap<Key, Slot>,
}

/// The armed timers of a stream: kind to generation and due time.
type Armed = BTreeMap<TimerKind, (u32, At)>;

impl Projection {
    /// Folds one record.
    pub(crate) fn fold(&mut self, seq: Seq, record: &Record) -> Result<(), SnapshotFault> {
        debug_assert_eq!(seq, self.folded.next(), "batches come without a gap");
        let mut changes = Changes {
            projection: self,
            seq,
            record,
            slots: BTreeMap::new(),
        };
        let (before, after) = changes.order()?;
        changes.wallet()?;
        changes.money()?;
        changes.people()?;
        changes.own_stream()?;
        changes.calls()?;
        changes.photos();
        changes.feeds(before.as_deref(), after.as_deref())?;
        let slots = changes.slots;
        let watched = self.shared.watchers.any();
        if watched {
            self.changed
                .extend(slots.keys().filter_map(Key::to_watched));
        }
        self.shared.stores().overlay.put(slots);
        if let Some(after) = after {
            let tries = self.retry_tries;
            let on_board = self.live().update(before.as_deref(), &after, tries);
            if watched && on_board {
                self.changed.insert(Watched::Board);
            }
        }
        self.folded = seq;
        Ok(())
    }

    /// Adds an order that was read from a store to the live sets.
    pub(crate) fn enlist(&self, order: &Order) {
        self.live().update(None, order, self.retry_tries);
    }
}

impl Changes<'_> {
    pub(super) fn hot(&self, key: &Key) -> Result<Slot, SnapshotFault> {
        match self.slots.get(key) {
            Some(slot) => Ok(slot.clone()),
            None => self.projection.shared.stores().hot(key),
        }
    }

    pub(super) fn anywhere(&self, key: &Key) -> Result<Slot, SnapshotFault> {
        let stores = self.projection.shared.stores();
        match self.slots.get(key) {
            Some(slot) => Ok(slot.clone()),
            None => stores.anywhere(key, Duration::MAX),
        }
    }

    pub(super) fn put(&mut self, key: Key, value: Option<Value>) {
        let seq = self.seq;
        self.slots.insert(key, Slot { seq, value });
    }

    /// Folds the order and its timers; returns the order before and after the record.
    #[expect(clippy::type_complexity, reason = "before and after, nothing more")]
    fn order(&mut self) -> Result<(Option<Arc<Order>>, Option<Arc<Order>>), SnapshotFault> {
        let Stream::Order(id) = self.record.stream else {
            return Ok((None, None));
        };
        let before = self.order_before(id)?;
        let fold = catch_unwind(AssertUnwindSafe(|| {
            let mut known = before.as_deref().cloned();
            Order::fold(&mut known, self.seq, self.record);
            known
        }));
        let fits = before.as_ref().map_or(Seq::NONE, |order| order.last_seq) == self.record.prev;
        match fold {
            Ok(Some(after)) if fits && after.last_seq == self.seq => {
                let after = Arc::new(after);
                self.put(Key::order(id), Some(Value::Order(Arc::clone(&after))));
                let armed = before.as_deref().map(armed).unwrap_or_default();
                self.timers(armed);
                Ok((before, Some(after)))
            }
            _ => {
                self.quarantine(id);
                Ok((None, None))
            }
        }
    }

    fn quarantine(&self, id: OrderId) {
        tracing::error!(order.id = %id, seq = self.seq.0, "an order can't be folded: it is quarantined");
        let quarantined = &self.projection.shared.quarantined;
        let mut quarantined = quarantined.write().unwrap_or_else(PoisonError::into_inner);
        quarantined.insert(id);
    }

    /// Returns the order as its previous record left it.
    fn order_before(&self, id: OrderId) -> Result<Option<Arc<Order>>, SnapshotFault> {
        let (prev, key) = (self.record.prev, Key::order(id));
        let reader = &self.projection.shared.reader;
        let stores = self.projection.shared.stores();
        let slot = if prev == Seq::NONE {
            stores.hot(&key)?
        } else {
            match stores.anywhere(&key, Duration::ZERO) {
                // The journal has what an archive can't say yet.
                Err(fault) if fault.is_passing() => return refold(reader, id, prev),
                found => found?,
            }
        };
        match slot.value {
            Some(Value::Order(order)) if order.last_seq == prev => Ok(Some(order)),
            None if prev == Seq::NONE => Ok(None),
            _ => refold(reader, id, prev),
        }
    }

    /// Folds a wallet and its timer.
    fn wallet(&mut self) -> Result<(), SnapshotFault> {
        let Stream::Wallet(user) = self.record.stream else {
            return Ok(());
        };
        let before = self.wallet_before(user)?;
        let retry = before.armed();
        let armed = retry.map(|timer| (TimerKind::StepRetry, (timer.generation, timer.due)));
        self.timers(armed.into_iter().collect());
        let mut after = before;
        Arc::make_mut(&mut after).fold(self.seq, self.record);
        self.put(Key::wallet(user), Some(Value::Wallet(after)));
        Ok(())
    }

    /// Returns the wallet as its previous record left it.
    fn wallet_before(&self, user: UserId) -> Result<Arc<Wallet>, SnapshotFault> {
        let prev = self.record.prev;
        match self.hot(&Key::wallet(user))?.value {
            Some(Value::Wallet(wallet)) if wallet.last_seq == prev => Ok(wallet),
            None if prev == Seq::NONE => Ok(Arc::new(Wallet::new(user))),
            _ => refold_wallet(&self.projection.shared.reader, user, prev),
        }
    }

    fn timers(&mut self, mut armed: Armed) {
        let stream = self.record.stream;
        for change in &self.record.timers {
            let ended = match *change {
                TimerChange::Arm {
                    kind,
                    generation,
                    due,
                } => {
                    let newer = armed.insert(kind, (generation, due));
                    let old = newer.map(|(_, due)| (due, kind));
                    self.end_timer(stream, old);
                    let key = Key::timer(due, stream, kind);
                    self.put(key, Some(Value::Timer(generation)));
                    None
                }
                TimerChange::Disarm { kind, generation }
                | TimerChange::Fire { kind, generation } => match armed.get(&kind) {
                    Some((newest, due)) if *newest == generation => Some((*due, kind)),
                    _ => None,
                },
            };
            if let Some((_, kind)) = ended {
                armed.remove(&kind);
            }
            self.end_timer(stream, ended);
        }
    }

    fn end_timer(&mut self, stream: Stream, ended: Option<(At, TimerKind)>) {
        if let Some((due, kind)) = ended {
            self.put(Key::timer(due, stream, kind), None);
        }
    }

    fn money(&mut self) -> Result<(), SnapshotFault> {
        let ends = |t: &campusg_domain::money::Transfer| [t.debit, t.credit];
        let touched: BTreeSet<Account> = self.record.money.iter().flat_map(ends).collect();
        for account in touched {
            let key = Key::account(account);
            let slot = self.hot(&key)?;
            if slot.seq >= self.seq {
                continue;
            }
            let mut balance = match slot.value {
                Some(Value::Account(balance)) => balance,
                _ => Default::default(),
            };
            for transfer in &self.record.money {
                balance.apply(account, transfer);
            }
            balance.seq = self.seq;
            let value = (!balance.is_zero()).then_some(Value::Account(balance));
            self.put(key, value);
        }
        Ok(())
    }

    fn people(&mut self) -> Result<(), SnapshotFault> {
        let own = match self.record.stream {
            Stream::User(user) => Some(user),
            _ => None,
        };
        let changed = self.record.people.iter().filter_map(PeopleChange::user);
        let touched: BTreeSet<UserId> = changed.chain(own).collect();
        for user in touched {
            let key = Key::person(user);
            let slot = self.hot(&key)?;
            if slot.seq >= self.seq {
                continue;
            }
            let mut person = match slot.value {
                Some(Value::Person(person)) => person,
                _ => Arc::default(),
            };
            self.change_person(user, Arc::make_mut(&mut person));
            self.put(key, Some(Value::Person(person)));
        }
        Ok(())
    }

    fn change_person(&self, user: UserId, person: &mut Person) {
        let record = self.record;
        if record.stream == Stream::User(user)
            && let Events::User(events) = &record.events
        {
            person.last_seq = self.seq;
            for event in events {
                person.evolve(event, record.at);
            }
        }
        for change in &record.people {
            if change.user() == Some(user) {
                person.change(change);
            }
        }
    }

    /// Folds events of stores, scheduled events and the system.
    fn own_stream(&mut self) -> Result<(), SnapshotFault> {
        match (&self.record.events, self.record.stream) {
            (Events::Store(events), Stream::Store(id)) => {
                let key = Key::store(id);
                let slot = self.hot(&key)?;
                if slot.seq >= self.seq {
                    return Ok(());
                }
                let mut store = match slot.value {
                    Some(Value::Store(store)) => store,
                    _ => Arc::default(),
                };
                let known = Arc::make_mut(&mut store);
                known.last_seq = self.seq;
                events.iter().for_each(|event| known.evolve(event));
                self.put(key, Some(Value::Store(store)));
                Ok(())
            }
            (Events::Schedule(_), Stream::Schedule(id)) => self.schedule(id),
            (Events::System(events), Stream::System) => {
                for event in events {
                    let names: &[&str] = match event {
                        SystemEvent::Booted { .. } => &["boot"],
                        SystemEvent::ClockStepped { .. } | SystemEvent::ClockSettled => &["clock"],
                        SystemEvent::ClockAccepted { .. } => &["clock", "accepted"],
                        SystemEvent::SnapshotsDamaged { .. } | SystemEvent::SnapshotsWhole => {
                            &["snapshots"]
                        }
                    };
                    for name in names {
                        self.put(Key::meta(name), Some(Value::Boot(event.clone())));
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn schedule(&mut self, id: ScheduleId) -> Result<(), SnapshotFault> {
        let Events::Schedule(events) = &self.record.events else {
            return Ok(());
        };
        let key = Key::scheduled(id);
        let slot = self.hot(&key)?;
        let mut known = match slot.value {
            Some(Value::Scheduled(scheduled)) => Some(Arc::unwrap_or_clone(scheduled)),
            _ => None,
        };
        // A scheduled event has one timer with one generation. The stored state may be older or newer than this
        // record, but the timer's key is the same.
        let armed = known.iter().map(|s| (TimerKind::Scheduled, (1, s.due)));
        self.timers(armed.collect());
        if slot.seq >= self.seq {
            return Ok(());
        }
        for event in events {
            Scheduled::evolve(&mut known, self.seq, event);
        }
        let value = known.map(|scheduled| Value::Scheduled(Arc::new(scheduled)));
        self.put(key, value);
        Ok(())
    }

    fn calls(&mut self) -> Result<(), SnapshotFault> {
        let stream = self.record.stream;
        let mut touched: BTreeMap<u16, Vec<&CallChange>> = BTreeMap::new();
        for change in &self.record.calls {
            let n = match change {
                CallChange::Open { n, .. }
                | CallChange::Defer { n }
                | CallChange::Retry { n }
                | CallChange::Close { n } => *n,
            };
            touched.entry(n).or_default().push(change);
        }
        for (n, changes) in touched {
            let key = Key::call(stream, n);
            let slot = self.hot(&key)?;
            if slot.seq >= self.seq {
                continue;
            }
            let mut call = match slot.value {
                Some(Value::Call(call)) => Some(call),
                _ => None,
            };
            for change in changes {
                call = change_call(call, change);
            }
            self.put(key, call.map(Value::Call));
        }
        Ok(())
    }

    fn photos(&mut self) {
        for change in &self.record.people {
            if let PeopleChange::PhotoUsed { photo, order } = change {
                let serves = Some(Value::Photo(*order));
                self.put(Key::picture(photo.picture()), serves.clone());
                self.put(Key::photo(*photo), serves);
            }
        }
    }
}

fn change_call(call: Option<OpenCall>, change: &CallChange) -> Option<OpenCall> {
    let with = |state| call.map(|call| OpenCall { state, ..call });
    match *change {
        CallChange::Open { kind, .. } => Some(OpenCall {
            kind,
            state: CallState::Open,
        }),
        CallChange::Defer { .. } => with(CallState::Deferred),
        CallChange::Retry { .. } => with(CallState::Open),
        CallChange::Close { .. } => None,
    }
}

fn armed(order: &Order) -> Armed {
    let pending = order
        .timers
        .iter()
        .filter(|(_, timer)| timer.state == TimerState::Pending);
    pending
        .map(|(kind, timer)| (*kind, (timer.generation, timer.due)))
        .collect()
}
