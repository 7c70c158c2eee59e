//! `POST /api/orders/{id}/accept`: a runner takes the order.

use crate::{
    answer::Commanded, app_state::AppState, call::KeyedCall, dispatch::dispatch, dto::Nothing,
    gate, path::Id, problem::Problem,
};
use axum::extract::State;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn accept(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    KeyedCall(call): KeyedCall<Nothing>,
) -> Result<Commanded, Problem> {
    if !app.runtime().is_repeat(&call.meta) {
        gate::runs(&call.me)?;
    }
    let runner = call.me.user;
    dispatch(&app, call, order, Command::Accept { runner }).await
}
