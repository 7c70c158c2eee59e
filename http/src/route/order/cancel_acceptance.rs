//! `POST /api/orders/{id}/cancel-acceptance`: the runner gives the order back.

use crate::{call::Call, dto::Nothing, edge::Edge, path::Id, problem::Problem, tell::tell};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn cancel_acceptance(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    tell(&edge, call, order, Command::CancelAcceptance).await
}
