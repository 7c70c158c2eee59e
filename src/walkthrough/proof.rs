//! The ledger's proof: every cent is somewhere, and nowhere twice.

use super::{Ask, Deviation, Scene, same};

/// Asks for the public proof and, where an operator's login is known, adds up every account.
///
/// # Errors
/// A [`Deviation`] where a sum is not zero.
pub async fn prove(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.heading("The ledger's proof");
    let proven = add_up(scene).await;
    proven.map_err(|deviation| deviation.at(&story.current()))
}

async fn add_up(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("Anybody may ask: the sum over all accounts is zero, posted and promised.");
    let proof = scene
        .client
        .send(&Ask::get("/api/ledger/proof"))
        .await?
        .is(200)?;
    same(
        "the sum of everything posted",
        proof.number("/posted_sum_cents")?,
        0,
    )?;
    same(
        "the sum of everything promised",
        proof.number("/pending_sum_cents")?,
        0,
    )?;
    story.remark(&format!(
        "made at {}: {} accounts, {} orders with money in escrow, journal record {}, head {}",
        proof.text("/made_at")?,
        proof.number("/accounts")?,
        proof.number("/open_escrows")?,
        proof.number("/seq")?,
        proof.text("/head")?,
    ));
    let Some(operator) = &scene.operator else {
        return Ok(());
    };
    story.step("An operator adds up every account by hand, as it is now.");
    let accounts = operator.add_up().await?;
    story.remark(&format!(
        "{accounts} accounts: posted 0.00, promised in = promised out"
    ));
    Ok(())
}
