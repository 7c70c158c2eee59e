//! What runners do.

use super::Person;
use crate::{
    Body, Client, Deviation, Reply,
    answer::{Made, Wallet},
    operation::{account, order},
    photo,
    request::{ProblemReport, Progress, Proof, Proposal, Receipt},
};

impl Person {
    /// Opens an account and goes online as a runner.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn runner(client: &Client, name: &str) -> Result<Self, Deviation> {
        let person = Self::register(client, name).await?;
        person
            .perform(account::set_runner(true, true))
            .await?
            .is(200)?;
        Ok(person)
    }

    /// Whether an order is on the board.
    ///
    /// # Errors
    /// A [`Deviation`] where the board is not shown.
    pub async fn finds(&self, wanted: &str) -> Result<Option<Body>, Deviation> {
        let mut cursor: Option<String> = None;
        loop {
            let page = self
                .perform(order::board(cursor.as_deref()))
                .await?
                .is(200)?;
            let found = page
                .list("/items")?
                .into_iter()
                .find(|entry| entry.says("/id", wanted));
            let Ok(next) = page.text("/next_cursor") else {
                return Ok(found);
            };
            if found.is_some() {
                return Ok(found);
            }
            cursor = Some(next.to_owned());
        }
    }

    /// Takes an order.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn accept(&self, order: &str) -> Result<Reply, Deviation> {
        self.perform(order::accept(order)).await
    }

    /// Gives an order back.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn give_back(&self, order: &str) -> Result<Reply, Deviation> {
        self.perform(order::give_back(order)).await
    }

    /// Says how far the order is.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn report(&self, order: &str, progress: &Progress) -> Result<Reply, Deviation> {
        self.perform(order::progress(order, progress)).await
    }

    /// What this person was paid for an order, later tips included, and what they have in all less what they owe.
    /// Amounts in cents.
    ///
    /// # Errors
    /// A [`Deviation`] where a question is not answered as specified.
    pub async fn earned(&self, order: &str) -> Result<(i64, i64), Deviation> {
        let seen = self.perform(order::show(order)).await?.body;
        let released = match seen.0["earnings"]["paid"].as_bool() {
            Some(true) => {
                seen.number("/earnings/total_cents")? + seen.number("/earnings/later_tips_cents")?
            }
            _ => 0,
        };
        let wallet: Wallet = self.wallet().await?.read()?;
        Ok((released, wallet.available_cents - wallet.debt_cents))
    }

    /// Uploads a fresh photo; answers its id.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn upload(&self) -> Result<String, Deviation> {
        let picture = photo::picture(&self.client().fresh());
        let stored = self.perform(order::upload(picture)).await?.is(201)?;
        Ok(stored.read::<Made>()?.id)
    }

    /// Says that the food was bought, for so many cents, as that photo shows.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
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

    /// Asks the customer something from the store, with a fresh photo unless the proposal has one.
    ///
    /// # Errors
    /// A [`Deviation`] where the photo is refused, or there is no answer.
    pub async fn propose(&self, order: &str, proposal: &Proposal) -> Result<Reply, Deviation> {
        let mut proposal = proposal.clone();
        if proposal.photo_id.is_none() {
            proposal.photo_id = Some(self.upload().await?);
        }
        self.perform(order::propose(order, &proposal)).await
    }

    /// Takes a proposal back.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn withdraw(&self, order: &str, proposal: i64) -> Result<Reply, Deviation> {
        self.perform(order::withdraw(order, proposal)).await
    }

    /// Reports a problem.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn report_problem(
        &self,
        order: &str,
        problem: &ProblemReport,
    ) -> Result<Reply, Deviation> {
        self.perform(order::report_problem(order, problem)).await
    }

    /// Hands the food over against a PIN.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn deliver_by_pin(&self, order: &str, pin: &str) -> Result<Reply, Deviation> {
        let proof = Proof::Pin(pin.into());
        self.report(order, &Progress::Delivered(proof)).await
    }

    /// Leaves the food where a photo shows it.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn deliver_by_photo(&self, order: &str, photo: &str) -> Result<Reply, Deviation> {
        let proof = Proof::PhotoId(photo.into());
        self.report(order, &Progress::Delivered(proof)).await
    }
}
