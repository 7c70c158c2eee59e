//! `POST /api/orders/{id}/proposals/{n}/drop-item`: the customer does without some items.

use crate::{
    call::Call, dto::proposal::DropIn, edge::Edge, path::Within, problem::Problem, tell::tell,
};
use axum::{extract::State, response::Response};
use campusg_domain::{
    id::OrderId,
    order::{Command, Number},
};

pub(crate) async fn drop_item(
    State(edge): State<Edge>,
    Within(order, proposal): Within<OrderId, Number>,
    call: Call<DropIn>,
) -> Result<Response, Problem> {
    let (call, DropIn { items }) = call.split();
    tell(&edge, call, order, Command::DropItems { proposal, items }).await
}
