//! `POST /api/orders/{id}/proposals/{n}/reject`: the customer says no, which ends the order.

use crate::{call::Call, dto::Nothing, edge::Edge, path::Within, problem::Problem, tell::tell};
use axum::{extract::State, response::Response};
use campusg_domain::{
    id::OrderId,
    order::{Command, Number},
};

pub(crate) async fn reject(
    State(edge): State<Edge>,
    Within(order, proposal): Within<OrderId, Number>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    tell(&edge, call, order, Command::Reject { proposal }).await
}
