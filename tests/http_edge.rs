//! The edge against people who mean harm: a runner who was let go, many guesses at once, names that nobody can read,
//! histories without an end, heads that two readers take for two things.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Body, Deviation, Person, Reply, Wish};
use campusg_http::routes;
use campusg_robots::walkthrough::Errand;
use common::raw::{AsWritten as _, written};
use common::{Options, operator, turn::shared};
use serde_json::json;
use std::{
    io::{Read, Write},
    net::TcpStream,
};

fn options() -> Options {
    Options::virtual_clock(&[])
}

/// Commands an order under a key that can be used again.
async fn command(
    person: &Person,
    path: &str,
    body: &serde_json::Value,
) -> Result<Reply, Deviation> {
    let key = path.replace('/', "-");
    person
        .send(ApiRequest::post(path, body).with_key(key))
        .await
}

/// Where the food goes, as the customer wrote it; nothing but the bound runner may see it.
const PERSONAL: [&str; 2] = ["\"215\"", "Ring twice."];

fn shows_where(body: &Body) -> bool {
    let text = body.0.to_string();
    PERSONAL.iter().any(|personal| text.contains(personal))
}

#[tokio::test]
async fn a_former_runner_sees_no_more_by_repeating_a_command() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let (ben, order) = (&errand.runner, &errand.order);
    let of_order = |what: &str| format!("/api/orders/{order}/{what}");
    let commands = [
        (of_order("accept"), json!({})),
        (of_order("status"), json!({"status": "on-site"})),
        (of_order("cancel-acceptance"), json!({})),
    ];
    for (path, body) in &commands[..2] {
        let first = command(ben, path, body).await?.is(200)?;
        assert!(first.says("/view", "runner") && shows_where(&first));
        let again = command(ben, path, body).await?.is(200)?;
        assert_eq!(
            again, first,
            "while he is bound, a repeat is the answer again"
        );
    }
    let (path, body) = &commands[2];
    command(ben, path, body).await?.is(200)?;
    // Now the order is on the board, then another's, then over: in none of it is he its runner.
    let cem = Person::runner(&scene.client, "Cem").await?;
    for bound in [false, true] {
        if bound {
            cem.accept(order).await?.is(200)?;
        }
        for (path, body) in &commands {
            let again = command(ben, path, body).await?;
            assert_eq!(again.header("idempotency-replayed"), Some("true"), "{path}");
            let again = again.is(200)?;
            assert!(
                again.says("/view", "former_runner"),
                "{path}: {:?}",
                again.0
            );
            assert!(!shows_where(&again), "{path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn d2_a_tag_changes_with_all_that_is_shown() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    let (ann, ben) = (&errand.customer, &errand.runner);
    let path = format!("/api/orders/{}", errand.order);
    let read = async |person: &Person, tag: &str| {
        let ask = ApiRequest::get(&path).with_header("if-none-match", tag);
        person.send(ask).await
    };
    let rename = async |person: &Person| {
        let name = json!({"first_name": format!("{}a", person.name)}).to_string();
        let ask = ApiRequest::new(reqwest::Method::PATCH, "/api/users/me");
        let ask = ask.with_bytes("application/json", name);
        person.send(ask).await?.is(200)
    };
    // The runner's name is shown to the customer, and the other way round.
    for (reader, other) in [(ann, ben), (ben, ann)] {
        let first = read(reader, "\"0\"").await?;
        let tag = first.header("etag").unwrap().to_owned();
        let version = first.body.number("/version")?;
        assert!(tag.starts_with(&format!("\"{version}-")), "{tag}");
        let same = read(reader, &tag).await?;
        assert_eq!(
            (same.status, same.header("etag")),
            (304, Some(tag.as_str()))
        );
        assert!(same.bytes.is_empty());
        rename(other).await?;
        let changed = read(reader, &tag).await?;
        assert_ne!(changed.header("etag"), Some(tag.as_str()));
        let changed = changed.is(200)?;
        assert_eq!(
            changed.number("/version")?,
            version,
            "no record of the order"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_history_is_read_in_pages() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "completed").await?;
    errand.until_collection("collected").await?;
    let first = format!("/api/orders/{}/events", errand.order);
    let read = async |path: &str| errand.customer.get(path).await?.is(200);
    let whole = read(&first).await?;
    assert!(whole.text("/next_cursor").is_err(), "it is short");
    let (mut paged, mut pages, mut path) = (vec![], 0, format!("{first}?limit=2"));
    loop {
        let page = read(&path).await?;
        paged.extend(page.list("/items")?);
        pages += 1;
        let Ok(next) = page.text("/next_cursor") else {
            break;
        };
        path = format!("{first}?limit=2&cursor={next}");
    }
    assert_eq!(paged, whole.list("/items")?);
    assert!(pages > 2, "{pages} pages");
    for query in ["limit=0", "limit=101", "cursor=x", "page=1"] {
        let refused = errand.customer.get(&format!("{first}?{query}")).await?;
        assert_eq!(refused.status, 400, "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn guesses_at_once_are_no_more_than_guesses_one_by_one() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let email = format!("{}@campus.example", scene.client.fresh());
    let guess = || async {
        let body = json!({"email": email, "password": "not-a-password"});
        scene
            .client
            .send(&ApiRequest::post("/api/sessions", &body))
            .await
    };
    let replies = futures_util::future::join_all((0..20).map(|_| guess())).await;
    let told = |status: u16| {
        let replies = replies.iter().flatten();
        replies.filter(|reply| reply.status == status).count()
    };
    assert_eq!((told(401), told(429)), (5, 15));
    guess().await?.refuses(429, "too_many_attempts")?;
    Ok(())
}

#[tokio::test]
async fn names_that_nobody_can_read_are_refused() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let operator = common::operator(&scene);
    for name in [
        "\u{200B}\u{2060}",
        "Ann\u{202E}nnA",
        "\u{2066}Deli\u{2069}",
        "A\u{200B}nn",
        "\u{FEFF}Ann",
        "Ann\u{2028}Operator",
        "Ann\u{2029}Operator",
        "Ann\nOperator",
    ] {
        let patch = |body: serde_json::Value| {
            ApiRequest::new(reqwest::Method::PATCH, "/api/users/me")
                .with_bytes("application/json", body.to_string())
        };
        for field in ["first_name", "last_name"] {
            let refused = ann.send(patch(json!({field: name}))).await?;
            assert_eq!(
                refused.refuses(422, "invalid_field")?.text("/field")?,
                field
            );
        }
        for field in ["name", "place"] {
            let mut store = json!({"name": "Deli", "place": "North"});
            store[field] = json!(name);
            let refused = operator.post("/api/stores", &store).await?;
            assert_eq!(
                refused.refuses(422, "invalid_field")?.text("/field")?,
                field
            );
        }
        for (pointer, field) in [
            ("/items/0/name", "items[0].name"),
            ("/store/name", "store.name"),
            ("/store/place", "store.place"),
            ("/dropoff/building", "dropoff.building"),
        ] {
            let mut wish = written(&Wish::lunch());
            *wish.pointer_mut(pointer).unwrap() = json!(name);
            let refused = ann.place_raw(&wish).await?.refuses(422, "invalid_field")?;
            assert_eq!(refused.text("/field")?, field);
        }
    }
    Ok(())
}

#[tokio::test]
async fn two_spellings_of_an_address_are_one_account() -> Result<(), Deviation> {
    let domains = ["server.email_domains=[campus.example, \"M\u{fc}nchen.example\"]"];
    let server = common::Server::start(Options::virtual_clock(&domains));
    let scene = server.scene().await;
    let send = async |path: &str, email: &str| {
        let body = json!({"email": email, "password": "correct horse", "first_name": "A", "last_name": "B"});
        let body = if path == "/api/users" {
            body
        } else {
            json!({"email": email, "password": "correct horse"})
        };
        scene.client.send(&ApiRequest::post(path, &body)).await
    };
    for (first, others) in [
        (
            "jos\u{e9}@campus.example",
            ["jose\u{301}@campus.example", "JOS\u{c9}@CAMPUS.example"],
        ),
        (
            "a@m\u{fc}nchen.example",
            [
                "a@xn--mnchen-3ya.example",
                "\u{ff41}@Mu\u{308}nchen.example",
            ],
        ),
    ] {
        send("/api/users", first).await?.is(201)?;
        for other in others {
            send("/api/users", other)
                .await?
                .refuses(409, "email_taken")?;
            send("/api/sessions", other).await?.is(201)?;
        }
    }
    for hidden in "\u{200B}\u{200D}\u{AD}\u{FEFF}\u{202E}\u{3164}\u{2028}".chars() {
        for email in [
            format!("ad{hidden}a@campus.example"),
            format!("{hidden}@campus.example"),
            format!("ada@campus{hidden}.example"),
        ] {
            let refused = send("/api/users", &email).await?;
            let refused = refused.refuses(422, "invalid_field")?;
            assert_eq!(refused.text("/field")?, "email", "{email:?}");
        }
    }
    let elsewhere = send("/api/users", "ada@campus.example.evil.example").await?;
    assert!(
        elsewhere
            .refuses(422, "invalid_field")?
            .text("/detail")?
            .contains("@campus.example")
    );
    Ok(())
}

#[tokio::test]
async fn f44_two_lines_of_what_has_one_value_are_refused() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let ben = Person::runner(&scene.client, "Ben").await?;
    let of_ben = format!("Bearer {}", ben.token());
    for second in [of_ben.as_str(), "Bearer wrong", ""] {
        let ask = ApiRequest::get("/api/users/me").with_header("authorization", second);
        let told = ann.send(ask).await?.refuses(400, "repeated_header")?;
        assert_eq!(told.text("/header")?, "authorization");
    }
    let name = json!({"first_name": "Bea"}).to_string();
    let ask = ApiRequest::new(reqwest::Method::PATCH, "/api/users/me");
    let ask = ask.with_bytes("application/json", name);
    for (header, value, status, code) in [
        ("content-type", "text/plain", 400, "repeated_header"),
        (
            "content-encoding",
            "gzip",
            415,
            "unsupported_content_encoding",
        ),
        ("if-match", "\"stale\"", 412, "precondition_not_looked_at"),
        ("if-none-match", "*", 412, "precondition_not_looked_at"),
    ] {
        let told = ann.send(ask.clone().with_header(header, value)).await?;
        told.refuses(status, code)?;
    }
    let me = ann.get("/api/users/me").await?.is(200)?;
    assert_eq!(me.text("/first_name")?, ann.name);
    Ok(())
}

#[tokio::test]
async fn f42_a_body_in_an_unknown_coding_is_not_read() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let address = turn.server.client().address();
    for (coding, status) in [
        ("foo, chunked", "501"),
        ("gzip, chunked", "501"),
        ("identity, chunked", "501"),
        ("chunked, chunked", "501"),
        ("chunked", "401"),
    ] {
        let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
        let request = format!(
            "POST /api/quotes HTTP/1.1\r\nhost: campus\r\ncontent-type: application/json\r\n\
             transfer-encoding: {coding}\r\nconnection: close\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut told = String::new();
        stream.read_to_string(&mut told).unwrap();
        let begins = format!("HTTP/1.1 {status} ");
        assert!(told.starts_with(&begins), "{coding}: {told}");
    }
    Ok(())
}

/// Routes that give a command to an order, of which they know the version.
fn has_version(path: &str) -> bool {
    let of_order = [
        "/api/orders/{id}/",
        "/api/escrow/",
        "/api/admin/orders/",
        "/api/admin/sagas/",
    ];
    of_order.iter().any(|begin| path.starts_with(begin))
}

#[tokio::test]
async fn f46_a_precondition_that_nobody_looks_at_is_refused_on_every_route() -> Result<(), Deviation>
{
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    let everybody = [operator(&scene), &errand.customer, &errand.runner];
    for route in routes() {
        let is_read = route.method == reqwest::Method::GET;
        // The gateway's messages are signed.
        if is_read || route.path == "/api/gateway/events" {
            continue;
        }
        let path = route.path.replace("{id}", &errand.order);
        let path = path.replace("{order_id}", &errand.order);
        let path = path
            .replace("{user_id}", &errand.customer.id)
            .replace("{n}", "1");
        let mut refused = false;
        for person in everybody {
            let ask = ApiRequest::new(route.method.clone(), &path).with_token(person.token());
            let ask = ask
                .with_key("precondition")
                .with_header("if-match", "\"999\"");
            let ask = match path.as_str() {
                "/api/photos" => ask.with_bytes("image/png", "x"),
                _ => ask,
            };
            let reply = scene.client.send(&ask).await?;
            assert!(reply.status >= 400, "{}", reply.summary());
            refused |= reply.code() == "precondition_not_looked_at";
        }
        assert_eq!(refused, !has_version(route.path), "{} {path}", route.method);
    }
    Ok(())
}

#[tokio::test]
async fn f46_who_takes_an_order_may_say_which_version() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let (ben, path) = (&errand.runner, format!("/api/orders/{}", errand.order));
    let seen = ben.get(&path).await?;
    let tag = seen.header("etag").unwrap().to_owned();
    let accept = async |tag: &str, key: &str| {
        let ask = ApiRequest::post(format!("{path}/accept"), &json!({}));
        let ask = ask.with_key(key).with_header("if-match", tag);
        ben.send(ask).await
    };
    let weak = format!("W/{tag}");
    for other in ["\"999\"", &weak] {
        accept(other, "a").await?.refuses(412, "version_changed")?;
    }
    accept(&tag, "a").await?.is(200)?;
    let again = accept(&tag, "a").await?;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    again.is(200)?;
    Ok(())
}
