//! `POST /api/admin/orders/{id}/reassign`: takes an order from its runner.

use crate::{
    call::Call, dto::admin::ReasonIn, edge::Edge, path::Id, problem::Problem, tell::because,
};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn reassign(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    because(&edge, call, order, |reason| Command::Reassign { reason }).await
}
