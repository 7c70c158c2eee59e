//! The edge against people who mean harm: a runner who was let go, many guesses at once, names that nobody can read,
//! histories without an end.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Body, Deviation, Person, Reply, Wish};
use campusg_robots::walkthrough::Errand;
use common::raw::{AsWritten as _, written};
use common::{Options, turn::shared};
use serde_json::json;

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
