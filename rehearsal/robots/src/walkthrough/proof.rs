//! Checks the ledger: all sums are 0.

use super::{Scene, Story};
use campusg_client::{
    Deviation,
    answer::{Order, Proof},
    operation::{self, desk},
    same,
};

/// Checks the server's public proof and, with an operator's login, adds up every account.
///
/// # Errors
/// A [`Deviation`] if a sum is not 0.
pub async fn prove(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.heading("The ledger's proof");
    let proven = add_up(scene).await;
    proven.map_err(|deviation| deviation.at(&story.current()))
}

/// [`prove`] for the several servers of one story; each is named by its setting.
///
/// # Errors
/// A [`Deviation`] if a sum is not 0.
pub(super) async fn prove_each(
    story: &Story,
    scenes: impl Iterator<Item = (&str, &Scene)>,
) -> Result<(), Deviation> {
    story.heading("The ledgers' proofs");
    for (says, scene) in scenes {
        story.step(format!("Of the server {says}."));
        let proven = async {
            ask(scene).await?;
            by_hand(scene).await
        };
        proven
            .await
            .map_err(|deviation: Deviation| deviation.at(&story.current()))?;
    }
    Ok(())
}

async fn add_up(scene: &Scene) -> Result<(), Deviation> {
    let story = &scene.story;
    story.step("Anybody may ask: the sum over all accounts is zero, posted and promised.");
    ask(scene).await?;
    if scene.operator.is_some() {
        story.step("An operator adds up every account by hand, as it is now.");
    }
    by_hand(scene).await
}

/// Says which orders of this walkthrough still hold money, so that nobody wonders about them later.
///
/// # Errors
/// A [`Deviation`] if one of them can't be read.
pub async fn tell_what_is_left(scene: &Scene) -> Result<(), Deviation> {
    let mut left = vec![];
    for placed in scene.client.placed() {
        let show = operation::order::show(&placed.id).with_token(placed.token);
        let order: Order = scene.client.send(&show).await?.is(200)?.read()?;
        if order.escrow.held_cents > 0 {
            left.push(format!("  {}  {}", placed.id, order.status.as_str()));
        }
    }
    let line = |text: String| scene.story.line(text);
    if left.is_empty() {
        line("\nNo order of this walkthrough holds money any more.".into());
    } else {
        line(format!(
            "\nLeft on this server: {} of this walkthrough's orders still hold their money. Time-outs end them, or an operator:",
            left.len()
        ));
        left.into_iter().for_each(line);
    }
    Ok(())
}

async fn ask(scene: &Scene) -> Result<(), Deviation> {
    let proof: Proof = scene.client.send(&desk::proof()).await?.is(200)?.read()?;
    same("the sum of everything posted", proof.posted_sum_cents, 0)?;
    same("the sum of everything promised", proof.pending_sum_cents, 0)?;
    scene.story.remark(&format!(
        "made at {}: {} accounts, {} orders with money in escrow, journal record {}, head {}",
        proof.made_at, proof.accounts, proof.open_escrows, proof.seq, proof.head,
    ));
    Ok(())
}

async fn by_hand(scene: &Scene) -> Result<(), Deviation> {
    let Some(operator) = &scene.operator else {
        return Ok(());
    };
    let accounts = operator.add_up().await?;
    scene.story.remark(&format!(
        "{accounts} accounts: posted {}, promised in = promised out",
        scene.story.amount(0)
    ));
    Ok(())
}
