//! A release that fails: the escrow refuses it, and the delivery is never undone. Needs a server whose escrow refuses its
//! first release.

use super::{
    super::{Setting, Sums},
    cast::Cast,
};
use campusg_client::{Deviation, answer::RunnersOrder, same};
use campusg_domain::order::Status;
use campusg_domain::time::SECOND_MS;

/// Just over the wait before a failed step is tried again for the first time.
const REST_MS: u64 = 2 * SECOND_MS;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.step(&["21", "23"], "Quinn has his food, and then the escrow refuses to pay: nothing moves, it stays delivered, and Rosa is told.");
    if !cast.scene.is_set_for(Setting::Limits) {
        cast.scene
            .story
            .leave_out("it needs a server whose escrow refuses its first release");
        return Ok(());
    }
    let errand = cast.at("on-the-way").await?;
    let waits: RunnersOrder = errand.deliver().await?.is(200)?.read()?;
    same("the status", waits.status, Status::Delivered)?;
    errand
        .runner
        .notice("payment_delayed", &errand.order)
        .await?;
    let charge = errand.price.charge();
    cast.money(&errand, Sums::NOTHING.held(charge).captured(charge))
        .await?;

    cast.step(
        &["22"],
        "A second later it is tried again: released, completed, and Rosa is paid.",
    );
    cast.scene.pass(REST_MS).await?;
    errand.until_status("completed").await?;
    let share = errand.share().await?;
    cast.money(&errand, Sums::NOTHING.captured(charge).paid(share))
        .await
}
