//! `POST /api/orders/{id}/status`: the runner reports the order's next status.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::dispatch, dto::order::StatusIn,
    path::Id, problem::Problem,
};
use axum::extract::State;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn status(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<StatusIn>,
) -> Result<Commanded, Problem> {
    let (call, body) = call.split();
    dispatch(&app, call, order, Command::try_from(body)?).await
}
