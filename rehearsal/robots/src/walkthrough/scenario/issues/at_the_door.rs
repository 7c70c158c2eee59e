//! Issues while the food is on its way, and at the door.

use super::{
    super::super::{Errand, Scene},
    money,
};
use campusg_client::{Deviation, Wish, same};

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
    let mut left = i64::MAX;
    while left > 0 {
        let refused = runner
            .deliver_by_pin(order, wrong)
            .await?
            .refuses(422, "wrong_pin")?;
        let now = refused.number("/tries_left")?;
        if left != i64::MAX {
            same("the tries left", now, left - 1)?;
        }
        left = now;
    }
    errand.customer.notice("wrong_pin", order).await?;
    money(
        scene,
        &errand,
        [errand.price.charge(), errand.price.charge(), 0, 0],
    )
    .await?;

    story.step("At the door: after the last try even the right PIN is no use; a photo of the food takes its place.");
    runner
        .deliver_by_pin(order, &pin)
        .await?
        .refuses(422, "photo_needed")?;
    let earned = errand.earnings().await?;
    let done = runner.deliver_by_photo(order, &photo).await?.is(200)?;
    same("the status", done.text("/status")?, "completed")?;
    same("the proof", done.text("/delivery/proof")?, "photo")?;
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
    let done = errand
        .runner
        .deliver_by_photo(&errand.order, &photo)
        .await?
        .is(200)?;
    same("the status", done.text("/status")?, "completed")?;
    money(scene, &errand, [0, errand.price.charge(), earned, 0]).await
}

pub(super) async fn customer_confirms(scene: &Scene) -> Result<(), Deviation> {
    scene
        .story
        .step("At the door: Ben's telephone is empty; Ann confirms herself that she has the food.");
    let errand = Errand::at(&scene.client, "on-the-way").await?;
    let earned = errand.earnings().await?;
    let done = errand.customer.confirm(&errand.order).await?.is(200)?;
    same("the status", done.text("/status")?, "completed")?;
    same("the proof", done.text("/delivery/proof")?, "confirmed")?;
    money(scene, &errand, [0, errand.price.charge(), earned, 0]).await
}
