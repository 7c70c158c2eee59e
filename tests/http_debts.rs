//! What is owed, over HTTP: the card that failed while the runner was paid, every way out of the debt, and the money that
//! operators bring to the gateway for it and take from there.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Deviation, Person, Reply, Wish};
use campusg_robots::walkthrough::Scene;
use common::raw::AsWritten as _;
use common::{
    desk::{CHARGE, SHARE, UNKNOWN, audit, claim, goodwill, refunded, resolve, wallet},
    operator, proven,
    wallet::{
        FEE, Till, available, collected, may_order, moves, owes, owing, pay_all, payout_until,
        until_paid, write_off,
    },
};
use futures_util::future::join_all;
use serde_json::json;

/// Pays a debt under a key of the test's choosing.
async fn pay_as(who: &Person, body: serde_json::Value, key: &str) -> Result<Reply, Deviation> {
    who.send(ApiRequest::post("/api/users/me/wallet/pay-debt", &body).with_key(key))
        .await
}

/// The newest payment of a debt.
async fn payment(who: &Person) -> Result<(i64, i64, String), Deviation> {
    let wallet = who.wallet_raw().await?;
    Ok((
        wallet.number("/debt_payments/0/amount_cents")?,
        wallet.number("/debt_payments/0/charge_cents")?,
        wallet.text("/debt_payments/0/state")?.into(),
    ))
}

#[tokio::test]
async fn a_card_that_fails_leaves_a_debt_that_another_card_pays() -> Result<(), Deviation> {
    let mut till = Till::open(&[]);
    let scene = till.scene().await;
    let errand = owing(&scene).await?;
    let (ann, ben) = (&errand.customer, &errand.runner);
    assert_eq!(available(ben).await?, SHARE, "the runner waits for nobody");
    owes(ann, CHARGE).await?;
    ann.notice_of("renew_card").await?;
    let refused = ann.place(&Wish::lunch()).await?.refuses(409, "in_debt")?;
    assert_eq!(refused.number("/owed_cents")?, CHARGE);
    ann.quote(&Wish::lunch()).await?;

    let asked = pay_all(ann).await?.is(201)?;
    assert_eq!(asked.text("/state")?, "requested");
    ann.notice_of("debt_payment_failed").await?;
    owes(ann, CHARGE).await?;
    assert_eq!(payment(ann).await?, (CHARGE, CHARGE, "failed".into()));
    let seen = ann.wallet_raw().await?;
    assert_eq!(seen.text("/debt_payments/0/reason")?, "declined");
    assert_eq!(seen.number("/new_payment_method_pays_cents")?, CHARGE);
    assert_eq!(till.gateway.totals(None).await.captured.0, 0);

    ann.set_card("tok_visa").await?;
    until_paid(ann).await?;
    owes(ann, 0).await?;
    ann.notice_of("debt_paid").await?;
    assert_eq!(payment(ann).await?, (CHARGE, CHARGE, "paid".into()));
    assert_eq!(till.gateway.totals(None).await.captured.0, CHARGE);
    pay_all(ann).await?.refuses(422, "above_debt")?;
    ann.place(&Wish::lunch()).await?.is(201)?;
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

#[tokio::test]
async fn what_a_new_card_promised_is_paid_over_a_kill() -> Result<(), Deviation> {
    let mut till = Till::open(&[]);
    let mut scene = till.scene().await;
    for _ in 0..4 {
        let errand = owing(&scene).await?;
        let ann = &errand.customer;
        let body = json!({"token": "tok_visa"});
        let card = ApiRequest::put("/api/users/me/payment-method", &body).with_key("card");
        let told = ann.send(card.clone()).await?.is(200)?;
        assert_eq!(told.number("/pays_debt_cents")?, CHARGE);
        scene = till.kill(&[ann]).await;
        let again = ann.send(card).await?.is(200)?;
        assert_eq!(again, told, "the first answer, as of then");
        until_paid(ann).await?;
        owes(ann, 0).await?;
        assert_eq!(ann.wallet().await?.debt_payments.len(), 1);
        may_order(ann).await?;
    }
    assert_eq!(till.gateway.totals(None).await.captured.0, 4 * CHARGE);
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

/// What a runner owes who was at fault after a payout; with a card on file that can be charged.
const OWED: i64 = 1_000 - (SHARE - 2_000);

async fn owing_runner(scene: &Scene) -> Result<Person, Deviation> {
    let errand = collected(scene, "tok_visa").await?;
    let ben = &errand.runner;
    ben.set_card("tok_visa").await?;
    ben.set_account("acct_bank").await?;
    ben.pay_out(2_000).await?.is(201)?;
    payout_until(ben, "paid").await?;
    claim(&errand, 1_000).await?;
    resolve(scene, &errand, 1_000, "runner").await?.is(200)?;
    owes(ben, OWED).await?;
    refunded(&errand, 1_000).await?;
    Ok(errand.runner)
}

#[tokio::test]
async fn a_debt_is_paid_in_parts_and_no_part_twice() -> Result<(), Deviation> {
    let mut till = Till::open(&[]);
    let scene = till.scene().await;
    let ben = owing_runner(&scene).await?;
    for cents in [OWED + 1, 1_000_000_000_000] {
        let told = ben.pay_debt(cents).await?.refuses(422, "above_debt")?;
        assert_eq!(told.number("/owed_cents")?, OWED);
    }
    let part = json!({"amount_cents": 100});
    let unkeyed = ApiRequest::post("/api/users/me/wallet/pay-debt", &part);
    ben.send(unkeyed)
        .await?
        .refuses(400, "idempotency_key_required")?;
    let first = pay_as(&ben, part.clone(), "part").await?.is(201)?;
    assert_eq!(first.number("/amount_cents")?, 100);
    until_paid(&ben).await?;
    owes(&ben, OWED - 100).await?;
    let again = pay_as(&ben, part, "part").await?.is(201)?;
    assert_eq!(again, first);
    pay_as(&ben, json!({}), "part")
        .await?
        .refuses(422, "key_reused")?;
    owes(&ben, OWED - 100).await?;
    pay_all(&ben).await?.is(201)?;
    until_paid(&ben).await?;
    owes(&ben, 0).await?;
    assert_eq!(till.gateway.totals(None).await.captured.0, CHARGE + OWED);
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

#[tokio::test]
async fn without_a_card_on_file_nothing_is_paid() -> Result<(), Deviation> {
    let till = Till::open(&[]);
    let scene = till.scene().await;
    let ben = owing_runner(&scene).await?;
    let method = "/api/users/me/payment-method";
    ben.send(ApiRequest::new(reqwest::Method::DELETE, method))
        .await?
        .is(204)?;
    pay_all(&ben).await?.refuses(409, "no_payment_method")?;
    let told = ben.get(method).await?.refuses(404, "not_found")?;
    assert_eq!(told.number("/new_payment_method_pays_cents")?, OWED);
    owes(&ben, OWED).await.map(drop)
}

#[tokio::test]
async fn of_payments_that_race_for_a_debt_one_is_charged() -> Result<(), Deviation> {
    let mut till = Till::open(&[]);
    let scene = till.scene().await;
    let ben = owing_runner(&scene).await?;
    let mut taken = 0;
    for reply in join_all((0..12).map(|_| pay_all(&ben))).await {
        let reply = reply?;
        if reply.status == 201 {
            taken += 1;
        } else {
            let refused = reply.refuses(422, "above_debt")?;
            assert_eq!(refused.number("/owed_cents")?, 0);
        }
    }
    assert_eq!(taken, 1);
    until_paid(&ben).await?;
    assert_eq!(wallet(&ben).await?, (0, 0, 0));
    assert_eq!(till.gateway.totals(None).await.captured.0, CHARGE + OWED);
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

#[tokio::test]
async fn what_an_operator_writes_off_the_platform_bears() -> Result<(), Deviation> {
    let mut till = Till::open(&[]);
    let scene = till.scene().await;
    let errand = owing(&scene).await?;
    let ann = &errand.customer;
    let refused = write_off(&scene, ann, Some(CHARGE + 1)).await?;
    let refused = refused.refuses(422, "above_debt")?;
    assert_eq!(refused.number("/owed_cents")?, CHARGE);
    let some = write_off(&scene, ann, Some(1_000)).await?.is(200)?;
    assert_eq!(some.number("/amount_cents")?, 1_000);
    owes(ann, CHARGE - 1_000).await?;
    ann.place(&Wish::lunch()).await?.refuses(409, "in_debt")?;
    let rest = write_off(&scene, ann, None).await?.is(200)?;
    assert_eq!(rest.number("/amount_cents")?, CHARGE - 1_000);
    owes(ann, 0).await?;
    ann.notice_of("debt_written_off").await?;
    write_off(&scene, ann, None)
        .await?
        .refuses(422, "above_debt")?;
    assert_eq!(goodwill(&scene).await?, -CHARGE);
    assert_eq!(available(&errand.runner).await?, SHARE);
    ann.set_card("tok_visa").await?;
    ann.place(&Wish::lunch()).await?.is(201)?;

    let acts = audit(&scene, 100).await?;
    let acts: Vec<_> = acts
        .iter()
        .filter(|act| act.says("/action", "write_off"))
        .collect();
    assert_eq!(acts.len(), 2);
    for (act, cents) in acts.iter().zip([CHARGE - 1_000, 1_000]) {
        assert_eq!(act.text("/reason")?, "hopeless");
        assert_eq!(act.text("/operator_id")?, operator(&scene).id);
        assert_eq!(act.0["target"], json!({"type": "user", "id": ann.id}));
        assert_eq!(act.number("/details/amount_cents")?, cents);
    }
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

#[tokio::test]
async fn only_operators_write_off_and_only_what_somebody_owes() -> Result<(), Deviation> {
    let till = Till::open(&[]);
    let scene = till.scene().await;
    let errand = owing(&scene).await?;
    let path = |user: &str| format!("/api/admin/users/{user}/write-off");
    let body = json!({"reason": "a friend of mine"});
    for person in [&errand.customer, &errand.runner] {
        person
            .post(&path(&errand.customer.id), &body)
            .await?
            .refuses(403, "not_allowed")?;
    }
    for nobody in [UNKNOWN, "17"] {
        operator(&scene)
            .post(&path(nobody), &body)
            .await?
            .refuses(404, "not_found")?;
    }
    write_off(&scene, &errand.runner, None)
        .await?
        .refuses(422, "above_debt")?;
    owes(&errand.customer, CHARGE).await?;
    Ok(())
}

/// Operators make good what was lost, and take out what was earned: that much and no more, each once.
#[tokio::test]
async fn operators_bring_what_was_lost_and_take_what_was_earned() -> Result<(), Deviation> {
    let mut till = Till::open(&[]);
    let scene = till.scene().await;
    for (what, code, member) in [
        ("top-ups", "above_losses", "/losses_cents"),
        ("withdrawals", "above_available", "/available_cents"),
    ] {
        let told = moves(&scene, what, 1).await?.refuses(422, code)?;
        assert_eq!(told.number(member)?, 0, "nothing was lost or earned yet");
    }
    let errand = owing(&scene).await?;
    write_off(&scene, &errand.customer, None).await?.is(200)?;
    let told = moves(&scene, "top-ups", CHARGE + 1)
        .await?
        .refuses(422, "above_losses")?;
    assert_eq!(told.number("/losses_cents")?, CHARGE);
    let told = moves(&scene, "withdrawals", FEE + 1)
        .await?
        .refuses(422, "above_available")?;
    assert_eq!(told.number("/available_cents")?, FEE);

    let racing = join_all((0..8).map(|_| moves(&scene, "top-ups", CHARGE))).await;
    let racing = racing.into_iter().map(Result::unwrap);
    assert_eq!(racing.filter(|reply| reply.status == 201).count(), 1);
    assert_eq!(goodwill(&scene).await?, 0);
    till.agrees(&scene, CHARGE).await?;
    let taken = moves(&scene, "withdrawals", FEE).await?.is(201)?;
    assert_eq!(taken.number("/amount_cents")?, FEE);
    assert_eq!(operator(&scene).balance("revenue").await?, 0);
    till.agrees(&scene, CHARGE - FEE).await?;
    for (what, action, cents) in [
        ("top-ups", "top_up", CHARGE),
        ("withdrawals", "withdraw", FEE),
    ] {
        let acts = audit(&scene, 100).await?;
        let act = acts.iter().find(|act| act.says("/action", action)).unwrap();
        assert_eq!(act.text("/reason")?, "of the month");
        assert_eq!(act.number("/details/amount_cents")?, cents);
        assert_eq!(act.0["target"], json!({"type": "platform", "id": null}));
        moved_once(&scene, what).await?;
    }
    for kind in ["topped_up", "withdrawn"] {
        operator(&scene).notice_of(kind).await?;
    }
    till.sound();
    Ok(())
}

/// A key is needed, answers as the first time, and does not serve another amount; users are not let in.
async fn moved_once(scene: &Scene, what: &str) -> Result<(), Deviation> {
    let errand = owing(scene).await?;
    write_off(scene, &errand.customer, None).await?.is(200)?;
    let path = format!("/api/ledger/{what}");
    let ask =
        |cents: i64| ApiRequest::post(&path, &json!({"amount_cents": cents, "reason": "once"}));
    let boss = operator(scene);
    boss.send(ask(10))
        .await?
        .refuses(400, "idempotency_key_required")?;
    let first = boss.send(ask(10).with_key("once")).await?.is(201)?;
    let again = boss.send(ask(10).with_key("once")).await?;
    assert_eq!(again.is(201)?, first);
    boss.send(ask(11).with_key("once"))
        .await?
        .refuses(422, "key_reused")?;
    for person in [&errand.customer, &errand.runner] {
        let asked = person.send(ask(10).with_key("mine")).await?;
        asked.refuses(403, "not_allowed")?;
    }
    let stranger = scene.client.send(&ask(10).with_key("nobody's")).await?;
    stranger.refuses(401, "not_signed_in")?;
    proven(scene).await;
    Ok(())
}

/// A whole debt below what the gateway charges at least is rounded up, and the rest is in the wallet.
#[tokio::test]
async fn a_debt_below_the_gateways_minimum_is_rounded_up() -> Result<(), Deviation> {
    let mut till = Till::open(&[]);
    let scene = till.scene().await;
    let errand = owing(&scene).await?;
    let ann = &errand.customer;
    write_off(&scene, ann, Some(CHARGE - 20)).await?.is(200)?;
    let told = ann.wallet().await?;
    assert_eq!(told.new_payment_method_pays_cents, 50);
    let told = ann.pay_debt(20).await?.refuses(422, "invalid_field")?;
    assert_eq!(told.text("/field")?, "amount_cents");
    ann.set_card("tok_visa").await?;
    until_paid(ann).await?;
    assert_eq!(payment(ann).await?, (20, 50, "paid".into()));
    assert_eq!(wallet(ann).await?, (30, 0, 0));
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}
