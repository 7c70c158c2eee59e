//! `POST /api/orders/{id}/proposals/{n}/other-store`: the customer names another store.

use crate::{
    call::Call, dto::proposal::OtherStoreIn, edge::Edge, path::Within, problem::Problem, tell::tell,
};
use axum::{extract::State, response::Response};
use campusg_domain::{
    id::OrderId,
    order::{Command, Number},
};

pub(crate) async fn other_store(
    State(edge): State<Edge>,
    Within(order, proposal): Within<OrderId, Number>,
    call: Call<OtherStoreIn>,
) -> Result<Response, Problem> {
    let (call, body) = call.split();
    let store = body.try_into()?;
    tell(&edge, call, order, Command::OtherStore { proposal, store }).await
}
