//! What runners do: accept, buy, propose, report and deliver.

use super::Person;
use crate::{
    Client, Deviation, Reply,
    answer::{BoardEntry, Earnings, Made, Page, RunnersOrder},
    operation::{account, order},
    photo,
    request::{ProblemReport, Progress, Proof, Proposal, Receipt},
};
use serde::Deserialize;

/// The part of any answer about an order that [`Person::earned`] reads.
#[derive(Deserialize)]
struct Seen {
    earnings: Option<Earnings>,
}

impl Person {
    /// Registers a runner who is online.
    ///
    /// # Errors
    /// A [`Deviation`] if any of it is refused.
    pub async fn runner(client: &Client, name: &str) -> Result<Self, Deviation> {
        let person = Self::register(client, name).await?;
        person
            .perform(account::set_runner(true, true))
            .await?
            .is(200)?;
        Ok(person)
    }

    /// Reads an order as its runner.
    ///
    /// # Errors
    /// A [`Deviation`] if the answer is not 200.
    pub async fn runners_order(&self, order: &str) -> Result<RunnersOrder, Deviation> {
        self.read(order::show(order)).await
    }

    /// Looks for an order on the board, on all pages; `None` if it is not there.
    ///
    /// # Errors
    /// A [`Deviation`] if the board is refused.
    pub async fn finds(&self, wanted: &str) -> Result<Option<BoardEntry>, Deviation> {
        let mut cursor: Option<String> = None;
        loop {
            let page: Page<BoardEntry> = self.read(order::board(cursor.as_deref())).await?;
            let found = page.items.into_iter().find(|entry| entry.id == wanted);
            if found.is_some() || page.next_cursor.is_none() {
                return Ok(found);
            }
            cursor = page.next_cursor;
        }
    }

    /// Accepts an order from the board.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn accept(&self, order: &str) -> Result<Reply, Deviation> {
        self.perform(order::accept(order)).await
    }

    /// Gives an accepted order back to the board.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn give_back(&self, order: &str) -> Result<Reply, Deviation> {
        self.perform(order::give_back(order)).await
    }

    /// Reports the next step: at the store, bought, collected, on the way or delivered.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn report(&self, order: &str, progress: &Progress) -> Result<Reply, Deviation> {
        self.perform(order::progress(order, progress)).await
    }

    /// Two amounts in cents: what this person was paid for an order, with later tips (0 until they are paid); and the
    /// available amount of their wallet less their debt, over all orders.
    ///
    /// # Errors
    /// A [`Deviation`] if an amount is missing, or the wallet can't be read.
    pub async fn earned(&self, order: &str) -> Result<(i64, i64), Deviation> {
        // Whoever does not run the order, or not any more, sees no earnings.
        let seen: Seen = self.perform(order::show(order)).await?.body.read()?;
        let paid = seen.earnings.filter(|it| it.paid);
        let released = paid.map_or(0, |it| it.total_cents + it.later_tips_cents);
        let wallet = self.wallet().await?;
        Ok((released, wallet.available_cents - wallet.debt_cents))
    }

    /// Uploads a photo that nobody has uploaded before; returns its id.
    ///
    /// # Errors
    /// A [`Deviation`] if it is refused.
    pub async fn upload(&self) -> Result<String, Deviation> {
        let picture = photo::picture(&self.client().fresh());
        let stored = self.perform(order::upload(picture)).await?.is(201)?;
        Ok(stored.read::<Made>()?.id)
    }

    /// Reports that the food is bought for `total` cents; `photo` is the id of the receipt's photo.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn buy(
        &self,
        order: &str,
        total: i64,
        photo: Option<&str>,
    ) -> Result<Reply, Deviation> {
        let receipt = Receipt {
            total_cents: total,
            photo_id: photo.map(str::to_owned),
        };
        self.report(order, &Progress::Purchased(receipt)).await
    }

    /// Opens a proposal for the customer to decide; uploads a photo for it unless it has one.
    ///
    /// # Errors
    /// A [`Deviation`] if the photo is refused, or there is no answer.
    pub async fn propose(&self, order: &str, proposal: &Proposal) -> Result<Reply, Deviation> {
        let mut proposal = proposal.clone();
        if proposal.photo_id.is_none() {
            proposal.photo_id = Some(self.upload().await?);
        }
        self.perform(order::propose(order, &proposal)).await
    }

    /// Withdraws the proposal with this number.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn withdraw(&self, order: &str, proposal: u16) -> Result<Reply, Deviation> {
        self.perform(order::withdraw(order, proposal)).await
    }

    /// Reports a problem on the way.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn report_problem(
        &self,
        order: &str,
        problem: &ProblemReport,
    ) -> Result<Reply, Deviation> {
        self.perform(order::report_problem(order, problem)).await
    }

    /// Reports the delivery, with the PIN that the customer told.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn deliver_by_pin(&self, order: &str, pin: &str) -> Result<Reply, Deviation> {
        let proof = Proof::Pin(pin.into());
        self.report(order, &Progress::Delivered(proof)).await
    }

    /// Reports the delivery, with the id of a photo of the food at the door.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn deliver_by_photo(&self, order: &str, photo: &str) -> Result<Reply, Deviation> {
        let proof = Proof::PhotoId(photo.into());
        self.report(order, &Progress::Delivered(proof)).await
    }
}
