//! Panics: an order's next incarnation answers as if nothing had been; an owner's ends the process.

use crate::common::{BEGINNING, House, Settings, operator, plain};
use campusg_actors::{
    port::{
        clock::{Clock, ManualClock},
        notifier::{NotDelivered, Notifier, Outgoing},
    },
    runtime::{Actors, Refusal},
};
use campusg_domain::{
    id::{OrderId, Principal, Stream},
    order::{CancelReason, Command, Order, Stage},
    owner::directory::RunnerState,
    time::{At, DAY_MS},
    timer::TimerKind,
};
use futures_util::future::BoxFuture;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

/// Panics at the chosen call from the actors' thread; stands still otherwise.
#[derive(Debug)]
struct Trap {
    clock: ManualClock,
    /// Calls of `monotonic_ms` until the panic, which orders make three times per command, and the payment owner before
    /// and after it gives an order one; 0 is never.
    order: AtomicU32,
    always: AtomicBool,
    /// Whether the next call of `now` panics.
    owner: AtomicBool,
}

impl Trap {
    fn new() -> Arc<Self> {
        let clock = ManualClock::new(BEGINNING);
        Arc::new(Self {
            clock,
            order: AtomicU32::new(0),
            always: AtomicBool::new(false),
            owner: AtomicBool::new(false),
        })
    }

    fn on_actors_thread() -> bool {
        !std::thread::panicking()
            && std::thread::current()
                .name()
                .is_some_and(|name| name.starts_with("orders-"))
    }
}

impl Clock for Trap {
    fn now(&self) -> At {
        assert!(
            !(Self::on_actors_thread() && self.owner.swap(false, Ordering::SeqCst)),
            "a panic that was asked for"
        );
        self.clock.now()
    }

    fn monotonic_ms(&self) -> u64 {
        if Self::on_actors_thread() {
            let left = self
                .order
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                });
            assert!(
                left != Ok(1) && !self.always.load(Ordering::SeqCst),
                "a panic that was asked for"
            );
        }
        self.clock.monotonic_ms()
    }

    fn reading(&self) -> (At, u64) {
        (self.now(), self.clock.monotonic_ms())
    }

    fn is_virtual(&self) -> bool {
        true
    }

    fn until(&self, due: At) -> BoxFuture<'static, ()> {
        self.clock.until(due)
    }

    fn advance(&self, ms: u64) -> Option<At> {
        self.clock.advance(ms)
    }
}

async fn trapped() -> (House, Arc<Trap>) {
    let trap = Trap::new();
    let clock = Arc::clone(&trap) as Arc<dyn Clock>;
    (
        House::with(Settings {
            clock,
            ..Settings::default()
        })
        .await,
        trap,
    )
}

/// What the order made others do is done, so that the trap is the order's alone.
async fn until_nothing_is_under_way(house: &House, order: OrderId) {
    let decided = |it: &Order| !it.has_open_call();
    house
        .until_order("its calls are decided", order, decided)
        .await;
    let idle = |actors: &Actors| actors.commands == 0;
    house.until_actors("nothing is under way", idle).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_panics_is_answered_by_its_next_incarnation_and_nothing_happens_twice() {
    let (house, trap) = trapped().await;
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    // Before anything, after the known id, and after the commit.
    for place in 1..=3 {
        let order = house.place(customer).await.id;
        until_nothing_is_under_way(&house, order).await;
        trap.order.store(place, Ordering::SeqCst);
        let accepted = house
            .give_keyed(runner, order, Command::Accept { runner }, "k")
            .await
            .unwrap();
        assert_eq!(trap.order.load(Ordering::SeqCst), 0, "it panicked");
        assert_eq!(
            accepted.repeated,
            place == 3,
            "only after the commit is it an answer from memory"
        );
        assert!(matches!(accepted.order.stage, Stage::Accepted(_)));
        assert_eq!(house.records(Stream::Order(order)).await.len(), 3);
        house
            .until_actors("nothing held back", |actors| actors.reservations == 0)
            .await;
        house
            .give(
                Principal::User(customer),
                order,
                Command::Cancel {
                    accept_charge: accepted.order.charged,
                },
            )
            .await
            .unwrap();
        until_nothing_is_under_way(&house, order).await;
        house.advance(60_000);
    }
    assert_eq!(house.fatal.borrow().clone(), None);
}

/// A placement is asked under an id without a past; after a panic behind the commit it has one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_placement_that_panics_behind_its_commit_is_not_placed_again() {
    let (house, trap) = trapped().await;
    let customer = house.customer("ada", "tok_visa").await;
    // One call more: the incarnation starts with it.
    for place in 2..=4 {
        let before = house.actors().await.written;
        trap.order.store(place, Ordering::SeqCst);
        let order = house.place(customer).await;
        assert_eq!(trap.order.load(Ordering::SeqCst), 0, "it panicked");
        let settled = house
            .until_order("settled", order.id, |o| {
                matches!(o.stage, Stage::Available { .. })
            })
            .await;
        assert_eq!(settled.version, 2, "placed, authorised");
        house
            .until_actors("two records", |actors| actors.written.0 == before.0 + 2)
            .await;
        house.advance(60_000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_panics_again_and_again_waits_for_an_operator_and_its_timers_with_it() {
    let (house, trap) = trapped().await;
    let boss = house.operator().await;
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    let order: OrderId = house.place(customer).await.id;
    trap.always.store(true, Ordering::SeqCst);
    let me = Principal::User(runner);
    let refused = house
        .give(me, order, Command::Accept { runner })
        .await
        .unwrap_err();
    assert!(
        matches!(refused, Refusal::Unknown | Refusal::NeedsAttention),
        "{refused}"
    );
    assert_eq!(
        house
            .give(me, order, Command::Accept { runner })
            .await
            .unwrap_err(),
        Refusal::NeedsAttention
    );
    trap.always.store(false, Ordering::SeqCst);
    assert_eq!(house.actors().await.quarantined, [order]);
    let other = house.place(customer).await.id;
    house.advance(house.settings.policy.order_timeout_ms);
    house
        .until_order("the other one ended", other, |order| order.is_terminal())
        .await;
    assert!(
        !house.order(order).await.is_terminal(),
        "reads work, timers wait"
    );
    house
        .runtime
        .release_quarantine(&operator(boss), order)
        .unwrap();
    house
        .until_order("ended", order, |order| order.is_terminal())
        .await;
    house
        .until_actors("nothing held back", |actors| actors.reservations == 0)
        .await;
}

/// Events behind that of an order in quarantine waited until an operator released it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gateways_events_pass_an_order_that_needs_attention() {
    let trap = Trap::new();
    let mut settings = Settings {
        clock: Arc::clone(&trap) as Arc<dyn Clock>,
        ..Settings::default()
    };
    settings.runtime.placing_wait_ms = 50;
    // So that only the events tell how the authorisations went.
    (
        settings.policy.retry_first_ms,
        settings.policy.retry_longest_ms,
    ) = (DAY_MS, DAY_MS);
    let house = House::with(settings).await;
    let (boss, customer) = (
        house.operator().await,
        house.customer("ada", "tok_late").await,
    );
    let mut orders = vec![];
    for _ in 0..2 {
        let order = house.place(customer).await.id;
        house
            .until_order("rests", order, |order| {
                order.armed(TimerKind::StepRetry).is_some()
            })
            .await;
        orders.push(order);
    }
    trap.always.store(true, Ordering::SeqCst);
    let me = Principal::User(customer);
    house
        .give(me, orders[0], Command::Confirm)
        .await
        .unwrap_err();
    assert_eq!(
        house
            .give(me, orders[0], Command::Confirm)
            .await
            .unwrap_err(),
        Refusal::NeedsAttention
    );
    trap.always.store(false, Ordering::SeqCst);
    house.advance(house.settings.tuning.late_ms);
    house
        .until_order("available", orders[1], |order| {
            matches!(order.stage, Stage::Available { .. })
        })
        .await;
    house
        .runtime
        .release_quarantine(&operator(boss), orders[0])
        .unwrap();
    house.advance(2 * DAY_MS);
    house
        .until_order("asked again", orders[0], |order| {
            order.stage != Stage::Authorizing
        })
        .await;
}

/// What the bank let go of while the order was in quarantine is heard of afterwards, though no call asks again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_order_in_quarantine_did_not_hear_it_hears_afterwards() {
    for restarts in [false, true] {
        let (house, trap) = trapped().await;
        let (boss, customer) = (
            house.operator().await,
            house.customer("ada", "tok_lapses").await,
        );
        let order = house.place(customer).await.id;
        let neighbour = house.customer("bob", "tok_lapses").await;
        let other = house.place(neighbour).await.id;
        let me = Principal::User(customer);
        // Placing answers a moment before its last command is through; one that does nothing waits for that.
        for (who, order) in [(me, order), (Principal::User(neighbour), other)] {
            house.give(who, order, Command::Confirm).await.unwrap_err();
        }
        trap.always.store(true, Ordering::SeqCst);
        for _ in 0..2 {
            house.give(me, order, Command::Confirm).await.unwrap_err();
        }
        trap.always.store(false, Ordering::SeqCst);
        assert_eq!(house.actors().await.quarantined, [order]);
        house.advance(house.settings.tuning.late_ms);
        house
            .until_order("let go", other, |order| order.is_terminal())
            .await;
        assert!(!house.order(order).await.is_terminal());
        let house = if restarts {
            house.restart().await
        } else {
            let released = house.runtime.release_quarantine(&operator(boss), order);
            released.unwrap();
            house
        };
        house
            .until_order("let go", order, |order| order.is_terminal())
            .await;
        let told = house.order(order).await;
        let Stage::Cancelled(end) = &told.stage else {
            unreachable!("it is over: {told:?}")
        };
        assert_eq!(end.reason, CancelReason::AuthorizationExpired);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_that_panics_ends_the_process() {
    let (house, trap) = trapped().await;
    let runner = house.register("rosa").await;
    // Another owner that still folds the account would run into the trap first.
    house
        .until_actors("settled", |actors| {
            actors.folded == actors.written && actors.reservations == 0
        })
        .await;
    trap.owner.store(true, Ordering::SeqCst);
    let answer = house
        .runtime
        .set_runner(
            plain(runner),
            RunnerState {
                active: true,
                online: true,
            },
        )
        .await;
    assert!(
        matches!(answer, Err(Refusal::Stopping | Refusal::Unknown)),
        "{answer:?}"
    );
    let mut fatal = house.fatal.clone();
    let why = fatal.wait_for(Option::is_some).await.unwrap().clone();
    assert_eq!(why.as_deref(), Some("the directory owner panicked"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timer_owner_that_panics_ends_the_process() {
    let (house, trap) = trapped().await;
    let order = house.place(house.customer("ada", "tok_visa").await).await;
    house
        .until_actors("settled", |actors| actors.timers.1 >= 1)
        .await;
    trap.owner.store(true, Ordering::SeqCst);
    house.advance(house.settings.policy.order_timeout_ms);
    let mut fatal = house.fatal.clone();
    let why = fatal.wait_for(Option::is_some).await.unwrap().clone();
    assert_eq!(why.as_deref(), Some("the timer owner panicked"));
    assert!(!house.order(order.id).await.is_terminal());
}

/// Panics when it is handed a notice.
#[derive(Debug)]
struct Clumsy;

impl Notifier for Clumsy {
    fn deliver(&self, _: Outgoing) -> BoxFuture<'static, Result<(), NotDelivered>> {
        panic!("a panic that was asked for")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_owner_that_panics_ends_the_process() {
    let house = House::with(Settings {
        notifier: Some(Arc::new(Clumsy)),
        ..Settings::default()
    })
    .await;
    let customer = house.customer("ada", "tok_visa").await;
    house.place(customer).await;
    let mut fatal = house.fatal.clone();
    let why = fatal.wait_for(Option::is_some).await.unwrap().clone();
    assert_eq!(why.as_deref(), Some("the notification owner panicked"));
}
