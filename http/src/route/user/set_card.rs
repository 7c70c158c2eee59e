//! `PUT /api/users/me/payment-method`: puts a card on file; it is charged at once for what its owner owes.

use crate::{
    answer,
    call::Call,
    dto::user::CardIn,
    edge::Edge,
    problem::Problem,
    view::{person::NewCardView, wallet::new_method_pays},
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{GetPurse, SetCard};
use campusg_domain::call::CardToken;

pub(crate) async fn set_card(
    State(edge): State<Edge>,
    call: Call<CardIn>,
) -> Result<Response, Problem> {
    let purse = edge.runtime().query(GetPurse(call.me.user)).await?;
    let card = SetCard(CardToken(call.body.token));
    let card = edge.runtime().command(call.caller, card).await?;
    let pays = new_method_pays(&purse, edge.policy());
    Ok(answer::ok(&NewCardView::of(&card, pays)))
}
