//! Orders for later, and stores with opening hours, over HTTP, against the real program.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::request::Store;
use campusg_client::{ApiRequest, Body, Deviation, Person, Wish, same};
use campusg_robots::walkthrough::Scene;
use chrono::{DateTime, Datelike, Duration, SecondsFormat, Utc};
use common::raw::{self, AsWritten as _};
use common::{Options, operator, proven, turn::shared};
use reqwest::Method;
use serde_json::{Value, json};

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

fn options() -> Options {
    Options::virtual_clock(&[])
}

/// The server's time.
async fn now(scene: &Scene) -> Result<DateTime<Utc>, Deviation> {
    let moved = operator(scene).move_clock(0).await?.is(200)?;
    Ok(moved.text("/now")?.parse().unwrap())
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn wish(change: &str, to: Value) -> Value {
    let mut wish = raw::written(&Wish::lunch());
    wish[change] = to;
    wish
}

async fn patch(boss: &Person, store: &str, change: &Value) -> Result<Body, Deviation> {
    let path = format!("/api/stores/{store}");
    let ask =
        ApiRequest::new(Method::PATCH, path).with_bytes("application/json", change.to_string());
    boss.send(ask).await?.is(200)
}

#[tokio::test]
async fn an_order_for_later_is_held_back_from_the_board_until_its_time() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let ben = Person::runner(&scene.client, "Ben").await?;
    let later = now(&scene).await? + Duration::hours(3);
    let wish = wish("deliver_after", json!(written(later)));
    let quoted = ann.post("/api/quotes", &wish).await?.is(200)?;
    let opens = written(later - Duration::minutes(45));
    assert_eq!(quoted.text("/deliver_after")?, written(later));
    assert_eq!(quoted.text("/opens_at")?, opens);
    let placed = ann.place_raw(&wish).await?.is(201)?;
    let order = placed.text("/id")?.to_owned();
    let waiting = |order: &Body| order.says("/placement", "waiting");
    let seen = ann.order_until(&order, "waiting", waiting).await?;
    assert_eq!(seen.text("/opens_at")?, opens);
    assert_eq!(
        seen.number("/escrow/held_cents")?,
        quoted.number("/hold_cents")?
    );
    assert!(ben.finds(&order).await?.is_none());
    ben.accept(&order)
        .await?
        .refuses(409, "not_in_this_stage")?;
    scene.pass(2 * HOUR_MS + 15 * MINUTE_MS).await?;
    let available = |order: &Body| order.says("/placement", "available");
    ann.order_until(&order, "on the board", available).await?;
    assert!(ben.finds(&order).await?.is_some());
    ben.accept(&order).await?.is(200)?;
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn an_order_that_waits_is_cancelled_for_nothing() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let later = now(&scene).await? + Duration::hours(72);
    let placed = ann
        .place_raw(&wish("deliver_after", json!(written(later))))
        .await?;
    let order = placed.is(201)?.text("/id")?.to_owned();
    let waiting = |order: &Body| order.says("/placement", "waiting");
    ann.order_until(&order, "waiting", waiting).await?;
    let done = ann.cancel(&order, 0).await?.is(200)?;
    assert_eq!(done.text("/settlement")?, "free");
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn a_time_too_far_ahead_or_of_no_calendar_is_refused_and_one_gone_by_means_now()
-> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let far = now(&scene).await? + Duration::hours(72) + Duration::minutes(1);
    for path in ["/api/quotes", "/api/orders"] {
        for (time, status, code) in [
            (json!(written(far)), 422, "invalid_field"),
            (json!("tomorrow"), 400, "wrong_type"),
            (json!("2026-02-30T10:00:00Z"), 400, "wrong_type"),
            (json!(1_700_000_000), 400, "wrong_type"),
        ] {
            let refused = ann.post(path, &wish("deliver_after", time)).await?;
            same(
                "the field",
                refused.refuses(status, code)?.text("/field")?,
                "deliver_after",
            )?;
        }
    }
    let gone = now(&scene).await? - Duration::hours(1);
    let wish = Wish {
        deliver_after: Some(written(gone)),
        ..Wish::lunch()
    };
    let quoted = ann.post("/api/quotes", &wish).await?.is(200)?;
    assert!(!quoted.has("/deliver_after") && !quoted.has("/opens_at"));
    let (order, _) = ann.place_available(&wish).await?;
    assert!(!ann.order_raw(&order).await?.has("/deliver_after"));
    Ok(())
}

/// The weekday of a time, as the API names it.
fn day(at: DateTime<Utc>) -> &'static str {
    [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ][at.weekday().num_days_from_monday() as usize]
}

#[tokio::test]
async fn a_store_takes_orders_for_when_it_is_open_and_none_while_it_is_paused()
-> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let (boss, ann) = (
        operator(&scene),
        Person::customer(&scene.client, "Ann", "tok_visa").await?,
    );
    // Tomorrow from ten to noon.
    let noon = (now(&scene).await? + Duration::days(1)).date_naive();
    let noon = noon.and_hms_opt(12, 0, 0).unwrap().and_utc();
    let hours = json!([{"weekday": day(noon), "from": "10:00", "to": "12:00"}]);
    let made = json!({"name": "No\u{f3}n", "place": "Hall 1", "hours": hours});
    let made = boss.post("/api/stores", &made).await?.is(201)?;
    let store = made.text("/id")?.to_owned();
    assert_eq!(made.0["hours"], hours);
    assert_eq!(made.0["open"], false);
    let there = |at: Option<DateTime<Utc>>| Wish {
        store: Store::Known { id: store.clone() },
        deliver_after: at.map(written),
        ..Wish::lunch()
    };
    let (open, shut) = (noon - Duration::minutes(1), noon);
    for path in ["/api/quotes", "/api/orders"] {
        for wish in [there(None), there(Some(shut))] {
            ann.post(path, &wish).await?.refuses(409, "store_closed")?;
        }
    }
    ann.post("/api/quotes", &there(Some(open))).await?.is(200)?;
    let placed = ann.place(&there(Some(open))).await?.is(201)?;
    assert_eq!(placed.text("/store/name")?, "No\u{f3}n");

    patch(boss, &store, &json!({"paused": true})).await?;
    let described = |name: &str| Wish {
        store: Store::Described {
            name: name.into(),
            place: "Hall 9".into(),
        },
        ..Wish::lunch()
    };
    for path in ["/api/quotes", "/api/orders"] {
        for wish in [
            there(Some(open)),
            described(" NO\u{d3}N "),
            described("Noo\u{301}n"),
            described("No\u{f3}n\u{200B}"),
            described("\u{FEFF}No\u{AD}\u{f3}n"),
            described("\u{ff2e}o\u{f3}n"),
        ] {
            let refused = ann.post(path, &wish).await?;
            refused.refuses(409, "store_paused")?;
        }
    }
    let changed = patch(boss, &store, &json!({"paused": false, "hours": null})).await?;
    assert!(!changed.has("/hours"));
    assert_eq!(changed.0["open"], true);
    ann.place_available(&there(None)).await?;
    let bo = Person::customer(&scene.client, "Bo", "tok_visa").await?;
    let placed = bo.place(&described("noo\u{301}n")).await?.is(201)?;
    assert_eq!(placed.text("/store/id")?, store);
    let never = patch(boss, &store, &json!({"hours": []})).await?;
    assert_eq!(never.0["hours"], json!([]));
    ann.place(&there(None))
        .await?
        .refuses(409, "store_closed")?;
    let listed = ann.get("/api/stores").await?.is(200)?.list("/items")?;
    let listed = listed.iter().find(|known| known.says("/id", &store));
    assert_eq!(listed.unwrap().0["open"], false);
    Ok(())
}

#[tokio::test]
async fn each_mistake_in_a_store_is_named() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let (boss, ann) = (
        operator(&scene),
        Person::customer(&scene.client, "Ann", "tok_visa").await?,
    );
    let sound = || {
        let span = json!({"weekday": "monday", "from": "08:00", "to": "12:00"});
        json!({"name": "Deli", "place": "Hall 1", "hours": [span], "paused": true})
    };
    let made = boss.post("/api/stores", &sound()).await?.is(201)?;
    assert_eq!(made.0["paused"], true);
    let store = made.text("/id")?.to_owned();
    let before = boss.get("/api/stores").await?.is(200)?;
    for (pointer, value, status, code, field) in [
        ("/name", json!(""), 422, "invalid_field", "name"),
        (
            "/name",
            json!("x".repeat(121)),
            422,
            "invalid_field",
            "name",
        ),
        ("/name", json!("\u{202e}ileD"), 422, "invalid_field", "name"),
        ("/name", json!(7), 400, "wrong_type", "name"),
        ("/place", json!(" "), 422, "invalid_field", "place"),
        ("/paused", json!("yes"), 400, "wrong_type", "paused"),
        ("/hours", json!("always"), 400, "wrong_type", "hours"),
        (
            "/hours/0/weekday",
            json!("someday"),
            400,
            "wrong_type",
            "hours[0].weekday",
        ),
        (
            "/hours/0/from",
            json!("8"),
            400,
            "wrong_type",
            "hours[0].from",
        ),
        (
            "/hours/0/to",
            json!("24:01"),
            400,
            "wrong_type",
            "hours[0].to",
        ),
        (
            "/hours/0/to",
            json!("08:00"),
            422,
            "invalid_field",
            "hours[0]",
        ),
        (
            "/hours/0/to",
            json!("07:59"),
            422,
            "invalid_field",
            "hours[0]",
        ),
        (
            "/hours/0/closed",
            json!(true),
            400,
            "unknown_field",
            "hours[0].closed",
        ),
        ("/open", json!(true), 400, "unknown_field", "open"),
    ] {
        let mut body = sound();
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[member] = value;
        let refused = boss.post("/api/stores", &body).await?;
        assert_eq!(
            refused.refuses(status, code)?.text("/field")?,
            field,
            "{body}"
        );
        let ask = ApiRequest::new(Method::PATCH, format!("/api/stores/{store}"));
        let ask = ask.with_bytes("application/json", body.to_string());
        let refused = boss.send(ask).await?.refuses(status, code)?;
        assert_eq!(refused.text("/field")?, field, "{body}");
    }
    let long = json!({"name": "x", "place": "y", "hours": vec![sound()["hours"][0].clone(); 51]});
    let refused = boss.post("/api/stores", &long).await?;
    same(
        "the field",
        refused.refuses(422, "invalid_field")?.text("/field")?,
        "hours",
    )?;
    same(
        "the stores",
        boss.get("/api/stores").await?.is(200)?,
        before,
    )?;
    ann.post("/api/stores", &sound())
        .await?
        .refuses(403, "not_allowed")?;
    Ok(())
}

#[tokio::test]
async fn each_mistake_in_a_drop_off_is_named_in_quotes_and_orders() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    for (member, value, status, code) in [
        ("building", json!(""), 422, "invalid_field"),
        ("building", json!("x".repeat(121)), 422, "invalid_field"),
        ("level", json!(""), 422, "invalid_field"),
        ("level", json!(2), 400, "wrong_type"),
        ("room", json!("x".repeat(121)), 422, "invalid_field"),
        ("meeting_point", json!("a\u{7}"), 422, "invalid_field"),
        ("notes", json!("x".repeat(501)), 422, "invalid_field"),
        ("notes", json!("\u{200b}"), 422, "invalid_field"),
        ("handover", json!("drone"), 400, "wrong_type"),
        ("handover", Value::Null, 400, "wrong_type"),
    ] {
        let mut wish = raw::written(&Wish::lunch());
        wish["dropoff"][member] = value;
        for path in ["/api/quotes", "/api/orders"] {
            let refused = ann.post(path, &wish).await?.refuses(status, code)?;
            let field = format!("dropoff.{member}");
            assert_eq!(refused.text("/field")?, field, "{path} {}", wish);
        }
    }
    let mut right_to_left = Wish::lunch();
    right_to_left.dropoff.notes = Some("\u{200f}שלום, דירה 7".into());
    ann.place_available(&right_to_left).await?;
    let mut longest = Wish::lunch();
    let wide = |chars: usize| Some("\u{1F9C6}".repeat(chars));
    let dropoff = &mut longest.dropoff;
    (dropoff.level, dropoff.room) = (wide(120), wide(120));
    (dropoff.meeting_point, dropoff.notes) = (wide(120), wide(500));
    ann.place_available(&longest).await?;
    Ok(())
}
