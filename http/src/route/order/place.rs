//! `POST /api/orders`: places an order.

use crate::{
    answer::{self, Placed},
    app_state::AppState,
    call::{Call, KeyedCall},
    dto::order::NewOrderIn,
    problem::Problem,
};
use axum::extract::State;

pub(crate) async fn place(
    State(app): State<AppState>,
    KeyedCall(call): KeyedCall<NewOrderIn>,
) -> Result<Placed, Problem> {
    let Call { me, meta, body, .. } = call;
    let reply = app.runtime().place_order(meta, body.try_into()?).await?;
    answer::placed(&app, &me, &reply).await
}
