//! `POST /api/orders/{id}/cancel-acceptance`: the runner gives the order back.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::dispatch, dto::Nothing, path::Id,
    problem::Problem,
};
use axum::extract::State;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn cancel_acceptance(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<Nothing>,
) -> Result<Commanded, Problem> {
    dispatch(&app, call, order, Command::CancelAcceptance).await
}
