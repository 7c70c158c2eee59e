//! Issues while the runner is at the store.

use super::{
    super::super::{Errand, Scene},
    money,
};
use campusg_client::{Deviation, Wish, answer::Order, request::Progress, same};
use campusg_domain::order::{CancelReason, Status};

pub(super) async fn receipt_is_wrong(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step(
        "At the store: a receipt above what Ann approved is refused, and nothing is charged.",
    );
    let errand = Errand::at(&scene.client, "on-site").await?;
    let (runner, order, price) = (&errand.runner, &errand.order, errand.price);
    let photo = runner.upload().await?;
    let above = price.food + price.buffer + 1;
    runner
        .buy(order, above, Some(&photo))
        .await?
        .refuses(422, "above_approved")?;
    runner
        .buy(order, 0, Some(&photo))
        .await?
        .refuses(422, "invalid_field")?;
    money(scene, &errand, [price.hold, 0, 0, 0]).await?;

    story.step("At the store: a receipt without its photo is refused, and so is a photo that nobody uploaded.");
    runner
        .buy(order, price.receipt(), None)
        .await?
        .refuses(422, "photo_needed")?;
    let unknown = Some("00000000-0000-7000-8000-000000000000");
    runner
        .buy(order, price.receipt(), unknown)
        .await?
        .refuses(422, "invalid_field")?;

    story.step("At the store: the right receipt goes through; its photo serves no second order.");
    runner
        .buy(order, price.receipt(), Some(&photo))
        .await?
        .is(200)?;
    errand.until_collection("collected").await?;
    money(scene, &errand, [price.charge(), price.charge(), 0, 0]).await?;
    let (second, price) = errand.customer.place_available(&Wish::lunch()).await?;
    runner.accept(&second).await?.is(200)?;
    runner.report(&second, &Progress::OnSite).await?.is(200)?;
    runner
        .buy(&second, price.receipt(), Some(&photo))
        .await?
        .refuses(409, "photo_used")?;
    same(
        "the status",
        errand.customer.order(&second).await?.status,
        Status::OnSite,
    )
}

pub(super) async fn customer_cancels(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("At the store: Ann wants to cancel. Ben may be at the till, so he is asked first.");
    let errand = Errand::at(&scene.client, "on-site").await?;
    let trip = errand.price.trip;
    let waits = errand.customer.cancel(&errand.order, trip).await?;
    let waits: Order = waits.is(202)?.read()?;
    same("the status", waits.status, Status::OnSite)?;
    money(scene, &errand, [errand.price.hold, 0, 0, 0]).await?;

    story.step("Ben has bought nothing and agrees: cancelled, and his trip is paid.");
    errand.runner.give_back(&errand.order).await?.is(200)?;
    let ended = errand.seen().await?;
    same("the status", ended.status, Status::Cancelled)?;
    same("why", ended.cancel_reason, Some(CancelReason::Customer))?;
    errand.until_collection("collected").await?;
    money(scene, &errand, [0, trip, trip, 0]).await
}

pub(super) async fn runner_gives_back(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("At the store: the line is too long, and Ben gives the order back before he buys: available again.");
    let errand = Errand::at(&scene.client, "on-site").await?;
    errand.runner.give_back(&errand.order).await?.is(200)?;
    same(
        "the placement",
        errand.seen().await?.placement.as_deref(),
        Some("available"),
    )?;
    errand
        .customer
        .notice("runner_cancelled", &errand.order)
        .await?;
    money(scene, &errand, [errand.price.hold, 0, 0, 0]).await
}
