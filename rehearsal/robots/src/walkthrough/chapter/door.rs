//! On the way and at the door: the PIN, a photo instead of it, a customer who can't be reached.

use super::{
    super::{Errand, Sums},
    cast::Cast,
};
use campusg_client::{
    Deviation, Person, Reply, Wish,
    answer::{Made, Order, Refusal, RunnersOrder},
    operation::order,
    request::ProblemReport,
    same,
};
use campusg_domain::order::{CancelReason, Problem, Status};
use campusg_domain::time::{MINUTE_MS, SECOND_MS};

/// Just over the 45 minutes after which a delivery is late.
const LATE_MS: u64 = 45 * MINUTE_MS + SECOND_MS;
/// From there until operators are alarmed.
const ALARM_MS: u64 = 60 * MINUTE_MS + SECOND_MS;
/// How far ahead an order for later is placed.
const LATER_MS: u64 = 60 * MINUTE_MS;
/// From placing it until it is on the board, which is 45 minutes before its time.
const BOARD_MS: u64 = 15 * MINUTE_MS + SECOND_MS;
/// Just over the 2 minutes between two messages that both count as attempts.
const GAP_MS: u64 = 2 * MINUTE_MS + SECOND_MS;
/// Just over the 7 minutes that a runner waits at the door.
const DOOR_MS: u64 = 7 * MINUTE_MS + SECOND_MS;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    late(cast).await?;
    too_early(cast).await?;
    wrong_pins(cast).await?;
    at_the_door(cast).await?;
    customer_confirms(cast).await?;
    customer_answers(cast).await?;
    left_safe(cast).await?;
    taken_back(cast).await
}

/// The money once the food is bought: the charge is collected and in escrow.
const fn bought(errand: &Errand) -> Sums {
    let charge = errand.price.charge();
    Sums::NOTHING.held(charge).captured(charge)
}

/// Checks how the order ended, and that the runner is paid in full.
async fn paid(
    cast: &Cast<'_>,
    errand: &Errand,
    (status, proof): (Status, Option<&str>),
    done: Reply,
) -> Result<(), Deviation> {
    let done = errand.completed(done).await?;
    same("the status", done.status, status)?;
    same("the proof", done.proof(), proof)?;
    let share = errand.share().await?;
    errand.runner.notice("paid", &errand.order).await?;
    cast.money(
        errand,
        Sums::NOTHING.captured(errand.price.charge()).paid(share),
    )
    .await
}

async fn late(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["20"],
        "Noah has the food, and does not come. After three quarters of an hour both are told that it is late; an hour \
         later the operators are alarmed.",
    );
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = cast.at("on-the-way").await?;
    cast.scene.pass(LATE_MS).await?;
    for person in [&errand.customer, &errand.runner] {
        person.notice("late", &errand.order).await?;
    }
    cast.scene.pass(ALARM_MS).await?;
    if let Some(operator) = &cast.scene.operator {
        operator.notice("late", &errand.order).await?;
    }
    cast.money(&errand, bought(&errand)).await?;

    cast.step(&["21", "22"], "He had lost his way. It goes on as always.");
    let done = errand.deliver().await?;
    paid(cast, &errand, (Status::Completed, Some("pin")), done).await
}

async fn too_early(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["6"],
        "Mia orders for in an hour, and Noah is on the way half an hour before that.",
    );
    let virtual_clock = cast.scene.has_virtual_clock();
    let Some(operator) = cast.scene.operator.as_ref().filter(|_| virtual_clock) else {
        return Ok(());
    };
    let mut wish = Wish::lunch_at_the_door();
    wish.deliver_after = Some(operator.in_so_long(LATER_MS).await?);
    let customer = cast.a_customer("tok_visa").await?;
    let runner = Person::runner(&cast.scene.client, cast.runner).await?;
    let placed: Made = customer.place(&wish).await?.is(201)?.read()?;
    cast.scene.pass(BOARD_MS).await?;
    let opens = |order: &Order| order.placement.as_deref() == Some("available");
    let opened = customer.order_until(&placed.id, "available", opens).await?;
    let errand = Errand {
        customer,
        runner,
        order: placed.id,
        price: opened.price.checked()?,
    };
    errand.carry_to("on-the-way").await?;

    cast.step(
        &[],
        "It is not to stand at her door before its time, and she need not be there: both are refused, and say from when.",
    );
    let (noah, order) = (&errand.runner, &errand.order);
    let photo = noah.upload().await?;
    let left = noah.deliver_by_photo(order, &photo).await?;
    let gone = ProblemReport::of(Problem::CustomerUnreachable);
    for reply in [left, noah.report_problem(order, &gone).await?] {
        let refused: Refusal = reply.refuses(409, "too_early")?.read()?;
        same(
            "when it opens",
            refused.opens_at,
            opened.deliver_after.clone(),
        )?;
    }
    cast.money(&errand, bought(&errand)).await?;

    cast.step(&["21", "22"], "At the time he leaves it there.");
    cast.scene.pass(LATER_MS - BOARD_MS).await?;
    let done = noah.deliver_by_photo(order, &photo).await?;
    paid(cast, &errand, (Status::Completed, Some("photo")), done).await
}

async fn wrong_pins(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["20", "21"],
        "Noah types a wrong PIN, five times. Each try is refused and counted, and Mia is told.",
    );
    let errand = cast.at("on-the-way").await?;
    let (noah, order) = (&errand.runner, &errand.order);
    let pin = errand.customer.pin(order).await?;
    let wrong = if pin == "0000" { "1111" } else { "0000" };
    for left in (0..5).rev() {
        let refused = noah.deliver_by_pin(order, wrong).await?;
        let refused: Refusal = refused.refuses(422, "wrong_pin")?.read()?;
        same("the tries left", refused.tries_left, Some(left))?;
    }
    errand.customer.notice("wrong_pin", order).await?;
    cast.money(&errand, bought(&errand)).await?;

    cast.step(
        &["21"],
        "Now even the right one is no use; a photo takes its place. It is Noah's word alone, so the money waits, and Mia is asked whether she has the food.",
    );
    noah.deliver_by_pin(order, &pin)
        .await?
        .refuses(422, "photo_needed")?;
    let photo = noah.upload().await?;
    let waits = noah.deliver_by_photo(order, &photo).await?;
    let waits: RunnersOrder = waits.is(200)?.read()?;
    same("the status", waits.status, Status::Delivered)?;
    errand.customer.notice("confirm_or_dispute", order).await?;
    noah.notice("payment_waits", order).await?;
    cast.money(&errand, bought(&errand)).await?;

    cast.step(&["22"], "She has, and says so: Noah is paid.");
    let done = errand.customer.confirm(order).await?;
    paid(cast, &errand, (Status::Completed, Some("photo")), done).await
}

async fn at_the_door(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["21", "22"],
        "Mia wished it left at the door: a photo with its time is the proof, and no PIN is asked.",
    );
    let errand = cast.with("tok_visa", &Wish::lunch_at_the_door()).await?;
    errand.carry_to("on-the-way").await?;
    let photo = errand.runner.upload().await?;
    let done = errand
        .runner
        .deliver_by_photo(&errand.order, &photo)
        .await?;
    errand
        .customer
        .perform(order::photo(&photo))
        .await?
        .is(200)?;
    paid(cast, &errand, (Status::Completed, Some("photo")), done).await
}

async fn customer_confirms(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["21", "22"],
        "Noah's telephone is empty; Mia confirms herself that she has the food.",
    );
    let errand = cast.at("on-the-way").await?;
    let done = errand.customer.confirm(&errand.order).await?;
    paid(cast, &errand, (Status::Completed, Some("confirmed")), done).await
}

/// An order whose runner has written twice and reports that nobody answers.
async fn unreachable(cast: &Cast<'_>) -> Result<Errand, Deviation> {
    let errand = cast.at("on-the-way").await?;
    let (noah, order) = (&errand.runner, &errand.order);
    let gone = ProblemReport::of(Problem::CustomerUnreachable);
    noah.write(order, "I am at the door.").await?.is(201)?;
    noah.report_problem(order, &gone)
        .await?
        .refuses(409, "contact_first")?;
    cast.scene.pass(GAP_MS).await?;
    noah.write(order, "Still here. Hello?").await?.is(201)?;
    noah.report_problem(order, &gone).await?.is(200)?;
    errand.customer.notice("runner_at_the_door", order).await?;
    cast.money(&errand, bought(&errand)).await?;
    Ok(errand)
}

async fn customer_answers(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["25"], "Nobody opens. After two messages, two minutes apart, Noah may say so, and Mia has seven minutes.");
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = unreachable(cast).await?;

    cast.step(
        &["25"],
        "She was in the shower, and answers: the wait is over, once and for all.",
    );
    errand.customer.is_there(&errand.order).await?.is(200)?;
    errand
        .runner
        .notice("customer_is_there", &errand.order)
        .await?;
    cast.money(&errand, bought(&errand)).await?;

    cast.step(&["21", "22"], "She says her PIN.");
    let done = errand.deliver().await?;
    paid(cast, &errand, (Status::Completed, Some("pin")), done).await
}

/// As [`unreachable()`], and the 7 minutes are over.
async fn waited(cast: &Cast<'_>) -> Result<Errand, Deviation> {
    let errand = unreachable(cast).await?;
    cast.scene.pass(DOOR_MS).await?;
    let is_over = |order: &Order| order.no_show_wait.as_ref().is_some_and(|it| it.over);
    errand.until("waited for long enough", is_over).await?;
    errand.runner.notice("no_show_over", &errand.order).await?;
    Ok(errand)
}

async fn left_safe(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["25"], "Another day nobody opens, and nobody answers.");
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = waited(cast).await?;

    cast.step(
        &["26", "21", "22"],
        "Noah leaves the food where it is safe, with a photo of it.",
    );
    let photo = errand.runner.upload().await?;
    let done = errand
        .runner
        .deliver_by_photo(&errand.order, &photo)
        .await?;
    paid(cast, &errand, (Status::Completed, Some("photo")), done).await
}

async fn taken_back(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["25"], "And once more, where it can't be left.");
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = waited(cast).await?;

    cast.step(&["26"], "He takes it back to the store: cancelled, and he is paid in full, for the fault is not his.");
    let photo = errand.runner.upload().await?;
    let back = ProblemReport {
        kind: Problem::Returned,
        photo_id: Some(photo),
        note: Some("At the counter.".into()),
    };
    let done = errand.runner.report_problem(&errand.order, &back).await?;
    let share = paid(cast, &errand, (Status::Cancelled, None), done).await;
    same(
        "why",
        errand.seen().await?.cancel_reason,
        Some(CancelReason::CustomerNoShow),
    )?;
    share
}
