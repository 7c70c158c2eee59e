//! Before a runner accepts: what is refused, what card and bank decide, orders for later, and orders that nobody takes.

use super::{super::Sums, cast::Cast};
use campusg_client::{
    ApiRequest, Deviation, Person, Wish,
    answer::{Made, Order, Page},
    holds,
    operation::order,
    same,
};
use campusg_domain::order::{CancelReason, Status};
use campusg_domain::time::{MINUTE_MS, SECOND_MS};
use reqwest::Method;
use serde::Serialize;

/// Just over the 15 minutes that the customer has to confirm at the bank.
const CONFIRM_MS: u64 = 15 * MINUTE_MS + SECOND_MS;
/// Just over the 30 minutes that an order waits for a runner.
const BOARD_MS: u64 = 30 * MINUTE_MS + SECOND_MS;
/// Longer than the bank waits before it lets go of an authorisation early.
const LAPSE_MS: u64 = 3 * SECOND_MS;
/// How far ahead an order for later is placed.
const LATER_MS: u64 = 120 * MINUTE_MS;
/// From placing it until it is on the board, which is 45 minutes before its time.
const OPENS_MS: u64 = 75 * MINUTE_MS + SECOND_MS;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    refused(cast).await?;
    declined(cast).await?;
    silent(cast).await?;
    bank_asks(cast).await?;
    bank_waits_in_vain(cast).await?;
    cancelled(cast).await?;
    late_yes(cast).await?;
    bank_lets_go(cast).await?;
    for_later(cast).await?;
    nobody_comes(cast).await
}

/// Checks that the order has ended for this reason, and that nothing was charged.
async fn ended_free(
    cast: &Cast<'_>,
    customer: &Person,
    order: &str,
    reason: CancelReason,
) -> Result<Order, Deviation> {
    let is_over = |order: &Order| order.status == Status::Cancelled;
    let ended = customer.order_until(order, "cancelled", is_over).await?;
    same("why", ended.cancel_reason, Some(reason))?;
    same(
        "how it is settled",
        ended.settlement.as_deref(),
        Some("free"),
    )?;
    cast.money_of(order, customer, None, Sums::NOTHING).await?;
    Ok(ended)
}

async fn refused(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["1"],
        "Cora has no card yet, then counts wrongly, then brings a total of her own: no order, three times over.",
    );
    let customer = Person::register(&cast.scene.client, cast.customer).await?;
    let lunch = Wish::lunch();
    customer
        .place(&lunch)
        .await?
        .refuses(409, "no_payment_method")?;
    customer.set_card("tok_visa").await?;
    let mut none = lunch.clone();
    for item in &mut none.items {
        item.quantity = 0;
    }
    customer.place(&none).await?.refuses(422, "invalid_field")?;
    let total = WithTotal {
        wish: lunch,
        total_cents: 1,
    };
    customer
        .perform(order::place_as_written(&total))
        .await?
        .refuses(400, "unknown_field")?;
    let mine: Page<Made> = customer.read(order::mine()).await?;
    same("her orders", mine.items, vec![])
}

/// An order with a total from the client, which the API refuses.
#[derive(Serialize)]
struct WithTotal {
    #[serde(flatten)]
    wish: Wish,
    total_cents: i64,
}

async fn declined(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["1", "2"],
        "Her bank declines the card: the order is cancelled, and she is told why.",
    );
    let customer = cast.a_customer("tok_declined").await?;
    let placed: Order = customer.place(&Wish::lunch()).await?.is(201)?.read()?;
    let order = &placed.id;
    let ended = ended_free(cast, &customer, order, CancelReason::PaymentFailed).await?;
    same(
        "what the bank says",
        ended.payment.declined.as_deref(),
        Some("declined"),
    )?;
    customer.notice("payment_failed", order).await.map(drop)
}

async fn silent(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["2"], "The gateway gives no answer at all. It is asked again and again; after the last try the order is cancelled.");
    let Some(operator) = cast
        .scene
        .operator
        .as_ref()
        .filter(|_| cast.scene.has_virtual_clock())
    else {
        return Ok(());
    };
    let customer = cast.a_customer("tok_down").await?;
    let placed: Order = customer.place(&Wish::lunch()).await?.is(201)?.read()?;
    let order = &placed.id;
    same(
        "the placement",
        placed.placement.as_deref(),
        Some("authorizing"),
    )?;
    let is_over = |order: &Order| order.status == Status::Cancelled;
    cast.while_the_gateway_is_silent(operator, order, is_over)
        .await?;
    ended_free(cast, &customer, order, CancelReason::PaymentFailed)
        .await
        .map(drop)
}

/// A new order whose payment the bank asks to confirm: its customer, its id, and the path of the bank's page.
async fn asked(cast: &Cast<'_>) -> Result<(Person, String, String), Deviation> {
    let customer = cast.a_customer("tok_action_required").await?;
    let placed: Made = customer.place(&Wish::lunch()).await?.is(201)?.read()?;
    let order = placed.id;
    let has_asked = |order: &Order| order.payment.action_url.is_some();
    let seen = customer
        .order_until(&order, "asked about by the bank", has_asked)
        .await?;
    customer.notice("payment_action_required", &order).await?;
    let page = seen.payment.action_url.unwrap_or_default();
    cast.money_of(&order, &customer, None, Sums::NOTHING)
        .await?;
    Ok((customer, order, page))
}

async fn bank_asks(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["36"],
        "Her bank wants her to confirm, and she is given the link. Nothing is held yet.",
    );
    let (customer, order, page) = asked(cast).await?;

    cast.step(
        &["3", "4", "6"],
        "She confirms on the bank's page: authorised, held, on the board.",
    );
    let yes = ApiRequest::new(Method::POST, format!("{page}?approve=true"));
    cast.scene.client.send(&yes).await?.is(200)?;
    let is_there = |order: &Order| order.placement.as_deref() == Some("available");
    let seen = customer.order_until(&order, "available", is_there).await?;
    let hold = seen.price.hold;
    cast.money_of(&order, &customer, None, Sums::NOTHING.held(hold))
        .await?;
    customer.cancel(&order, 0).await?.is(200).map(drop)
}

async fn bank_waits_in_vain(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["36"],
        "The bank asks once more, and this time Cora looks away.",
    );
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let (customer, order, _) = asked(cast).await?;

    cast.step(
        &["2"],
        "After a quarter of an hour the question is over: cancelled.",
    );
    cast.scene.pass(CONFIRM_MS).await?;
    ended_free(cast, &customer, &order, CancelReason::PaymentFailed)
        .await
        .map(drop)
}

async fn cancelled(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["7"],
        "Cora changes her mind before anybody came. That is free, and the hold is let go.",
    );
    let errand = cast.with_card("tok_visa").await?;
    let (customer, order) = (&errand.customer, &errand.order);
    same("the quote", customer.cancellation_charge(order).await?, 0)?;
    customer.cancel(order, 0).await?.is(200)?;
    ended_free(cast, customer, order, CancelReason::Customer)
        .await
        .map(drop)
}

async fn late_yes(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["7"],
        "She cancels while her bank is still thinking: cancelled at once, without waiting for it.",
    );
    let customer = cast.a_customer("tok_slow").await?;
    let wish = Wish::lunch();
    let cancelling = async {
        let has_one = |mine: &Page<Made>| !mine.items.is_empty();
        let mine = customer.until(&order::mine(), "an order", has_one).await?;
        let order = mine.items[0].id.clone();
        let ended: Order = customer.cancel(&order, 0).await?.is(200)?.read()?;
        same("the payment", ended.payment.status.as_str(), "failed")?;
        ended_free(cast, &customer, &order, CancelReason::Customer).await?;

        cast.step(
            &["33"],
            "Then the bank says yes after all: the late authorisation is let go, and Cora is told.",
        );
        customer.notice("late_charge_returned", &order).await?;
        cast.money_of(&order, &customer, None, Sums::NOTHING).await
    };
    let (placed, ()) = tokio::try_join!(customer.place(&wish), cancelling)?;
    placed.is(201).map(drop)
}

async fn bank_lets_go(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["3", "38"],
        "Another bank authorises, and lets the authorisation go before anybody came: cancelled, and nothing was charged.",
    );
    let customer = cast.a_customer("tok_lapses").await?;
    let placed: Order = customer.place(&Wish::lunch()).await?.is(201)?.read()?;
    let order = &placed.id;
    cast.scene.wait_out(LAPSE_MS).await?;
    let ended = ended_free(cast, &customer, order, CancelReason::AuthorizationExpired).await?;
    same("by whom", ended.cancelled_by.as_deref(), Some("gateway"))
}

async fn for_later(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["6"], "Cora orders for in two hours: the money is held, and the order waits where no runner sees it.");
    let Some(operator) = cast
        .scene
        .operator
        .as_ref()
        .filter(|_| cast.scene.has_virtual_clock())
    else {
        return Ok(());
    };
    let customer = cast.a_customer("tok_visa").await?;
    let runner = Person::runner(&cast.scene.client, cast.runner).await?;
    let mut wish = Wish::lunch();
    wish.deliver_after = Some(operator.in_so_long(LATER_MS).await?);
    let placed: Made = customer.place(&wish).await?.is(201)?.read()?;
    let order = &placed.id;
    let waits = |order: &Order| order.placement.as_deref() == Some("waiting");
    let seen = customer.order_until(order, "waiting", waits).await?;
    let held = Sums::NOTHING.held(seen.price.hold);
    holds(
        runner.finds(order).await?.is_none(),
        || "a board without it".into(),
        String::new,
    )?;
    cast.money_of(order, &customer, None, held).await?;

    cast.step(
        &["37"],
        "Three quarters of an hour before its time it goes on the board.",
    );
    cast.scene.pass(OPENS_MS).await?;
    let opens = |order: &Order| order.placement.as_deref() == Some("available");
    customer.order_until(order, "available", opens).await?;
    holds(
        runner.finds(order).await?.is_some(),
        || "a board with it".into(),
        String::new,
    )?;
    cast.money_of(order, &customer, None, held).await?;
    customer.cancel(order, 0).await?.is(200).map(drop)
}

async fn nobody_comes(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["9"],
        "Half an hour on the board and nobody came: cancelled, and nothing was charged.",
    );
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let errand = cast.with_card("tok_visa").await?;
    cast.scene.pass(BOARD_MS).await?;
    let (customer, order) = (&errand.customer, &errand.order);
    let ended = ended_free(cast, customer, order, CancelReason::NoRunnerTimeout).await?;
    same("by whom", ended.cancelled_by.as_deref(), Some("system"))?;
    customer.notice("nobody_came", order).await?;
    errand
        .runner
        .accept(order)
        .await?
        .refuses(409, "not_in_this_stage")
        .map(drop)
}
