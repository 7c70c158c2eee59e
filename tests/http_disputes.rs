//! Disputes over HTTP: before and after completion, what is frozen meanwhile, every resolution, and the exit of each.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{Body, Deviation, Person};
use campusg_domain::time::{DAY_MS, HOUR_MS, SECOND_MS};
use common::raw::AsWritten as _;
use common::{
    desk::{
        CHARGE, SHARE, claim, completed, delivered, dispute, goodwill, path, refunded, reply,
        resolve, thread, wallet, with_a_window,
    },
    operator, proven,
    turn::shared,
};
use serde_json::json;

#[tokio::test]
async fn before_completion_the_money_stays_in_escrow_and_both_sides_are_heard()
-> Result<(), Deviation> {
    let turn = shared(with_a_window).await;
    let scene = turn.server.scene().await;
    let errand = delivered(&scene).await?;
    let (ann, ben) = (&errand.customer, &errand.runner);
    let [cold, warm] = [ann.upload().await?, ben.upload().await?];

    let body = json!({"reason": "  The soup was cold.\nSee the photo. ", "claim_cents": 1000, "photo_ids": [cold]});
    let seen = dispute(ann, &errand, body).await?.is(200)?;
    assert_eq!(seen.text("/status")?, "delivered");
    assert_eq!(seen.text("/dispute/status")?, "open");
    assert_eq!(
        (
            seen.number("/dispute/n")?,
            seen.number("/dispute/claim_cents")?
        ),
        (1, 1_000)
    );
    assert_eq!(errand.timer("DISPUTE_WINDOW").await?.status, "CANCELLED");
    assert_eq!(errand.timer("DISPUTE_SLA").await?.status, "PENDING");
    for person in [ann, ben, operator(&scene)] {
        person.notice("disputed", &errand.order).await?;
    }

    reply(
        ben,
        &errand,
        json!({"text": "It was hot when I came.", "photo_ids": [warm]}),
    )
    .await?
    .is(200)?;
    reply(ann, &errand, json!({"text": "It was not."}))
        .await?
        .is(200)?;
    for person in [ann, ben, operator(&scene)] {
        let told = thread(person, &errand).await?;
        assert_eq!(told.text("/reason")?, "The soup was cold.\nSee the photo.");
        assert_eq!(told.0["photo_ids"], json!([cold]));
        assert_eq!(
            (told.text("/replies/0/by")?, told.text("/replies/1/by")?),
            ("runner", "customer")
        );
        assert_eq!(told.text("/replies/0/text")?, "It was hot when I came.");
        assert_eq!(told.0["replies"][0]["photo_ids"], json!([warm]));
        assert!(
            !told.has("/frozen_cents"),
            "nothing is frozen while the money is in escrow"
        );
        for photo in [&cold, &warm] {
            person.get(&format!("/api/photos/{photo}")).await?.is(200)?;
        }
    }
    let eve = Person::customer(&scene.client, "Eve", "tok_visa").await?;
    for photo in [&cold, &warm] {
        eve.get(&format!("/api/photos/{photo}"))
            .await?
            .refuses(404, "not_found")?;
    }
    eve.get(&path(&errand, "/disputes"))
        .await?
        .refuses(404, "not_found")?;

    scene.pass(HOUR_MS + SECOND_MS).await?;
    ann.confirm(&errand.order)
        .await?
        .refuses(409, "dispute_open")?;
    errand.money().await?.is(CHARGE, CHARGE, 0, 0)?;
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn before_completion_every_resolution_divides_the_escrow() -> Result<(), Deviation> {
    let turn = shared(with_a_window).await;
    let scene = turn.server.scene().await;
    for (refund, at_fault, status, runner, lost) in [
        (0, "customer", "completed", SHARE, 0),
        (1_000, "runner", "completed", SHARE - 1_000, 0),
        (1_000, "store", "completed", SHARE, 1_000),
        (CHARGE, "platform", "completed", SHARE, CHARGE),
        (CHARGE, "runner", "cancelled", 0, 0),
    ] {
        let before = goodwill(&scene).await?;
        let errand = delivered(&scene).await?;
        claim(&errand, CHARGE).await?;
        let ended = resolve(&scene, &errand, refund, at_fault).await?.is(200)?;
        assert_eq!(ended.text("/status")?, status, "{refund} {at_fault}");
        let told = errand.customer.order_raw(&errand.order).await?;
        assert_eq!(told.text("/dispute/status")?, "resolved");
        assert_eq!(told.number("/dispute/refund_cents")?, refund);
        assert_eq!(told.text("/dispute/at_fault")?, at_fault);
        if status == "cancelled" {
            assert_eq!(told.text("/cancel_reason")?, "dispute");
        }
        assert_eq!(wallet(&errand.runner).await?, (runner, 0, 0));
        let earned = errand.runner.runners_order(&errand.order).await?;
        assert_eq!(earned.earnings.total_cents, runner);
        assert_eq!(before - goodwill(&scene).await?, lost);
        refunded(&errand, refund).await?;
        for person in [&errand.customer, &errand.runner] {
            person.notice("dispute_resolved", &errand.order).await?;
            assert!(
                !thread(person, &errand).await?.has("/decision"),
                "an operator's note"
            );
        }
        let decision = thread(operator(&scene), &errand).await?;
        assert_eq!(decision.text("/decision")?, "Both were heard.");
    }
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn after_completion_a_case_freezes_the_runners_share_until_it_is_decided()
-> Result<(), Deviation> {
    let turn = shared(with_a_window).await;
    let scene = turn.server.scene().await;
    for (asked, refund, at_fault, runner, owed, lost) in [
        (1_000, 1_000, "runner", SHARE - 1_000, 0, 0),
        (1_000, 400, "runner", SHARE - 400, 0, 0),
        (1_000, 1_000, "platform", SHARE, 0, 1_000),
        (1_000, 0, "customer", SHARE, 0, 0),
        (CHARGE, CHARGE, "runner", 0, 0, CHARGE - SHARE),
    ] {
        let before = goodwill(&scene).await?;
        let errand = completed(&scene).await?;
        assert_eq!(wallet(&errand.runner).await?, (SHARE, 0, 0));
        let seen = claim(&errand, asked).await?;
        assert_eq!(
            seen.text("/status")?,
            "completed",
            "the order has ended and stays so"
        );
        let frozen = asked.min(SHARE);
        assert_eq!(wallet(&errand.runner).await?, (SHARE - frozen, frozen, 0));
        for (person, shown) in [
            (&errand.customer, None),
            (&errand.runner, Some(frozen)),
            (operator(&scene), Some(frozen)),
        ] {
            assert_eq!(
                thread(person, &errand).await?.number("/frozen_cents").ok(),
                shown
            );
            let order = person.order_raw(&errand.order).await?;
            assert_eq!(order.number("/dispute/frozen_cents").ok(), shown);
        }
        errand.runner.notice("frozen", &errand.order).await?;

        resolve(&scene, &errand, refund, at_fault).await?.is(200)?;
        let decided = errand.runner.order_raw(&errand.order).await?;
        assert!(!decided.has("/dispute/frozen_cents"), "nothing is any more");
        assert_eq!(
            wallet(&errand.runner).await?,
            (runner, 0, owed),
            "{refund} {at_fault}"
        );
        assert_eq!(before - goodwill(&scene).await?, lost);
        refunded(&errand, refund).await?;
        assert_eq!(errand.money().await?.refunded, refund);
    }
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn of_a_claim_that_is_paid_each_side_sees_its_own_part() -> Result<(), Deviation> {
    let turn = shared(with_a_window).await;
    let scene = turn.server.scene().await;
    let errand = completed(&scene).await?;
    claim(&errand, CHARGE).await?;
    resolve(&scene, &errand, CHARGE, "runner").await?.is(200)?;
    let part = json!({"out_of_wallet_cents": SHARE, "owed_cents": 0});
    let mut whole = part.clone();
    whole["goodwill_cents"] = json!(CHARGE - SHARE);
    for (person, part) in [
        (&errand.customer, None),
        (&errand.runner, Some(part)),
        (operator(&scene), Some(whole)),
    ] {
        let history = person.get(&path(&errand, "/events?limit=100")).await?;
        let history = history.is(200)?.list("/items")?;
        let paid = history
            .iter()
            .find(|event| event.says("/type", "claim_paid"));
        assert_eq!(paid.map(|event| event.0["data"].clone()), part);
    }
    let told = errand.runner.order_raw(&errand.order).await?;
    assert_eq!(told.number("/earnings/taken_back_cents")?, SHARE);
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn an_operator_opens_a_case_for_the_customer_at_any_time() -> Result<(), Deviation> {
    let turn = shared(with_a_window).await;
    let scene = turn.server.scene().await;
    let errand = completed(&scene).await?;
    scene.pass(8 * DAY_MS).await?;
    let body = json!({"reason": "The bank asks.", "claim_cents": 300});
    dispute(&errand.customer, &errand, body.clone())
        .await?
        .refuses(409, "too_late")?;
    let seen = dispute(operator(&scene), &errand, body).await?.is(200)?;
    assert_eq!(seen.text("/dispute/by")?, "operator");
    assert_eq!(wallet(&errand.runner).await?, (SHARE - 300, 300, 0));
    resolve(&scene, &errand, 300, "runner").await?.is(200)?;
    refunded(&errand, 300).await?;
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn a_dispute_that_nobody_decides_alarms_and_then_ends_by_itself() -> Result<(), Deviation> {
    let turn = shared(with_a_window).await;
    let scene = turn.server.scene().await;
    let (held, case) = (delivered(&scene).await?, completed(&scene).await?);
    for errand in [&held, &case] {
        claim(errand, 1_000).await?;
    }
    scene.pass(2 * DAY_MS + SECOND_MS).await?;
    for errand in [&held, &case] {
        operator(&scene)
            .notice("dispute_waits", &errand.order)
            .await?;
        let dispute = errand.seen().await?.dispute.unwrap();
        assert_eq!(dispute.status, "open");
    }
    scene.pass(12 * DAY_MS).await?;
    for errand in [&held, &case] {
        let ended = errand
            .until("resolved", |order: &Body| {
                order.says("/dispute/status", "resolved")
            })
            .await?;
        assert_eq!(ended.text("/status")?, "completed");
        assert_eq!(ended.number("/dispute/refund_cents")?, 0);
        assert!(!ended.has("/dispute/at_fault"));
        assert_eq!(wallet(&errand.runner).await?, (SHARE, 0, 0));
        assert!(
            !thread(operator(&scene), errand).await?.has("/decision"),
            "nobody decided"
        );
    }
    proven(&scene).await;
    Ok(())
}
