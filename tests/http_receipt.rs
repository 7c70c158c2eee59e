//! Receipts over HTTP, against the real program: each side's own, from the same transfers that the ledger shows.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Body, Deviation, Person, same};
use campusg_robots::walkthrough::Errand;
use common::{
    Options,
    desk::{claim, completed, delivered, path, resolve},
    operator,
    turn::shared,
};
use serde_json::{Value, json};

fn options() -> Options {
    Options::virtual_clock(&[
        "policy.dispute_window_ms=3600000",
        "policy.platform_fee_cents=100",
    ])
}

async fn receipt(who: &Person, errand: &Errand) -> Result<Body, Deviation> {
    who.get(&path(errand, "/receipt")).await?.is(200)
}

/// Kind and amount of each line.
fn lines(receipt: &Body, of: &str) -> Vec<(String, i64)> {
    let line = |line: &Value| {
        let kind = line["kind"].as_str().unwrap().to_owned();
        (kind, line["amount_cents"].as_i64().unwrap())
    };
    receipt.0[of].as_array().unwrap().iter().map(line).collect()
}

fn named(lines: &[(&str, i64)]) -> Vec<(String, i64)> {
    let named = lines.iter();
    named
        .map(|(kind, cents)| ((*kind).into(), *cents))
        .collect()
}

#[tokio::test]
async fn each_side_reads_what_it_came_to_and_which_transfers_say_so() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = completed(&scene).await?;
    let (ann, ben) = (&errand.customer, &errand.runner);
    let hers = receipt(ann, &errand).await?;
    assert_eq!(
        hers.0["estimate"],
        json!({"food_cents": 2_000, "delivery_fee_cents": 399, "tip_cents": 200, "total_cents": 2_599})
    );
    let bought = [("food", 2_150), ("delivery_fee", 399), ("tip", 200)];
    assert_eq!(lines(&hers, "lines"), named(&bought));
    assert_eq!(lines(&hers, "settled"), named(&[("card_charged", 2_749)]));
    same("what she paid", hers.number("/total_cents")?, 2_749)?;
    same(
        "what is left in her wallet",
        hers.number("/in_wallet_cents")?,
        0,
    )?;

    let his = receipt(ben, &errand).await?;
    same(
        "what he expected",
        his.number("/estimate/total_cents")?,
        2_499,
    )?;
    let earned = [bought.as_slice(), &[("platform_fee", -100)]].concat();
    assert_eq!(lines(&his, "lines"), named(&earned));
    same("what he got", his.number("/total_cents")?, 2_649)?;
    assert!(!his.has("/in_wallet_cents"));

    let ledger = format!("/api/ledger/transfers?order_id={}", errand.order);
    let ledger = operator(&scene)
        .get(&ledger)
        .await?
        .is(200)?
        .list("/items")?;
    for (receipt, count) in [(&hers, 2), (&his, 1)] {
        let transfers = receipt.list("/transfers")?;
        assert_eq!(transfers.len(), count, "{transfers:?}");
        for transfer in transfers {
            let id = transfer.text("/id")?;
            let written = ledger.iter().find(|of| of.says("/id", id)).unwrap();
            let cents = transfer.number("/amount_cents")?;
            same("the amount", cents.abs(), written.number("/amount_cents")?)?;
            same("the phase", written.text("/phase")?, "posted")?;
        }
    }
    for (who, receipt) in [(ann, &hers), (ben, &his)] {
        let photos = receipt.list("/photos")?;
        assert_eq!(photos.len(), 1);
        assert_eq!(photos[0].text("/shows")?, "receipt");
        let photo = photos[0].text("/photo_id")?;
        who.get(&format!("/api/photos/{photo}")).await?.is(200)?;
    }
    let other = operator(&scene).get(&path(&errand, "/receipt")).await?;
    other.refuses(403, "not_allowed").map(drop)
}

#[tokio::test]
async fn what_comes_after_the_end_stands_on_it_too() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = completed(&scene).await?;
    let (ann, ben) = (&errand.customer, &errand.runner);
    ann.tip(&errand.order, 300).await?.is_begun()?;
    errand
        .until("the tip is paid", |seen: &Body| {
            seen.says("/payment/tips/0/state", "paid")
        })
        .await?;
    operator(&scene).refund(&errand.order, 500).await?.is(200)?;
    common::desk::refunded(&errand, 500).await?;
    let hers = receipt(ann, &errand).await?;
    let cost = [
        ("food", 2_150),
        ("delivery_fee", 399),
        ("tip", 500),
        ("goodwill", -500),
    ];
    assert_eq!(lines(&hers, "lines"), named(&cost));
    let card = [("card_charged", 3_049), ("card_refunded", -500)];
    assert_eq!(lines(&hers, "settled"), named(&card));
    same("what she paid", hers.number("/total_cents")?, 2_549)?;
    same(
        "what is left in her wallet",
        hers.number("/in_wallet_cents")?,
        0,
    )?;
    let his = receipt(ben, &errand).await?;
    same("what he got", his.number("/total_cents")?, 2_949)
}

#[tokio::test]
async fn a_delivery_that_is_settled_with_a_refund_shows_the_runner_what_he_got()
-> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = delivered(&scene).await?;
    claim(&errand, 1_000).await?;
    resolve(&scene, &errand, 700, "runner").await?.is(200)?;
    let his = receipt(&errand.runner, &errand).await?;
    same(
        "what he got",
        his.number("/total_cents")?,
        errand.earnings().await?,
    )?;
    let returned = ("refund".to_owned(), -700);
    assert!(lines(&his, "lines").contains(&returned), "{his:?}");
    let hers = receipt(&errand.customer, &errand).await?;
    same("what she paid", hers.number("/total_cents")?, 2_049)
}

#[tokio::test]
async fn a_receipt_is_there_when_the_order_has_ended_for_who_was_in_it() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = delivered(&scene).await?;
    let page = path(&errand, "/receipt");
    let early = errand.customer.get(&page).await?;
    early.refuses(409, "not_in_this_stage")?;
    errand.customer.confirm(&errand.order).await?.is(200)?;
    let stranger = Person::register(&scene.client, "Mallory").await?;
    stranger.get(&page).await?.refuses(404, "not_found")?;

    let asked = ApiRequest::get(page).accepting("text/html");
    let reply = errand.customer.send(asked).await?;
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let page = String::from_utf8(reply.bytes).unwrap();
    for part in [
        "Expected when placed",
        "27.49 USD",
        "Charged to your card",
        "Transfer ",
        "Photo of the shop",
    ] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    Ok(())
}
