//! The read store: answers every query, independent of the actors.
//!
//! Looks in the live sets, the overlay, hot, the archive and the journal, in this order. Must not: check who asks;
//! that is up to the caller, with the reader's present rights.
//!
//! Invariants: only durable data are returned; after [`Reads::wait_folded`] an answer contains at least that record.
//! A call blocks for at most one read of the disk; calls that need the archive wait up to two seconds until it is open
//! and checked. What a damaged store had is a fault ([`SnapshotFault::is_passing`]), and never "there is none".

mod feed;
mod history;

pub use feed::{InboxItem, InboxPage, OrderPage, PartyPage, RecordPage, WalletLine, WalletPage};

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLockReadGuard};

use campusg_domain::{
    call::CallNumber,
    id::{OrderId, PhotoId, PictureId, ScheduleId, Seq, StoreId, Stream, UserId},
    money::{Account, Cents},
    order::{Order, Status},
    owner::{
        calls::OpenCall,
        directory::{Person, Store},
        ledger::{Balance, Totals},
        schedule::Scheduled,
        timetable::Due,
        wallet::Wallet,
    },
    time::At,
};

use crate::journal::ChainHead;
use crate::snapshot::key::{self, Key};
use crate::snapshot::live::{ListPlace, LiveSets};
use crate::snapshot::shared::Shared;
use crate::snapshot::sled_store::Role;
use crate::snapshot::stores::ARCHIVE_WAIT;
use crate::snapshot::value::Value;
use crate::snapshot::watchers::{Watch, Watched};
use crate::snapshot::{SnapshotFault, WriteStats};

/// The read store. Clones share the same state.
#[derive(Clone, Debug)]
pub struct Reads {
    shared: Arc<Shared>,
}

/// The projector has ended, so nothing more will be folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the projector has ended")]
pub struct ProjectorEnded;

/// The condition of the snapshot stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Both are open, and are what was written.
    Whole {
        /// How many rebuilds have been completed since the start.
        rebuilds: u64,
    },
    /// The archive is being opened and checked.
    Opening,
    /// A store is damaged, and both are rebuilt from the journal. What it had can't be read meanwhile.
    Rebuilding {
        /// Whether it is the archive; otherwise hot.
        archive: bool,
        /// What is wrong with it.
        why: String,
        /// The last record that is in the new stores.
        upto: Seq,
        /// Whether no new record is folded meanwhile, so that nothing can be read or commanded.
        halted: bool,
    },
}

type Read<T> = Result<T, SnapshotFault>;

impl Reads {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Waits until everything up to `seq` can be read.
    ///
    /// # Errors
    /// `ProjectorEnded`.
    pub async fn wait_folded(&self, seq: Seq) -> Result<(), ProjectorEnded> {
        let mut folded = self.shared.folded.clone();
        let waited = folded.wait_for(|folded| *folded >= seq.0).await;
        waited.map(drop).map_err(|_| ProjectorEnded)
    }

    /// Returns the last record that is folded into the snapshots.
    #[must_use]
    pub fn folded(&self) -> Seq {
        Seq(*self.shared.folded.borrow())
    }

    /// Returns the last durable record and the chain head after it.
    #[must_use]
    pub fn head(&self) -> (Seq, ChainHead) {
        let (seq, head) = self.shared.reader.head();
        (Seq(seq), head)
    }

    /// Returns how many durable records are not folded yet.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.head().0.0.saturating_sub(self.folded().0)
    }

    /// Whether the archive is open, checked and undamaged. Until then, reads of what has ended wait for it.
    #[must_use]
    pub fn archive_is_open(&self) -> bool {
        self.shared.stores().archive.is_open()
    }

    /// Returns the condition of the snapshot stores.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let stores = self.shared.stores();
        let relaxed = std::sync::atomic::Ordering::Relaxed;
        match stores.damage() {
            Some((role, why)) => Condition::Rebuilding {
                archive: role == Role::Archive,
                why,
                upto: Seq(self.shared.rebuilt_upto.load(relaxed)),
                halted: self.shared.halted.load(relaxed),
            },
            None if stores.archive.is_open() => Condition::Whole {
                rebuilds: self.shared.rebuilds.load(relaxed),
            },
            None => Condition::Opening,
        }
    }

    /// Subscribes to changes of a feed, an order or the board. What changed before this call can be read.
    #[must_use]
    pub fn watch(&self, what: Watched) -> Watch {
        self.shared.watchers.watch(what)
    }

    /// Returns how many photos that orders refer to were found missing or damaged.
    #[must_use]
    pub fn lost_photos(&self) -> usize {
        self.shared.lost_photos()
    }

    /// Whether no record is folded until a damaged store is rebuilt, so that [`Reads::wait_folded`] waits that long.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        let halted = &self.shared.halted;
        halted.load(std::sync::atomic::Ordering::Acquire)
    }

    /// Whether the disk has no room for the snapshots. Reads still work; records are refused until there is room.
    #[must_use]
    pub fn storage_is_full(&self) -> bool {
        self.shared
            .storage_full
            .load(std::sync::atomic::Ordering::Acquire)
    }

    /// Returns how often the stores were written to.
    #[must_use]
    pub fn writes(&self) -> WriteStats {
        self.shared.writes()
    }

    /// Whether an order could not be folded, so that what is read of it is outdated.
    #[must_use]
    pub fn is_quarantined(&self, order: OrderId) -> bool {
        let quarantined = self
            .shared
            .quarantined
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        quarantined.contains(&order)
    }

    /// Returns an order; `None` if it was never placed.
    ///
    /// # Errors
    /// `ArchiveOpening`, or a fault of a store.
    pub fn order(&self, id: OrderId) -> Read<Option<Arc<Order>>> {
        let stores = self.shared.stores();
        let slot = stores.anywhere(&Key::order(id), ARCHIVE_WAIT)?;
        Ok(match slot.value {
            Some(Value::Order(order)) => Some(order),
            _ => None,
        })
    }

    /// Returns a person; `None` if they never registered.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn person(&self, id: UserId) -> Read<Option<Arc<Person>>> {
        Ok(match self.hot(&Key::person(id))? {
            Some(Value::Person(person)) => Some(person),
            _ => None,
        })
    }

    /// Returns a known store, where food is bought.
    ///
    /// # Errors
    /// A fault of a store of values.
    pub fn store(&self, id: StoreId) -> Read<Option<Arc<Store>>> {
        Ok(match self.hot(&Key::store(id))? {
            Some(Value::Store(store)) => Some(store),
            _ => None,
        })
    }

    /// Returns every known store, sorted by id.
    ///
    /// # Errors
    /// A fault of a store of values.
    pub fn stores(&self) -> Read<Vec<(StoreId, Arc<Store>)>> {
        self.all(key::STORES, |key, value| match value {
            Value::Store(store) => Some((key.to_store()?, store)),
            _ => None,
        })
    }

    /// Returns an account's balance; zero if it has no entries, or if all of them have ended.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn account(&self, account: Account) -> Read<Balance> {
        Ok(match self.hot(&Key::account(account))? {
            Some(Value::Account(balance)) => balance,
            _ => Balance::default(),
        })
    }

    /// Returns every account with a posted or pending amount.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn accounts(&self) -> Read<Vec<(Account, Balance)>> {
        self.all(key::ACCOUNTS, |key, value| match value {
            Value::Account(balance) => Some((key.to_account()?, balance)),
            _ => None,
        })
    }

    /// Returns the sums over all accounts. While records are being written, the accounts may be as of different
    /// records; the escrow owner has sums as of one record.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn totals(&self) -> Read<Totals> {
        self.accounts().map(Totals::of)
    }

    /// Returns the balance of a user's wallet, and their debt.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn wallet(&self, user: UserId) -> Read<(Balance, Cents)> {
        let wallet = self.account(Account::Payable(user))?;
        let owed = -self.account(Account::Receivable(user))?.expected();
        Ok((wallet, owed.or_zero()))
    }

    /// Returns a person's wallet with its payouts, debt payments and chargebacks; `None` if it has no record yet.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn wallet_of(&self, user: UserId) -> Read<Option<Arc<Wallet>>> {
        Ok(match self.hot(&Key::wallet(user))? {
            Some(Value::Wallet(wallet)) => Some(wallet),
            _ => None,
        })
    }

    /// Returns the first `limit` armed timers due in `[from, to)`, in order of due time.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn timers_between(&self, from: At, to: At, limit: usize) -> Read<Vec<Due>> {
        let (from, to) = (Key::timers_from(from), Key::timers_from(to));
        let stores = self.shared.stores();
        let found = stores.range(&from, Bound::Excluded(&to), limit)?;
        Ok(found.iter().filter_map(as_timer).collect())
    }

    /// Returns every undecided call to the gateway.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn open_calls(&self) -> Read<Vec<(Stream, CallNumber, OpenCall)>> {
        self.all(key::CALLS, |key, value| match (key.to_call()?, value) {
            ((stream, n), Value::Call(call)) => Some((stream, n, call)),
            _ => None,
        })
    }

    /// Returns the order that refers to a photo, if there is one.
    ///
    /// # Errors
    /// `ArchiveOpening`, or a fault of a store.
    pub fn photo_order(&self, photo: PhotoId) -> Read<Option<OrderId>> {
        self.order_of(&Key::photo(photo))
    }

    /// Returns the first order that refers to a photo of this picture, whoever uploaded it, if there is one.
    ///
    /// # Errors
    /// `ArchiveOpening`, or a fault of a store.
    pub fn picture_order(&self, picture: PictureId) -> Read<Option<OrderId>> {
        self.order_of(&Key::picture(picture))
    }

    fn order_of(&self, key: &Key) -> Read<Option<OrderId>> {
        let slot = self.shared.stores().anywhere(key, ARCHIVE_WAIT)?;
        Ok(match slot.value {
            Some(Value::Photo(order)) => Some(order),
            _ => None,
        })
    }

    /// Returns an event that was scheduled over the API.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn scheduled(&self, id: ScheduleId) -> Read<Option<Arc<Scheduled>>> {
        Ok(match self.hot(&Key::scheduled(id))? {
            Some(Value::Scheduled(scheduled)) => Some(scheduled),
            _ => None,
        })
    }

    /// Returns up to `limit` events scheduled over the API after `after`, sorted by id.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn scheduled_list(
        &self,
        after: Option<ScheduleId>,
        limit: usize,
    ) -> Read<Vec<(ScheduleId, Arc<Scheduled>)>> {
        let first = ScheduleId::from_bytes([0; 16]);
        let from = Key::scheduled(after.unwrap_or(first));
        let to = Key::scheduled(ScheduleId::from_bytes([0xff; 16]));
        let more = limit.saturating_add(1);
        let stores = self.shared.stores();
        let found = stores.range(&from, Bound::Included(&to), more)?;
        let found =
            found
                .into_iter()
                .filter_map(|(key, value)| match (key.to_scheduled()?, value) {
                    (id, Value::Scheduled(scheduled)) if Some(id) != after => Some((id, scheduled)),
                    _ => None,
                });
        Ok(found.take(limit).collect())
    }

    /// Returns up to `limit` orders on the board after `after`, oldest first.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn board(&self, after: Option<ListPlace>, limit: usize) -> Read<Vec<Arc<Order>>> {
        let places: Vec<ListPlace> = self.live().board(after).take(limit).collect();
        self.orders(&places)
    }

    /// Returns up to `limit` live orders in one status after `after`, oldest first.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn live_orders(
        &self,
        status: Status,
        after: Option<ListPlace>,
        limit: usize,
    ) -> Read<Vec<Arc<Order>>> {
        let places: Vec<ListPlace> = self.live().with_status(status, after).take(limit).collect();
        self.orders(&places)
    }

    /// Returns the orders with a stalled step or call, oldest first.
    ///
    /// # Errors
    /// A fault of a store.
    pub fn stalled_orders(&self) -> Read<Vec<Arc<Order>>> {
        let places: Vec<ListPlace> = self.live().stalled().collect();
        self.orders(&places)
    }

    /// Returns the number of live orders in each status.
    #[must_use]
    pub fn live_counts(&self) -> BTreeMap<Status, usize> {
        self.live().counts().collect()
    }

    fn orders(&self, places: &[ListPlace]) -> Read<Vec<Arc<Order>>> {
        places.iter().map(|(_, id)| self.placed(*id)).collect()
    }

    /// Returns an order that was placed.
    fn placed(&self, id: OrderId) -> Read<Arc<Order>> {
        let missing = || self.shared.stores().missing(&Key::order(id));
        self.order(id)?.ok_or_else(missing)
    }

    fn live(&self) -> RwLockReadGuard<'_, LiveSets> {
        self.shared
            .live
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn hot(&self, key: &Key) -> Read<Option<Value>> {
        self.shared.stores().hot(key).map(|slot| slot.value)
    }

    fn all<T>(&self, prefix: &[u8], pick: impl Fn(&Key, Value) -> Option<T>) -> Read<Vec<T>> {
        let found = self.shared.stores().under(prefix)?;
        let picked = found
            .into_iter()
            .filter_map(|(key, value)| pick(&key, value));
        Ok(picked.collect())
    }
}

fn as_timer((key, value): &(Key, Value)) -> Option<Due> {
    let (due, stream, kind) = key.to_timer()?;
    match value {
        Value::Timer(generation) => Some(Due {
            due,
            stream,
            kind,
            generation: *generation,
        }),
        _ => None,
    }
}
