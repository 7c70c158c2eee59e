//! The window of timers in memory: more than it holds, more than it holds at one millisecond, and all of them overdue.

use super::timers::processed;
use crate::common::{BEGINNING, House, Settings, operator};
use campusg_actors::{
    port::clock::{Clock, SystemClock},
    runtime::NewScheduled,
};
use campusg_domain::{
    id::{OrderId, ScheduleId, UserId},
    time::{At, MINUTE_MS},
    timer::TimerKind,
};
use futures_util::future::join_all;
use std::collections::BTreeSet;

async fn schedule(house: &House, operator_id: UserId, order: OrderId, due: At) -> ScheduleId {
    let event = NewScheduled {
        kind: TimerKind::RatingWindow,
        order,
        due,
        payload: "{}".into(),
    };
    house
        .runtime
        .schedule(operator(operator_id), event)
        .await
        .unwrap()
}

/// Schedules `count` events for many orders, `each` of them at the same millisecond.
async fn many(count: u64, each: u64) -> (House, Vec<ScheduleId>) {
    let mut settings = Settings::default();
    settings.policy.open_orders_per_customer = 100;
    let house = House::with(settings).await;
    let (boss, customer) = (
        house.operator().await,
        house.customer("ada", "tok_visa").await,
    );
    let orders: Vec<OrderId> = join_all((0..100).map(|_| house.place(customer)))
        .await
        .iter()
        .map(|o| o.id)
        .collect();
    let mut ids = vec![];
    for from in (0..count).step_by(100) {
        let due = |n| BEGINNING.plus(10 * MINUTE_MS + n / each);
        let batch = (from..count.min(from + 100))
            .map(|n| schedule(&house, boss, orders[n as usize % 100], due(n)));
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
    house
        .until_actors("the window is kept small", |actors| {
            actors.timers.0 > 9_000 && actors.timers.1 <= 2 * 8_192
        })
        .await;
    let clock = SystemClock::new(false);
    house.advance(20 * MINUTE_MS);
    let done = all_processed(&house, &ids).await;
    // A lower bound, so a slow machine can't break it.
    assert!(
        clock.monotonic_ms() >= 8_800,
        "9,000 timers in {} ms",
        clock.monotonic_ms()
    );
    assert_eq!(done.len(), ids.len(), "each once");
    assert_eq!(
        done.iter().collect::<BTreeSet<_>>().len(),
        ids.len(),
        "each"
    );
}

/// More overdue timers at a start than the window holds: those beyond it were lost until the next start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_overdue_timers_at_a_start_than_the_window_holds_all_fire_in_due_order() {
    let (house, ids) = many(8_500, 100).await;
    let stopped = house.stop().await;
    stopped.settings.clock.advance(20 * MINUTE_MS);
    let house = stopped.start().await;
    let done = all_processed(&house, &ids).await;
    assert_eq!(
        done.iter().collect::<BTreeSet<_>>().len(),
        ids.len(),
        "each"
    );
    let all = house.runtime.scheduled(None, 10_000).await.unwrap();
    let due = |id: &ScheduleId| {
        all.iter()
            .find(|(known, _)| known == id)
            .map(|(_, known)| known.due)
            .unwrap()
    };
    let dues: Vec<At> = done.iter().map(due).collect();
    // Up to 256 wait for their answers at once, and those may overtake each other.
    for (place, pair) in dues.iter().enumerate() {
        let later = dues.get(place + 512).copied().unwrap_or(At(u64::MAX));
        assert!(
            *pair <= later,
            "the timer at {place} fired long after later ones"
        );
    }
    house
        .until_actors("only the orders' own are left", |actors| {
            actors.timers.0 == 3 * 100
        })
        .await;
}

/// More timers at one millisecond than the window holds: the edge never moved past them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_timers_at_one_millisecond_than_the_window_holds_all_fire() {
    let (house, ids) = many(8_300, u64::MAX).await;
    let stopped = house.stop().await;
    stopped.settings.clock.advance(20 * MINUTE_MS);
    let house = stopped.start().await;
    let done = all_processed(&house, &ids).await;
    assert_eq!(
        done.iter().collect::<BTreeSet<_>>().len(),
        ids.len(),
        "each"
    );
}
