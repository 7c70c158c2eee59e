//! `PUT /api/users/me/payment-method`: puts a card on file; it is charged at once for what its owner owes.

use crate::{
    answer, call::Call, dto::user::CardIn, edge::Edge, problem::Problem, view::person::NewCardView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::SetCard;
use campusg_domain::call::CardToken;

pub(crate) async fn set_card(
    State(edge): State<Edge>,
    call: Call<CardIn>,
) -> Result<Response, Problem> {
    let card = SetCard(CardToken(call.body.token));
    let set = edge.runtime().command(call.caller, card).await?;
    Ok(answer::ok(&NewCardView::of(&set.card, set.pays)))
}
