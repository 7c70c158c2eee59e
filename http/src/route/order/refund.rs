//! `POST /api/orders/{id}/refunds`: an operator gives something back after the end.

use crate::{
    call::KeyedCall, dto::dispute::RefundIn, edge::Edge, path::Id, problem::Problem, tell::tell,
    words::sealed,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::Wording;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn refund(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    KeyedCall(call): KeyedCall<RefundIn>,
) -> Result<Response, Problem> {
    let (call, body) = call.split();
    let command = Command::Refund {
        cents: body.amount_cents.0,
        reason: sealed(&edge, &call, Wording::Reason, body.reason).await?,
    };
    tell(&edge, call, order, command).await
}
