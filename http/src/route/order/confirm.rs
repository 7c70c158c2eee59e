//! `POST /api/orders/{id}/confirm`: the customer has the food.

use crate::{call::Call, dto::Nothing, edge::Edge, path::Id, problem::Problem, tell::tell};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn confirm(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    tell(&edge, call, order, Command::Confirm).await
}
