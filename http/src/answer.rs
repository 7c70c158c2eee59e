//! Successful answers, each of a type that says what it is: JSON with a status, an order with its version as entity tag,
//! a page, an image.

use crate::{
    accept,
    app_state::AppState,
    auth::Me,
    html,
    problem::Problem,
    tag,
    view::{
        Viewer,
        order::{OrderView, render},
        related,
    },
};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use campusg_actors::runtime::OrderReply;
use campusg_domain::order::{Order, Role};
use serde::Serialize;
use std::marker::PhantomData;

/// Header that marks the answer to a repeated command.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident $(<$of:ident>)?;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name$(<$of>)?(Response, PhantomData<fn($($of)?)>);

        impl$(<$of>)? From<Response> for $name$(<$of>)? {
            fn from(response: Response) -> Self {
                Self(response, PhantomData)
            }
        }

        impl$(<$of>)? IntoResponse for $name$(<$of>)? {
            fn into_response(self) -> Response {
                self.0
            }
        }
    )*};
}

// Each is a written answer whose type says what the contract promises of it.
answers! {
    /// 200 with a body.
    Found<T>;
    /// 201 with the body and the address of what was made.
    Created<T>;
    /// 201 with the body of what was booked, which has no address of its own.
    Booked<T>;
    /// [`Created`], by a command to an order that may be a repeat.
    Sent<T>;
    /// 204 without a body.
    Done;
    /// 200 with a body, as JSON or as a page.
    Negotiated<T>;
    /// 200 with a page.
    Html;
    /// 200 with an OpenAPI document.
    Document;
    /// 200 with an image.
    Picture;
    /// 200 with an order, or 304 if the caller has what would be shown.
    Shown;
    /// 200 with the order after a command, or 202 if the command has only begun.
    Commanded;
    /// 201 with a new order and its address.
    Placed;
}

/// Returns `body` as JSON with `status`; 500 where it cannot be serialized.
fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => written(status, bytes),
        Err(fault) => unwritten(&fault),
    }
}

fn written(status: StatusCode, bytes: impl Into<Body>) -> Response {
    let mut response = Response::new(bytes.into());
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
pub(crate) fn ok<T: Serialize>(body: &T) -> Found<T> {
    json(StatusCode::OK, body).into()
}

/// Returns `body` as JSON with status 201 and a `Location` header.
pub(crate) fn created<T: Serialize>(location: &str, body: &T) -> Created<T> {
    located(location, json(StatusCode::CREATED, body)).into()
}

/// As [`created`]; marked if the command was a repeat.
pub(crate) fn sent<T: Serialize>(location: &str, body: &T, repeated: bool) -> Sent<T> {
    let response = located(location, json(StatusCode::CREATED, body));
    replayed(response, repeated).into()
}

/// Returns `body` as JSON with status 201.
pub(crate) fn booked<T: Serialize>(body: &T) -> Booked<T> {
    json(StatusCode::CREATED, body).into()
}

fn located(location: &str, mut response: Response) -> Response {
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Returns `body` as JSON, or as the page that `page` makes of it, as the caller prefers.
pub(crate) fn json_or_page<T: Serialize>(
    headers: &HeaderMap,
    body: &T,
    title: &str,
    page: impl FnOnce() -> String,
) -> Negotiated<T> {
    let mut response = if accept::preferred(headers, &[accept::JSON, accept::HTML]) == accept::HTML
    {
        html::document(StatusCode::OK, title, &page())
    } else {
        json(StatusCode::OK, body)
    };
    let vary = HeaderValue::from_static("accept, authorization");
    response.headers_mut().insert(header::VARY, vary);
    response.into()
}

/// Returns a document that is written already.
pub(crate) fn document(text: &Bytes) -> Document {
    written(StatusCode::OK, text.clone()).into()
}

/// Returns the page of the contract, which is written already.
pub(crate) fn docs(page: &Bytes) -> Html {
    html::page(StatusCode::OK, page.clone()).into()
}

/// Returns status 204 without a body.
pub(crate) fn done() -> Done {
    StatusCode::NO_CONTENT.into_response().into()
}

/// Shows an order to a caller who reads it; 304 if `If-None-Match` names the tag of what would be shown.
pub(crate) async fn shown(
    app: &AppState,
    viewer: &Viewer,
    order: &Order,
    asked: &HeaderMap,
) -> Result<Shown, Problem> {
    let related = related::gather(app, viewer, order).await?;
    let shown = order_answer(StatusCode::OK, order, &render(order, viewer, &related));
    let tag = shown.headers().get(header::ETAG);
    if tag.is_none_or(|tag| !tag::is_known(asked, tag)) {
        return Ok(shown.into());
    }
    let mut unchanged = StatusCode::NOT_MODIFIED.into_response();
    for name in [header::ETAG, header::CACHE_CONTROL, header::VARY] {
        if let Some(value) = shown.headers().get(&name) {
            unchanged.headers_mut().insert(name, value.clone());
        }
    }
    Ok(unchanged.into())
}

/// Shows an order as it was; such a view has no tag.
pub(crate) fn as_it_was(view: &OrderView) -> Shown {
    json(StatusCode::OK, view).into()
}

/// Shows an order that has just been placed.
///
/// # Errors
/// As [`after_command`].
pub(crate) async fn placed(app: &AppState, me: &Me, reply: &OrderReply) -> Result<Placed, Problem> {
    let response = after_command(app, me, reply, StatusCode::CREATED).await?;
    Ok(located(&format!("/api/orders/{}", reply.order.id), response).into())
}

/// Shows an order after a command; with 202 instead of 200 if the command has only begun.
///
/// # Errors
/// As [`after_command`].
pub(crate) async fn commanded(
    app: &AppState,
    me: &Me,
    reply: &OrderReply,
    begun: bool,
) -> Result<Commanded, Problem> {
    let status = if begun {
        StatusCode::ACCEPTED
    } else {
        StatusCode::OK
    };
    Ok(after_command(app, me, reply, status).await?.into())
}

/// Shows an order to the caller whose command it has just carried out. For a repeated command that is the order as
/// the command left it, shown with the caller's present rights. If related data (names, drop-off) cannot be read, it
/// is left out: the command took effect, and an error would claim that it did not.
///
/// # Errors
/// If the command is a repeat and the order's present state, which decides the rights, cannot be read.
async fn after_command(
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
fn replayed(mut response: Response, repeated: bool) -> Response {
    if repeated {
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
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
