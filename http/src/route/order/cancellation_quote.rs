//! `GET /api/orders/{id}/cancellation-quote`: what cancelling costs now.

use crate::{answer, auth::Seen, edge::Edge, problem::Problem, view::quote::QuoteView};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::Refusal;
use campusg_domain::order::{Rejection, allowed, quote};

pub(crate) async fn cancellation_quote(
    State(edge): State<Edge>,
    seen: Seen,
) -> Result<Response, Problem> {
    let order = &seen.order;
    match quote(order, edge.policy(), edge.now()) {
        Some(quote) => Ok(answer::ok(&QuoteView::of(&quote, edge.currency()))),
        None => {
            let allowed = allowed(order, seen.role, edge.policy(), edge.now())
                .iter()
                .map(ToString::to_string)
                .collect();
            let rejection = Rejection::NotInThisStage {
                status: order.status(),
                allowed,
            };
            Err(Refusal::of_order(order.id, rejection).into())
        }
    }
}
