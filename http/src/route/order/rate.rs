//! `POST /api/orders/{id}/ratings`: one side rates the other.

use crate::{call::Call, dto::order::RatingIn, edge::Edge, path::Id, problem::Problem, tell::tell};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn rate(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<RatingIn>,
) -> Result<Response, Problem> {
    let (call, body) = call.split();
    tell(&edge, call, order, Command::Rate { stars: body.stars }).await
}
