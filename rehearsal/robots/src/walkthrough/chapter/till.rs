//! At the till: the receipt, the charge, and a cancellation just before the purchase.

use super::{
    super::{Errand, Sums},
    cast::Cast,
};
use campusg_client::{
    Deviation,
    answer::Order,
    request::{Progress, Proposal},
    same,
};
use campusg_domain::order::{CancelReason, ProposalKind, Status};
use campusg_domain::time::{MINUTE_MS, SECOND_MS};

/// Just over 20 minutes: a runner at the store is then reminded, and after as long again the customer is asked.
const LINE_MS: u64 = 20 * MINUTE_MS + SECOND_MS;
/// Just over the 2 minutes that a runner at the till has to answer a cancellation.
const WAIT_MS: u64 = 2 * MINUTE_MS + SECOND_MS;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    long_line(cast).await?;
    receipts(cast).await?;
    charge_fails(cast).await?;
    runner_agrees(cast).await?;
    runner_says_nothing(cast).await?;
    runner_has_paid(cast).await?;
    while_the_customer_is_asked(cast).await
}

async fn long_line(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["13"],
        "Leo stands in a long line. After twenty minutes he is reminded, after forty Kim is asked whether to wait on.",
    );
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = cast.at("on-site").await?;
    let (leo, order) = (&errand.runner, &errand.order);
    cast.scene.pass(LINE_MS).await?;
    leo.notice("runner_reminder", order).await?;
    cast.scene.pass(LINE_MS).await?;
    errand.customer.notice("store_wait_long", order).await?;
    let held = Sums::NOTHING.held(errand.price.hold);
    cast.money(&errand, held).await?;
    leo.give_back(order).await?.is(200)?;
    errand.customer.cancel(order, 0).await?.is(200).map(drop)
}

async fn receipts(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["18"], "Leo's receipt is a cent above what Kim agreed to, then has no photo: refused, and nothing is charged.");
    let errand = cast.at("on-site").await?;
    let (leo, order, price) = (&errand.runner, &errand.order, errand.price);
    let photo = leo.upload().await?;
    let above = price.food + price.buffer + 1;
    leo.buy(order, above, Some(&photo))
        .await?
        .refuses(422, "above_approved")?;
    leo.buy(order, price.receipt(), None)
        .await?
        .refuses(422, "photo_needed")?;
    cast.money(&errand, Sums::NOTHING.held(price.hold)).await?;

    cast.step(
        &["18"],
        "The right one goes through; its photo serves no second order.",
    );
    leo.buy(order, price.receipt(), Some(&photo))
        .await?
        .is(200)?;
    let charge = price.charge();
    cast.money(&errand, Sums::NOTHING.held(charge).captured(charge))
        .await?;
    let second = cast.with_card("tok_visa").await?;
    leo.accept(&second.order).await?.is(200)?;
    leo.report(&second.order, &Progress::OnSite)
        .await?
        .is(200)?;
    leo.buy(&second.order, price.receipt(), Some(&photo))
        .await?
        .refuses(409, "photo_used")?;
    leo.give_back(&second.order).await?.is(200)?;
    second.customer.cancel(&second.order, 0).await?.is(200)?;
    errand.carry_to("completed").await.map(drop)
}

async fn charge_fails(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["18", "19"], "Bought, and then Kim's bank refuses the charge after all: she owes it, and the order goes on.");
    let errand = cast.with_card("tok_capture_fails").await?;
    errand.carry_to("purchased").await?;
    let charge = errand.price.charge();
    errand.customer.notice("renew_card", &errand.order).await?;
    cast.money(&errand, Sums::NOTHING.held(charge).owed(charge))
        .await?;

    cast.step(
        &["20", "21", "22"],
        "Leo brings the food and is paid as always.",
    );
    let share = errand.share().await?;
    errand.carry_to("completed").await?;
    cast.money(&errand, Sums::NOTHING.paid(share).owed(charge))
        .await
}

/// An order that its customer cancels at the store: the runner is asked, and no money moves yet.
async fn asked(cast: &Cast<'_>) -> Result<Errand, Deviation> {
    let errand = cast.at("on-site").await?;
    let (kim, order, trip) = (&errand.customer, &errand.order, errand.price.trip);
    same("the quote", kim.cancellation_charge(order).await?, trip)?;
    let waits: Order = kim.cancel(order, trip).await?.is(202)?.read()?;
    same("the status", waits.status, Status::OnSite)?;
    errand.runner.notice("cancel_waiting", order).await?;
    cast.money(&errand, Sums::NOTHING.held(errand.price.hold))
        .await?;
    Ok(errand)
}

async fn cancelled(cast: &Cast<'_>, errand: &Errand) -> Result<(), Deviation> {
    let ended = errand.until_status("cancelled").await?;
    same("why", ended.cancel_reason, Some(CancelReason::Customer))?;
    let trip = errand.price.trip;
    cast.money(errand, Sums::NOTHING.captured(trip).paid(trip))
        .await
}

async fn runner_agrees(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["35"], "Kim wants to cancel. Leo may be at the till, so he is asked, and for two minutes nothing happens.");
    let errand = asked(cast).await?;

    cast.step(
        &["35"],
        "He has bought nothing and agrees: cancelled, and his trip is paid.",
    );
    errand.runner.give_back(&errand.order).await?.is(200)?;
    cancelled(cast, &errand).await
}

async fn runner_says_nothing(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["35"], "The same, and no word from Leo.");
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = asked(cast).await?;

    cast.step(
        &["35"],
        "Two minutes later it is cancelled, and his trip is paid.",
    );
    cast.scene.pass(WAIT_MS).await?;
    cancelled(cast, &errand).await
}

async fn runner_has_paid(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["35"],
        "The same, but Leo's card is in the machine already.",
    );
    let errand = asked(cast).await?;

    cast.step(&["35", "18"], "He sends the receipt: the cancellation falls, and Kim is told what it would cost from here on.");
    let bought = errand.carry_to("purchased").await?;
    same("the status", bought.status, Status::Purchased)?;
    errand.customer.notice("cancel_fell", &errand.order).await?;
    let charge = errand.price.charge();
    same(
        "the quote",
        errand.customer.cancellation_charge(&errand.order).await?,
        charge,
    )?;
    cast.money(&errand, Sums::NOTHING.held(charge).captured(charge))
        .await?;
    errand.carry_to("completed").await.map(drop)
}

async fn while_the_customer_is_asked(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["35"],
        "While it is Kim who is asked, Leo can't be paying: her cancellation takes effect at once.",
    );
    let errand = cast.at("on-site").await?;
    let closed = Proposal::about(ProposalKind::StoreClosed);
    errand
        .runner
        .propose(&errand.order, &closed)
        .await?
        .is(200)?;
    let trip = errand.price.trip;
    let ended = errand.customer.cancel(&errand.order, trip).await?;
    let ended: Order = ended.is(200)?.read()?;
    same("the status", ended.status, Status::Cancelled)?;
    cancelled(cast, &errand).await
}
