//! `PUT /api/users/me/payment-method`: stores a card; it is charged at once for its owner's debt.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    call::Call,
    dto::user::CardIn,
    problem::Problem,
    view::person::NewCardView,
};
use axum::extract::State;
use campusg_domain::call::CardToken;

pub(crate) async fn set_card(
    State(app): State<AppState>,
    call: Call<CardIn>,
) -> Result<Found<NewCardView>, Problem> {
    let token = CardToken(call.body.token);
    let set = app.runtime().set_card(call.meta, token).await?;
    Ok(answer::ok(&NewCardView::of(&set.card, set.pays)))
}
