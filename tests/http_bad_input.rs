//! Bad input of every kind: each a clear answer that names what is wrong, none a panic, none a change.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::request::Progress;
use campusg_client::{ApiRequest, Deviation, Person, Reply, Wish};
use campusg_robots::walkthrough::{Errand, Scene};
use common::raw::{AsWritten as _, written};
use common::{Options, Server, operator, turn::shared};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// Most bytes of a body that is no photo.
const LARGEST_BODY: usize = 65_536;
const UNKNOWN: &str = "00000000-0000-7000-8000-000000000000";

fn options() -> Options {
    Options::virtual_clock(&[])
}

/// A change to the wish, the status, the code and the field of the refusal.
type Mistake = (&'static str, Value, u16, &'static str, &'static str);

/// Sends text as the body of a placement.
async fn send_text(person: &Person, content_type: &'static str, body: impl Into<Vec<u8>>) -> Reply {
    let ask = ApiRequest::new(Method::POST, "/api/orders")
        .with_bytes(content_type, body.into())
        .with_key("bad");
    person.send(ask).await.unwrap()
}

#[tokio::test]
async fn unknown_users_and_wrong_passwords_are_not_told_apart() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let sign_in = async |email: &str, password: &str| {
        let ask = ApiRequest::post(
            "/api/sessions",
            &json!({"email": email, "password": password}),
        );
        scene
            .client
            .send(&ask)
            .await?
            .refuses(401, "wrong_credentials")
    };
    let unknown = sign_in(
        &format!("{}@campus.example", scene.client.fresh()),
        "not-a-password",
    )
    .await?;
    let wrong = sign_in("operator@campus.example", "not-a-password").await?;
    assert_eq!(unknown.0["detail"], wrong.0["detail"]);
    let ann = Person::register(&scene.client, "Ann").await?;
    ann.get(&format!("/api/users/{UNKNOWN}"))
        .await?
        .refuses(404, "not_found")?;
    ann.get("/api/users/soup")
        .await?
        .refuses(404, "not_found")?;
    for (body, field) in [
        (
            json!({"email": "ann", "password": "long enough", "first_name": "A", "last_name": "B"}),
            "email",
        ),
        (
            json!({"email": "a@campus.example", "password": "short", "first_name": "A", "last_name": "B"}),
            "password",
        ),
        (
            json!({"email": "a@campus.example", "password": "long enough", "first_name": " ", "last_name": "B"}),
            "first_name",
        ),
    ] {
        let refused = scene
            .client
            .send(&ApiRequest::post("/api/users", &body))
            .await?
            .refuses(422, "invalid_field")?;
        assert_eq!(refused.text("/field")?, field);
    }
    ann.put(
        "/api/users/me/payment-method",
        &json!({"token": "4111111111111111"}),
    )
    .await?
    .refuses(422, "invalid_field")?;
    Ok(())
}

#[tokio::test]
async fn unknown_orders_and_other_peoples_are_not_there() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "purchased").await?;
    let stranger = Person::customer(&scene.client, "Eve", "tok_visa").await?;
    let rival = Person::runner(&scene.client, "Cem").await?;
    let photo = errand.receipt_photo().await?;
    for order in [errand.order.as_str(), UNKNOWN, "soup", "%00"] {
        for person in [&stranger, &rival] {
            for read in [
                "",
                "/events",
                "/delivery-pin",
                "/cancellation-quote",
                "/receipt",
            ] {
                person
                    .get(&format!("/api/orders/{order}{read}"))
                    .await?
                    .refuses(404, "not_found")?;
            }
            for path in [
                format!("/api/payments/{order}"),
                format!("/api/escrow/{order}"),
            ] {
                person.get(&path).await?.refuses(404, "not_found")?;
            }
            person
                .cancel(order, 10_000)
                .await?
                .refuses(404, "not_found")?;
            person.confirm(order).await?.refuses(404, "not_found")?;
            person.rate(order, 5).await?.refuses(404, "not_found")?;
            person.give_back(order).await?.refuses(404, "not_found")?;
            person
                .report(order, &Progress::Collected)
                .await?
                .refuses(404, "not_found")?;
        }
    }
    stranger
        .get(&format!("/api/photos/{photo}"))
        .await?
        .refuses(404, "not_found")?;
    stranger
        .get(&format!("/api/notifications/user/{}", errand.customer.id))
        .await?
        .refuses(404, "not_found")?;
    assert_eq!(
        stranger
            .get("/api/orders")
            .await?
            .is(200)?
            .list("/items")?
            .len(),
        0
    );
    Ok(())
}

#[tokio::test]
async fn wrong_roles_are_told_that_it_is_not_theirs_to_do() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    ben.cancel(order, 0).await?.refuses(403, "not_allowed")?;
    ben.confirm(order).await?.refuses(403, "not_allowed")?;
    ben.get(&format!("/api/orders/{order}/delivery-pin"))
        .await?
        .refuses(403, "not_allowed")?;
    ben.get(&format!("/api/escrow/{order}"))
        .await?
        .refuses(403, "not_allowed")?;
    ann.report(order, &Progress::OnSite)
        .await?
        .refuses(403, "not_allowed")?;
    ann.give_back(order).await?.refuses(403, "not_allowed")?;
    for person in [ann, ben] {
        for path in [
            "/api/ledger/accounts",
            "/api/admin/sagas",
            "/api/admin/actors",
            "/api/scheduled-events",
        ] {
            person.get(path).await?.refuses(403, "not_allowed")?;
        }
        person.reassign(order).await?.refuses(403, "not_allowed")?;
        person.move_clock(1).await?.refuses(403, "not_allowed")?;
        let notice = json!({"user_id": ann.id, "title": "Hello", "message": "there"});
        person
            .post("/api/notifications/send", &notice)
            .await?
            .refuses(403, "not_allowed")?;
    }
    for path in [
        "/api/users/me",
        "/api/orders",
        "/api/orders/x",
        "/api/ledger/accounts",
        "/api/photos/x",
    ] {
        scene
            .client
            .send(&ApiRequest::get(path))
            .await?
            .refuses(401, "not_signed_in")?;
    }
    let says = async |ask: ApiRequest, words: &str| {
        let told = scene.client.send(&ask).await?;
        let told = told.refuses(401, "not_signed_in")?;
        let detail = told.text("/detail")?;
        assert!(detail.contains(words), "{detail}");
        Ok::<_, Deviation>(())
    };
    let me = || ApiRequest::get("/api/users/me");
    says(me(), "send the token").await?;
    says(me().with_token("long gone"), "has ended").await?;
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_to_serve_a_request_is_named() -> Result<(), Deviation> {
    let nobody = ["sandbox.address=127.0.0.1:1"];
    let server = Server::start(Options {
        virtual_clock: false,
        set: nobody.map(Into::into).into(),
    });
    let scene = server.scene().await;
    let ann = Person::register(&scene.client, "Ann").await?;
    let card = json!({"token": "tok_visa"});
    let told = ann.put("/api/users/me/payment-method", &card).await?;
    let told = told.refuses(503, "busy")?;
    assert!(told.text("/detail")?.contains("payment gateway"));
    let told = operator(&scene).move_clock(1).await?;
    let told = told.refuses(404, "not_found")?;
    assert!(told.text("/detail")?.contains("--virtual-clock"));
    for query in ["", "?approve=perhaps", "?approve=true&twice=true"] {
        let path = format!("/sandbox/confirm/order:1/authorize/1{query}");
        let page = scene
            .client
            .send(&ApiRequest::new(Method::POST, path))
            .await?;
        let text = String::from_utf8_lossy(&page.bytes).into_owned();
        assert!(page.status == 400 && text.contains("<main>"), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn wrong_states_name_where_the_order_stands_and_what_fits() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "on-site").await?;
    let told = errand
        .runner
        .report(&errand.order, &Progress::Collected)
        .await?
        .refuses(409, "not_in_this_stage")?;
    assert_eq!(told.text("/order_status")?, "on-site");
    assert_eq!(told.text("/order_id")?, errand.order);
    assert_eq!(
        told.0["allowed_transitions"],
        json!([
            "cancel_acceptance",
            "message",
            "problem",
            "propose",
            "purchased"
        ])
    );
    let eaten = errand
        .runner
        .status_raw(&errand.order, &json!({"status": "eaten"}))
        .await?
        .refuses(400, "wrong_type")?;
    assert_eq!(eaten.text("/field")?, "status");
    let completed = errand
        .runner
        .status_raw(&errand.order, &json!({"status": "completed"}))
        .await?
        .refuses(422, "invalid_field")?;
    assert_eq!(completed.text("/field")?, "status");
    Ok(())
}

#[tokio::test]
async fn malformed_bodies_name_the_place_of_the_mistake() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let told = send_text(&ann, "application/json", "{\"store\": {")
        .await
        .refuses(400, "malformed_json")?;
    assert_eq!((told.number("/line")?, told.number("/column")?), (1, 11));
    for body in ["", "null", "[]", "\"soup\"", "{\"store\": 1}", "\u{feff}{}"] {
        let reply = send_text(&ann, "application/json", body).await;
        assert!(
            (400..500).contains(&reply.status),
            "{body}: {}",
            reply.summary()
        );
        assert!(!reply.code().is_empty());
    }
    send_text(&ann, "application/json", vec![0xff, 0xfe, 0x00])
        .await
        .refuses(400, "malformed_json")?;
    let deep = format!("{{\"store\": {}", "[".repeat(20_000));
    let told = send_text(&ann, "application/json", deep).await;
    assert_eq!(told.status, 400, "{}", told.summary());
    let wish = written(&Wish::lunch()).to_string();
    let told = send_text(&ann, "text/plain", wish)
        .await
        .refuses(415, "unsupported_media_type")?;
    assert!(told.text("/detail")?.contains("text/plain"));
    let mine = ann.get("/api/orders?as=customer").await?.is(200)?;
    assert_eq!(mine.list("/items")?.len(), 0);
    Ok(())
}

fn mistakes() -> Vec<Mistake> {
    let ten_thousand = json!(vec![
        json!({"name": "Soup", "quantity": 1, "unit_price_cents": 1});
        1_000
    ]);
    vec![
        (
            "/total_cents",
            json!(1),
            400,
            "unknown_field",
            "total_cents",
        ),
        (
            "/items/0/colour",
            json!("red"),
            400,
            "unknown_field",
            "items[0].colour",
        ),
        (
            "/dropoff/floor",
            json!(1),
            400,
            "unknown_field",
            "dropoff.floor",
        ),
        (
            "/items/0/unit_price_cents",
            json!(-1),
            400,
            "wrong_type",
            "items[0].unit_price_cents",
        ),
        (
            "/items/0/unit_price_cents",
            json!(9.99),
            400,
            "wrong_type",
            "items[0].unit_price_cents",
        ),
        (
            "/items/0/unit_price_cents",
            json!(u64::MAX),
            400,
            "wrong_type",
            "items[0].unit_price_cents",
        ),
        (
            "/items/0/unit_price_cents",
            json!("1000"),
            400,
            "wrong_type",
            "items[0].unit_price_cents",
        ),
        (
            "/items/0/unit_price_cents",
            json!(0),
            422,
            "invalid_field",
            "items",
        ),
        (
            "/items/0/unit_price_cents",
            json!(1_000_000_000_000_u64),
            422,
            "invalid_field",
            "items",
        ),
        (
            "/items/0/quantity",
            json!(0),
            422,
            "invalid_field",
            "items[0].quantity",
        ),
        (
            "/items/0/quantity",
            json!(-2),
            400,
            "wrong_type",
            "items[0].quantity",
        ),
        (
            "/items/0/quantity",
            json!(4_000_000_000_u32),
            422,
            "invalid_field",
            "items[0].quantity",
        ),
        (
            "/items/0/name",
            json!(""),
            422,
            "invalid_field",
            "items[0].name",
        ),
        (
            "/items/0/name",
            json!("x".repeat(121)),
            422,
            "invalid_field",
            "items[0].name",
        ),
        (
            "/items/0/name",
            json!("so\u{0}up"),
            422,
            "invalid_field",
            "items[0].name",
        ),
        (
            "/items/0/substitution",
            json!("maybe"),
            400,
            "wrong_type",
            "items[0].substitution",
        ),
        ("/items", json!([]), 422, "invalid_field", "items"),
        ("/items", ten_thousand, 422, "invalid_field", "items"),
        ("/tip_cents", json!(-1), 400, "wrong_type", "tip_cents"),
        (
            "/tip_cents",
            json!(5_001),
            422,
            "invalid_field",
            "tip_cents",
        ),
        ("/store", json!({}), 422, "invalid_field", "store"),
        (
            "/store",
            json!({"id": UNKNOWN}),
            422,
            "invalid_field",
            "store.id",
        ),
        (
            "/store",
            json!({"name": "", "place": "x"}),
            422,
            "invalid_field",
            "store.name",
        ),
        (
            "/dropoff/building",
            json!("\n"),
            422,
            "invalid_field",
            "dropoff.building",
        ),
        (
            "/dropoff/handover",
            json!("drone"),
            400,
            "wrong_type",
            "dropoff.handover",
        ),
        (
            "/deliver_after",
            json!("tomorrow"),
            400,
            "wrong_type",
            "deliver_after",
        ),
        (
            "/deliver_after",
            json!("2999-01-01T00:00:00Z"),
            422,
            "invalid_field",
            "deliver_after",
        ),
    ]
}

/// Sets what is at a JSON pointer, making the last member if need be.
fn set(wish: &mut Value, pointer: &str, value: Value) {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    wish.pointer_mut(parent).unwrap()[member] = value;
}

#[tokio::test]
async fn wrong_fields_are_named_by_their_path() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    for (pointer, value, status, code, field) in mistakes() {
        let mut wish = written(&Wish::lunch());
        let shown: String = value.to_string().chars().take(60).collect();
        set(&mut wish, pointer, value);
        for path in ["/api/orders", "/api/quotes"] {
            let reply = ann.post(path, &wish).await?;
            let of_price = field.starts_with("items") || field == "tip_cents" || field == "store";
            if path == "/api/quotes" && status == 422 && !of_price {
                continue;
            }
            let told = reply
                .refuses(status, code)
                .unwrap_or_else(|deviation| panic!("{pointer} = {shown}: {deviation}"));
            assert_eq!(told.text("/field")?, field, "{pointer} = {shown}");
        }
    }
    let mine = ann.get("/api/orders?as=customer").await?.is(200)?;
    assert_eq!(mine.list("/items")?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn ten_thousand_items_are_too_large_a_body_and_51_are_too_many() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let item = json!({"name": "S", "quantity": 1, "unit_price_cents": 1});
    let mut wish = written(&Wish::lunch());
    wish["items"] = json!(vec![item.clone(); 10_000]);
    let told = refused_by_its_length(
        &ann,
        "/api/orders",
        "application/json",
        (wish.to_string().len(), LARGEST_BODY + 1),
    );
    assert!(told.contains("\"limit_bytes\":65536"), "{told}");
    wish["items"] = json!(vec![item; 51]);
    let told = ann.place_raw(&wish).await?.refuses(422, "invalid_field")?;
    assert_eq!(told.text("/detail")?, "items must have at most 50 entries");
    Ok(())
}

#[tokio::test]
async fn keys_are_asked_for_and_checked() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let place = ApiRequest::post("/api/orders", &Wish::lunch());
    ann.send(place.clone())
        .await?
        .refuses(400, "idempotency_key_required")?;
    for key in ["", "a b", &"x".repeat(256)] {
        ann.send(place.clone().with_key(key))
            .await?
            .refuses(400, "invalid_idempotency_key")?;
    }
    for (path, field) in [
        ("/api/orders?limit=0", "limit"),
        ("/api/orders?limit=101", "limit"),
        ("/api/orders?limit=-1", "limit"),
        ("/api/orders?limit=ten", "limit"),
        ("/api/orders?limit=", "limit"),
        ("/api/orders?limit=1&limit=2", "limit"),
        ("/api/orders?status=eaten", "status"),
        ("/api/orders?as=cook", "as"),
        ("/api/orders?available=perhaps", "available"),
        ("/api/orders?colour=red", "colour"),
        ("/api/timers", "order_id"),
        ("/api/timers?order_id=soup", "order_id"),
        ("/api/payments?order_id=soup", "order_id"),
    ] {
        let told = ann.get(path).await?.refuses(400, "invalid_query")?;
        assert_eq!(told.text("/field")?, field, "{path}: {}", told.0);
    }
    let forged = ann.get("/api/orders?cursor=soup").await?;
    forged.refuses(400, "invalid_cursor")?;
    ann.put("/api/orders", &json!({}))
        .await?
        .refuses(405, "method_not_allowed")?;
    Ok(())
}

#[tokio::test]
async fn an_unknown_path_is_answered_with_a_problem() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let nothing = turn
        .server
        .client()
        .send(&ApiRequest::get("/api/nothing"))
        .await?;
    nothing.refuses(404, "no_such_route").map(drop)
}

/// Announces a body of this length and sends this much of it, no more than the server reads: whether its answer comes
/// before the connection breaks would else be left to chance. Answers the refusal.
fn refused_by_its_length(
    person: &Person,
    path: &str,
    kind: &str,
    (length, sent): (usize, usize),
) -> String {
    let address = person.client().address();
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let token = person.token();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: campus\r\nauthorization: Bearer {token}\r\nidempotency-key: long\r\n\
         content-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&vec![b' '; sent]).unwrap();
    let (mut told, mut buffer) = (vec![], [0; 4_096]);
    while !told.ends_with(b"}") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => told.extend_from_slice(&buffer[..read]),
        }
    }
    let told = String::from_utf8_lossy(&told).into_owned();
    assert!(
        told.starts_with("HTTP/1.1 413 ") && told.contains("\"body_too_large\""),
        "{told}"
    );
    told
}

#[tokio::test]
async fn photos_are_looked_at_before_they_are_kept() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ben = Person::runner(&scene.client, "Ben").await?;
    let upload = async |content_type: &'static str, bytes: Vec<u8>| {
        ben.send(ApiRequest::new(Method::POST, "/api/photos").with_bytes(content_type, bytes))
            .await
    };
    let told = upload("image/png", b"<script>alert(1)</script>".to_vec()).await?;
    assert!((400..500).contains(&told.status), "{}", told.summary());
    let half = campusg_client::photo::picture("half")[..40].to_vec();
    assert!((400..500).contains(&upload("image/png", half).await?.status));
    let mut broken = campusg_client::photo::picture("broken");
    let checksum = broken.len() - 16;
    broken[checksum] ^= 1;
    let told = upload("image/png", broken).await?;
    assert_eq!(told.refuses(422, "invalid_field")?.text("/field")?, "photo");
    let whole = campusg_client::photo::picture("whole");
    upload("image/png", whole).await?.is(201)?;
    upload("application/json", b"{}".to_vec())
        .await?
        .refuses(415, "unsupported_media_type")?;
    refused_by_its_length(&ben, "/api/photos", "image/png", (6 << 20, 0));
    Ok(())
}

#[tokio::test]
async fn the_server_is_as_well_after_all_of_it() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene: Scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "completed").await?;
    errand.money().await?.is(0, 2_749, 2_749, 0)?;
    assert!(
        !turn.server.log().contains("panicked"),
        "{}",
        turn.server.log()
    );
    Ok(())
}
