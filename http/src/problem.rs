//! Errors as RFC 9457 problem details.
//!
//! A problem travels in the response's extensions; the outermost layer adds the path and the request id and writes
//! the body. The order's status is `order_status`, not `status`: RFC 9457 reserves `status` for the HTTP status.
//! Invariant: internal faults are never described; a 5xx carries the request id, under which the fault is logged.

mod catalogue;
mod refusal;

pub(crate) use catalogue::Code;

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
    pub(crate) code: Code,
    pub(crate) detail: String,
    pub(crate) retry_after_ms: Option<u64>,
    pub(crate) extra: Map<String, Value>,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            status: code.status(),
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
        Self::new(Code::InvalidField, format!("{field} {rule}")).with("field", field)
    }

    /// 404: the thing does not exist, or the caller must not know of it.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("no such {what}"))
    }

    /// 403: the caller may know of the thing but not do this.
    pub(crate) fn not_allowed(who: &str) -> Self {
        Self::new(Code::NotAllowed, format!("only {who} may do this"))
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
            Code::NotSignedIn,
            "sign in and send the token as `Authorization: Bearer …`",
        )
    }

    /// 500 for an internal fault.
    pub(crate) fn fault() -> Self {
        Self::new(Code::Internal, "something broke")
    }

    /// Builds a problem for a response without a body, as axum and its layers give it.
    pub(crate) fn bare(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::NOT_FOUND => (Code::NoSuchRoute, "there is nothing under this path"),
            StatusCode::METHOD_NOT_ALLOWED => (
                Code::MethodNotAllowed,
                "this path does not take this method",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => (Code::BodyTooLarge, "the body is too large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                Code::UnsupportedMediaType,
                "this content type is not taken here",
            ),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
                Code::HeadTooLarge,
                "the request has too many header lines, or too long ones",
            ),
            StatusCode::URI_TOO_LONG => (Code::UriTooLong, "the request's path is too long"),
            status if status.is_server_error() => (Code::Internal, "something broke"),
            _ => (Code::BadRequest, "the request can't be understood"),
        };
        Self {
            status,
            ..Self::new(code, detail)
        }
    }

    /// Builds the JSON body.
    pub(crate) fn render(&self, instance: Option<&str>, request: Option<&str>) -> Value {
        let mut body = json!({
            "type": self.code.page(),
            "title": self.code.title(),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code.name(),
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

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.answer(None, None)
    }
}
