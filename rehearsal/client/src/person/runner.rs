//! What runners do.

use super::Person;
use crate::{ApiRequest, Body, Client, Deviation, Reply, photo};
use serde_json::{Value, json};

impl Person {
    /// Opens an account and goes online as a runner.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn runner(client: &Client, name: &str) -> Result<Self, Deviation> {
        let person = Self::register(client, name).await?;
        let body = json!({"active": true, "online": true});
        person.put("/api/users/me/runner", &body).await?.is(200)?;
        Ok(person)
    }

    /// Whether an order is on the board.
    ///
    /// # Errors
    /// A [`Deviation`] where the board is not shown.
    pub async fn finds(&self, order: &str) -> Result<Option<Body>, Deviation> {
        let mut path = "/api/orders?available=true&limit=100".to_owned();
        loop {
            let page = self.get(&path).await?.is(200)?;
            let found = page
                .list("/items")?
                .into_iter()
                .find(|entry| entry.says("/id", order));
            let Ok(next) = page.text("/next_cursor") else {
                return Ok(found);
            };
            if found.is_some() {
                return Ok(found);
            }
            path = format!("/api/orders?available=true&limit=100&cursor={next}");
        }
    }

    /// Takes an order.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn accept(&self, order: &str) -> Result<Reply, Deviation> {
        self.post(&format!("/api/orders/{order}/accept"), &json!({}))
            .await
    }

    /// Gives an order back.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn give_back(&self, order: &str) -> Result<Reply, Deviation> {
        self.post(
            &format!("/api/orders/{order}/cancel-acceptance"),
            &json!({}),
        )
        .await
    }

    /// Says where the order is: `on-site`, `collected` or `on-the-way`.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn report(&self, order: &str, status: &str) -> Result<Reply, Deviation> {
        self.status(order, &json!({"status": status})).await
    }

    /// What this person was paid for an order, later tips included, and what they have in all less what they owe.
    /// Amounts in cents.
    ///
    /// # Errors
    /// A [`Deviation`] where a question is not answered as specified.
    pub async fn earned(&self, order: &str) -> Result<(i64, i64), Deviation> {
        let seen = self.get(&format!("/api/orders/{order}")).await?.body;
        let released = match seen.0.pointer("/earnings/paid") {
            Some(Value::Bool(true)) => {
                seen.number("/earnings/total_cents")? + seen.number("/earnings/later_tips_cents")?
            }
            _ => 0,
        };
        let wallet = self.wallet().await?;
        let balance = wallet.number("/available_cents")? - wallet.number("/debt_cents")?;
        Ok((released, balance))
    }

    /// Uploads a fresh photo; answers its id.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn upload(&self) -> Result<String, Deviation> {
        let picture = photo::picture(&self.client().fresh());
        let ask =
            ApiRequest::new(reqwest::Method::POST, "/api/photos").with_bytes("image/png", picture);
        let stored = self.send(ask).await?.is(201)?;
        Ok(stored.text("/id")?.to_owned())
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
        let mut receipt = json!({"total_cents": total});
        if let Some(photo) = photo {
            receipt["photo_id"] = json!(photo);
        }
        self.status(order, &json!({"status": "purchased", "receipt": receipt}))
            .await
    }

    /// Asks the customer something from the store, with a fresh photo unless the body has one.
    ///
    /// # Errors
    /// A [`Deviation`] where the photo is refused, or there is no answer.
    pub async fn propose(&self, order: &str, body: &Value) -> Result<Reply, Deviation> {
        let mut body = body.clone();
        if body.get("photo_id").is_none() {
            body["photo_id"] = json!(self.upload().await?);
        }
        self.post(&format!("/api/orders/{order}/proposals"), &body)
            .await
    }

    /// Takes a proposal back.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn withdraw(&self, order: &str, proposal: i64) -> Result<Reply, Deviation> {
        let path = format!("/api/orders/{order}/proposals/{proposal}/withdraw");
        self.post(&path, &json!({})).await
    }

    /// Reports a problem.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn report_problem(&self, order: &str, body: &Value) -> Result<Reply, Deviation> {
        self.post(&format!("/api/orders/{order}/problems"), body)
            .await
    }

    /// Hands the food over against a PIN.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn deliver_by_pin(&self, order: &str, pin: &str) -> Result<Reply, Deviation> {
        self.status(
            order,
            &json!({"status": "delivered", "proof": {"pin": pin}}),
        )
        .await
    }

    /// Leaves the food where a photo shows it.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn deliver_by_photo(&self, order: &str, photo: &str) -> Result<Reply, Deviation> {
        self.status(
            order,
            &json!({"status": "delivered", "proof": {"photo_id": photo}}),
        )
        .await
    }

    /// Tells an order's status as it is written here.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn status(&self, order: &str, body: &Value) -> Result<Reply, Deviation> {
        self.post(&format!("/api/orders/{order}/status"), body)
            .await
    }
}
