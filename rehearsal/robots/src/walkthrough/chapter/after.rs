//! From the purchase until after the end: a late cancellation, tips, refunds, ratings, receipts.

use super::{
    super::{Errand, Sums},
    cast::Cast,
};
use campusg_client::{
    Deviation,
    answer::{Order, Receipt},
    holds,
    operation::order,
    same,
};
use campusg_domain::time::{DAY_MS, SECOND_MS};

/// Just over the 7 days in which parties can rate each other.
const RATING_MS: u64 = 7 * DAY_MS + SECOND_MS;
/// A tip after the end, in cents.
const TIP: i64 = 300;
/// An operator's refund after the end, in cents.
const REFUND: i64 = 500;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    cancelled(cast).await?;
    tipped(cast).await?;
    refunded(cast).await?;
    rated(cast).await?;
    rated_by_one(cast).await
}

/// An order that is completed, and whose runner is paid.
async fn completed(cast: &Cast<'_>, card: &str) -> Result<(Errand, Sums), Deviation> {
    let errand = cast.with_card(card).await?;
    errand.carry_to("on-the-way").await?;
    let share = errand.share().await?;
    errand.carry_to("completed").await?;
    errand.until_collection("collected").await?;
    let paid = Sums::NOTHING.captured(errand.price.charge()).paid(share);
    Ok((errand, paid))
}

async fn cancelled(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["24"], "Olga doesn't want it any more, but Paul has bought it: that costs her everything, and not without her word.");
    let errand = cast.at("collected").await?;
    let (olga, order, charge) = (&errand.customer, &errand.order, errand.price.charge());
    same("the quote", olga.cancellation_charge(order).await?, charge)?;
    olga.cancel(order, charge - 1)
        .await?
        .refuses(409, "quote_changed")?;
    cast.money(&errand, Sums::NOTHING.held(charge).captured(charge))
        .await?;

    cast.step(&["24"], "She agrees: cancelled, and Paul is paid in full.");
    let ended: Order = olga.cancel(order, charge).await?.is(200)?.read()?;
    same(
        "how it is settled",
        ended.settlement.as_deref(),
        Some("release"),
    )?;
    let share = errand.share().await?;
    cast.money(&errand, Sums::NOTHING.captured(charge).paid(share))
        .await
}

async fn tipped(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["32a"],
        "The soup was good. Olga gives Paul 3.00 more: a charge of its own, all of it for him.",
    );
    let (errand, paid) = completed(cast, "tok_visa").await?;
    errand.customer.tip(&errand.order, TIP).await?.is_begun()?;
    errand.runner.notice("tipped", &errand.order).await?;
    let captured = paid.captured + TIP;
    cast.money(&errand, paid.paid(paid.released + TIP).captured(captured))
        .await?;

    cast.begins(
        &["32a"],
        "Another card has nothing left for a tip. Nobody owes it, and Paul keeps what he has.",
    );
    let (errand, paid) = completed(cast, "tok_second_declined").await?;
    errand.customer.tip(&errand.order, TIP).await?.is_begun()?;
    errand.customer.notice("tip_failed", &errand.order).await?;
    cast.money(&errand, paid).await
}

async fn refunded(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["32b"], "Olga was right to be cross about the rain in the bag: an operator gives her 5.00 back, at the platform's expense.");
    let Some(operator) = cast.scene.operator_here() else {
        return Ok(());
    };
    let (errand, paid) = completed(cast, "tok_visa").await?;
    let before = operator.balance("goodwill").await?;
    let above = errand.price.charge() + 1;
    operator
        .refund(&errand.order, above)
        .await?
        .refuses(422, "invalid_field")?;
    operator.refund(&errand.order, REFUND).await?.is(200)?;
    errand.customer.notice("goodwill", &errand.order).await?;
    same(
        "the platform's loss",
        before - operator.balance("goodwill").await?,
        REFUND,
    )?;
    cast.money(&errand, paid.refunded(REFUND)).await
}

async fn rated(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["32c"],
        "Olga gives Paul five stars. She sees nothing of his for her until he has given them.",
    );
    let (errand, paid) = completed(cast, "tok_visa").await?;
    let (olga, paul, order) = (&errand.customer, &errand.runner, &errand.order);
    let hers: Order = olga.rate(order, 5).await?.is(200)?.read()?;
    holds(
        hers.ratings.received.is_none(),
        || "no rating shown yet".into(),
        || format!("{:?}", hers.ratings),
    )?;
    olga.rate(order, 4).await?.refuses(409, "already_rated")?;

    cast.step(
        &["32c"],
        "Paul gives four: both are in, and both are shown.",
    );
    paul.rate(order, 4).await?.is(200)?;
    same(
        "the stars that Olga got",
        olga.order(order).await?.ratings.received,
        Some(4),
    )?;
    same(
        "the stars that Paul got",
        paul.runners_order(order).await?.ratings.received,
        Some(5),
    )?;
    cast.money(&errand, paid).await?;

    cast.step(
        &[],
        "Both have their receipt, each with their own side of the money.",
    );
    let hers: Receipt = olga.read(order::receipt(order)).await?;
    same("Olga's receipt", hers.total_cents, paid.captured)?;
    let his: Receipt = paul.read(order::receipt(order)).await?;
    same("Paul's receipt", his.total_cents, paid.released)
}

async fn rated_by_one(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["32c"], "Only Paul rates. After a week the time to rate is over, and Olga sees his stars all the same.");
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let (errand, paid) = completed(cast, "tok_visa").await?;
    errand.runner.rate(&errand.order, 3).await?.is(200)?;
    cast.scene.pass(RATING_MS).await?;
    let shown = |order: &Order| order.ratings.received == Some(3);
    errand.until("rated by its runner", shown).await?;
    errand
        .customer
        .rate(&errand.order, 5)
        .await?
        .refuses(409, "too_late")?;
    cast.money(&errand, paid).await
}
