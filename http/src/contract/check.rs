//! Holds every answer against the document, in tests: a status or a problem that it does not have, a body that breaks its
//! schema, a request that is taken although its body breaks the schema, or refused for a field although it does not.
//!
//! Must not: be part of a release. An answer that deviates becomes a 500, and the log says how.

use super::written;
use crate::problem::Problem;
use axum::{
    Router,
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{MatchedPath, Request},
    http::{HeaderMap, Method, header, response::Parts},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use hyper::body::{Frame, SizeHint};
use jsonschema::{Draft, Registry, Resource, Validator};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    task::{Context, Poll},
};

const DOCUMENT: &str = "urn:campusg:contract";

static TEXT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_slice(&written().text).expect("the document is JSON"));

static REGISTRY: LazyLock<Registry<'static>> = LazyLock::new(|| {
    let document = Resource::from_contents(TEXT.clone());
    let registry = Registry::new().add(DOCUMENT, document);
    let prepared = registry.and_then(|registry| registry.prepare());
    prepared.expect("every reference of the document leads somewhere")
});

/// Compiled schemas by their places in the document.
static COMPILED: Mutex<Option<HashMap<String, Arc<Validator>>>> = Mutex::new(None);

/// Adds the check outside of all other layers.
pub(crate) fn layer(routes: Router) -> Router {
    routes.layer(from_fn(check))
}

async fn check(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().cloned();
    let (Some(path), method) = (path, request.method().clone()) else {
        return next.run(request).await;
    };
    let Some(operation) = Operation::find(path.as_str(), &method) else {
        return next.run(request).await;
    };
    let (request, sent) = overheard(request);
    let response = next.run(request).await;
    let (parts, body) = response.into_parts();
    let is_json = kind(&parts.headers).ends_with("json");
    let body = if is_json && method != Method::HEAD {
        to_bytes(body, usize::MAX).await.map(Into::into)
    } else {
        Ok(Heard::Stream(body))
    };
    let Ok(body) = body else {
        return Problem::fault().into_response();
    };
    let sent = sent.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let found = operation.deviations(&parts, &body, &sent);
    if found.is_empty() {
        let body = match body {
            Heard::Json(bytes) => Body::from(bytes),
            Heard::Stream(body) => body,
        };
        return Response::from_parts(parts, body);
    }
    let (status, found) = (parts.status.as_u16(), found.join("; "));
    tracing::error!(%method, path = path.as_str(), status, found, "an answer deviates from the contract");
    let detail = format!(
        "{method} {} deviates from the contract: {status}: {found}",
        path.as_str()
    );
    Problem {
        detail,
        ..Problem::fault()
    }
    .into_response()
}

/// A body of JSON, or another one, which is not looked at.
enum Heard {
    Json(Bytes),
    Stream(Body),
}

impl From<Bytes> for Heard {
    fn from(bytes: Bytes) -> Self {
        Self::Json(bytes)
    }
}

/// An operation by its place in the document.
struct Operation {
    place: String,
    value: &'static Value,
}

impl Operation {
    fn find(path: &str, method: &Method) -> Option<Self> {
        let method = match *method {
            Method::HEAD => "get".into(),
            ref method => method.as_str().to_ascii_lowercase(),
        };
        let place = format!("/paths/{}/{method}", escaped(path));
        let value = TEXT.pointer(&place)?;
        Some(Self { place, value })
    }

    /// Says how an answer deviates from the document.
    fn deviations(&self, parts: &Parts, body: &Heard, sent: &[u8]) -> Vec<String> {
        let status = parts.status.as_u16();
        let mut place = format!("{}/responses/{status}", self.place);
        let Some(mut promised) = TEXT.pointer(&place) else {
            return vec![format!("no such status is promised ({})", text(body))];
        };
        if let Some(reference) = promised["$ref"].as_str() {
            place = reference.trim_start_matches('#').to_owned();
            promised = TEXT.pointer(&place).unwrap_or(&Value::Null);
        }
        let mut found = vec![];
        let kind = kind(&parts.headers);
        match (promised.get("content"), body) {
            (None, Heard::Json(bytes)) if !bytes.is_empty() => {
                found.push("no body is promised".into())
            }
            (None, _) => {}
            (Some(contents), _) if contents.get(kind).is_none() => {
                found.push(format!("no {kind} is promised"));
            }
            (Some(_), Heard::Json(bytes)) => {
                let schema = format!("{place}/content/{}/schema", escaped(kind));
                found.extend(broken(&schema, bytes).err());
            }
            (Some(_), Heard::Stream(_)) => {}
        }
        for name in ["etag", "location", "idempotency-replayed", "retry-after"] {
            let is_promised = promised["headers"].as_object().is_some_and(|headers| {
                headers.keys().any(|known| known.eq_ignore_ascii_case(name))
            });
            if parts.headers.contains_key(name) && !is_promised {
                found.push(format!("no header {name} is promised"));
            }
        }
        found.extend(self.misjudged(status, body, sent));
        found
    }

    /// Says whether the request was taken although its body breaks the schema, or refused although it does not.
    fn misjudged(&self, status: u16, body: &Heard, sent: &[u8]) -> Option<String> {
        let taken = self
            .value
            .pointer("/requestBody/content/application~1json/schema");
        let sent = if sent.is_empty() { b"{}" } else { sent };
        taken?;
        let schema = format!(
            "{}/requestBody/content/application~1json/schema",
            self.place
        );
        let judged = broken(&schema, sent);
        let code = match body {
            Heard::Json(bytes) => {
                serde_json::from_slice::<Value>(bytes).unwrap_or_default()["code"].clone()
            }
            Heard::Stream(_) => Value::Null,
        };
        match (status, judged) {
            (200..300, Err(why)) => Some(format!("taken, although {why}")),
            (400, Ok(())) if code == "unknown_field" || code == "missing_field" => {
                Some("refused, although the schema takes it".into())
            }
            _ => None,
        }
    }
}

/// # Errors
/// Says how JSON breaks the schema at this place of the document.
fn broken(place: &str, bytes: &[u8]) -> Result<(), String> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|fault| format!("it is no JSON: {fault}"))?;
    let compiled = compiled(place);
    let told = |error: jsonschema::ValidationError<'_>| {
        let mut told = format!("{} at `{}`", error, error.instance_path());
        told.truncate(told.floor_char_boundary(600));
        told
    };
    let errors: Vec<String> = compiled.iter_errors(&value).map(told).take(3).collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.join("; "))
    }
}

fn compiled(place: &str) -> Arc<Validator> {
    let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_with(HashMap::new);
    let validator = known.entry(place.to_owned()).or_insert_with(|| {
        let schema = json!({"$ref": format!("{DOCUMENT}#{}", place.replace('{', "%7B").replace('}', "%7D"))});
        let options = jsonschema::options().with_draft(Draft::Draft202012).with_registry(&REGISTRY);
        let built = options.should_validate_formats(true).should_ignore_unknown_formats(true).build(&schema);
        Arc::new(built.expect("every schema of the document can be read"))
    });
    Arc::clone(validator)
}

/// A path as a part of a JSON pointer.
fn escaped(path: &str) -> String {
    path.replace('~', "~0").replace('/', "~1")
}

fn kind(headers: &HeaderMap) -> &str {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    kind.unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
}

fn text(body: &Heard) -> String {
    match body {
        Heard::Json(bytes) => String::from_utf8_lossy(bytes).chars().take(300).collect(),
        Heard::Stream(_) => String::new(),
    }
}

type Sent = Arc<Mutex<Vec<u8>>>;

/// Copies a request's body while it is read.
fn overheard(request: Request) -> (Request, Sent) {
    let sent = Sent::default();
    if !kind(request.headers()).ends_with("json") {
        return (request, sent);
    }
    let copy = Arc::clone(&sent);
    (
        request.map(|body| Body::new(Overheard { body, copy })),
        sent,
    )
}

struct Overheard {
    body: Body,
    copy: Sent,
}

impl HttpBody for Overheard {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            let mut copy = self.copy.lock().unwrap_or_else(PoisonError::into_inner);
            copy.extend_from_slice(data);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
