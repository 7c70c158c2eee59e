//! A runner's wallet over HTTP, beside a gateway with a book of its own: payouts paid, refused, decided late and sent
//! back; nothing paid twice under repeats, races and kills; what each order did to it.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Body, Deviation, Person, Wish};
use campusg_robots::walkthrough::{Errand, Scene};
use common::raw::AsWritten as _;
use common::{
    desk::{CHARGE, SHARE, audit, claim, refunded, resolve},
    operator,
    wallet::{
        FEE, Till, available, collected, earner, owes, owing, pay_out_as, payout_until,
        wallet_until,
    },
};
use futures_util::future::join_all;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_payout_is_paid_once_and_its_repeat_is_answered_as_then() -> Result<(), Deviation> {
    let mut till = Till::open(&[]);
    let scene = till.scene().await;
    let errand = collected(&scene, "tok_visa").await?;
    let ben = &errand.runner;
    assert_eq!(available(ben).await?, SHARE);
    ben.pay_out(SHARE).await?.refuses(409, "no_payout_method")?;
    ben.get("/api/users/me/payout-method")
        .await?
        .refuses(404, "not_found")?;
    let account = ben.set_account("acct_bank").await?;
    assert_eq!(account.0, json!({"bank": "Sandbox Bank", "last4": "6789"}));
    let first = pay_out_as(ben, SHARE, "one").await?.is(201)?;
    assert_eq!(first.text("/state")?, "requested");
    assert_eq!(first.number("/amount_cents")?, SHARE);
    assert_eq!(first.0["to"], account.0);
    let paid = payout_until(ben, "paid").await?;
    assert_eq!(paid.number("/paid_cents")?, SHARE);
    assert_eq!(paid.number("/id")?, first.number("/id")?);
    let again = pay_out_as(ben, SHARE, "one").await?.is(201)?;
    assert_eq!(again, first, "the first answer, as of then");
    pay_out_as(ben, SHARE - 1, "one")
        .await?
        .refuses(422, "key_reused")?;
    let refused = ben.pay_out(SHARE).await?.refuses(422, "above_available")?;
    assert_eq!(refused.number("/available_cents")?, 0);
    let method = "/api/users/me/payout-method";
    ben.send(ApiRequest::new(reqwest::Method::DELETE, method))
        .await?
        .is(204)?;
    assert_eq!(pay_out_as(ben, SHARE, "one").await?.is(201)?, first);
    for kind in ["payout_requested", "payout_paid"] {
        ben.notice_of(kind).await?;
    }
    assert_eq!(till.paid_out().await, SHARE);
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

#[tokio::test]
async fn a_payout_that_fails_or_comes_back_is_in_the_wallet_again() -> Result<(), Deviation> {
    let mut till = Till::open(&[
        "sandbox.faults.duplicate_events=true",
        "sandbox.faults.reorder=true",
    ]);
    let scene = till.scene().await;
    let invalid = Some("account_invalid");
    for (account, state, reason, kind, left) in [
        ("acct_closed", "failed", invalid, "payout_failed", SHARE),
        ("acct_fails_late", "failed", invalid, "payout_failed", SHARE),
        ("acct_late", "paid", None, "payout_paid", 0),
        (
            "acct_sends_back",
            "sent_back",
            None,
            "payout_sent_back",
            SHARE,
        ),
    ] {
        let ben = earner(&scene, account).await?;
        ben.pay_out(SHARE).await?.is(201)?;
        let payout = payout_until(&ben, state).await?;
        assert_eq!(payout.text("/reason").ok(), reason, "{account}");
        assert_eq!(available(&ben).await?, left, "{account}");
        ben.notice_of(kind).await?;
        if left > 0 {
            ben.set_account("acct_bank").await?;
            ben.pay_out(left).await?.is(201)?;
            payout_until(&ben, "paid").await?;
            assert_eq!(available(&ben).await?, 0, "{account}");
        }
    }
    assert_eq!(till.paid_out().await, 4 * SHARE);
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

#[tokio::test]
async fn of_payouts_that_race_for_everything_one_is_paid() -> Result<(), Deviation> {
    let mut till = Till::open(&[]);
    let scene = till.scene().await;
    let ben = earner(&scene, "acct_bank").await?;
    let mut taken = 0;
    for reply in join_all((0..12).map(|_| ben.pay_out(SHARE))).await {
        let reply = reply?;
        if reply.status == 201 {
            taken += 1;
        } else {
            let refused = reply.refuses(422, "above_available")?;
            assert_eq!(refused.number("/available_cents")?, 0);
        }
    }
    assert_eq!(taken, 1);
    payout_until(&ben, "paid").await?;
    let cem = earner(&scene, "acct_bank").await?;
    let mut answers = vec![];
    for reply in join_all((0..12).map(|_| pay_out_as(&cem, SHARE, "the-same"))).await {
        answers.push(reply?.is(201)?);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    payout_until(&cem, "paid").await?;
    for who in [&ben, &cem] {
        let payouts = who.get("/api/users/me/payouts").await?.is(200)?;
        assert_eq!(payouts.list("/items")?.len(), 1);
    }
    assert_eq!(till.paid_out().await, 2 * SHARE);
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

#[tokio::test]
async fn a_payout_whose_answer_is_lost_is_paid_once_over_a_kill() -> Result<(), Deviation> {
    let mut till = Till::open(&[]);
    let scene = till.scene().await;
    let ben = earner(&scene, "acct_timeout_then_succeeds").await?;
    let asked = pay_out_as(&ben, SHARE, "one").await?.is(201)?;
    let wallet = ben.wallet().await?;
    assert_eq!(wallet.in_payout_cents, SHARE);
    assert_eq!(wallet.available_cents, 0);
    let scene = till.kill(&[&ben]).await;
    assert_eq!(pay_out_as(&ben, SHARE, "one").await?.is(201)?, asked);
    scene.pass(120_000).await?;
    payout_until(&ben, "paid").await?;
    let scene = till.kill(&[&ben]).await;
    assert_eq!(pay_out_as(&ben, SHARE, "one").await?.is(201)?, asked);
    assert_eq!(ben.wallet().await?.in_payout_cents, 0);
    assert_eq!(till.paid_out().await, SHARE);
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

/// The kill comes while the request is under way; the same key asks again. Answers how many payouts were known then.
async fn asked_over_a_kill(till: &mut Till, ben: &Person, round: u32) -> Result<usize, Deviation> {
    let key = format!("round-{round}");
    let asking = pay_out_as(ben, 100, &key);
    let killing = async {
        // Some microseconds each: kills come before, at and after the commit.
        for _ in 0..round * 250 {
            tokio::task::yield_now().await;
        }
        till.server.kill();
    };
    let (lost, ()) = tokio::join!(asking, killing);
    till.server.start_again();
    ben.client().move_to(till.server.address());
    let known = ben.get("/api/users/me/payouts").await?.is(200)?;
    let answered = pay_out_as(ben, 100, &key).await?.is(201)?;
    if let Ok(first) = lost {
        assert_eq!(first.is(201)?, answered);
    }
    Ok(known.list("/items")?.len())
}

#[tokio::test]
async fn a_kill_between_request_and_answer_pays_neither_twice_nor_never() -> Result<(), Deviation> {
    let mut till = Till::open(&["sandbox.tuning.slow_ms=300"]);
    let scene = till.scene().await;
    let ben = earner(&scene, "acct_slow").await?;
    let rounds = 12;
    for round in 0..rounds {
        let known = asked_over_a_kill(&mut till, &ben, round).await?;
        assert!((round..=round + 1).contains(&u32::try_from(known).unwrap()));
    }
    // The bank has the money of this one, and the server does not know.
    let before = till.paid_out().await;
    pay_out_as(&ben, 100, "the-last").await?.is(201)?;
    while till.paid_out().await == before {
        tokio::task::yield_now().await;
    }
    let scene = till.kill(&[&ben]).await;
    scene.pass(120_000).await?;
    let all = 100 * (i64::from(rounds) + 1);
    let paid = |page: &Body| {
        let payouts = page.list("/items").unwrap_or_default();
        payouts.iter().all(|payout| payout.says("/state", "paid"))
    };
    let payouts = ben
        .until_raw("/api/users/me/payouts", "only paid ones", paid)
        .await?;
    assert_eq!(
        payouts.list("/items")?.len() * 100,
        usize::try_from(all).unwrap()
    );
    let wallet = wallet_until(&ben, "/in_payout_cents", 0).await?;
    assert_eq!(wallet.number("/available_cents")?, SHARE - all);
    assert_eq!(till.paid_out().await, all);
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

#[tokio::test]
async fn payouts_are_listed_newest_first_and_page_by_page() -> Result<(), Deviation> {
    let till = Till::open(&[]);
    let scene = till.scene().await;
    let ben = earner(&scene, "acct_bank").await?;
    for cents in 100..105 {
        ben.pay_out(cents).await?.is(201)?;
    }
    let (mut path, mut amounts) = ("/api/users/me/payouts?limit=2".to_owned(), vec![]);
    loop {
        let page = ben.get(&path).await?.is(200)?;
        for payout in page.list("/items")? {
            amounts.push(payout.number("/amount_cents")?);
        }
        let Ok(next) = page.text("/next_cursor") else {
            break;
        };
        path = format!("/api/users/me/payouts?limit=2&cursor={next}");
    }
    assert_eq!(amounts, [104, 103, 102, 101, 100]);
    Ok(())
}

/// At most 16 may be under way: the others wait for those that the bank has not answered.
#[tokio::test]
async fn only_so_many_payouts_are_under_way_at_once() -> Result<(), Deviation> {
    let till = Till::open(&[]);
    let scene = till.scene().await;
    let ben = earner(&scene, "acct_down").await?;
    for _ in 0..16 {
        ben.pay_out(50).await?.is(201)?;
    }
    let refused = ben.pay_out(50).await?.refuses(409, "too_many_payments")?;
    assert_eq!(refused.number("/limit")?, 16);
    let wallet = ben.wallet().await?;
    assert_eq!(wallet.in_payout_cents, 16 * 50);
    assert_eq!(wallet.available_cents, SHARE - 16 * 50);
    assert_eq!(till.paid_out().await, 0);
    Ok(())
}

/// The wallet's entry among those that keep failing, if it is there.
async fn stalled(scene: &Scene, who: &Person) -> Result<Option<Body>, Deviation> {
    let listed = operator(scene).get("/api/admin/wallets").await?.is(200)?;
    let mut listed = listed.list("/items")?.into_iter();
    Ok(listed.find(|entry| entry.says("/user_id", &who.id)))
}

/// Moves the clock on, minute by minute, until that holds.
async fn pass_until(
    scene: &Scene,
    expected: &str,
    holds: impl AsyncFn() -> Result<bool, Deviation>,
) -> Result<(), Deviation> {
    for _ in 0..200 {
        if holds().await? {
            return Ok(());
        }
        scene.pass(60_000).await?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(Deviation::new(expected, "not within 200 minutes"))
}

#[tokio::test]
async fn a_payout_that_keeps_failing_is_listed_until_it_is_paid() -> Result<(), Deviation> {
    let keys = ["policy.retry_tries=3", "gateway.breaker.failures=1000000"];
    let mut till = Till::open_with(&[], &keys);
    let scene = till.scene().await;
    let ben = earner(&scene, "acct_down_5").await?;
    assert!(stalled(&scene, &ben).await?.is_none());
    let asked = ben.pay_out(SHARE).await?.is(201)?;
    let rests = async || {
        let seen = stalled(&scene, &ben).await?;
        Ok(seen.is_some_and(|seen| seen.has("/next_try_at")))
    };
    pass_until(&scene, "a payout that is listed", rests).await?;
    operator(&scene).notice_of("step_stalled").await?;
    let seen = stalled(&scene, &ben).await?.unwrap();
    let call = &seen.list("/calls")?[0];
    assert_eq!(call.text("/purpose")?, "payout");
    assert_eq!(call.number("/id")?, asked.number("/id")?);
    assert_eq!(call.number("/amount_cents")?, SHARE);
    assert_eq!(call.text("/requested_at")?, asked.text("/requested_at")?);
    assert!((3..5).contains(&call.number("/failures")?), "{seen:?}");
    assert!(seen.has("/next_try_at"));
    for person in [&ben, &earner(&scene, "acct_bank").await?] {
        let told = person.get("/api/admin/wallets").await?;
        told.refuses(403, "not_allowed")?;
    }
    let paid = async || Ok(ben.wallet().await?.in_payout_cents == 0);
    pass_until(&scene, "a payout that is paid", paid).await?;
    payout_until(&ben, "paid").await?;
    assert!(stalled(&scene, &ben).await?.is_none());
    assert_eq!(till.paid_out().await, SHARE);
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

#[tokio::test]
async fn a_dead_bank_holds_back_no_payout_and_operators_have_it_tried_now() -> Result<(), Deviation>
{
    let keys = ["policy.retry_tries=2", "gateway.breaker.failures=1000000"];
    let mut till = Till::open_with(&[], &keys);
    let scene = till.scene().await;
    let (ben, boss) = (earner(&scene, "acct_down").await?, operator(&scene));
    let path = |user: &str| format!("/api/admin/wallets/{user}/retry");
    let because = json!({"reason": "The bank is back."});
    let retry = async |who: &Person| who.post(&path(&ben.id), &because).await;
    retry(boss).await?.refuses(404, "not_found")?;
    let dead = ben.pay_out(500).await?.is(201)?;
    let listed = async || Ok(stalled(&scene, &ben).await?.is_some());
    pass_until(&scene, "a payout that is listed", listed).await?;
    let alarm = boss.notice_of("step_stalled").await?;
    let data = json!({"user_id": ben.id, "payout": dead.number("/id")?});
    assert_eq!(alarm.data, data);

    ben.set_account("acct_bank").await?;
    ben.pay_out(600).await?.is(201)?;
    payout_until(&ben, "paid").await?;
    let before = stalled(&scene, &ben).await?.unwrap();

    retry(&ben).await?.refuses(403, "not_allowed")?;
    let nobody = path("019b7700-0000-7000-8000-000000000000");
    boss.post(&nobody, &because)
        .await?
        .refuses(404, "not_found")?;
    let unfounded = boss.post(&path(&ben.id), &json!({"reason": ""})).await?;
    unfounded.refuses(422, "invalid_field")?;
    let keyed = ApiRequest::post(path(&ben.id), &because).with_key("again");
    let told = boss.send(keyed.clone()).await?.is(200)?;
    assert_eq!(told.text("/user_id")?, ben.id);
    assert_eq!(
        told.number("/calls/0/id")?,
        dead.number("/id")?,
        "while it is tried too"
    );
    boss.send(keyed).await?.is(200)?;
    let tried = async || {
        let seen = stalled(&scene, &ben).await?.unwrap();
        Ok(seen.number("/calls/0/failures")? == before.number("/calls/0/failures")? + 1)
    };
    let waiting = async {
        while !tried().await? {
            tokio::task::yield_now().await;
        }
        Ok::<_, Deviation>(())
    };
    tokio::time::timeout(Duration::from_secs(30), waiting)
        .await
        .unwrap()?;
    let acts = audit(&scene, 100).await?;
    let of_retries = |act: &&Body| act.says("/action", "retry_wallet");
    let acts: Vec<&Body> = acts.iter().filter(of_retries).collect();
    assert_eq!(acts.len(), 1);
    assert_eq!(acts[0].text("/reason")?, "The bank is back.");
    assert_eq!(acts[0].0["target"], json!({"type": "user", "id": ben.id}));
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

/// The statement's entry of an order.
async fn statement(who: &Person, order: &str) -> Result<Body, Deviation> {
    let wallet = who.wallet_raw().await?;
    let mut entries = wallet.list("/statement/items")?.into_iter();
    let found = entries.find(|entry| entry.says("/order_id", order));
    found.ok_or_else(|| Deviation::new("a statement", wallet.0.to_string()))
}

/// Food, delivery fee, tip, compensation, platform fee, other, and all of it.
fn columns(entry: &Body) -> Result<[i64; 7], Deviation> {
    Ok([
        entry.number("/food_cents")?,
        entry.number("/delivery_fee_cents")?,
        entry.number("/tip_cents")?,
        entry.number("/compensation_cents")?,
        entry.number("/platform_fee_cents")?,
        entry.number("/other_cents")?,
        entry.number("/total_cents")?,
    ])
}

#[tokio::test]
async fn the_statement_says_what_each_order_did() -> Result<(), Deviation> {
    let till = Till::open(&[]);
    let scene = till.scene().await;
    let errand = collected(&scene, "tok_visa").await?;
    let (ann, ben) = (&errand.customer, &errand.runner);
    let earned = columns(&statement(ben, &errand.order).await?)?;
    assert_eq!(earned, [2_150, 399, 200, 0, -FEE, 0, SHARE]);
    let spent = statement(ann, &errand.order).await?;
    assert_eq!(spent.text("/side")?, "customer");
    assert_eq!(columns(&spent)?, [-2_150, -399, -200, 0, 0, CHARGE, 0]);
    ann.tip(&errand.order, 300).await?.is_begun()?;
    wallet_until(ben, "/available_cents", SHARE + 300).await?;
    let earned = columns(&statement(ben, &errand.order).await?)?;
    assert_eq!(earned, [2_150, 399, 500, 0, -FEE, 0, SHARE + 300]);
    let lost = Errand::available(&scene.client, "tok_visa").await?;
    lost.carry_to("accepted").await?;
    scene.pass(150_000).await?;
    let charge = lost.customer.cancellation_charge(&lost.order).await?;
    assert_eq!(charge, 199);
    lost.customer.cancel(&lost.order, charge).await?.is(200)?;
    let trip = columns(&statement(&lost.runner, &lost.order).await?)?;
    assert_eq!(trip, [0, 0, 0, charge, 0, 0, charge]);
    lost.until_collection("collected").await?;
    let trip = columns(&statement(&lost.customer, &lost.order).await?)?;
    assert_eq!(trip, [0, 0, 0, -charge, 0, charge, 0]);
    Ok(())
}

#[tokio::test]
async fn what_is_claimed_is_frozen_and_what_is_owed_is_set_off() -> Result<(), Deviation> {
    let mut till = Till::open(&[]);
    let scene = till.scene().await;
    let errand = collected(&scene, "tok_visa").await?;
    let ben = &errand.runner;
    ben.set_account("acct_bank").await?;
    ben.pay_out(2_000).await?.is(201)?;
    payout_until(ben, "paid").await?;
    claim(&errand, 1_000).await?;
    let wallet = ben.wallet_raw().await?;
    assert_eq!(wallet.number("/frozen_cents")?, SHARE - 2_000);
    assert_eq!(wallet.number("/available_cents")?, 0);
    ben.pay_out(100).await?.refuses(422, "above_available")?;
    resolve(&scene, &errand, 1_000, "runner").await?.is(200)?;
    let owed = 1_000 - (SHARE - 2_000);
    let wallet = owes(ben, owed).await?;
    assert_eq!(wallet.number("/frozen_cents")?, 0);
    refunded(&errand, 1_000).await?;
    let customer = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let (order, price) = customer.place_available(&Wish::lunch()).await?;
    let again = Errand {
        customer,
        runner: errand.runner,
        order,
        price,
    };
    again.carry_to("completed").await?;
    let ben = &again.runner;
    let wallet = owes(ben, 0).await?;
    assert_eq!(wallet.number("/available_cents")?, SHARE - owed);
    ben.notice_of("set_off").await?;
    ben.pay_out(SHARE).await?.refuses(422, "above_available")?;
    ben.pay_out(SHARE - owed).await?.is(201)?;
    payout_until(ben, "paid").await?;
    again.until_collection("collected").await?;
    till.agrees(&scene, 0).await?;
    till.sound();
    Ok(())
}

#[tokio::test]
async fn operators_are_told_when_more_has_to_leave_the_gateway_than_is_there()
-> Result<(), Deviation> {
    let till = Till::open(&[]);
    let scene = till.scene().await;
    let errand = owing(&scene).await?;
    let ben = &errand.runner;
    ben.set_account("acct_bank").await?;
    ben.pay_out(SHARE).await?.is(201)?;
    payout_until(ben, "paid").await?;
    let short = operator(&scene).notice_of("cash_short").await?;
    assert!(short.message.contains("26.49"), "{short:?}");
    assert_eq!(operator(&scene).balance("gateway").await?, SHARE);
    till.agrees(&scene, 0).await
}
