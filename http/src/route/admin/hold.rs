//! `POST /api/admin/orders/{id}/hold`, `…/unhold`: freezes an order, or lets it go on.

use crate::{
    call::Call, dto::admin::ReasonIn, edge::Edge, path::Id, problem::Problem, tell::because,
};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn hold(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    because(&edge, call, order, |reason| Command::Hold { reason }).await
}

pub(crate) async fn unhold(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    because(&edge, call, order, |reason| Command::Unhold { reason }).await
}
