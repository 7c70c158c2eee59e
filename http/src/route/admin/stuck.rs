//! `POST /api/admin/sagas/{order_id}/retry`, `…/skip`, `…/compensate`: what keeps failing is tried again, gone on
//! without, or taken back.

use crate::{
    call::Call, dto::admin::ReasonIn, edge::Edge, path::Id, problem::Problem, tell::because,
};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn retry(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    because(&edge, call, order, |reason| Command::RetryStuck { reason }).await
}

pub(crate) async fn skip(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    because(&edge, call, order, |reason| Command::SkipStuck { reason }).await
}

pub(crate) async fn compensate(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    because(&edge, call, order, |reason| Command::CompensateStuck {
        reason,
    })
    .await
}
