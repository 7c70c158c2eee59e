//! From the board to the store: accepting, giving back, and what cancelling costs on the way.

use super::{super::Sums, cast::Cast};
use campusg_client::{
    Deviation, Person,
    answer::{Order, Refusal},
    holds,
    request::Progress,
    same,
};
use campusg_domain::order::Status;
use campusg_domain::time::{MINUTE_MS, SECOND_MS};

/// Just over the 2 minutes in which cancelling is free after acceptance.
const GRACE_OVER_MS: u64 = 2 * MINUTE_MS + SECOND_MS;
/// Just over 15 minutes: an idle runner is then reminded, and after as long again loses the order.
const IDLE_MS: u64 = 15 * MINUTE_MS + SECOND_MS;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    accepts_and_gives_back(cast).await?;
    does_not_start(cast).await?;
    is_taken_off(cast).await?;
    customer_cancels_at_once(cast).await?;
    customer_cancels_late(cast).await
}

async fn accepts_and_gives_back(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["8"],
        "Hugo and Ida both want Gia's order; Hugo is first, and Ida is told so.",
    );
    let errand = cast.with_card("tok_visa").await?;
    let (hugo, order) = (&errand.runner, &errand.order);
    let ida = Person::runner(&cast.scene.client, "Ida").await?;
    hugo.accept(order).await?.is(200)?;
    ida.accept(order)
        .await?
        .refuses(409, "taken_by_another_runner")?;
    let held = Sums::NOTHING.held(errand.price.hold);
    cast.money(&errand, held).await?;

    cast.step(&["10"], "Hugo can't after all: the order is on the board again for a full half hour, and his cancellation counts.");
    hugo.give_back(order).await?.is(200)?;
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
    same(
        "the time-out",
        errand.timer("ORDER_TIMEOUT").await?.generation,
        2,
    )?;
    same(
        "Hugo's cancellations",
        hugo.profile().await?.runner_cancellations,
        1,
    )?;
    errand.customer.notice("runner_cancelled", order).await?;
    cast.money(&errand, held).await?;

    cast.step(&["8", "13"], "Ida takes it, and is at the store.");
    ida.accept(order).await?.is(200)?;
    ida.report(order, &Progress::OnSite).await?.is(200)?;
    ida.notice("buy_from_now_on", order).await?;
    cast.money_of(order, &errand.customer, Some(&ida), held)
        .await?;

    cast.step(
        &["10"],
        "The line is too long. She has bought nothing, so she can still give it back.",
    );
    ida.give_back(order).await?.is(200)?;
    same(
        "the placement",
        errand.seen().await?.placement.as_deref(),
        Some("available"),
    )?;
    cast.money_of(order, &errand.customer, Some(&ida), held)
        .await?;
    errand.customer.cancel(order, 0).await?.is(200).map(drop)
}

async fn does_not_start(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["11"], "Hugo accepts and does not start. After a quarter of an hour he is reminded, after half an hour he loses the order.");
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = cast.at("accepted").await?;
    cast.scene.pass(IDLE_MS).await?;
    errand
        .runner
        .notice("runner_reminder", &errand.order)
        .await?;
    same("the status", errand.seen().await?.status, Status::Accepted)?;
    cast.scene.pass(IDLE_MS).await?;
    errand
        .until("available", |order: &Order| {
            order.placement.as_deref() == Some("available")
        })
        .await?;
    errand
        .runner
        .notice("runner_released", &errand.order)
        .await?;
    cast.money(&errand, Sums::NOTHING.held(errand.price.hold))
        .await?;
    errand
        .customer
        .cancel(&errand.order, 0)
        .await?
        .is(200)
        .map(drop)
}

async fn is_taken_off(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["11"],
        "Another time an operator does not wait so long, and takes the order from Hugo.",
    );
    let Some(operator) = cast.scene.operator_here() else {
        return Ok(());
    };
    let errand = cast.at("accepted").await?;
    operator.reassign(&errand.order).await?.is(200)?;
    same(
        "the placement",
        errand.seen().await?.placement.as_deref(),
        Some("available"),
    )?;
    errand
        .runner
        .notice("runner_released", &errand.order)
        .await?;
    cast.money(&errand, Sums::NOTHING.held(errand.price.hold))
        .await?;
    errand
        .customer
        .cancel(&errand.order, 0)
        .await?
        .is(200)
        .map(drop)
}

async fn customer_cancels_at_once(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["12"], "Gia cancels within two minutes of Hugo's acceptance. That is free, and the quote says so before.");
    let errand = cast.at("accepted").await?;
    let (customer, order) = (&errand.customer, &errand.order);
    same("the quote", customer.cancellation_charge(order).await?, 0)?;
    let ended: Order = customer.cancel(order, 0).await?.is(200)?.read()?;
    same(
        "how it is settled",
        ended.settlement.as_deref(),
        Some("free"),
    )?;
    errand.runner.notice("cancelled", order).await?;
    cast.money(&errand, Sums::NOTHING).await
}

async fn customer_cancels_late(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["12"], "Later it costs Hugo's trip, and not without her word: what she agreed to is too little, so nothing is done.");
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = cast.at("accepted").await?;
    let (customer, order, trip) = (&errand.customer, &errand.order, errand.price.trip);
    cast.scene.pass(GRACE_OVER_MS).await?;
    let refused = customer.cancel(order, trip - 1).await?;
    let refused: Refusal = refused.refuses(409, "quote_changed")?.read()?;
    let quoted = refused.quote.map(|it| it.charge_cents);
    same("the quote", quoted, Some(trip))?;
    cast.money(&errand, Sums::NOTHING.held(errand.price.hold))
        .await?;

    cast.step(
        &["12"],
        "She agrees: cancelled, her card is charged for the trip alone, and Hugo has it.",
    );
    let ended: Order = customer.cancel(order, trip).await?.is(200)?.read()?;
    same(
        "how it is settled",
        ended.settlement.as_deref(),
        Some("trip"),
    )?;
    errand.runner.notice("paid", order).await?;
    cast.money(&errand, Sums::NOTHING.captured(trip).paid(trip))
        .await
}
