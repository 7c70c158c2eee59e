//! `campusg verify` on the folder of a server that has seen disputes, debts, refunds and a runner who was given up: one
//! line per invariant with what was counted, the journal's head last, and the head that anybody was shown.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Deviation};
use campusg_domain::time::HOUR_MS;
use campusg_robots::walkthrough::Errand;
use common::{
    Options, Server,
    desk::{act, claim, quiet, resolve},
    operator,
};
use serde_json::json;

/// What has to be in the journal of a busy day.
async fn day(server: &Server) -> Result<(String, i64), Deviation> {
    let scene = server.scene().await;
    let open = Errand::at(&scene.client, "completed").await?;
    claim(&open, 1_000).await?;
    let decided = Errand::at(&scene.client, "completed").await?;
    claim(&decided, 2_749).await?;
    resolve(&scene, &decided, 2_749, "runner").await?.is(200)?;
    let owed = Errand::available(&scene.client, "tok_capture_fails").await?;
    owed.carry_to("completed").await?;
    let gone = Errand::at(&scene.client, "purchased").await?;
    act(&scene, &gone.order, "abandon", "gone").await?.is(200)?;
    let refund = json!({"amount_cents": 50, "reason": "a kind word"});
    let path = format!("/api/orders/{}/refunds", open.order);
    operator(&scene).post(&path, &refund).await?.is(200)?;
    let held = Errand::at(&scene.client, "on-the-way").await?;
    act(&scene, &held.order, "hold", "to look").await?.is(200)?;
    for errand in [&open, &decided, &owed, &gone, &held] {
        quiet(&scene, &errand.order).await?;
    }
    scene.pass(HOUR_MS).await?;
    let proof = scene
        .client
        .send(&ApiRequest::get("/api/ledger/proof"))
        .await?;
    let proof = proof.is(200)?;
    let kinds = [
        "gateway",
        "receivable",
        "escrow",
        "payable",
        "revenue",
        "goodwill",
    ];
    let posted = kinds.map(|kind| proof.number(&format!("/posted_cents/{kind}")).unwrap());
    assert_eq!(posted.iter().sum::<i64>(), 0, "{posted:?}");
    assert_eq!(proof.number("/open_escrows")?, 1, "the one on hold");
    assert_eq!(proof.number("/posted_cents/escrow")?, 2_749);
    Ok((proof.text("/head")?.to_owned(), proof.number("/seq")?))
}

#[tokio::test]
async fn each_invariant_has_a_line_with_what_was_counted_and_the_head_comes_last()
-> Result<(), Deviation> {
    let mut server = Server::start(Options::virtual_clock(&["policy.platform_fee_cents=100"]));
    let (head, seq) = day(&server).await?;
    server.stop();
    let said = server.verify();
    let mut lines: Vec<&str> = said.lines().collect();
    let last: Vec<&str> = lines.pop().unwrap().split(' ').collect();
    assert_eq!(last[0], "head");
    let written: i64 = last[1].parse().unwrap();
    assert!(written >= seq);
    if written == seq {
        assert_eq!(last[2], head, "the head that anybody was shown");
    }
    let rows: Vec<Vec<&str>> = lines
        .iter()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let expected = (1..=13)
        .map(|n| format!("I{n}"))
        .chain(["snapshots".into()]);
    assert!(
        rows.iter().map(|row| row[0].to_owned()).eq(expected),
        "{said}"
    );
    for row in &rows {
        assert_eq!(row[1], "ok", "{said}");
        assert!(row[2].parse::<u64>().unwrap() > 0, "{said}");
    }
    let count = |row: usize| rows[row - 1][2].parse::<u64>().unwrap();
    assert_eq!(
        (count(2), count(11)),
        (5, 4),
        "five orders, four of them ended"
    );
    assert_eq!(count(9), u64::try_from(written).unwrap());
    Ok(())
}
