//! `POST /api/orders/{id}/proposals/{n}/drop-item`: the customer gives up some of the items.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::dispatch, dto::proposal::DropIn,
    path::Within, problem::Problem,
};
use axum::extract::State;
use campusg_domain::{
    id::OrderId,
    order::{Command, Number},
};

pub(crate) async fn drop_item(
    State(app): State<AppState>,
    Within(order, proposal): Within<OrderId, Number>,
    call: Call<DropIn>,
) -> Result<Commanded, Problem> {
    let (call, DropIn { items }) = call.split();
    dispatch(&app, call, order, Command::DropItems { proposal, items }).await
}
