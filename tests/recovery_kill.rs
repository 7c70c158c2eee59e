//! The real program is killed at random moments under load, and while it starts: every acknowledged change is there
//! afterwards, a repeat is answered as the first time, orders go on to their end, and nothing is charged twice.
//!
//! The gateway is a process of its own, so that no kill can hide what it did. `CAMPUSG_KILLS` sets the number of kills
//! (50 if not set), `CAMPUSG_SEED` the moments.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Body, Client, Person, Reply, Wish};
use common::raw::AsWritten as _;
use common::{Options, Server, gateway::Gateway};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::Duration,
};
use tokio::sync::watch;

/// Pairs of a customer and a runner that work at once.
const PAIRS: usize = 6;
/// Answers that are asked for again after each kill.
const REPEATS: usize = 12;
/// Longest time from one kill to the next, in milliseconds.
const LONGEST_MS: u64 = 400;

fn number(name: &str, usual: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(usual, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number"))
    })
}

/// Numbers that look random. Source: G. Marsaglia, "Xorshift RNGs", 2003.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// An answer that a client got, and what it had asked.
struct Acknowledged {
    pair: usize,
    by_runner: bool,
    ask: ApiRequest,
    reply: Reply,
    order: String,
}

/// What all clients share.
struct Load {
    client: Client,
    pairs: Vec<(Person, Person)>,
    up: watch::Receiver<bool>,
    acknowledged: RefCell<Vec<Acknowledged>>,
    orders: RefCell<BTreeMap<String, usize>>,
    unknown: Cell<usize>,
    ending: Cell<bool>,
}

impl Load {
    /// Sends until there is an answer, always the same request under the same key, and remembers the answer.
    async fn command(
        &self,
        pair: usize,
        by_runner: bool,
        path: &str,
        body: &impl Serialize,
    ) -> Reply {
        let ask = ApiRequest::post(path, body).with_key(self.client.fresh());
        let person = self.person(pair, by_runner);
        let reply = self.persist(person, &ask).await;
        assert!(
            [200, 201].contains(&reply.status),
            "{}: {}",
            reply.asked,
            reply.summary()
        );
        let order = reply.body.text("/id").unwrap().to_owned();
        let kept = Acknowledged {
            pair,
            by_runner,
            ask,
            reply: reply.clone(),
            order,
        };
        self.acknowledged.borrow_mut().push(kept);
        reply
    }

    async fn persist(&self, person: &Person, ask: &ApiRequest) -> Reply {
        loop {
            let mut up = self.up.clone();
            up.wait_for(|up| *up).await.unwrap();
            match person.send(ask.clone()).await {
                Ok(reply) if reply.status < 500 && reply.code() != "still_running" => return reply,
                Ok(_) => {}
                Err(_) => self.unknown.set(self.unknown.get() + 1),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn person(&self, pair: usize, by_runner: bool) -> &Person {
        let (customer, runner) = &self.pairs[pair];
        if by_runner { runner } else { customer }
    }

    async fn read(&self, person: &Person, path: &str) -> Body {
        self.persist(person, &ApiRequest::get(path))
            .await
            .is(200)
            .unwrap()
    }

    async fn until(&self, person: &Person, path: &str, is_so: impl Fn(&Body) -> bool) {
        while !is_so(&self.read(person, path).await) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// One customer and one runner, order after order, until the end is called.
    async fn work(&self, pair: usize) {
        let mut turn = pair;
        while !self.ending.get() {
            self.one_order(pair, turn % 4).await;
            turn += 1;
        }
    }

    /// Places an order and carries it to its end: delivered, or cancelled on the way.
    async fn one_order(&self, pair: usize, way: usize) {
        let placed = self
            .command(pair, false, "/api/orders", &Wish::lunch())
            .await;
        let order = placed.body.text("/id").unwrap().to_owned();
        self.orders.borrow_mut().insert(order.clone(), pair);
        let (path, customer) = (format!("/api/orders/{order}"), self.person(pair, false));
        self.until(customer, &path, |order| {
            order.says("/placement", "available")
        })
        .await;
        let on = |step: &str| format!("{path}/{step}");
        if way == 1 {
            self.command(pair, true, &on("accept"), &json!({})).await;
            self.command(pair, true, &on("cancel-acceptance"), &json!({}))
                .await;
        }
        if way == 2 {
            self.command(
                pair,
                false,
                &on("cancel"),
                &json!({"accept_charge_cents": 0}),
            )
            .await;
            return;
        }
        self.command(pair, true, &on("accept"), &json!({})).await;
        self.command(pair, true, &on("status"), &json!({"status": "on-site"}))
            .await;
        let receipt = json!({"total_cents": 2_150, "photo_id": self.photo(pair).await});
        self.command(
            pair,
            true,
            &on("status"),
            &json!({"status": "purchased", "receipt": receipt}),
        )
        .await;
        if way == 3 {
            self.command(
                pair,
                false,
                &on("cancel"),
                &json!({"accept_charge_cents": 2_749}),
            )
            .await;
            return;
        }
        self.command(pair, true, &on("status"), &json!({"status": "collected"}))
            .await;
        self.command(pair, true, &on("status"), &json!({"status": "on-the-way"}))
            .await;
        let pin = self.read(customer, &on("delivery-pin")).await;
        let proof = json!({"status": "delivered", "proof": {"pin": pin.text("/pin").unwrap()}});
        let done = self.command(pair, true, &on("status"), &proof).await;
        assert_eq!(done.body.text("/status").unwrap(), "completed");
    }

    async fn photo(&self, pair: usize) -> String {
        let picture = campusg_client::photo::picture(&self.client.fresh());
        let ask =
            ApiRequest::new(reqwest::Method::POST, "/api/photos").with_bytes("image/png", picture);
        let stored = self
            .persist(self.person(pair, true), &ask)
            .await
            .is(201)
            .unwrap();
        stored.text("/id").unwrap().to_owned()
    }

    /// Everything that was acknowledged is there, and some of it is asked for again.
    async fn check(&self, operator: &Person, chance: &mut Chance) {
        for (order, version) in self.newest() {
            let now = operator.order(&order).await.unwrap().version;
            assert!(
                now >= version,
                "order {order}: version {version} was acknowledged, {now} is there"
            );
        }
        for (pair, by_runner, ask, first) in self.some(chance) {
            let again = self.person(pair, by_runner).send(ask).await.unwrap();
            assert_eq!(
                again.status,
                first.status,
                "{}: {}",
                again.asked,
                again.summary()
            );
            assert_eq!(
                again.header("idempotency-replayed"),
                Some("true"),
                "{}",
                again.asked
            );
            same_order(&again, &first);
        }
    }

    /// The newest version of each order that somebody was told of.
    fn newest(&self) -> BTreeMap<String, i64> {
        let mut newest = BTreeMap::new();
        for answer in self.acknowledged.borrow().iter() {
            let (known, told) = (
                newest.entry(answer.order.clone()).or_default(),
                version(&answer.reply),
            );
            *known = told.max(*known);
        }
        newest
    }

    /// The latest answers and some earlier ones, however many came since.
    fn some(&self, chance: &mut Chance) -> Vec<(usize, bool, ApiRequest, Reply)> {
        let acknowledged = self.acknowledged.borrow();
        let known: Vec<&Acknowledged> = acknowledged.iter().rev().collect();
        let earlier =
            (0..known.len().min(REPEATS / 2)).map(|_| chance.below(known.len() as u64) as usize);
        let chosen: Vec<usize> = (0..known.len().min(REPEATS / 2)).chain(earlier).collect();
        let copy = |at: usize| {
            let Acknowledged {
                pair,
                by_runner,
                ask,
                reply,
                ..
            } = known[at];
            (*pair, *by_runner, ask.clone(), reply.clone())
        };
        chosen.into_iter().map(copy).collect()
    }
}

/// The order's version that an answer shows, also to those who see little of the order.
fn version(reply: &Reply) -> i64 {
    let tag = reply.header("etag").expect("an order has a version");
    let version = tag.trim_matches('"').split('-').next();
    version
        .and_then(|version| version.parse().ok())
        .expect("a version is a number")
}

/// A repeat shows the order as of the first answer, by the reader's rights of now: a runner who gave the order back sees
/// less of it; and beside it who the other one is by now, with the runs of between. A placement's first answer may have
/// waited a little longer.
fn same_order(again: &Reply, first: &Reply) {
    if first.status == 201 {
        assert_eq!(again.body.0["id"], first.body.0["id"]);
    } else if again.body.0["view"] != first.body.0["view"] {
        assert_eq!(version(again), version(first), "{}", again.asked);
    } else {
        assert_eq!(
            (version(again), without_people(again)),
            (version(first), without_people(first)),
            "{}",
            again.asked
        );
    }
}

fn without_people(reply: &Reply) -> Value {
    let mut body = reply.body.0.clone();
    for person in ["runner", "customer"] {
        body.as_object_mut().map(|order| order.remove(person));
    }
    body
}

fn options(gateway: &Gateway) -> Options {
    let mut options = Options {
        set: gateway.settings(),
        ..Options::default()
    };
    for key in [
        "gateway.timeout_ms=3000",
        "gateway.events_poll_ms=100",
        "policy.retry_first_ms=50",
        "policy.retry_longest_ms=200",
        "server.requests_per_second=0",
        "log.filter=warn",
    ] {
        options.set.push(key.into());
    }
    options
}

async fn pairs(client: &Client) -> Vec<(Person, Person)> {
    let mut pairs = vec![];
    for pair in 0..PAIRS {
        let card = match pair % 3 {
            0 => "tok_timeout_then_succeeds",
            1 => "tok_capture_down_2",
            _ => "tok_visa",
        };
        let customer = Person::customer(client, "Ann", card).await.unwrap();
        pairs.push((customer, Person::runner(client, "Ben").await.unwrap()));
    }
    pairs
}

/// Kills and starts the server so many times, checking after each start before anybody goes on.
async fn kill_again_and_again(
    server: &mut Server,
    load: &Load,
    up: &watch::Sender<bool>,
    operator: &Person,
) {
    let (kills, seed) = (number("CAMPUSG_KILLS", 50), number("CAMPUSG_SEED", 1));
    let mut chance = Chance(seed.max(1));
    for kill in 1..=kills {
        tokio::time::sleep(Duration::from_millis(chance.below(LONGEST_MS))).await;
        server.kill();
        up.send_replace(false);
        if kill % 3 == 0 {
            server.begin_again();
            tokio::time::sleep(Duration::from_millis(chance.below(120))).await;
            server.kill();
        }
        server.start_again();
        load.client.move_to(server.address());
        load.check(operator, &mut chance).await;
        up.send_replace(true);
    }
    load.ending.set(true);
}

/// Every order has ended, and the gateway did for it what the ledger says, once.
async fn settled(load: &Load, operator: &Person, gateway: &Gateway) {
    let (mut captured, mut refunded) = (0, 0);
    let orders: Vec<String> = load.orders.borrow().keys().cloned().collect();
    for order in &orders {
        let path = format!("/api/orders/{order}");
        let is_settled = |order: &Body| {
            let calls = order.list("/calls").unwrap();
            ["completed", "cancelled"]
                .iter()
                .any(|end| order.says("/status", end))
                && calls.iter().all(|call| call.says("/state", "closed"))
        };
        let ended = operator
            .until_raw(
                &path,
                "an order that has ended, at the gateway too",
                is_settled,
            )
            .await
            .unwrap();
        let totals = gateway.totals(Some(order)).await;
        let charged = ended.number("/payment/charged_cents").unwrap();
        assert!([0, 2_749].contains(&charged), "{charged}");
        assert_eq!(
            totals.captured.0, charged,
            "order {order} was charged at the gateway"
        );
        assert_eq!(
            totals.refunded.0,
            ended.number("/payment/refunded_cents").unwrap()
        );
        assert_eq!(totals.blocked.0, 0, "order {order} blocks nothing any more");
        captured += charged;
        refunded += totals.refunded.0;
    }
    let all = gateway.totals(None).await;
    assert_eq!(
        (all.captured.0, all.refunded.0),
        (captured, refunded),
        "the gateway knows no other order"
    );
    let cash = -operator.balance("gateway").await.unwrap();
    assert_eq!(
        cash,
        all.captured.0 - all.refunded.0 - all.paid_out.0,
        "the ledger's cash is the gateway's"
    );
    operator.add_up().await.unwrap();
}

#[tokio::test]
async fn killed_at_random_moments_nothing_acknowledged_is_lost_and_nothing_is_charged_twice() {
    let gateway = Gateway::start(&[]);
    let mut server = Server::start(options(&gateway));
    let client = server.client();
    let operator = server.operator(&client).await;
    let (up, is_up) = watch::channel(true);
    let load = Load {
        pairs: pairs(&client).await,
        client,
        up: is_up,
        acknowledged: RefCell::default(),
        orders: RefCell::default(),
        unknown: Cell::new(0),
        ending: Cell::new(false),
    };
    let working = futures_util::future::join_all((0..PAIRS).map(|pair| load.work(pair)));
    tokio::join!(
        kill_again_and_again(&mut server, &load, &up, &operator),
        working
    );

    settled(&load, &operator, &gateway).await;
    let (answers, orders) = (load.acknowledged.borrow().len(), load.orders.borrow().len());
    assert!(
        answers > orders && load.unknown.get() > 0,
        "the kills hit nothing: {answers} answers, {} unknown",
        load.unknown.get()
    );
    server.stop();
    server.verify();
}
