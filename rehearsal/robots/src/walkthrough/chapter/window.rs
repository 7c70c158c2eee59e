//! Disputes while the money is in escrow. Needs a server with a dispute window.

use super::{
    super::{Errand, Sums},
    cast::Cast,
};
use campusg_client::{
    Deviation, Person,
    answer::{Order, RunnersOrder},
    same,
};
use campusg_domain::order::{CancelReason, Fault, Status};
use campusg_domain::time::{DAY_MS, SECOND_MS};

/// Just over the dispute window of a server that this program starts.
const WINDOW_MS: u64 = DAY_MS + SECOND_MS;
/// Just over the 2 days after which an open dispute alarms operators.
const ALARM_MS: u64 = 2 * DAY_MS + SECOND_MS;
/// From that alarm until the dispute ends by itself, 14 days after it was opened.
const END_MS: u64 = 12 * DAY_MS + SECOND_MS;
/// The amount that the customer claims, or is given, in cents.
const CLAIM: i64 = 1_000;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.step(&["21"], "Will hands the food over. For a day Vera may say that something is wrong, and the money waits.");
    let errand = cast.at("on-the-way").await?;
    let waits: RunnersOrder = errand.deliver().await?.is(200)?.read()?;
    if waits.status == Status::Completed {
        cast.scene
            .story
            .leave_out("on this server the money moves on delivery, without a time to dispute it");
        return Ok(());
    }
    confirmed(cast, &errand).await?;
    nothing_said(cast).await?;
    let Some(operator) = cast.scene.operator_here() else {
        return Ok(());
    };
    in_part(cast, operator).await?;
    all_of_it(cast, operator).await?;
    not_the_runner(cast, operator).await?;
    nobody_decides(cast, operator).await
}

/// The money once the food is bought: the charge is collected and in escrow.
const fn in_escrow(errand: &Errand) -> Sums {
    let charge = errand.price.charge();
    Sums::NOTHING.held(charge).captured(charge)
}

/// Checks that the runner is paid `less` below the full share, and that `back` cents go back to the customer.
async fn released(cast: &Cast<'_>, errand: &Errand, less: i64, back: i64) -> Result<(), Deviation> {
    let share = errand.price.charge() - errand.platform_fee().await? - less;
    let sums = Sums::NOTHING
        .captured(errand.price.charge())
        .paid(share)
        .refunded(back);
    cast.money(errand, sums).await
}

async fn delivered(cast: &Cast<'_>) -> Result<Errand, Deviation> {
    let errand = cast.at("on-the-way").await?;
    let waits: RunnersOrder = errand.deliver().await?.is(200)?.read()?;
    same("the status", waits.status, Status::Delivered)?;
    errand.until_collection("collected").await?;
    Ok(errand)
}

async fn confirmed(cast: &Cast<'_>, errand: &Errand) -> Result<(), Deviation> {
    same(
        "the window",
        errand.timer("DISPUTE_WINDOW").await?.status.as_str(),
        "PENDING",
    )?;
    cast.money(errand, in_escrow(errand)).await?;
    cast.step(&["22"], "All is well, she confirms: released at once.");
    errand.customer.confirm(&errand.order).await?.is(200)?;
    released(cast, errand, 0, 0).await
}

async fn nothing_said(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["22"],
        "Another time she says nothing. When the day is over, the money moves by itself.",
    );
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = delivered(cast).await?;
    cast.scene.pass(WINDOW_MS).await?;
    errand.until_status("completed").await?;
    released(cast, &errand, 0, 0).await
}

/// A delivery of which the customer claims 10.00; everything stays in escrow.
async fn disputed(cast: &Cast<'_>) -> Result<Errand, Deviation> {
    let errand = delivered(cast).await?;
    errand.customer.claim(&errand.order, CLAIM).await?.is(200)?;
    let dispute = errand.seen().await?.dispute.map(|it| it.status);
    same("the dispute", dispute.as_deref(), Some("open"))?;
    same(
        "the window",
        errand.timer("DISPUTE_WINDOW").await?.status.as_str(),
        "CANCELLED",
    )?;
    errand.runner.notice("disputed", &errand.order).await?;
    cast.money(&errand, in_escrow(&errand)).await?;
    Ok(errand)
}

async fn in_part(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(&["29"], "The soup is cold. Vera claims 10.00; the time to dispute stops, and the money stays where it is.");
    let errand = disputed(cast).await?;
    let hers = errand.customer.confirm(&errand.order).await?;
    hers.refuses(409, "dispute_open")?;

    cast.step(
        &["30"],
        "An operator hears both and finds Will at fault: 10.00 go back, and he gets the rest.",
    );
    let done = operator
        .resolve(&errand.order, 1, CLAIM, Fault::Runner)
        .await?;
    let done: Order = done.is(200)?.read()?;
    same("the status", done.status, Status::Completed)?;
    errand
        .customer
        .notice("dispute_resolved", &errand.order)
        .await?;
    released(cast, &errand, CLAIM, CLAIM).await
}

async fn all_of_it(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(&["29"], "There is a beetle in it.");
    let errand = disputed(cast).await?;

    cast.step(
        &["30"],
        "Everything goes back, and Will gets nothing: cancelled.",
    );
    let charge = errand.price.charge();
    let done = operator
        .resolve(&errand.order, 1, charge, Fault::Runner)
        .await?;
    let done: Order = done.is(200)?.read()?;
    same("why", done.cancel_reason, Some(CancelReason::Dispute))?;
    cast.money(&errand, Sums::NOTHING.captured(charge).refunded(charge))
        .await
}

async fn not_the_runner(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(&["29"], "There is no salt in it.");
    let errand = disputed(cast).await?;

    cast.step(&["30"], "That is the store's fault: Vera has her 10.00 from the platform, and Will is paid in full.");
    let before = operator.balance("goodwill").await?;
    operator
        .resolve(&errand.order, 1, CLAIM, Fault::Store)
        .await?
        .is(200)?;
    same(
        "the platform's loss",
        before - operator.balance("goodwill").await?,
        CLAIM,
    )?;
    released(cast, &errand, 0, CLAIM).await
}

async fn nobody_decides(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(&["29"], "There is too little in it.");
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = disputed(cast).await?;

    cast.step(
        &[],
        "No operator looks at it. After two days they are alarmed.",
    );
    cast.scene.pass(ALARM_MS).await?;
    operator.notice("dispute_waits", &errand.order).await?;
    cast.money(&errand, in_escrow(&errand)).await?;

    cast.step(
        &["30"],
        "After a fortnight it ends by itself, and nothing goes back.",
    );
    cast.scene.pass(END_MS).await?;
    let is_over = |order: &Order| {
        order
            .dispute
            .as_ref()
            .is_some_and(|it| it.status == "resolved")
    };
    errand.until("decided by nobody", is_over).await?;
    released(cast, &errand, 0, 0).await
}
