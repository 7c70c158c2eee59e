//! What must hold of a whole journal: folds every record, remembers per order what the invariants need.
//!
//! Memory grows with the number of orders in the journal, not with the number of its records.

use super::{Broken, Holds, INVARIANTS, Id, broken_by, change, state_hash, wallet};
use crate::{
    id::{OrderId, Seq, Stream, UserId},
    keys::Keys,
    money::{Account, Cents, Phase, Transfer},
    order::{Event, Order, RunEvent},
    owner::{ledger::Ledger, wallet::Wallets},
    record::{Entry, Events, Record},
};
use std::collections::{BTreeMap, HashMap, hash_map::Entry as Slot};

/// Sums over one order's transfers.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    held: Cents,
    posted: Cents,
    lapsed: Cents,
    voided: Cents,
    expired: Cents,
    paid_out: Cents,
}

/// What is remembered of each order, beside its fold.
#[derive(Clone, Debug, Default)]
struct Story {
    sums: Sums,
    bound: HashMap<u32, UserId>,
}

/// A walk over a whole journal.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    orders: BTreeMap<OrderId, Order>,
    ledger: Ledger,
    wallets: Wallets,
    keys: Keys,
    stories: HashMap<OrderId, Story>,
    last: Seq,
    streams: HashMap<Stream, Seq>,
    found: Vec<Broken>,
    expected: Option<[u8; 32]>,
    counts: Counts,
}

/// Counts of what was checked as it went by.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    transfers: u64,
    promises: u64,
    assignments: u64,
    commands: u64,
}

impl Counts {
    fn add(&mut self, record: &Record) {
        let promises = |transfer: &&Transfer| matches!(transfer.phase, Phase::Pending { .. });
        self.transfers += record.money.len() as u64;
        self.promises += record.money.iter().filter(promises).count() as u64;
        if let Events::Order(events) = &record.events {
            let assignments =
                |event: &&Event| matches!(event, Event::Run(RunEvent::Accepted { .. }));
            self.assignments += events.iter().filter(assignments).count() as u64;
        }
        self.commands += u64::from(record.keyed || change::fires(record));
    }
}

impl Audit {
    /// Folds the next record, and notes what it breaks.
    pub fn fold(&mut self, entry: &Entry) {
        let Entry { seq, record } = entry;
        self.follow(*seq, record);
        self.counts.add(record);
        self.fold_key(*seq, record);
        if let Err(fault) = self.ledger.check(record) {
            self.found.push(broken_by(&fault));
        }
        self.ledger.fold(*seq, record);
        self.fold_wallet(*seq, record);
        if let (Stream::Order(id), Events::Order(events)) = (record.stream, &record.events) {
            let mut order = self.orders.remove(&id);
            if let Err(why) = change::fires_once(order.as_ref(), record) {
                self.found.push(Broken { id: Id(8), why });
            }
            if let Err(why) = change::marks_of(order.as_ref(), record) {
                self.found.push(Broken { id: Id(12), why });
            }
            Order::fold(&mut order, *seq, record);
            self.orders.extend(order.map(|order| (id, order)));
            self.tell(id, record, events);
        }
    }

    /// The hash of the state that this journal folds to.
    #[must_use]
    pub fn state_hash(&self) -> [u8; 32] {
        state_hash(self.orders.values(), &self.wallets, &self.ledger)
    }

    /// Says which hash the state must have: that of another fold of the same journal.
    pub const fn expect_hash(&mut self, hash: [u8; 32]) {
        self.expected = Some(hash);
    }

    /// How many records were folded.
    #[must_use]
    pub const fn records(&self) -> u64 {
        self.last.0
    }

    /// The orders as folded.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// The ledger as folded.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The wallets as folded.
    #[must_use]
    pub const fn wallets(&self) -> &Wallets {
        &self.wallets
    }

    /// How many things an invariant was checked on: transfers, promises, bonds, commands, records, or orders, wallets and
    /// accounts as they stand at the end.
    #[must_use]
    pub fn checked(&self, id: Id) -> u64 {
        let (orders, wallets) = (self.orders.len(), self.wallets.iter().count());
        let accounts = self.ledger.accounts().count();
        let ended = || self.orders.values().filter(|order| order.is_terminal());
        let things = match id.0 {
            1 => return self.counts.transfers,
            3 => return self.counts.promises,
            4 => accounts,
            6 => return self.counts.assignments,
            7 => orders + wallets,
            8 => return self.counts.commands,
            9 => return self.records(),
            10 => orders + wallets + accounts,
            11 => ended().count(),
            _ => orders,
        };
        things as u64
    }

    /// Everything that does not hold, by invariant; empty when all is well.
    #[must_use]
    pub fn verdict(&self) -> Vec<Broken> {
        let of_journal = INVARIANTS.iter().filter_map(|row| {
            let why = (row.of_journal)(self).err()?;
            Some(Broken { id: row.id, why })
        });
        of_journal.collect()
    }

    fn follow(&mut self, seq: Seq, record: &Record) {
        if seq != self.last.next() {
            self.find(9, format!("record {seq} after {}", self.last));
        }
        self.last = seq;
        let before = self.streams.insert(record.stream, seq).unwrap_or(Seq::NONE);
        if record.prev != before {
            self.find(
                9,
                format!(
                    "record {seq} of {} names {} as its previous, not {before}",
                    record.stream, record.prev
                ),
            );
        }
    }

    fn fold_key(&mut self, seq: Seq, record: &Record) {
        let (caller, command) = (record.principal.user(), record.command);
        self.keys.pass(record.stream, record.at);
        if record.keyed
            && let Some(first) = self.keys.record_of(caller, command)
        {
            let why = format!("record {seq} is of a key that became record {first}");
            self.find(8, why);
        }
        self.keys.fold(seq, record);
    }

    fn fold_wallet(&mut self, seq: Seq, record: &Record) {
        let Stream::Wallet(user) = record.stream else {
            return;
        };
        self.wallets.fold(seq, record);
        let Some(wallet) = self.wallets.get(user).cloned() else {
            return;
        };
        let holds = [
            (3, wallet::agrees(&wallet, &self.ledger)),
            (7, wallet::wakes(&wallet)),
        ];
        for (id, holds) in holds {
            holds.err().into_iter().for_each(|why| self.find(id, why));
        }
    }

    fn tell(&mut self, id: OrderId, record: &Record, events: &[Event]) {
        let story = self.stories.entry(id).or_default();
        record
            .money
            .iter()
            .for_each(|transfer| story.sums.add(id, transfer));
        let mut twice = None;
        for event in events {
            if let Event::Run(RunEvent::Accepted { runner, epoch }) = event {
                match story.bound.entry(*epoch) {
                    Slot::Occupied(other) => {
                        twice = Some(format!(
                            "order {id}: {} and {runner} in epoch {epoch}",
                            other.get()
                        ))
                    }
                    Slot::Vacant(free) => drop(free.insert(*runner)),
                }
            }
        }
        twice.into_iter().for_each(|why| self.find(6, why));
    }

    fn find(&mut self, id: u8, why: String) {
        self.found.push(Broken { id: Id(id), why });
    }

    fn found(&self, id: u8) -> Holds {
        self.found
            .iter()
            .find(|broken| broken.id == Id(id))
            .map_or(Ok(()), |broken| Err(broken.why.clone()))
    }

    fn each(&self, holds: impl Fn(&Order, &Story) -> Holds) -> Holds {
        let none = Story::default();
        self.orders
            .values()
            .try_for_each(|order| holds(order, self.stories.get(&order.id).unwrap_or(&none)))
    }
}

impl Sums {
    fn add(&mut self, id: OrderId, transfer: &Transfer) {
        let escrow = Account::Escrow(id);
        if transfer.debit == escrow {
            self.paid_out += transfer.cents;
        }
        if transfer.credit != escrow {
            return;
        }
        match transfer.phase {
            Phase::Posted => self.posted += transfer.cents,
            Phase::Pending { .. } => self.held += transfer.cents,
            Phase::Post { promised, .. } => {
                self.posted += transfer.cents;
                self.lapsed += promised - transfer.cents;
            }
            Phase::Void { .. } => self.voided += transfer.cents,
            Phase::Expire { .. } => self.expired += transfer.cents,
        }
    }
}

pub(super) fn balanced(audit: &Audit) -> Holds {
    audit.found(1)?;
    let totals = audit.ledger.totals();
    if totals.posted == Cents::ZERO && totals.pending == Cents::ZERO {
        return Ok(());
    }
    Err(format!(
        "all accounts add up to {} posted and {} pending, in cents",
        totals.posted.0, totals.pending.0
    ))
}

pub(super) fn accounted(audit: &Audit) -> Holds {
    audit.each(|order, story| {
        let sums = story.sums;
        let escrow = audit.ledger.balance(Account::Escrow(order.id));
        let ended = sums.posted + sums.lapsed + sums.voided + sums.expired;
        if sums.held == ended + escrow.pending_in && sums.posted == sums.paid_out + escrow.posted {
            return Ok(());
        }
        Err(format!("order {}: {sums:?} with {escrow:?}", order.id))
    })
}

/// Beside what each record did: order and ledger agree on every promise that is not kept yet, what is frozen for a
/// dispute among them.
pub(super) fn resolved_once(audit: &Audit) -> Holds {
    audit.found(3)?;
    audit.each(|order, _| agrees(order, &audit.ledger))?;
    let strays = |stream: Stream, n: u16| match stream {
        Stream::Order(id) => {
            let order = audit.orders.get(&id);
            order.is_none_or(|order| !order.promises.contains_key(&n))
        }
        Stream::System
        | Stream::User(_)
        | Stream::Store(_)
        | Stream::Wallet(_)
        | Stream::Inbox(_)
        | Stream::Schedule(_) => false,
    };
    let mut promised = audit.ledger.promised();
    match promised.find(|(stream, n, _)| strays(*stream, *n)) {
        Some((stream, n, _)) => Err(format!("{stream} does not know its promise {n}")),
        None => Ok(()),
    }
}

fn agrees(order: &Order, ledger: &Ledger) -> Holds {
    let stream = Stream::Order(order.id);
    for (n, cents) in &order.promises {
        let known = ledger.promise(stream, *n).map(|promised| promised.cents);
        if known != Some(*cents) {
            return Err(format!("promise {n} of {stream} is not in the ledger"));
        }
    }
    let frozen = order.open_dispute().and_then(|open| open.frozen);
    match frozen {
        Some((n, _)) if !order.promises.contains_key(&n) => {
            Err(format!("{stream} has a dispute that freezes nothing"))
        }
        _ => Ok(()),
    }
}

pub(super) fn within_bounds(audit: &Audit) -> Holds {
    audit.found(4)?;
    match audit
        .ledger
        .accounts()
        .find(|(account, balance)| !balance.is_within_bound(*account))
    {
        Some((account, balance)) => Err(format!("{account} holds {balance:?}")),
        None => Ok(()),
    }
}

pub(super) fn fits_together(audit: &Audit) -> Holds {
    audit.each(|order, _| change::statuses(order))
}

pub(super) fn one_runner(audit: &Audit) -> Holds {
    audit.found(6)
}

pub(super) fn marked(audit: &Audit) -> Holds {
    audit.found(12)
}

pub(super) fn charges_enough(audit: &Audit) -> Holds {
    audit.each(|order, _| change::charged_enough(order))
}

pub(super) fn not_stalled(audit: &Audit) -> Holds {
    audit.found(7)?;
    audit.each(|order, _| change::wakes(order))
}

pub(super) fn remembered(audit: &Audit) -> Holds {
    audit.found(8)
}

pub(super) fn chained(audit: &Audit) -> Holds {
    audit.found(9)
}

pub(super) fn replays(audit: &Audit) -> Holds {
    match audit.expected {
        Some(expected) if expected != audit.state_hash() => {
            Err("two folds of the journal differ".into())
        }
        Some(_) | None => Ok(()),
    }
}

pub(super) fn emptied(audit: &Audit) -> Holds {
    audit.each(|order, _| {
        let escrow = audit.ledger.balance(Account::Escrow(order.id));
        if !order.is_terminal() || escrow.is_zero() {
            return Ok(());
        }
        Err(format!(
            "order {} is {} with {escrow:?} in escrow",
            order.id,
            order.status()
        ))
    })
}
