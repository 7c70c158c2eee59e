//! What operators do: hold an order, settle it, give up a runner; and the daily look at unfinished orders.

use super::{
    super::{Errand, Sums},
    cast::Cast,
};
use campusg_client::{
    Deviation, Person,
    answer::{Order, Page, RunnersOrder, Timer},
    operation::order,
    request::{DeskAction, Ending},
    same,
};
use campusg_domain::order::{CancelReason, Fault, Status};
use campusg_domain::time::{DAY_MS, MINUTE_MS, SECOND_MS};

/// Just over the 30 minutes that an order waits for a runner.
const BOARD_MS: u64 = 30 * MINUTE_MS + SECOND_MS;
/// Just over the 2 minutes that a runner at the till has to answer a cancellation.
const WAIT_MS: u64 = 2 * MINUTE_MS + SECOND_MS;
/// Just over the day between two looks of the server at an unfinished order.
const LOOK_MS: u64 = DAY_MS + SECOND_MS;
/// Number of daily looks after which a runner is given up. Source: lifecycle transition 27.
const LOOKS: i64 = 14;
/// Refund of the customer if the charge is divided, in cents.
const BACK: i64 = 1_000;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.step(
        &[],
        "An operator looks after the campus; what she does is written down with its reason.",
    );
    let Some(operator) = cast.scene.operator_here() else {
        return Ok(());
    };
    held_on_the_board(cast, operator).await?;
    held_at_the_door(cast, operator).await?;
    settled_before(cast, operator).await?;
    settled_at_the_store(cast, operator).await?;
    settled_after(cast, operator).await?;
    given_up(cast, operator).await?;
    gone_at_the_store(cast).await?;
    gone_with_the_food(cast, operator).await
}

/// The money once the food is bought: the charge is collected and in escrow.
const fn bought(errand: &Errand) -> Sums {
    let charge = errand.price.charge();
    Sums::NOTHING.held(charge).captured(charge)
}

async fn held_on_the_board(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(&["28"], "She holds an order on the board: nobody can take it, Sara can't cancel it, and its half hour runs out without effect.");
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = cast.with_card("tok_visa").await?;
    let order = &errand.order;
    operator
        .act(order, DeskAction::Hold, "The store called.")
        .await?
        .is(200)?;
    errand.customer.notice("held_by_operator", order).await?;
    errand.runner.accept(order).await?.refuses(409, "on_hold")?;
    errand
        .customer
        .cancel(order, 0)
        .await?
        .refuses(409, "on_hold")?;
    cast.scene.pass(BOARD_MS).await?;
    let timers = order::timers(order);
    let fired = |timers: &Page<Timer>| {
        let mut timers = timers.items.iter();
        timers.any(|timer| timer.event_type == "ORDER_TIMEOUT" && timer.status == "PROCESSED")
    };
    errand
        .customer
        .until(&timers, "a time-out that has fired", fired)
        .await?;
    cast.money(&errand, Sums::NOTHING.held(errand.price.hold))
        .await?;

    cast.step(&["28", "9"], "She lets it go on. What fired meanwhile takes effect now: nobody came, cancelled, nothing charged.");
    let ended = operator
        .act(order, DeskAction::Unhold, "It is open.")
        .await?;
    let ended: Order = ended.is(200)?.read()?;
    same(
        "why",
        ended.cancel_reason,
        Some(CancelReason::NoRunnerTimeout),
    )?;
    cast.money(&errand, Sums::NOTHING).await
}

async fn held_at_the_door(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(
        &["28", "21"],
        "She holds an order on its way. Tom goes on and hands it over, but no money moves.",
    );
    let errand = cast.at("on-the-way").await?;
    let order = &errand.order;
    operator
        .act(order, DeskAction::Hold, "To look at it.")
        .await?
        .is(200)?;
    let waits: RunnersOrder = errand.deliver().await?.is(200)?.read()?;
    same("the status", waits.status, Status::Delivered)?;
    errand
        .customer
        .confirm(order)
        .await?
        .refuses(409, "on_hold")?;
    cast.money(&errand, bought(&errand)).await?;

    cast.step(
        &["28", "22"],
        "She lets it go on: released, completed, and Tom is paid.",
    );
    let goes_on = operator
        .act(order, DeskAction::Unhold, "All is well.")
        .await?;
    let done = errand.completed(goes_on).await?;
    same("the status", done.status, Status::Completed)?;
    let (charge, share) = (errand.price.charge(), errand.share().await?);
    cast.money(&errand, Sums::NOTHING.captured(charge).paid(share))
        .await
}

const fn to_runner(to_runner_cents: i64) -> Ending {
    Ending::Trip { to_runner_cents }
}

const fn back(at_fault: Fault) -> Ending {
    let refund_cents = BACK;
    Ending::Divide {
        refund_cents,
        at_fault,
    }
}

/// The operator settles the order, which is then cancelled by them.
async fn settled(operator: &Person, errand: &Errand, how: Ending) -> Result<(), Deviation> {
    operator.settle(&errand.order, how).await?.is(200)?;
    let ended = errand.until_status("cancelled").await?;
    same("why", ended.cancel_reason, Some(CancelReason::Operator))?;
    errand
        .customer
        .notice("cancelled", &errand.order)
        .await
        .map(drop)
}

async fn settled_before(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(
        &["40"],
        "She ends an order that nobody took: nothing is charged.",
    );
    let errand = cast.with_card("tok_visa").await?;
    settled(operator, &errand, to_runner(0)).await?;
    cast.money(&errand, Sums::NOTHING).await?;

    let errand = cast.at("accepted").await?;
    let part = errand.price.fee / 2;
    cast.begins(&["40"], format!("She ends an order that Tom took, and gives him {} for his way. More than the fee is refused.", cast.amount(part)));
    let above = to_runner(errand.price.fee + 1);
    operator
        .settle(&errand.order, above)
        .await?
        .refuses(422, "invalid_field")?;
    settled(operator, &errand, to_runner(part)).await?;
    cast.money(&errand, Sums::NOTHING.captured(part).paid(part))
        .await
}

async fn settled_at_the_store(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(
        &["40", "35"],
        "She ends an order at the store. Tom may be at the till, so he is asked first.",
    );
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = cast.at("on-site").await?;
    let fee = errand.price.fee;
    operator
        .settle(&errand.order, to_runner(fee))
        .await?
        .is(202)?;
    errand
        .runner
        .notice("cancel_waiting", &errand.order)
        .await?;
    cast.money(&errand, Sums::NOTHING.held(errand.price.hold))
        .await?;

    cast.step(
        &["40", "35"],
        "He says nothing for two minutes: cancelled, with the whole fee for his way.",
    );
    cast.scene.pass(WAIT_MS).await?;
    let ended = errand.until_status("cancelled").await?;
    same("why", ended.cancel_reason, Some(CancelReason::Operator))?;
    cast.money(&errand, Sums::NOTHING.captured(fee).paid(fee))
        .await
}

async fn settled_after(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(&["40"], "She ends an order that is bought: 10.00 go back to Sara, and Tom, who is at fault, gets the rest.");
    let errand = cast.at("purchased").await?;
    let (charge, share) = (errand.price.charge(), errand.share().await?);
    errand.until_collection("collected").await?;
    settled(operator, &errand, back(Fault::Runner)).await?;
    cast.money(
        &errand,
        Sums::NOTHING
            .captured(charge)
            .paid(share - BACK)
            .refunded(BACK),
    )
    .await?;

    cast.begins(&["40"], "The same, but the store is at fault: Tom gets everything, and the platform bears Sara's 10.00.");
    let errand = cast.at("on-the-way").await?;
    let before = operator.balance("goodwill").await?;
    errand.until_collection("collected").await?;
    settled(operator, &errand, back(Fault::Store)).await?;
    same(
        "the platform's loss",
        before - operator.balance("goodwill").await?,
        BACK,
    )?;
    cast.money(
        &errand,
        Sums::NOTHING.captured(charge).paid(share).refunded(BACK),
    )
    .await
}

async fn given_up(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(
        &["27"],
        "Tom has the food and is seen no more. She gives him up: everything goes back to Sara.",
    );
    let errand = cast.at("collected").await?;
    let charge = errand.price.charge();
    errand.until_collection("collected").await?;
    let ended = operator
        .act(&errand.order, DeskAction::Abandon, "He left town.")
        .await?;
    let ended: Order = ended.is(200)?.read()?;
    same(
        "why",
        ended.cancel_reason,
        Some(CancelReason::RunnerAbandoned),
    )?;
    same(
        "the escrow",
        errand.seen().await?.escrow.status.as_str(),
        "refunded",
    )?;
    cast.money(&errand, Sums::NOTHING.captured(charge).refunded(charge))
        .await
}

async fn gone_at_the_store(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["39", "35"], "Tom disappears at the store. After a day the order is looked at, and he is asked a last time.");
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = cast.at("on-site").await?;
    cast.scene.pass(LOOK_MS).await?;
    errand
        .runner
        .notice("cancel_waiting", &errand.order)
        .await?;
    cast.money(&errand, Sums::NOTHING.held(errand.price.hold))
        .await?;

    cast.step(
        &["35"],
        "Two minutes later it is cancelled, and nothing is charged.",
    );
    cast.scene.pass(WAIT_MS).await?;
    let ended = errand.until_status("cancelled").await?;
    same(
        "why",
        ended.cancel_reason,
        Some(CancelReason::RunnerAbandoned),
    )?;
    cast.money(&errand, Sums::NOTHING).await
}

async fn gone_with_the_food(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(
        &["39"],
        "Tom disappears with the food. Day by day the operators are alarmed, thirteen times.",
    );
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = cast.at("purchased").await?;
    errand.until_collection("collected").await?;
    let ask = order::show(&errand.order);
    for day in 1..LOOKS {
        cast.scene.pass(LOOK_MS).await?;
        let counted = |order: &Order| order.overdue_days == Some(day);
        operator
            .until(&ask, &format!("an order overdue for {day} days"), counted)
            .await?;
    }
    operator.notice("overdue", &errand.order).await?;
    cast.money(&errand, bought(&errand)).await?;

    cast.step(
        &["39", "27"],
        "After a fortnight he counts as gone: cancelled, and everything goes back to Sara.",
    );
    cast.scene.pass(LOOK_MS).await?;
    let ended = errand.until_status("cancelled").await?;
    same(
        "why",
        ended.cancel_reason,
        Some(CancelReason::RunnerAbandoned),
    )?;
    let charge = errand.price.charge();
    cast.money(&errand, Sums::NOTHING.captured(charge).refunded(charge))
        .await
}
