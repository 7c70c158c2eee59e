//! A town whose records are made by the domain's own rules, stores fed with them, and the
//! comparison of what a store says with what the records say.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc;

use campusg_domain::campus::{Behaviour, Campus, Folds};
use campusg_domain::id::{CommandId, Fingerprint, OrderId, Principal, ScheduleId, Seq, Stream, UserId};
use campusg_domain::invariant::state_hash;
use campusg_domain::money::Cents;
use campusg_domain::notice::Audience;
use campusg_domain::order::{
    Command, Dropoff, Handover, Item, Placement, Sealed, Shown, Side, StoreRef, Substitution, TimerKind,
};
use campusg_domain::owner::calls::Calls;
use campusg_domain::owner::inbox::{self, NoticeId};
use campusg_domain::owner::timetable::{self, Due};
use campusg_domain::policy::Policy;
use campusg_domain::record::{Entry, Events, Record, SystemEvent, TimerChange};
use campusg_domain::time::{At, DAY_MS, MINUTE_MS};
use campusg_storage::store::{Opened, Store};
use campusg_storage::{OpenOptions, Reads, StorageConfig};

/// 2026-01-02T00:00:00Z.
pub const NOW_MS: u64 = 1_767_312_000_000;

/// A configuration that makes many small checkpoints.
pub fn busy() -> StorageConfig {
    StorageConfig {
        segment_mib: 1,
        cache_mib: 16,
        checkpoint_ms: 10,
        dirty_keys: 256,
    }
}

/// A configuration whose checkpoints come when the test asks.
pub fn calm() -> StorageConfig {
    StorageConfig {
        segment_mib: 1,
        cache_mib: 16,
        checkpoint_ms: 60_000,
        dirty_keys: 1_000_000,
    }
}

pub fn options() -> OpenOptions {
    OpenOptions::new(|| NOW_MS)
}

pub fn open(dir: &Path, config: &StorageConfig) -> Opened {
    Store::open(dir, config, options()).unwrap()
}

pub fn start(dir: &Path, config: &StorageConfig) -> Store {
    open(dir, config).store.start(vec![], |why| panic!("{why}")).unwrap()
}

/// Queues records and waits until they are durable and folded.
pub fn feed(store: &Store, entries: &[Entry]) {
    let (done, wait) = mpsc::channel();
    for entry in entries {
        let (done, expected) = (done.clone(), entry.seq.0);
        store.queue().submit(entry.record.clone(), move |ack| {
            assert_eq!(ack.unwrap().seq, expected);
            done.send(()).unwrap();
        });
    }
    drop(done);
    assert_eq!(wait.iter().count(), entries.len());
    settle(store);
}

/// Waits until everything durable can be read.
pub fn settle(store: &Store) {
    let (done, wait) = mpsc::channel();
    store.projector().snapshot(move |view| done.send(view.seq()).unwrap());
    assert_eq!(wait.recv().unwrap(), store.reads().head().0);
    assert_eq!(store.reads().lag(), 0);
}

/// How a town is made.
pub struct Plan {
    pub seed: u64,
    pub customers: usize,
    pub runners: usize,
    pub orders: usize,
}

/// Who lives there.
pub struct Town {
    pub campus: Campus,
    pub customers: Vec<UserId>,
    pub runners: Vec<UserId>,
    pub operator: UserId,
}

impl Town {
    pub fn new(plan: &Plan, policy: Policy) -> Self {
        let mut campus = Campus::new(policy, plan.seed);
        let operator = campus.register_operator();
        campus.create_store("Corner shop").unwrap();
        let customers: Vec<UserId> = (0..plan.customers).map(|_| campus.register()).collect();
        for customer in &customers {
            campus.set_card(*customer, Behaviour::Succeeds).unwrap();
        }
        let runners: Vec<UserId> = (0..plan.runners).map(|_| campus.register()).collect();
        for runner in &runners {
            campus.activate_runner(*runner).unwrap();
        }
        Self { campus, customers, runners, operator }
    }

    pub fn place(&mut self, customer: UserId, items: usize, key: u64) -> OrderId {
        self.try_place(customer, items, key).unwrap()
    }

    /// Places an order, unless a rule says no: who owes may not.
    pub fn try_place(&mut self, customer: UserId, items: usize, key: u64) -> Option<OrderId> {
        let order = self.campus.place(customer, wish(customer, items), key).ok()?;
        self.campus.settle();
        Some(order)
    }

    pub fn give(&mut self, who: UserId, order: OrderId, command: &Command) {
        let id = self.campus.fresh();
        // Chance may ask for what a rule refuses; a refusal writes nothing.
        let _ = self.campus.command(Principal::User(who), order, command, id);
        self.campus.settle();
    }

    /// The commands that bring an order from the board to its end.
    pub fn run(&mut self, runner: UserId, order: OrderId, steps: usize) {
        let photo = self.campus.photo();
        let pin = Shown::Pin(self.campus.pin(order));
        let way = [
            Command::Accept { runner },
            Command::ArriveOnSite,
            Command::Purchase { total: Cents(2150), photo: Some(photo) },
            Command::Collect,
            Command::Depart,
            Command::Deliver { shown: pin },
        ];
        for command in &way[..steps] {
            self.give(runner, order, command);
        }
    }

    /// Orders that end in every way, and some that don't; some are large; some are rated.
    pub fn live(&mut self, plan: &Plan) {
        let cards = [
            Behaviour::Succeeds,
            Behaviour::DownFor(3),
            Behaviour::DeclinesCapture,
            Behaviour::LosesAnswers(2),
            Behaviour::DownFor(20),
        ];
        for (customer, card) in self.customers.clone().into_iter().zip(cards) {
            self.campus.set_card(customer, card).unwrap();
        }
        for n in 0..plan.orders {
            // Every second order is that of the customer whose card works.
            let customer = self.customers[if n % 2 == 0 { 0 } else { n / 2 % self.customers.len() }];
            let runner = self.runners[n / 3 % self.runners.len()];
            let items = if n % 11 == 0 { 50 } else { 1 + n % 4 };
            let Some(order) = self.try_place(customer, items, n as u64) else { continue };
            if n % 4 == 1 {
                self.campus.advance(2 * MINUTE_MS);
            }
            match self.campus.chance().next() % 9 {
                0 => self.give(customer, order, &Command::Cancel { accept_charge: Cents(0) }),
                1 => {
                    self.run(runner, order, 2);
                    self.give(runner, order, &Command::CancelAcceptance);
                    self.run(runner, order, 6);
                }
                2 => {
                    self.run(runner, order, 1);
                    self.campus.advance(3 * MINUTE_MS);
                    self.give(customer, order, &Command::Cancel { accept_charge: Cents(10_000) });
                }
                3 => self.campus.advance(40 * MINUTE_MS),
                4 => self.run(runner, order, 4),
                _ => {
                    self.run(runner, order, 6);
                    if n % 2 == 0 {
                        self.give(customer, order, &Command::Rate { stars: 5 });
                    }
                }
            }
            if n % 5 == 4 {
                self.campus.advance(DAY_MS / 4);
            }
        }
        for steps in 0..6 {
            let order = self.place(self.customers[0], 2, 1_000_000 + steps as u64);
            self.run(self.runners[0], order, steps);
        }
    }

    /// The records, followed by some of the streams that a campus has no owner for.
    pub fn entries(&self) -> Vec<Entry> {
        let mut more = More { entries: self.campus.journal().to_vec(), at: self.campus.now(), last: BTreeMap::new() };
        more.add(Stream::System, Principal::System, Events::System(vec![SystemEvent::Booted {
            version: "0".into(),
            epoch: 3,
            config: [7; 32],
        }]));
        more.inboxes(self);
        more.schedules(self);
        more.entries
    }
}

struct More {
    entries: Vec<Entry>,
    at: At,
    last: BTreeMap<Stream, Seq>,
}

impl More {
    fn add(&mut self, stream: Stream, principal: Principal, events: Events) -> &mut Record {
        let seq = Seq(self.entries.len() as u64 + 1);
        let prev = self.last.insert(stream, seq).unwrap_or(Seq::NONE);
        let (command, body) = (CommandId(seq.0 << 32), Fingerprint(seq.0));
        let record = Record::of_owner(stream, prev, self.at, principal, command, body, events);
        self.entries.push(Entry { seq, record });
        &mut self.entries.last_mut().unwrap().record
    }

    /// Direct notices, and marks on notices old and new, some of them twice.
    fn inboxes(&mut self, town: &Town) {
        let operator = Principal::Operator(town.operator);
        let mut notices: Vec<(UserId, NoticeId)> = vec![];
        for Entry { seq, record } in &self.entries {
            for (index, notice) in (0..).zip(&record.notices) {
                if let Audience::User(user) = notice.to {
                    notices.push((user, NoticeId { seq: *seq, index }));
                }
            }
        }
        for (n, (user, notice)) in notices.into_iter().enumerate() {
            if n % 3 == 0 {
                let read = inbox::Event::Read { notice };
                self.add(Stream::Inbox(user), Principal::User(user), Events::Inbox(vec![read.clone()]));
                if n % 2 == 0 {
                    self.add(Stream::Inbox(user), Principal::User(user), Events::Inbox(vec![read]));
                }
            }
            if n % 17 == 0 {
                let failed = inbox::Event::Failed { notice };
                self.add(Stream::Inbox(user), Principal::System, Events::Inbox(vec![failed]));
                let sent = inbox::Event::Sent { text: Sealed(vec![1, 2, 3]), order: None };
                self.add(Stream::Inbox(user), operator, Events::Inbox(vec![sent]));
            }
        }
    }

    fn schedules(&mut self, town: &Town) {
        let order = town.campus.orders().next().unwrap().id;
        for n in 0..6u8 {
            let stream = Stream::Schedule(ScheduleId::from_bytes([n; 16]));
            let (kind, due) = (TimerKind::Scheduled, self.at.plus(u64::from(n)));
            let created = timetable::Event::Created { kind: TimerKind::OrderTimeout, order, due, payload: "{}".into() };
            let operator = Principal::Operator(town.operator);
            let record = self.add(stream, operator, Events::Schedule(vec![created]));
            record.timers = vec![TimerChange::Arm { kind, generation: 1, due }];
            if n % 2 == 0 {
                let done = timetable::Event::Processed { accepted: n == 0 };
                let record = self.add(stream, Principal::System, Events::Schedule(vec![done]));
                record.timers = vec![TimerChange::Fire { kind, generation: 1 }];
            }
        }
    }
}

pub fn wish(customer: UserId, items: usize) -> Placement {
    let item = |n: usize| Item {
        name: format!("{n:03} {}", "a bowl of very good soup, ".repeat(4)),
        quantity: 1,
        unit_price: Cents(2000 / items as i64),
        substitution: Substitution::Ask,
    };
    Placement {
        customer,
        store: StoreRef::Described { name: "Corner shop".into(), place: "Main street 1".into() },
        items: (0..items).map(item).collect(),
        dropoff: Dropoff { building: "Library".into(), details: None, handover: Handover::Pin },
        tip: Cents(200),
        deliver_after: None,
    }
}

/// A town with a few hundred records of every sort.
pub fn town(orders: usize) -> (Town, Vec<Entry>) {
    let plan = Plan { seed: 11, customers: 5, runners: 3, orders };
    let policy = Policy { open_orders_per_customer: 1_000, orders_per_runner: 1_000, ..Policy::default() };
    let mut town = Town::new(&plan, policy);
    town.live(&plan);
    let entries = town.entries();
    (town, entries)
}

/// What the records fold to, by the domain's own folds.
pub fn folds(entries: &[Entry]) -> Folds {
    let mut folds = Folds::default();
    entries.iter().for_each(|entry| folds.fold(entry));
    folds
}

/// Compares everything that a store says with what the records say.
pub fn assert_reads(reads: &Reads, entries: &[Entry]) {
    let folds = folds(entries);
    for order in folds.orders.values() {
        assert_eq!(reads.order(order.id).unwrap().as_ref(), Some(order));
    }
    let accounts: BTreeMap<_, _> = reads.accounts().unwrap().into_iter().collect();
    let expected: BTreeMap<_, _> = folds.ledger.accounts().collect();
    assert_eq!(accounts, expected);
    assert_eq!(reads.totals().unwrap(), folds.ledger.totals());
    for (user, person) in folds.directory.people() {
        assert_eq!(reads.person(user).unwrap().as_ref(), Some(person));
    }
    let stores: BTreeMap<_, _> = reads.stores().unwrap().into_iter().collect();
    let expected = folds.directory.stores().map(|(id, store)| (id, store.clone()));
    assert_eq!(stores, expected.collect());
    let mut due: Vec<Due> = folds.timetable.due(At(u64::MAX), usize::MAX).collect();
    due.sort();
    let mut armed = reads.timers_between(At(0), At(u64::MAX), usize::MAX).unwrap();
    armed.sort();
    assert_eq!(armed, due);
    let mut calls = Calls::default();
    for (stream, n, call) in reads.open_calls().unwrap() {
        calls.restore(stream, n, call);
    }
    assert_eq!(calls.len(), folds.calls.len());
    for stream in folds.calls.streams() {
        assert_eq!(calls.due(stream), folds.calls.due(stream));
    }
    for (photo, order) in &folds.photos {
        assert_eq!(reads.photo_order(*photo).unwrap(), Some(*order));
    }
    assert_live(reads, &folds);
    assert_feeds(reads, entries, &folds);
}

fn assert_live(reads: &Reads, folds: &Folds) {
    let live = folds.orders.values().filter(|order| order.is_live());
    let mut expected: BTreeMap<_, usize> = BTreeMap::new();
    live.for_each(|order| *expected.entry(order.status()).or_default() += 1);
    let mut counts = reads.live_counts();
    counts.retain(|_, n| *n > 0);
    assert_eq!(counts, expected);
    let on_board: BTreeSet<OrderId> = reads.board(None, usize::MAX).unwrap().iter().map(|o| o.id).collect();
    let expected = folds.orders.values().filter(|o| o.stage.placement() == Some("available"));
    assert_eq!(on_board, expected.map(|o| o.id).collect());
}

/// The feeds, from their definition: a walk over all records with all orders as they were.
fn assert_feeds(reads: &Reads, entries: &[Entry], end: &Folds) {
    let (mut notices, mut read) = (BTreeMap::<Audience, BTreeSet<NoticeId>>::new(), BTreeSet::new());
    let mut visible = BTreeMap::<Audience, BTreeSet<Seq>>::new();
    let mut folds = Folds::default();
    for entry in entries {
        let Entry { seq, record } = entry;
        let before = as_order(record.stream, &folds);
        folds.fold(entry);
        for order in before.into_iter().chain(as_order(record.stream, &folds)) {
            let runner = order.stage.bond().map(|bond| bond.runner);
            for user in runner.into_iter().chain([order.terms.customer]) {
                visible.entry(Audience::User(user)).or_default().insert(*seq);
            }
        }
        for (index, notice) in (0..).zip(&record.notices) {
            notices.entry(notice.to).or_default().insert(NoticeId { seq: *seq, index });
            visible.entry(notice.to).or_default().insert(*seq);
        }
        if let (Events::Inbox(events), Stream::Inbox(user)) = (&record.events, record.stream) {
            for event in events {
                match event {
                    inbox::Event::Sent { .. } => {
                        let id = NoticeId { seq: *seq, index: 0 };
                        notices.entry(Audience::User(user)).or_default().insert(id);
                        visible.entry(Audience::User(user)).or_default().insert(*seq);
                    }
                    inbox::Event::Read { notice } => drop(read.insert((user, *notice))),
                    inbox::Event::Failed { .. } => {}
                }
            }
        }
        if matches!(record.principal, Principal::Operator(_)) {
            visible.entry(Audience::Operators).or_default().insert(*seq);
        }
    }
    for (audience, ids) in &notices {
        let page = reads.inbox(*audience, None, usize::MAX).unwrap();
        let mut got: Vec<NoticeId> = page.items.iter().map(|item| item.id).collect();
        assert!(got.is_sorted_by(|a, b| a > b), "newest first");
        got.reverse();
        assert!(got.iter().eq(ids), "{audience:?}");
        let is_read = |id: &NoticeId| matches!(audience, Audience::User(u) if read.contains(&(*u, *id)));
        assert!(page.items.iter().all(|item| item.read == is_read(&item.id)), "{audience:?}");
        let unread = ids.iter().filter(|id| !is_read(id)).count();
        assert_eq!(page.unread as usize, unread, "{audience:?}");
    }
    for (audience, seqs) in &visible {
        let (got, more) = reads.feed_after(*audience, Seq::NONE, usize::MAX).unwrap();
        let got: BTreeSet<Seq> = got.iter().map(|entry| entry.seq).collect();
        assert!(!more && got.is_superset(seqs), "{audience:?}");
    }
    for customer in visible.keys().filter_map(|a| if let Audience::User(u) = a { Some(*u) } else { None }) {
        let page = reads.my_orders(customer, Side::Customer, None, None, usize::MAX).unwrap();
        let got: BTreeSet<OrderId> = page.orders.iter().map(|order| order.id).collect();
        let mine = end.orders.values().filter(|order| order.terms.customer == customer);
        assert_eq!(got, mine.map(|order| order.id).collect());
        assert_eq!(got.len(), page.orders.len(), "each once");
    }
}

fn as_order(stream: Stream, folds: &Folds) -> Option<std::sync::Arc<campusg_domain::order::Order>> {
    match stream {
        Stream::Order(id) => folds.orders.get(&id).cloned(),
        _ => None,
    }
}

/// Hash of all orders and accounts that a store has.
pub fn hash_of(reads: &Reads, entries: &[Entry]) -> [u8; 32] {
    let ids: BTreeSet<OrderId> = entries
        .iter()
        .filter_map(|entry| if let Stream::Order(id) = entry.record.stream { Some(id) } else { None })
        .collect();
    let orders: Vec<_> = ids.iter().map(|id| reads.order(*id).unwrap().unwrap()).collect();
    let mut ledger = campusg_domain::owner::ledger::Ledger::default();
    for (account, balance) in reads.accounts().unwrap() {
        ledger.restore_account(account, balance);
    }
    state_hash(orders.iter().map(std::convert::AsRef::as_ref), &ledger)
}
