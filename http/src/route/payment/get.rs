//! `GET /api/payments/{id}`: the payment of an order.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::LoadedOrder,
    view::money::PaymentView,
};
use axum::extract::State;

pub(crate) async fn get(State(app): State<AppState>, seen: LoadedOrder) -> Found<PaymentView> {
    answer::ok(&PaymentView::of(&seen.order, app.currency()))
}
