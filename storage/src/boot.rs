//! Reads the owners' initial state in one scan of the hot store, as of one exact record.
//!
//! Must not: start an owner.
//!
//! Invariant: everything in a [`BootState`] is as of the same record, [`BootState::folded`], and the first batch that
//! the owners receive begins with the record after it.

use std::sync::Arc;

use campusg_domain::{
    id::{Seq, Stream},
    keys::Keys,
    order::Order,
    owner::{calls::Calls, directory::Directory, ledger::Ledger, wallet::Wallets},
    record::SystemEvent,
};

use crate::journal::ChainHead;
use crate::projector::Projection;
use crate::snapshot::SnapshotFault;
use crate::snapshot::key;
use crate::snapshot::value::Value;

/// The initial state of the owners.
#[derive(Clone, Default)]
pub struct BootState {
    /// Every account's balance, and every pending transfer.
    pub ledger: Ledger,
    /// Every person and every store.
    pub directory: Directory,
    /// Every wallet that has a record.
    pub wallets: Wallets,
    /// Every undecided call to the gateway.
    pub calls: Calls,
    /// The idempotency keys of the last 24 hours; read from the journal, since no snapshot has them.
    pub keys: Keys,
    /// The number of armed timers; [`Reads::timers_between`](crate::Reads::timers_between) returns the timers
    /// themselves.
    pub armed_timers: u64,
    /// The number of orders that have not ended.
    pub live_orders: u64,
    /// The last record of the system's stream.
    pub system_last: Seq,
    /// The event of the last boot, whose epoch the next one exceeds by 1; `None` before the first boot.
    pub last_boot: Option<SystemEvent>,
    /// What was last recorded about the clock; `None` if nothing was.
    pub clock: Option<SystemEvent>,
    /// What was last recorded about the snapshots; `None` if nothing was.
    pub snapshots: Option<SystemEvent>,
    /// When a person last accepted the clock: the record and its event; `None` if nobody had to.
    pub accepted: Option<(Seq, SystemEvent)>,
    /// The last record that is folded into this state.
    pub folded: Seq,
    /// The journal's chain head after that record.
    pub head: ChainHead,
}

impl std::fmt::Debug for BootState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BootState")
            .field("folded", &self.folded)
            .field("live_orders", &self.live_orders)
            .field("armed_timers", &self.armed_timers)
            .finish_non_exhaustive()
    }
}

impl BootState {
    /// Returns the epoch of the boot that is beginning: one more than the last, 1 for the first.
    #[must_use]
    pub fn next_epoch(&self) -> u32 {
        match &self.last_boot {
            Some(SystemEvent::Booted { epoch, .. }) => epoch + 1,
            Some(
                SystemEvent::ClockStepped { .. }
                | SystemEvent::ClockSettled
                | SystemEvent::ClockAccepted { .. }
                | SystemEvent::SnapshotsDamaged { .. }
                | SystemEvent::SnapshotsWhole,
            )
            | None => 1,
        }
    }

    /// Reads the whole state, and fills the live sets.
    pub(crate) fn scan(projection: &Projection) -> Result<Self, SnapshotFault> {
        let shared = &projection.shared;
        let (_, head) = shared.reader.head();
        let stores = shared.stores();
        let mut boot = Self {
            folded: projection.folded(),
            head,
            ..Self::default()
        };
        for prefix in [
            key::ORDERS,
            key::WALLETS,
            key::PEOPLE,
            key::STORES,
            key::ACCOUNTS,
            key::CALLS,
        ] {
            let mut orders: Vec<Arc<Order>> = vec![];
            stores.visit(prefix, |key, value| {
                match &value {
                    // It has ended, and is on its way to the archive.
                    Value::Order(order) if !order.is_live() => return,
                    Value::Order(order) => orders.push(Arc::clone(order)),
                    _ => {}
                }
                boot.take(key, value);
            })?;
            orders.iter().for_each(|order| projection.enlist(order));
        }
        boot.armed_timers = stores.count(key::TIMERS)?;
        let read = |name| stores.hot(&key::Key::meta(name));
        let (booted, clock, accepted) = (read("boot")?, read("clock")?, read("accepted")?);
        let snapshots = read("snapshots")?;
        boot.system_last = booted.seq.max(clock.seq).max(snapshots.seq);
        if let Some(Value::Boot(event)) = booted.value {
            boot.last_boot = Some(event);
        }
        if let Some(Value::Boot(event)) = clock.value {
            boot.clock = Some(event);
        }
        if let Some(Value::Boot(event)) = snapshots.value {
            boot.snapshots = Some(event);
        }
        if let Some(Value::Boot(event)) = accepted.value {
            boot.accepted = Some((accepted.seq, event));
        }
        Ok(boot)
    }

    fn take(&mut self, key: &key::Key, value: Value) {
        match value {
            Value::Order(order) => {
                self.live_orders += 1;
                for (n, promised) in order.promised() {
                    let stream = Stream::Order(order.id);
                    self.ledger.restore_promise(stream, n, promised);
                }
            }
            Value::Wallet(wallet) => {
                for (n, promised) in wallet.promised() {
                    let stream = Stream::Wallet(wallet.user);
                    self.ledger.restore_promise(stream, n, promised);
                }
                self.wallets.restore(wallet);
            }
            Value::Person(person) => {
                if let Some(id) = key.to_person() {
                    self.directory.restore_person(id, person);
                }
            }
            Value::Store(store) => {
                if let Some(id) = key.to_store() {
                    self.directory.restore_store(id, store);
                }
            }
            Value::Account(balance) => {
                if let Some(account) = key.to_account() {
                    self.ledger.restore_account(account, balance);
                }
            }
            Value::Call(call) => {
                if let Some((stream, n)) = key.to_call() {
                    self.calls.restore(stream, n, call);
                }
            }
            Value::Feed(_)
            | Value::Scheduled(_)
            | Value::Timer(_)
            | Value::FullPage(_)
            | Value::Photo(_)
            | Value::Boot(_) => {}
        }
    }
}
