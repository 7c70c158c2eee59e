//! Before a runner accepts: what is refused, what card and bank decide, orders for later, and orders that nobody takes.

use super::{super::Sums, cast::Cast};
use campusg_client::{ApiRequest, Body, Deviation, Person, Wish, holds, operation::order, same};
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
    reason: &str,
) -> Result<Body, Deviation> {
    let is_over = |order: &Body| order.says("/status", "cancelled");
    let ended = customer.order_until(order, "cancelled", is_over).await?;
    same("why", ended.text("/cancel_reason")?, reason)?;
    same("how it is settled", ended.text("/settlement")?, "free")?;
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
    let mine = customer.perform(order::mine()).await?.is(200)?;
    same("her orders", mine.list("/items")?.len(), 0)
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
    let placed = customer.place(&Wish::lunch()).await?.is(201)?;
    let order = placed.text("/id")?;
    let ended = ended_free(cast, &customer, order, "payment_failed").await?;
    same(
        "what the bank says",
        ended.text("/payment/declined")?,
        "declined",
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
    let placed = customer.place(&Wish::lunch()).await?.is(201)?;
    let order = placed.text("/id")?;
    same("the placement", placed.text("/placement")?, "authorizing")?;
    let is_over = |order: &Body| order.says("/status", "cancelled");
    cast.while_the_gateway_is_silent(operator, order, is_over)
        .await?;
    ended_free(cast, &customer, order, "payment_failed")
        .await
        .map(drop)
}

/// A new order whose payment the bank asks to confirm: its customer, its id, and the path of the bank's page.
async fn asked(cast: &Cast<'_>) -> Result<(Person, String, String), Deviation> {
    let customer = cast.a_customer("tok_action_required").await?;
    let placed = customer.place(&Wish::lunch()).await?.is(201)?;
    let order = placed.text("/id")?.to_owned();
    let has_asked = |order: &Body| order.has("/payment/action_url");
    let seen = customer
        .order_until(&order, "asked about by the bank", has_asked)
        .await?;
    customer.notice("payment_action_required", &order).await?;
    let page = seen.text("/payment/action_url")?.to_owned();
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

    cast.tells(
        &["3", "4", "6"],
        "She confirms on the bank's page: authorised, held, on the board.",
    );
    let yes = ApiRequest::new(Method::POST, format!("{page}?approve=true"));
    cast.scene.client.send(&yes).await?.is(200)?;
    let is_there = |order: &Body| order.says("/placement", "available");
    let seen = customer.order_until(&order, "available", is_there).await?;
    let hold = seen.number("/price/hold_cents")?;
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

    cast.tells(
        &["2"],
        "After a quarter of an hour the question is over: cancelled.",
    );
    cast.scene.pass(CONFIRM_MS).await?;
    ended_free(cast, &customer, &order, "payment_failed")
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
    ended_free(cast, customer, order, "customer")
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
        let has_one = |mine: &Body| mine.has("/items/0");
        let mine = customer.until(&order::mine(), "an order", has_one).await?;
        let order = mine.text("/items/0/id")?.to_owned();
        let ended = customer.cancel(&order, 0).await?.is(200)?;
        same("the payment", ended.text("/payment/status")?, "failed")?;
        ended_free(cast, &customer, &order, "customer").await?;

        cast.tells(
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
    let placed = customer.place(&Wish::lunch()).await?.is(201)?;
    let order = placed.text("/id")?;
    cast.scene.wait_out(LAPSE_MS).await?;
    let ended = ended_free(cast, &customer, order, "authorization_expired").await?;
    same("by whom", ended.text("/cancelled_by")?, "gateway")
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
    let waiting = customer.place(&wish).await?.is(201)?;
    let order = waiting.text("/id")?;
    let waits = |order: &Body| order.says("/placement", "waiting");
    let seen = customer.order_until(order, "waiting", waits).await?;
    let held = Sums::NOTHING.held(seen.number("/price/hold_cents")?);
    holds(
        runner.finds(order).await?.is_none(),
        || "a board without it".into(),
        String::new,
    )?;
    cast.money_of(order, &customer, None, held).await?;

    cast.tells(
        &["37"],
        "Three quarters of an hour before its time it goes on the board.",
    );
    cast.scene.pass(OPENS_MS).await?;
    let opens = |order: &Body| order.says("/placement", "available");
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
    let ended = ended_free(cast, customer, order, "no_runner_timeout").await?;
    same("by whom", ended.text("/cancelled_by")?, "system")?;
    customer.notice("nobody_came", order).await?;
    errand
        .runner
        .accept(order)
        .await?
        .refuses(409, "not_in_this_stage")
        .map(drop)
}
