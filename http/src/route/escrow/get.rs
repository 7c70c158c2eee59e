//! `GET /api/escrow/{order_id}`: the escrow of an order.

use crate::{answer, app_state::AppState, auth::LoadedOrder, view::money::EscrowView};
use axum::{extract::State, response::Response};

pub(crate) async fn get(State(app): State<AppState>, seen: LoadedOrder) -> Response {
    answer::ok(&EscrowView::of(&seen.order, app.currency()))
}
