//! What customers do.

use super::Person;
use crate::{Body, Deviation, Price, Reply};
use serde_json::{Value, json};

/// What a customer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish(pub Value);

impl Wish {
    /// Two bowls of soup at 10.00, a tip of 2.00, handed over against the PIN.
    #[must_use]
    pub fn lunch() -> Self {
        Self(json!({
            "store": {"name": "Noodle Bar", "place": "Student union"},
            "items": [{"name": "Soup of the day", "quantity": 2, "unit_price_cents": 1000, "substitution": "ask"}],
            "dropoff": {"building": "Hall 4", "level": "2", "room": "215", "handover": "pin", "notes": "Ring twice."},
            "tip_cents": 200,
        }))
    }

    /// The same, left at the door.
    #[must_use]
    pub fn lunch_at_the_door() -> Self {
        let mut wish = Self::lunch();
        wish.0["dropoff"]["handover"] = json!("door");
        wish
    }
}

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
        let body = json!({"token": card});
        self.put("/api/users/me/payment-method", &body)
            .await?
            .is(200)
    }

    /// Asks what a wish would cost and hold.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused, or does not add up.
    pub async fn quote(&self, wish: &Wish) -> Result<Price, Deviation> {
        Price::read(&self.post("/api/quotes", &wish.0).await?.is(200)?)
    }

    /// Places an order.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn place(&self, wish: &Wish) -> Result<Reply, Deviation> {
        self.post("/api/orders", &wish.0).await
    }

    /// Places an order that is put on the board; answers its id and its price.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused, or is not on the board in time.
    pub async fn place_available(&self, wish: &Wish) -> Result<(String, Price), Deviation> {
        let placed = self.place(wish).await?.is(201)?;
        let order = placed.text("/id")?.to_owned();
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
        let path = format!("/api/orders/{order}/delivery-pin");
        let body = self.get(&path).await?.is(200)?;
        Ok(body.text("/pin")?.to_owned())
    }

    /// Asks what cancelling costs now, in cents.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn cancellation_charge(&self, order: &str) -> Result<i64, Deviation> {
        let path = format!("/api/orders/{order}/cancellation-quote");
        self.get(&path).await?.is(200)?.number("/charge_cents")
    }

    /// Cancels, agreeing to a charge in cents.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn cancel(&self, order: &str, accept_charge: i64) -> Result<Reply, Deviation> {
        let body = json!({"accept_charge_cents": accept_charge, "reason": "changed my mind"});
        self.post(&format!("/api/orders/{order}/cancel"), &body)
            .await
    }

    /// Confirms having got the food.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn confirm(&self, order: &str) -> Result<Reply, Deviation> {
        self.post(&format!("/api/orders/{order}/confirm"), &json!({}))
            .await
    }

    /// Answers a proposal: `approve`, `reject`, `drop-item` or `other-store`, with the body of that answer.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn answer(
        &self,
        order: &str,
        proposal: i64,
        how: &str,
        body: &Value,
    ) -> Result<Reply, Deviation> {
        let path = format!("/api/orders/{order}/proposals/{proposal}/{how}");
        self.post(&path, body).await
    }

    /// Says to be there after all.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn is_there(&self, order: &str) -> Result<Reply, Deviation> {
        self.post(&format!("/api/orders/{order}/no-show-answer"), &json!({}))
            .await
    }

    /// Gives the runner more, after the end.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn tip(&self, order: &str, cents: i64) -> Result<Reply, Deviation> {
        self.post(
            &format!("/api/orders/{order}/tip"),
            &json!({"tip_cents": cents}),
        )
        .await
    }

    /// Rates the other side.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn rate(&self, order: &str, stars: u8) -> Result<Reply, Deviation> {
        let body = json!({"stars": stars});
        self.post(&format!("/api/orders/{order}/ratings"), &body)
            .await
    }
}
