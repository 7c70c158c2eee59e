//! Issues of time: a late delivery, and a runner who disappears.

use super::{
    super::super::{Errand, Scene},
    money,
};
use campusg_client::{Deviation, answer::Order, operation::order, same};
use campusg_domain::order::{CancelReason, Status};
use campusg_domain::time::{DAY_MS, MINUTE_MS, SECOND_MS};

/// Just over the 45 minutes after which a delivery is late.
const LATE_MS: u64 = 45 * MINUTE_MS + SECOND_MS;
/// Just over the day between two looks of the server at an unfinished order.
const LOOK_MS: u64 = DAY_MS + SECOND_MS;
/// Just over the 2 minutes that a runner at the till has to answer a cancellation.
const CANCEL_WAIT_MS: u64 = 2 * MINUTE_MS + SECOND_MS;
/// Number of daily looks after which a runner is given up. Source: lifecycle transition 27.
const LOOKS: i64 = 14;

pub(super) async fn delivery_is_late(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("On the way: after three quarters of an hour the delivery is late; both are told, and it goes on.");
    if !scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = Errand::at(&scene.client, "purchased").await?;
    scene.pass(LATE_MS).await?;
    errand.until("late", |order: &Order| order.late).await?;
    errand.customer.notice("late", &errand.order).await?;
    errand.runner.notice("late", &errand.order).await?;
    let earned = errand.earnings().await?;
    errand.carry_to("completed").await?;
    errand.until_collection("collected").await?;
    money(scene, &errand, [0, errand.price.charge(), earned, 0]).await
}

pub(super) async fn runner_disappears_at_the_store(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("At the store: Ben disappears. After a day he is asked a last time, for he may be at the till.");
    if !scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = Errand::at(&scene.client, "on-site").await?;
    scene.pass(LOOK_MS).await?;
    let asked = |order: &Order| {
        let mut timers = order.timers.iter();
        timers.any(|timer| timer.event_type == "CANCEL_WAIT")
    };
    errand.until("about to be cancelled", asked).await?;
    money(scene, &errand, [errand.price.hold, 0, 0, 0]).await?;

    story.step("Two minutes later the order is cancelled, and nothing is charged.");
    scene.pass(CANCEL_WAIT_MS).await?;
    let ended = errand.until_status("cancelled").await?;
    same(
        "why",
        ended.cancel_reason,
        Some(CancelReason::RunnerAbandoned),
    )?;
    same("the payment", ended.payment.status.as_str(), "voided")?;
    money(scene, &errand, [0, 0, 0, 0]).await
}

pub(super) async fn runner_disappears_with_the_food(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("Bought: Ben disappears with the food. Day by day the operators are alarmed.");
    let (true, Some(operator)) = (scene.has_virtual_clock(), &scene.operator) else {
        return Ok(());
    };
    let errand = Errand::at(&scene.client, "purchased").await?;
    errand.until_collection("collected").await?;
    let charge = errand.price.charge();
    for day in 1..LOOKS {
        scene.pass(LOOK_MS).await?;
        let ask = order::show(&errand.order);
        let counted = format!("an order overdue for {day} days");
        operator
            .until(&ask, &counted, |order: &Order| {
                order.overdue_days == Some(day)
            })
            .await?;
    }
    same("the status", errand.seen().await?.status, Status::Purchased)?;
    money(scene, &errand, [charge, charge, 0, 0]).await?;

    story.step("After a fortnight Ben counts as gone: the order is cancelled, and Ann gets everything back.");
    scene.pass(LOOK_MS).await?;
    let ended = errand.until_status("cancelled").await?;
    same(
        "why",
        ended.cancel_reason,
        Some(CancelReason::RunnerAbandoned),
    )?;
    let all_back = |order: &Order| order.payment.refunded_cents == charge;
    errand.until("paid back", all_back).await?;
    same(
        "the escrow",
        errand.seen().await?.escrow.status.as_str(),
        "refunded",
    )?;
    money(scene, &errand, [0, charge, 0, 0]).await
}
