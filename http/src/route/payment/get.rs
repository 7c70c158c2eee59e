//! `GET /api/payments/{id}`: the payment of an order.

use crate::{answer, auth::Seen, edge::Edge, view::money::PaymentView};
use axum::{extract::State, response::Response};

pub(crate) async fn get(State(edge): State<Edge>, seen: Seen) -> Response {
    answer::ok(&PaymentView::of(&seen.order, edge.currency()))
}
