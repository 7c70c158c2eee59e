//! `POST /api/orders/{id}/status`: the runner says where the order is.

use crate::{call::Call, dto::order::StatusIn, edge::Edge, path::Id, problem::Problem, tell::tell};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn status(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<StatusIn>,
) -> Result<Response, Problem> {
    let (call, body) = call.split();
    tell(&edge, call, order, Command::try_from(body)?).await
}
