//! `POST /api/admin/orders/{id}/reassign`: takes an order away from its runner and puts it back on the board.

use crate::{
    app_state::AppState, call::Call, dispatch::with_reason, dto::admin::ReasonIn, path::Id,
    problem::Problem,
};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn reassign(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    with_reason(&app, call, order, |reason| Command::Reassign { reason }).await
}
