//! `DELETE /api/users/me/payout-method`: removes the bank account; payouts under way keep theirs.

use crate::{
    answer::{self, Done},
    app_state::AppState,
    call::Call,
    dto::Nothing,
    problem::Problem,
};
use axum::extract::State;

pub(crate) async fn remove_account(
    State(app): State<AppState>,
    call: Call<Nothing>,
) -> Result<Done, Problem> {
    app.runtime().remove_payout_method(call.meta).await?;
    Ok(answer::done())
}
