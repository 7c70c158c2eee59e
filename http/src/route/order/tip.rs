//! `POST /api/orders/{id}/tip`: adds a tip after the order has ended.

use crate::{
    answer::Commanded,
    app_state::AppState,
    call::{Call, KeyedCall},
    dispatch::dispatch,
    dto::door::TipIn,
    path::Id,
    problem::Problem,
};
use axum::extract::State;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn tip(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    KeyedCall(call): KeyedCall<TipIn>,
) -> Result<Commanded, Problem> {
    let (call, TipIn { tip_cents }): (Call<()>, _) = call.split();
    let cents = tip_cents.0;
    dispatch(&app, call, order, Command::Tip { cents }).await
}
