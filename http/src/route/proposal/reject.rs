//! `POST /api/orders/{id}/proposals/{n}/reject`: the customer rejects, which cancels the order.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::dispatch, dto::Nothing,
    path::Within, problem::Problem,
};
use axum::extract::State;
use campusg_domain::{
    id::OrderId,
    order::{Command, Number},
};

pub(crate) async fn reject(
    State(app): State<AppState>,
    Within(order, proposal): Within<OrderId, Number>,
    call: Call<Nothing>,
) -> Result<Commanded, Problem> {
    dispatch(&app, call, order, Command::Reject { proposal }).await
}
