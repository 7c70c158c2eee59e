//! `POST /api/orders/{id}/proposals/{n}/other-store`: the customer names another store.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::dispatch,
    dto::proposal::OtherStoreIn, path::Within, problem::Problem,
};
use axum::extract::State;
use campusg_domain::{
    id::OrderId,
    order::{Command, Number},
};

pub(crate) async fn other_store(
    State(app): State<AppState>,
    Within(order, proposal): Within<OrderId, Number>,
    call: Call<OtherStoreIn>,
) -> Result<Commanded, Problem> {
    let (call, body) = call.split();
    let store = app.runtime().known_store(body.try_into()?);
    dispatch(&app, call, order, Command::OtherStore { proposal, store }).await
}
