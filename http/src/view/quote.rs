//! What cancelling costs.

use campusg_domain::order::Quote;
use serde::Serialize;
use serde_json::{Value, json};

/// A quote as a member of a problem.
pub(crate) fn members(quote: &Quote) -> Value {
    json!({
        "charge_cents": quote.charge.0,
        "to_runner_cents": quote.to_runner.0,
        "to_platform_cents": quote.to_platform.0,
        "let_go_cents": quote.let_go.0,
    })
}

/// A quote as an answer.
#[derive(Debug, Serialize)]
pub(crate) struct QuoteView {
    currency: String,
    charge_cents: i64,
    to_runner_cents: i64,
    to_platform_cents: i64,
    let_go_cents: i64,
}

impl QuoteView {
    pub(crate) fn of(quote: &Quote, currency: &str) -> Self {
        Self {
            currency: currency.into(),
            charge_cents: quote.charge.0,
            to_runner_cents: quote.to_runner.0,
            to_platform_cents: quote.to_platform.0,
            let_go_cents: quote.let_go.0,
        }
    }
}
