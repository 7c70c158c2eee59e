//! `POST /api/admin/sagas/{order_id}/retry`, `…/skip`, `…/compensate`: retries, skips or compensates the stalled
//! steps of an order.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::with_reason,
    dto::admin::ReasonIn, path::Id, problem::Problem,
};
use axum::extract::State;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn retry(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Commanded, Problem> {
    with_reason(&app, call, order, |reason| Command::RetryStalled { reason }).await
}

pub(crate) async fn skip(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Commanded, Problem> {
    with_reason(&app, call, order, |reason| Command::SkipStalled { reason }).await
}

pub(crate) async fn compensate(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Commanded, Problem> {
    with_reason(&app, call, order, |reason| Command::CompensateStalled {
        reason,
    })
    .await
}
