//! Issues while the runner is on the way to the store.

use super::{
    super::super::{Errand, Scene},
    money,
};
use campusg_client::{
    Deviation,
    answer::{Order, Refusal},
    same,
};
use campusg_domain::order::{CancelReason, Status};
use campusg_domain::time::{MINUTE_MS, SECOND_MS};

/// Just over the 2 minutes in which cancelling is free after acceptance.
const GRACE_OVER_MS: u64 = 2 * MINUTE_MS + SECOND_MS;
/// Just over 15 minutes: an idle runner is then reminded, and after as long again loses the order.
const IDLE_MS: u64 = 15 * MINUTE_MS + SECOND_MS;

pub(super) async fn customer_cancels_at_once(scene: &Scene) -> Result<(), Deviation> {
    scene.story.step(
        "Accepted: Ann changes her mind at once; cancelling is free, and the quote says so before.",
    );
    let errand = Errand::at(&scene.client, "accepted").await?;
    same(
        "the quote",
        errand.customer.cancellation_charge(&errand.order).await?,
        0,
    )?;
    let ended = errand.customer.cancel(&errand.order, 0).await?;
    let ended: Order = ended.is(200)?.read()?;
    same("the status", ended.status, Status::Cancelled)?;
    same("why", ended.cancel_reason, Some(CancelReason::Customer))?;
    same(
        "how it is settled",
        ended.settlement.as_deref(),
        Some("free"),
    )?;
    errand.runner.notice("cancelled", &errand.order).await?;
    money(scene, &errand, [0, 0, 0, 0]).await
}

pub(super) async fn customer_cancels_late(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("Accepted: Ann changes her mind after the grace time. Cancelling now costs Ben's trip: not without her word.");
    if !scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = Errand::at(&scene.client, "accepted").await?;
    scene.pass(GRACE_OVER_MS).await?;
    let trip = errand.price.trip;
    same(
        "the quote",
        errand.customer.cancellation_charge(&errand.order).await?,
        trip,
    )?;
    let refused = errand.customer.cancel(&errand.order, 0).await?;
    let refused: Refusal = refused.refuses(409, "quote_changed")?.read()?;
    let quoted = refused.quote.map(|it| it.charge_cents);
    same("the quote in the refusal", quoted, Some(trip))?;
    same("the status", errand.seen().await?.status, Status::Accepted)?;
    money(scene, &errand, [errand.price.hold, 0, 0, 0]).await?;

    story.step("Ann agrees to the charge: the order is cancelled, and Ben is paid for his trip.");
    let ended = errand.customer.cancel(&errand.order, trip).await?;
    let ended: Order = ended.is(200)?.read()?;
    same(
        "how it is settled",
        ended.settlement.as_deref(),
        Some("trip"),
    )?;
    errand.until_collection("collected").await?;
    errand.runner.notice("paid", &errand.order).await?;
    money(scene, &errand, [0, trip, trip, 0]).await
}

pub(super) async fn runner_does_not_start(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("Accepted: Ben does not start. After a quarter of an hour he is reminded.");
    if !scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = Errand::at(&scene.client, "accepted").await?;
    scene.pass(IDLE_MS).await?;
    errand
        .runner
        .notice("runner_reminder", &errand.order)
        .await?;
    same("the status", errand.seen().await?.status, Status::Accepted)?;

    story.step("After half an hour Ben loses the order: it is available again, and both are told.");
    scene.pass(IDLE_MS).await?;
    errand
        .until("available", |order: &Order| {
            order.placement.as_deref() == Some("available")
        })
        .await?;
    errand
        .runner
        .notice("runner_released", &errand.order)
        .await?;
    errand
        .customer
        .notice("runner_cancelled", &errand.order)
        .await?;
    money(scene, &errand, [errand.price.hold, 0, 0, 0]).await
}

pub(super) async fn operator_takes_the_order_back(scene: &Scene) -> Result<(), Deviation> {
    scene.story.step(
        "Accepted: Ben does not answer, and an operator takes the order from him: available again.",
    );
    let Some(operator) = scene.operator_here() else {
        return Ok(());
    };
    let errand = Errand::at(&scene.client, "accepted").await?;
    operator.reassign(&errand.order).await?.is(200)?;
    same(
        "the placement",
        errand.seen().await?.placement.as_deref(),
        Some("available"),
    )?;
    errand
        .runner
        .notice("runner_released", &errand.order)
        .await?;
    money(scene, &errand, [errand.price.hold, 0, 0, 0]).await
}
