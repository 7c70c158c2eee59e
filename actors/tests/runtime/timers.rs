//! The timer owner: each timer fires once, in time, in order, at a bounded rate, from memory or from the snapshots.

use crate::common::{BEGINNING, House, Settings, operator, plain, wish};
use campusg_actors::{
    port::clock::{Clock, SystemClock},
    runtime::{CancelScheduled, GetScheduled, PlaceOrder, Schedule},
};
use campusg_domain::{
    id::{OrderId, Principal, ScheduleId, Stream, UserId},
    order::{CancelReason, Command, Event, Order, Stage, TimerKind, TimerState},
    record::{Entry, Events, TimerChange},
    time::{At, HOUR_MS, MINUTE_MS, SECOND_MS},
};
use futures_util::future::join_all;
use std::{collections::BTreeSet, sync::Arc};

/// How often a kind of timer of this stream fired.
fn fired(entries: &[Entry], stream: Stream, kind: TimerKind) -> usize {
    let mine = entries.iter().filter(|entry| entry.record.stream == stream);
    let changes = mine.flat_map(|entry| &entry.record.timers);
    changes.filter(|change| matches!(change, TimerChange::Fire { kind: k, .. } if *k == kind)).count()
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
    let ended = house.until_order("ended", order.id, |order| order.is_terminal()).await;
    assert_eq!(reason(&ended), Some(CancelReason::NoRunnerTimeout));
    house.advance(HOUR_MS);
    house.until_order("voided", order.id, |order| !order.has_open_call()).await;
    assert_eq!(fired(&house.all_records().await, Stream::Order(order.id), TimerKind::OrderTimeout), 1);
}

/// A wake-up for a time that had come already kept the owners' thread busy for ever, so that nothing was answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_due_timer_does_not_freeze_the_owners_thread_under_the_systems_clock() {
    let clock = Arc::new(SystemClock::new(true));
    let house = House::with(Settings { clock, ..Settings::default() }).await;
    let order = house.place(house.customer("ada", "tok_visa").await).await;
    house.advance(house.settings.policy.order_timeout_ms);
    let ended = house.until_order("ended", order.id, |order| order.is_terminal()).await;
    assert_eq!(reason(&ended), Some(CancelReason::NoRunnerTimeout));
}

/// The same at a start: overdue timers were in memory before the owner was told to begin.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overdue_timer_does_not_freeze_a_start_under_the_systems_clock() {
    let clock = Arc::new(SystemClock::new(true));
    let house = House::with(Settings { clock, ..Settings::default() }).await;
    let order = house.place(house.customer("ada", "tok_visa").await).await;
    let stopped = house.stop().await;
    stopped.settings.clock.advance(HOUR_MS);
    let house = stopped.start().await;
    let ended = house.until_order("ended", order.id, |order| order.is_terminal()).await;
    assert_eq!(reason(&ended), Some(CancelReason::NoRunnerTimeout));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timer_of_an_old_generation_does_nothing() {
    let house = House::new().await;
    let (customer, runner) = (house.customer("ada", "tok_visa").await, house.runner("rosa").await);
    let order = house.place(customer).await;
    let me = Principal::User(runner);
    house.advance(10 * MINUTE_MS);
    house.give(me, order.id, Command::Accept { runner }).await.unwrap();
    house.give(me, order.id, Command::CancelAcceptance).await.unwrap();
    // The first ORDER_TIMEOUT would be due now; the second one has its full period.
    house.advance(20 * MINUTE_MS);
    let stale = Command::TimerDue { kind: TimerKind::OrderTimeout, generation: 1 };
    let now = house.give(Principal::System, order.id, stale).await.unwrap();
    assert!(matches!(now.stage, Stage::Available { .. }));
    assert_eq!(fired(&house.all_records().await, Stream::Order(order.id), TimerKind::OrderTimeout), 0);
    house.advance(10 * MINUTE_MS);
    house.until_order("ended", order.id, |order| order.is_terminal()).await;
    assert_eq!(fired(&house.all_records().await, Stream::Order(order.id), TimerKind::OrderTimeout), 1);
}

async fn schedule(house: &House, operator_id: UserId, order: OrderId, due: At) -> ScheduleId {
    let event = Schedule { kind: TimerKind::RatingWindow, order, due, payload: "{}".into() };
    house.runtime.command(operator(operator_id), event).await.unwrap()
}

/// Which scheduled events were processed, in order.
fn processed(entries: &[Entry]) -> Vec<ScheduleId> {
    let done = entries.iter().filter(|entry| {
        matches!(&entry.record.events, Events::Schedule(events)
            if events.iter().any(|e| matches!(e, campusg_domain::owner::timetable::Event::Processed { .. })))
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
    let event = |kind, ms| Schedule { kind, order: order.id, due: BEGINNING.plus(ms), payload: "{}".into() };
    let run = |event| house.runtime.command(operator(boss), event);
    let no = run(event(TimerKind::RatingWindow, SECOND_MS)).await.unwrap();
    let yes = run(event(TimerKind::OrderTimeout, 2 * SECOND_MS)).await.unwrap();
    let never = run(event(TimerKind::OrderTimeout, 3 * SECOND_MS)).await.unwrap();
    house.runtime.command(operator(boss), CancelScheduled(never)).await.unwrap();
    house.advance(5 * SECOND_MS);
    house.tap().until("both processed", |entries| (processed(entries).len() == 2).then_some(())).await;
    let ended = house.until_order("ended", order.id, |order| order.is_terminal()).await;
    assert_eq!(reason(&ended), Some(CancelReason::NoRunnerTimeout));
    let all = house.runtime.query(GetScheduled { limit: 10 }).await.unwrap();
    let state = |id| all.iter().find(|(known, _)| *known == id).map(|(_, s)| (s.state, s.accepted)).unwrap();
    assert_eq!(state(no), (TimerState::Processed, Some(false)));
    assert_eq!(state(yes), (TimerState::Processed, Some(true)));
    assert_eq!(state(never), (TimerState::Cancelled, None));
    let again = house.runtime.command(operator(boss), CancelScheduled(no)).await.unwrap_err();
    assert_eq!(again.code(), "not_cancellable");
}

/// Schedules `count` events for many orders, `each` of them at the same millisecond.
async fn many(count: u64, each: u64) -> (House, Vec<ScheduleId>) {
    let mut settings = Settings::default();
    settings.policy.open_orders_per_customer = 100;
    let house = House::with(settings).await;
    let (boss, customer) = (house.operator().await, house.customer("ada", "tok_visa").await);
    let orders: Vec<OrderId> = join_all((0..100).map(|_| house.place(customer))).await.iter().map(|o| o.id).collect();
    let mut ids = vec![];
    for from in (0..count).step_by(100) {
        let due = |n| BEGINNING.plus(10 * MINUTE_MS + n / each);
        let batch = (from..count.min(from + 100)).map(|n| schedule(&house, boss, orders[n as usize % 100], due(n)));
        ids.extend(join_all(batch).await);
    }
    (house, ids)
}

async fn all_processed(house: &House, ids: &[ScheduleId]) -> Vec<ScheduleId> {
    let waiting = house.tap().until("all processed", |entries| {
        let done = processed(entries);
        (done.len() >= ids.len()).then_some(done)
    });
    waiting.await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_timers_than_the_window_holds_all_fire_once_and_never_more_than_a_thousand_a_second() {
    let (house, ids) = many(9_000, 3).await;
    house.until_actors("the window is kept small", |actors| actors.timers.0 > 9_000 && actors.timers.1 <= 2 * 8_192).await;
    let clock = SystemClock::new(false);
    house.advance(20 * MINUTE_MS);
    let done = all_processed(&house, &ids).await;
    // A lower bound, so a slow machine can't break it.
    assert!(clock.monotonic_ms() >= 8_800, "9,000 timers in {} ms", clock.monotonic_ms());
    assert_eq!(done.len(), ids.len(), "each once");
    assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), ids.len(), "each");
}

/// More overdue timers at a start than the window holds: those beyond it were lost until the next start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_overdue_timers_at_a_start_than_the_window_holds_all_fire_in_due_order() {
    let (house, ids) = many(8_500, 100).await;
    let stopped = house.stop().await;
    stopped.settings.clock.advance(20 * MINUTE_MS);
    let house = stopped.start().await;
    let done = all_processed(&house, &ids).await;
    assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), ids.len(), "each");
    let all = house.runtime.query(GetScheduled { limit: 10_000 }).await.unwrap();
    let due = |id: &ScheduleId| all.iter().find(|(known, _)| known == id).map(|(_, known)| known.due).unwrap();
    let dues: Vec<At> = done.iter().map(due).collect();
    // Up to 256 wait for their answers at once, and those may overtake each other.
    for (place, pair) in dues.iter().enumerate() {
        let later = dues.get(place + 512).copied().unwrap_or(At(u64::MAX));
        assert!(*pair <= later, "the timer at {place} fired long after later ones");
    }
    house.until_actors("only the orders' own are left", |actors| actors.timers.0 == 3 * 100).await;
}

/// More timers at one millisecond than the window holds: the edge never moved past them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_timers_at_one_millisecond_than_the_window_holds_all_fire() {
    let (house, ids) = many(8_300, u64::MAX).await;
    let stopped = house.stop().await;
    stopped.settings.clock.advance(20 * MINUTE_MS);
    let house = stopped.start().await;
    let done = all_processed(&house, &ids).await;
    assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), ids.len(), "each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overdue_timers_fire_after_the_gateways_missed_events() {
    let settings = Settings::default();
    let late = settings.tuning.late_ms;
    let house = House::with(settings).await;
    let customer = house.customer("ada", "tok_late").await;
    let placed = house.runtime.command(plain(customer), PlaceOrder(wish())).await.unwrap().order;
    assert_eq!(placed.stage, Stage::Authorizing, "the bank has not answered yet");
    house.until_order("the call rests", placed.id, |order| order.armed(TimerKind::StepRetry).is_some()).await;
    let stopped = house.stop().await;
    stopped.settings.clock.advance(late + HOUR_MS);
    let house = stopped.start().await;
    house.until_order("ended or available", placed.id, |order| order.stage != Stage::Authorizing).await;
    let first = house.records(Stream::Order(placed.id)).await.remove(0);
    let Events::Order(events) = &first.record.events else { panic!("{first:?}") };
    assert!(events.iter().any(|event| matches!(event, Event::Authorized { .. })), "first the bank's answer: {events:?}");
}
