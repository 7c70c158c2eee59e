//! Layers around all routes: the request id, the log line, caught panics, and headers of the response.
//!
//! Invariant: every response has a request id and the security headers; every error has a problem as its body, or is
//! a page.

use crate::{
    head::{self, REQUEST_ID},
    html,
    problem::Problem,
};
use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::time::Instant;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{Instrument, info_span};

/// The id of a request in responses and logs.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

/// Makes ids for requests that bring none: unique within one start by a counter, across starts by a random prefix.
#[derive(Debug)]
struct RequestNames {
    boot: u64,
    next: AtomicU64,
}

impl RequestNames {
    fn new() -> Self {
        let mut boot = [0; 8];
        getrandom::fill(&mut boot)
            .expect("an operating system without randomness can't run a server");
        Self {
            boot: u64::from_be_bytes(boot),
            next: AtomicU64::new(1),
        }
    }

    fn name(&self, headers: &HeaderMap) -> RequestId {
        let plain = |id: &&str| {
            (1..=64).contains(&id.len())
                && id
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        let given = headers
            .get(&REQUEST_ID)
            .and_then(|id| id.to_str().ok())
            .filter(plain);
        let made = || {
            format!(
                "{:016x}-{:x}",
                self.boot,
                self.next.fetch_add(1, Ordering::Relaxed)
            )
            .into()
        };
        RequestId(given.map_or_else(made, Arc::from))
    }
}

/// Adds all layers to the routes.
pub(crate) fn wrap<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    let names = Arc::new(RequestNames::new());
    routes
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(names, observe))
}

fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let said = cause
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| cause.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = said.unwrap_or("no text"), "a handler panicked");
    Problem::fault().into_response()
}

/// Sets the request id, logs the request, and completes its response.
async fn observe(
    State(names): State<Arc<RequestNames>>,
    mut request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let id = names.name(request.headers());
    let uri = request.uri().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    // The status is logged by the event alone: recorded in the span too, it would be logged twice.
    let span = info_span!("request", request.id = &*id.0, method = %request.method(), route);
    request.extensions_mut().insert(id.clone());
    async {
        let answer = match head::check(&request) {
            Ok(()) => next.run(request).await,
            Err(problem) => problem.into_response(),
        };
        let mut response = completed(answer, uri.path(), &id);
        decorate(response.headers_mut(), &id);
        let status = response.status().as_u16();
        let duration_ms = began.elapsed().as_micros() as f64 / 1_000.0;
        if response.status().is_server_error() {
            tracing::warn!(status, duration_ms, "answered");
        } else {
            tracing::info!(status, duration_ms, "answered");
        }
        response
    }
    .instrument(span)
    .await
}

/// Gives an error its body: the handler's problem with path and request id, or a problem for what a layer answered.
fn completed(response: Response, path: &str, id: &RequestId) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() || html::is_page(&response) {
        return response;
    }
    let problem = response
        .extensions()
        .get::<Problem>()
        .cloned()
        .unwrap_or_else(|| Problem::bare(status));
    let mut answer = problem.answer(Some(path), Some(&id.0));
    // Without them a browser keeps the problem from the page of another origin that it is for.
    let is_cors =
        |name: &HeaderName| *name == header::VARY || name.as_str().starts_with("access-control-");
    for (name, value) in response.headers() {
        if is_cors(name) {
            answer.headers_mut().append(name, value.clone());
        }
    }
    if status == StatusCode::METHOD_NOT_ALLOWED
        && let Some(allow) = response.headers().get(header::ALLOW)
    {
        answer.headers_mut().insert(header::ALLOW, allow.clone());
    }
    answer
}

fn decorate(headers: &mut HeaderMap, id: &RequestId) {
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests;
