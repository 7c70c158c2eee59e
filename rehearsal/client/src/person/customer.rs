//! What customers do: place, pay, answer the runner, cancel, confirm, tip and rate.

use super::Person;
use crate::{
    Body, Deviation, PlacedOrder, Price, Reply, Wish,
    answer::{CancellationQuote, Made, Order, Pin},
    operation::{account, order},
    request::ProposalAnswer,
};

impl Person {
    /// Registers a customer with a card on file; `card` is a token of the sandbox's test cards.
    ///
    /// # Errors
    /// A [`Deviation`] if any of it is refused.
    pub async fn customer(
        client: &crate::Client,
        name: &str,
        card: &str,
    ) -> Result<Self, Deviation> {
        let person = Self::register(client, name).await?;
        person.set_card(card).await?;
        Ok(person)
    }

    /// Stores a card of this person; the body that is returned describes the card and never contains its token.
    ///
    /// # Errors
    /// A [`Deviation`] if it is refused.
    pub async fn set_card(&self, card: &str) -> Result<Body, Deviation> {
        self.perform(account::set_card(card)).await?.is(200)
    }

    /// Asks for the price of an order without placing it.
    ///
    /// # Errors
    /// A [`Deviation`] if it is refused, or the hold is not the sum of its parts.
    pub async fn quote(&self, wish: &Wish) -> Result<Price, Deviation> {
        self.read::<Price>(order::quote(wish)).await?.checked()
    }

    /// Places an order.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn place(&self, wish: &Wish) -> Result<Reply, Deviation> {
        let reply = self.perform(order::place(wish)).await?;
        if reply.status == 201 {
            let id = reply.body.read::<Made>()?.id;
            let token = self.token();
            self.client.note_placed(PlacedOrder { id, token });
        }
        Ok(reply)
    }

    /// Places an order and waits until it is on the board; returns its id and its price.
    ///
    /// # Errors
    /// A [`Deviation`] if it is refused, or does not reach the board in time.
    pub async fn place_available(&self, wish: &Wish) -> Result<(String, Price), Deviation> {
        let order = self.place(wish).await?.is(201)?.read::<Made>()?.id;
        let available = |order: &Order| order.placement.as_deref() == Some("available");
        let placed = self.order_until(&order, "available", available).await?;
        Ok((order, placed.price.checked()?))
    }

    /// Reads the four-digit PIN that this person tells the runner at the handover.
    ///
    /// # Errors
    /// A [`Deviation`] if it is refused.
    pub async fn pin(&self, order: &str) -> Result<String, Deviation> {
        Ok(self.read::<Pin>(order::pin(order)).await?.pin)
    }

    /// Asks what this person would be charged for cancelling now, in cents.
    ///
    /// # Errors
    /// A [`Deviation`] if it is refused.
    pub async fn cancellation_charge(&self, order: &str) -> Result<i64, Deviation> {
        let quote: CancellationQuote = self.read(order::cancellation_quote(order)).await?;
        Ok(quote.charge_cents)
    }

    /// Cancels an order; refused if that costs more than `accept_charge` cents.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn cancel(&self, order: &str, accept_charge: i64) -> Result<Reply, Deviation> {
        let reason = Some("changed my mind");
        self.perform(order::cancel(order, accept_charge, reason))
            .await
    }

    /// Confirms that the food has arrived.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn confirm(&self, order: &str) -> Result<Reply, Deviation> {
        self.perform(order::confirm(order)).await
    }

    /// Decides the proposal with this number.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn answer(
        &self,
        order: &str,
        proposal: u16,
        answer: &ProposalAnswer,
    ) -> Result<Reply, Deviation> {
        self.perform(order::answer(order, proposal, answer)).await
    }

    /// Tells the runner at the door that this person is there after all.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn is_there(&self, order: &str) -> Result<Reply, Deviation> {
        self.perform(order::is_there(order)).await
    }

    /// Adds a tip for the runner after the order has ended.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn tip(&self, order: &str, cents: i64) -> Result<Reply, Deviation> {
        self.perform(order::tip(order, cents)).await
    }

    /// Rates the other party with 1 to 5 stars; runners use it too.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn rate(&self, order: &str, stars: u8) -> Result<Reply, Deviation> {
        self.perform(order::rate(order, stars)).await
    }
}
