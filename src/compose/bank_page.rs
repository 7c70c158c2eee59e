//! The page of the sandbox's bank: where a customer with the test card `tok_action_required` confirms a payment.
//!
//! A real gateway has a page of its own; this one stands in for it and knows nothing but the call's key.

use axum::{
    Router,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use campusg_actors::{
    port::gateway::CallKey,
    sandbox::{Bank, ConfirmFault},
};
use campusg_domain::call::Answer;
use campusg_http::escaped;
use serde::Deserialize;
use std::sync::Arc;

const STYLE: &str = "body{font:18px/1.5 system-ui,sans-serif;max-width:24rem;margin:12vh auto;padding:0 1.25rem;\
color:#1d2433;background:#f6f7f9}main{background:#fff;border-radius:1rem;padding:1.5rem;box-shadow:0 1px 6px #0002}\
h1{font-size:1.35rem;margin:0 0 .5rem}button{font:inherit;width:100%;padding:.8rem;margin-top:.75rem;border-radius:.6rem;\
border:1px solid #1d4ed8;background:#1d4ed8;color:#fff}button.no{background:#fff;color:#1d2433;border-color:#c5cad3}\
small{color:#667085;word-break:break-all}";

/// The page's routes.
pub(super) fn router(bank: Arc<dyn Bank>) -> Router {
    Router::new()
        .route("/sandbox/confirm/{*key}", get(ask).post(say))
        .with_state(bank)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    approve: bool,
}

async fn ask(Path(key): Path<String>) -> Response {
    page(
        StatusCode::OK,
        "Confirm your payment",
        &format!(
            "<p>CampusG wants to block an amount on your card. It is charged when your food is bought.</p>\
             <form method=post action=\"?approve=true\"><button>Confirm</button></form>\
             <form method=post action=\"?approve=false\"><button class=no>Refuse</button></form>\
             <p><small>{}</small></p>",
            escaped(&key)
        ),
    )
}

async fn say(
    State(bank): State<Arc<dyn Bank>>,
    Path(key): Path<String>,
    said: Result<Query<Said>, QueryRejection>,
) -> Response {
    let Ok(Query(said)) = said else {
        return page(
            StatusCode::BAD_REQUEST,
            "Nothing was said",
            "<p>Go back and choose one of the two: ?approve=true confirms, ?approve=false refuses.</p>",
        );
    };
    match bank
        .confirm(CallKey::from(key.as_str()), said.approve)
        .await
    {
        Ok(Answer::Authorized { .. }) => page(
            StatusCode::OK,
            "Confirmed",
            "<p>Thank you. Your order is on its way to the board.</p>",
        ),
        Ok(_) => page(
            StatusCode::OK,
            "Refused",
            "<p>Nothing was blocked, and nothing will be charged.</p>",
        ),
        Err(ConfirmFault::Misuse(_)) => page(
            StatusCode::NOT_FOUND,
            "Nothing to confirm",
            "<p>This payment is not known, or already decided.</p>",
        ),
        Err(ConfirmFault::Unreachable(_)) => page(
            StatusCode::SERVICE_UNAVAILABLE,
            "Please try again",
            "<p>The bank did not answer.</p>",
        ),
    }
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style><main><h1>{title}</h1>{body}</main></html>"
    );
    (
        status,
        [(
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
        )],
        Html(html),
    )
        .into_response()
}
