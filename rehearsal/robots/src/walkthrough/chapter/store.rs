//! At the store: what the runner proposes, and how the customer decides, or does not.

use super::{
    super::{Errand, Sums},
    cast::Cast,
};
use campusg_client::{
    Deviation, Wish,
    answer::Order,
    request::{Item, Proposal, ProposalAnswer, ProposedItem, Replacement, Store},
    same,
};
use campusg_domain::{
    order::{CancelReason, ProposalKind, Status, Substitution},
    time::{MINUTE_MS, SECOND_MS},
};

/// Just over the 5 minutes that the customer has to decide a proposal.
const ANSWER_MS: u64 = 5 * MINUTE_MS + SECOND_MS;
/// A proposed total in cents, above the cap of 23.00.
const DEARER: i64 = 2_500;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    dearer_elsewhere(cast).await?;
    left_after_all(cast).await?;
    sold_out(cast).await?;
    price_without_answer(cast).await?;
    card_gives_no_more(cast).await?;
    done_without(cast).await?;
    substitution_without_answer(cast).await
}

/// An order of soup for 15.00, to ask about if it can't be had, and bread for 5.00.
fn soup_and_bread() -> Wish {
    let mut wish = Wish::lunch();
    wish.items = vec![
        Item::one("Soup", 1_500, Substitution::Ask),
        Item::one("Bread", 500, Substitution::Replace),
    ];
    wish
}

/// A proposal of stew for 16.00 instead of the soup.
fn stew() -> Proposal {
    let stew = Replacement {
        name: "Stew".into(),
        quantity: 1,
        unit_price_cents: 1_600,
    };
    Proposal {
        total_cents: Some(2_100),
        note: Some("The soup is out, the stew is fresh.".into()),
        items: vec![ProposedItem {
            item: 0,
            offer: Some(stew),
        }],
        ..Proposal::about(ProposalKind::Substitution)
    }
}

async fn at_the_store(cast: &Cast<'_>, card: &str) -> Result<Errand, Deviation> {
    let errand = cast.with(card, &soup_and_bread()).await?;
    errand.carry_to("on-site").await?;
    Ok(errand)
}

/// Opens a proposal and checks that the customer is notified and no money moves; returns its number.
async fn asks(cast: &Cast<'_>, errand: &Errand, what: &Proposal) -> Result<u16, Deviation> {
    errand.runner.propose(&errand.order, what).await?.is(200)?;
    let n = open(&errand.seen().await?)?;
    errand.customer.notice("proposed", &errand.order).await?;
    cast.money(errand, Sums::NOTHING.held(errand.price.hold))
        .await?;
    Ok(n)
}

/// The number of the order's proposal, which waits for the customer.
fn open(order: &Order) -> Result<u16, Deviation> {
    let open = order.proposal.as_ref().filter(|it| it.state == "open");
    let found = || Deviation::new("an open proposal", format!("{:?}", order.proposal));
    open.map(|it| it.n).ok_or_else(found)
}

async fn answers(errand: &Errand, n: u16, answer: &ProposalAnswer) -> Result<(), Deviation> {
    let reply = errand.customer.answer(&errand.order, n, answer).await?;
    reply.is_begun().map(drop)
}

async fn decided(errand: &Errand) -> Result<Order, Deviation> {
    let is_closed = |order: &Order| order.proposal.is_none();
    errand.until("without an open proposal", is_closed).await
}

/// Checks that the order ended for this reason, and that the runner got the trip compensation.
async fn ended_by_trip(
    cast: &Cast<'_>,
    errand: &Errand,
    reason: CancelReason,
) -> Result<(), Deviation> {
    let ended = errand.until_status("cancelled").await?;
    same("why", ended.cancel_reason, Some(reason))?;
    same(
        "how it is settled",
        ended.settlement.as_deref(),
        Some("trip"),
    )?;
    errand.runner.notice("paid", &errand.order).await?;
    let trip = errand.price.trip;
    cast.money(errand, Sums::NOTHING.captured(trip).paid(trip))
        .await
}

async fn dearer_elsewhere(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["14"],
        "Jon stands before a closed door and sends a photo of it.",
    );
    let errand = at_the_store(cast, "tok_visa").await?;
    let hold = errand.price.hold;
    let closed = Proposal {
        note: Some("Dark inside.".into()),
        ..Proposal::about(ProposalKind::StoreClosed)
    };
    let n = asks(cast, &errand, &closed).await?;

    cast.step(&["16"], "Iris names another store, and he goes there.");
    let there = ProposalAnswer::OtherStore(Store::described("Noodle House", "Hall 9"));
    answers(&errand, n, &there).await?;
    same(
        "the store",
        errand.seen().await?.store.name.as_deref(),
        Some("Noodle House"),
    )?;
    cast.money(&errand, Sums::NOTHING.held(hold)).await?;

    cast.step(
        &["15"],
        "There it costs 25.00, more than the 23.00 that Iris agreed to when she ordered.",
    );
    let n = asks(cast, &errand, &Proposal::price(DEARER)).await?;

    cast.step(
        &["16"],
        "He finds a cheaper shelf and takes the question back.",
    );
    errand.runner.withdraw(&errand.order, n).await?.is(200)?;
    decided(&errand).await?;
    cast.money(&errand, Sums::NOTHING.held(hold)).await?;

    cast.step(&["15"], "It was empty. He asks again for 25.00.");
    let n = asks(cast, &errand, &Proposal::price(DEARER)).await?;
    agreed(cast, &errand, n).await
}

async fn agreed(cast: &Cast<'_>, errand: &Errand, n: u16) -> Result<(), Deviation> {
    let charge = DEARER + errand.price.fee + errand.price.tip;
    cast.step(
        &["16"],
        "Iris agrees. Her card is asked for the missing 2.00 first; then the new price counts.",
    );
    answers(errand, n, &ProposalAnswer::Approve).await?;
    let seen = decided(errand).await?;
    same("what she approved", seen.approved_total_cents, DEARER)?;
    cast.money(errand, Sums::NOTHING.held(charge)).await?;

    cast.step(
        &["18"],
        "He buys for 25.00: charged from both authorisations, to the last cent of each.",
    );
    let photo = errand.runner.upload().await?;
    errand
        .runner
        .buy(&errand.order, DEARER, Some(&photo))
        .await?
        .is(200)?;
    cast.money(errand, Sums::NOTHING.held(charge).captured(charge))
        .await?;

    cast.step(&["20", "21", "22"], "He brings it, and is paid.");
    let share = charge - errand.platform_fee().await?;
    errand.carry_to("completed").await?;
    cast.money(errand, Sums::NOTHING.captured(charge).paid(share))
        .await
}

async fn left_after_all(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["15"], "It is dearer once more.");
    let errand = at_the_store(cast, "tok_visa").await?;
    let n = asks(cast, &errand, &Proposal::price(DEARER)).await?;

    cast.step(&["16"], "Iris agrees at once, and 2.00 more are held.");
    answers(&errand, n, &ProposalAnswer::Approve).await?;
    decided(&errand).await?;
    let charge = DEARER + errand.price.fee + errand.price.tip;
    cast.money(&errand, Sums::NOTHING.held(charge)).await?;

    cast.step(&["10"], "Then Jon has to leave. The order is on the board again as it was at first; what was held beyond that is let go.");
    errand.runner.give_back(&errand.order).await?.is(200)?;
    let seen = errand.seen().await?;
    same(
        "the placement",
        seen.placement.as_deref(),
        Some("available"),
    )?;
    let cap = errand.price.food + errand.price.buffer;
    same("what is approved", seen.approved_total_cents, cap)?;
    cast.money(&errand, Sums::NOTHING.held(errand.price.hold))
        .await?;
    errand
        .customer
        .cancel(&errand.order, 0)
        .await?
        .is(200)
        .map(drop)
}

async fn sold_out(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["14"], "Everything is sold out.");
    let errand = at_the_store(cast, "tok_visa").await?;
    let n = asks(cast, &errand, &Proposal::about(ProposalKind::SoldOut)).await?;

    cast.step(
        &["17"],
        "Iris wants nothing else: cancelled, and Jon's trip is paid.",
    );
    answers(&errand, n, &ProposalAnswer::Reject).await?;
    ended_by_trip(cast, &errand, CancelReason::SoldOut).await
}

async fn price_without_answer(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["15"],
        "It is dearer than agreed again, and Iris looks elsewhere.",
    );
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = at_the_store(cast, "tok_visa").await?;
    asks(cast, &errand, &Proposal::price(DEARER)).await?;

    cast.step(
        &["17"],
        "Five minutes without an answer are a no: cancelled, and the trip is paid.",
    );
    cast.scene.pass(ANSWER_MS).await?;
    ended_by_trip(cast, &errand, CancelReason::PriceRejected).await
}

async fn card_gives_no_more(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["15", "16"],
        "Iris agrees to 25.00, but her card does not give 2.00 more: the question stays open.",
    );
    let errand = at_the_store(cast, "tok_second_declined").await?;
    let n = asks(cast, &errand, &Proposal::price(DEARER)).await?;
    answers(&errand, n, &ProposalAnswer::Approve).await?;
    let was_declined = |order: &Order| {
        let declined = order
            .proposal
            .as_ref()
            .and_then(|it| it.declined.as_deref());
        declined == Some("insufficient_funds")
    };
    let seen = errand.until("refused by its card", was_declined).await?;
    same("the proposal", open(&seen)?, n)?;
    errand
        .customer
        .notice("raise_failed", &errand.order)
        .await?;
    cast.money(&errand, Sums::NOTHING.held(errand.price.hold))
        .await?;

    cast.step(&["17"], "So she says no: cancelled, and the trip is paid.");
    answers(&errand, n, &ProposalAnswer::Reject).await?;
    ended_by_trip(cast, &errand, CancelReason::PriceRejected).await
}

async fn done_without(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["15"],
        "The soup is out; Jon offers stew for 16.00, and sends a photo of it.",
    );
    let errand = at_the_store(cast, "tok_visa").await?;
    let n = asks(cast, &errand, &stew()).await?;
    let asked = errand.seen().await?.proposal.map(|it| it.items);
    let offer = asked.iter().flatten().find_map(|it| it.offer.as_ref());
    same("the offer", offer.map(|it| it.name.as_str()), Some("Stew"))?;

    cast.step(
        &["16"],
        "Iris would rather do without the soup, and takes the bread alone.",
    );
    answers(&errand, n, &ProposalAnswer::DropItems(vec![0])).await?;
    let seen = decided(&errand).await?;
    soup_is_dropped(&seen)?;
    bread(cast, &errand).await
}

async fn substitution_without_answer(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["15"], "Stew again, and this time no word from Iris.");
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = at_the_store(cast, "tok_visa").await?;
    asks(cast, &errand, &stew()).await?;

    cast.step(
        &["17"],
        "After five minutes the soup is left out; the order goes on with the bread.",
    );
    cast.scene.pass(ANSWER_MS).await?;
    let seen = decided(&errand).await?;
    same("the status", seen.status, Status::OnSite)?;
    soup_is_dropped(&seen)?;
    bread(cast, &errand).await
}

fn soup_is_dropped(order: &Order) -> Result<(), Deviation> {
    let dropped: Vec<bool> = order.items.iter().map(|item| item.dropped).collect();
    same(
        "which of soup and bread is dropped",
        dropped,
        vec![true, false],
    )
}

/// Checks that only the bread for 5.00 is charged, and that the rest of the hold is released.
async fn bread(cast: &Cast<'_>, errand: &Errand) -> Result<(), Deviation> {
    cast.money(errand, Sums::NOTHING.held(errand.price.hold))
        .await?;
    cast.step(
        &["18"],
        "Bread for 5.00: charged with fee and tip, and the rest of the hold is let go.",
    );
    let (photo, charge) = (
        errand.runner.upload().await?,
        500 + errand.price.fee + errand.price.tip,
    );
    errand
        .runner
        .buy(&errand.order, 500, Some(&photo))
        .await?
        .is(200)?;
    cast.money(errand, Sums::NOTHING.held(charge).captured(charge))
        .await?;
    errand.carry_to("completed").await.map(drop)
}
