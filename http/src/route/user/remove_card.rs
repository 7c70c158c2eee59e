//! `DELETE /api/users/me/payment-method`: removes the card.

use crate::{
    answer::{self, Done},
    app_state::AppState,
    call::Call,
    dto::Nothing,
    problem::Problem,
};
use axum::extract::State;

pub(crate) async fn remove_card(
    State(app): State<AppState>,
    call: Call<Nothing>,
) -> Result<Done, Problem> {
    app.runtime().remove_card(call.meta).await?;
    Ok(answer::done())
}
