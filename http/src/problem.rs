//! Errors as RFC 9457 problem details.
//!
//! A problem travels in the response's extensions; the outermost layer adds the path and the request id and writes
//! the body. The order's status is `order_status`, not `status`: RFC 9457 reserves `status` for the HTTP status.
//! Invariant: internal faults are never described; a 5xx carries the request id, under which the fault is logged.

mod refusal;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use campusg_domain::{id::OrderId, order::Status};
use serde_json::{Map, Value, json};

pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

/// An error response that is not yet written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    pub(crate) retry_after_ms: Option<u64>,
    pub(crate) extra: Map<String, Value>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after_ms: None,
            extra: Map::new(),
        }
    }

    /// Adds a member to the body.
    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(member.into(), value.into());
        self
    }

    /// Sets `Retry-After`, in milliseconds.
    pub(crate) fn retry_after_ms(mut self, span_ms: u64) -> Self {
        self.retry_after_ms = Some(span_ms);
        self
    }

    /// Adds the order's id and status, and the commands that this caller may give it.
    pub(crate) fn about(self, order: OrderId, status: Status, allowed: &[impl ToString]) -> Self {
        let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        self.with("order_id", order.to_string())
            .with("order_status", status.as_str())
            .with("allowed_transitions", allowed)
    }

    /// 422 for the value of `field`, which breaks `rule`.
    pub(crate) fn field(field: &str, rule: &str) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_field",
            format!("{field} {rule}"),
        )
        .with("field", field)
    }

    /// 400 for a request of the wrong shape.
    pub(crate) fn shape(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 404: the thing does not exist, or the caller must not know of it.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("no such {what}"),
        )
    }

    /// 403: the caller may know of the thing but not do this.
    pub(crate) fn not_allowed(who: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "not_allowed",
            format!("only {who} may do this"),
        )
    }

    /// 401 for a token of an ended or unknown session.
    pub(crate) fn session_over() -> Self {
        Self {
            detail: "the token is not known, or its session has ended: sign in again".into(),
            ..Self::not_signed_in()
        }
    }

    /// 401 for a request without a token.
    pub(crate) fn not_signed_in() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "not_signed_in",
            "sign in and send the token as `Authorization: Bearer …`",
        )
    }

    /// 500 for an internal fault.
    pub(crate) fn fault() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something broke",
        )
    }

    /// Builds a problem for a response without a body, as axum and its layers give it.
    pub(crate) fn bare(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::NOT_FOUND => ("no_such_route", "there is nothing under this path"),
            StatusCode::METHOD_NOT_ALLOWED => {
                ("method_not_allowed", "this path does not take this method")
            }
            StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "the body is too large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                "unsupported_media_type",
                "this content type is not taken here",
            ),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
                "head_too_large",
                "the request has too many header lines, or too long ones",
            ),
            StatusCode::URI_TOO_LONG => ("uri_too_long", "the request's path is too long"),
            status if status.is_server_error() => ("internal", "something broke"),
            _ => ("bad_request", "the request can't be understood"),
        };
        Self::new(status, code, detail)
    }

    /// Builds the JSON body.
    pub(crate) fn render(&self, instance: Option<&str>, request: Option<&str>) -> Value {
        let mut body = json!({
            "type": format!("urn:campusg:problem:{}", self.code),
            "title": title(self.code),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
        });
        let members = body.as_object_mut().expect("an object was just made");
        members.extend(instance.map(|path| ("instance".into(), path.into())));
        let request = request.filter(|_| self.status.is_server_error());
        members.extend(request.map(|id| ("request_id".into(), id.into())));
        members.extend(self.extra.clone());
        body
    }

    /// Builds the response, with path and request id if they are known.
    pub(crate) fn answer(self, instance: Option<&str>, request: Option<&str>) -> Response {
        let body = self.render(instance, request).to_string();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        if self.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(span_ms) = self.retry_after_ms {
            response.headers_mut().insert(
                header::RETRY_AFTER,
                HeaderValue::from(span_ms.div_ceil(1_000).max(1)),
            );
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Turns a code into a title: `key_reused` becomes "Key reused".
fn title(code: &str) -> String {
    let mut words = code.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.answer(None, None)
    }
}
