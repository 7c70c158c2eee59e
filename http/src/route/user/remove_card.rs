//! `DELETE /api/users/me/payment-method`: takes the card off.

use crate::{answer, call::Call, dto::Nothing, edge::Edge, problem::Problem};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::RemoveCard;

pub(crate) async fn remove_card(
    State(edge): State<Edge>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    edge.runtime().command(call.caller, RemoveCard).await?;
    Ok(answer::done())
}
