//! A person who uses the API: who they are, and how they send requests.
//!
//! What customers, runners and operators do stands in a file each.
//! Invariant: a request is repeated only after its session had ended, under the same key.

mod customer;
mod operator;
mod runner;
mod wallet;

use super::{
    ApiRequest, Body, Client, Deviation, Reply,
    operation::{account, order},
    request::Claim,
};
use serde::Serialize;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Password of the people made here.
const PASSWORD: &str = "walkthrough-2026";
/// Longest wait for something that follows by itself.
const PATIENCE: Duration = Duration::from_secs(30);
/// Wait between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Somebody with an account.
#[derive(Debug)]
pub struct Person {
    client: Client,
    email: String,
    password: String,
    /// Id of the account.
    pub id: String,
    /// First name.
    pub name: String,
    token: Mutex<String>,
}

impl Person {
    /// Opens an account under an e-mail address that nobody had before.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn register(client: &Client, name: &str) -> Result<Self, Deviation> {
        let email = format!("{}.{}@campus.example", name.to_lowercase(), client.fresh());
        let register = account::register(&email, PASSWORD, name, "Walker");
        let made = client.send(&register).await?.is(201)?;
        Ok(Self {
            client: client.clone(),
            email,
            password: PASSWORD.into(),
            id: made.text("/user/id")?.into(),
            name: name.into(),
            token: Mutex::new(made.text("/session/token")?.into()),
        })
    }

    /// Signs in somebody who has an account.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn sign_in(client: &Client, email: &str, password: &str) -> Result<Self, Deviation> {
        let mut person = Self {
            client: client.clone(),
            email: email.into(),
            password: password.into(),
            id: String::new(),
            name: String::new(),
            token: Mutex::default(),
        };
        person.renew().await?;
        let me = person.profile().await?;
        person.id = me.text("/id")?.into();
        person.name = me.text("/first_name")?.into();
        Ok(person)
    }

    /// Opens another session.
    async fn renew(&self) -> Result<(), Deviation> {
        let sign_in = account::sign_in(&self.email, &self.password);
        let opened = self.client.send(&sign_in).await?.is(201)?;
        let token = opened.text("/token")?.to_owned();
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
        Ok(())
    }

    /// The way to the server.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The session's token.
    #[must_use]
    pub fn token(&self) -> String {
        let token = self.token.lock();
        token.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a request under this person's session; once more where the session had ended.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn send(&self, ask: ApiRequest) -> Result<Reply, Deviation> {
        let reply = self
            .client
            .send(&ask.clone().with_token(self.token()))
            .await?;
        if reply.code() != "not_signed_in" {
            return Ok(reply);
        }
        self.renew().await?;
        self.client.send(&ask.with_token(self.token())).await
    }

    /// Sends an operation of the API; a command goes under a fresh key.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn perform(&self, operation: ApiRequest) -> Result<Reply, Deviation> {
        let keyed = match operation.commands() {
            true => operation.with_key(self.client.fresh()),
            false => operation,
        };
        self.send(keyed).await
    }

    /// Reads what is under a path; for tests of what no operation asks.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn get(&self, path: &str) -> Result<Reply, Deviation> {
        self.send(ApiRequest::get(path)).await
    }

    /// Commands, under a fresh key, with a body as it is written here; for tests of what no operation says.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Result<Reply, Deviation> {
        self.send(ApiRequest::post(path, body).with_key(self.client.fresh()))
            .await
    }

    /// Sets what is written here; for tests of what no operation says.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn put(&self, path: &str, body: &impl Serialize) -> Result<Reply, Deviation> {
        self.send(ApiRequest::put(path, body)).await
    }

    /// The own profile.
    ///
    /// # Errors
    /// A [`Deviation`] where it is not answered as specified.
    pub async fn profile(&self) -> Result<Body, Deviation> {
        self.perform(account::profile()).await?.is(200)
    }

    /// An order, as this person sees it.
    ///
    /// # Errors
    /// A [`Deviation`] where it is not answered as specified.
    pub async fn order(&self, order: &str) -> Result<Body, Deviation> {
        self.perform(order::show(order)).await?.is(200)
    }

    /// Writes to the other side of an order.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn write(&self, order: &str, text: &str) -> Result<Reply, Deviation> {
        self.perform(order::write(order, text)).await
    }

    /// What the two sides of an order wrote to each other, oldest first.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn messages(&self, order: &str) -> Result<Reply, Deviation> {
        self.perform(order::messages(order)).await
    }

    /// Claims so many cents of an order.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn claim(&self, order: &str, cents: i64) -> Result<Reply, Deviation> {
        let claim = Claim {
            reason: "Something was wrong with it.".into(),
            claim_cents: Some(cents),
            photo_ids: vec![],
        };
        self.dispute(order, &claim).await
    }

    /// Disputes an order.
    ///
    /// # Errors
    /// A [`Deviation`] where there is no answer.
    pub async fn dispute(&self, order: &str, claim: &Claim) -> Result<Reply, Deviation> {
        self.perform(order::dispute(order, claim)).await
    }

    /// Waits until this person sees an order so.
    ///
    /// # Errors
    /// A [`Deviation`] where that does not come to be in time.
    pub async fn order_until(
        &self,
        order: &str,
        expected: &str,
        is_so: impl Fn(&Body) -> bool,
    ) -> Result<Body, Deviation> {
        self.until(
            &order::show(order),
            &format!("an order that is {expected}"),
            is_so,
        )
        .await
    }

    /// Waits until what is asked for is so.
    ///
    /// # Errors
    /// A [`Deviation`] where that does not come to be in time.
    pub async fn until(
        &self,
        ask: &ApiRequest,
        expected: &str,
        is_so: impl Fn(&Body) -> bool,
    ) -> Result<Body, Deviation> {
        let mut last = Body::default();
        let looking = async {
            loop {
                last = self.send(ask.clone()).await?.is(200)?;
                if is_so(&last) {
                    return Ok(last.clone());
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(found) => found,
            Err(_) => Err(Deviation::new(expected, last.0.to_string())),
        }
    }

    /// Waits for a notice of a kind about an order in the own inbox.
    ///
    /// # Errors
    /// A [`Deviation`] where none comes in time.
    pub async fn notice(&self, kind: &str, order: &str) -> Result<Body, Deviation> {
        let of_order =
            |notice: &Body| notice.says("/kind", kind) && notice.says("/order_id", order);
        let expected = format!("a notice {kind} to {} about order {order}", self.name);
        self.noticed(expected, of_order).await
    }

    /// Waits for a notice of a kind about the own wallet.
    ///
    /// # Errors
    /// A [`Deviation`] where none comes in time.
    pub async fn notice_of(&self, kind: &str) -> Result<Body, Deviation> {
        let expected = format!("a notice {kind} to {}", self.name);
        self.noticed(expected, |notice: &Body| notice.says("/kind", kind))
            .await
    }

    async fn noticed(
        &self,
        expected: String,
        wanted: impl Fn(&Body) -> bool,
    ) -> Result<Body, Deviation> {
        let ask = account::inbox(&self.id, 100);
        let find = |inbox: &Body| inbox.list("/items").ok()?.into_iter().find(&wanted);
        let inbox = self
            .until(&ask, &expected, |inbox| find(inbox).is_some())
            .await?;
        find(&inbox).ok_or_else(|| Deviation::new(expected, "none"))
    }
}
