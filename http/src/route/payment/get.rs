//! `GET /api/payments/{id}`: the payment of an order.

use crate::{answer, app_state::AppState, auth::LoadedOrder, view::money::PaymentView};
use axum::{extract::State, response::Response};

pub(crate) async fn get(State(app): State<AppState>, seen: LoadedOrder) -> Response {
    answer::ok(&PaymentView::of(&seen.order, app.currency()))
}
