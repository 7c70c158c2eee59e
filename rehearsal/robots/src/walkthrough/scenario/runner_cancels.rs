//! (d) Accepted → the runner cancels → available again.

use super::super::{Errand, Scene};
use campusg_client::{Deviation, Person, holds, request::Progress, same};

pub(super) async fn play(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("Ann orders, and Ben accepts.");
    let errand = Errand::at(&scene.client, "accepted").await?;
    let first = errand.timer("ORDER_TIMEOUT").await?;
    same("the time-out", first.status.as_str(), "CANCELLED")?;

    story.step(
        "Ben cancels: the order is on the board again, its time-out runs anew, and Ann is told.",
    );
    errand.runner.give_back(&errand.order).await?.is(200)?;
    let again = errand.seen().await?;
    same(
        "the placement",
        again.placement.as_deref(),
        Some("available"),
    )?;
    holds(
        again.runner.is_none(),
        || "no runner".into(),
        || format!("{:?}", again.runner),
    )?;
    let second = errand.timer("ORDER_TIMEOUT").await?;
    same("the time-out", second.status.as_str(), "PENDING")?;
    same("its generation", second.generation, first.generation + 1)?;
    errand
        .customer
        .notice("runner_cancelled", &errand.order)
        .await?;
    let money = errand.money().await?;
    money.is(errand.price.hold, 0, 0, 0)?;
    story.money(&money);

    story.step("Ben's cancellation counts, and Ben can no longer command the order.");
    same(
        "Ben's cancellations",
        errand.runner.profile().await?.runner_cancellations,
        1,
    )?;
    errand
        .runner
        .report(&errand.order, &Progress::OnSite)
        .await?
        .refuses(403, "not_allowed")?;

    story.step("Cem takes it instead, and brings it.");
    let cem = Person::runner(&scene.client, "Cem").await?;
    let errand = Errand {
        runner: cem,
        ..errand
    };
    errand.carry_to("purchased").await?;
    errand.until_collection("collected").await?;
    let earned = errand.earnings().await?;
    errand.carry_to("completed").await?;
    let money = errand.money().await?;
    money.is(0, errand.price.charge(), earned, 0)?;
    story.money(&money);
    Ok(())
}
