//! Lists and parameters, on every route that there is.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Body, Deviation, Person, same};
use campusg_http::routes;
use campusg_robots::walkthrough::{Errand, Scene};
use common::{Options, operator, turn::shared};
use serde_json::json;
use std::collections::BTreeSet;

fn options() -> Options {
    Options::virtual_clock(&[])
}

/// A path with its parameters filled in.
fn filled(path: &str, order: &str, user: &str) -> String {
    let user_id = path.replace("{user_id}", user);
    let user_id = user_id.replace("/users/{id}", &format!("/users/{user}"));
    let ids = user_id.replace("{id}", order).replace("{order_id}", order);
    ids.replace("{n}", "1")
}

#[tokio::test]
async fn d5_no_route_takes_a_parameter_that_it_does_not_know() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    let everybody: [&Person; 3] = [operator(&scene), &errand.customer, &errand.runner];
    for route in routes() {
        // A page for people may be linked to with anything behind it; the gateway's messages are signed.
        if matches!(route.path, "/" | "/api/gateway/events") {
            continue;
        }
        let path = filled(route.path, &errand.order, &errand.customer.id);
        let mut told = vec![];
        for person in everybody {
            let ask = ApiRequest::new(route.method.clone(), format!("{path}?colour=red"));
            let ask = ask.with_key("colour").with_token(person.token());
            let ask = match path.as_str() {
                "/api/photos" => ask.with_bytes("image/png", "x"),
                _ => ask,
            };
            let reply = scene.client.send(&ask).await?;
            told.push((reply.status, reply.code().to_owned(), reply.body));
        }
        let refused = told.iter().any(|(status, code, body)| {
            *status == 400 && code == "invalid_query" && body.says("/field", "colour")
        });
        let seen: Vec<_> = told
            .iter()
            .map(|(status, code, _)| (status, code))
            .collect();
        assert!(refused, "{} {path}: {seen:?}", route.method);
        let answered = told.iter().any(|(status, ..)| *status < 300);
        assert!(!answered, "{} {path}: {seen:?}", route.method);
    }
    Ok(())
}

/// The paths of all lists, as the table of routes has them: whatever takes a `limit`.
async fn lists(scene: &Scene, errand: &Errand) -> Result<BTreeSet<&'static str>, Deviation> {
    let everybody: [&Person; 3] = [operator(scene), &errand.customer, &errand.runner];
    let mut lists = BTreeSet::new();
    for route in routes().iter().filter(|route| route.method == "GET") {
        let path = filled(route.path, &errand.order, &errand.customer.id);
        let of_order = format!("{path}?limit=0&order_id={}", errand.order);
        for asked in [format!("{path}?limit=0"), of_order] {
            for person in everybody {
                let detail = person.get(&asked).await?.body.0["detail"].to_string();
                if detail.contains("must be from 1 to 100") {
                    lists.insert(route.path);
                }
            }
        }
    }
    Ok(lists)
}

/// A completed order of a runner who had completed another one, with messages and a dispute.
async fn talked_and_disputed(scene: &Scene) -> Result<Errand, Deviation> {
    let first = Errand::at(&scene.client, "completed").await?;
    let errand = Errand {
        runner: first.runner,
        ..Errand::available(&scene.client, "tok_visa").await?
    };
    errand.carry_to("completed").await?;
    for text in ["Thanks!", "It was good.", "Was it?"] {
        errand.customer.write(&errand.order, text).await?.is(201)?;
    }
    errand.customer.claim(&errand.order, 100).await?.is(200)?;
    Ok(errand)
}

#[tokio::test]
async fn d5_every_list_is_read_in_pages_that_end() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let boss = operator(&scene);
    let mut orders = vec![];
    for _ in 0..3 {
        orders.push(Errand::available(&scene.client, "tok_visa").await?);
    }
    for name in ["Deli", "Grill", "Bakery"] {
        let store = json!({"name": name, "place": "Hall 1"});
        boss.post("/api/stores", &store).await?.is(201)?;
    }
    for n in 0..3 {
        let event = json!({
            "event_type": "BOARD_OPEN", "entity_id": orders[0].order, "scheduled_time": "2099-01-01T00:00:00Z",
            "payload": n,
        });
        boss.post("/api/scheduled-events", &event).await?.is(201)?;
    }
    let order = &orders[0].order;
    let customer = &orders[0].customer;
    let ended = talked_and_disputed(&scene).await?;
    let of_route = |route: &'static str| (route, filled(route, order, &customer.id));
    let asked = |route: &'static str, query: &str| (route, format!("{route}?{query}"));
    let of_ended = |route: &'static str| (route, filled(route, &ended.order, &customer.id));
    let read = [
        (boss, of_route("/api/sessions")),
        (boss, of_route("/api/stores")),
        (boss, of_route("/api/orders")),
        (boss, asked("/api/orders", "available=true")),
        (customer, asked("/api/orders", "as=customer")),
        (boss, of_route("/api/orders/{id}/events")),
        (&ended.runner, of_ended("/api/orders/{id}/messages")),
        (boss, of_ended("/api/orders/{id}/disputes")),
        (boss, of_route("/api/payments")),
        (boss, asked("/api/payments", &format!("order_id={order}"))),
        (boss, asked("/api/timers", &format!("order_id={order}"))),
        (boss, of_route("/api/scheduled-events")),
        (customer, of_route("/api/notifications/user/{user_id}")),
        (boss, of_route("/api/notifications/user/{user_id}")),
        (boss, of_route("/api/ledger/accounts")),
        (
            boss,
            asked("/api/ledger/transfers", &format!("order_id={order}")),
        ),
        (boss, asked("/api/admin/sagas", "state=running")),
        (boss, asked("/api/admin/sagas", "state=stalled")),
        (boss, of_route("/api/admin/wallets")),
        (boss, of_route("/api/admin/audit")),
        (customer, of_route("/api/users/me/payouts")),
        (&ended.runner, of_route("/api/users/me/wallet")),
    ];
    let named: BTreeSet<_> = read.iter().map(|(_, (route, _))| *route).collect();
    same("the lists", named, lists(&scene, &ended).await?)?;
    for (reader, (route, path)) in read {
        // A wallet's list is a part of it.
        let within = match route {
            "/api/users/me/wallet" => "/statement",
            _ => "",
        };
        let with = |more: &str| {
            let sign = if path.contains('?') { '&' } else { '?' };
            format!("{path}{sign}{more}")
        };
        for wrong in [
            "limit=0",
            "limit=101",
            "limit=x",
            "cursor=soup",
            "colour=red",
        ] {
            let refused = reader.get(&with(wrong)).await?;
            assert_eq!(refused.status, 400, "{}", refused.asked);
        }
        let items = |page: &Body| page.list(&format!("{within}/items"));
        let whole = items(&reader.get(&with("limit=100")).await?.is(200)?)?;
        let (mut read, mut next) = (vec![], with("limit=1"));
        loop {
            let page = reader.get(&next).await?.is(200)?;
            let items = items(&page)?;
            // The limit of a history counts records, of which one may have several entries.
            let fits = match items.len() {
                0 => whole.is_empty(),
                1 => true,
                _ => path.ends_with("/events"),
            };
            assert!(fits, "{next}: {}", page.0);
            read.extend(items);
            let Ok(cursor) = page.text(&format!("{within}/next_cursor")) else {
                break;
            };
            next = with(&format!("limit=1&cursor={cursor}"));
        }
        assert_eq!(read.len(), whole.len(), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn e3_a_notice_says_what_is_known_of_it_on_each_channel() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    let (boss, ann) = (operator(&scene), &errand.customer);
    let stored = json!([{"channel": "inbox", "status": "stored"}]);

    let notice = json!({"user_id": ann.id, "title": "Hello", "message": "there"});
    let made = boss.post("/api/notifications/send", &notice).await?;
    let made = made.is(201)?;
    assert_eq!(made.0["channels"], stored);
    let inbox = format!("/api/notifications/user/{}", ann.id);
    let listed = ann.get(&inbox).await?.is(200)?;
    for notice in listed.0["items"].as_array().unwrap() {
        assert_eq!(
            (&notice["channels"], &notice["read"]),
            (&stored, &json!(false))
        );
        assert_eq!(notice.get("status"), None, "nothing was sent");
    }

    let read = format!("/api/notifications/{}/read", made.text("/id")?);
    let marked = ann.post(&read, &json!({})).await?.status;
    assert!((200..300).contains(&marked), "{marked}");
    let listed = ann.get(&inbox).await?.is(200)?;
    let mut items = listed.0["items"].as_array().unwrap().iter();
    let it = items.find(|notice| notice["id"] == made.0["id"]).unwrap();
    let delivered = json!([{"channel": "inbox", "status": "delivered"}]);
    assert_eq!((&it["channels"], &it["read"]), (&delivered, &json!(true)));
    Ok(())
}

#[tokio::test]
async fn f31_every_device_is_signed_out_page_by_page() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let (email, password) = ("nine.devices@campus.example", "right-password-2026");
    let ann = json!({"email": email, "password": password, "first_name": "Ann", "last_name": "B"});
    let ask = ApiRequest::post("/api/users", &ann);
    scene.client.send(&ask).await?.is(201)?;
    let ann = Person::sign_in(&scene.client, email, password).await?;
    for _ in 0..7 {
        Person::sign_in(&scene.client, email, password).await?;
    }
    let (mut next, mut ended) = ("/api/sessions?limit=3".to_owned(), 0);
    loop {
        let page = ann.get(&next).await?.is(200)?;
        for session in page.list("/items")? {
            if session.0["current"] == json!(false) {
                let path = format!("/api/sessions/{}", session.text("/id")?);
                let end = ApiRequest::new(reqwest::Method::DELETE, path);
                ann.send(end).await?.is(204)?;
                ended += 1;
            }
        }
        let Ok(cursor) = page.text("/next_cursor") else {
            break;
        };
        next = format!("/api/sessions?l%69mit=3&c%75rsor={cursor}");
    }
    let left = ann.get("/api/sessions").await?.is(200)?.list("/items")?;
    assert_eq!((ended, left.len()), (8, 1));
    Ok(())
}

#[tokio::test]
async fn f32_a_store_that_is_added_between_two_pages_shows_no_other_twice() -> Result<(), Deviation>
{
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let boss = operator(&scene);
    let add = async |name: String| {
        let store = json!({"name": name, "place": "Hall 7"});
        boss.post("/api/stores", &store).await?.is(201)
    };
    for n in 0..6 {
        add(format!("Early {n}")).await?;
    }
    let known = boss.get("/api/stores").await?.is(200)?.list("/items")?;
    let (mut next, mut read) = ("/api/stores?limit=2".to_owned(), vec![]);
    for n in 0.. {
        let page = boss.get(&next).await?.is(200)?;
        read.extend(page.list("/items")?.iter().map(|it| it.0["id"].clone()));
        let Ok(cursor) = page.text("/next_cursor") else {
            break;
        };
        next = format!("/api/stores?limit=2&cursor={cursor}");
        if n < 12 {
            add(format!("Late {n}")).await?;
        }
    }
    for store in &known {
        let times = read.iter().filter(|id| **id == store.0["id"]).count();
        assert_eq!(times, 1, "{}", store.0);
    }
    Ok(())
}
