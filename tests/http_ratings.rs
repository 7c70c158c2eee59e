//! Ratings over HTTP, against the real program: one for each side, shown when both are in or the time for them is over.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::request::Progress;
use campusg_client::{Body, Deviation, Person, Wish, same};
use campusg_robots::walkthrough::Errand;
use common::raw::AsWritten as _;
use common::{Options, turn::shared};
use serde_json::json;

const DAY_MS: u64 = 24 * 60 * 60_000;

fn options() -> Options {
    Options::virtual_clock(&[])
}

/// What anybody sees of somebody.
async fn profile(of: &Person, by: &Person) -> Result<Body, Deviation> {
    by.get(&format!("/api/users/{}", of.id)).await?.is(200)
}

/// Lunch, ordered by one and brought by the other.
async fn another(ann: &Person, ben: &Person) -> Result<String, Deviation> {
    let (order, price) = ann.place_available(&Wish::lunch()).await?;
    ben.accept(&order).await?.is(200)?;
    ben.report(&order, &Progress::OnSite).await?.is(200)?;
    let photo = ben.upload().await?;
    ben.buy(&order, price.receipt(), Some(&photo))
        .await?
        .is(200)?;
    for status in [Progress::Collected, Progress::OnTheWay] {
        ben.report(&order, &status).await?.is(200)?;
    }
    let pin = ann.pin(&order).await?;
    ben.deliver_by_pin(&order, &pin).await?.is(200)?;
    Ok(order)
}

#[tokio::test]
async fn neither_side_sees_a_rating_before_both_are_in() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "completed").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    let rated = ann.rate(order, 5).await?.is(200)?;
    assert_eq!(rated.0["ratings"], json!({"given": 5, "received": null}));
    let hidden = ben.order_raw(order).await?;
    assert_eq!(
        hidden.0["ratings"],
        json!({"given": null, "received": null})
    );
    let events = ben.get(&format!("/api/orders/{order}/events")).await?;
    let events = events.is(200)?.list("/items")?;
    let told = events.iter().find(|event| event.says("/type", "rated"));
    assert_eq!(told.unwrap().0["data"], json!({"by": "customer"}));
    let nothing = profile(ben, ann).await?;
    assert_eq!(
        nothing.0["ratings"]["as_runner"],
        json!({"count": 0, "sum": 0, "average": null})
    );
    ben.rate(order, 4).await?.is(200)?;
    let shown = ann.order_raw(order).await?;
    assert_eq!(shown.0["ratings"], json!({"given": 5, "received": 4}));
    let known = profile(ben, ann).await?;
    assert_eq!(
        known.0["ratings"]["as_runner"],
        json!({"count": 1, "sum": 5, "average": 5.0})
    );
    let known = profile(ann, ben).await?;
    same("her ratings", known.number("/ratings/as_customer/sum")?, 4)
}

#[tokio::test]
async fn a_rating_alone_is_shown_when_the_window_closes() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "completed").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    ann.rate(order, 3).await?.is(200)?;
    scene.pass(7 * DAY_MS).await?;
    let shown = |order: &Body| order.0["ratings"]["received"] == json!(3);
    ben.order_until(order, "rated", shown).await?;
    same(
        "how often",
        profile(ben, ann)
            .await?
            .number("/ratings/as_runner/count")?,
        1,
    )?;
    let late = ben.rate(order, 5).await?.refuses(409, "too_late")?;
    assert!(
        !late
            .list("/allowed_transitions")?
            .contains(&Body(json!("rate")))
    );
    Ok(())
}

#[tokio::test]
async fn the_mean_is_exact_and_the_rate_of_cancellations_stands_beside_it() -> Result<(), Deviation>
{
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ann = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let ben = Person::runner(&scene.client, "Ben").await?;
    let fresh = profile(&ben, &ann).await?;
    assert_eq!(
        fresh.0["as_runner"],
        json!({"runs": 0, "cancellations": 0, "cancellation_rate": null})
    );
    for stars in [5, 4, 4] {
        let order = another(&ann, &ben).await?;
        ann.rate(&order, stars).await?.is(200)?;
        ben.rate(&order, 5).await?.is(200)?;
    }
    let (order, _) = ann.place_available(&Wish::lunch()).await?;
    ben.accept(&order).await?.is(200)?;
    ben.give_back(&order).await?.is(200)?;
    let known = profile(&ben, &ann).await?;
    assert_eq!(
        known.0["ratings"]["as_runner"],
        json!({"count": 3, "sum": 13, "average": 4.33})
    );
    assert_eq!(
        known.0["as_runner"],
        json!({"runs": 3, "cancellations": 1, "cancellation_rate": 0.25})
    );
    let public: Vec<&String> = known.0.as_object().unwrap().keys().collect();
    assert_eq!(public, ["as_runner", "first_name", "id", "ratings"]);
    ben.accept(&order).await?.is(200)?;
    let seen = ann.order_raw(&order).await?;
    assert_eq!(
        (
            &seen.0["runner"]["rating"]["average"],
            &seen.0["runner"]["cancellation_rate"]
        ),
        (&json!(4.33), &json!(0.25))
    );
    Ok(())
}

#[tokio::test]
async fn each_side_rates_once_from_one_to_five() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "completed").await?;
    let (ann, ben, order) = (&errand.customer, &errand.runner, &errand.order);
    let path = format!("/api/orders/{order}/ratings");
    for (body, status, code, field) in [
        (json!({}), 400, "missing_field", "stars"),
        (json!({"stars": 0}), 422, "invalid_field", "stars"),
        (json!({"stars": 6}), 422, "invalid_field", "stars"),
        (json!({"stars": 4.5}), 400, "wrong_type", "stars"),
        (json!({"stars": "five"}), 400, "wrong_type", "stars"),
        (json!({"stars": -1}), 400, "wrong_type", "stars"),
        (json!({"stars": 300}), 400, "wrong_type", "stars"),
        (json!({"stars": 5, "why": "x"}), 400, "unknown_field", "why"),
    ] {
        let refused = ann.post(&path, &body).await?.refuses(status, code)?;
        assert_eq!(refused.text("/field")?, field, "{body}");
    }
    ann.rate(order, 4).await?.is(200)?;
    ann.rate(order, 4).await?.is(200)?;
    ann.rate(order, 5).await?.refuses(409, "already_rated")?;
    common::operator(&scene)
        .rate(order, 5)
        .await?
        .refuses(403, "not_allowed")?;
    ben.rate(order, 1).await?.is(200)?;
    ben.rate(order, 2).await?.refuses(409, "already_rated")?;
    Ok(())
}
