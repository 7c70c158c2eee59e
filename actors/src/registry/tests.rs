//! The registry with a small resident: what is refused, what is counted, how it ends. Races are tested in
//! `tests/experiment_registry_race.rs`.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

use actix::{Actor, ActorContext, AsyncContext, Context, Message, WrapFuture};
use actix_rt::{Arbiter, System};
use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::*;

/// Counts the messages that it has handled since its start.
struct Counter {
    handled: u64,
    lease: Lease<u64>,
}

impl Actor for Counter {
    type Context = Context<Self>;
}

impl Resident for Counter {
    type Key = u64;

    fn lease(&self) -> &Lease<u64> {
        &self.lease
    }
}

#[derive(Clone, Copy)]
enum Action {
    Work,
    Panic,
    Passivate,
}

/// Is answered with the incarnation and the number of messages that it has handled.
struct Do(Action, Permit);

impl Message for Do {
    type Result = (u64, u64);
}

impl Handler<Do> for Counter {
    type Result = actix::MessageResult<Do>;

    fn handle(&mut self, Do(action, _permit): Do, ctx: &mut Context<Self>) -> Self::Result {
        self.handled += 1;
        match action {
            Action::Work => {}
            Action::Panic => panic!("asked to panic"),
            Action::Passivate => ctx.stop(),
        }
        actix::MessageResult((self.lease.incarnation(), self.handled))
    }
}

/// Closes the mailbox until the gate opens, and holds the permit as long.
struct Block(oneshot::Receiver<()>, Permit);

impl Message for Block {
    type Result = ();
}

impl Handler<Block> for Counter {
    type Result = ();

    fn handle(&mut self, Block(gate, permit): Block, ctx: &mut Context<Self>) {
        let opened = async move {
            let _ = gate.await;
            drop(permit);
        };
        ctx.wait(opened.into_actor(self));
    }
}

struct Bench {
    registry: Registry<Counter>,
    arbiter: Arbiter,
    now_ms: Arc<AtomicU64>,
}

impl Bench {
    fn new(limits: Limits) -> Self {
        let arbiter = Arbiter::new();
        let now_ms = Arc::new(AtomicU64::new(1_000));
        let clock = Arc::clone(&now_ms);
        let registry = Registry::new(
            vec![arbiter.handle()],
            Arc::new(|_, lease| Counter { handled: 0, lease }),
            Arc::new(move || clock.load(Ordering::SeqCst)),
            limits,
            RestartPolicy {
                backoff_first_ms: 1,
                ..RestartPolicy::default()
            },
        );
        Self {
            registry,
            arbiter,
            now_ms,
        }
    }

    async fn ask(&self, key: u64, action: Action) -> Result<(u64, u64), AskFault> {
        self.ask_from(Origin::Outside, key, action).await
    }

    async fn ask_from(
        &self,
        from: Origin,
        key: u64,
        action: Action,
    ) -> Result<(u64, u64), AskFault> {
        let message = |permit| Do(action, permit);
        self.registry.ask(key, from, message).await
    }

    /// Blocks the mailbox of `key` until the returned sender is used or dropped.
    async fn block(&self, key: u64) -> oneshot::Sender<()> {
        let (open, gate) = oneshot::channel();
        let gate = std::sync::Mutex::new(Some(gate));
        self.registry
            .ask(key, Origin::Outside, |permit| {
                Block(gate.lock().unwrap().take().unwrap(), permit)
            })
            .await
            .unwrap();
        open
    }

    /// Returns when the arbiter has finished its current poll, in which a resident has answered or ended.
    async fn settled(&self) {
        let (done, settled) = oneshot::channel();
        self.arbiter
            .spawn_fn(move || done.send(()).expect("the test waits for it"));
        settled.await.unwrap();
    }
}

fn run<F: Future<Output = ()>>(test: impl FnOnce() -> F) {
    System::new().block_on(async { test().await });
}

#[test]
fn a_resident_is_started_once_and_answers_from_its_memory() {
    run(|| async {
        let bench = Bench::new(Limits::default());
        assert_eq!(bench.registry.state(1), KeyState::Absent);
        assert_eq!(bench.ask(1, Action::Work).await, Ok((1, 1)));
        assert_eq!(bench.ask(1, Action::Work).await, Ok((1, 2)));
        assert_eq!(bench.ask(2, Action::Work).await, Ok((2, 1)));
        assert_eq!(
            bench.registry.state(1),
            KeyState::Live {
                incarnation: 1,
                in_flight: 0
            }
        );
        assert_eq!(
            (bench.registry.live_count(), bench.registry.live(1).len()),
            (2, 1)
        );
    });
}

#[test]
fn a_passivated_resident_leaves_no_trace_and_is_started_anew() {
    run(|| async {
        let bench = Bench::new(Limits::default());
        bench.ask(1, Action::Passivate).await.unwrap();
        bench.settled().await;
        assert_eq!(bench.registry.state(1), KeyState::Absent);
        assert!(bench.registry.shards.is_empty());
        assert_eq!(bench.ask(1, Action::Work).await, Ok((2, 1)));
        assert_eq!(
            bench.registry.totals(),
            Totals {
                started: 2,
                passivated: 1,
                panicked: 0,
                refused: 0
            }
        );
    });
}

#[test]
fn a_command_that_always_panics_is_tried_three_times_and_ends_in_quarantine() {
    run(|| async {
        let bench = Bench::new(Limits::default());
        assert_eq!(bench.ask(1, Action::Panic).await, Err(AskFault::Closed));
        let refused = AskFault::NeedsAttention { since_ms: 1_000 };
        assert_eq!(bench.ask(1, Action::Work).await, Err(refused));
        assert_eq!(
            bench.registry.quarantined(),
            [Quarantined {
                key: 1,
                since_ms: 1_000,
                panics: 3
            }]
        );
        assert_eq!(bench.ask(2, Action::Work).await, Ok((4, 1)));
        assert!(bench.registry.release(1));
        assert_eq!(bench.ask(1, Action::Work).await, Ok((5, 1)));
        assert_eq!(bench.registry.totals().panicked, 3);
    });
}

#[test]
fn a_quarantine_outlives_the_window_and_the_calm_keys_are_forgotten() {
    run(|| async {
        let bench = Bench::new(Limits {
            tries: 1,
            ..Limits::default()
        });
        bench.registry.quarantine(7);
        assert_eq!(bench.ask(1, Action::Panic).await, Err(AskFault::Closed));
        assert_eq!(
            bench.registry.state(1),
            KeyState::BackingOff { until_ms: 1_001 }
        );
        bench.now_ms.fetch_add(3_600_000, Ordering::SeqCst);
        assert_eq!(
            bench.registry.state(7),
            KeyState::Quarantined { since_ms: 1_000 }
        );
        assert_eq!(bench.ask(1, Action::Passivate).await, Ok((2, 1)));
        bench.settled().await;
        assert!(bench.registry.release(7));
        assert!(bench.registry.shards.is_empty());
    });
}

#[test]
fn more_than_the_permits_are_refused_before_anything_is_sent() {
    run(|| async {
        let bench = Bench::new(Limits {
            in_flight_per_key: 2,
            in_flight: 3,
            ..Limits::default()
        });
        let (one, two) = (bench.block(1).await, bench.block(2).await);
        let mut waiting = Box::pin(bench.ask(1, Action::Work));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert_eq!(
            bench.ask(1, Action::Work).await,
            Err(AskFault::Busy(Congestion::Key))
        );
        assert_eq!(
            bench.ask(3, Action::Work).await,
            Err(AskFault::Busy(Congestion::Registry))
        );
        assert_eq!(bench.registry.state(3), KeyState::Absent);
        drop((one, two));
        assert_eq!(
            waiting.await,
            Ok((1, 1)),
            "a refused command was sent all the same"
        );
        // Answered after the blocking command, so both permits have been given back.
        assert_eq!(bench.ask(2, Action::Work).await, Ok((2, 1)));
        assert_eq!(
            (bench.registry.in_flight(), bench.registry.totals().refused),
            (0, 2)
        );
    });
}

#[test]
fn places_are_kept_for_what_comes_from_inside() {
    run(|| async {
        let bench = Bench::new(Limits {
            in_flight_per_key: 1,
            ..Limits::default()
        });
        let open = bench.block(1).await;
        assert_eq!(
            bench.ask(1, Action::Work).await,
            Err(AskFault::Busy(Congestion::Key))
        );
        let inside = || bench.ask_from(Origin::Inside, 1, Action::Work);
        let mut kept = Box::pin(inside());
        assert!(kept.as_mut().now_or_never().is_none(), "it has a place");
        assert_eq!(inside().await, Err(AskFault::Busy(Congestion::Key)));
        drop(open);
        assert_eq!(kept.await, Ok((1, 1)));
    });
}

#[test]
fn a_command_whose_caller_has_left_is_counted_until_the_resident_is_done_with_it() {
    run(|| async {
        let bench = Bench::new(Limits::default());
        let open = bench.block(1).await;
        let mut left = Box::pin(bench.ask(1, Action::Work));
        assert!(left.as_mut().now_or_never().is_none());
        drop(left);
        assert_eq!(
            bench.registry.in_flight(),
            2,
            "the blocking command and the one in the mailbox"
        );
        drop(open);
        assert_eq!(
            bench.ask(1, Action::Work).await,
            Ok((1, 1)),
            "the cancelled command was handled"
        );
        assert_eq!(bench.registry.in_flight(), 0);
    });
}

#[test]
fn no_answer_in_time_is_an_unknown_outcome() {
    run(|| async {
        let bench = Bench::new(Limits {
            answer_within_ms: 200,
            ..Limits::default()
        });
        let _open = bench.block(1).await;
        let fault = bench.ask(1, Action::Work).await.unwrap_err();
        assert_eq!(
            (fault, fault.outcome_unknown()),
            (AskFault::Unanswered, true)
        );
    });
}

#[test]
fn draining_refuses_new_commands_and_ends_when_the_last_is_done() {
    run(|| async {
        let bench = Bench::new(Limits::default());
        let open = bench.block(1).await;
        let mut drain = Box::pin(bench.registry.drain());
        assert!(drain.as_mut().now_or_never().is_none());
        assert_eq!(bench.ask(1, Action::Work).await, Err(AskFault::Stopping));
        drop(open);
        drain.await;
        assert_eq!(
            (bench.registry.in_flight(), bench.ask(2, Action::Work).await),
            (0, Err(AskFault::Stopping))
        );
    });
}

#[test]
fn an_ended_arbiter_starts_nobody_and_nobody_waits_for_it() {
    run(|| async {
        let bench = Bench::new(Limits::default());
        bench.ask(1, Action::Work).await.unwrap();
        bench.arbiter.stop();
        bench.arbiter.join().unwrap();
        assert_eq!(
            bench
                .registry
                .ask(1, Origin::Outside, |permit| Do(Action::Work, permit))
                .await,
            Err(AskFault::Stopping)
        );
        assert_eq!(bench.registry.in_flight(), 0);
    });
}

#[test]
fn residents_end_with_the_registry() {
    run(|| async {
        let Bench {
            registry, arbiter, ..
        } = Bench::new(Limits::default());
        registry
            .ask(1, Origin::Outside, |permit| Do(Action::Work, permit))
            .await
            .unwrap();
        let (_, mut ended) = registry.live_incarnation(1).await.unwrap();
        drop(registry);
        assert!(ended.changed().await.is_err());
        arbiter.stop();
    });
}
