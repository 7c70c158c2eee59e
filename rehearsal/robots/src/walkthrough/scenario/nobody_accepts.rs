//! (c) Nobody accepts → ORDER_TIMEOUT → cancelled and refunded.

use super::super::{Errand, Scene};
use campusg_client::{Deviation, same};
use campusg_domain::order::CancelReason;
use campusg_domain::time::MINUTE_MS;

/// Just over the 30 minutes that an order waits for a runner by default.
const TOO_LONG_MS: u64 = 31 * MINUTE_MS;

pub(super) async fn play(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    if !scene.has_virtual_clock() {
        return Ok(());
    }
    story.step("Ann orders; the money is held, and the clock of the order begins to run.");
    let errand = Errand::available(&scene.client, "tok_visa").await?;
    same(
        "the time-out",
        errand.timer("ORDER_TIMEOUT").await?.status.as_str(),
        "PENDING",
    )?;
    let money = errand.money().await?;
    money.is(errand.price.hold, 0, 0, 0)?;
    story.money(&money);

    story.step(
        "Half an hour passes, and nobody comes: the order is cancelled, and the hold is let go.",
    );
    scene.pass(TOO_LONG_MS).await?;
    let ended = errand.until_status("cancelled").await?;
    same(
        "why",
        ended.cancel_reason,
        Some(CancelReason::NoRunnerTimeout),
    )?;
    same("by whom", ended.cancelled_by.as_deref(), Some("system"))?;
    same("the payment", ended.payment.status.as_str(), "voided")?;
    same("the escrow", ended.escrow.status.as_str(), "refunded")?;
    same(
        "the time-out",
        errand.timer("ORDER_TIMEOUT").await?.status.as_str(),
        "PROCESSED",
    )?;
    let money = errand.money().await?;
    money.is(0, 0, 0, 0)?;
    story.money(&money);

    story.step("Ann is told that nobody came and nothing was charged; it is too late for Ben.");
    errand.customer.notice("nobody_came", &errand.order).await?;
    errand
        .runner
        .accept(&errand.order)
        .await?
        .refuses(409, "not_in_this_stage")
        .map(drop)
}
