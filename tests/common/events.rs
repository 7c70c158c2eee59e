//! What the payment gateway sends, as the tests send it in its place: signed, or wrongly so.

use campusg_actors::port::{
    clock::{Clock, SystemClock},
    signature::Keyring,
};
use campusg_client::{Body, Client, Deviation, Reply};
use serde_json::{Value, json};

/// The key that servers of these tests believe, the one they believed before, and one that they never did.
pub const KEY: &str = "whsec_Y2FtcHVzZyB0ZXN0cyBzaWduIHdpdGggdGhpcw==";
pub const KEY_BEFORE: &str = "whsec_Y2FtcHVzZyB0ZXN0cyBzaWduZWQgYmVmb3Jl";
pub const STRANGE_KEY: &str = "whsec_c29tZWJvZHkgZWxzZSBlbnRpcmVseSwgc29ycnk=";

/// A message on its way to the server.
#[derive(Clone, Debug)]
pub struct Message {
    pub body: Vec<u8>,
    /// `webhook-id`, `webhook-timestamp` and `webhook-signature`, each sent where it is there.
    pub headers: Vec<(&'static str, String)>,
}

/// Now, in seconds, by the clock of the world: moving a server's clock does not move it.
pub fn now_s() -> u64 {
    SystemClock::new(false).now().0 / 1_000
}

/// An event as the gateway writes it.
pub fn event(id: u64, key: &str, news: &Value) -> Value {
    json!({"id": format!("evt_{id}"), "key": key, "news": news})
}

impl Message {
    /// This body, signed now with the key that is believed.
    pub fn signed(body: &Value) -> Self {
        Self::by(KEY, now_s(), body.to_string().into_bytes())
    }

    /// This body, signed with this key at this time.
    pub fn by(key: &str, sent_s: u64, body: Vec<u8>) -> Self {
        let ring = Keyring::new(Some(key.parse().unwrap()), None);
        let id = "evt_test";
        let signature = ring.sign(id, sent_s, &body);
        Self {
            body,
            headers: vec![
                ("webhook-id", id.into()),
                ("webhook-timestamp", sent_s.to_string()),
                ("webhook-signature", signature),
            ],
        }
    }

    /// The same without a header.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(header, _)| *header != name);
        self
    }

    /// The same with this instead of a header.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        for (_, old) in self
            .headers
            .iter_mut()
            .filter(|(header, _)| *header == name)
        {
            *old = value.into();
        }
        self
    }

    /// Sends it to the server that `client` leads to.
    pub async fn send(&self, client: &Client) -> Result<Reply, Deviation> {
        let unanswered = |fault: reqwest::Error| Deviation::new("an answer", format!("{fault:?}"));
        let http = reqwest::Client::builder().no_proxy();
        let mut request = http
            .build()
            .map_err(unanswered)?
            .post(format!("{}/api/gateway/events", client.address()))
            .header("content-type", "application/json")
            .body(self.body.clone());
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let response = request.send().await.map_err(unanswered)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.map_err(unanswered)?.to_vec();
        Ok(Reply {
            asked: "POST /api/gateway/events".into(),
            status,
            headers,
            body: Body(serde_json::from_slice(&bytes).unwrap_or_default()),
            bytes,
        })
    }
}
