//! (a) Create → pay → available → accept → on-site → purchased → collected → on-the-way → completed.

use super::super::{Errand, Money, Scene};
use campusg_client::{
    Body, Deviation, Person, Price, Wish,
    answer::{Order, PublicProfile, Receipt, RunnersOrder},
    holds,
    operation::{account, order},
    same,
};

pub(super) async fn play(scene: &Scene) -> Result<(), Deviation> {
    let errand = order(scene).await?;
    accept(scene, &errand).await?;
    shop(scene, &errand).await?;
    bring(scene, &errand).await?;
    after(scene, &errand).await
}

async fn order(scene: &Scene) -> Result<Errand, Deviation> {
    let story = &scene.story;
    story.step(
        "Ann opens an account and puts a card on file; Ben opens one and goes online as a runner.",
    );
    let customer = Person::customer(&scene.client, "Ann", "tok_visa").await?;
    let runner = Person::runner(&scene.client, "Ben").await?;

    story.step("Ann asks what lunch would cost: food, buffer, fee and tip are what will be held.");
    let price = customer.quote(&Wish::lunch()).await?;

    story.step("Ann places the order: her card is authorised, the money is held, the order goes on the board.");
    let (order, placed) = customer.place_available(&Wish::lunch()).await?;
    same("the price", placed, price)?;
    let seen = customer.order(&order).await?;
    same("the payment", seen.payment.status.as_str(), "in-escrow")?;
    same("the escrow", seen.escrow.status.as_str(), "held")?;
    let money = Money::of(&order, &customer, Some(&runner)).await?;
    money.is(price.hold, 0, 0, 0)?;
    story.money(&money);

    story.step("Ben finds it on the board, and sees neither the hold nor where exactly Ann lives.");
    let entry = runner.finds(&order).await?;
    let entry = entry.ok_or_else(|| Deviation::new("the order on the board", "it is not there"))?;
    same(
        "what Ben will lay out",
        entry.food_estimate_cents,
        price.food,
    )?;
    let hidden = ["price", "payment", "escrow", "dropoff", "customer"];
    let leak = hidden
        .iter()
        .find(|field| entry.others.contains_key(**field));
    holds(
        leak.is_none(),
        || "a board that keeps this to itself".into(),
        || format!("{leak:?}"),
    )?;
    Ok(Errand {
        customer,
        runner,
        order,
        price,
    })
}

async fn accept(scene: &Scene, errand: &Errand) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("Ben accepts: the time-out stops, and Ann is told who comes.");
    let accepted = errand.carry_to("accepted").await?;
    same(
        "Ann's runner",
        accepted.runner.and_then(|it| it.first_name).as_deref(),
        Some("Ben"),
    )?;
    same(
        "the time-out",
        errand.timer("ORDER_TIMEOUT").await?.status.as_str(),
        "CANCELLED",
    )?;
    errand
        .customer
        .notice("order_accepted", &errand.order)
        .await?;
    let raw: Body = errand.runner.read(order::show(&errand.order)).await?;
    let bound: RunnersOrder = raw.read()?;
    let room = bound.dropoff.and_then(|it| it.room);
    same("the room, as Ben sees it", room.as_deref(), Some("215"))?;
    let leak = ["/price", "/payment", "/escrow"]
        .iter()
        .find(|field| raw.has(field));
    holds(
        leak.is_none(),
        || "a runner's view without the card's side".into(),
        || format!("{leak:?}"),
    )?;
    money(scene, errand, errand.price.hold, 0, 0).await
}

async fn shop(scene: &Scene, errand: &Errand) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("Ben is at the store.");
    errand.carry_to("on-site").await?;
    money(scene, errand, errand.price.hold, 0, 0).await?;

    story.step("Ben buys the food with his own money and uploads the receipt: Ann's card is charged once, food + fee + tip.");
    let bought = errand.carry_to("purchased").await?;
    let total = bought.receipt.map(|it| it.total_cents);
    same("the receipt", total, Some(errand.price.receipt()))?;
    errand.until_collection("collected").await?;
    money(
        scene,
        errand,
        errand.price.charge(),
        errand.price.charge(),
        0,
    )
    .await
}

async fn bring(scene: &Scene, errand: &Errand) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("Ben has the food, and sets out.");
    errand.carry_to("on-the-way").await?;
    money(
        scene,
        errand,
        errand.price.charge(),
        errand.price.charge(),
        0,
    )
    .await?;

    story.step(
        "At the door Ann says her PIN: delivered, the escrow is released, the order is completed.",
    );
    let earned = errand.earnings().await?;
    let done = errand.carry_to("completed").await?;
    same("the proof", done.proof(), Some("pin"))?;
    let seen = errand.seen().await?;
    same("the payment", seen.payment.status.as_str(), "released")?;
    same("the escrow", seen.escrow.status.as_str(), "released")?;
    money(scene, errand, 0, errand.price.charge(), earned).await
}

async fn after(scene: &Scene, errand: &Errand) -> Result<(), Deviation> {
    let Errand {
        customer,
        runner,
        order,
        price,
    } = errand;
    let story = &scene.story;
    story.step("Both rate, and see the other's rating once both are in.");
    let rated: Order = customer.rate(order, 5).await?.is(200)?.read()?;
    holds(
        rated.ratings.received.is_none(),
        || "no rating shown yet".into(),
        || format!("{:?}", rated.ratings),
    )?;
    runner.rate(order, 4).await?.is(200)?;
    same(
        "the rating Ann got",
        customer.order(order).await?.ratings.received,
        Some(4),
    )?;
    let profile: PublicProfile = customer.read(account::person(&runner.id)).await?;
    same("Ben's ratings", profile.ratings.as_runner.count, 1)?;

    story.step("Both have their receipt, and Ann's inbox has a notice of every step.");
    receipts(customer, runner, order, price).await?;
    for kind in [
        "payment_pending",
        "payment_authorized",
        "escrow_placed",
        "order_created",
        "order_accepted",
        "runner_on_site",
        "purchased",
        "collected",
        "on-the-way",
        "delivered",
        "completed",
    ] {
        customer.notice(kind, order).await?;
    }
    runner.notice("paid", order).await.map(drop)
}

async fn receipts(
    customer: &Person,
    runner: &Person,
    order: &str,
    price: &Price,
) -> Result<(), Deviation> {
    let paid: Receipt = customer.read(order::receipt(order)).await?;
    same("Ann's receipt", paid.total_cents, price.charge())?;
    let earned: Receipt = runner.read(order::receipt(order)).await?;
    let wallet = runner.wallet().await?.available_cents;
    same("Ben's receipt", earned.total_cents, wallet)
}

async fn money(
    scene: &Scene,
    errand: &Errand,
    held: i64,
    charged: i64,
    wallet: i64,
) -> Result<(), Deviation> {
    let money = errand.money().await?;
    money.is(held, charged, wallet, 0)?;
    scene.story.money(&money);
    Ok(())
}
