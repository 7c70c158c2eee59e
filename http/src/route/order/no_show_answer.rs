//! `POST /api/orders/{id}/no-show-answer`: the customer answers that they are there.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::dispatch, dto::Nothing, path::Id,
    problem::Problem,
};
use axum::extract::State;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn no_show_answer(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<Nothing>,
) -> Result<Commanded, Problem> {
    dispatch(&app, call, order, Command::AnswerNoShow).await
}
