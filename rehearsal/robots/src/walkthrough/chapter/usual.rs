//! An order without trouble, from placing to payout, checked to the cent.

use super::{
    super::{Errand, Setting, Sums},
    cast::Cast,
};
use campusg_client::{Deviation, Person, Price, Wish, same};

/// The price in the example of `docs/lifecycle.md`: two bowls of soup at 10.00.
const FIGURES: Price = Price {
    food: 2_000,
    buffer: 300,
    fee: 399,
    tip: 200,
    trip: 199,
    hold: 2_899,
};
/// The platform's fee, in cents.
const PLATFORM: i64 = 100;
/// What the runner is paid for a receipt of 21.50, in cents.
const EARNED: i64 = 2_649;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    let errand = order(cast).await?;
    shop(cast, &errand).await?;
    bring(cast, &errand).await
}

async fn order(cast: &Cast<'_>) -> Result<Errand, Deviation> {
    cast.begins(
        &[],
        "Ann asks what lunch would cost. The server adds it up.",
    );
    let customer = cast.a_customer("tok_visa").await?;
    let price = customer.quote(&Wish::lunch()).await?;
    if cast.scene.is_set_for(Setting::Usual) {
        same("the quote", price, FIGURES)?;
    }
    cast.scene.story.remark(&format!(
        "food {} + buffer {} + fee {} + tip {} = {} to be held",
        cast.amount(price.food),
        cast.amount(price.buffer),
        cast.amount(price.fee),
        cast.amount(price.tip),
        cast.amount(price.hold),
    ));

    cast.step(
        &["1", "3", "4", "6"],
        "She orders: her card is authorised, the money is held, the order is on the board.",
    );
    let runner = Person::runner(&cast.scene.client, cast.runner).await?;
    let (order, placed) = customer.place_available(&Wish::lunch()).await?;
    same("the price", placed, price)?;
    for kind in [
        "payment_pending",
        "payment_authorized",
        "escrow_placed",
        "order_created",
    ] {
        customer.notice(kind, &order).await?;
    }
    let errand = Errand {
        customer,
        runner,
        order,
        price,
    };
    same(
        "the time-out",
        errand.timer("ORDER_TIMEOUT").await?.status.as_str(),
        "PENDING",
    )?;
    cast.money(&errand, Sums::NOTHING.held(price.hold)).await?;
    Ok(errand)
}

async fn shop(cast: &Cast<'_>, errand: &Errand) -> Result<(), Deviation> {
    let price = errand.price;
    cast.step(&["8"], "Ben accepts, and Ann is told who comes.");
    let accepted = errand.carry_to("accepted").await?;
    same(
        "Ann's runner",
        accepted.runner.and_then(|it| it.first_name).as_deref(),
        Some("Ben"),
    )?;
    errand
        .customer
        .notice("order_accepted", &errand.order)
        .await?;
    if cast.scene.is_set_for(Setting::Usual) {
        same("the platform's fee", errand.platform_fee().await?, PLATFORM)?;
    }
    cast.money(errand, Sums::NOTHING.held(price.hold)).await?;

    cast.step(
        &["13"],
        "He is at the store, and is told to buy only from now on.",
    );
    errand.carry_to("on-site").await?;
    errand
        .runner
        .notice("buy_from_now_on", &errand.order)
        .await?;
    cast.money(errand, Sums::NOTHING.held(price.hold)).await?;

    cast.step(
        &["18"],
        "He pays with his own money and sends the receipt of 21.50: Ann's card is charged once, for food, fee and tip.",
    );
    errand.carry_to("purchased").await?;
    let charge = price.charge();
    cast.money(errand, Sums::NOTHING.held(charge).captured(charge))
        .await
}

async fn bring(cast: &Cast<'_>, errand: &Errand) -> Result<(), Deviation> {
    let charge = errand.price.charge();
    cast.step(
        &["20"],
        "He has the food, and sets out; Ann is reminded of her PIN.",
    );
    errand.carry_to("on-the-way").await?;
    errand.customer.notice("on-the-way", &errand.order).await?;
    cast.money(errand, Sums::NOTHING.held(charge).captured(charge))
        .await?;

    cast.step(
        &["21", "22"],
        "Ann says the PIN: delivered, released, completed. Ben has his outlay, fee and tip, less the platform's part.",
    );
    let share = errand.share().await?;
    if cast.scene.is_set_for(Setting::Usual) {
        same("what Ben is paid", share, EARNED)?;
    }
    let done = errand.carry_to("completed").await?;
    same("the proof", done.proof(), Some("pin"))?;
    errand.runner.notice("paid", &errand.order).await?;
    cast.money(errand, Sums::NOTHING.captured(charge).paid(share))
        .await
}
