//! `GET /api/escrow/{order_id}`: the escrow of an order.

use crate::{answer, auth::Seen, edge::Edge, view::money::EscrowView};
use axum::{extract::State, response::Response};

pub(crate) async fn get(State(edge): State<Edge>, seen: Seen) -> Response {
    answer::ok(&EscrowView::of(&seen.order, edge.currency()))
}
