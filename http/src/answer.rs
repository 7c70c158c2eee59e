//! Successful responses: JSON with a status, and an order with its version as entity tag.

use crate::{
    accept,
    app_state::AppState,
    auth::Me,
    html::document,
    problem::Problem,
    tag,
    view::{Viewer, order::render, related},
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use campusg_actors::runtime::OrderReply;
use campusg_domain::order::{Order, Role};
use serde::Serialize;

/// Returns `body` as JSON with `status`; 500 where it cannot be serialized.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => written(status, bytes),
        Err(fault) => unwritten(&fault),
    }
}

fn written(status: StatusCode, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

fn unwritten(fault: &serde_json::Error) -> Response {
    tracing::error!(%fault, "an answer could not be written");
    Problem::fault().into_response()
}

/// Returns `body` as JSON with status 200.
pub(crate) fn ok(body: &impl Serialize) -> Response {
    json(StatusCode::OK, body)
}

/// Returns `body` as JSON with status 201 and a `Location` header.
pub(crate) fn created(location: &str, body: &impl Serialize) -> Response {
    let mut response = json(StatusCode::CREATED, body);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Returns `body` as JSON, or as the page that `html` makes of it, as the caller prefers.
pub(crate) fn json_or_page(
    headers: &HeaderMap,
    body: &impl Serialize,
    title: &str,
    html: impl FnOnce() -> String,
) -> Response {
    let mut response = if accept::preferred(headers, &[accept::JSON, accept::HTML]) == accept::HTML
    {
        document(StatusCode::OK, title, &html())
    } else {
        ok(body)
    };
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// Returns status 204 without a body.
pub(crate) fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// Shows an order to a caller who reads it; 304 if `If-None-Match` names the tag of what would be shown.
pub(crate) async fn shown(
    app: &AppState,
    viewer: &Viewer,
    order: &Order,
    asked: &HeaderMap,
) -> Result<Response, Problem> {
    let related = related::gather(app, viewer, order).await?;
    let shown = order_answer(StatusCode::OK, order, &render(order, viewer, &related));
    let tag = shown.headers().get(header::ETAG);
    if tag.is_none_or(|tag| !tag::is_known(asked, tag)) {
        return Ok(shown);
    }
    let mut unchanged = StatusCode::NOT_MODIFIED.into_response();
    for name in [header::ETAG, header::CACHE_CONTROL, header::VARY] {
        if let Some(value) = shown.headers().get(&name) {
            unchanged.headers_mut().insert(name, value.clone());
        }
    }
    Ok(unchanged)
}

/// Shows an order to the caller whose command it has just carried out. For a repeated command that is the order as
/// the command left it, shown with the caller's present rights. If related data (names, drop-off) cannot be read, it
/// is left out: the command took effect, and an error would claim that it did not.
///
/// # Errors
/// If the command is a repeat and the order's present state, which decides the rights, cannot be read.
pub(crate) async fn after_command(
    app: &AppState,
    me: &Me,
    reply: &OrderReply,
    status: StatusCode,
) -> Result<Response, Problem> {
    let order = &reply.order;
    let viewer = if reply.repeated {
        let now = app.runtime().order(order.id).await?;
        let now = now.ok_or_else(|| Problem::not_found("order"))?;
        commander(app, me, &now)
    } else {
        commander(app, me, order)
    };
    let related = related::gather(app, &viewer, order).await.unwrap_or_else(|fault| {
        tracing::warn!(%fault, order.id = %order.id, "answered without what stands beside the order");
        related::Related::default()
    });
    let response = order_answer(status, order, &render(order, &viewer, &related));
    Ok(replayed(response, reply.repeated))
}

/// Adds the header `idempotency-replayed` if the command was a repeat.
pub(crate) fn replayed(mut response: Response, repeated: bool) -> Response {
    if repeated {
        response
            .headers_mut()
            .insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    response
}

/// The viewer for whoever gave the command. Someone who has no role in the order any more sees what former runners
/// see.
fn commander(app: &AppState, me: &Me, order: &Order) -> Viewer {
    let role = match order.role(me.principal) {
        Role::Stranger => Role::FormerRunner,
        role @ (Role::Customer
        | Role::Runner
        | Role::FormerRunner
        | Role::Operator
        | Role::System
        | Role::Gateway) => role,
    };
    Viewer::new(app, me, order, role)
}

/// Returns the view of an order as JSON, with its tag, and headers that forbid shared caches to store the answer.
fn order_answer(status: StatusCode, order: &Order, view: &impl Serialize) -> Response {
    let bytes = match serde_json::to_vec(view) {
        Ok(bytes) => bytes,
        Err(fault) => return unwritten(&fault),
    };
    let tag = tag::tag(order.version, &bytes);
    let mut response = written(status, bytes);
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("authorization"));
    response
}

/// Whether this role may learn the order's status.
pub(crate) const fn is_party(role: Role) -> bool {
    matches!(role, Role::Customer | Role::Runner | Role::Operator)
}

/// Whether this role is, or once was, bound to the order.
pub(crate) const fn is_involved(role: Role) -> bool {
    matches!(
        role,
        Role::Customer | Role::Runner | Role::FormerRunner | Role::Operator
    )
}
