//! `POST /api/orders/{id}/accept`: a runner takes the order.

use crate::{call::KeyedCall, dto::Nothing, edge::Edge, path::Id, problem::Problem, tell::tell};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn accept(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    KeyedCall(call): KeyedCall<Nothing>,
) -> Result<Response, Problem> {
    let runner = call.me.user;
    tell(&edge, call, order, Command::Accept { runner }).await
}
