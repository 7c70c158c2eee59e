//! `GET /api/escrow/{order_id}`: the escrow of an order.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::LoadedOrder,
    view::money::EscrowView,
};
use axum::extract::State;

pub(crate) async fn get(State(app): State<AppState>, seen: LoadedOrder) -> Found<EscrowView> {
    answer::ok(&EscrowView::of(&seen.order, app.currency()))
}
