//! The pages of the sandbox's bank: where a customer with the test card `tok_action_required` confirms a payment, and
//! where people choose a test card or test bank account.
//!
//! A real gateway has such pages of its own.

use axum::{
    Router,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use campusg_domain::call::Answer;
use campusg_domain::gateway::{CallKey, MethodKind, Unreachable};
use campusg_domain::money::Currency;
use campusg_http::{document, escaped};
use campusg_sandbox::{Bank, ConfirmFault, TEST_ACCOUNTS, TEST_CARDS, TestToken};
use serde::Deserialize;
use std::sync::Arc;

/// The state of the pages: the sandbox's bank, and the currency of amounts.
#[derive(Clone)]
struct Desk {
    bank: Arc<dyn Bank>,
    currency: Currency,
}

/// Returns the routes of the pages.
pub(super) fn router(bank: Arc<dyn Bank>, currency: Currency) -> Router {
    Router::new()
        .route("/sandbox/confirm/{*key}", get(ask).post(say))
        .route("/sandbox/setup/{id}", get(offer).post(enter))
        .with_state(Desk { bank, currency })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    approve: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Picked {
    token: String,
}

async fn ask(State(Desk { bank, currency }): State<Desk>, Path(key): Path<String>) -> Response {
    match bank.to_confirm(CallKey::from(key.as_str())).await {
        Ok(Some(cents)) => document(
            StatusCode::OK,
            "Confirm your payment",
            &format!(
                "<p>CampusG wants to block <b>{}</b> on your card. It is charged when your food is bought.</p>\
                 <form method=\"post\" action=\"?approve=true\"><button>Confirm</button></form>\
                 <form method=\"post\" action=\"?approve=false\"><button class=\"no\">Refuse</button></form>\
                 <footer>{}</footer>",
                currency.of(cents),
                escaped(&key)
            ),
        ),
        Ok(None) => nothing(),
        Err(Unreachable) => unreachable(),
    }
}

fn nothing() -> Response {
    document(
        StatusCode::NOT_FOUND,
        "Nothing to confirm",
        "<p>This payment is not known, or already decided.</p>",
    )
}

fn unreachable() -> Response {
    document(
        StatusCode::SERVICE_UNAVAILABLE,
        "Please try again",
        "<p>The bank did not answer.</p>",
    )
}

async fn say(
    State(Desk { bank, .. }): State<Desk>,
    Path(key): Path<String>,
    said: Result<Query<Said>, QueryRejection>,
) -> Response {
    let Ok(Query(said)) = said else {
        return document(
            StatusCode::BAD_REQUEST,
            "Nothing was said",
            "<p>Go back and choose one of the two: ?approve=true confirms, ?approve=false refuses.</p>",
        );
    };
    match bank
        .confirm(CallKey::from(key.as_str()), said.approve)
        .await
    {
        Ok(Answer::Authorized { .. }) => document(
            StatusCode::OK,
            "Confirmed",
            "<p>Thank you. Your order is on its way to the board.</p>",
        ),
        Ok(_) => document(
            StatusCode::OK,
            "Refused",
            "<p>Nothing was blocked, and nothing will be charged.</p>",
        ),
        Err(ConfirmFault::Misuse(_)) => nothing(),
        Err(ConfirmFault::Unreachable(_)) => unreachable(),
    }
}

/// Shows test cards or test bank accounts to choose from, with what each does.
async fn offer(State(Desk { bank, .. }): State<Desk>, Path(id): Path<String>) -> Response {
    let setup = match bank.setup(id).await {
        Ok(Some(setup)) if setup.entered.is_none() => setup,
        Ok(_) => return nothing_to_enter(),
        Err(Unreachable) => return unreachable(),
    };
    let (title, tokens) = match setup.kind {
        MethodKind::Card => ("Pick a card", TEST_CARDS),
        MethodKind::BankAccount => ("Pick a bank account", TEST_ACCOUNTS),
    };
    let forms: String = tokens.iter().map(form).collect();
    document(StatusCode::OK, title, &forms)
}

/// Returns a form with a button for one token. A token that does something `N` times is offered with 3.
fn form(TestToken { token, does }: &TestToken) -> String {
    let token = token.replace("_N", "_3");
    let does = does.replace(" N ", " 3 ");
    format!(
        "<form method=\"post\" action=\"?token={token}\"><button>{token}</button> {}</form>",
        escaped(&does)
    )
}

async fn enter(
    State(Desk { bank, .. }): State<Desk>,
    Path(id): Path<String>,
    picked: Result<Query<Picked>, QueryRejection>,
) -> Response {
    let Ok(Query(Picked { token })) = picked else {
        return document(
            StatusCode::BAD_REQUEST,
            "Nothing was picked",
            "<p>Go back and pick one, as ?token=tok_visa does.</p>",
        );
    };
    match bank.enter(id, token).await {
        Ok(setup) => Redirect::to(&setup.return_url).into_response(),
        Err(ConfirmFault::Misuse(_)) => nothing_to_enter(),
        Err(ConfirmFault::Unreachable(_)) => unreachable(),
    }
}

fn nothing_to_enter() -> Response {
    document(
        StatusCode::NOT_FOUND,
        "Nothing to enter",
        "<p>This is not known, or already done.</p>",
    )
}
