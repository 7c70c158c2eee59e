//! What people behind one address notice of attacks from it: a measurement, which asserts nothing about time.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]
#![allow(clippy::print_stderr, reason = "a measurement prints its figures")]

mod common;

use campusg_client::{ApiRequest, Client};
use common::{Options, Server};
use serde_json::json;
use std::time::Duration;
use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep, timeout},
};

const PASSWORD: &str = "right-password-2026";
/// People whose accounts are there from the beginning: the first are attacked, all of these sign in again and again.
const PEOPLE: usize = 30;
const ATTACKED: usize = 10;
/// People who only stay signed in; of the others, newer sessions end the oldest.
const INSIDE: usize = 10;
const WRONG_EVERY: Duration = Duration::from_millis(50);
const NEW_EVERY: Duration = Duration::from_millis(200);
const LOOK_EVERY: Duration = Duration::from_millis(1_000);
/// After this time a person gives up.
const PATIENCE: Duration = Duration::from_secs(60);

fn email(n: usize) -> String {
    format!("person{n}@campus.example")
}

/// Somebody who registered somewhere else, and signs in from here for the first time.
fn newcomer(n: usize) -> String {
    format!("newcomer{n}@campus.example")
}

fn sign_in(email: &str, password: &str, device: Option<&str>) -> ApiRequest {
    let body = json!({"email": email, "password": password, "device": device});
    ApiRequest::post("/api/sessions", &body)
}

/// A registration from an address of its own, so that no account knows the one that is attacked from.
fn register_elsewhere(email: &str, n: usize) -> ApiRequest {
    let address = format!("10.1.{}.{}", n / 250, n % 250);
    register(email).with_header("x-forwarded-for", &address)
}

fn register(email: &str) -> ApiRequest {
    let body = json!({"email": email, "password": PASSWORD, "first_name": "Ann", "last_name": "B"});
    ApiRequest::post("/api/users", &body)
}

/// Sends a request until it gets the status it waits for, as long as the answers say when to try again; returns the time that took.
async fn until(client: &Client, ask: &ApiRequest, status: u16) -> Option<Duration> {
    let began = Instant::now();
    let tries = async {
        loop {
            let told = client.send(ask).await.ok()?;
            if told.status == status {
                return Some(began.elapsed());
            }
            let seconds = told.header("retry-after")?.parse().ok()?;
            sleep(Duration::from_secs(seconds)).await;
        }
    };
    timeout(PATIENCE, tries).await.ok().flatten()
}

/// Sends what `ask` makes, one each `every`, until `end`.
async fn attack(client: Client, every: Duration, end: Instant, ask: impl Fn(usize) -> ApiRequest) {
    let (mut ticks, mut under_way) = (interval(every), JoinSet::new());
    for n in 0.. {
        ticks.tick().await;
        if Instant::now() >= end {
            break;
        }
        let (client, ask) = (client.clone(), ask(n));
        under_way.spawn(async move { drop(client.send(&ask).await) });
        while under_way.try_join_next().is_some() {}
    }
}

/// How long people wait for what `ask` makes, one person each second, until `end`; `None` for who did not get it.
async fn people(
    client: Client,
    end: Instant,
    status: u16,
    ask: impl Fn(usize) -> ApiRequest,
) -> Vec<Option<Duration>> {
    let (mut ticks, mut under_way) = (interval(LOOK_EVERY), JoinSet::new());
    for n in 0.. {
        ticks.tick().await;
        if Instant::now() >= end {
            break;
        }
        let (client, ask) = (client.clone(), ask(n));
        under_way.spawn(async move { until(&client, &ask, status).await });
    }
    under_way.join_all().await
}

fn told(who: &str, mut waits: Vec<Option<Duration>>) {
    let all = waits.len();
    waits.retain(Option::is_some);
    waits.sort_unstable();
    let at = |percent: usize| {
        let rank = (waits.len() * percent).div_ceil(100).max(1) - 1;
        let wait = waits.get(rank).copied().flatten().unwrap_or_default();
        format!("{:.3} s", wait.as_secs_f64())
    };
    eprintln!(
        "{who}: {} of {all} got in; half within {}, 95 % within {}, the slowest {}",
        waits.len(),
        at(50),
        at(95),
        at(100)
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement of some minutes, which asserts nothing: see benches/README.md"]
async fn c1_v7_behind_one_address() {
    let seconds = std::env::var("CAMPUSG_SECONDS").map_or(600, |text| text.parse().unwrap());
    let server = Server::start(Options {
        set: vec![r#"server.trusted_proxies=["127.0.0.1"]"#.into()],
        ..Options::default()
    });
    let client = server.client();
    let (mut devices, mut tokens) = (vec![], vec![]);
    for n in 0..PEOPLE + INSIDE {
        until(&client, &register(&email(n)), 201).await.unwrap();
        let session = client.send(&sign_in(&email(n), PASSWORD, None)).await;
        let session = session.unwrap().is(201).unwrap();
        devices.push(session.text("/device").unwrap().to_owned());
        tokens.push(session.text("/token").unwrap().to_owned());
    }
    let newcomers = 0..usize::try_from(seconds).unwrap() + 1;
    for n in newcomers {
        let ask = register_elsewhere(&newcomer(n), n);
        until(&client, &ask, 201).await.unwrap();
    }
    let end = Instant::now() + Duration::from_secs(seconds);
    // Every other guess is at an account that is there.
    let wrong = attack(client.clone(), WRONG_EVERY, end, |n| {
        let victim = match n % 2 {
            0 => email(n / 2 % ATTACKED),
            _ => format!("nobody{n}@campus.example"),
        };
        sign_in(&victim, "wrong-password", None)
    });
    let new = attack(client.clone(), NEW_EVERY, end, |n| {
        register(&format!("new{n}@campus.example"))
    });
    let known = people(client.clone(), end, 201, |n| {
        let n = n % PEOPLE;
        sign_in(&email(n), PASSWORD, Some(&devices[n]))
    });
    // Each signs in once: afterwards the account knows the address.
    let strange = people(client.clone(), end, 201, |n| {
        sign_in(&newcomer(n), PASSWORD, None)
    });
    let inside = people(client.clone(), end, 200, |n| {
        ApiRequest::get("/api/users/me").with_token(&tokens[PEOPLE + n % INSIDE])
    });
    let (known, strange, inside, (), ()) = tokio::join!(known, strange, inside, wrong, new);
    told("known devices", known);
    told(
        "new devices at an address that is new to the account, right passwords",
        strange,
    );
    told("signed in, GET /api/users/me", inside);
}
