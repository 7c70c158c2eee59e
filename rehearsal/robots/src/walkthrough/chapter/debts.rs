//! What a customer owes after the card failed or the bank took a charge back, and every way to pay or lose that debt.

use super::{
    super::{Errand, Setting, Sums},
    cast::Cast,
};
use campusg_client::{Deviation, Person, Wish, answer::Refusal, same};
use campusg_domain::time::{HOUR_MS, SECOND_MS};

/// Just over the time after which the bank takes a charge back; after as long again it decides.
const BANK_MS: u64 = HOUR_MS + SECOND_MS;
/// The bank's fee for taking a charge back, in cents, on a server that this program starts.
const BANKS_FEE: i64 = 1_500;

pub(super) async fn play(cast: &Cast<'_>) -> Result<(), Deviation> {
    new_card_pays(cast).await?;
    written_off(cast).await?;
    given_again(cast).await?;
    kept(cast).await
}

/// A completed order whose customer's card failed: the runner is paid, and the customer owes the charge.
async fn owing(cast: &Cast<'_>) -> Result<(Errand, Sums), Deviation> {
    let errand = cast.with_card("tok_capture_fails").await?;
    errand.carry_to("on-the-way").await?;
    let (charge, share) = (errand.price.charge(), errand.share().await?);
    errand.carry_to("completed").await?;
    let owes = Sums::NOTHING.paid(share).owed(charge);
    cast.money(&errand, owes).await?;
    Ok((errand, owes))
}

async fn new_card_pays(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["19"],
        "Zara's card failed at the till. She owes all of it, and can't order as long as she does.",
    );
    let (errand, owes) = owing(cast).await?;
    let (zara, charge) = (&errand.customer, errand.price.charge());
    let refused = zara.place(&Wish::lunch()).await?;
    let refused: Refusal = refused.refuses(409, "in_debt")?.read()?;
    same("what is owed", refused.owed_cents, Some(charge))?;

    cast.step(
        &["41"],
        "She asks the old card once more: declined, and nothing changes.",
    );
    zara.pay_debt(charge).await?.is(201)?;
    zara.notice_of("debt_payment_failed").await?;
    cast.money(&errand, owes).await?;

    cast.step(&["41"], "She puts another card on file, and is told that it will be charged what she owes. It is, and she can order again.");
    let wallet = zara.wallet().await?;
    same(
        "what is shown before",
        wallet.new_payment_method_pays_cents,
        charge,
    )?;
    zara.set_card("tok_visa").await?;
    zara.notice_of("debt_paid").await?;
    cast.money(&errand, owes.owed(0).captured(charge)).await?;
    let (order, _) = zara.place_available(&Wish::lunch()).await?;
    zara.cancel(&order, 0).await?.is(200).map(drop)
}

async fn written_off(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(
        &["19"],
        "Another card that failed, and nobody to be found behind it.",
    );
    let Some(operator) = cast.scene.operator_here() else {
        return Ok(());
    };
    let (errand, owes) = owing(cast).await?;

    cast.step(&["41"], "An operator writes it off: the platform bears it.");
    let before = operator.balance("goodwill").await?;
    operator.write_off(&errand.customer.id).await?.is(200)?;
    same(
        "the platform's loss",
        before - operator.balance("goodwill").await?,
        errand.price.charge(),
    )?;
    cast.money(&errand, owes.owed(0)).await
}

/// A completed and charged order whose charge the bank has then taken back.
async fn taken_back(
    cast: &Cast<'_>,
    operator: &Person,
    card: &str,
) -> Result<(Errand, Sums), Deviation> {
    let errand = cast.with_card(card).await?;
    errand.carry_to("on-the-way").await?;
    let (charge, share) = (errand.price.charge(), errand.share().await?);
    errand.carry_to("completed").await?;
    let paid = Sums::NOTHING.captured(charge).paid(share);
    cast.stands(&errand, paid).await?;
    let before = operator.balance("goodwill").await?;
    cast.scene.pass(BANK_MS).await?;
    errand.customer.notice_of("charged_back").await?;
    cast.money(&errand, paid.captured(0).owed(charge)).await?;
    if cast.scene.is_set_for(Setting::Usual) {
        same(
            "the bank's fee",
            before - operator.balance("goodwill").await?,
            BANKS_FEE,
        )?;
    }
    errand
        .customer
        .place(&Wish::lunch())
        .await?
        .refuses(409, "in_debt")?;
    Ok((errand, paid))
}

async fn given_again(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["43"], "Zara's bank takes the charge back. She owes it again, and the platform bears the bank's fee; Abel keeps what he earned.");
    let Some(operator) = cast
        .scene
        .operator
        .as_ref()
        .filter(|_| cast.scene.has_virtual_clock())
    else {
        return Ok(());
    };
    let (errand, paid) = taken_back(cast, operator, "tok_chargeback_won").await?;

    cast.step(
        &["43"],
        "The bank sees the receipt and gives the charge again: she owes nothing any more.",
    );
    cast.scene.pass(BANK_MS).await?;
    errand.customer.notice_of("chargeback_won").await?;
    cast.money(&errand, paid).await
}

async fn kept(cast: &Cast<'_>) -> Result<(), Deviation> {
    cast.begins(&["43"], "Another bank takes a charge back.");
    let Some(operator) = cast
        .scene
        .operator
        .as_ref()
        .filter(|_| cast.scene.has_virtual_clock())
    else {
        return Ok(());
    };
    let (errand, paid) = taken_back(cast, operator, "tok_chargeback_lost").await?;
    let (zara, charge) = (&errand.customer, errand.price.charge());

    cast.step(
        &["43"],
        "It keeps it. What Zara owes, she owes; it is never taken by itself.",
    );
    cast.scene.pass(BANK_MS).await?;
    zara.notice_of("chargeback_lost").await?;
    cast.money(&errand, paid.captured(0).owed(charge)).await?;

    cast.step(&["41"], "She pays with a card of another bank.");
    zara.set_card("tok_visa").await?;
    zara.notice_of("debt_paid").await?;
    cast.money(&errand, paid).await
}
