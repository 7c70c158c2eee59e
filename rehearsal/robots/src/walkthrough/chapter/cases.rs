//! Disputes after the end: what is frozen, who pays a claim, and what happens if nobody decides.

use super::{
    super::{Errand, Sums},
    cast::Cast,
};
use campusg_client::{
    Deviation, Person,
    answer::Order,
    request::{Claim, DeskAction},
    same,
};
use campusg_domain::order::{Fault, Party, Status};
use campusg_domain::time::{DAY_MS, SECOND_MS};

/// Just over the 2 days after which an open dispute alarms operators.
const ALARM_MS: u64 = 2 * DAY_MS + SECOND_MS;
/// From that alarm until the dispute ends by itself, 14 days after it was opened.
const END_MS: u64 = 12 * DAY_MS + SECOND_MS;
/// The amount that the customer claims, in cents.
const CLAIM: i64 = 1_000;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.step(&["31"], "The order has ended and Yuri is paid. Xenia finds a hair in the soup and claims 10.00: so much of his money is frozen.");
    let Some(operator) = cast.scene.operator_here() else {
        return Ok(());
    };
    runner_at_fault(cast, operator).await?;
    platform_at_fault(cast, operator).await?;
    runner_claims(cast, operator).await?;
    nobody_decides(cast, operator).await
}

/// An order that is completed and paid, of which its customer claims 10.00.
async fn a_case(cast: &Cast<'_>) -> Result<(Errand, Sums), Deviation> {
    let errand = cast.at("on-the-way").await?;
    errand.until_collection("collected").await?;
    let share = errand.share().await?;
    errand.carry_to("completed").await?;
    let claimed = errand.customer.claim(&errand.order, CLAIM).await?;
    let seen: Order = claimed.is(200)?.read()?;
    same("the order's status", seen.status, Status::Completed)?;
    errand.runner.notice("frozen", &errand.order).await?;
    let paid = Sums::NOTHING.captured(errand.price.charge()).paid(share);
    cast.money(&errand, paid.balance(share - CLAIM)).await?;
    Ok((errand, paid))
}

async fn runner_at_fault(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    let (errand, paid) = a_case(cast).await?;
    cast.step(
        &["34"],
        "The hair is Yuri's: the frozen money goes back to Xenia's card.",
    );
    operator
        .resolve(&errand.order, 1, CLAIM, Fault::Runner)
        .await?
        .is(200)?;
    errand
        .runner
        .notice("dispute_resolved", &errand.order)
        .await?;
    let balance = paid.released - CLAIM;
    cast.money(&errand, paid.balance(balance).refunded(CLAIM))
        .await
}

async fn platform_at_fault(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(&["31"], "Another time the bag was torn.");
    let (errand, paid) = a_case(cast).await?;
    cast.step(
        &["34"],
        "The bags are the platform's: it bears the 10.00, and Yuri's money is free again.",
    );
    let before = operator.balance("goodwill").await?;
    operator
        .resolve(&errand.order, 1, CLAIM, Fault::Platform)
        .await?
        .is(200)?;
    same(
        "the platform's loss",
        before - operator.balance("goodwill").await?,
        CLAIM,
    )?;
    cast.money(&errand, paid.refunded(CLAIM)).await
}

async fn runner_claims(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(
        &["27"],
        "An operator gives Yuri up while he lies in hospital: Xenia has everything back.",
    );
    let errand = cast.at("purchased").await?;
    let (charge, outlay) = (errand.price.charge(), errand.price.receipt());
    errand.until_collection("collected").await?;
    operator
        .act(
            &errand.order,
            DeskAction::Abandon,
            "Nobody knows where he is.",
        )
        .await?
        .is(200)?;
    let back = Sums::NOTHING.captured(charge).refunded(charge);
    cast.money(&errand, back).await?;

    cast.step(
        &["31"],
        format!(
            "He comes back and claims the {} that he laid out. Nothing is frozen.",
            cast.amount(outlay)
        ),
    );
    errand.runner.claim(&errand.order, outlay).await?.is(200)?;
    let by = errand.seen().await?.dispute.map(|it| it.by);
    same("who claims", by, Some(Party::Runner))?;
    cast.money(&errand, back).await?;

    cast.step(&["34"], "The platform bears it.");
    let before = operator.balance("goodwill").await?;
    operator
        .resolve(&errand.order, 1, outlay, Fault::Platform)
        .await?
        .is(200)?;
    same(
        "the platform's loss",
        before - operator.balance("goodwill").await?,
        outlay,
    )?;
    cast.money(&errand, back.balance(outlay)).await
}

async fn nobody_decides(cast: &Cast<'_>, operator: &Person) -> Result<(), Deviation> {
    cast.begins(
        &["31"],
        "A case that nobody looks at alarms the operators after two days.",
    );
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let (errand, paid) = a_case(cast).await?;
    let again = Claim {
        reason: "And it was late.".into(),
        claim_cents: Some(1),
        photo_ids: vec![],
    };
    errand
        .customer
        .dispute(&errand.order, &again)
        .await?
        .refuses(409, "dispute_open")?;
    cast.scene.pass(ALARM_MS).await?;
    operator.notice("dispute_waits", &errand.order).await?;

    cast.step(
        &["34"],
        "After a fortnight it ends by itself: nothing goes back, and Yuri's money is free again.",
    );
    cast.scene.pass(END_MS).await?;
    let is_over = |order: &Order| {
        order
            .dispute
            .as_ref()
            .is_some_and(|it| it.status == "resolved")
    };
    errand.until("decided by nobody", is_over).await?;
    cast.money(&errand, paid).await
}
