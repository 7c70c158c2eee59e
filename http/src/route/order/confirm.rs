//! `POST /api/orders/{id}/confirm`: the customer confirms that the food has arrived.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::dispatch, dto::Nothing, path::Id,
    problem::Problem,
};
use axum::extract::State;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn confirm(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<Nothing>,
) -> Result<Commanded, Problem> {
    dispatch(&app, call, order, Command::Confirm).await
}
