//! `POST /api/orders/{id}/proposals/{n}/approve`: the customer agrees; more than is held is asked of the card first.

use crate::{call::Call, dto::Nothing, edge::Edge, path::Within, problem::Problem, tell::tell};
use axum::{extract::State, response::Response};
use campusg_domain::{
    id::OrderId,
    order::{Command, Number},
};

pub(crate) async fn approve(
    State(edge): State<Edge>,
    Within(order, proposal): Within<OrderId, Number>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    tell(&edge, call, order, Command::Approve { proposal }).await
}
