//! `POST /api/admin/orders/{id}/reassign`: takes an order from its runner.

use super::audit::audit;
use crate::{call::Call, dto::admin::ReasonIn, edge::Edge, path::Id, problem::Problem, tell::tell};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn reassign(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    let (call, body) = call.split();
    body.check()?;
    let caller = call.caller.clone();
    let response = tell(&edge, call, order, Command::Reassign).await?;
    audit(&caller, &body.reason);
    Ok(response)
}
