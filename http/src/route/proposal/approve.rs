//! `POST /api/orders/{id}/proposals/{n}/approve`: the customer approves; an amount beyond the hold is authorised
//! first.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::dispatch, dto::Nothing,
    path::Within, problem::Problem,
};
use axum::extract::State;
use campusg_domain::{
    id::OrderId,
    order::{Command, Number},
};

pub(crate) async fn approve(
    State(app): State<AppState>,
    Within(order, proposal): Within<OrderId, Number>,
    call: Call<Nothing>,
) -> Result<Commanded, Problem> {
    dispatch(&app, call, order, Command::Approve { proposal }).await
}
