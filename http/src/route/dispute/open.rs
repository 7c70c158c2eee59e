//! `POST /api/orders/{id}/disputes`: a party, or an operator for the customer, claims something.

use crate::{
    call::Call, dto::dispute::DisputeIn, edge::Edge, path::Id, problem::Problem, tell::tell,
    words::sealed,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::Wording;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn open(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<DisputeIn>,
) -> Result<Response, Problem> {
    let (call, body) = call.split();
    let command = Command::Dispute {
        claim: body.claim_cents.map(|claim| claim.0),
        reason: sealed(&edge, &call, Wording::Claim, body.reason).await?,
        photos: body.photo_ids,
    };
    tell(&edge, call, order, command).await
}
