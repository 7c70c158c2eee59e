//! On the way, at the door and after the end, over HTTP, against the real program: messages, the customer who can't be
//! reached, problems, later tips.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::answer::Order;
use campusg_client::{ApiRequest, Body, Deviation, Person, same};
use campusg_robots::walkthrough::{Errand, Scene};
use common::raw::AsWritten as _;
use common::{Options, operator, proven, turn::shared};
use serde_json::json;

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

fn options() -> Options {
    Options::virtual_clock(&[])
}

/// Number, author and text of each message that somebody reads.
async fn read(person: &Person, order: &str) -> Result<Vec<(i64, String, String)>, Deviation> {
    let messages = person.messages(order).await?.is(200)?.list("/items")?;
    let read = |message: &Body| {
        let (by, text) = (message.text("/by")?, message.text("/text")?);
        Ok((message.number("/n")?, by.to_owned(), text.to_owned()))
    };
    messages.iter().map(read).collect()
}

fn said(n: i64, by: &str, text: &str) -> (i64, String, String) {
    (n, by.into(), text.into())
}

/// The runner on the way has written twice, two minutes apart, and says that nobody answers.
async fn unreachable(scene: &Scene) -> Result<Errand, Deviation> {
    let errand = Errand::at(&scene.client, "on-the-way").await?;
    let (ben, order) = (&errand.runner, &errand.order);
    for text in ["I am at the door.", "Still here."] {
        ben.write(order, text).await?.is(201)?;
        scene.pass(2 * MINUTE_MS).await?;
    }
    let body = json!({"kind": "customer_unreachable"});
    ben.report_problem_raw(order, &body).await?.is(200)?;
    Ok(errand)
}

#[tokio::test]
async fn the_two_write_to_each_other_from_acceptance_until_a_day_after_the_end()
-> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    ann.write(order, "Hello?")
        .await?
        .refuses(409, "not_in_this_stage")?;
    ann.messages(order)
        .await?
        .refuses(409, "not_in_this_stage")?;
    errand.carry_to("accepted").await?;
    let sent = ben.write(order, "  On my way\nto the store. ").await?;
    let sent = sent.is(201)?;
    assert_eq!(
        (sent.number("/n")?, sent.text("/by")?, sent.text("/text")?),
        (1, "runner", "On my way\nto the store.")
    );
    ann.notice("message", order).await?;
    ann.write(order, "Thanks 🙏").await?.is(201)?;
    let all = [
        said(1, "runner", "On my way\nto the store."),
        said(2, "customer", "Thanks 🙏"),
    ];
    for person in [ann, ben] {
        assert_eq!(read(person, order).await?, all);
        same(
            "the count",
            person.order_raw(order).await?.number("/messages")?,
            2,
        )?;
    }
    operator(&scene)
        .messages(order)
        .await?
        .refuses(409, "not_in_this_stage")?;
    let eve = Person::customer(&scene.client, "Eve", "tok_visa").await?;
    eve.messages(order).await?.refuses(404, "not_found")?;
    eve.write(order, "Hi").await?.refuses(404, "not_found")?;

    errand.carry_to("completed").await?;
    scene.pass(DAY_MS - MINUTE_MS).await?;
    ann.write(order, "It was good.").await?.is(201)?;
    scene.pass(MINUTE_MS).await?;
    for person in [ann, ben] {
        person.messages(order).await?.refuses(409, "too_late")?;
        let late = person.write(order, "?").await?;
        let late = late.refuses(409, "not_in_this_stage")?;
        assert!(
            !late
                .list("/allowed_transitions")?
                .contains(&Body(json!("message")))
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_next_runner_reads_nothing_of_what_was_written_to_the_one_before()
-> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    ann.write(order, "The code is 4711.").await?.is(201)?;
    ben.give_back(order).await?.is(200)?;
    ann.messages(order)
        .await?
        .refuses(409, "not_in_this_stage")?;
    let cem = Person::runner(&scene.client, "Cem").await?;
    cem.accept(order).await?.is(200)?;
    ann.write(order, "Ring twice.").await?.is(201)?;
    assert_eq!(
        read(&cem, order).await?,
        [said(2, "customer", "Ring twice.")]
    );
    assert_eq!(
        read(ann, order).await?,
        [
            said(1, "customer", "The code is 4711."),
            said(2, "customer", "Ring twice.")
        ]
    );
    ben.messages(order).await?.refuses(403, "not_allowed")?;
    for person in [ann, &cem, ben] {
        let events = person.get(&format!("/api/orders/{order}/events")).await?;
        assert!(!events.is(200)?.0.to_string().contains("4711"));
    }
    Ok(())
}

#[tokio::test]
async fn messages_come_in_pages_and_a_key_writes_once() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    let path = format!("/api/orders/{order}/messages");
    let once = || ApiRequest::post(&path, &json!({"text": "one"})).with_key("once");
    let first = ann.send(once()).await?.is(201)?;
    ben.write(order, "two").await?.is(201)?;
    let again = ann.send(once()).await?;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    same("the repeat", again.is(201)?, first)?;
    ben.write(order, "three").await?.is(201)?;
    let (mut page, mut seen) = (format!("{path}?limit=2"), vec![]);
    loop {
        let found = ann.get(&page).await?.is(200)?;
        for message in found.list("/items")? {
            seen.push(message.text("/text")?.to_owned());
        }
        match found.text("/next_cursor") {
            Ok(cursor) => page = format!("{path}?limit=2&cursor={cursor}"),
            Err(_) => break,
        }
    }
    assert_eq!(seen, ["one", "two", "three"]);
    ann.get(&format!("{path}?cursor=soup"))
        .await?
        .refuses(400, "invalid_cursor")?;
    ann.get(&format!("{path}?limit=0"))
        .await?
        .refuses(400, "invalid_query")?;
    for (body, status, code) in [
        (json!({}), 400, "missing_field"),
        (json!({"text": null}), 400, "wrong_type"),
        (json!({"text": ""}), 422, "invalid_field"),
        (json!({"text": "\u{200b}"}), 422, "invalid_field"),
        (json!({"text": "a\u{0}"}), 422, "invalid_field"),
        (json!({"text": "x".repeat(1_001)}), 422, "invalid_field"),
    ] {
        let refused = ann.post(&path, &body).await?.refuses(status, code)?;
        assert_eq!(refused.text("/field")?, "text", "{body}");
    }
    let refused = ann.post(&path, &json!({"text": "x", "to": "all"})).await?;
    same(
        "the field",
        refused.refuses(400, "unknown_field")?.text("/field")?,
        "to",
    )?;
    same(
        "the count",
        errand
            .customer
            .order_raw(&errand.order)
            .await?
            .number("/messages")?,
        3,
    )
}

#[tokio::test]
async fn a_customer_is_tried_twice_and_some_minutes_apart_before_he_counts_as_unreachable()
-> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "on-the-way").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    let gone = json!({"kind": "customer_unreachable"});
    ben.report_problem_raw(order, &gone)
        .await?
        .refuses(409, "contact_first")?;
    ben.write(order, "I am there.").await?.is(201)?;
    ben.write(order, "Hello?").await?.is(201)?;
    let seen = ben.order_raw(order).await?;
    assert_eq!(
        (
            seen.number("/contact/attempts")?,
            seen.number("/contact/needed")?
        ),
        (1, 2),
        "too soon to count"
    );
    scene.pass(2 * MINUTE_MS).await?;
    ann.write(order, "Coming!").await?.is(201)?;
    same(
        "tried",
        ben.order_raw(order).await?.number("/contact/attempts")?,
        0,
    )?;
    ben.write(order, "Where are you?").await?.is(201)?;
    scene.pass(2 * MINUTE_MS).await?;
    ben.write(order, "?").await?.is(201)?;
    let waits = ben.report_problem_raw(order, &gone).await?.is(200)?;
    assert!(!waits.0["no_show_wait"]["over"].as_bool().unwrap());
    let timer = errand.timer("NO_SHOW_WAIT").await?;
    let seen = ann.order_raw(order).await?;
    same(
        "until",
        seen.text("/no_show_wait/until")?,
        timer.scheduled_time.as_str(),
    )?;
    ann.notice("runner_at_the_door", order).await?;
    Ok(())
}

#[tokio::test]
async fn a_customer_who_answers_ends_the_wait_and_can_do_so_once() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = unreachable(&scene).await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    let photo = ben.upload().await?;
    let returned = json!({"kind": "returned", "photo_id": photo});
    ben.report_problem_raw(order, &returned)
        .await?
        .refuses(409, "too_early")?;
    ben.deliver_by_photo(order, &photo)
        .await?
        .refuses(409, "too_early")?;
    ben.post(&format!("/api/orders/{order}/no-show-answer"), &json!({}))
        .await?
        .refuses(403, "not_allowed")?;
    let there = ann.is_there(order).await?.is(200)?;
    assert!(!there.has("/no_show_wait"));
    ann.is_there(order).await?.is(200)?;
    ben.notice("customer_is_there", order).await?;
    errand.carry_to("completed").await?;
    errand
        .money()
        .await?
        .is(0, errand.price.charge(), errand.price.charge(), 0)
}

#[tokio::test]
async fn after_the_wait_the_food_is_left_safe_with_a_photo() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = unreachable(&scene).await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    scene.pass(7 * MINUTE_MS).await?;
    let over = |order: &Order| order.no_show_wait.as_ref().is_some_and(|it| it.over);
    errand.until("waited for long enough", over).await?;
    ben.notice("no_show_over", order).await?;
    ann.is_there(order).await?.refuses(409, "too_late")?;
    let receipt = errand.receipt_photo().await?;
    ben.deliver_by_photo(order, &receipt)
        .await?
        .refuses(409, "photo_used")?;
    let photo = ben.upload().await?;
    let left = ben.deliver_by_photo(order, &photo).await?.is(200)?;
    same("the proof", left.text("/delivery/proof")?, "photo")?;
    ann.get(&format!("/api/photos/{photo}")).await?.is(200)?;
    errand
        .money()
        .await?
        .is(0, errand.price.charge(), errand.price.charge(), 0)?;
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn after_the_wait_the_food_is_taken_back_and_the_runner_is_paid() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = unreachable(&scene).await?;
    let (ben, order) = (&errand.runner, &errand.order);
    scene.pass(7 * MINUTE_MS).await?;
    ben.notice("no_show_over", order).await?;
    ben.report_problem_raw(order, &json!({"kind": "returned"}))
        .await?
        .refuses(422, "photo_needed")?;
    let receipt = errand.receipt_photo().await?;
    let returned =
        |photo: &str| json!({"kind": "returned", "photo_id": photo, "note": "At the desk."});
    ben.report_problem_raw(order, &returned(&receipt))
        .await?
        .refuses(409, "photo_used")?;
    let photo = ben.upload().await?;
    let ended = ben
        .report_problem_raw(order, &returned(&photo))
        .await?
        .is(200)?;
    assert_eq!(
        (ended.text("/status")?, ended.text("/cancel_reason")?),
        ("cancelled", "customer_no_show")
    );
    errand
        .money()
        .await?
        .is(0, errand.price.charge(), errand.price.charge(), 0)?;
    let path = format!("/api/orders/{order}/events");
    let told = errand.customer.get(&path).await?.is(200)?.list("/items")?;
    let reported = |event: &&Body| event.says("/data/kind", "returned");
    same(
        "the note",
        told.iter().find(reported).unwrap().text("/text")?,
        "At the desk.",
    )
}

#[tokio::test]
async fn any_other_problem_is_between_the_runner_and_operators() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let boss = operator(&scene);
    let errand = Errand::at(&scene.client, "on-site").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    let photo = ben.upload().await?;
    let other = json!({"kind": "other", "photo_id": photo, "note": "The till is on fire."});
    ben.report_problem_raw(order, &other).await?.is(200)?;
    boss.notice("problem_reported", order).await?;
    for (person, told) in [(boss, true), (ben, true), (ann, false)] {
        let events = person.get(&format!("/api/orders/{order}/events")).await?;
        let events = events.is(200)?.0.to_string();
        assert_eq!(events.contains("on fire"), told, "{events}");
        assert_eq!(events.contains("problem_reported"), told, "{events}");
    }
    for (body, status, code, field) in [
        (json!({}), 400, "missing_field", "kind"),
        (json!({"kind": "hunger"}), 400, "wrong_type", "kind"),
        (
            json!({"kind": "other", "photo_id": 1}),
            400,
            "wrong_type",
            "photo_id",
        ),
        (
            json!({"kind": "other", "note": ""}),
            422,
            "invalid_field",
            "note",
        ),
        (
            json!({"kind": "other", "why": "x"}),
            400,
            "unknown_field",
            "why",
        ),
        (
            json!({"kind": "other", "photo_id": "00000000-0000-7000-8000-000000000000"}),
            422,
            "invalid_field",
            "photo_id",
        ),
    ] {
        let refused = ben.report_problem_raw(order, &body).await?;
        assert_eq!(
            refused.refuses(status, code)?.text("/field")?,
            field,
            "{body}"
        );
    }
    ann.report_problem_raw(order, &other)
        .await?
        .refuses(403, "not_allowed")?;
    Ok(())
}

/// The ways to write an id that mean the same (RFC 9562, section 4; RFC 3986, section 6.2.2).
fn spellings(id: &str) -> [String; 5] {
    [
        id.to_uppercase(),
        id.replace('-', "%2D"),
        id.replace('-', ""),
        format!("%7B{id}%7D"),
        format!("urn:uuid:{id}"),
    ]
}

#[tokio::test]
async fn a_tip_after_the_end_is_charged_to_the_card_of_that_moment() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "completed").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    let earned = ben.wallet().await?.available_cents;
    let path = format!("/api/orders/{order}/tip");
    let keyless = ApiRequest::post(&path, &json!({"tip_cents": 300}));
    ann.send(keyless)
        .await?
        .refuses(400, "idempotency_key_required")?;
    let tip = || ApiRequest::post(&path, &json!({"tip_cents": 300})).with_key("thanks");
    let asked = ann.send(tip()).await?.is(202)?;
    assert_eq!(asked.text("/payment/tips/0/state")?, "asked");
    let paid = |order: &Body| order.says("/payment/tips/0/state", "paid");
    errand.until("tipped", paid).await?;
    ben.notice("tipped", order).await?;
    let again = ann.send(tip()).await?;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    again.is(202)?;
    for spelled in spellings(order) {
        let path = format!("/api/orders/{spelled}/tip");
        let tip = ApiRequest::post(&path, &json!({"tip_cents": 300})).with_key("thanks");
        let again = ann.send(tip).await?;
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{path}");
    }
    same(
        "the wallet",
        ben.wallet().await?.available_cents,
        earned + 300,
    )?;
    same(
        "tips",
        ben.runners_order(order).await?.earnings.later_tips_cents,
        300,
    )?;

    ann.set_card("tok_declined").await?;
    ann.tip(order, 200).await?.is(202)?;
    ann.notice("tip_failed", order).await?;
    let tips = errand.seen().await?.payment.tips;
    assert_eq!(tips[1].state, "failed");
    for (body, status, code) in [
        (json!({"tip_cents": -1}), 400, "wrong_type"),
        (json!({"tip_cents": "all"}), 400, "wrong_type"),
        (json!({"tip_cents": 0}), 422, "invalid_field"),
        (json!({"tip_cents": 49}), 422, "invalid_field"),
        (json!({"tip_cents": 4_701}), 422, "invalid_field"),
    ] {
        let refused = ann.post(&path, &body).await?.refuses(status, code)?;
        assert_eq!(refused.text("/field")?, "tip_cents", "{body}");
    }
    ben.tip(order, 300).await?.refuses(403, "not_allowed")?;
    scene.pass(7 * DAY_MS).await?;
    ann.tip(order, 300).await?.refuses(409, "too_late")?;
    proven(&scene).await;
    Ok(())
}
