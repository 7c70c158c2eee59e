//! (e) Issues at each stage of a delivery, and how they are resolved; a file for each stage.

mod accepted;
mod at_the_door;
mod at_the_store;
mod bought;
mod overdue;

use super::super::{Errand, Scene};
use campusg_client::Deviation;

pub(super) async fn play(scene: &Scene) -> Result<(), Deviation> {
    accepted::customer_cancels_at_once(scene).await?;
    accepted::customer_cancels_late(scene).await?;
    accepted::runner_does_not_start(scene).await?;
    accepted::operator_takes_the_order_back(scene).await?;
    at_the_store::receipt_is_wrong(scene).await?;
    at_the_store::customer_cancels(scene).await?;
    at_the_store::runner_gives_back(scene).await?;
    bought::card_fails(scene).await?;
    bought::customer_cancels(scene).await?;
    at_the_door::wrong_pins(scene).await?;
    at_the_door::left_at_the_door(scene).await?;
    at_the_door::customer_confirms(scene).await?;
    overdue::delivery_is_late(scene).await?;
    overdue::runner_disappears_at_the_store(scene).await?;
    overdue::runner_disappears_with_the_food(scene).await
}

/// Prints the money, and checks `amounts`: held, charged, the runner's wallet, the customer's debt; in cents.
async fn money(scene: &Scene, errand: &Errand, amounts: [i64; 4]) -> Result<(), Deviation> {
    let [held, charged, wallet, debt] = amounts;
    let money = errand.money().await?;
    money.is(held, charged, wallet, debt)?;
    scene.story.money(&money);
    Ok(())
}
