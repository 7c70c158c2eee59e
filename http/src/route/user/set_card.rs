//! `PUT /api/users/me/payment-method`: puts a card on file.

use crate::{
    answer, call::Call, dto::user::CardIn, edge::Edge, problem::Problem, view::person::CardView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::SetCard;
use campusg_domain::call::CardToken;

pub(crate) async fn set_card(
    State(edge): State<Edge>,
    call: Call<CardIn>,
) -> Result<Response, Problem> {
    let card = edge
        .runtime()
        .command(call.caller, SetCard(CardToken(call.body.token)))
        .await?;
    Ok(answer::ok(&CardView::from(&card)))
}
