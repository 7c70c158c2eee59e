//! `POST /api/escrow/{order_id}/release`, `…/refund`: ends an order with all to the runner, or all to the customer.

use crate::{
    call::KeyedCall, dto::admin::ReasonIn, edge::Edge, path::Id, problem::Problem, tell::because,
};
use axum::{extract::State, response::Response};
use campusg_domain::{
    id::OrderId,
    order::{Command, Ending},
};

pub(crate) async fn release(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    KeyedCall(call): KeyedCall<ReasonIn>,
) -> Result<Response, Problem> {
    let ending = Ending::ToRunner;
    because(&edge, call, order, |reason| Command::Settle {
        ending,
        reason,
    })
    .await
}

pub(crate) async fn refund(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    KeyedCall(call): KeyedCall<ReasonIn>,
) -> Result<Response, Problem> {
    let ending = Ending::ToCustomer;
    because(&edge, call, order, |reason| Command::Settle {
        ending,
        reason,
    })
    .await
}
