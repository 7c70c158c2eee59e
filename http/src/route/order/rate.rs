//! `POST /api/orders/{id}/ratings`: one party rates the other.

use crate::{
    app_state::AppState, call::Call, dispatch::dispatch, dto::order::RatingIn, path::Id,
    problem::Problem,
};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn rate(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<RatingIn>,
) -> Result<Response, Problem> {
    let (call, body) = call.split();
    dispatch(&app, call, order, Command::Rate { stars: body.stars }).await
}
