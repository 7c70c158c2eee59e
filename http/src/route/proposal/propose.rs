//! `POST /api/orders/{id}/proposals`: the runner at the store asks the customer.

use crate::{
    call::Call, dto::proposal::ProposalIn, edge::Edge, path::Id, problem::Problem, tell::tell,
    words,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::Wording;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn propose(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<ProposalIn>,
) -> Result<Response, Problem> {
    let (call, body) = call.split();
    let (offer, note) = body.split();
    let note = words::sealed_if_any(&edge, &call, Wording::Note, note).await?;
    tell(&edge, call, order, Command::Propose { offer, note }).await
}
