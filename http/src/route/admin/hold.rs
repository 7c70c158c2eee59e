//! `POST /api/admin/orders/{id}/hold`, `…/unhold`: freezes an order, or ends the freeze.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::with_reason,
    dto::admin::ReasonIn, path::Id, problem::Problem,
};
use axum::extract::State;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn hold(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Commanded, Problem> {
    with_reason(&app, call, order, |reason| Command::Hold { reason }).await
}

pub(crate) async fn unhold(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Commanded, Problem> {
    with_reason(&app, call, order, |reason| Command::Unhold { reason }).await
}
