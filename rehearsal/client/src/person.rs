//! A user of the API: their account and session, and how they send requests.
//!
//! The commands of customers, runners and operators, and those about wallets, have a file each.
//! Invariant: a request is sent again only if its session had ended, and then under the same idempotency key.

mod customer;
mod operator;
mod runner;
mod wallet;

use super::{
    ApiRequest, Body, Client, Deviation, Reply,
    answer::{Notice, Order, Page, Profile, Registered, Session},
    operation::{account, order},
    request::Claim,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Password of every account that is registered here.
const PASSWORD: &str = "walkthrough-2026";
/// Longest wait until the server has done something that follows by itself.
const PATIENCE: Duration = Duration::from_secs(30);
/// Wait between two reads while something is awaited.
const PAUSE: Duration = Duration::from_millis(20);

/// A user with an account and a session.
#[derive(Debug)]
pub struct Person {
    client: Client,
    email: String,
    password: String,
    /// Id of the account, a UUID.
    pub id: String,
    /// First name, as in the profile.
    pub name: String,
    token: Mutex<String>,
}

impl Person {
    /// Registers a new user under an e-mail address that was not used before.
    ///
    /// # Errors
    /// A [`Deviation`] if it is refused.
    pub async fn register(client: &Client, name: &str) -> Result<Self, Deviation> {
        let email = format!("{}.{}@campus.example", name.to_lowercase(), client.fresh());
        let register = account::register(&email, PASSWORD, name, "Walker");
        let made: Registered = client.send(&register).await?.is(201)?.read()?;
        Ok(Self {
            client: client.clone(),
            email,
            password: PASSWORD.into(),
            id: made.user.id,
            name: name.into(),
            token: Mutex::new(made.session.token),
        })
    }

    /// Signs in a user who has an account already.
    ///
    /// # Errors
    /// A [`Deviation`] if it is refused.
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
        person.id = me.id;
        person.name = me.first_name;
        Ok(person)
    }

    /// Opens a new session and keeps its token.
    async fn renew(&self) -> Result<(), Deviation> {
        let sign_in = account::sign_in(&self.email, &self.password);
        let opened: Session = self.client.send(&sign_in).await?.is(201)?.read()?;
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = opened.token;
        Ok(())
    }

    /// The client through which this person sends their requests.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The token of the present session.
    #[must_use]
    pub fn token(&self) -> String {
        let token = self.token.lock();
        token.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a request under this person's session. If the session has ended, signs in again and sends it once more.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
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

    /// Sends a request of [`operation`](crate::operation); a command gets a fresh idempotency key.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn perform(&self, operation: ApiRequest) -> Result<Reply, Deviation> {
        let keyed = match operation.commands() {
            true => operation.with_key(self.client.fresh()),
            false => operation,
        };
        self.send(keyed).await
    }

    /// Sends a GET request; for paths that no operation has.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn get(&self, path: &str) -> Result<Reply, Deviation> {
        self.send(ApiRequest::get(path)).await
    }

    /// Sends a POST request under a fresh idempotency key; for paths and bodies that no operation has.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Result<Reply, Deviation> {
        self.send(ApiRequest::post(path, body).with_key(self.client.fresh()))
            .await
    }

    /// Sends a PUT request; for paths and bodies that no operation has.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn put(&self, path: &str, body: &impl Serialize) -> Result<Reply, Deviation> {
        self.send(ApiRequest::put(path, body)).await
    }

    /// Sends a request of [`operation`](crate::operation) that is answered 200, and reads the body as `T`.
    ///
    /// # Errors
    /// A [`Deviation`] if the answer is not 200, or its body has not that shape.
    pub async fn read<T: DeserializeOwned>(&self, operation: ApiRequest) -> Result<T, Deviation> {
        self.perform(operation).await?.is(200)?.read()
    }

    /// Reads this person's own profile.
    ///
    /// # Errors
    /// A [`Deviation`] if the answer is not 200.
    pub async fn profile(&self) -> Result<Profile, Deviation> {
        self.read(account::profile()).await
    }

    /// Reads an order of this person, or any order as an operator.
    ///
    /// # Errors
    /// A [`Deviation`] if the answer is not 200.
    pub async fn order(&self, order: &str) -> Result<Order, Deviation> {
        self.read(order::show(order)).await
    }

    /// Sends a message to the other party of an order.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn write(&self, order: &str, text: &str) -> Result<Reply, Deviation> {
        self.perform(order::write(order, text)).await
    }

    /// Reads the first 100 messages between the two parties of an order, oldest first.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn messages(&self, order: &str) -> Result<Reply, Deviation> {
        self.perform(order::messages(order)).await
    }

    /// Opens a dispute about an order that claims `cents`, with a fixed reason and no photos.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn claim(&self, order: &str, cents: i64) -> Result<Reply, Deviation> {
        let claim = Claim {
            reason: "Something was wrong with it.".into(),
            claim_cents: Some(cents),
            photo_ids: vec![],
        };
        self.dispute(order, &claim).await
    }

    /// Opens a dispute about an order.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no answer.
    pub async fn dispute(&self, order: &str, claim: &Claim) -> Result<Reply, Deviation> {
        self.perform(order::dispute(order, claim)).await
    }

    /// Reads an order, as this person sees it, again and again until it satisfies `is_so`; `expected` describes that in the
    /// deviation.
    ///
    /// # Errors
    /// A [`Deviation`] if it does not within 30 seconds.
    pub async fn order_until<T: DeserializeOwned>(
        &self,
        order: &str,
        expected: &str,
        is_so: impl Fn(&T) -> bool,
    ) -> Result<T, Deviation> {
        self.until(
            &order::show(order),
            &format!("an order that is {expected}"),
            is_so,
        )
        .await
    }

    /// Sends a read again and again until its answer satisfies `is_so`; `expected` describes that in the deviation.
    ///
    /// # Errors
    /// A [`Deviation`] if it does not within 30 seconds.
    pub async fn until<T: DeserializeOwned>(
        &self,
        ask: &ApiRequest,
        expected: &str,
        is_so: impl Fn(&T) -> bool,
    ) -> Result<T, Deviation> {
        let mut last = Body::default();
        let looking = async {
            loop {
                last = self.send(ask.clone()).await?.is(200)?;
                let read = last.read()?;
                if is_so(&read) {
                    return Ok(read);
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(found) => found,
            Err(_) => Err(Deviation::new(expected, last.0.to_string())),
        }
    }

    /// Waits for a notice of this kind about this order in the person's inbox, and returns it.
    ///
    /// # Errors
    /// A [`Deviation`] if none comes within 30 seconds.
    pub async fn notice(&self, kind: &str, order: &str) -> Result<Notice, Deviation> {
        let expected = format!("a notice {kind} to {} about order {order}", self.name);
        self.noticed(expected, |notice| {
            notice.kind == kind && notice.order_id.as_deref() == Some(order)
        })
        .await
    }

    /// Waits for a notice of this kind in the person's inbox, whatever it is about, and returns it.
    ///
    /// # Errors
    /// A [`Deviation`] if none comes within 30 seconds.
    pub async fn notice_of(&self, kind: &str) -> Result<Notice, Deviation> {
        let expected = format!("a notice {kind} to {}", self.name);
        self.noticed(expected, |notice| notice.kind == kind).await
    }

    async fn noticed(
        &self,
        expected: String,
        wanted: impl Fn(&Notice) -> bool,
    ) -> Result<Notice, Deviation> {
        let ask = account::inbox(&self.id, 100);
        let has_come = |inbox: &Page<Notice>| inbox.items.iter().any(&wanted);
        let inbox = self.until(&ask, &expected, has_come).await?;
        let found = inbox.items.into_iter().find(wanted);
        found.ok_or_else(|| Deviation::new(expected, "none"))
    }
}
