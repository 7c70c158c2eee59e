//! Placing when the escrow or the timers are full: what was begun is undone. Needs a server with low limits.

use super::{
    super::{Setting, Sums},
    cast::Cast,
};
use campusg_client::{
    Deviation, Wish,
    answer::{Made, Order},
    request::Item,
    same,
};
use campusg_domain::order::{CancelReason, Status, Substitution};

/// The hold for a snack of 5.00 without a tip, in cents: with a buffer of 0.75 and a fee of 3.99.
const SNACK: i64 = 974;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["4"],
        "Eva's lunch fills half of what the escrow may hold, over all orders.",
    );
    if !cast.scene.is_set_for(Setting::Limits) {
        cast.scene
            .story
            .leave_out("it needs a server whose escrow and timers are soon full");
        return Ok(());
    }
    let first = cast.with_card("tok_visa").await?;
    cast.money(&first, Sums::NOTHING.held(first.price.hold))
        .await?;

    cast.step(
        &["5"],
        "A second lunch does not fit: its authorisation is let go, and the order is cancelled.",
    );
    refused(cast, &Wish::lunch(), CancelReason::EscrowFailed, "failed").await?;
    first.customer.cancel(&first.order, 0).await?.is(200)?;

    cast.begins(&["4"], "Two snacks would fit.");
    let snack = snack();
    let first = cast.with("tok_visa", &snack).await?;
    cast.money(&first, Sums::NOTHING.held(SNACK)).await?;

    cast.step(
        &["5"],
        "But there is no timer left for the second: authorised and held, and both are taken back.",
    );
    refused(cast, &snack, CancelReason::SchedulingFailed, "refunded").await?;
    first
        .customer
        .cancel(&first.order, 0)
        .await?
        .is(200)
        .map(drop)
}

fn snack() -> Wish {
    let mut wish = Wish::lunch();
    wish.items = vec![Item::one("Roll", 500, Substitution::Drop)];
    wish.tip_cents = 0;
    wish
}

async fn refused(
    cast: &Cast<'_>,
    wish: &Wish,
    reason: CancelReason,
    escrow: &str,
) -> Result<(), Deviation> {
    let customer = cast.a_customer("tok_visa").await?;
    let placed: Made = customer.place(wish).await?.is(201)?.read()?;
    let order = &placed.id;
    let is_over = |order: &Order| order.status == Status::Cancelled;
    let ended = customer.order_until(order, "cancelled", is_over).await?;
    same("why", ended.cancel_reason, Some(reason))?;
    same("the escrow", ended.escrow.status.as_str(), escrow)?;
    same("the payment", ended.payment.status.as_str(), "voided")?;
    cast.money_of(order, &customer, None, Sums::NOTHING).await
}
