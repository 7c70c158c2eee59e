//! A town whose records are made by the domain's own rules, and stores fed with them.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod compare;
mod damage;
mod truth;

#[allow(unused_imports, reason = "each test file uses its part")]
pub use compare::{assert_reads, folds, hash_of};
#[allow(unused_imports, reason = "each test file uses its part")]
pub use damage::{Damage, copy};
#[allow(unused_imports, reason = "each test file uses its part")]
pub use truth::{Asked, ask_everything};

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;

use campusg_domain::id::{
    CommandId, Fingerprint, OrderId, Principal, ScheduleId, Seq, Stream, UserId,
};
use campusg_domain::money::Cents;
use campusg_domain::notice::Audience;
use campusg_domain::owner::inbox::{self, NoticeId};
use campusg_domain::owner::schedule;
use campusg_domain::policy::Policy;
use campusg_domain::stream::Meta;
use campusg_domain::time::{At, DAY_MS, MINUTE_MS};
use campusg_domain::{
    order::{Command, Dropoff, Handover, Item, Placement, Shown, StoreRef, Substitution},
    text::Sealed,
    timer::TimerKind,
};
use campusg_domain::{
    record::{Entry, Events, Record, SystemEvent},
    timer::TimerChange,
};
use campusg_simulation::{Bank, Behaviour, Simulation};
use campusg_storage::store::{Opened, Store};
use campusg_storage::vault::Vault;
use campusg_storage::{OpenOptions, StorageConfig};

/// 2026-01-02T00:00:00Z.
pub const NOW_MS: u64 = 1_767_312_000_000;

/// A configuration that makes many small checkpoints.
pub fn busy() -> StorageConfig {
    StorageConfig {
        segment_mib: 1,
        cache_mib: 16,
        checkpoint_ms: 10,
        dirty_keys: 256,
        reserve_mib: 0,
    }
}

/// A configuration whose checkpoints come when the test asks.
pub fn calm() -> StorageConfig {
    StorageConfig {
        segment_mib: 1,
        cache_mib: 16,
        checkpoint_ms: 60_000,
        dirty_keys: 1_000_000,
        reserve_mib: 0,
    }
}

pub fn options() -> OpenOptions {
    OpenOptions::new(|| NOW_MS)
}

pub fn open(dir: &Path, config: &StorageConfig) -> Opened {
    Store::open(dir, config, options()).unwrap()
}

pub fn start(dir: &Path, config: &StorageConfig) -> Store {
    open(dir, config)
        .store
        .start(vec![], |why| panic!("{why}"))
        .unwrap()
}

/// Makes keys for the people whose records these are, as whoever registers them does.
pub fn make_keys(vault: &Vault, entries: &[Entry]) {
    for entry in entries {
        if let Stream::User(user) = entry.record.stream
            && !vault.has(user)
        {
            vault.create(user).unwrap();
        }
    }
}

/// Queues records and waits until they are durable and folded.
pub fn feed(store: &Store, entries: &[Entry]) {
    make_keys(store.vault(), entries);
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
    store
        .projector()
        .snapshot(move |view| done.send(view.seq()).unwrap());
    assert_eq!(wait.recv().unwrap(), store.reads().head().0);
    assert_eq!(store.reads().lag(), 0);
}

/// Opens a sled store whose last handle was just dropped: its threads let go of the lock a moment
/// later, and no signal tells when.
pub fn sled_at(path: &Path) -> sled::Db {
    loop {
        match sled::open(path) {
            Err(sled::Error::Io(locked)) if locked.to_string().contains("acquire lock") => {
                std::thread::yield_now();
            }
            opened => return opened.unwrap(),
        }
    }
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
    pub campus: Simulation,
    pub customers: Vec<UserId>,
    pub runners: Vec<UserId>,
    pub operator: UserId,
}

impl Town {
    pub fn new(plan: &Plan, policy: Policy) -> Self {
        let mut campus = Simulation::new(policy, plan.seed);
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
        Self {
            campus,
            customers,
            runners,
            operator,
        }
    }

    pub fn place(&mut self, customer: UserId, items: usize, key: u64) -> OrderId {
        self.try_place(customer, items, key).unwrap()
    }

    /// Places an order, unless a rule says no: who owes may not.
    pub fn try_place(&mut self, customer: UserId, items: usize, key: u64) -> Option<OrderId> {
        let order = self
            .campus
            .place(customer, wish(customer, items), key)
            .ok()?;
        self.campus.settle();
        Some(order)
    }

    pub fn give(&mut self, who: UserId, order: OrderId, command: &Command) {
        let id = self.campus.fresh();
        // Chance may ask for what a rule refuses; a refusal writes nothing.
        let _ = self
            .campus
            .command(Principal::User(who), order, command, id);
        self.campus.settle();
    }

    /// The commands that bring an order from the board to its end.
    pub fn run(&mut self, runner: UserId, order: OrderId, steps: usize) {
        let photo = self.campus.photo();
        let pin = Shown::Pin(self.campus.pin(order));
        let way = [
            Command::Accept { runner },
            Command::ArriveOnSite,
            Command::Purchase {
                total: Cents(2150),
                photo: Some(photo),
            },
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
            let customer = self.customers[if n % 2 == 0 {
                0
            } else {
                n / 2 % self.customers.len()
            }];
            let runner = self.runners[n / 3 % self.runners.len()];
            let items = if n % 11 == 0 { 50 } else { 1 + n % 4 };
            let Some(order) = self.try_place(customer, items, n as u64) else {
                continue;
            };
            if n % 4 == 1 {
                self.campus.advance(2 * MINUTE_MS);
            }
            match self.campus.chance().next() % 9 {
                0 => self.give(
                    customer,
                    order,
                    &Command::Cancel {
                        accept_charge: Cents(0),
                    },
                ),
                1 => {
                    self.run(runner, order, 2);
                    self.give(runner, order, &Command::CancelAcceptance);
                    self.run(runner, order, 6);
                }
                2 => {
                    self.run(runner, order, 1);
                    self.campus.advance(3 * MINUTE_MS);
                    self.give(
                        customer,
                        order,
                        &Command::Cancel {
                            accept_charge: Cents(10_000),
                        },
                    );
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
        // The gateway is down for this one until its calls count as stuck.
        self.try_place(self.customers[4], 1, 2_000_000);
        self.campus.advance(10 * MINUTE_MS);
        self.wallets();
        for steps in 0..6 {
            let order = self.place(self.customers[0], 2, 1_000_000 + steps as u64);
            self.run(self.runners[0], order, steps);
        }
    }

    /// Payouts that are paid, fail and wait for their bank, and what operators do with the platform's wallet.
    fn wallets(&mut self) {
        let banks = [Bank::Pays, Bank::Declines, Bank::DownFor(20)];
        for (runner, bank) in self.runners.clone().into_iter().zip(banks) {
            self.campus.set_payout_method(runner, bank).unwrap();
            for _ in 0..3 {
                // Chance may have left a wallet too empty; a refusal writes nothing.
                let _ = self.campus.payout(runner, Cents(100));
                self.campus.settle();
            }
        }
        let _ = self.campus.withdraw(self.operator, Cents(1));
        self.campus.settle();
    }

    /// The records, followed by some of the streams that a campus has no owner for.
    pub fn entries(&self) -> Vec<Entry> {
        let mut more = More {
            entries: self.campus.journal().to_vec(),
            at: self.campus.now(),
            last: BTreeMap::new(),
        };
        more.add(
            Stream::System,
            Principal::System,
            Events::System(vec![SystemEvent::Booted {
                version: "0".into(),
                epoch: 3,
                config: [7; 32],
            }]),
        );
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
        let meta = Meta {
            fingerprint: Fingerprint(seq.0),
            ..Meta::own(principal, CommandId(seq.0 << 32), "test")
        };
        let record = Record::of_owner(stream, prev, self.at, &meta, events);
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
                self.add(
                    Stream::Inbox(user),
                    Principal::User(user),
                    Events::Inbox(vec![read.clone()]),
                );
                if n % 2 == 0 {
                    self.add(
                        Stream::Inbox(user),
                        Principal::User(user),
                        Events::Inbox(vec![read]),
                    );
                }
            }
            if n % 17 == 0 {
                let failed = inbox::Event::Failed { notice };
                self.add(
                    Stream::Inbox(user),
                    Principal::System,
                    Events::Inbox(vec![failed]),
                );
                let sent = inbox::Event::Sent {
                    text: Sealed(vec![1, 2, 3]),
                    order: None,
                };
                self.add(Stream::Inbox(user), operator, Events::Inbox(vec![sent]));
            }
        }
    }

    fn schedules(&mut self, town: &Town) {
        let order = town.campus.orders().next().unwrap().id;
        for n in 0..6u8 {
            let stream = Stream::Schedule(ScheduleId::from_bytes([n; 16]));
            let (kind, due) = (TimerKind::Scheduled, self.at.plus(u64::from(n)));
            let created = schedule::Event::Created {
                kind: TimerKind::OrderTimeout,
                order,
                due,
                author: town.operator,
                payload: Sealed(b"{}".to_vec()),
            };
            let operator = Principal::Operator(town.operator);
            let record = self.add(stream, operator, Events::Schedule(vec![created]));
            record.timers = vec![TimerChange::Arm {
                kind,
                generation: 1,
                due,
            }];
            if n % 2 == 0 {
                let done = schedule::Event::Processed { accepted: n == 0 };
                let record = self.add(stream, Principal::System, Events::Schedule(vec![done]));
                record.timers = vec![TimerChange::Fire {
                    kind,
                    generation: 1,
                }];
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
        store: StoreRef::Described {
            name: "Corner shop".into(),
            place: "Main street 1".into(),
        },
        items: (0..items).map(item).collect(),
        dropoff: Dropoff {
            building: "Library".into(),
            details: None,
            handover: Handover::Pin,
        },
        tip: Cents(200),
        deliver_after: None,
    }
}

/// A town with a few hundred records of every sort.
pub fn town(orders: usize) -> (Town, Vec<Entry>) {
    another_town(11, orders)
}

/// The same with other people, who do other things.
pub fn another_town(seed: u64, orders: usize) -> (Town, Vec<Entry>) {
    let plan = Plan {
        seed,
        customers: 5,
        runners: 3,
        orders,
    };
    let policy = Policy {
        open_orders_per_customer: 1_000,
        orders_per_runner: 1_000,
        ..Policy::default()
    };
    let mut town = Town::new(&plan, policy);
    town.live(&plan);
    let entries = town.entries();
    (town, entries)
}
