//! Requests as a test writes them: bodies that no type of the client can say.

use campusg_client::{
    ApiRequest, Body, Deviation, Person, Reply,
    operation::{account, order},
};
use serde::Serialize;
use serde_json::{Value, json};

/// A body as JSON, to be changed.
pub fn written(body: &impl Serialize) -> Value {
    serde_json::to_value(body).unwrap()
}

/// Somebody who sends what a test wrote.
pub trait AsWritten {
    /// Places an order.
    async fn place_raw(&self, wish: &Value) -> Result<Reply, Deviation>;
    /// Asks the customer, with a fresh photo unless the body has one.
    async fn propose_raw(&self, order: &str, body: &Value) -> Result<Reply, Deviation>;
    /// Answers a proposal.
    async fn answer_raw(
        &self,
        order: &str,
        proposal: i64,
        how: &str,
        body: &Value,
    ) -> Result<Reply, Deviation>;
    /// Reports a problem.
    async fn report_problem_raw(&self, order: &str, body: &Value) -> Result<Reply, Deviation>;
    /// Tells an order's status.
    async fn status_raw(&self, order: &str, body: &Value) -> Result<Reply, Deviation>;
    /// An order, as the server writes it for this person.
    async fn order_raw(&self, order: &str) -> Result<Body, Deviation>;
    /// The own wallet, as the server writes it.
    async fn wallet_raw(&self) -> Result<Body, Deviation>;
    /// Waits until what is under a path is so.
    async fn until_raw(
        &self,
        path: &str,
        expected: &str,
        is_so: impl Fn(&Body) -> bool,
    ) -> Result<Body, Deviation>;
}

impl AsWritten for Person {
    async fn place_raw(&self, wish: &Value) -> Result<Reply, Deviation> {
        self.post("/api/orders", wish).await
    }

    async fn propose_raw(&self, order: &str, body: &Value) -> Result<Reply, Deviation> {
        let mut body = body.clone();
        if body.get("photo_id").is_none() {
            body["photo_id"] = json!(self.upload().await?);
        }
        self.post(&format!("/api/orders/{order}/proposals"), &body)
            .await
    }

    async fn answer_raw(
        &self,
        order: &str,
        proposal: i64,
        how: &str,
        body: &Value,
    ) -> Result<Reply, Deviation> {
        let path = format!("/api/orders/{order}/proposals/{proposal}/{how}");
        self.post(&path, body).await
    }

    async fn report_problem_raw(&self, order: &str, body: &Value) -> Result<Reply, Deviation> {
        self.post(&format!("/api/orders/{order}/problems"), body)
            .await
    }

    async fn status_raw(&self, order: &str, body: &Value) -> Result<Reply, Deviation> {
        self.post(&format!("/api/orders/{order}/status"), body)
            .await
    }

    async fn order_raw(&self, order: &str) -> Result<Body, Deviation> {
        self.read(order::show(order)).await
    }

    async fn wallet_raw(&self) -> Result<Body, Deviation> {
        self.read(account::wallet()).await
    }

    async fn until_raw(
        &self,
        path: &str,
        expected: &str,
        is_so: impl Fn(&Body) -> bool,
    ) -> Result<Body, Deviation> {
        self.until(&ApiRequest::get(path), expected, is_so).await
    }
}
