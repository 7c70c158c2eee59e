//! Everything that is folded from the journal: orders, owners, and which order each photo serves.

use campusg_domain::{
    id::{OrderId, PhotoId, PictureId, Stream},
    invariant::state_hash,
    keys::Keys,
    order::Order,
    owner::{
        calls::Calls,
        directory::Directory,
        ledger::Ledger,
        timetable::{Due, Timetable},
        wallet::Wallets,
    },
    people::PeopleChange,
    record::Entry,
    stream::Meta,
    time::At,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// The state of a simulation.
#[derive(Clone, Debug, Default)]
pub struct Folds {
    /// Every order, by id.
    pub orders: BTreeMap<OrderId, Arc<Order>>,
    /// Balances of all accounts.
    pub ledger: Ledger,
    /// People and stores.
    pub directory: Directory,
    /// Armed timers.
    pub timetable: Timetable,
    /// Calls to the gateway that are not answered yet.
    pub calls: Calls,
    /// Payouts, debt payments and chargebacks of each user.
    pub wallets: Wallets,
    /// The order that each used photo serves.
    pub photos: HashMap<PhotoId, OrderId>,
    /// The order that each picture of a used photo serves.
    pub pictures: HashMap<PictureId, OrderId>,
    /// The idempotency keys of the last 24 hours.
    pub keys: Keys,
}

impl Folds {
    /// Folds one record into all of them; never fails.
    pub fn fold(&mut self, entry: &Entry) {
        let Entry { seq, record } = entry;
        self.ledger.fold(*seq, record);
        self.directory.fold(*seq, record);
        self.timetable.fold(record);
        self.calls.fold(record);
        self.wallets.fold(*seq, record);
        self.keys.fold(*seq, record);
        for change in &record.people {
            if let PeopleChange::PhotoUsed { photo, order } = change {
                self.photos.insert(*photo, *order);
                self.pictures.insert(photo.picture(), *order);
            }
        }
        if let Stream::Order(id) = record.stream {
            let mut known = self.orders.remove(&id).map(Arc::unwrap_or_clone);
            Order::fold(&mut known, *seq, record);
            self.orders.extend(known.map(|order| (id, Arc::new(order))));
        }
    }

    /// Releases the key and the reservations of a command that was not committed.
    pub fn release(&mut self, meta: &Meta) {
        self.keys.release(meta.principal.user(), meta.id);
        self.ledger.release(meta.id);
        self.directory.release(meta.id);
        self.timetable.release(meta.id);
    }

    /// Number of commands that have reservations.
    #[must_use]
    pub fn reservations(&self) -> usize {
        self.ledger.reservations() + self.directory.reservations() + self.timetable.reservations()
    }

    /// Hash of all orders, wallets and accounts; equal states have equal hashes.
    #[must_use]
    pub fn state_hash(&self) -> [u8; 32] {
        let orders = self.orders.values().map(Arc::as_ref);
        state_hash(orders, &self.wallets, &self.ledger)
    }

    /// Compares two states, except for reservations.
    ///
    /// # Errors
    /// The first part that differs, in words.
    pub fn same_as(&self, other: &Self) -> Result<(), String> {
        if self.state_hash() != other.state_hash() {
            return Err("orders or accounts differ".into());
        }
        same_timers(&self.timetable, &other.timetable)?;
        same_calls(&self.calls, &other.calls)?;
        same_people(&self.directory, &other.directory)?;
        same("wallets", self.wallets == other.wallets)?;
        same("keys", self.keys == other.keys)?;
        same("photos", self.photos == other.photos)
    }

    /// Folds an order again from its own records, which are found from its last one backwards.
    ///
    /// # Errors
    /// If it is not as it was.
    pub(super) fn fold_order_again(
        &mut self,
        id: OrderId,
        journal: &[Entry],
    ) -> Result<(), String> {
        let Some(before) = self.orders.remove(&id) else {
            return Ok(());
        };
        let (mut records, mut seq) = (vec![], before.last_seq);
        while let Some(entry) = usize::try_from(seq.0)
            .ok()
            .and_then(|seq| journal.get(seq.checked_sub(1)?))
        {
            records.push(entry);
            seq = entry.record.prev;
        }
        let mut again = None;
        let records = records.into_iter().rev();
        records.for_each(|entry| Order::fold(&mut again, entry.seq, &entry.record));
        let unchanged = again.as_ref() == Some(&*before);
        self.orders.extend(again.map(|order| (id, Arc::new(order))));
        same("an order and its records", unchanged)
    }

    /// Folds one owner again from the whole journal; `which`, modulo the number of owners, chooses it.
    ///
    /// # Errors
    /// If it is not as it was.
    pub(super) fn fold_owner_again(&mut self, which: u64, journal: &[Entry]) -> Result<(), String> {
        match which % 5 {
            0 => {
                let fold = |owner: &mut Ledger, it: &Entry| owner.fold(it.seq, &it.record);
                let before = folded_again(&mut self.ledger, journal, fold);
                same_ledger(&before, &self.ledger)
            }
            1 => {
                let fold = |owner: &mut Directory, it: &Entry| owner.fold(it.seq, &it.record);
                let before = folded_again(&mut self.directory, journal, fold);
                same_people(&before, &self.directory)
            }
            2 => {
                let fold = |owner: &mut Timetable, it: &Entry| owner.fold(&it.record);
                let before = folded_again(&mut self.timetable, journal, fold);
                same_timers(&before, &self.timetable)
            }
            3 => {
                let fold = |owner: &mut Calls, it: &Entry| owner.fold(&it.record);
                let before = folded_again(&mut self.calls, journal, fold);
                same_calls(&before, &self.calls)
            }
            _ => {
                let fold = |owner: &mut Wallets, it: &Entry| owner.fold(it.seq, &it.record);
                let before = folded_again(&mut self.wallets, journal, fold);
                same("wallets", before == self.wallets)
            }
        }
    }
}

/// Replaces an owner by one that is folded from the whole journal; returns the old one.
fn folded_again<T: Default>(owner: &mut T, journal: &[Entry], fold: impl Fn(&mut T, &Entry)) -> T {
    let mut again = T::default();
    journal.iter().for_each(|entry| fold(&mut again, entry));
    std::mem::replace(owner, again)
}

fn same(what: &str, same: bool) -> Result<(), String> {
    match same {
        true => Ok(()),
        false => Err(format!("{what} differ")),
    }
}

fn same_ledger(one: &Ledger, other: &Ledger) -> Result<(), String> {
    let accounts = |ledger: &Ledger| -> BTreeMap<_, _> { ledger.accounts().collect() };
    let promises = |ledger: &Ledger| -> BTreeMap<_, _> {
        let promised = ledger.promised();
        promised
            .map(|(stream, n, promised)| ((stream, n), promised))
            .collect()
    };
    same("accounts", accounts(one) == accounts(other))?;
    same("promises", promises(one) == promises(other))
}

fn same_timers(one: &Timetable, other: &Timetable) -> Result<(), String> {
    let due = |table: &Timetable| -> Vec<Due> { table.due(At(u64::MAX), usize::MAX).collect() };
    same(
        "timers",
        one.armed() == other.armed() && due(one) == due(other),
    )
}

fn same_calls(one: &Calls, other: &Calls) -> Result<(), String> {
    let due = |calls: &Calls| -> BTreeMap<Stream, _> {
        let due = |stream| (stream, calls.due(stream).collect::<Vec<_>>());
        calls.streams().map(due).collect()
    };
    same("calls", one.len() == other.len() && due(one) == due(other))
}

fn same_people(one: &Directory, other: &Directory) -> Result<(), String> {
    let people = |directory: &Directory| -> BTreeMap<_, _> {
        let people = directory.people();
        people
            .map(|(user, person)| (user, Arc::clone(person)))
            .collect()
    };
    let stores = |directory: &Directory| -> BTreeMap<_, _> {
        let stores = directory.stores();
        stores
            .map(|(store, known)| (store, Arc::clone(known)))
            .collect()
    };
    same("people", people(one) == people(other))?;
    same("stores", stores(one) == stores(other))
}
