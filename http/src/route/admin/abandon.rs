//! `POST /api/admin/orders/{id}/abandon`: gives the runner up, and the customer gets everything back.

use crate::{
    call::Call, dto::admin::ReasonIn, edge::Edge, path::Id, problem::Problem, tell::because,
};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn abandon(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    because(&edge, call, order, |reason| Command::Abandon { reason }).await
}
