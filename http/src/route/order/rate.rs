//! `POST /api/orders/{id}/ratings`: one party rates the other.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::dispatch, dto::order::RatingIn,
    path::Id, problem::Problem,
};
use axum::extract::State;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn rate(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<RatingIn>,
) -> Result<Commanded, Problem> {
    let (call, body) = call.split();
    dispatch(&app, call, order, Command::Rate { stars: body.stars }).await
}
