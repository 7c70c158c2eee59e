//! Answers: JSON with a status, and an order with its version.

use crate::{
    app_state::AppState,
    auth::Me,
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

/// JSON with a status.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            let mut response = Response::new(Body::from(bytes));
            *response.status_mut() = status;
            response.headers_mut().insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
            response
        }
        Err(fault) => {
            tracing::error!(%fault, "an answer could not be written");
            Problem::fault().into_response()
        }
    }
}

/// JSON with 200.
pub(crate) fn ok(body: &impl Serialize) -> Response {
    json(StatusCode::OK, body)
}

/// JSON with 201 and where it is.
pub(crate) fn created(location: &str, body: &impl Serialize) -> Response {
    let mut response = json(StatusCode::CREATED, body);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Nothing, with 204.
pub(crate) fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// An order to whoever asked for it; 304 where the caller has this version.
pub(crate) async fn shown(
    app: &AppState,
    viewer: &Viewer,
    order: &Order,
    asked: &HeaderMap,
) -> Result<Response, Problem> {
    if tag::is_known(asked, order.version) {
        return Ok(versioned(StatusCode::NOT_MODIFIED.into_response(), order));
    }
    let related = related::gather(app, viewer, order).await?;
    Ok(versioned(ok(&render(order, viewer, &related)), order))
}

/// An order to whoever commanded it. A repeat shows it as the command left it, with the rights of now. What stands
/// beside it is left out if it can't be had now: the command took effect, and an error would say that it did not.
///
/// # Errors
/// A repeat whose rights can't be had now.
pub(crate) async fn told(
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
    let response = versioned(json(status, &render(order, &viewer, &related)), order);
    Ok(replayed(response, reply.repeated))
}

/// Marks the answer to a command that was repeated.
pub(crate) fn replayed(mut response: Response, repeated: bool) -> Response {
    if repeated {
        response
            .headers_mut()
            .insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    response
}

/// Whoever commanded an order, before it as it is now. Who is nothing to it any more sees what former runners see.
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

/// Adds the order's version, and that it is for this caller only.
fn versioned(mut response: Response, order: &Order) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag::tag(order.version));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("authorization"));
    response
}

/// Whether this role may know where the order stands.
pub(crate) const fn is_party(role: Role) -> bool {
    matches!(role, Role::Customer | Role::Runner | Role::Operator)
}

/// Whether this role is bound to the order, or was.
pub(crate) const fn is_involved(role: Role) -> bool {
    matches!(
        role,
        Role::Customer | Role::Runner | Role::FormerRunner | Role::Operator
    )
}
