//! Mended faults, each shown over HTTP against the real program with its siblings, and named after its kind: money, people,
//! words, and what comes too early. Those of a running server are in `http_faults_running.rs`.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{
    ApiRequest, Body, Deviation, Person, Reply, Wish, operation,
    request::{Item, Proposal, Store},
    same,
};
use campusg_domain::{
    order::{ProposalKind, Substitution},
    time::{HOUR_MS, MINUTE_MS, SECOND_MS},
};
use campusg_robots::walkthrough::{Errand, Scene};
use chrono::DateTime;
use common::{
    desk::{CHARGE, SHARE, act, dispute, options, path, refunded, reply, resolve, wallet},
    operator, proven,
    raw::{AsWritten as _, written},
    turn::shared,
};
use reqwest::Method;
use serde_json::{Value, json};

/// A completed order with a tip of 40.00 that came later, and was charged.
async fn tipped(scene: &Scene) -> Result<Errand, Deviation> {
    let errand = Errand::at(&scene.client, "completed").await?;
    errand.until_collection("collected").await?;
    errand.customer.tip(&errand.order, 4_000).await?.is(202)?;
    let paid = |order: &Body| order.says("/payment/tips/0/state", "paid");
    errand.until("tipped", paid).await?;
    Ok(errand)
}

#[tokio::test]
async fn a8_a_later_tip_can_be_given_back() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = tipped(&scene).await?;
    let (boss, order) = (operator(&scene), &errand.order);
    let above = boss.refund(order, CHARGE + 4_001).await?;
    let above = above.refuses(422, "invalid_field")?;
    same("the field", above.text("/field")?, "amount_cents")?;
    boss.refund(order, 4_000).await?.is(200)?;
    refunded(&errand, 4_000).await?;
    // A tip that the card does not pay adds nothing that could come back.
    errand.customer.set_card("tok_declined").await?;
    errand.customer.tip(order, 300).await?.is(202)?;
    errand.customer.notice("tip_failed", order).await?;
    let above = boss.refund(order, CHARGE + 1).await?;
    above.refuses(422, "invalid_field")?;
    boss.refund(order, CHARGE).await?.is(200)?;
    refunded(&errand, CHARGE + 4_000).await?;
    let keeps = (SHARE + 4_000, 0, 0);
    same("the runner's wallet", wallet(&errand.runner).await?, keeps)?;
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn a8_a_claim_covers_a_later_tip() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let all = CHARGE + 4_000;
    for by_operator in [false, true] {
        let errand = tipped(&scene).await?;
        let who = match by_operator {
            true => operator(&scene),
            false => &errand.customer,
        };
        let claim = json!({"reason": "It never came.", "claim_cents": all + 1});
        let above = dispute(who, &errand, claim).await?;
        let above = above.refuses(422, "invalid_field")?;
        same("the field", above.text("/field")?, "claim_cents")?;
        let claim = json!({"reason": "It never came."});
        let opened = dispute(who, &errand, claim).await?.is(200)?;
        same("the claim", opened.number("/dispute/claim_cents")?, all)?;
        resolve(&scene, &errand, all, "runner").await?.is(200)?;
        refunded(&errand, all).await?;
        same(
            "the runner's wallet",
            wallet(&errand.runner).await?,
            (0, 0, 0),
        )?;
    }
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn a10_an_item_may_cost_nothing_but_not_all_of_them() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let sauce = Item::one("Sauce", 0, Substitution::Ask);
    let free = Wish {
        items: vec![sauce.clone(), sauce.clone()],
        ..Wish::lunch()
    };
    for path in ["/api/quotes", "/api/orders"] {
        let refused = ann.post(path, &free).await?.refuses(422, "invalid_field")?;
        same("the field", refused.text("/field")?, "items")?;
    }
    let mut wish = Wish::lunch();
    wish.items.push(sauce);
    let quoted = ann.quote(&wish).await?;
    let of_soup = ann.quote(&Wish::lunch()).await?;
    same("what is held", quoted, of_soup)?;

    let errand = Errand::of(&scene.client, "tok_visa", &wish).await?;
    errand.carry_to("on-site").await?;
    let seen = errand.runner.order_raw(&errand.order).await?;
    same("the price", seen.number("/items/1/unit_price_cents")?, 0)?;
    // What is offered instead may cost nothing as well.
    let offer = json!({"name": "Bread", "quantity": 2, "unit_price_cents": 0});
    let bread = json!({
        "kind": "substitution", "total_cents": 2_150, "items": [{"item": 1, "offer": offer}],
    });
    let (ann, order) = (&errand.customer, &errand.order);
    errand.runner.propose_raw(order, &bread).await?.is(200)?;
    ann.answer_raw(order, 1, "approve", &json!({}))
        .await?
        .is_begun()?;
    let decided = |order: &Body| !order.has("/proposal");
    let seen: Body = errand.until("without an open proposal", decided).await?;
    same("the offer", &seen.0["items"][1]["replaced_by"], &offer)?;
    errand.carry_to("completed").await?;
    errand.money().await?.is(0, CHARGE, SHARE, 0)?;
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn a11_a_known_stores_rules_hold_for_its_name_too() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let boss = operator(&scene);
    let name = format!("Caf\u{e9} {}", scene.client.fresh());
    let made = json!({"name": name, "place": "Hall 1"});
    let made = boss.post("/api/stores", &made).await?.is(201)?;
    let change = async |to: Value| {
        let store = format!("/api/stores/{}", made.text("/id")?);
        let ask = ApiRequest::new(Method::PATCH, store);
        let ask = ask.with_bytes("application/json", to.to_string());
        boss.send(ask).await?.is(200)
    };
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let errand = Errand::at(&scene.client, "on-site").await?;
    let (customer, order) = (&errand.customer, &errand.order);
    let closed = Proposal::about(ProposalKind::StoreClosed);
    errand.runner.propose(order, &closed).await?.is(200)?;
    let spelled = [
        name.clone(),
        format!("  {} ", name.to_uppercase()),
        name.replace('\u{e9}', "e\u{301}"),
        name.replace(' ', "\u{a0}\u{200b}"),
    ];
    for (rule, code) in [
        (json!({"paused": true}), "store_paused"),
        (json!({"paused": false, "hours": []}), "store_closed"),
    ] {
        change(rule).await?;
        for name in &spelled {
            let store = Store::described(name, "Somewhere else");
            let wish = Wish {
                store: store.clone(),
                ..Wish::lunch()
            };
            for path in ["/api/quotes", "/api/orders"] {
                ann.post(path, &wish).await?.refuses(409, code)?;
            }
            let other = json!({"store": store});
            let refused = customer.answer_raw(order, 1, "other-store", &other).await?;
            refused.refuses(409, code)?;
        }
    }
    change(json!({"hours": null})).await?;
    let other = json!({"store": {"name": spelled[1], "place": "Hall 9"}});
    let moved = customer.answer_raw(order, 1, "other-store", &other).await?;
    let moved = moved.is(200)?;
    same("the store", moved.text("/store/id")?, made.text("/id")?)
}

#[tokio::test]
async fn c2_a_password_is_the_same_however_a_device_composes_it() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let client = turn.server.client();
    let composed = "caf\u{e9} \u{c5}ngstr\u{f6}m";
    let decomposed = "cafe\u{301} A\u{30a}ngstro\u{308}m";
    let wide_blank = "caf\u{e9}\u{3000}\u{c5}ngstr\u{f6}m";
    for registered in [composed, decomposed, wide_blank] {
        let email = format!("{}@campus.example", client.fresh());
        let register = operation::account::register(&email, registered, "Ann", "B");
        client.send(&register).await?.is(201)?;
        for typed in [composed, decomposed, wide_blank] {
            let sign_in = operation::account::sign_in(&email, typed);
            client.send(&sign_in).await?.is(201)?;
        }
        for wrong in ["cafe Angstrom", "caf\u{e9} \u{e5}ngstr\u{f6}m"] {
            let sign_in = operation::account::sign_in(&email, wrong);
            client
                .send(&sign_in)
                .await?
                .refuses(401, "wrong_credentials")?;
        }
    }
    Ok(())
}

/// Line ends and tabs as every kind of device writes them, and what is kept of them.
const TYPED: &str = "One\r\ntwo\rthree\nfour\tfive";
const KEPT: &str = "One\ntwo\nthree\nfour five";

#[tokio::test]
async fn c4_line_ends_and_tabs_are_taken_in_all_words() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let boss = operator(&scene);
    let mut wish = Wish::lunch();
    wish.dropoff.notes = Some(TYPED.into());
    let errand = Errand::of(&scene.client, "tok_visa", &wish).await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    errand.carry_to("on-site").await?;
    for person in [ann, ben] {
        let seen = person.order_raw(order).await?;
        same("the notes", seen.text("/dropoff/notes")?, KEPT)?;
    }
    ben.write(order, TYPED).await?.is(201)?;
    let messages = ann.messages(order).await?.is(200)?;
    same("the message", messages.text("/items/0/text")?, KEPT)?;

    let mut price = written(&Proposal::price(2_400));
    price["note"] = json!(TYPED);
    let asked = ben.propose_raw(order, &price).await?.is(200)?;
    same("the proposal", asked.text("/proposal/note")?, KEPT)?;
    ben.withdraw(order, 1).await?.is(200)?;
    let other = json!({"kind": "other", "note": TYPED});
    ben.report_problem_raw(order, &other).await?.is(200)?;
    let events = ben
        .get(&path(&errand, "/events?limit=100"))
        .await?
        .is(200)?;
    let events = events.list("/items")?;
    let report = events.iter().find(|it| it.says("/data/kind", "other"));
    same("the report", report.unwrap().text("/text")?, KEPT)?;

    act(&scene, order, "hold", TYPED).await?.is(200)?;
    act(&scene, order, "unhold", "Go on.").await?.is(200)?;
    errand.carry_to("completed").await?;
    let claim = json!({"reason": TYPED, "claim_cents": 100});
    dispute(ann, &errand, claim).await?.is(200)?;
    reply(ben, &errand, json!({"text": TYPED})).await?.is(200)?;
    let judged = json!({"refund_cents": 100, "at_fault": "store", "reason": TYPED});
    let judged = boss
        .post(&path(&errand, "/disputes/1/resolve"), &judged)
        .await?;
    judged.is(200)?;
    let thread = boss.get(&path(&errand, "/disputes")).await?.is(200)?;
    for words in ["reason", "replies/0/text", "decision"] {
        same(words, thread.text(&format!("/items/0/{words}"))?, KEPT)?;
    }
    boss.perform(operation::desk::refund(order, 100, TYPED))
        .await?
        .is(200)?;
    let audit = boss.get("/api/admin/audit?limit=100").await?.is(200)?;
    let kept = audit.list("/items")?;
    let kept = kept
        .iter()
        .filter(|it| it.says("/target/id", order) && it.says("/reason", KEPT));
    same("reasons in the audit log", kept.count(), 3)?;

    let notice = json!({"user_id": ann.id, "title": "One\ttwo", "message": TYPED});
    boss.post("/api/notifications/send", &notice)
        .await?
        .is(201)?;
    let inbox = ann
        .get(&format!("/api/notifications/user/{}", ann.id))
        .await?;
    let inbox = inbox.is(200)?;
    same("the message", inbox.text("/items/0/message")?, KEPT)?;
    same("the title", inbox.text("/items/0/title")?, "One two")?;
    for wrong in ["a\u{0}", "a\u{1b}[31m", "\t\r\n"] {
        let refused = ben
            .write(order, wrong)
            .await?
            .refuses(422, "invalid_field")?;
        same("the field", refused.text("/field")?, "text")?;
    }
    Ok(())
}

#[tokio::test]
async fn c5_telephone_numbers_are_taken_as_people_write_them() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let client = turn.server.client();
    let ann = Person::register(&client, "Ann").await?;
    let register = |phone: &str| {
        let email = format!("{}@campus.example", client.fresh());
        let mut body = json!({
            "email": email, "password": "long enough", "first_name": "Ann", "last_name": "B",
        });
        body["phone"] = json!(phone);
        ApiRequest::post("/api/users", &body)
    };
    let change = |phone: &str| {
        let ask = ApiRequest::new(Method::PATCH, "/api/users/me");
        ask.with_bytes("application/json", json!({"phone": phone}).to_string())
    };
    for number in [
        "555.010.0199",
        "+1 555 010 0199 ext 5",
        "+49/30 123",
        "(555) 010-0199 x12",
        "+1 (555) 010-0199 Ext. 5",
        "tel:+1-555-010-0199;ext=5",
        "112",
    ] {
        let made = client.send(&register(number)).await?.is(201)?;
        let me = ApiRequest::get("/api/users/me").with_token(made.text("/session/token")?);
        let me = client.send(&me).await?.is(200)?;
        same("the number", me.text("/phone")?, number)?;
        ann.send(change(number)).await?.is(200)?;
        let me = ann.get("/api/users/me").await?.is(200)?;
        same("the number", me.text("/phone")?, number)?;
    }
    for wrong in ["call me", "12", "---", "555 0199 <b>", "+1 555\u{0}0199"] {
        for refused in [
            client.send(&register(wrong)).await?,
            ann.send(change(wrong)).await?,
        ] {
            let refused = refused.refuses(422, "invalid_field")?;
            same("the field", refused.text("/field")?, "phone")?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn d3_a_receipt_is_a_page_only_where_that_is_preferred() -> Result<(), Deviation> {
    const JSON: &str = "application/json";
    const PAGE: &str = "text/html; charset=utf-8";
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "completed").await?;
    let answered = async |lines: &[&'static str]| {
        let ask = ApiRequest::get(path(&errand, "/receipt"));
        let ask = lines.iter().fold(ask, |ask, line| ask.accepting(line));
        let reply = errand.customer.send(ask).await?;
        let kind = reply.header("content-type").map(str::to_owned);
        reply.is(200)?;
        Ok::<_, Deviation>(kind.unwrap())
    };
    for (kind, lines) in [
        (JSON, &[][..]),
        (JSON, &["text/html;q=0.1, application/json"]),
        (JSON, &["text/html, application/json"]),
        (JSON, &["text/html;q=0.5, application/json;q=0.5"]),
        (JSON, &["*/*"]),
        (JSON, &["text/html;q=0, */*;q=0.1"]),
        (JSON, &["text/html;q=0.2", "application/*;q=0.3"]),
        (JSON, &["image/png"]),
        (PAGE, &["text/html"]),
        (PAGE, &["text/html, application/json;q=0.9"]),
        (PAGE, &["application/json;q=0.1", "text/*;q=0.2"]),
        (PAGE, &["text/html,application/xhtml+xml,*/*;q=0.8"]),
        (PAGE, &["application/json;q=0, text/html;q=0.001"]),
    ] {
        same(&format!("{lines:?}"), answered(lines).await?.as_str(), kind)?;
    }
    Ok(())
}

/// A refusal says from when on it would not come, and how long that is.
async fn opens(scene: &Scene, refused: Reply) -> Result<(String, u64), Deviation> {
    let after = refused.header("retry-after").unwrap();
    let after_ms = after.parse::<u64>().unwrap() * SECOND_MS;
    let opens = refused
        .refuses(409, "too_early")?
        .text("/opens_at")?
        .to_owned();
    let time = |text: &str| {
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .timestamp_millis()
    };
    let now = time(&operator(scene).in_so_long(0).await?);
    let left = u64::try_from(time(&opens) - now).unwrap();
    assert!(
        left <= after_ms && after_ms < left + 5 * SECOND_MS,
        "{left} {after_ms}"
    );
    Ok((opens, after_ms))
}

#[tokio::test]
async fn d10_before_a_wait_is_over_it_says_when_it_will_be() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "on-the-way").await?;
    let (ben, order) = (&errand.runner, &errand.order);
    for text in ["I am at the door.", "Still here."] {
        ben.write(order, text).await?.is(201)?;
        scene.pass(2 * MINUTE_MS).await?;
    }
    let gone = json!({"kind": "customer_unreachable"});
    ben.report_problem_raw(order, &gone).await?.is(200)?;
    let photo = ben.upload().await?;
    let back = json!({"kind": "returned", "photo_id": photo});
    let due = errand.timer("NO_SHOW_WAIT").await?.scheduled_time;
    let (at_the_door, _) = opens(&scene, ben.deliver_by_photo(order, &photo).await?).await?;
    same("when it opens", &at_the_door, &due)?;
    let (returned, after_ms) = opens(&scene, ben.report_problem_raw(order, &back).await?).await?;
    same("when it opens", &returned, &due)?;
    scene.pass(after_ms - 10 * SECOND_MS).await?;
    opens(&scene, ben.report_problem_raw(order, &back).await?).await?;
    scene.pass(10 * SECOND_MS).await?;
    ben.notice("no_show_over", order).await?;
    ben.report_problem_raw(order, &back).await?.is(200)?;
    Ok(())
}

#[tokio::test]
async fn d10_before_the_time_asked_for_nothing_is_held_against_the_customer()
-> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let later = operator(&scene).in_so_long(HOUR_MS / 2).await?;
    for at_the_door in [false, true] {
        let wish = match at_the_door {
            true => Wish::lunch_at_the_door(),
            false => Wish::lunch(),
        };
        let wish = Wish {
            deliver_after: Some(later.clone()),
            ..wish
        };
        let errand = Errand::of(&scene.client, "tok_visa", &wish).await?;
        errand.carry_to("on-the-way").await?;
        let (ben, order) = (&errand.runner, &errand.order);
        let time = |text: &str| DateTime::parse_from_rfc3339(text).unwrap();
        for text in ["I am at the door.", "Still here."] {
            ben.write(order, text).await?.is(201)?;
            scene.pass(2 * MINUTE_MS).await?;
        }
        let photo = ben.upload().await?;
        let gone = json!({"kind": "customer_unreachable"});
        let (opens_at, _) = opens(&scene, ben.report_problem_raw(order, &gone).await?).await?;
        same("when it opens", time(&opens_at), time(&later))?;
        if at_the_door {
            let left = ben.deliver_by_photo(order, &photo).await?;
            let (opens_at, after_ms) = opens(&scene, left).await?;
            same("when it opens", time(&opens_at), time(&later))?;
            scene.pass(after_ms).await?;
            ben.deliver_by_photo(order, &photo).await?.is(200)?;
        }
    }
    proven(&scene).await;
    Ok(())
}
