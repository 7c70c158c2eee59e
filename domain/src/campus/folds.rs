//! Everything that the journal folds to, folded together.

use crate::{
    id::{OrderId, PhotoId, Stream},
    invariant::state_hash,
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
    time::At,
    vote::Token,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Orders, owners, and used photos.
#[derive(Clone, Debug, Default)]
pub struct Folds {
    /// Every order, by id.
    pub orders: BTreeMap<OrderId, Arc<Order>>,
    /// The accounts.
    pub ledger: Ledger,
    /// People and stores.
    pub directory: Directory,
    /// Timers.
    pub timetable: Timetable,
    /// Open calls.
    pub calls: Calls,
    /// Wallets.
    pub wallets: Wallets,
    /// Which order a photo serves.
    pub photos: HashMap<PhotoId, OrderId>,
}

impl Folds {
    /// Folds one record into all of it. Never refuses.
    pub fn fold(&mut self, entry: &Entry) {
        let Entry { seq, record } = entry;
        self.ledger.fold(*seq, record);
        self.directory.fold(*seq, record);
        self.timetable.fold(record);
        self.calls.fold(record);
        self.wallets.fold(*seq, record);
        for change in &record.people {
            if let PeopleChange::PhotoUsed { photo, order } = change {
                self.photos.insert(*photo, *order);
            }
        }
        if let Stream::Order(id) = record.stream {
            let mut known = self.orders.remove(&id).map(Arc::unwrap_or_clone);
            Order::fold(&mut known, *seq, record);
            self.orders.extend(known.map(|order| (id, Arc::new(order))));
        }
    }

    /// Gives back whatever is reserved under `token`.
    pub fn release(&mut self, token: Token) {
        self.ledger.release(token);
        self.directory.release(token);
        self.timetable.release(token);
    }

    /// How many commands hold something back.
    #[must_use]
    pub fn reservations(&self) -> usize {
        self.ledger.reservations() + self.directory.reservations() + self.timetable.reservations()
    }

    /// Hash of all orders, wallets and accounts.
    #[must_use]
    pub fn state_hash(&self) -> [u8; 32] {
        let orders = self.orders.values().map(Arc::as_ref);
        state_hash(orders, &self.wallets, &self.ledger)
    }

    /// Compares all that two folds know, reservations apart.
    ///
    /// # Errors
    /// What differs.
    pub fn same_as(&self, other: &Self) -> Result<(), String> {
        let due =
            |folds: &Self| -> Vec<Due> { folds.timetable.due(At(u64::MAX), usize::MAX).collect() };
        let calls = |folds: &Self| -> BTreeMap<Stream, _> {
            folds
                .calls
                .streams()
                .map(|stream| (stream, folds.calls.due(stream)))
                .collect()
        };
        let people = |folds: &Self| -> BTreeMap<_, _> {
            folds
                .directory
                .people()
                .map(|(user, person)| (user, Arc::clone(person)))
                .collect()
        };
        let same = [
            (
                "orders or accounts",
                self.state_hash() == other.state_hash(),
            ),
            (
                "timers",
                self.timetable.armed() == other.timetable.armed() && due(self) == due(other),
            ),
            (
                "calls",
                self.calls.len() == other.calls.len() && calls(self) == calls(other),
            ),
            ("people", people(self) == people(other)),
            ("wallets", self.wallets == other.wallets),
            ("photos", self.photos == other.photos),
        ];
        match same.iter().find(|(_, same)| !same) {
            Some((what, _)) => Err(format!("{what} differ")),
            None => Ok(()),
        }
    }
}
