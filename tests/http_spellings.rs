//! An idempotency key counts however the ids beside it are spelled: every route that keeps keys, against the real program.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{
    ApiRequest, Deviation, Person, Respelling, answer::Order, operation::account, same,
};
use campusg_domain::time::SECOND_MS;
use campusg_http::routes;
use campusg_robots::walkthrough::{Errand, Scene, Story, Whole};
use common::{
    desk::{remedy, until_stalled},
    operator, pass_until, program, proven,
    wallet::{Till, earner},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The commands for which no key is kept, as `docs/api.md` says.
const WITHOUT_KEYS: [&str; 9] = [
    "POST /api/users",
    "POST /api/sessions",
    "POST /api/users/me/payment-method/setup",
    "POST /api/quotes",
    "POST /api/photos",
    "POST /api/gateway/events",
    "POST /api/admin/actors/{order_id}/release",
    "POST /api/admin/clock/accept",
    "POST /api/admin/clock/advance",
];

fn keyed_routes() -> BTreeSet<String> {
    let commands = routes().into_iter().filter(|route| route.method != "GET");
    let named = commands.map(|route| format!("{} {}", route.method, route.path));
    named
        .filter(|route| !WITHOUT_KEYS.contains(&route.as_str()))
        .collect()
}

/// The route of a command for which a key is kept.
fn keyed_route(method: &str, path: &str) -> Option<String> {
    let asked = format!("{method} {path}");
    let asked: Vec<&str> = asked.split('/').collect();
    let is_of = |route: &String| {
        let known: Vec<&str> = route.split('/').collect();
        let fits = |(asked, known): (&&str, &&str)| asked == known || known.starts_with('{');
        asked.len() == known.len() && asked.iter().zip(&known).all(fits)
    };
    keyed_routes().into_iter().find(is_of)
}

/// Everything that no chapter of the walkthrough does.
async fn of_people(scene: &Scene) -> Result<(), Deviation> {
    let boss = operator(scene);
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    ann.set_account("acct_bank").await?;
    let write = |method: Method, path: &str, body: Value| {
        ApiRequest::new(method, path).with_bytes("application/json", body.to_string())
    };
    let me = write(
        Method::PATCH,
        "/api/users/me",
        json!({"first_name": "Anna"}),
    );
    ann.send(me).await?.is(200)?;
    for path in [
        "/api/users/me/payment-method",
        "/api/users/me/payout-method",
    ] {
        ann.send(ApiRequest::new(Method::DELETE, path))
            .await?
            .is(204)?;
    }
    let email = format!("{}@campus.example", scene.client.fresh());
    let register = account::register(&email, "two devices", "Bea", "B");
    scene.client.send(&register).await?.is(201)?;
    let bea = Person::sign_in(&scene.client, &email, "two devices").await?;
    let sessions = bea.get("/api/sessions").await?.is(200)?.list("/items")?;
    let other = sessions.iter().find(|it| it.0["current"] == json!(false));
    let other = format!("/api/sessions/{}", other.unwrap().text("/id")?);
    bea.send(ApiRequest::new(Method::DELETE, other))
        .await?
        .is(204)?;

    let store = json!({"name": "Deli", "place": "Hall 1"});
    let store = boss.post("/api/stores", &store).await?.is(201)?;
    let store = format!("/api/stores/{}", store.text("/id")?);
    let pause = write(Method::PATCH, &store, json!({"paused": true}));
    boss.send(pause).await?.is(200)?;
    let because = json!({"reason": "A word."});
    for what in ["suspend", "reinstate"] {
        let path = format!("/api/admin/users/{}/{what}", ann.id);
        boss.post(&path, &because).await?.is(200)?;
    }
    let notice = json!({"user_id": ann.id, "title": "Hello", "message": "there"});
    let notice = boss
        .post("/api/notifications/send", &notice)
        .await?
        .is(201)?;
    let read = format!("/api/notifications/{}/read", notice.text("/id")?);
    ann.post(&read, &json!({})).await?.is(204).map(drop)
}

async fn of_orders(scene: &Scene) -> Result<(), Deviation> {
    let boss = operator(scene);
    let errand = Errand::at(&scene.client, "completed").await?;
    errand.customer.claim(&errand.order, 100).await?.is(200)?;
    let reply = json!({"text": "It was hot."});
    let to = format!("/api/orders/{}/disputes/1/reply", errand.order);
    errand.runner.post(&to, &reply).await?.is(200)?;
    let because = json!({"reason": "It has to end."});
    for (status, how) in [("purchased", "release"), ("purchased", "refund")] {
        let errand = Errand::at(&scene.client, status).await?;
        let path = format!("/api/escrow/{}/{how}", errand.order);
        boss.post(&path, &because).await?.is(200)?;
    }
    let event = json!({
        "event_type": "BOARD_OPEN", "entity_id": errand.order, "scheduled_time": "2099-01-01T00:00:00Z",
    });
    let event = boss.post("/api/scheduled-events", &event).await?.is(201)?;
    let cancel = format!("/api/scheduled-events/{}/cancel", event.text("/id")?);
    boss.post(&cancel, &json!({})).await?.is(204).map(drop)
}

/// What keeps failing: a charge twice, a void while the gateway is away, a payout.
async fn of_stalled(till: &mut Till, scene: &Scene) -> Result<(), Deviation> {
    for (card, what) in [
        ("tok_capture_down_3", "retry"),
        ("tok_capture_down", "compensate"),
    ] {
        let errand = Errand::available(&scene.client, card).await?;
        errand.carry_to("purchased").await?;
        let failing = |order: &Order| order.saga.iter().any(|step| step.state == "stalled");
        pass_until(scene, &errand.order, (6, 5 * SECOND_MS), failing).await?;
        until_stalled(scene, &errand.order).await?;
        remedy(scene, &errand.order, what).await?.is(200)?;
    }
    let ben = earner(scene, "acct_down").await?;
    ben.perform(account::pay_out(1_000)).await?.is(201)?;
    let retry = format!("/api/admin/wallets/{}/retry", ben.id);
    in_the_end(scene, &retry).await?;
    let errand = Errand::at(&scene.client, "accepted").await?;
    till.gateway.kill();
    errand.customer.cancel(&errand.order, 0).await?.is(200)?;
    let skip = format!("/api/admin/sagas/{}/skip", errand.order);
    in_the_end(scene, &skip).await?;
    till.gateway.start_again();
    Ok(())
}

/// What an operator can do as soon as something has failed often enough.
async fn in_the_end(scene: &Scene, path: &str) -> Result<(), Deviation> {
    let because = json!({"reason": "It keeps failing."});
    for _ in 0..100 {
        scene.pass(10 * SECOND_MS).await?;
        let reply = operator(scene).post(path, &because).await?;
        if reply.status == 200 {
            return Ok(());
        }
    }
    Err(Deviation::new(path, "nothing to be done"))
}

#[tokio::test]
async fn a1_every_keyed_route_in_every_spelling() -> Result<(), Deviation> {
    let respelling = Respelling::new(keyed_route);
    let keys = ["policy.retry_tries=3", "gateway.breaker.failures=1000000"];
    let mut till = Till::open_with(&[], &keys);
    let client = till.server.client().respelling(respelling.clone());
    let boss = till.server.operator(&client).await;
    let scene = Scene::open(client, Some(boss), Story::silent()).await?;
    of_people(&scene).await?;
    of_orders(&scene).await?;
    of_stalled(&mut till, &scene).await?;
    proven(&scene).await;

    let story = Story::silent();
    let mut whole = Whole::new(program(), story.clone()).respelling(respelling.clone());
    let played = whole.play().await;
    played.unwrap_or_else(|deviation| panic!("{deviation}\n{}", story.transcript()));
    whole.close()?;
    same("the routes that were met", respelling.met(), keyed_routes())
}
