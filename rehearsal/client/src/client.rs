//! The HTTP side of the client: an [`ApiRequest`], the [`Client`] that sends it, and the [`Reply`] that comes back.
//!
//! Must not: repeat a request, unless a [`Respelling`] asks for it, or know what an operation means.
//! Invariant: every request has a time limit; an idempotency key from [`Client::fresh`] is never made twice.

use super::{Body, Deviation, Respelling};
use reqwest::{
    Method,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, IF_MATCH},
};
use serde::Serialize;
use std::{
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Longest wait for an answer. It is above the server's own time limit, so the server answers first that it was too slow.
const PATIENCE: Duration = Duration::from_secs(40);

/// Sends requests to one server. Clones share connections, the address and the counter behind [`Self::fresh`].
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    address: Arc<RwLock<String>>,
    names: Arc<Names>,
    placed: Arc<Mutex<Vec<PlacedOrder>>>,
    respelling: Option<Respelling>,
}

/// An order that was placed through a client.
#[derive(Clone, Debug)]
pub struct PlacedOrder {
    /// Id of the order.
    pub id: String,
    /// The session of the customer who placed it.
    pub token: String,
}

/// Makes texts that are unique: random bytes drawn when the client was made, and a counter.
#[derive(Debug)]
struct Names {
    run: String,
    next: AtomicU64,
}

/// A request to the API that has not been sent yet: method, path, headers and body.
#[derive(Clone, Debug)]
pub struct ApiRequest {
    method: Method,
    path: String,
    token: Option<String>,
    key: Option<String>,
    headers: Vec<(&'static str, String)>,
    version: Option<i64>,
    payload: Option<(&'static str, Vec<u8>)>,
}

/// The answer to an [`ApiRequest`].
#[derive(Clone, Debug)]
pub struct Reply {
    /// Method and path of the request, as `GET /api/users/me`; used in deviations.
    pub asked: String,
    /// HTTP status code.
    pub status: u16,
    /// Response headers.
    pub headers: HeaderMap,
    /// The raw body.
    pub bytes: Vec<u8>,
    /// The body as JSON; null if it is not JSON.
    pub body: Body,
}

impl ApiRequest {
    /// A request without a body.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            token: None,
            key: None,
            headers: vec![],
            version: None,
            payload: None,
        }
    }

    /// A GET request.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A POST request with a JSON body.
    #[must_use]
    pub fn post(path: impl Into<String>, body: &impl Serialize) -> Self {
        Self::with_json(Method::POST, path, body)
    }

    /// A PUT request with a JSON body.
    #[must_use]
    pub fn put(path: impl Into<String>, body: &impl Serialize) -> Self {
        Self::with_json(Method::PUT, path, body)
    }

    pub(crate) fn with_json(
        method: Method,
        path: impl Into<String>,
        body: &impl Serialize,
    ) -> Self {
        let body = serde_json::to_vec(body).expect("a body is plain data with text as keys");
        Self::new(method, path).with_bytes("application/json", body)
    }

    /// Whether the request is a command, which needs an idempotency key: a POST with a JSON body.
    pub(crate) fn commands(&self) -> bool {
        let is_json = |(content_type, _): &(&str, Vec<u8>)| *content_type == "application/json";
        self.method == Method::POST && self.payload.as_ref().is_some_and(is_json)
    }

    pub(crate) fn method(&self) -> &str {
        self.method.as_str()
    }

    /// The same request to another path.
    pub(crate) fn to(self, path: String) -> Self {
        Self { path, ..self }
    }

    /// Sets an idempotency key, unless the request has one.
    pub(crate) fn keyed_by(self, key: impl FnOnce() -> String) -> Self {
        let key = self.key.or_else(|| Some(key()));
        Self { key, ..self }
    }

    /// Path and query string, without the server's address.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The body; empty if there is none.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.payload.as_ref().map_or(&[], |(_, bytes)| bytes)
    }

    /// Authenticates the request with a session's token.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sets the header `Idempotency-Key`.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets the header `Accept`.
    #[must_use]
    pub fn accepting(self, content_type: &'static str) -> Self {
        self.with_header(ACCEPT.as_str(), content_type)
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets the header `If-Match`: the command is refused unless the order still has this version.
    #[must_use]
    pub const fn of_version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }

    /// Sets the raw body and its content type.
    #[must_use]
    pub fn with_bytes(mut self, content_type: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        self.payload = Some((content_type, bytes.into()));
        self
    }
}

impl Client {
    /// A client for the server at `address`, as `http://127.0.0.1:8080`. Connects with the first request; uses no proxy.
    ///
    /// # Errors
    /// A [`Deviation`] if no HTTP client can be built, or the operating system gives no random bytes.
    pub fn new(address: &str) -> Result<Self, Deviation> {
        let built = reqwest::Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build();
        let http = built.map_err(|fault| Deviation::new("an HTTP client", format!("{fault}")))?;
        let mut bytes = [0; 6];
        getrandom::fill(&mut bytes)
            .map_err(|fault| Deviation::new("random bytes", fault.to_string()))?;
        let run = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            http,
            address: Arc::new(RwLock::new(address.trim_end_matches('/').into())),
            names: Arc::new(Names {
                run,
                next: AtomicU64::new(1),
            }),
            placed: Arc::default(),
            respelling: None,
        })
    }

    /// Changes the server's address for all clones: a restarted server may listen elsewhere.
    pub fn move_to(&self, address: &str) {
        let mut current = self.address.write().unwrap_or_else(PoisonError::into_inner);
        *current = address.trim_end_matches('/').into();
    }

    /// The server's address, without a slash at its end.
    #[must_use]
    pub fn address(&self) -> String {
        let address = self.address.read();
        address.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns a text that no other call returns, in this run or another; used as idempotency key and in e-mail addresses.
    #[must_use]
    pub fn fresh(&self) -> String {
        let next = self.names.next.fetch_add(1, Ordering::Relaxed);
        format!("{}-{next}", self.names.run)
    }

    /// The orders that were placed through this client and its clones, oldest first.
    #[must_use]
    pub fn placed(&self) -> Vec<PlacedOrder> {
        let placed = self.placed.lock();
        placed.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn note_placed(&self, order: PlacedOrder) {
        let placed = self.placed.lock();
        placed.unwrap_or_else(PoisonError::into_inner).push(order);
    }

    /// This client, repeating what it sends; for tests.
    #[must_use]
    pub fn respelling(self, respelling: Respelling) -> Self {
        Self {
            respelling: Some(respelling),
            ..self
        }
    }

    /// Sends a request once, without repeating it, unless a [`Respelling`] asks for that.
    ///
    /// # Errors
    /// A [`Deviation`] if no complete answer arrives; whether the request took effect is then unknown.
    pub async fn send(&self, ask: &ApiRequest) -> Result<Reply, Deviation> {
        let respelling = self.respelling.as_ref();
        let keyed = respelling.and_then(|with| Some((with, with.keyed(ask, self)?)));
        let Some((respelling, (ask, route))) = keyed else {
            return self.send_once(ask).await;
        };
        let reply = self.send_once(&ask).await?;
        respelling.repeat(self, (&ask, route), &reply).await?;
        Ok(reply)
    }

    pub(crate) async fn send_once(&self, ask: &ApiRequest) -> Result<Reply, Deviation> {
        let asked = format!("{} {}", ask.method, ask.path);
        let address = format!("{}{}", self.address(), ask.path);
        let mut request = self.http.request(ask.method.clone(), address);
        if let Some(token) = &ask.token {
            request = request.bearer_auth(token);
        }
        if let Some(key) = &ask.key {
            request = request.header("idempotency-key", key);
        }
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if let Some(version) = ask.version {
            request = request.header(IF_MATCH, format!("\"{version}\""));
        }
        if let Some((content_type, bytes)) = &ask.payload {
            request = request
                .header(CONTENT_TYPE, *content_type)
                .body(bytes.clone());
        }
        let unanswered = |fault: reqwest::Error| {
            Deviation::new(
                format!("an answer to {asked}"),
                format!("none ({})", causes(&fault)),
            )
        };
        let response = request.send().await.map_err(unanswered)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.map_err(unanswered)?.to_vec();
        let body = Body(serde_json::from_slice(&bytes).unwrap_or_default());
        Ok(Reply {
            asked,
            status,
            headers,
            bytes,
            body,
        })
    }
}

fn causes(fault: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(fault), |fault| fault.source());
    chain
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

impl Reply {
    /// The stable code of a problem (RFC 9457); empty if the body has none.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body.text("/code").unwrap_or_default()
    }

    /// The value of a header; `None` if it is absent or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the body if the answer has this status.
    ///
    /// # Errors
    /// A [`Deviation`] if the status differs.
    #[track_caller]
    pub fn is(self, status: u16) -> Result<Body, Deviation> {
        if self.status == status {
            return Ok(self.body);
        }
        let expected = format!("{} to be answered {status}", self.asked);
        Err(Deviation::new(expected, self.summary()))
    }

    /// Returns the body if the status is 200 (done) or 202 (begun, and going on at the server).
    ///
    /// # Errors
    /// A [`Deviation`] if the status is neither.
    #[track_caller]
    pub fn is_begun(self) -> Result<Body, Deviation> {
        if self.status == 202 {
            return Ok(self.body);
        }
        self.is(200)
    }

    /// Returns the body if the request was refused with this status and problem code.
    ///
    /// # Errors
    /// A [`Deviation`] if status or code differ, or the body is not a complete problem in the form of RFC 9457.
    #[track_caller]
    pub fn refuses(self, status: u16, code: &str) -> Result<Body, Deviation> {
        let is_problem = self.header("content-type") == Some("application/problem+json")
            && self.body.number("/status").ok() == Some(i64::from(status))
            && ["/type", "/title", "/detail", "/instance"]
                .iter()
                .all(|member| self.body.has(member));
        if self.status == status && self.code() == code && is_problem {
            return Ok(self.body);
        }
        let expected = format!("{} to be refused with {status} {code}", self.asked);
        Err(Deviation::new(expected, self.summary()))
    }

    /// Status, problem code and detail in one line; without a code, the status and the first 300 characters of the body.
    #[must_use]
    pub fn summary(&self) -> String {
        match (self.code(), self.body.text("/detail")) {
            ("", _) => format!("{} {}", self.status, excerpt(&self.bytes)),
            (code, Ok(detail)) => format!("{} {code}: {detail}", self.status),
            (code, Err(_)) => format!("{} {code}", self.status),
        }
    }
}

/// The first 300 characters of a body.
fn excerpt(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(300).collect()
}
