//! The timer owner: each timer fires once, in time, in order, at a bounded rate, from memory or from the snapshots.

use crate::common::{BEGINNING, House, Settings, operator, plain, wish};
use campusg_actors::{
    port::clock::{Clock, ManualClock, SystemClock},
    runtime::NewScheduled,
};
use campusg_domain::{
    id::{Principal, ScheduleId, Stream},
    order::{CancelReason, Command, Event, Order, PlacingEvent, Stage},
    record::{Entry, Events},
    time::{At, HOUR_MS, MINUTE_MS, SECOND_MS},
    timer::{TimerChange, TimerKind, TimerState},
};
use futures_util::future::BoxFuture;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// How often a kind of timer of this stream fired.
fn fired(entries: &[Entry], stream: Stream, kind: TimerKind) -> usize {
    let mine = entries.iter().filter(|entry| entry.record.stream == stream);
    let changes = mine.flat_map(|entry| &entry.record.timers);
    changes
        .filter(|change| matches!(change, TimerChange::Fire { kind: k, .. } if *k == kind))
        .count()
}

fn reason(order: &Order) -> Option<CancelReason> {
    match &order.stage {
        Stage::Cancelled(end) => Some(end.reason),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_nobody_takes_ends_when_its_timer_fires_and_it_fires_once() {
    let house = House::new().await;
    let order = house.place(house.customer("ada", "tok_visa").await).await;
    house.advance(house.settings.policy.order_timeout_ms);
    let ended = house
        .until_order("ended", order.id, |order| order.is_terminal())
        .await;
    assert_eq!(reason(&ended), Some(CancelReason::NoRunnerTimeout));
    house.advance(HOUR_MS);
    house
        .until_order("voided", order.id, |order| !order.has_open_call())
        .await;
    assert_eq!(
        fired(
            &house.all_records().await,
            Stream::Order(order.id),
            TimerKind::OrderTimeout
        ),
        1
    );
}

/// A wake-up for a time that had come already kept the owners' thread busy for ever, so that nothing was answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_due_timer_does_not_freeze_the_owners_thread_under_the_systems_clock() {
    let clock = Arc::new(SystemClock::new(true));
    let house = House::with(Settings {
        clock,
        ..Settings::default()
    })
    .await;
    let order = house.place(house.customer("ada", "tok_visa").await).await;
    house.advance(house.settings.policy.order_timeout_ms);
    let ended = house
        .until_order("ended", order.id, |order| order.is_terminal())
        .await;
    assert_eq!(reason(&ended), Some(CancelReason::NoRunnerTimeout));
}

/// The same at a start: overdue timers were in memory before the owner was told to begin.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overdue_timer_does_not_freeze_a_start_under_the_systems_clock() {
    let clock = Arc::new(SystemClock::new(true));
    let house = House::with(Settings {
        clock,
        ..Settings::default()
    })
    .await;
    let order = house.place(house.customer("ada", "tok_visa").await).await;
    let stopped = house.stop().await;
    stopped.settings.clock.advance(HOUR_MS);
    let house = stopped.start().await;
    let ended = house
        .until_order("ended", order.id, |order| order.is_terminal())
        .await;
    assert_eq!(reason(&ended), Some(CancelReason::NoRunnerTimeout));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timer_of_an_old_generation_does_nothing() {
    let house = House::new().await;
    let (customer, runner) = (
        house.customer("ada", "tok_visa").await,
        house.runner("rosa").await,
    );
    let order = house.place(customer).await;
    let me = Principal::User(runner);
    house.advance(10 * MINUTE_MS);
    house
        .give(me, order.id, Command::Accept { runner })
        .await
        .unwrap();
    house
        .give(me, order.id, Command::CancelAcceptance)
        .await
        .unwrap();
    // The first ORDER_TIMEOUT would be due now; the second one has its full period.
    house.advance(20 * MINUTE_MS);
    let stale = Command::TimerDue {
        kind: TimerKind::OrderTimeout,
        generation: 1,
    };
    let now = house
        .give(Principal::System, order.id, stale)
        .await
        .unwrap();
    assert!(matches!(now.stage, Stage::Available { .. }));
    assert_eq!(
        fired(
            &house.all_records().await,
            Stream::Order(order.id),
            TimerKind::OrderTimeout
        ),
        0
    );
    house.advance(10 * MINUTE_MS);
    house
        .until_order("ended", order.id, |order| order.is_terminal())
        .await;
    assert_eq!(
        fired(
            &house.all_records().await,
            Stream::Order(order.id),
            TimerKind::OrderTimeout
        ),
        1
    );
}

/// Which scheduled events were processed, in order.
pub(super) fn processed(entries: &[Entry]) -> Vec<ScheduleId> {
    let done = entries.iter().filter(|entry| {
        matches!(&entry.record.events, Events::Schedule(events)
            if events.iter().any(|e| matches!(e, campusg_domain::owner::schedule::Event::Processed { .. })))
    });
    let id = |entry: &Entry| match entry.record.stream {
        Stream::Schedule(id) => id,
        other => panic!("{other} has no schedule"),
    };
    done.map(id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scheduled_event_fires_under_the_orders_own_guards_and_says_whether_it_was_taken() {
    let house = House::new().await;
    let boss = house.operator().await;
    let order = house.place(house.customer("ada", "tok_visa").await).await;
    let event = |kind, ms| NewScheduled {
        kind,
        order: order.id,
        due: BEGINNING.plus(ms),
        payload: "{}".into(),
    };
    let run = |event| house.runtime.schedule(operator(boss), event);
    let no = run(event(TimerKind::RatingWindow, SECOND_MS))
        .await
        .unwrap();
    let yes = run(event(TimerKind::OrderTimeout, 2 * SECOND_MS))
        .await
        .unwrap();
    let never = run(event(TimerKind::OrderTimeout, 3 * SECOND_MS))
        .await
        .unwrap();
    house
        .runtime
        .cancel_scheduled(operator(boss), never)
        .await
        .unwrap();
    house.advance(5 * SECOND_MS);
    house
        .tap()
        .until("both processed", |entries| {
            (processed(entries).len() == 2).then_some(())
        })
        .await;
    let ended = house
        .until_order("ended", order.id, |order| order.is_terminal())
        .await;
    assert_eq!(reason(&ended), Some(CancelReason::NoRunnerTimeout));
    let all = house.runtime.scheduled(None, 10).await.unwrap();
    let state = |id| {
        all.iter()
            .find(|(known, _)| *known == id)
            .map(|(_, s)| (s.state, s.accepted))
            .unwrap()
    };
    assert_eq!(state(no), (TimerState::Processed, Some(false)));
    assert_eq!(state(yes), (TimerState::Processed, Some(true)));
    assert_eq!(state(never), (TimerState::Cancelled, None));
    let again = house
        .runtime
        .cancel_scheduled(operator(boss), no)
        .await
        .unwrap_err();
    assert_eq!(again.code(), "not_cancellable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overdue_timers_fire_after_the_gateways_missed_events() {
    let settings = Settings::default();
    let late = settings.tuning.late_ms;
    let house = House::with(settings).await;
    let customer = house.customer("ada", "tok_late").await;
    let placed = house
        .runtime
        .place_order(plain(customer), wish())
        .await
        .unwrap()
        .order;
    assert_eq!(
        placed.stage,
        Stage::Authorizing,
        "the bank has not answered yet"
    );
    house
        .until_order("the call rests", placed.id, |order| {
            order.armed(TimerKind::StepRetry).is_some()
        })
        .await;
    let stopped = house.stop().await;
    stopped.settings.clock.advance(late + HOUR_MS);
    let house = stopped.start().await;
    house
        .until_order("ended or available", placed.id, |order| {
            order.stage != Stage::Authorizing
        })
        .await;
    let first = house.records(Stream::Order(placed.id)).await.remove(0);
    let Events::Order(events) = &first.record.events else {
        panic!("{first:?}")
    };
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::Placing(PlacingEvent::Authorized { .. }))),
        "first the bank's answer: {events:?}"
    );
}

/// Moves on by a millisecond whenever an actor looks at it, up to a point.
#[derive(Debug)]
struct Creeping {
    clock: ManualClock,
    up_to: AtomicU64,
}

impl Clock for Creeping {
    fn now(&self) -> At {
        let is_actor = std::thread::current()
            .name()
            .is_some_and(|name| name.starts_with("orders-"));
        if is_actor && self.clock.now().0 < self.up_to.load(Ordering::SeqCst) {
            self.clock.advance(1);
        }
        self.clock.now()
    }

    fn monotonic_ms(&self) -> u64 {
        self.clock.monotonic_ms()
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

/// What became due between two looks at the clock was neither begun nor waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timer_that_becomes_due_while_the_owner_looks_is_not_missed() {
    for looks in 1..=6 {
        let clock = Arc::new(Creeping {
            clock: ManualClock::new(BEGINNING),
            up_to: AtomicU64::new(0),
        });
        let house = House::with(Settings {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ..Settings::default()
        })
        .await;
        let (boss, customer) = (
            house.operator().await,
            house.customer("ada", "tok_visa").await,
        );
        let order = house.place(customer).await.id;
        house
            .until_actors("armed", |actors| actors.timers.0 == 3)
            .await;
        let due = house.now().plus(looks);
        clock.up_to.store(due.0, Ordering::SeqCst);
        let event = NewScheduled {
            kind: TimerKind::RatingWindow,
            order,
            due,
            payload: "{}".into(),
        };
        house.runtime.schedule(operator(boss), event).await.unwrap();
        house.advance(due.since(house.now()));
        house
            .tap()
            .until("processed", |entries| {
                (processed(entries).len() == 1).then_some(())
            })
            .await;
    }
}
