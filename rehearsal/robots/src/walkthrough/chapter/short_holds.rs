//! Authorisations that run out before the food is bought, and a charge that comes late. Needs a gateway whose
//! authorisations last 13 hours and whose late charges come after 20.

use super::{
    super::{Errand, Setting, Sums},
    cast::Cast,
};
use campusg_client::{
    Deviation, Person, Wish,
    answer::{Made, Order},
    request::DeskAction,
    same,
};
use campusg_domain::order::{CancelReason, Status};
use campusg_domain::time::{HOUR_MS, MINUTE_MS, SECOND_MS};

/// Just over the hour after which an order gives its authorisation up: 12 hours before it runs out.
const GIVEN_UP_MS: u64 = HOUR_MS + SECOND_MS;
/// From there until the authorisation runs out.
const RUN_OUT_MS: u64 = 12 * HOUR_MS;
/// From there until a late charge comes.
const LATE_MS: u64 = 7 * HOUR_MS;
/// The part of the debt that is paid first, in cents.
const PART: i64 = 100;
/// How far ahead an order for later is placed.
const LATER_MS: u64 = 3 * HOUR_MS;
/// Just over the 2 minutes that a runner at the till has to answer a cancellation.
const WAIT_MS: u64 = 2 * MINUTE_MS + SECOND_MS;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.step(&["38"], "Uma orders for in three hours, but her bank keeps the authorisation too short: cancelled in time, and nothing is charged.");
    let operator = cast.scene.operator.as_ref();
    let Some(operator) = operator.filter(|_| cast.scene.is_set_for(Setting::ShortHolds)) else {
        cast.scene.story.leave_out(
            "it needs a server whose gateway keeps authorisations for a short time only",
        );
        return Ok(());
    };
    waiting(cast, operator).await?;
    at_the_store(cast).await?;
    on_hold(cast, operator).await?;
    late_charge(cast, operator).await
}

async fn waiting(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    let customer = cast.a_customer("tok_visa").await?;
    let mut wish = Wish::lunch();
    wish.deliver_after = Some(operator.in_so_long(LATER_MS).await?);
    let placed: Made = customer.place(&wish).await?.is(201)?.read()?;
    let order = &placed.id;
    let waits = |order: &Order| order.placement.as_deref() == Some("waiting");
    customer.order_until(order, "waiting", waits).await?;
    cast.scene.pass(GIVEN_UP_MS).await?;
    let is_over = |order: &Order| order.status == Status::Cancelled;
    let ended = customer.order_until(order, "cancelled", is_over).await?;
    ran_out(&ended, "free")?;
    cast.money_of(order, &customer, None, Sums::NOTHING).await
}

async fn at_the_store(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["38", "35"], "Vito is slow at the store, and her authorisation is about to run out. He may be at the till, so he is asked first.");
    let errand = cast.at("on-site").await?;
    cast.scene.pass(GIVEN_UP_MS).await?;
    errand
        .runner
        .notice("cancel_waiting", &errand.order)
        .await?;
    cast.money(&errand, Sums::NOTHING.held(errand.price.hold))
        .await?;

    cast.step(
        &["38", "35"],
        "He says nothing for two minutes: cancelled, and his trip is paid.",
    );
    cast.scene.pass(WAIT_MS).await?;
    ended_by_trip(&errand).await?;
    let trip = errand.price.trip;
    cast.money(&errand, Sums::NOTHING.captured(trip).paid(trip))
        .await
}

/// Compares why and how an order whose authorisation ran out has ended.
fn ran_out(ended: &Order, settlement: &str) -> Result<(), Deviation> {
    same(
        "why",
        ended.cancel_reason,
        Some(CancelReason::AuthorizationExpired),
    )?;
    same(
        "how it is settled",
        ended.settlement.as_deref(),
        Some(settlement),
    )
}

async fn ended_by_trip(errand: &Errand) -> Result<(), Deviation> {
    let ended = errand.until_status("cancelled").await?;
    ran_out(&ended, "trip")
}

async fn on_hold(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(&["28", "38"], "An operator holds such an order so long that the bank lets the authorisation go. For the time being nothing ends.");
    let errand = cast.at("on-site").await?;
    operator
        .act(&errand.order, DeskAction::Hold, "A look at the receipts.")
        .await?
        .is(200)?;
    cast.scene.pass(GIVEN_UP_MS + RUN_OUT_MS).await?;
    errand.until_event("authorization_expired").await?;
    same("the status", errand.seen().await?.status, Status::OnSite)?;
    cast.money(&errand, Sums::NOTHING.held(errand.price.hold))
        .await?;

    cast.step(
        &["28", "35"],
        "The operator lets it go on, and Vito is asked whether he is at the till.",
    );
    operator
        .act(&errand.order, DeskAction::Unhold, "They are in order.")
        .await?
        .is(200)?;
    errand
        .runner
        .notice("cancel_waiting", &errand.order)
        .await?;
    cast.money(&errand, Sums::NOTHING.held(errand.price.hold))
        .await?;

    cast.step(
        &["35", "19"],
        "He is not: cancelled. His trip is paid; the bank gives nothing any more, so Uma owes it.",
    );
    cast.scene.pass(WAIT_MS).await?;
    ended_by_trip(&errand).await?;
    let trip = errand.price.trip;
    let paid = Sums::NOTHING.paid(trip);
    cast.money(&errand, paid.owed(trip)).await?;

    cast.step(
        &["41"],
        format!(
            "Her card is as good as ever: she pays {} of it by hand, and no more than she owes.",
            cast.amount(PART)
        ),
    );
    let customer = &errand.customer;
    customer
        .pay_debt(trip + 1)
        .await?
        .refuses(422, "above_debt")?;
    customer.pay_debt(PART).await?.is(201)?;
    cast.money(&errand, paid.captured(PART).owed(trip - PART))
        .await?;

    cast.step(&["41"], "And then the rest.");
    customer.pay_debt(trip - PART).await?.is(201)?;
    cast.money(&errand, paid.captured(trip)).await
}

async fn late_charge(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(
        &["18"],
        "Vito buys, and her bank does not answer the charge. The order does not wait for it.",
    );
    let errand = cast.with_card("tok_capture_late").await?;
    errand.carry_to("on-the-way").await?;
    let (charge, share) = (errand.price.charge(), errand.share().await?);
    cast.money(&errand, Sums::NOTHING.held(charge)).await?;

    cast.step(&["21", "22"], "He brings the food and is paid.");
    errand.carry_to("completed").await?;
    let paid = Sums::NOTHING.paid(share);
    cast.money(&errand, paid).await?;

    cast.step(
        &["19"],
        "The time to charge runs out without an answer: given up, and Uma owes it.",
    );
    cast.scene.pass(GIVEN_UP_MS + RUN_OUT_MS).await?;
    errand.customer.notice("renew_card", &errand.order).await?;
    cast.money(&errand, paid.owed(charge)).await?;

    cast.step(&["33"], "Seven hours later the bank has charged her after all. That was given up, so it goes back to her card; what she owes, she owes.");
    cast.scene.pass(LATE_MS).await?;
    errand.until_event("late_charge_returned").await?;
    errand
        .customer
        .notice("late_charge_returned", &errand.order)
        .await?;
    errand.until_event("refunded").await?;
    cast.money(&errand, paid.owed(charge)).await?;
    let moved = operator.moved(&errand.order).await?;
    let sum = |from: &str, to: &str| {
        let these = moved.iter().filter(|line| line.0 == from && line.1 == to);
        these.map(|line| line.2).sum::<i64>()
    };
    let (came, went) = (sum("gateway", "payable"), sum("payable", "gateway"));
    same(
        "what came in late and went back",
        (came, went),
        (charge, charge),
    )?;
    let said = format!(
        "came in {}, went back {}",
        cast.amount(came),
        cast.amount(went)
    );
    cast.scene.story.remark(&said);
    Ok(())
}
