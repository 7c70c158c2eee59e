//! The payment owner: one call of a stream at a time, one try each, late answers, events twice and out of order.

use crate::common::{
    House, Settings,
    between::{Between, Try, Way},
    plain, wish,
};
use campusg_actors::runtime::RuntimeConfig;
use campusg_domain::gateway::{PaymentGateway, Request};
use campusg_domain::{
    id::{OrderId, Principal, Stream},
    money::Cents,
    order::{CallEvent, Command, Event, PaymentStatus, PlacingEvent, Stage},
    record::Events,
    time::SECOND_MS,
    timer::TimerKind,
};
use campusg_sandbox::{Faults, SandboxGateway};
use futures_util::FutureExt;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::sync::watch;

/// A gate that the test opens and shuts, with a list of every try.
struct Gate {
    open: watch::Sender<bool>,
    tries: Mutex<Vec<String>>,
    under_way: Mutex<HashMap<String, usize>>,
    most: Mutex<usize>,
}

impl Gate {
    fn tries(&self) -> Vec<String> {
        self.tries.lock().unwrap().clone()
    }

    async fn until_tries(&self, house: &House, count: usize) {
        house
            .until_actors("so many tries", |_| self.tries().len() >= count)
            .await;
    }
}

impl Way for Gate {
    fn call<'a>(&'a self, sandbox: &'a SandboxGateway, request: Request) -> Try<'a> {
        async move {
            let stream = request.key.stream().to_owned();
            self.tries.lock().unwrap().push(request.key.to_string());
            let now = {
                let mut under_way = self.under_way.lock().unwrap();
                let count = under_way.entry(stream.clone()).or_default();
                *count += 1;
                *count
            };
            let most = (*self.most.lock().unwrap()).max(now);
            *self.most.lock().unwrap() = most;
            let mut open = self.open.subscribe();
            open.wait_for(|open| *open).await.unwrap();
            let answer = sandbox.call(request).await;
            *self.under_way.lock().unwrap().get_mut(&stream).unwrap() -= 1;
            answer
        }
        .boxed()
    }
}

async fn gated(settings: Settings, open: bool) -> (House, Arc<Between<Gate>>) {
    let gate = Gate {
        open: watch::Sender::new(open),
        tries: Mutex::default(),
        under_way: Mutex::default(),
        most: Mutex::default(),
    };
    Between::house(settings, gate).await
}

fn impatient() -> Settings {
    let runtime = RuntimeConfig {
        placing_wait_ms: 50,
        ..RuntimeConfig::default()
    };
    Settings {
        runtime,
        ..Settings::default()
    }
}

async fn has(house: &House, order: OrderId, wanted: impl Fn(&Event) -> bool) -> usize {
    let records = house.records(Stream::Order(order)).await;
    let events = records
        .iter()
        .filter_map(|entry| match &entry.record.events {
            Events::Order(events) => Some(events),
            _ => None,
        });
    events.flatten().filter(|event| wanted(event)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn placing_with_a_slow_gateway_answers_pending_and_the_order_goes_on() {
    let (house, gate) = gated(impatient(), false).await;
    let customer = house.customer("ada", "tok_visa").await;
    let placed = house.place(customer).await;
    assert_eq!(placed.stage, Stage::Authorizing);
    gate.way.open.send_replace(true);
    house
        .until_order("available", placed.id, |order| {
            matches!(order.stage, Stage::Available { .. })
        })
        .await;
    assert_eq!(
        gate.way.tries(),
        [format!("order:{}/authorize/1", placed.id)]
    );
}

/// Transition 33: a late yes to what was given up is sent back; and while it is awaited no second call of the order is made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authorisation_that_comes_after_the_cancel_is_voided_and_calls_go_out_one_after_another()
{
    let (house, gate) = gated(impatient(), false).await;
    let customer = house.customer("ada", "tok_visa").await;
    let order = house.place(customer).await.id;
    gate.way.until_tries(&house, 1).await;
    let cancelled = house
        .give(
            Principal::User(customer),
            order,
            Command::Cancel {
                accept_charge: Cents(0),
            },
        )
        .await
        .unwrap();
    assert!(cancelled.is_terminal());
    assert_eq!(
        gate.way.tries().len(),
        1,
        "the void waits for the authorisation"
    );
    gate.way.open.send_replace(true);
    house
        .until_order("all is decided", order, |order| !order.has_open_call())
        .await;
    assert_eq!(*gate.way.most.lock().unwrap(), 1);
    let ended = house.order(order).await;
    assert!(
        matches!(ended.payment, PaymentStatus::Voided | PaymentStatus::Failed),
        "{:?}",
        ended.payment
    );
    let totals = gate
        .sandbox
        .totals(Some(format!("order:{order}")))
        .await
        .unwrap();
    assert_eq!(
        (totals.blocked, totals.captured),
        (Cents(0), Cents(0)),
        "{totals:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_an_answer_is_tried_again_when_step_retry_fires_and_not_before() {
    let (house, gate) = gated(impatient(), true).await;
    let order = house
        .place(house.customer("ada", "tok_down_2").await)
        .await
        .id;
    for tries in 1..=2 {
        let resting = house
            .until_order("rests", order, |order| order.calls[&1].failures == tries)
            .await;
        assert!(resting.armed(TimerKind::StepRetry).is_some());
        house
            .until_actors("folded", |actors| actors.timers.1 > 0)
            .await;
        assert_eq!(gate.way.tries().len(), usize::from(tries));
        house.advance(SECOND_MS * 4);
    }
    house
        .until_order("available", order, |order| {
            matches!(order.stage, Stage::Available { .. })
        })
        .await;
    assert_eq!(gate.way.tries().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_come_twice_and_in_reverse_are_taken_once() {
    let faults = Faults {
        duplicate_events: true,
        reorder: true,
        delay_ms: 0,
    };
    let mut settings = Settings {
        faults,
        ..impatient()
    };
    settings.policy.open_orders_per_customer = 10;
    let house = House::with(settings).await;
    let (customer, runner) = (
        house.customer("ada", "tok_late").await,
        house.runner("rosa").await,
    );
    let mut orders = vec![];
    for _ in 0..5 {
        let order = house
            .runtime
            .place_order(plain(customer), wish())
            .await
            .unwrap()
            .order
            .id;
        house
            .until_order("rests", order, |order| {
                order.armed(TimerKind::StepRetry).is_some()
            })
            .await;
        orders.push(order);
    }
    house.advance(house.settings.tuning.late_ms);
    for order in &orders {
        house
            .until_order("available", *order, |order| {
                matches!(order.stage, Stage::Available { .. })
            })
            .await;
        assert_eq!(
            has(&house, *order, |event| matches!(
                event,
                Event::Placing(PlacingEvent::Authorized { .. })
            ))
            .await,
            1
        );
        assert_eq!(
            has(&house, *order, |event| matches!(
                event,
                Event::Call(CallEvent::LateAuthorization { .. })
            ))
            .await,
            0
        );
    }
    house.carry_out(runner, orders[0]).await;
    house
        .until_order("charged", orders[0], |order| !order.has_open_call())
        .await;
    let totals = house.sandbox.as_ref().unwrap().totals(None).await.unwrap();
    assert_eq!(totals.captured, Cents(2749));
    let written = house.actors().await.written;
    // A few polls more bring nothing new.
    let before = house.all_records().await.len();
    house
        .until_actors("still", |actors| actors.written == written)
        .await;
    assert_eq!(house.all_records().await.len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_capture_is_charged_once_and_calls_open_at_a_stop_are_made_again_under_the_same_key()
{
    let house = House::with(impatient()).await;
    let (customer, runner) = (
        house.customer("ada", "tok_capture_late").await,
        house.runner("rosa").await,
    );
    let order = house.place(customer).await.id;
    house.carry_out(runner, order).await;
    house
        .until_order("capture rests", order, |order| {
            order.calls[&2].failures == 1
        })
        .await;
    let house = house.restart().await;
    house.advance(house.settings.tuning.late_ms);
    house
        .until_order("charged", order, |order| !order.has_open_call())
        .await;
    assert_eq!(
        has(&house, order, |event| matches!(
            event,
            Event::Call(CallEvent::Captured { .. }) | Event::Call(CallEvent::LateCharge { .. })
        ))
        .await,
        1
    );
    let totals = house.sandbox.as_ref().unwrap().totals(None).await.unwrap();
    assert_eq!(totals.captured, Cents(2749));
}

/// A stop while the gateway is silent used to leave a task behind that kept the data folder open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_under_way_does_not_outlive_the_runtime_and_is_made_by_the_next_one() {
    let (house, gate) = gated(impatient(), false).await;
    let order = house
        .place(house.customer("ada", "tok_visa").await)
        .await
        .id;
    gate.way.until_tries(&house, 1).await;
    let house = house.restart().await;
    gate.way.until_tries(&house, 2).await;
    assert_eq!(gate.way.tries()[0], gate.way.tries()[1]);
    gate.way.open.send_replace(true);
    house
        .until_order("available", order, |order| {
            matches!(order.stage, Stage::Available { .. })
        })
        .await;
}
