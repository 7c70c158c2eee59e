//! Fair lanes (`docs/decisions/0024`): a card, a customer or an order that is not answered holds back nobody else.

use crate::common::{
    House, Settings,
    between::{Between, PayoutTry, Try, Way},
    plain, wish,
};
use campusg_actors::{
    port::{
        clock::SystemClock,
        gateway::{BreakerConfig, HeldBack},
    },
    runtime::RuntimeConfig,
};
use campusg_domain::{
    call::AccountToken,
    gateway::{Operation, PaymentGateway, Payout, Request, Subject, Unanswered},
    id::{OrderId, Principal, UserId},
    money::Cents,
    notice::NoticeKind,
    order::{Command, Stage},
    time::SECOND_MS,
};
use campusg_sandbox::SandboxGateway;
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// Passes calls on while it is open, and answers none while it is away; with a list of every try.
struct Door {
    away: AtomicBool,
    open: watch::Sender<bool>,
    /// Whether nothing at all comes back where a card is dead.
    hangs: AtomicBool,
    tries: Mutex<Vec<String>>,
}

impl Door {
    fn new() -> Self {
        Self {
            away: AtomicBool::new(false),
            open: watch::Sender::new(true),
            hangs: AtomicBool::new(false),
            tries: Mutex::default(),
        }
    }

    fn tries(&self) -> Vec<String> {
        self.tries.lock().unwrap().clone()
    }
}

impl Way for Door {
    fn call<'a>(&'a self, sandbox: &'a SandboxGateway, request: Request) -> Try<'a> {
        self.tries.lock().unwrap().push(request.key.to_string());
        let dead =
            matches!(&request.operation, Operation::Authorize { card, .. } if card.0 == "tok_down");
        Box::pin(async move {
            if self.away.load(Ordering::Relaxed) {
                return Err(Unanswered(Subject::Gateway));
            }
            if dead && self.hangs.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            let mut open = self.open.subscribe();
            open.wait_for(|open| *open).await.unwrap();
            sandbox.call(request).await
        })
    }

    fn pay_out<'a>(&'a self, sandbox: &'a SandboxGateway, payout: Payout) -> PayoutTry<'a> {
        Box::pin(async move {
            if payout.account.0 == "acct_down" && self.hangs.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            sandbox.pay_out(payout).await
        })
    }
}

/// A house whose breakers open after two failures, for so long that the clock must be moved on.
async fn house() -> (House, Arc<Between<Door>>) {
    let mut settings = Settings {
        breaker: BreakerConfig {
            failures: 2,
            open_ms: 600 * SECOND_MS,
        },
        runtime: RuntimeConfig {
            placing_wait_ms: 10,
            ..RuntimeConfig::default()
        },
        ..Settings::default()
    };
    settings.policy.open_orders_per_customer = 40;
    Between::house(settings, Door::new()).await
}

async fn fails(house: &House, order: OrderId, failures: u16) {
    let failed = |it: &campusg_domain::order::Order| it.calls[&1].failures == failures;
    house.until_order("a try fails", order, failed).await;
}

async fn available(house: &House, order: OrderId) {
    let available = |it: &campusg_domain::order::Order| matches!(it.stage, Stage::Available { .. });
    house.until_order("available", order, available).await;
}

fn authorization(order: OrderId) -> String {
    format!("order:{order}/authorize/1")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_dead_card_delays_nobody() {
    let (house, gateway) = house().await;
    let ada = house.customer("ada", "tok_down").await;
    let dead = house.place(ada).await.id;
    for failures in 1..=4 {
        fails(&house, dead, failures).await;
        house.advance(10 * SECOND_MS);
    }
    let found = house.runtime.readiness();
    assert_eq!((found.held_back, found.silent_cards), (vec![], 1));
    let order = house.place(house.customer("bob", "tok_visa").await).await;
    available(&house, order.id).await;
    assert!(gateway.way.tries().contains(&authorization(order.id)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_was_held_back_is_no_try_and_a_probe_is_the_call_with_least_failures() {
    let (house, gateway) = house().await;
    gateway.way.away.store(true, Ordering::Relaxed);
    let mut failed = vec![];
    for name in ["ada", "ben"] {
        let order = house.place(house.customer(name, "tok_visa").await).await.id;
        fails(&house, order, 1).await;
        failed.push(order);
    }
    let held_back = HeldBack {
        purpose: "authorize",
        brand: None,
    };
    assert_eq!(house.runtime.readiness().held_back, [held_back]);
    let fresh = house.place(house.customer("cleo", "tok_visa").await).await;
    house.advance(60 * SECOND_MS);
    let due = |it: &campusg_domain::order::Order| {
        it.calls[&1].state == campusg_domain::call::CallState::Open
    };
    for order in &failed {
        house.until_order("its retry is due", *order, due).await;
    }
    // Longer than calls used to be held back before they counted as failed.
    house.advance(60 * SECOND_MS);
    for (order, failures) in [(failed[0], 1), (failed[1], 1), (fresh.id, 0)] {
        assert_eq!(house.order(order).await.calls[&1].failures, failures);
    }
    assert_eq!(gateway.way.tries().len(), 2, "nothing went out");

    gateway.way.away.store(false, Ordering::Relaxed);
    house.advance(600 * SECOND_MS);
    for order in [fresh.id, failed[0], failed[1]] {
        available(&house, order).await;
    }
    assert_eq!(gateway.way.tries()[2], authorization(fresh.id), "the probe");
    assert_eq!(house.runtime.readiness().held_back, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_customer_never_takes_all_places() {
    let (house, gateway) = house().await;
    gateway.way.open.send_replace(false);
    let (ada, bob) = (
        house.customer("ada", "tok_visa").await,
        house.customer("bob", "tok_visa").await,
    );
    let mut orders = vec![];
    // One more than there are places.
    for _ in 0..33 {
        orders.push(house.place(ada).await.id);
    }
    let other = house.place(bob).await.id;
    let wanted = authorization(other);
    house
        .until_actors("the other's call", |_| {
            gateway.way.tries().contains(&wanted)
        })
        .await;
    assert_eq!(
        gateway.way.tries().len(),
        5,
        "four of the first, one of the other"
    );
    gateway.way.open.send_replace(true);
    for order in orders {
        available(&house, order).await;
    }
}

/// Customers whose cards pay, in the measurement.
const GOOD: usize = 20;
/// Customers whose cards are dead, and runners whose bank accounts are.
const DEAD: usize = 200;
/// Orders of each good customer that are measured, alone and beside the dead.
const ORDERS: usize = 30;

/// Microseconds from placing to available, of the orders of all customers at once, each placing one after another; sorted.
async fn waits(house: &House, customers: &[UserId], orders: usize) -> Vec<u128> {
    let of_one = async |customer: &UserId| {
        let (customer, mut waits) = (*customer, vec![]);
        for _ in 0..orders {
            let begun = Instant::now();
            let order = house.place(customer).await.id;
            available(house, order).await;
            waits.push(begun.elapsed().as_micros());
            let cancel = Command::Cancel {
                accept_charge: Cents(0),
            };
            let by = Principal::User(customer);
            house.give(by, order, cancel).await.unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        waits
    };
    let waits = futures_util::future::join_all(customers.iter().map(of_one)).await;
    let mut waits: Vec<u128> = waits.into_iter().flatten().collect();
    waits.sort_unstable();
    waits
}

/// Places an order again whenever one has ended.
async fn keeps_placing(house: &House, customer: UserId) {
    loop {
        if let Ok(placed) = house.runtime.place_order(plain(customer), wish()).await {
            let ended = |it: &campusg_domain::order::Order| it.is_terminal();
            while !ended(&*house.order(placed.order.id).await) {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// A runner who has earned something, and whose bank account is dead.
async fn unpayable(house: &House, customer: UserId, n: usize) -> (UserId, Cents) {
    let runner = house.runner(&format!("runner{n}")).await;
    let order = house.place(customer).await.id;
    available(house, order).await;
    house.carry_out(runner, order).await;
    let account = AccountToken("acct_down".into());
    house
        .runtime
        .set_payout_method(plain(runner), account)
        .await
        .unwrap();
    let balance = house.runtime.wallet_balance(runner).await.unwrap();
    (runner, balance.available)
}

/// Waits until operators were told of each of these people's payouts.
async fn all_are_alarmed(house: &House, people: &[UserId]) {
    let end = Instant::now() + Duration::from_secs(1_800);
    loop {
        let records = house.all_records().await;
        let notices = records.iter().flat_map(|entry| &entry.record.notices);
        let told: BTreeSet<UserId> = notices
            .filter_map(|notice| match notice.kind {
                NoticeKind::PayoutStalled { user, .. } => Some(user),
                _ => None,
            })
            .collect();
        if people.iter().all(|one| told.contains(one)) {
            return;
        }
        let missing = people.iter().filter(|one| !told.contains(one)).count();
        assert!(Instant::now() < end, "{missing} payouts were never told of");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Measures how long orders of 20 good customers wait, alone and beside 200 customers with dead cards and 200 payouts to dead
/// bank accounts, as `benches/README.md` says. That operators are told of every payout is asserted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement of some minutes, which asserts nothing about time"]
async fn how_long_good_orders_wait_beside_200_dead_cards_and_accounts() {
    for hangs in [false, true] {
        let mut settings = Settings {
            breaker: BreakerConfig::default(),
            clock: Arc::new(SystemClock::new(false)),
            gateway_timeout: Duration::from_secs(10),
            ..Settings::default()
        };
        // Operators are told after so many tries; more would only make the measurement longer.
        settings.policy.retry_tries = 3;
        settings.policy.retry_longest_ms = 10 * SECOND_MS;
        let (house, gateway) = Between::house(settings, Door::new()).await;
        let (mut good, mut dead, mut unpaid) = (vec![], vec![], vec![]);
        for n in 0..GOOD {
            good.push(house.customer(&format!("good{n}"), "tok_visa").await);
        }
        for n in 0..DEAD {
            dead.push(house.customer(&format!("dead{n}"), "tok_down").await);
            unpaid.push(unpayable(&house, good[n % GOOD], n).await);
        }
        gateway.way.hangs.store(hangs, Ordering::Relaxed);
        waits(&house, &good, 5).await;
        let alone = waits(&house, &good, ORDERS).await;
        for (runner, cents) in &unpaid {
            let asked = house.runtime.request_payout(plain(*runner), *cents).await;
            asked.unwrap();
        }
        let placing = dead.iter().map(|customer| keeps_placing(&house, *customer));
        let placing = futures_util::future::join_all(placing);
        let measured = async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            let beside = waits(&house, &good, ORDERS).await;
            let at = |waits: &[u128], percent: usize| waits[waits.len() * percent / 100];
            println!(
                "what is dead {}: p50 {} / {} µs, p99 {} / {} µs (alone / beside), ratio of p99 {:.2}; {} tries of cards",
                if hangs {
                    "hangs"
                } else {
                    "is answered \"later\""
                },
                at(&alone, 50),
                at(&beside, 50),
                at(&alone, 99),
                at(&beside, 99),
                at(&beside, 99) as f64 / at(&alone, 99) as f64,
                gateway.way.tries().len(),
            );
            let runners: Vec<UserId> = unpaid.iter().map(|(runner, _)| *runner).collect();
            all_are_alarmed(&house, &runners).await;
            println!("operators were told of all {DEAD} payouts");
        };
        tokio::select! {
            () = measured => {}
            _ = placing => unreachable!("they never end"),
        }
    }
}
