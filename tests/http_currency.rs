//! Money as people read it where the currency has no decimals, or three: pages, notices and refusals, over HTTP.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Deviation, Person, Wish};
use campusg_domain::time::HOUR_MS;
use campusg_robots::walkthrough::Errand;
use common::{Server, run};

/// Whatever a page or a text says of 21.50 USD.
const WITH_CENTS: [&str; 3] = ["21.50", "27.49", "28.99"];

async fn page(person: &Person, path: &str) -> Result<String, Deviation> {
    let asked = ApiRequest::get(path).accepting("text/html");
    let reply = person.send(asked).await?;
    assert_eq!(reply.status, 200, "{path}");
    Ok(String::from_utf8(reply.bytes).unwrap())
}

fn says(text: &str, parts: &[String]) {
    for part in parts {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    for wrong in WITH_CENTS {
        assert!(!text.contains(wrong), "{wrong} in {text}");
    }
}

/// Lives an order in this currency, and reads all that says an amount.
async fn reads_all(code: &str, shown: fn(i64) -> String) -> Result<(), Deviation> {
    let server = Server::start_in(code);
    let scene = server.scene().await;
    let amount = |cents: i64| format!("{} {code}", shown(cents));

    let errand = Errand::at(&scene.client, "on-site").await?;
    let photo = errand.runner.upload().await?;
    let dear = errand
        .runner
        .buy(&errand.order, 2_301, Some(&photo))
        .await?;
    let refused = dear.refuses(422, "above_approved")?;
    says(refused.text("/detail")?, &[amount(2_300)]);
    assert_eq!(refused.number("/approved_total_cents")?, 2_300);
    let path = format!("/api/orders/{}/cancel", errand.order);
    let body = serde_json::json!({});
    let refused = errand.customer.post(&path, &body).await?;
    let refused = refused.refuses(409, "quote_changed")?;
    says(refused.text("/detail")?, &[amount(199)]);

    errand.carry_to("completed").await?;
    errand.until_collection("collected").await?;
    let receipt = format!("/api/orders/{}/receipt", errand.order);
    let hers = page(&errand.customer, &receipt).await?;
    says(&hers, &[amount(2_150), amount(2_749), amount(399)]);
    let bought = errand.customer.notice("purchased", &errand.order).await?;
    says(&bought.message, &[amount(2_150)]);
    let paid = errand.runner.notice("paid", &errand.order).await?;
    says(&paid.message, &[amount(2_749)]);

    scene.pass(HOUR_MS).await?;
    let front = page(&errand.customer, "/").await?;
    says(
        &front,
        &[format!("<td>In wallets</td><td>{}</td>", amount(2_749))],
    );

    let asked = Person::customer(&scene.client, "Ann", "tok_action_required").await?;
    let placed = asked.place(&Wish::lunch()).await?.is(201)?;
    let has_link = |order: &campusg_client::Body| order.has("/payment/action_url");
    let order = placed.text("/id")?;
    let seen = asked.order_until(order, "asked", has_link).await?;
    let bank = page(&asked, seen.text("/payment/action_url")?).await?;
    says(&bank, &[amount(2_899)]);
    Ok(())
}

#[tokio::test]
async fn a3_yen_have_no_decimals() -> Result<(), Deviation> {
    reads_all("JPY", |yen| yen.to_string()).await
}

#[tokio::test]
async fn a3_dinars_have_three() -> Result<(), Deviation> {
    reads_all("KWD", |fils| {
        format!("{}.{:03}", fils / 1_000, fils % 1_000)
    })
    .await
}

#[test]
fn a3_an_unknown_currency_is_refused_by_the_configuration() {
    for code in ["ABC", "XAU", "eur", "EURO"] {
        let set = format!("policy.currency={code}");
        let refused = run(&["config", "--set", &set]);
        assert!(!refused.status.success(), "{code}");
        let why = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            why.contains("policy.currency") && why.contains("ISO 4217"),
            "{why}"
        );
    }
}
