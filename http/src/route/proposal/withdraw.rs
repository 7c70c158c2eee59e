//! `POST /api/orders/{id}/proposals/{n}/withdraw`: the runner takes a proposal back.

use crate::{call::Call, dto::Nothing, edge::Edge, path::Within, problem::Problem, tell::tell};
use axum::{extract::State, response::Response};
use campusg_domain::{
    id::OrderId,
    order::{Command, Number},
};

pub(crate) async fn withdraw(
    State(edge): State<Edge>,
    Within(order, proposal): Within<OrderId, Number>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    tell(&edge, call, order, Command::Withdraw { proposal }).await
}
