//! Payouts, what is frozen and set off before them, and the platform's own money.

use super::{
    super::{Errand, Sums},
    cast::Cast,
};
use campusg_client::{Deviation, Person, Wish, same};
use campusg_domain::order::Fault;
use campusg_domain::time::{HOUR_MS, SECOND_MS};

/// Just over the time after which a payout comes back.
const BACK_MS: u64 = HOUR_MS + SECOND_MS;
/// The first payout, in cents.
const FIRST: i64 = 2_000;
/// What the customer claims after that payout, in cents.
const CLAIM: i64 = 1_000;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    paid(cast).await?;
    failed(cast).await?;
    sent_back(cast).await?;
    owing(cast).await?;
    platform(cast).await
}

/// A completed order whose runner has this bank account on file, and their share in the wallet.
async fn earned(cast: &Cast<'_>, account: &str) -> Result<(Errand, Sums), Deviation> {
    let errand = cast.at("on-the-way").await?;
    let (charge, share) = (errand.price.charge(), errand.share().await?);
    errand.carry_to("completed").await?;
    errand.runner.set_account(account).await?;
    let paid = Sums::NOTHING.captured(charge).paid(share);
    cast.stands(&errand, paid).await?;
    Ok((errand, paid))
}

async fn paid(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["22"],
        "Dora has earned something, and puts her bank account on file.",
    );
    let (errand, earned) = earned(cast, "acct_bank").await?;
    let (dora, share) = (&errand.runner, earned.released);
    cast.money(&errand, earned).await?;

    cast.step(&["42"], "She can't take out more than she has. She takes out all of it: gone from the wallet at once, and paid.");
    dora.pay_out(share + 1)
        .await?
        .refuses(422, "above_available")?;
    dora.pay_out(share).await?.is(201)?;
    dora.notice_of("payout_paid").await?;
    dora.pay_out(1).await?.refuses(422, "invalid_field")?;
    cast.money(&errand, earned.balance(0)).await
}

async fn failed(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["42"],
        "Her bank account was closed: the payout fails, and the money is in her wallet again.",
    );
    let (errand, earned) = earned(cast, "acct_closed").await?;
    errand.runner.pay_out(earned.released).await?.is(201)?;
    errand.runner.notice_of("payout_failed").await?;
    cast.money(&errand, earned).await
}

async fn sent_back(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["42"], "Another bank takes the payout.");
    if !cast.scene.has_virtual_clock() {
        return Ok(());
    }
    let (errand, earned) = earned(cast, "acct_sends_back").await?;
    errand.runner.pay_out(earned.released).await?.is(201)?;
    errand.runner.notice_of("payout_paid").await?;
    cast.money(&errand, earned.balance(0)).await?;

    cast.step(
        &["42"],
        "It does not know her, and sends it back: in her wallet again.",
    );
    cast.scene.pass(BACK_MS).await?;
    errand.runner.notice_of("payout_sent_back").await?;
    cast.money(&errand, earned).await
}

async fn owing(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["42"],
        format!("Dora takes out {} of what she has.", cast.amount(FIRST)),
    );
    let Some(operator) = cast.scene.operator_here() else {
        return Ok(());
    };
    let (errand, earned) = earned(cast, "acct_bank").await?;
    let (dora, left) = (&errand.runner, earned.released - FIRST);
    dora.pay_out(FIRST).await?.is(201)?;
    dora.notice_of("payout_paid").await?;
    cast.money(&errand, earned.balance(left)).await?;

    cast.step(
        &["31"],
        format!(
            "Then Carl claims {}. No more than the {} that are left can be frozen.",
            cast.amount(CLAIM),
            cast.amount(left)
        ),
    );
    errand.customer.claim(&errand.order, CLAIM).await?.is(200)?;
    cast.money(&errand, earned.balance(0)).await?;

    cast.step(&["34"], format!("Dora is at fault: what was frozen goes back to Carl's card, and she owes the other {}.", cast.amount(CLAIM - left)));
    operator
        .resolve(&errand.order, 1, CLAIM, Fault::Runner)
        .await?
        .is(200)?;
    let owes = left - CLAIM;
    cast.money(&errand, earned.balance(owes).refunded(CLAIM))
        .await?;
    set_off(cast, errand.runner, owes).await
}

/// Checks that a runner's debt is taken from what they earn next.
async fn set_off(cast: &Cast<'_>, runner: Person, owes: i64) -> Result<(), Deviation> {
    cast.step(
        &["22"],
        "With her next delivery what she owes is set off, and the rest is hers.",
    );
    let customer = cast.a_customer("tok_visa").await?;
    let (order, price) = customer.place_available(&Wish::lunch()).await?;
    let next = Errand {
        customer,
        order,
        price,
        runner,
    };
    next.carry_to("on-the-way").await?;
    let share = next.share().await?;
    next.carry_to("completed").await?;
    let paid = Sums::NOTHING.captured(price.charge()).paid(share);
    cast.money(&next, paid.balance(share + owes)).await
}

async fn platform(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["44"],
        "What the platform lost, an operator brings to the gateway: so much and no more.",
    );
    let Some(operator) = cast.scene.operator_here() else {
        return Ok(());
    };
    let lost = -operator.balance("goodwill").await?;
    let cash = -operator.balance("gateway").await?;
    operator
        .top_up(lost + 1)
        .await?
        .refuses(422, "above_losses")?;
    operator.top_up(lost).await?.is(201)?;
    same("what is lost", operator.balance("goodwill").await?, 0)?;
    same(
        "what is at the gateway",
        -operator.balance("gateway").await?,
        cash + lost,
    )?;
    at_the_gateway(cast, "losses", lost, cash, cash + lost);

    cast.step(&["44"], "What it earned in fees, she takes out.");
    let fees = operator.balance("revenue").await?;
    if fees == 0 {
        cast.scene.story.leave_out("this server takes no fee");
        return Ok(());
    }
    operator
        .take_fees(fees + 1)
        .await?
        .refuses(422, "above_available")?;
    operator.take_fees(fees).await?.is(201)?;
    same(
        "the fees that are left",
        operator.balance("revenue").await?,
        0,
    )?;
    same(
        "what is at the gateway",
        -operator.balance("gateway").await?,
        cash + lost - fees,
    )?;
    at_the_gateway(cast, "fees", -fees, cash + lost, cash + lost - fees);
    Ok(())
}

/// Prints what an operator brought to the gateway or took from it, with the cash before and after.
fn at_the_gateway(cast: &Cast<'_>, what: &str, brought: i64, before: i64, after: i64) {
    cast.scene.story.remark(&format!(
        "{what} {}; at the gateway {} before, {} after",
        cast.amount(brought),
        cast.amount(before),
        cast.amount(after),
    ));
}
