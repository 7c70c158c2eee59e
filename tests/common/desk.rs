//! What the tests of disputes and of the operators' desk share: operators' acts, claims, and what both sides see of them.

use super::raw::AsWritten as _;
use super::{Options, operator};
use campusg_client::{Body, Deviation, Person, Reply, answer::Order};
use campusg_robots::walkthrough::{Errand, Scene};
use serde_json::{Value, json};

/// K of lunch: charged at `purchased`.
pub const CHARGE: i64 = 2_749;
/// What the runner gets of it.
pub const SHARE: i64 = 2_649;
pub const UNKNOWN: &str = "00000000-0000-7000-8000-000000000000";

/// A server that keeps 1.00 of each order.
pub fn options() -> Options {
    Options::virtual_clock(&["policy.platform_fee_cents=100"])
}

/// The same, with an hour to dispute a delivery.
pub fn with_a_window() -> Options {
    let mut options = options();
    options.set.push("policy.dispute_window_ms=3600000".into());
    options
}

/// Something an operator does to this order, for this reason.
pub async fn act(scene: &Scene, order: &str, what: &str, reason: &str) -> Result<Reply, Deviation> {
    let path = format!("/api/admin/orders/{order}/{what}");
    operator(scene)
        .post(&path, &json!({"reason": reason}))
        .await
}

pub async fn settle(scene: &Scene, order: &str, mut how: Value) -> Result<Reply, Deviation> {
    how["reason"] = json!("it has to end");
    let path = format!("/api/admin/orders/{order}/settle");
    operator(scene).post(&path, &how).await
}

pub async fn remedy(scene: &Scene, order: &str, what: &str) -> Result<Reply, Deviation> {
    let path = format!("/api/admin/sagas/{order}/{what}");
    operator(scene)
        .post(&path, &json!({"reason": format!("to {what} it")}))
        .await
}

/// What is stuck with this order, if anything is.
pub async fn stalled(scene: &Scene, order: &str) -> Result<Option<Body>, Deviation> {
    let listed = operator(scene)
        .get("/api/admin/sagas?state=stalled")
        .await?
        .is(200)?;
    let listed = listed.list("/items")?;
    Ok(listed
        .into_iter()
        .find(|entry| entry.says("/order_id", order)))
}

pub async fn until_stalled(scene: &Scene, order: &str) -> Result<Body, Deviation> {
    let is_listed = |page: &Body| {
        let items = page.list("/items").unwrap_or_default();
        items.iter().any(|entry| entry.says("/order_id", order))
    };
    let path = "/api/admin/sagas?state=stalled";
    operator(scene)
        .until_raw(path, "listed as stalled", is_listed)
        .await?;
    Ok(stalled(scene, order).await?.unwrap())
}

/// The order's version once the gateway has answered everything.
pub async fn quiet(scene: &Scene, order: &str) -> Result<i64, Deviation> {
    let answered = |order: &Order| order.calls.iter().all(|call| call.state == "closed");
    let seen = operator(scene)
        .order_until(order, "answered", answered)
        .await?;
    Ok(seen.version)
}

/// Every entry of the audit log, newest first, page by page.
pub async fn audit(scene: &Scene, limit: usize) -> Result<Vec<Body>, Deviation> {
    let first = format!("/api/admin/audit?limit={limit}");
    let (mut path, mut acts) = (first.clone(), vec![]);
    loop {
        let page = operator(scene).get(&path).await?.is(200)?;
        acts.extend(page.list("/items")?);
        let Ok(next) = page.text("/next_cursor") else {
            return Ok(acts);
        };
        path = format!("{first}&cursor={next}");
    }
}

/// Handed over, the customer's time to dispute runs.
pub async fn delivered(scene: &Scene) -> Result<Errand, Deviation> {
    let errand = Errand::at(&scene.client, "on-the-way").await?;
    let order = errand.deliver().await?.is(200)?;
    assert_eq!(order.text("/status")?, "delivered");
    errand.until_collection("collected").await?;
    Ok(errand)
}

/// Handed over, and confirmed by the customer.
pub async fn completed(scene: &Scene) -> Result<Errand, Deviation> {
    let errand = delivered(scene).await?;
    errand.customer.confirm(&errand.order).await?.is(200)?;
    Ok(errand)
}

pub fn path(errand: &Errand, rest: &str) -> String {
    format!("/api/orders/{}{rest}", errand.order)
}

pub async fn dispute(who: &Person, errand: &Errand, body: Value) -> Result<Reply, Deviation> {
    who.post(&path(errand, "/disputes"), &body).await
}

/// The customer claims this much.
pub async fn claim(errand: &Errand, cents: i64) -> Result<Body, Deviation> {
    let body = json!({"reason": "The soup was cold.", "claim_cents": cents});
    dispute(&errand.customer, errand, body).await?.is(200)
}

pub async fn reply(who: &Person, errand: &Errand, body: Value) -> Result<Reply, Deviation> {
    who.post(&path(errand, "/disputes/1/reply"), &body).await
}

pub async fn resolve(
    scene: &Scene,
    errand: &Errand,
    refund: i64,
    at_fault: &str,
) -> Result<Reply, Deviation> {
    let body = json!({"refund_cents": refund, "at_fault": at_fault, "reason": "Both were heard."});
    let to = path(errand, "/disputes/1/resolve");
    operator(scene).post(&to, &body).await
}

/// The order's only dispute, as this person reads it.
pub async fn thread(who: &Person, errand: &Errand) -> Result<Body, Deviation> {
    let threads = who.get(&path(errand, "/disputes")).await?.is(200)?;
    let mut threads = threads.list("/items")?;
    assert_eq!(threads.len(), 1);
    Ok(threads.remove(0))
}

/// Available, promised out of it, owed.
pub async fn wallet(who: &Person) -> Result<(i64, i64, i64), Deviation> {
    let wallet = who.wallet().await?;
    Ok((
        wallet.available_cents,
        wallet.pending_out_cents,
        wallet.debt_cents,
    ))
}

pub async fn goodwill(scene: &Scene) -> Result<i64, Deviation> {
    operator(scene).balance("goodwill").await
}

/// What the card got back, once the gateway has sent it.
pub async fn refunded(errand: &Errand, cents: i64) -> Result<(), Deviation> {
    let sent = |events: &Body| {
        let events = events.list("/items").unwrap_or_default();
        let refunds = events
            .iter()
            .filter(|event| event.says("/type", "refunded"));
        let sum: i64 = refunds
            .filter_map(|event| event.number("/data/amount_cents").ok())
            .sum();
        sum == cents
    };
    let events = path(errand, "/events?limit=100");
    errand
        .customer
        .until_raw(&events, &format!("{cents} refunded"), sent)
        .await?;
    Ok(())
}
