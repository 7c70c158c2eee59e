//! At the store, over HTTP, against the real program: the runner asks, the customer decides, the food is bought.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{Body, Deviation, Wish, request::Item, same};
use campusg_domain::order::{CancelReason, Substitution};
use campusg_robots::walkthrough::{Errand, Scene};
use common::raw::AsWritten as _;
use common::{Options, proven, turn::shared};
use serde_json::{Value, json};

const MINUTE_MS: u64 = 60_000;

fn options() -> Options {
    Options::virtual_clock(&[])
}

/// Soup, of which the customer wants to be asked, and bread that may be replaced.
fn two_items() -> Wish {
    let mut wish = Wish::lunch();
    wish.items = vec![
        Item::one("Soup", 1_500, Substitution::Ask),
        Item::one("Bread", 500, Substitution::Replace),
    ];
    wish
}

async fn at_the_store(scene: &Scene, card: &str) -> Result<Errand, Deviation> {
    let errand = Errand::of(&scene.client, card, &two_items()).await?;
    errand.carry_to("on-site").await?;
    Ok(errand)
}

fn stew(total: i64) -> Value {
    json!({
        "kind": "substitution", "total_cents": total, "note": "The soup is out, stew is fresh.",
        "items": [{"item": 0, "offer": {"name": "Stew", "quantity": 1, "unit_price_cents": 1_600}}],
    })
}

fn price(total: i64) -> Value {
    json!({"kind": "price", "total_cents": total})
}

/// Waits until no proposal is open.
async fn decided(errand: &Errand) -> Result<Body, Deviation> {
    let closed = |order: &Body| !order.has("/proposal");
    errand.until("without an open proposal", closed).await
}

#[tokio::test]
async fn a_dearer_price_is_held_by_a_second_authorisation_before_it_counts() -> Result<(), Deviation>
{
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = at_the_store(&scene, "tok_visa").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    let asked = ben.propose_raw(order, &price(2_500)).await?.is(200)?;
    assert_eq!(asked.text("/proposal/state")?, "open");
    assert!(!asked.has("/proposal/charge_cents"), "{}", asked.0);
    ann.notice("proposed", order).await?;
    let seen = ann.order_raw(order).await?;
    let shown = [
        seen.number("/proposal/charge_cents")?,
        seen.number("/proposal/more_to_hold_cents")?,
        seen.number("/payment/authorized_cents")?,
        seen.number("/approved_total_cents")?,
    ];
    assert_eq!(shown, [3_099, 200, 2_899, 2_300]);
    let early = errand.buy().await?.refuses(409, "proposal_open")?;
    assert!(
        early
            .list("/allowed_transitions")?
            .contains(&Body(json!("withdraw")))
    );

    let begun = ann
        .answer_raw(order, 1, "approve", &json!({}))
        .await?
        .is(202)?;
    assert_eq!(begun.text("/proposal/state")?, "awaiting_payment");
    let held = decided(&errand).await?;
    assert_eq!(held.number("/payment/authorized_cents")?, 3_099);
    assert_eq!(held.number("/escrow/held_cents")?, 3_099);
    assert_eq!(held.number("/approved_total_cents")?, 2_500);
    ben.notice("proposal_closed", order).await?;
    let again = ann
        .answer_raw(order, 1, "approve", &json!({}))
        .await?
        .is(200)?;
    assert_eq!(again.number("/version")?, held.number("/version")?);

    let photo = ben.upload().await?;
    ben.buy(order, 2_501, Some(&photo))
        .await?
        .refuses(422, "above_approved")?;
    ben.buy(order, 2_500, Some(&photo)).await?.is(200)?;
    errand.until_collection("collected").await?;
    errand.carry_to("completed").await?;
    errand.money().await?.is(0, 3_099, 3_099, 0)?;
    let history = errand.history().await?;
    for event in [
        "proposed",
        "second_authorization_asked",
        "second_authorization_held",
        "proposal_closed",
    ] {
        assert!(history.iter().any(|kind| kind == event), "{history:?}");
    }
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn where_the_card_does_not_give_more_the_proposal_stays_open() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = at_the_store(&scene, "tok_second_declined").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    ben.propose_raw(order, &price(2_500)).await?.is(200)?;
    ann.answer_raw(order, 1, "approve", &json!({}))
        .await?
        .is(202)?;
    let declined = |order: &Body| order.says("/proposal/declined", "insufficient_funds");
    let seen = errand.until("refused by its card", declined).await?;
    assert_eq!(seen.text("/proposal/state")?, "open");
    ann.notice("raise_failed", order).await?;
    let runners = ben.order_raw(order).await?;
    assert!(!runners.0.to_string().contains("insufficient"));
    ann.answer_raw(order, 1, "drop-item", &json!({"items": [1]}))
        .await?
        .is(200)?;
    let seen = decided(&errand).await?;
    assert_eq!(
        [
            &seen.0["items"][0]["dropped"],
            &seen.0["items"][1]["dropped"]
        ],
        [false, true]
    );
    let photo = ben.upload().await?;
    ben.buy(order, 1_500, Some(&photo)).await?.is(200)?;
    errand.until_collection("collected").await?;
    errand.money().await?.is(2_099, 2_099, 0, 0)
}

#[tokio::test]
async fn a_substitution_is_shown_with_its_words_and_photo_and_approved_at_once()
-> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = at_the_store(&scene, "tok_visa").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    ben.propose_raw(order, &stew(2_100)).await?.is(200)?;
    for person in [ann, ben] {
        let seen = person.order_raw(order).await?;
        assert_eq!(
            seen.text("/proposal/note")?,
            "The soup is out, stew is fresh."
        );
        assert_eq!(seen.text("/proposal/items/0/name")?, "Soup");
        assert_eq!(seen.text("/proposal/items/0/offer/name")?, "Stew");
        let photo = seen.text("/proposal/photo_id")?;
        person.get(&format!("/api/photos/{photo}")).await?.is(200)?;
    }
    let done = ann
        .answer_raw(order, 1, "approve", &json!({}))
        .await?
        .is(200)?;
    assert_eq!(done.number("/approved_total_cents")?, 2_100);
    let events = ann.get(&format!("/api/orders/{order}/events")).await?;
    let events = events.is(200)?.list("/items")?;
    let told = events.iter().find(|event| event.says("/type", "proposed"));
    assert_eq!(
        told.unwrap().text("/text")?,
        "The soup is out, stew is fresh."
    );
    Ok(())
}

#[tokio::test]
async fn a_closed_store_is_changed_for_another_that_is_open() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let boss = common::operator(&scene);
    let errand = at_the_store(&scene, "tok_visa").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    let closed = json!({"kind": "store_closed", "note": "Dark inside."});
    ben.propose_raw(order, &closed).await?.is(200)?;
    ann.answer_raw(order, 1, "approve", &json!({}))
        .await?
        .refuses(409, "not_in_this_stage")?;
    let bakery = json!({"name": "Bakery", "place": "Library"});
    let known = boss.post("/api/stores", &bakery).await?.is(201)?;
    let id = known.text("/id")?;
    let pause = json!({"paused": true});
    boss.send(
        campusg_client::ApiRequest::new(reqwest::Method::PATCH, format!("/api/stores/{id}"))
            .with_bytes("application/json", pause.to_string()),
    )
    .await?
    .is(200)?;
    let there = json!({"store": {"id": id}});
    ann.answer_raw(order, 1, "other-store", &there)
        .await?
        .refuses(409, "store_paused")?;
    let described = json!({"store": {"name": "Noodle house", "place": "Hall 9"}});
    ann.answer_raw(order, 1, "other-store", &described)
        .await?
        .is(200)?;
    for person in [ann, ben] {
        let seen = person.order_raw(order).await?;
        assert_eq!(seen.text("/store/name")?, "Noodle house");
        assert!(!seen.has("/proposal"));
    }
    errand.carry_to("completed").await?;
    Ok(())
}

#[tokio::test]
async fn a_closed_store_without_an_answer_ends_the_order_and_pays_the_trip() -> Result<(), Deviation>
{
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = at_the_store(&scene, "tok_visa").await?;
    let closed = json!({"kind": "store_closed"});
    errand
        .runner
        .propose_raw(&errand.order, &closed)
        .await?
        .is(200)?;
    let seen = errand.customer.order_raw(&errand.order).await?;
    let timer = errand.timer("PROPOSAL_EXPIRY").await?;
    assert_eq!(seen.text("/proposal/decide_by")?, timer.scheduled_time);
    scene.pass(5 * MINUTE_MS).await?;
    let ended = errand.until_status("cancelled").await?;
    assert_eq!(ended.cancel_reason, Some(CancelReason::StoreClosed));
    assert_eq!(ended.settlement.as_deref(), Some("trip"));
    errand.until_collection("collected").await?;
    let trip = errand.price.trip;
    errand.money().await?.is(0, trip, trip, 0)
}

#[tokio::test]
async fn a_proposal_is_taken_back_and_another_made() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = at_the_store(&scene, "tok_visa").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    ben.propose_raw(order, &price(2_500)).await?.is(200)?;
    ben.propose_raw(order, &price(2_600))
        .await?
        .refuses(409, "proposal_open")?;
    ben.withdraw(order, 1).await?.is(200)?;
    ben.withdraw(order, 1).await?.is(200)?;
    ann.answer_raw(order, 1, "approve", &json!({}))
        .await?
        .refuses(409, "not_in_this_stage")?;
    let second = ben.propose_raw(order, &price(2_600)).await?.is(200)?;
    same("its number", second.number("/proposal/n")?, 2)?;
    for n in ["0", "3", "70000", "one"] {
        let path = format!("/api/orders/{order}/proposals/{n}/approve");
        ann.post(&path, &json!({}))
            .await?
            .refuses(404, "not_found")?;
    }
    Ok(())
}

#[tokio::test]
async fn one_key_proposes_once_and_another_body_is_refused() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = at_the_store(&scene, "tok_visa").await?;
    let (ben, order) = (&errand.runner, &errand.order);
    let photo = ben.upload().await?;
    let ask = |total: i64| {
        let body = json!({"kind": "price", "total_cents": total, "photo_id": photo});
        let path = format!("/api/orders/{order}/proposals");
        campusg_client::ApiRequest::post(path, &body).with_key("the-same")
    };
    let first = ben.send(ask(2_500)).await?.is(200)?;
    ben.withdraw(order, 1).await?.is(200)?;
    let again = ben.send(ask(2_500)).await?;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let again = again.is(200)?;
    assert_eq!(
        again.number("/version")?,
        first.number("/version")?,
        "as it was then"
    );
    same("its number", again.number("/proposal/n")?, 1)?;
    ben.send(ask(2_600)).await?.refuses(422, "key_reused")?;
    Ok(())
}

/// A body, what in it is replaced by what, and the refusal: status, code, field.
type Mistake = (Value, &'static str, Value, u16, &'static str, &'static str);

fn mistakes() -> Vec<Mistake> {
    let substitution = || stew(2_100);
    let long = || json!("x".repeat(501));
    vec![
        (
            price(2_500),
            "/kind",
            json!("bargain"),
            400,
            "wrong_type",
            "kind",
        ),
        (
            price(2_500),
            "/kind",
            Value::Null,
            400,
            "wrong_type",
            "kind",
        ),
        (
            price(2_500),
            "/cents",
            json!(1),
            400,
            "unknown_field",
            "cents",
        ),
        (
            price(2_500),
            "/total_cents",
            json!(-1),
            400,
            "wrong_type",
            "total_cents",
        ),
        (
            price(2_500),
            "/total_cents",
            json!(0),
            422,
            "invalid_field",
            "total_cents",
        ),
        (
            price(2_500),
            "/total_cents",
            Value::Null,
            422,
            "invalid_field",
            "total_cents",
        ),
        (
            price(2_500),
            "/total_cents",
            json!(2_300),
            422,
            "invalid_field",
            "total_cents",
        ),
        (
            price(2_500),
            "/total_cents",
            json!(29_402),
            422,
            "invalid_field",
            "total_cents",
        ),
        (
            price(2_500),
            "/photo_id",
            json!("soup"),
            400,
            "wrong_type",
            "photo_id",
        ),
        (
            price(2_500),
            "/photo_id",
            Value::Null,
            400,
            "wrong_type",
            "photo_id",
        ),
        (
            price(2_500),
            "/photo_id",
            json!("00000000-0000-7000-8000-000000000000"),
            422,
            "invalid_field",
            "photo_id",
        ),
        (price(2_500), "/note", json!(7), 400, "wrong_type", "note"),
        (
            price(2_500),
            "/note",
            json!(" "),
            422,
            "invalid_field",
            "note",
        ),
        (price(2_500), "/note", long(), 422, "invalid_field", "note"),
        (
            price(2_500),
            "/note",
            json!("a\u{0}b"),
            422,
            "invalid_field",
            "note",
        ),
        (
            json!({"kind": "sold_out"}),
            "/total_cents",
            json!(2_500),
            422,
            "invalid_field",
            "total_cents",
        ),
        (
            substitution(),
            "/items",
            json!([]),
            422,
            "invalid_field",
            "items",
        ),
        (
            substitution(),
            "/items/0/item",
            json!(2),
            422,
            "invalid_field",
            "items[0].item",
        ),
        (
            substitution(),
            "/items/0/item",
            json!(-1),
            400,
            "wrong_type",
            "items[0].item",
        ),
        (
            substitution(),
            "/items/0/offer",
            Value::Null,
            422,
            "invalid_field",
            "items[0].offer",
        ),
        (
            substitution(),
            "/items/0/offer/name",
            json!(""),
            422,
            "invalid_field",
            "items[0].offer.name",
        ),
        (
            substitution(),
            "/items/0/offer/quantity",
            json!(0),
            422,
            "invalid_field",
            "items[0].offer.quantity",
        ),
        (
            substitution(),
            "/items/0/offer/unit_price_cents",
            json!(1.5),
            400,
            "wrong_type",
            "items[0].offer.unit_price_cents",
        ),
    ]
}

/// Puts a value where a JSON pointer points, also into what is not there yet.
fn put(body: &mut Value, pointer: &str, value: Value) {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[member] = value;
}

#[tokio::test]
async fn each_mistake_in_a_proposal_and_its_answers_is_named() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = at_the_store(&scene, "tok_visa").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    let version = errand.seen().await?.version;
    let photo = ben.upload().await?;
    for (mut body, pointer, value, status, code, field) in mistakes() {
        body["photo_id"] = json!(photo);
        put(&mut body, pointer, value);
        let refused = ben.propose_raw(order, &body).await?.refuses(status, code)?;
        assert_eq!(refused.text("/field")?, field, "{body}");
    }
    let twice = json!({"kind": "sold_out", "items": [{"item": 0}, {"item": 0}], "photo_id": photo});
    let refused = ben.propose_raw(order, &twice).await?;
    same(
        "the field",
        refused.refuses(422, "invalid_field")?.text("/field")?,
        "items[1].item",
    )?;
    let strangers = ann.upload().await?;
    let refused = ben
        .propose_raw(order, &json!({"kind": "sold_out", "photo_id": strangers}))
        .await?;
    same(
        "the field",
        refused.refuses(422, "invalid_field")?.text("/field")?,
        "photo_id",
    )?;
    same("the version", errand.seen().await?.version, version)?;

    ben.propose_raw(order, &price(2_500)).await?.is(200)?;
    for (how, body, status, code, field) in [
        ("approve", json!({"yes": true}), 400, "unknown_field", "yes"),
        ("drop-item", json!({}), 400, "missing_field", "items"),
        (
            "drop-item",
            json!({"items": []}),
            422,
            "invalid_field",
            "items",
        ),
        (
            "drop-item",
            json!({"items": [0, 1]}),
            422,
            "invalid_field",
            "items",
        ),
        (
            "drop-item",
            json!({"items": [2]}),
            422,
            "invalid_field",
            "items[0]",
        ),
        (
            "drop-item",
            json!({"items": [0, 0]}),
            422,
            "invalid_field",
            "items[1]",
        ),
        (
            "drop-item",
            json!({"items": ["soup"]}),
            400,
            "wrong_type",
            "items[0]",
        ),
    ] {
        let refused = ann
            .answer_raw(order, 1, how, &body)
            .await?
            .refuses(status, code)?;
        assert_eq!(refused.text("/field")?, field, "{how} {body}");
    }
    ben.withdraw(order, 1).await?.is(200)?;
    ben.propose_raw(order, &json!({"kind": "sold_out"}))
        .await?
        .is(200)?;
    for (body, status, code, field) in [
        (json!({}), 400, "missing_field", "store"),
        (json!({"store": {}}), 422, "invalid_field", "store"),
        (
            json!({"store": {"name": "", "place": "x"}}),
            422,
            "invalid_field",
            "store.name",
        ),
        (
            json!({"store": {"name": "x", "place": " "}}),
            422,
            "invalid_field",
            "store.place",
        ),
        (
            json!({"store": {"id": "00000000-0000-7000-8000-000000000000"}}),
            422,
            "invalid_field",
            "store.id",
        ),
        (
            json!({"store": {"id": "deli"}}),
            400,
            "wrong_type",
            "store.id",
        ),
    ] {
        let refused = ann.answer_raw(order, 2, "other-store", &body).await?;
        assert_eq!(
            refused.refuses(status, code)?.text("/field")?,
            field,
            "{body}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn who_is_not_asked_neither_proposes_nor_answers() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = at_the_store(&scene, "tok_visa").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    let (boss, other) = (
        common::operator(&scene),
        at_the_store(&scene, "tok_visa").await?,
    );
    ann.propose_raw(order, &price(2_500))
        .await?
        .refuses(403, "not_allowed")?;
    other
        .runner
        .propose_raw(order, &price(2_500))
        .await?
        .refuses(404, "not_found")?;
    ben.propose_raw(order, &price(2_500)).await?.is(200)?;
    for how in ["approve", "reject"] {
        for (person, status, code) in [
            (ben, 403, "not_allowed"),
            (boss, 403, "not_allowed"),
            (&other.customer, 404, "not_found"),
        ] {
            person
                .answer_raw(order, 1, how, &json!({}))
                .await?
                .refuses(status, code)?;
        }
    }
    ann.withdraw(order, 1).await?.refuses(403, "not_allowed")?;
    let seen = errand.customer.order_raw(&errand.order).await?;
    let photo = seen.text("/proposal/photo_id")?;
    other
        .runner
        .get(&format!("/api/photos/{photo}"))
        .await?
        .refuses(404, "not_found")?;
    Ok(())
}
