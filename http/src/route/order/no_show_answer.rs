//! `POST /api/orders/{id}/no-show-answer`: the customer is there after all.

use crate::{call::Call, dto::Nothing, edge::Edge, path::Id, problem::Problem, tell::tell};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn no_show_answer(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    tell(&edge, call, order, Command::AnswerNoShow).await
}
