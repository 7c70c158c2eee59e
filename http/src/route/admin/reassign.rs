//! `POST /api/admin/orders/{id}/reassign`: takes an order away from its runner and puts it back on the board.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::with_reason,
    dto::admin::ReasonIn, path::Id, problem::Problem,
};
use axum::extract::State;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn reassign(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Commanded, Problem> {
    with_reason(&app, call, order, |reason| Command::Reassign { reason }).await
}
