//! What customers do.

use super::Person;
use crate::{
    Body, Deviation, Price, Reply, Wish,
    answer::{CancellationQuote, Made, Pin},
    operation::{account, order},
    request::ProposalAnswer,
};

impl Person {
    /// Opens an account and puts a card on file.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn customer(
        client: &crate::Client,
        name: &str,
        card: &str,
    ) -> Result<Self, Deviation> {
        let person = Self::register(client, name).await?;
        person.set_card(card).await?;
        Ok(person)
    }

    /// Puts a card on file; what the gateway says of it comes back, never the token.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn set_card(&self, card: &str) -> Result<Body, Deviation> {
        self.perform(account::set_card(card)).await?.is(200)
    }

    /// Asks what a wish would cost and hold.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused, or does not add up.
    pub async fn quote(&self, wish: &Wish) -> Result<Price, Deviation> {
        Price::read(&self.perform(order::quote(wish)).await?.is(200)?)
    }

    /// Places an order.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn place(&self, wish: &Wish) -> Result<Reply, Deviation> {
        self.perform(order::place(wish)).await
    }

    /// Places an order that is put on the board; answers its id and its price.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused, or is not on the board in time.
    pub async fn place_available(&self, wish: &Wish) -> Result<(String, Price), Deviation> {
        let placed = self.place(wish).await?.is(201)?;
        let order = placed.read::<Made>()?.id;
        let available = |order: &Body| order.says("/placement", "available");
        let placed = self.order_until(&order, "available", available).await?;
        let price = Body(placed.0["price"].clone());
        Ok((order, Price::read(&price)?))
    }

    /// The PIN for the runner.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn pin(&self, order: &str) -> Result<String, Deviation> {
        let shown = self.perform(order::pin(order)).await?.is(200)?;
        Ok(shown.read::<Pin>()?.pin)
    }

    /// Asks what cancelling costs now, in cents.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn cancellation_charge(&self, order: &str) -> Result<i64, Deviation> {
        let quote = self
            .perform(order::cancellation_quote(order))
            .await?
            .is(200)?;
        Ok(quote.read::<CancellationQuote>()?.charge_cents)
    }

    /// Cancels, agreeing to a charge in cents.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn cancel(&self, order: &str, accept_charge: i64) -> Result<Reply, Deviation> {
        let reason = Some("changed my mind");
        self.perform(order::cancel(order, accept_charge, reason))
            .await
    }

    /// Confirms having got the food.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn confirm(&self, order: &str) -> Result<Reply, Deviation> {
        self.perform(order::confirm(order)).await
    }

    /// Answers a proposal.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn answer(
        &self,
        order: &str,
        proposal: i64,
        answer: &ProposalAnswer,
    ) -> Result<Reply, Deviation> {
        self.perform(order::answer(order, proposal, answer)).await
    }

    /// Says to be there after all.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn is_there(&self, order: &str) -> Result<Reply, Deviation> {
        self.perform(order::is_there(order)).await
    }

    /// Gives the runner more, after the end.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn tip(&self, order: &str, cents: i64) -> Result<Reply, Deviation> {
        self.perform(order::tip(order, cents)).await
    }

    /// Rates the other side.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn rate(&self, order: &str, stars: u8) -> Result<Reply, Deviation> {
        self.perform(order::rate(order, stars)).await
    }
}
