//! (b) The payment fails → cancelled.

use super::super::{Money, Scene};
use campusg_client::{
    Deviation, Person, Wish,
    answer::{Made, Order},
    holds,
    operation::order,
    same,
};
use campusg_domain::order::{CancelReason, Status};

pub(super) async fn play(scene: &Scene) -> Result<(), Deviation> {
    for (card, reason, words) in [
        ("tok_declined", "declined", "Ann's bank declines her card"),
        (
            "tok_insufficient_funds",
            "insufficient_funds",
            "there is not enough money on Ann's card",
        ),
    ] {
        refused(scene, card, reason, words).await?;
    }
    let story = &scene.story;
    story.step("Without a card Ann can't order at all.");
    let without = Person::register(&scene.client, "Ann").await?;
    without
        .place(&Wish::lunch())
        .await?
        .refuses(409, "no_payment_method")
        .map(drop)
}

async fn refused(scene: &Scene, card: &str, reason: &str, words: &str) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step(format!("Ann orders, and {words}: the order is cancelled."));
    let customer = Person::customer(&scene.client, "Ann", card).await?;
    let placed: Made = customer.place(&Wish::lunch()).await?.is(201)?.read()?;
    let order = placed.id;
    let ended = customer
        .order_until(&order, "cancelled", |order: &Order| {
            order.status == Status::Cancelled
        })
        .await?;
    same(
        "why",
        ended.cancel_reason,
        Some(CancelReason::PaymentFailed),
    )?;
    same(
        "what the bank says",
        ended.payment.declined.as_deref(),
        Some(reason),
    )?;
    same("the payment", ended.payment.status.as_str(), "failed")?;
    same("the escrow", ended.escrow.status.as_str(), "failed")?;
    same(
        "how it is settled",
        ended.settlement.as_deref(),
        Some("free"),
    )?;
    let money = Money::of(&order, &customer, None).await?;
    money.is(0, 0, 0, 0)?;
    story.money(&money);

    story.step("Ann is told why, and no runner ever sees the order.");
    customer.notice("payment_failed", &order).await?;
    let runner = Person::runner(&scene.client, "Ben").await?;
    let found = runner.finds(&order).await?;
    holds(
        found.is_none(),
        || "a board without the order".into(),
        || format!("{found:?}"),
    )?;
    runner
        .perform(order::show(&order))
        .await?
        .refuses(404, "not_found")
        .map(drop)
}
