//! Issues while the food is on its way, and at the door.

use super::{
    super::super::{Errand, Scene},
    money,
};
use campusg_client::{
    Deviation, Wish,
    answer::{Order, Refusal},
    same,
};
use campusg_domain::order::Status;

pub(super) async fn wrong_pins(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step(
        "At the door: Ben types a wrong PIN again and again; each is refused, and Ann is told.",
    );
    let errand = Errand::at(&scene.client, "on-the-way").await?;
    let (runner, order) = (&errand.runner, &errand.order);
    let photo = runner.upload().await?;
    runner
        .deliver_by_photo(order, &photo)
        .await?
        .refuses(422, "invalid_field")?;
    let pin = errand.customer.pin(order).await?;
    let wrong = if pin == "0000" { "1111" } else { "0000" };
    let mut left = None;
    while left != Some(0) {
        let refused = runner.deliver_by_pin(order, wrong).await?;
        let refused: Refusal = refused.refuses(422, "wrong_pin")?.read()?;
        let expected = left.map_or(refused.tries_left, |left| Some(left - 1));
        same("the tries left", refused.tries_left, expected)?;
        left = refused.tries_left;
    }
    errand.customer.notice("wrong_pin", order).await?;
    money(
        scene,
        &errand,
        [errand.price.charge(), errand.price.charge(), 0, 0],
    )
    .await?;

    story.step(
        "At the door: after the last try even the right PIN is no use; a photo of the food takes its place. Ben is not paid on \
         his word alone: Ann is asked, and confirms.",
    );
    runner
        .deliver_by_pin(order, &pin)
        .await?
        .refuses(422, "photo_needed")?;
    let earned = errand.earnings().await?;
    runner.deliver_by_photo(order, &photo).await?.is(200)?;
    same("the status", errand.seen().await?.status, Status::Delivered)?;
    errand.customer.notice("confirm_or_dispute", order).await?;
    let done: Order = errand.customer.confirm(order).await?.is(200)?.read()?;
    same("the status", done.status, Status::Completed)?;
    same("the proof", done.proof(), Some("photo"))?;
    money(scene, &errand, [0, errand.price.charge(), earned, 0]).await
}

pub(super) async fn left_at_the_door(scene: &Scene) -> Result<(), Deviation> {
    scene
        .story
        .step("At the door: Ann wished it left there; a photo is the proof.");
    let errand = Errand::of(&scene.client, "tok_visa", &Wish::lunch_at_the_door()).await?;
    errand.carry_to("on-the-way").await?;
    let earned = errand.earnings().await?;
    let photo = errand.runner.upload().await?;
    errand
        .runner
        .deliver_by_photo(&errand.order, &photo)
        .await?
        .is(200)?;
    let done = errand.seen().await?;
    same("the status", done.status, Status::Completed)?;
    money(scene, &errand, [0, errand.price.charge(), earned, 0]).await
}

pub(super) async fn customer_confirms(scene: &Scene) -> Result<(), Deviation> {
    scene
        .story
        .step("At the door: Ben's telephone is empty; Ann confirms herself that she has the food.");
    let errand = Errand::at(&scene.client, "on-the-way").await?;
    let earned = errand.earnings().await?;
    let done = errand.customer.confirm(&errand.order).await?;
    let done: Order = done.is(200)?.read()?;
    same("the status", done.status, Status::Completed)?;
    same("the proof", done.proof(), Some("confirmed"))?;
    money(scene, &errand, [0, errand.price.charge(), earned, 0]).await
}
