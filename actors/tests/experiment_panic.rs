//! Pins what a panic does to an actor: under actix's `Supervisor` it is the end for ever, under our registry it is a pause.
//!
//! Facts of actix 0.13.5 and tokio, not of our code; when an upgrade changes one, the design of the registry is open again.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the experiment shows why the Supervisor is banned"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::ThreadId;

use actix::{Actor, ActorContext, Addr, Context, Handler, MailboxError, Message, MessageResult};
use actix::{Supervised, Supervisor};
use actix_rt::{Arbiter, System};
use campusg_actors::registry::{
    AskFault, KeyState, Lease, Limits, Origin, Permit, Registry, Resident, RestartPolicy,
};

/// How often each step of a life was seen, over all incarnations.
#[derive(Default)]
struct Seen {
    started: AtomicU64,
    restarting: AtomicU64,
    stopped_in_panic: AtomicU64,
}

/// An actor that does as it is told; supervised by whoever starts it.
struct Subject {
    handled: u64,
    seen: Arc<Seen>,
    lease: Option<Lease<u64>>,
}

impl Actor for Subject {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        self.seen.started.fetch_add(1, Ordering::SeqCst);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        let in_panic = u64::from(std::thread::panicking());
        self.seen
            .stopped_in_panic
            .fetch_add(in_panic, Ordering::SeqCst);
    }
}

impl Supervised for Subject {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.seen.restarting.fetch_add(1, Ordering::SeqCst);
    }
}

impl Resident for Subject {
    type Key = u64;

    fn lease(&self) -> &Lease<u64> {
        self.lease
            .as_ref()
            .expect("the registry builds it with one")
    }
}

#[derive(Clone, Copy)]
enum Order {
    Work,
    Panic,
    Stop,
}

struct Tell(Order, Option<Permit>);

impl Message for Tell {
    /// The thread it was handled on, and how many this actor value has handled.
    type Result = (ThreadId, u64);
}

impl Handler<Tell> for Subject {
    type Result = MessageResult<Tell>;

    fn handle(&mut self, Tell(order, _permit): Tell, ctx: &mut Self::Context) -> Self::Result {
        self.handled += 1;
        match order {
            Order::Work => {}
            Order::Panic => panic!("the experiment's panic"),
            Order::Stop => ctx.stop(),
        }
        MessageResult((std::thread::current().id(), self.handled))
    }
}

/// One arbiter with two supervised actors, and what the first has seen.
struct Pair {
    subject: Addr<Subject>,
    neighbour: Addr<Subject>,
    seen: Arc<Seen>,
}

impl Pair {
    fn start() -> Self {
        let arbiter = Arbiter::new().handle();
        let seen = Arc::new(Seen::default());
        let start = |seen: Arc<Seen>| {
            Supervisor::start_in_arbiter(&arbiter, |_| Subject {
                handled: 0,
                seen,
                lease: None,
            })
        };
        Self {
            subject: start(Arc::clone(&seen)),
            neighbour: start(Arc::default()),
            seen,
        }
    }

    /// An answer of the neighbour also says that the arbiter has finished what it was doing before.
    async fn neighbour_answers_on(&self) -> ThreadId {
        tell(&self.neighbour, Order::Work).await.unwrap().0
    }
}

async fn tell(actor: &Addr<Subject>, order: Order) -> Result<(ThreadId, u64), MailboxError> {
    actor.send(Tell(order, None)).await
}

/// Pins A1: the `Supervisor` catches no panic. The actor is dead, its address closed for ever, `restarting` and `started` never run again.
#[test]
fn under_the_supervisor_a_panic_is_the_end_for_ever() {
    System::new().block_on(async {
        let pair = Pair::start();
        tell(&pair.subject, Order::Work).await.unwrap();
        assert_eq!(
            tell(&pair.subject, Order::Panic).await,
            Err(MailboxError::Closed)
        );
        pair.neighbour_answers_on().await;
        assert!(!pair.subject.connected());
        assert_eq!(
            tell(&pair.subject, Order::Work).await,
            Err(MailboxError::Closed)
        );
        assert_eq!(pair.seen.started.load(Ordering::SeqCst), 1);
        assert_eq!(pair.seen.restarting.load(Ordering::SeqCst), 0);
    });
}

/// Pins A1: only the task dies; the arbiter's thread and the other actors on it go on.
#[test]
fn the_thread_and_the_neighbours_of_a_panicking_actor_live_on() {
    System::new().block_on(async {
        let pair = Pair::start();
        let (thread, _) = tell(&pair.subject, Order::Work).await.unwrap();
        assert_eq!(pair.neighbour_answers_on().await, thread);
        tell(&pair.subject, Order::Panic).await.unwrap_err();
        assert_eq!(pair.neighbour_answers_on().await, thread);
    });
}

/// Pins A1: the dying actor is polled once more while the thread unwinds, so `stopped` runs on half-changed state.
#[test]
fn stopped_runs_during_the_panic() {
    System::new().block_on(async {
        let pair = Pair::start();
        tell(&pair.subject, Order::Panic).await.unwrap_err();
        pair.neighbour_answers_on().await;
        assert_eq!(pair.seen.stopped_in_panic.load(Ordering::SeqCst), 1);
    });
}

/// Pins A1: `ctx.stop()` under the `Supervisor` ends nothing while an address lives. The same value goes on, `started` runs again.
#[test]
fn under_the_supervisor_a_stop_keeps_the_same_actor_value() {
    System::new().block_on(async {
        let pair = Pair::start();
        tell(&pair.subject, Order::Stop).await.unwrap();
        let (_, handled) = tell(&pair.subject, Order::Work).await.unwrap();
        assert_eq!(handled, 2);
        assert_eq!(pair.seen.started.load(Ordering::SeqCst), 2);
        assert_eq!(pair.seen.restarting.load(Ordering::SeqCst), 1);
    });
}

fn registry(seen: &Arc<Seen>, limits: Limits) -> Registry<Subject> {
    let seen = Arc::clone(seen);
    Registry::new(
        vec![Arbiter::new().handle()],
        Arc::new(move |_, lease| Subject {
            handled: 0,
            seen: Arc::clone(&seen),
            lease: Some(lease),
        }),
        Arc::new(|| 0),
        limits,
        RestartPolicy {
            backoff_first_ms: 1,
            ..RestartPolicy::default()
        },
    )
}

/// Pins A7: under the registry the next ask gets a new incarnation with fresh memory, on the same thread; the neighbour notices nothing.
#[test]
fn under_the_registry_the_next_ask_gets_a_new_incarnation() {
    System::new().block_on(async {
        let seen = Arc::new(Seen::default());
        let registry = registry(
            &seen,
            Limits {
                tries: 1,
                ..Limits::default()
            },
        );
        let ask = |key, order| {
            registry.ask(key, Origin::Outside, move |permit| {
                Tell(order, Some(permit))
            })
        };
        let (thread, _) = ask(1, Order::Work).await.unwrap();
        assert_eq!(ask(2, Order::Work).await, Ok((thread, 1)));
        assert_eq!(ask(1, Order::Panic).await, Err(AskFault::Closed));
        assert_eq!(ask(1, Order::Work).await, Ok((thread, 1)));
        assert_eq!(ask(2, Order::Work).await, Ok((thread, 2)));
        assert_eq!(
            registry.state(1),
            KeyState::Live {
                incarnation: 3,
                in_flight: 0
            }
        );
        assert_eq!(seen.started.load(Ordering::SeqCst), 3);
    });
}
