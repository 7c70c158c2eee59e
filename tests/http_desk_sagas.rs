//! What keeps failing, over HTTP: listed, tried again, skipped where it moves no money, taken back where that is sure.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::answer::Order;
use campusg_client::{Body, Deviation};
use campusg_domain::time::SECOND_MS;
use campusg_robots::walkthrough::Errand;
use common::raw::AsWritten as _;
use common::{
    Options, Server,
    desk::{CHARGE, SHARE, audit, remedy, stalled, until_stalled},
    gateway::Gateway,
    operator, pass_until, proven,
    turn::shared,
};
use serde_json::json;

fn options() -> Options {
    Options::virtual_clock(&[
        "policy.platform_fee_cents=100",
        "policy.retry_tries=3",
        "gateway.breaker.failures=1000000",
    ])
}

#[tokio::test]
async fn a_charge_that_keeps_failing_is_listed_and_can_be_tried_again_or_left_as_a_debt()
-> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    for (card, what, collection) in [
        ("tok_capture_down_3", "retry", "collected"),
        ("tok_capture_down", "compensate", "owed"),
    ] {
        let errand = Errand::available(&scene.client, card).await?;
        errand.carry_to("purchased").await?;
        let told = remedy(&scene, &errand.order, "skip").await?;
        told.refuses(409, "not_in_this_stage")?;
        let failing = |order: &Order| order.saga.iter().any(|step| step.state == "stalled");
        pass_until(&scene, &errand.order, (6, 5 * SECOND_MS), failing).await?;
        let listed = until_stalled(&scene, &errand.order).await?;
        assert_eq!(listed.text("/state")?, "stalled");
        assert_eq!(listed.text("/steps/0/step")?, "capture-payment");
        assert_eq!(listed.text("/deferred_calls/0/purpose")?, "capture");
        assert_eq!(listed.0["deferred_calls"][0]["moves_money"], json!(true));
        assert_eq!(listed.0["allowed_actions"], json!(["compensate", "retry"]));
        operator(&scene)
            .notice("step_stalled", &errand.order)
            .await?;

        let told = remedy(&scene, &errand.order, "skip")
            .await?
            .refuses(409, "moves_money")?;
        assert_eq!(told.text("/order_id")?, errand.order);
        errand
            .customer
            .post(
                &format!("/api/admin/sagas/{}/{what}", errand.order),
                &json!({"reason": "me"}),
            )
            .await?
            .refuses(403, "not_allowed")?;
        remedy(&scene, &errand.order, what).await?.is(200)?;
        errand.until_collection(collection).await?;
        assert!(stalled(&scene, &errand.order).await?.is_none());
        errand.carry_to("completed").await?;
        let debt = if what == "compensate" { CHARGE } else { 0 };
        errand.money().await?.is(0, CHARGE, SHARE, debt)?;
    }
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn letting_go_that_keeps_failing_can_be_skipped() -> Result<(), Deviation> {
    let gateway = Gateway::start(&[]);
    let mut with_gateway = options();
    with_gateway.set.extend(gateway.settings());
    let server = Server::start(with_gateway);
    let scene = server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    drop(gateway);
    errand.customer.cancel(&errand.order, 0).await?.is(200)?;
    let path = format!("/api/orders/{}", errand.order);
    for failures in 1..=3 {
        let failed = |order: &Body| {
            let calls = order.list("/calls").unwrap_or_default();
            let mut voids = calls.iter().filter(|call| call.says("/purpose", "void"));
            voids.any(|call| {
                call.says("/state", "deferred") && call.number("/failures").ok() == Some(failures)
            })
        };
        operator(&scene)
            .until_raw(&path, "not answered", failed)
            .await?;
        if failures < 3 {
            scene.pass(10 * SECOND_MS).await?;
        }
    }
    let listed = until_stalled(&scene, &errand.order).await?;
    assert_eq!(listed.text("/order_status")?, "cancelled");
    assert_eq!(listed.0["deferred_calls"][0]["moves_money"], json!(false));
    assert_eq!(listed.0["allowed_actions"], json!(["retry", "skip"]));
    let told = remedy(&scene, &errand.order, "compensate").await?;
    told.refuses(409, "no_way_back")?;
    let skipped = remedy(&scene, &errand.order, "skip").await?.is(200)?;
    let calls = skipped.list("/calls")?;
    assert!(calls.iter().all(|call| call.says("/state", "closed")));
    assert!(stalled(&scene, &errand.order).await?.is_none());
    let told = remedy(&scene, &errand.order, "skip").await?;
    assert_eq!(
        told.refuses(409, "not_in_this_stage")?.0["allowed_transitions"],
        json!([])
    );
    errand.money().await?.is(0, 0, 0, 0)?;
    assert_eq!(audit(&scene, 1).await?[0].text("/reason")?, "to skip it");
    proven(&scene).await;
    Ok(())
}

#[tokio::test]
async fn what_is_under_way_is_listed_page_by_page() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let boss = operator(&scene);
    let mut placed = vec![];
    for _ in 0..3 {
        placed.push(Errand::available(&scene.client, "tok_visa").await?.order);
    }
    let mut found = vec![];
    let mut path = "/api/admin/sagas?state=running&limit=2".to_owned();
    loop {
        let page = boss.get(&path).await?.is(200)?;
        for entry in page.list("/items")? {
            assert!(!entry.list("/steps")?.is_empty());
            found.push(entry.text("/order_id")?.to_owned());
        }
        let Ok(next) = page.text("/next_cursor") else {
            break;
        };
        path = format!("/api/admin/sagas?state=running&limit=2&cursor={next}");
    }
    assert!(
        placed
            .iter()
            .all(|order| found.iter().filter(|other| *other == order).count() == 1)
    );
    boss.get("/api/admin/sagas?state=lost")
        .await?
        .refuses(400, "invalid_query")?;
    boss.get("/api/admin/sagas?state=running&cursor=x")
        .await?
        .refuses(400, "invalid_cursor")?;
    Ok(())
}
