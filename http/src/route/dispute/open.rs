//! `POST /api/orders/{id}/disputes`: opens a dispute, for a party or by an operator for the customer.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::dispatch,
    dto::dispute::DisputeIn, free_text::sealed, path::Id, problem::Problem,
};
use axum::extract::State;
use campusg_actors::runtime::FreeText;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn open(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<DisputeIn>,
) -> Result<Commanded, Problem> {
    let (call, body) = call.split();
    let command = Command::Dispute {
        claim: body.claim_cents.map(|claim| claim.0),
        reason: sealed(&app, &call, FreeText::Claim, &body.reason)?,
        photos: body.photo_ids,
    };
    dispatch(&app, call, order, command).await
}
