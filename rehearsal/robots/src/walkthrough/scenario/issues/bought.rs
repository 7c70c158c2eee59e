//! Issues once the food is bought: from here on the runner is never out of pocket.

use super::{
    super::super::{Errand, Scene},
    money,
};
use campusg_client::{
    Deviation, Wish,
    answer::{Order, Refusal},
    same,
};

pub(super) async fn card_fails(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("Bought: the bank refuses to charge Ann's card after all. Ann owes the platform; the order goes on.");
    let errand = Errand::available(&scene.client, "tok_capture_fails").await?;
    errand.carry_to("purchased").await?;
    errand.until_collection("owed").await?;
    let charge = errand.price.charge();
    errand.customer.notice("renew_card", &errand.order).await?;
    money(scene, &errand, [charge, charge, 0, charge]).await?;

    story.step("Ben brings the food, and is paid all the same.");
    let earned = errand.earnings().await?;
    errand.carry_to("completed").await?;
    money(scene, &errand, [0, charge, earned, charge]).await?;

    story.step("As long as Ann owes, she can't order again.");
    let refused = errand.customer.place(&Wish::lunch()).await?;
    let refused: Refusal = refused.refuses(409, "in_debt")?.read()?;
    same("what is owed", refused.owed_cents, Some(charge))
}

pub(super) async fn customer_cancels(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("Bought: Ann doesn't want it any more. Cancelling costs the whole charge, and she has to agree to it.");
    let errand = Errand::at(&scene.client, "purchased").await?;
    errand.until_collection("collected").await?;
    let charge = errand.price.charge();
    same(
        "the quote",
        errand.customer.cancellation_charge(&errand.order).await?,
        charge,
    )?;
    errand
        .customer
        .cancel(&errand.order, charge - 1)
        .await?
        .refuses(409, "quote_changed")?;
    let earned = errand.earnings().await?;
    let ended = errand.customer.cancel(&errand.order, charge).await?;
    let ended: Order = ended.is(200)?.read()?;
    same(
        "how it is settled",
        ended.settlement.as_deref(),
        Some("release"),
    )?;
    same(
        "the escrow",
        errand.seen().await?.escrow.status.as_str(),
        "released",
    )?;
    money(scene, &errand, [0, charge, earned, 0]).await
}
