//! Pins the claim the registry rests on: under racing senders, passivations and panics each command is executed exactly once, and none by a
//! stale incarnation. The counter-example, the design that suggests itself with actix, breaks it within moments.
//!
//! The `Journal` here stands for the real one: what is in it is durable. Actors know the commands they have read from it when they started
//! and those they executed since; only that memory protects from executing a repeat, as in production.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the counter-example shows why the Supervisor is banned"
)]

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message};
use actix::{Supervised, Supervisor};
use actix_rt::{Arbiter, ArbiterHandle, System};
use campusg_actors::registry::{Lease, Limits, Origin, Permit, Registry, Resident, RestartPolicy};
use tokio::sync::Barrier;

const SENDERS: u64 = 128;
const ROUNDS: u64 = 1_000;
/// Where the counter-example gives up; it needs some 10 to 300 rounds.
const COUNTER_ROUNDS: u64 = 50 * ROUNDS;
/// Few at a time, so that many senders meet at each.
const KEYS: u64 = 8;
/// A key is used for so many rounds, as an order is: its memory stays small.
const ROUNDS_PER_KEY: u64 = 10;
/// One command in so many ends its actor after it was handled.
const PASSIVATE_EVERY: u64 = 7;
/// One command in so many panics before it is committed; as many panic after the commit.
const PANIC_EVERY: u64 = 25;

const PANIC: &str = "the experiment's panic";

/// What is durable, and what the experiment has seen.
#[derive(Default)]
struct Journal {
    /// Per key: how often each command was executed.
    executed: Mutex<HashMap<u64, HashMap<u64, u32>>>,
    /// Per key: the number of the newest incarnation that has started.
    newest: Mutex<HashMap<u64, u64>>,
    /// Panics that have happened: a command panics once, its repeat goes through.
    panicked: Mutex<HashSet<u64>>,
    incarnations: AtomicU64,
    executed_twice: AtomicU64,
    /// Commands handled by an incarnation when a newer one had started.
    stale: AtomicU64,
}

impl Journal {
    fn read(&self, key: u64) -> HashSet<u64> {
        let executed = self.executed.lock().unwrap();
        executed
            .get(&key)
            .map(|ids| ids.keys().copied().collect())
            .unwrap_or_default()
    }

    fn commit(&self, key: u64, id: u64) {
        let mut executed = self.executed.lock().unwrap();
        let count = executed.entry(key).or_default().entry(id).or_default();
        *count += 1;
        if *count == 2 {
            self.executed_twice.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn start_incarnation(&self, key: u64) -> u64 {
        let number = self.incarnations.fetch_add(1, Ordering::SeqCst) + 1;
        self.newest.lock().unwrap().insert(key, number);
        number
    }

    fn note_if_stale(&self, key: u64, incarnation: u64) {
        if self.newest.lock().unwrap()[&key] != incarnation {
            self.stale.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn panic_once(&self, id: u64) {
        let first = self.panicked.lock().unwrap().insert(id);
        if first {
            panic!("{PANIC}");
        }
    }

    fn executed(&self) -> u64 {
        self.executed
            .lock()
            .unwrap()
            .values()
            .map(|ids| ids.len() as u64)
            .sum()
    }

    fn executed_twice(&self) -> u64 {
        self.executed_twice.load(Ordering::SeqCst)
    }
}

/// What a handler does besides executing its command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answer,
    Passivate,
    PanicBeforeCommit,
    PanicAfterCommit,
}

impl Fate {
    fn of(id: u64) -> Self {
        // Multiplied by an odd constant: neighbouring ids get unrelated fates.
        let mixed = id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        match (mixed % PANIC_EVERY, mixed % PASSIVATE_EVERY) {
            (0, _) => Self::PanicBeforeCommit,
            (1, _) => Self::PanicAfterCommit,
            (_, 0) => Self::Passivate,
            _ => Self::Answer,
        }
    }
}

/// The shell around the memory of one key.
struct Memory {
    key: u64,
    incarnation: u64,
    known: HashSet<u64>,
    journal: Arc<Journal>,
}

impl Memory {
    fn new(key: u64, journal: Arc<Journal>) -> Self {
        Self {
            key,
            incarnation: 0,
            known: HashSet::new(),
            journal,
        }
    }

    /// Start is recovery.
    fn recover(&mut self) {
        self.incarnation = self.journal.start_incarnation(self.key);
        self.known = self.journal.read(self.key);
    }

    /// Executes the command, or recognises it as a repeat. Answers whether the actor is to end.
    fn execute(&mut self, id: u64, may_panic: bool) -> bool {
        self.journal.note_if_stale(self.key, self.incarnation);
        let fate = Fate::of(id);
        if may_panic && fate == Fate::PanicBeforeCommit {
            self.journal.panic_once(id);
        }
        if !self.known.contains(&id) {
            self.journal.commit(self.key, id);
        }
        if may_panic && fate == Fate::PanicAfterCommit {
            self.journal.panic_once(id);
        }
        // After the commit: between the two the journal is ahead of the memory, and the panic strikes there.
        self.known.insert(id);
        fate == Fate::Passivate
    }
}

/// The racing senders: in each round every sender sends a command of its own, and beside it repeats its neighbour's, as a client would that
/// got no answer.
async fn race<F, Fut>(rounds: u64, journal: &Arc<Journal>, enough: fn(&Journal) -> bool, ask: F)
where
    F: Fn(u64, u64) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    let barrier = Arc::new(Barrier::new(SENDERS as usize));
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (barrier, journal, ask) = (Arc::clone(&barrier), Arc::clone(journal), ask.clone());
            tokio::spawn(async move {
                for round in 0..rounds {
                    // All leave in the same round: nobody has begun to change the journal again between the barrier's two sides.
                    let done = enough(&journal);
                    barrier.wait().await;
                    if done {
                        break;
                    }
                    let key = |sender| round / ROUNDS_PER_KEY * KEYS + sender % KEYS;
                    let neighbour = (sender + 1) % SENDERS;
                    let own = ask(key(sender), round * SENDERS + sender);
                    let repeat = ask(key(neighbour), round * SENDERS + neighbour);
                    futures_util::future::join(own, repeat).await;
                    barrier.wait().await;
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
}

/// Two arbiters, and the senders on a runtime of their own, as in production.
fn on_two_arbiters<Fut: Future<Output = ()>>(test: impl FnOnce(Vec<ArbiterHandle>) -> Fut) {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // The experiment's own panics are counted, not shown: ten thousand reports would take longer than the race.
        if panic.payload_as_str() != Some(PANIC) {
            report(panic);
        }
    }));
    let system = System::new();
    let arbiters = system.block_on(async { [Arbiter::new().handle(), Arbiter::new().handle()] });
    let senders = tokio::runtime::Runtime::new().unwrap();
    senders.block_on(test(arbiters.to_vec()));
}

/// A resident of our registry.
struct Kept {
    memory: Memory,
    lease: Lease<u64>,
}

impl Actor for Kept {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        self.memory.recover();
    }
}

impl Resident for Kept {
    type Key = u64;

    fn lease(&self) -> &Lease<u64> {
        &self.lease
    }
}

struct Execute(u64, Option<Permit>);

impl Message for Execute {
    type Result = ();
}

impl Handler<Execute> for Kept {
    type Result = ();

    fn handle(&mut self, Execute(id, _permit): Execute, ctx: &mut Self::Context) {
        if self.memory.execute(id, true) {
            ctx.stop();
        }
    }
}

/// Repeats the command under the same id while its outcome is unknown.
async fn ask_until_answered(registry: Registry<Kept>, key: u64, id: u64) {
    while let Err(fault) = registry
        .ask(key, Origin::Outside, |permit| Execute(id, Some(permit)))
        .await
    {
        assert!(fault.outcome_unknown(), "{fault}");
    }
}

/// Pins A7 and T21: with our registry each of 128,000 commands, each sent twice, is executed exactly once and none by a stale incarnation,
/// under some 33,000 passivations and 10,000 panics, half of them after the commit.
#[test]
fn with_the_registry_each_command_is_executed_once() {
    on_two_arbiters(|arbiters| async move {
        let journal = Arc::new(Journal::default());
        let memory = Arc::clone(&journal);
        let registry = Registry::new(
            arbiters,
            Arc::new(move |key, lease| Kept {
                memory: Memory::new(key, Arc::clone(&memory)),
                lease,
            }),
            Arc::new(|| 0),
            Limits::default(),
            RestartPolicy {
                backoff_first_ms: 0,
                panics_max: usize::MAX,
                window_ms: 1,
            },
        );
        let asked = registry.clone();
        let ask = move |key, id| ask_until_answered(asked.clone(), key, id);
        race(ROUNDS, &journal, |_| false, ask).await;
        assert_eq!(journal.executed(), SENDERS * ROUNDS, "a command was lost");
        assert_eq!(journal.executed_twice(), 0);
        assert_eq!(journal.stale.load(Ordering::SeqCst), 0);
        let totals = registry.totals();
        assert!(
            totals.passivated > 30_000,
            "too few passivations: {totals:?}"
        );
        assert!(totals.panicked > 9_000, "too few panics: {totals:?}");
        registry.drain().await;
        assert_eq!(registry.in_flight(), 0);
    });
}

/// The obvious map: live address or start under one lock. Even careful about removal: only the very incarnation that ends is taken out.
#[derive(Clone)]
struct NaiveMap {
    addresses: Arc<Mutex<HashMap<u64, Addr<Supervisee>>>>,
    arbiters: Vec<ArbiterHandle>,
    journal: Arc<Journal>,
}

/// The same under the `Supervisor`.
struct Supervisee {
    memory: Memory,
    map: NaiveMap,
}

impl Actor for Supervisee {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        if self.memory.incarnation == 0 {
            self.memory.recover();
        }
    }
}

impl Supervised for Supervisee {}

impl Handler<Execute> for Supervisee {
    type Result = ();

    fn handle(&mut self, Execute(id, _): Execute, ctx: &mut Self::Context) {
        if self.memory.execute(id, false) {
            let mut addresses = self.map.addresses.lock().unwrap();
            if addresses.get(&self.memory.key) == Some(&ctx.address()) {
                addresses.remove(&self.memory.key);
            }
            ctx.stop();
        }
    }
}

impl NaiveMap {
    fn find_or_start(&self, key: u64) -> Addr<Supervisee> {
        let mut addresses = self.addresses.lock().unwrap();
        if let Some(live) = addresses.get(&key).filter(|address| address.connected()) {
            return live.clone();
        }
        let map = self.clone();
        let arbiter = &self.arbiters[key as usize % self.arbiters.len()];
        let address = Supervisor::start_in_arbiter(arbiter, move |_| Supervisee {
            memory: Memory::new(key, Arc::clone(&map.journal)),
            map,
        });
        addresses.insert(key, address.clone());
        address
    }

    async fn ask(&self, key: u64, id: u64) {
        while self
            .find_or_start(key)
            .send(Execute(id, None))
            .await
            .is_err()
        {}
    }
}

/// Pins A7 and shows that the experiment can fail: with actix's `Supervisor`, and idle actors removed from the map, an address taken before the
/// removal keeps the old incarnation alive beside the new one, and commands are executed twice. No panic is needed.
#[test]
fn with_the_supervisor_commands_are_executed_twice() {
    on_two_arbiters(|arbiters| async move {
        let journal = Arc::new(Journal::default());
        let map = NaiveMap {
            addresses: Arc::default(),
            arbiters,
            journal: Arc::clone(&journal),
        };
        race(
            COUNTER_ROUNDS,
            &journal,
            |journal| journal.executed_twice() > 0,
            move |key, id| {
                let map = map.clone();
                async move { map.ask(key, id).await }
            },
        )
        .await;
        assert!(
            journal.stale.load(Ordering::SeqCst) > 0,
            "no stale incarnation was seen"
        );
        assert!(
            journal.executed_twice() > 0,
            "no command was executed twice"
        );
    });
}
