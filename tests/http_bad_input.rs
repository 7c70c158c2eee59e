//! Bad input of every kind: each a clear answer that names what is wrong, none a panic, none a change.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg::walkthrough::{Ask, Errand, Person, Reply, Scene, Wish};
use common::{Options, Server, run, text, turn::shared};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};
use tempfile::TempDir;

const UNKNOWN: &str = "00000000-0000-7000-8000-000000000000";

fn options() -> Options {
    Options::virtual_clock(&[])
}

/// A change to the wish, the status, the code and the field of the refusal.
type Mistake = (&'static str, Value, u16, &'static str, &'static str);

/// Sends text as the body of a placement.
async fn send_text(person: &Person, content_type: &'static str, body: impl Into<Vec<u8>>) -> Reply {
    let ask = Ask::new(Method::POST, "/api/orders").with_bytes(content_type, body.into()).with_key("bad");
    person.send(ask).await.unwrap()
}

#[tokio::test]
async fn unknown_users_and_wrong_passwords_are_not_told_apart() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let sign_in = async |email: &str, password: &str| {
        let ask = Ask::post("/api/sessions", &json!({"email": email, "password": password}));
        scene.client.send(&ask).await.unwrap().refuses(401, "wrong_credentials").unwrap()
    };
    let unknown = sign_in(&format!("{}@campus.example", scene.client.fresh()), "not-a-password").await;
    let wrong = sign_in("operator@campus.example", "not-a-password").await;
    assert_eq!(unknown.0["detail"], wrong.0["detail"]);
    let ann = Person::register(&scene.client, "Ann").await.unwrap();
    ann.get(&format!("/api/users/{UNKNOWN}")).await.unwrap().refuses(404, "not_found").unwrap();
    ann.get("/api/users/soup").await.unwrap().refuses(404, "not_found").unwrap();
    for (body, field) in [
        (json!({"email": "ann", "password": "long enough", "first_name": "A", "last_name": "B"}), "email"),
        (json!({"email": "a@campus.example", "password": "short", "first_name": "A", "last_name": "B"}), "password"),
        (json!({"email": "a@campus.example", "password": "long enough", "first_name": " ", "last_name": "B"}), "first_name"),
    ] {
        let refused = scene.client.send(&Ask::post("/api/users", &body)).await.unwrap().refuses(422, "invalid_field").unwrap();
        assert_eq!(refused.text("/field").unwrap(), field);
    }
    ann.put("/api/users/me/payment-method", &json!({"token": "4111111111111111"})).await.unwrap().refuses(422, "invalid_field").unwrap();
}

#[tokio::test]
async fn unknown_orders_and_other_peoples_are_not_there() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "purchased").await.unwrap();
    let stranger = Person::customer(&scene.client, "Eve", "tok_visa").await.unwrap();
    let rival = Person::runner(&scene.client, "Cem").await.unwrap();
    let photo = errand.seen().await.unwrap().text("/receipt/photo_id").unwrap().to_owned();
    for order in [errand.order.as_str(), UNKNOWN, "soup", "%00"] {
        for person in [&stranger, &rival] {
            for read in ["", "/events", "/delivery-pin", "/cancellation-quote", "/receipt"] {
                person.get(&format!("/api/orders/{order}{read}")).await.unwrap().refuses(404, "not_found").unwrap();
            }
            for path in [format!("/api/payments/{order}"), format!("/api/escrow/{order}")] {
                person.get(&path).await.unwrap().refuses(404, "not_found").unwrap();
            }
            person.cancel(order, 10_000).await.unwrap().refuses(404, "not_found").unwrap();
            person.confirm(order).await.unwrap().refuses(404, "not_found").unwrap();
            person.rate(order, 5).await.unwrap().refuses(404, "not_found").unwrap();
            person.give_back(order).await.unwrap().refuses(404, "not_found").unwrap();
            person.report(order, "collected").await.unwrap().refuses(404, "not_found").unwrap();
        }
    }
    stranger.get(&format!("/api/photos/{photo}")).await.unwrap().refuses(404, "not_found").unwrap();
    stranger.get(&format!("/api/notifications/user/{}", errand.customer.id)).await.unwrap().refuses(404, "not_found").unwrap();
    assert_eq!(stranger.get("/api/orders").await.unwrap().is(200).unwrap().list("/items").unwrap().len(), 0);
}

#[tokio::test]
async fn wrong_roles_are_told_that_it_is_not_theirs_to_do() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await.unwrap();
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    ben.cancel(order, 0).await.unwrap().refuses(403, "not_allowed").unwrap();
    ben.confirm(order).await.unwrap().refuses(403, "not_allowed").unwrap();
    ben.get(&format!("/api/orders/{order}/delivery-pin")).await.unwrap().refuses(403, "not_allowed").unwrap();
    ben.get(&format!("/api/escrow/{order}")).await.unwrap().refuses(403, "not_allowed").unwrap();
    ann.report(order, "on-site").await.unwrap().refuses(403, "not_allowed").unwrap();
    ann.give_back(order).await.unwrap().refuses(403, "not_allowed").unwrap();
    for person in [ann, ben] {
        for path in ["/api/ledger/accounts", "/api/admin/sagas", "/api/admin/actors", "/api/scheduled-events"] {
            person.get(path).await.unwrap().refuses(403, "not_allowed").unwrap();
        }
        person.reassign(order).await.unwrap().refuses(403, "not_allowed").unwrap();
        person.move_clock(1).await.unwrap().refuses(403, "not_allowed").unwrap();
        let notice = json!({"user_id": ann.id, "title": "Hello", "message": "there"});
        person.post("/api/notifications/send", &notice).await.unwrap().refuses(403, "not_allowed").unwrap();
    }
    for path in ["/api/users/me", "/api/orders", "/api/orders/x", "/api/ledger/accounts", "/api/photos/x"] {
        scene.client.send(&Ask::get(path)).await.unwrap().refuses(401, "not_signed_in").unwrap();
    }
}

#[tokio::test]
async fn wrong_states_name_where_the_order_stands_and_what_fits() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "on-site").await.unwrap();
    let told = errand.runner.report(&errand.order, "collected").await.unwrap().refuses(409, "not_in_this_stage").unwrap();
    assert_eq!(told.text("/order_status").unwrap(), "on-site");
    assert_eq!(told.text("/order_id").unwrap(), errand.order);
    assert_eq!(told.0["allowed_transitions"], json!(["purchased", "cancel_acceptance"]));
    let eaten = errand.runner.report(&errand.order, "eaten").await.unwrap().refuses(400, "wrong_type").unwrap();
    assert_eq!(eaten.text("/field").unwrap(), "status");
    let completed = errand.runner.report(&errand.order, "completed").await.unwrap().refuses(422, "invalid_field").unwrap();
    assert_eq!(completed.text("/field").unwrap(), "status");
}

#[tokio::test]
async fn malformed_bodies_name_the_place_of_the_mistake() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await.unwrap();
    let told = send_text(&ann, "application/json", "{\"store\": {").await.refuses(400, "malformed_json").unwrap();
    assert_eq!((told.number("/line").unwrap(), told.number("/column").unwrap()), (1, 11));
    for body in ["", "null", "[]", "\"soup\"", "{\"store\": 1}", "\u{feff}{}"] {
        let reply = send_text(&ann, "application/json", body).await;
        assert!((400..500).contains(&reply.status), "{body}: {}", reply.summary());
        assert!(!reply.code().is_empty());
    }
    send_text(&ann, "application/json", vec![0xff, 0xfe, 0x00]).await.refuses(400, "malformed_json").unwrap();
    let deep = format!("{{\"store\": {}", "[".repeat(20_000));
    let told = send_text(&ann, "application/json", deep).await;
    assert_eq!(told.status, 400, "{}", told.summary());
    let wish = Wish::lunch().0.to_string();
    let told = send_text(&ann, "text/plain", wish.clone()).await.refuses(415, "unsupported_media_type").unwrap();
    assert!(told.text("/detail").unwrap().contains("text/plain"));
    let told = send_text(&ann, "application/json", " ".repeat(70_000) + &wish).await.refuses(413, "body_too_large").unwrap();
    assert_eq!(told.number("/limit_bytes").unwrap(), 65_536);
    let mine = ann.get("/api/orders?as=customer").await.unwrap().is(200).unwrap();
    assert_eq!(mine.list("/items").unwrap().len(), 0);
}

fn mistakes() -> Vec<Mistake> {
    let ten_thousand = json!(vec![json!({"name": "Soup", "quantity": 1, "unit_price_cents": 1}); 1_000]);
    vec![
        ("/total_cents", json!(1), 400, "unknown_field", "total_cents"),
        ("/items/0/colour", json!("red"), 400, "unknown_field", "items[0].colour"),
        ("/dropoff/floor", json!(1), 400, "unknown_field", "dropoff.floor"),
        ("/items/0/unit_price_cents", json!(-1), 400, "wrong_type", "items[0].unit_price_cents"),
        ("/items/0/unit_price_cents", json!(9.99), 400, "wrong_type", "items[0].unit_price_cents"),
        ("/items/0/unit_price_cents", json!(u64::MAX), 400, "wrong_type", "items[0].unit_price_cents"),
        ("/items/0/unit_price_cents", json!("1000"), 400, "wrong_type", "items[0].unit_price_cents"),
        ("/items/0/unit_price_cents", json!(0), 422, "invalid_field", "items[0].unit_price_cents"),
        ("/items/0/unit_price_cents", json!(1_000_000_000_000_u64), 422, "invalid_field", "items"),
        ("/items/0/quantity", json!(0), 422, "invalid_field", "items[0].quantity"),
        ("/items/0/quantity", json!(-2), 400, "wrong_type", "items[0].quantity"),
        ("/items/0/quantity", json!(4_000_000_000_u32), 422, "invalid_field", "items[0].quantity"),
        ("/items/0/name", json!(""), 422, "invalid_field", "items[0].name"),
        ("/items/0/name", json!("x".repeat(121)), 422, "invalid_field", "items[0].name"),
        ("/items/0/name", json!("so\u{0}up"), 422, "invalid_field", "items[0].name"),
        ("/items/0/substitution", json!("maybe"), 400, "wrong_type", "items[0].substitution"),
        ("/items", json!([]), 422, "invalid_field", "items"),
        ("/items", ten_thousand, 422, "invalid_field", "items"),
        ("/tip_cents", json!(-1), 400, "wrong_type", "tip_cents"),
        ("/tip_cents", json!(5_001), 422, "invalid_field", "tip_cents"),
        ("/store", json!({}), 422, "invalid_field", "store"),
        ("/store", json!({"id": UNKNOWN}), 422, "invalid_field", "store.id"),
        ("/store", json!({"name": "", "place": "x"}), 422, "invalid_field", "store.name"),
        ("/dropoff/building", json!("\n"), 422, "invalid_field", "dropoff.building"),
        ("/dropoff/handover", json!("drone"), 400, "wrong_type", "dropoff.handover"),
        ("/deliver_after", json!("tomorrow"), 400, "wrong_type", "deliver_after"),
        ("/deliver_after", json!("2999-01-01T00:00:00Z"), 422, "invalid_field", "deliver_after"),
    ]
}

/// Sets what is at a JSON pointer, making the last member if need be.
fn set(wish: &mut Value, pointer: &str, value: Value) {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    wish.pointer_mut(parent).unwrap()[member] = value;
}

#[tokio::test]
async fn wrong_fields_are_named_by_their_path() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await.unwrap();
    for (pointer, value, status, code, field) in mistakes() {
        let mut wish = Wish::lunch();
        let shown: String = value.to_string().chars().take(60).collect();
        set(&mut wish.0, pointer, value);
        for path in ["/api/orders", "/api/quotes"] {
            let reply = ann.post(path, &wish.0).await.unwrap();
            let of_price = field.starts_with("items") || field == "tip_cents" || field == "store";
            if path == "/api/quotes" && status == 422 && !of_price {
                continue;
            }
            let told = reply.refuses(status, code).unwrap_or_else(|deviation| panic!("{pointer} = {shown}: {deviation}"));
            assert_eq!(told.text("/field").unwrap(), field, "{pointer} = {shown}");
        }
    }
    let mine = ann.get("/api/orders?as=customer").await.unwrap().is(200).unwrap();
    assert_eq!(mine.list("/items").unwrap().len(), 0);
}

#[tokio::test]
async fn ten_thousand_items_are_too_large_a_body_and_too_many_items() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await.unwrap();
    let mut wish = Wish::lunch();
    wish.0["items"] = json!(vec![json!({"name": "S", "quantity": 1, "unit_price_cents": 1}); 10_000]);
    ann.place(&wish).await.unwrap().refuses(413, "body_too_large").unwrap();
    wish.0["items"] = json!(vec![json!({"name": "S", "quantity": 1, "unit_price_cents": 1}); 51]);
    let told = ann.place(&wish).await.unwrap().refuses(422, "invalid_field").unwrap();
    assert_eq!(told.text("/detail").unwrap(), "items must have at most 50 entries");
}

#[tokio::test]
async fn keys_are_asked_for_and_checked() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await.unwrap();
    let place = Ask::post("/api/orders", &Wish::lunch().0);
    ann.send(place.clone()).await.unwrap().refuses(400, "idempotency_key_required").unwrap();
    for key in ["", "a b", &"x".repeat(256)] {
        ann.send(place.clone().with_key(key)).await.unwrap().refuses(400, "invalid_idempotency_key").unwrap();
    }
    for (path, code) in [
        ("/api/orders?limit=0", "invalid_query"),
        ("/api/orders?limit=101", "invalid_query"),
        ("/api/orders?limit=-1", "invalid_query"),
        ("/api/orders?status=eaten", "invalid_query"),
        ("/api/orders?colour=red", "invalid_query"),
        ("/api/orders?cursor=soup", "invalid_cursor"),
        ("/api/timers", "invalid_query"),
    ] {
        ann.get(path).await.unwrap().refuses(400, code).unwrap();
    }
    ann.get("/api/nothing").await.unwrap().refuses(404, "no_such_route").unwrap();
    ann.put("/api/orders", &json!({})).await.unwrap().refuses(405, "method_not_allowed").unwrap();
}

/// Sends a request's head and nothing else; answers what comes back until the server has said all, or waits no longer.
fn answer_to(address: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let (mut told, mut buffer) = (vec![], [0; 4_096]);
    while !told.ends_with(b"}") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => told.extend_from_slice(&buffer[..read]),
        }
    }
    String::from_utf8_lossy(&told).into_owned()
}

#[tokio::test]
async fn photos_are_looked_at_before_they_are_kept() {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ben = Person::runner(&scene.client, "Ben").await.unwrap();
    let upload = async |content_type: &'static str, bytes: Vec<u8>| {
        ben.send(Ask::new(Method::POST, "/api/photos").with_bytes(content_type, bytes)).await.unwrap()
    };
    let told = upload("image/png", b"<script>alert(1)</script>".to_vec()).await;
    assert!((400..500).contains(&told.status), "{}", told.summary());
    let half = campusg::walkthrough::photo::picture("half")[..40].to_vec();
    assert!((400..500).contains(&upload("image/png", half).await.status));
    upload("application/json", b"{}".to_vec()).await.refuses(415, "unsupported_media_type").unwrap();
    let head = format!(
        "POST /api/photos HTTP/1.1\r\nhost: campus\r\nauthorization: Bearer {}\r\ncontent-type: image/png\r\ncontent-length: {}\r\n\r\n",
        ben.token(),
        6 << 20,
    );
    let told = answer_to(turn.server.address(), &head);
    assert!(told.starts_with("HTTP/1.1 413 ") && told.contains("body_too_large"), "{told}");
}

#[tokio::test]
async fn the_server_is_as_well_after_all_of_it() {
    let turn = shared(options).await;
    let scene: Scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "completed").await.unwrap();
    errand.money().await.unwrap().is(0, 2_749, 2_749, 0).unwrap();
    assert!(!turn.server.log().contains("panicked"), "{}", turn.server.log());
}

// ------------------------------------------------------------------------------------------------------ the data folder

/// A folder with a journal in it, left by a server that was stopped.
async fn used_folder() -> Server {
    let mut server = Server::start(Options::default());
    let client = server.client();
    for _ in 0..3 {
        Errand::at(&client, "completed").await.unwrap();
    }
    server.stop();
    server
}

/// Starts a server that has to refuse; answers what it says.
fn refused(arguments: &[&str]) -> String {
    let Output { status, stderr, stdout } = run(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
    let (said, told) = (String::from_utf8(stderr).unwrap(), String::from_utf8(stdout).unwrap());
    assert!(!status.success() && status.code().is_some(), "{status}: {said}");
    assert!(!said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{said}");
    assert!(!told.contains("listening on"), "{told}");
    said
}

#[tokio::test]
async fn a_data_folder_in_use_is_refused() {
    let server = Server::start(Options::default());
    let said = refused(&["--data", text(&server.data())]);
    assert!(said.contains("in use") && said.contains(text(&server.data())), "{said}");
    let health = server.client().send(&Ask::get("/health/ready")).await.unwrap();
    health.is(200).unwrap();
}

#[test]
fn an_unwritable_data_folder_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    for data in [file.clone(), file.join("below")] {
        let said = refused(&["--data", text(&data)]);
        assert!(said.contains(text(&data)), "{said}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a folder");
}

/// The oldest segment of a journal.
fn segment(data: &Path) -> PathBuf {
    let segments = fs::read_dir(data.join("journal")).unwrap();
    let mut paths: Vec<PathBuf> = segments.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| fs::metadata(path).unwrap().len() > 4_096);
    paths.sort();
    paths.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_damaged_journal_is_refused_with_its_place() {
    let server = used_folder().await;
    let segment = segment(&server.data());
    let mut bytes = fs::read(&segment).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[used / 2] ^= 0x40;
    fs::write(&segment, &bytes).unwrap();
    let damaged = |said: &str| {
        assert!(said.contains("damaged") && said.contains(text(&segment)), "{said}");
        assert!(said.contains("offset") || said.contains("sequence"), "{said}");
    };
    damaged(&refused(&["--data", text(&server.data())]));
    let verified = run(&["verify", "--data", text(&server.data())]);
    assert!(!verified.status.success());
    let said = [verified.stdout, verified.stderr].concat();
    damaged(&String::from_utf8(said).unwrap());
    assert_eq!(fs::read(&segment).unwrap(), bytes, "what is damaged is left as it is");
}

#[tokio::test]
async fn a_folder_of_a_newer_version_is_refused() {
    let server = used_folder().await;
    let format = server.data().join("format");
    fs::write(&format, "campusg data 9\n").unwrap();
    let said = refused(&["--data", text(&server.data())]);
    assert!(said.contains("newer version") && said.contains(text(&format)) && said.contains('9'), "{said}");
    fs::write(&format, "soup\n").unwrap();
    let said = refused(&["--data", text(&server.data())]);
    assert!(said.contains("damaged") && said.contains(text(&format)), "{said}");
}

#[test]
fn a_misspelt_or_impossible_setting_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    for (set, key) in [
        ("policy.order_timout_ms=1", "policy.order_timout_ms"),
        ("polcy.order_timeout_ms=1", "polcy"),
        ("policy.order_timeout_ms=soon", "policy.order_timeout_ms"),
        ("policy.platform_fee_cents=100000", "policy.platform_fee_cents"),
        ("gateway.address=10.0.0.1:1", "gateway.address"),
        ("server.buffer_bytes=1", "server.buffer_bytes"),
    ] {
        let said = refused(&["--data", text(&data), "--set", set]);
        assert!(said.contains(key), "{set}: {said}");
    }
    assert!(!data.exists(), "nothing is made before the settings are right");
    let config = folder.path().join("campusg.toml");
    fs::write(&config, "[policy\npin_tries = 3\n").unwrap();
    let said = refused(&["--data", text(&data), "--config", text(&config)]);
    assert!(said.contains(text(&config)), "{said}");
}

#[test]
fn an_address_in_use_is_refused() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let said = run(&["serve", "--listen", &address, "--data", text(&data)]);
    let said = (said.status.success(), String::from_utf8(said.stderr).unwrap());
    assert!(!said.0 && said.1.contains(&address), "{}", said.1);
}

#[test]
fn verifying_an_empty_folder_is_refused() {
    let folder = TempDir::new().unwrap();
    let verified = run(&["verify", "--data", text(folder.path())]);
    assert!(!verified.status.success());
    let said = String::from_utf8(verified.stderr).unwrap();
    assert!(said.contains(text(folder.path())), "{said}");
}
